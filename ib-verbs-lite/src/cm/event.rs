//! What a connection tells its caller.

use bootproto_core::ParseError;

use crate::mad::Method;
use crate::mad::cm::RejectReason;
use crate::{Guid, Lid, Psn, Qpn};

/// The other end of a connection, as its REP says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its name for the connection.
    pub comm_id: u32,
    /// Its queue pair.
    pub qpn: Qpn,
    /// The number that it wants our first packet to have.
    pub starting_psn: Psn,
    /// How often we may send again to it while it has no buffer; 7 for ever.
    pub rnr_retry_count: u8,
    /// How long it delays an acknowledgement, as a code.
    pub target_ack_delay: u8,
    /// Its HCA.
    pub ca_guid: Guid,
}

/// What a datagram or the time means to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'d> {
    /// The connection stands, as soon as what is pending has been sent.
    Connected {
        /// The other end.
        peer: Peer,
        /// What its application says, 196 bytes.
        private_data: &'d [u8],
    },
    /// The peer asks for patience.
    Delayed,
    /// The peer does not want the connection, or not any more. Terminal.
    Rejected {
        /// The same as a failure.
        failure: Failure,
        /// What its application says, 148 bytes.
        private_data: &'d [u8],
    },
    /// The peer ended the connection. It is answered for a while longer; then comes [`Event::Closed`].
    Disconnected {
        /// What its application says, 220 bytes.
        private_data: &'d [u8],
    },
    /// The connection is over. Terminal.
    Closed,
    /// It failed. Terminal.
    Failed(Failure),
    /// The datagram changed nothing.
    Ignored(Ignored),
}

bootproto_core::numbered! {
    /// Why a datagram changed nothing.
    pub enum Ignored {
        /// It is no message of the CM.
        Malformed { /// What is wrong, and where.
            error: ParseError } = 5140, "not a message of the CM: {error}", "Capture the packet: the sender encodes it wrongly.";
        /// It is of another class, or another method than Send.
        NotForUs { /// The method.
            method: Method } = 5141, "not a message of the CM, but {method} or another class", "Nothing to do.";
        /// It comes from somebody who was not asked.
        WrongSource { /// Who.
            lid: Lid } = 5142, "LID {lid} was not asked", "Somebody else on this subnet answers: find the port with this LID.";
        /// It is about another connection.
        OtherConnection = 5143, "it is about another connection", "Usually a late answer; nothing to do.";
        /// It has no place now.
        Unexpected { /// The attribute.
            attribute: u16 } = 5144, "CM message 0x{attribute:04x} has no place now", "Nothing to do.";
        /// It was here already; what answered it goes out again.
        Duplicate { /// The attribute.
            attribute: u16 } = 5145, "CM message 0x{attribute:04x} was here already", "Nothing to do; many of them mean loss.";
        /// A REP whose queue pair can't be.
        BadReply { /// The queue pair.
            qpn: Qpn } = 5146, "the reply names queue pair {qpn}, which can't be connected", "Capture the packet: the peer encodes it wrongly.";
        /// The connection is over.
        Finished = 5147, "the connection is over", "Nothing to do.";
    }
}

bootproto_core::numbered! {
    /// Why there is no connection.
    pub enum Failure {
        /// Nobody answered.
        NoAnswer { /// How often it was asked.
            tries: u8 } = 5250, "no answer to {tries} requests for a connection", "Is the other port up, and does a CM run there?";
        /// The peer said no.
        Rejected { /// Why.
            reason: RejectReason } = 5251, "the peer rejects the connection: {reason}", "Invalid service ID: nothing listens there. Otherwise the peer's log says more.";
    }
}

bootproto_core::numbered! {
    /// What a caller got wrong before a connection could be asked for.
    pub enum ConfigError {
        /// The path leads nowhere.
        BadPath = 5340, "the path has no LIDs of ports", "Ask the SA for it.";
        /// The queue pair can't be connected.
        BadQueuePair { /// Which.
            qpn: Qpn } = 5341, "queue pair {qpn} can't be connected", "Create one of type RC.";
        /// More private data than a request has room for.
        TooMuchPrivateData { /// How long it is.
            length: usize } = 5342, "{length} bytes of private data, 92 is the limit", "Shorten them.";
        /// A time or a count is out of its range.
        BadPolicy = 5343, "a time-out code is over 31, a retry count over 7, or there are more than 15 tries", "Leave the defaults.";
    }
}
