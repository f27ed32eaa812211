//! Why a datagram changed nothing.

use bootproto_core::ParseError;

use crate::wire::Opcode;

bootproto_core::numbered! {
    /// Why a datagram changed nothing. It is news for a log, never an error.
    pub enum Ignored {
        /// It is no TFTP packet.
        Malformed { /// What is wrong, and where.
            error: ParseError } = 2101, "not a TFTP packet: {error}", "Capture the packet: the sender encodes it wrongly.";
        /// It came to a port that is not this transfer's.
        WrongPort { /// Where it arrived.
            port: u16 } = 2102, "arrived on port {port}, which is not this transfer's", "The program hands datagrams to the wrong transfer.";
        /// It came from an address that is not the server's.
        WrongAddress = 2103, "came from an address that is not the peer's", "Somebody else speaks to this port; a firewall can keep them out.";
        /// It came from the peer's address, but from a port that is not this transfer's. ERROR 5 goes back.
        UnknownTransfer { /// The port it came from.
            port: u16 } = 2104, "came from port {port}, which belongs to another transfer", "Usually a request that was sent twice; nothing to do.";
        /// A packet that has no place in this phase.
        Unexpected { /// What it was.
            opcode: Opcode } = 2105, "{opcode} has no place in this phase", "Nothing to do, unless the transfer ends here: then capture it.";
        /// A block or an acknowledgement that was here already.
        Duplicate { /// The number on the wire.
            block: u16 } = 2106, "block {block} was here already", "Nothing to do; many of them mean a slow or a lossy path.";
        /// A block that the peer can't have sent yet, or an acknowledgement of one that was never sent.
        OutOfWindow { /// The number on the wire.
            block: u16 } = 2107, "block {block} is outside the window", "Nothing to do, unless the transfer ends here: then capture it.";
        /// A block that is longer than what was negotiated.
        TooLong { /// The number on the wire.
            block: u16 } = 2108, "block {block} is longer than the negotiated block size", "The server ignores the block size; ask for 512.";
        /// The transfer is over.
        Finished = 2109, "the transfer is over", "Nothing to do.";
    }
}
