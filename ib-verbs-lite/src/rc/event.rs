//! What a connection tells its caller.

use bootproto_core::ParseError;

use crate::packet::Opcode;
use crate::verbs::CompletionStatus;
use crate::{PKey, Psn, Qpn};

/// What a packet or the time means to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'d> {
    /// A part of a message has arrived. The acknowledgement goes out after this.
    Data {
        /// How many bytes of the message came before.
        offset: usize,
        /// The part.
        bytes: &'d [u8],
        /// With the last part, perhaps.
        immediate: Option<u32>,
        /// Whether the message is whole.
        last: bool,
    },
    /// The peer has a message of ours.
    Sent {
        /// The caller's number for it.
        id: u64,
    },
    /// Some of our packets are acknowledged, and more is under way.
    Progress,
    /// The peer had no buffer, or misses a packet; what it wants is sent again.
    Again,
    /// A packet came for which there is no buffer; the peer is asked to wait.
    NoBuffer,
    /// A packet was lost on its way to us; the peer is asked to send it again.
    Lost {
        /// What is waited for.
        expected: Psn,
        /// What came.
        got: Psn,
    },
    /// The connection is dead. Terminal.
    Failed(Failure),
    /// The packet changed nothing.
    Ignored(Ignored),
}

bootproto_core::numbered! {
    /// Why a packet changed nothing.
    pub enum Ignored {
        /// It is no packet.
        Malformed { /// What is wrong, and where.
            error: ParseError } = 5150, "not a packet of a connection: {error}", "Capture the packet: the sender encodes it wrongly.";
        /// It is another queue pair's.
        OtherQueuePair { /// Whose.
            qpn: Qpn } = 5151, "a packet for queue pair {qpn}", "The driver hands packets to the wrong queue pair.";
        /// It is of another partition.
        OtherPartition { /// Which.
            p_key: PKey } = 5152, "a packet of partition {p_key}", "Both ends must be members of one partition.";
        /// It is of another service, such as a datagram.
        NotConnected { /// What it is.
            opcode: Opcode } = 5153, "{opcode} is nothing that a reliable connection has", "Capture the packet: the peer sends it to the wrong queue pair.";
        /// A packet that was here already; it is acknowledged again.
        Duplicate { /// Its number.
            psn: Psn } = 5154, "packet {psn} was here already", "Nothing to do; many of them mean loss.";
        /// An acknowledgement of what was acknowledged before, or never sent.
        StrayAcknowledgement { /// Its number.
            psn: Psn } = 5155, "packet {psn} is acknowledged, but it is not under way", "Nothing to do; many of them mean loss.";
        /// After a lost packet, until it comes again.
        BehindTheGap { /// Its number.
            psn: Psn } = 5156, "packet {psn} comes before the one that is waited for", "Nothing to do; the peer sends it again.";
        /// The connection is dead.
        Finished = 5157, "the connection is over", "Nothing to do.";
    }
}

bootproto_core::numbered! {
    /// Why a connection is dead.
    pub enum Failure {
        /// The peer never acknowledged.
        RetryExceeded { /// How often it was sent again.
            retries: u8 } = 5252, "no acknowledgement after {retries} retries", "Is the path still up, and the peer alive?";
        /// The peer never had a buffer.
        RnrRetryExceeded { /// How often it was sent again.
            retries: u8 } = 5253, "the peer had no receive buffer, asked {retries} times again", "The peer's application does not keep up.";
        /// The peer says that the request is invalid.
        RemoteInvalidRequest = 5254, "the peer says that the request is invalid", "Is the message longer than the peer's buffers?";
        /// The peer does not allow it.
        RemoteAccess = 5255, "the peer does not allow the request", "The peer's application has not opened its memory for it.";
        /// The peer could not do it.
        RemoteOperation = 5256, "the peer could not do the request", "The peer's log says more.";
        /// The peer asked for something that this connection never does, or broke the order of packets.
        InvalidRequest { /// What it was.
            opcode: Opcode } = 5257, "the peer sent {opcode}, which has no place here", "RDMA and atomics are not served; otherwise a bug of the peer.";
        /// A message of the peer is longer than we take.
        TooLong { /// What we take.
            limit: usize } = 5258, "a message of the peer has more than {limit} bytes", "Agree on smaller messages, or allow larger ones.";
    }
}

impl From<Failure> for CompletionStatus {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::RetryExceeded { .. } => Self::RetryExceeded,
            Failure::RnrRetryExceeded { .. } => Self::RnrRetryExceeded,
            Failure::RemoteInvalidRequest => Self::RemoteInvalidRequest,
            Failure::RemoteAccess => Self::RemoteAccess,
            Failure::RemoteOperation => Self::RemoteOperation,
            Failure::InvalidRequest { .. } => Self::LocalOperation,
            Failure::TooLong { .. } => Self::LocalLength,
        }
    }
}
