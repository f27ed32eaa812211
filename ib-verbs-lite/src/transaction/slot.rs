//! One open request.

use bootproto_core::{Backoff, Instant};

use super::rmpp::{Parting, Reception};
use crate::mad::{Header, MAD_LENGTH};
use crate::verbs::AddressVector;

/// One open request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    /// Where it goes.
    pub(super) path: AddressVector,
    /// All of it, its transaction identifier included.
    pub(super) request: [u8; MAD_LENGTH],
    /// The beginning of it.
    pub(super) header: Header,
    /// How many bytes a long answer may have.
    pub(super) limit: u32,
    /// How far it is.
    pub(super) state: State,
    /// When something has to happen.
    pub(super) deadline: Instant,
}

/// How far a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// It waits to be sent, for the first time or again.
    Due { tries: u8, backoff: Backoff },
    /// It was sent.
    Asked { tries: u8, backoff: Backoff },
    /// A long answer arrives, or has arrived and may have to be acknowledged once more.
    Receiving(Reception),
    /// It is over, and the peer has to be told.
    Parting(Parting),
}

impl Slot {
    /// Whether there is something to send.
    pub(super) const fn is_due(&self) -> bool {
        match &self.state {
            State::Due { .. } | State::Parting(_) => true,
            State::Receiving(reception) => reception.ack_due.0,
            State::Asked { .. } => false,
        }
    }

    /// Whether the caller has all of the answer, and the place may be used again.
    pub(super) const fn is_answered(&self) -> bool {
        match &self.state {
            State::Receiving(reception) => reception.is_complete,
            State::Parting(_) => true,
            State::Due { .. } | State::Asked { .. } => false,
        }
    }
}
