//! What came of a message.

use core::fmt;

use super::GlobalRoute;
use crate::{Lid, PKey, Qpn, ServiceLevel};

/// One entry of a completion queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completion {
    /// Our own queue pair.
    pub qp: Qpn,
    /// Whether it worked.
    pub status: CompletionStatus,
    /// What it was.
    pub outcome: Outcome,
}

/// What a completion is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// A send.
    Sent {
        /// The caller's number for it.
        id: u64,
    },
    /// A receive. If the status is not [`CompletionStatus::Success`] only the buffer's loss is meant, and everything
    /// in here is empty.
    Received(Received),
}

/// A received message; its bytes are in the buffer of [`poll_cq`](super::Hca::poll_cq).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Received {
    /// How many bytes of the buffer are the message.
    pub length: usize,
    /// The sender's LID.
    pub source_lid: Lid,
    /// The LID it was sent to: ours, a group's, or the permissive one.
    pub destination_lid: Lid,
    /// The sender's queue pair; 0 on a connection.
    pub source_qpn: Qpn,
    /// The service level.
    pub sl: ServiceLevel,
    /// The partition key in the packet. A driver has checked it against the table.
    pub p_key: PKey,
    /// The place in the port's table that let it in.
    pub p_key_index: u16,
    /// The global route, where there was one.
    pub grh: Option<GlobalRoute>,
    /// The four bytes beside the payload.
    pub immediate: Option<u32>,
}

/// Whether a message went well (IBTA 11.6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CompletionStatus {
    /// It did.
    Success,
    /// The queue pair was given up, or is in the error state.
    Flushed,
    /// The peer's message was longer than the buffer.
    LocalLength,
    /// Something is wrong with our own queue pair.
    LocalOperation,
    /// The peer never acknowledged.
    RetryExceeded,
    /// The peer never had a buffer.
    RnrRetryExceeded,
    /// The peer says that the request is invalid.
    RemoteInvalidRequest,
    /// The peer does not allow it.
    RemoteAccess,
    /// The peer could not do it.
    RemoteOperation,
}

impl fmt::Display for CompletionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Success => "success",
            Self::Flushed => "flushed",
            Self::LocalLength => "longer than the receive buffer",
            Self::LocalOperation => "local operation error",
            Self::RetryExceeded => "never acknowledged",
            Self::RnrRetryExceeded => "the peer never had a receive buffer",
            Self::RemoteInvalidRequest => "the peer says that the request is invalid",
            Self::RemoteAccess => "the peer does not allow it",
            Self::RemoteOperation => "the peer could not do it",
        })
    }
}
