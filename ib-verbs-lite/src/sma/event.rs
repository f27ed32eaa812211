//! What an SMP changed.

use crate::management::Ignored;

/// What an SMP changed, for the hardware and for whoever depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Changes {
    /// LID, LMC or the subnet's prefix: path records and memberships are void.
    pub addresses: bool,
    /// The subnet manager's LID or service level.
    pub subnet_manager: bool,
    /// The logical state of the port.
    pub state: bool,
    /// The largest payload, the lanes, or their tables.
    pub link: bool,
    /// The table of partitions.
    pub p_keys: bool,
    /// GUIDs after the first.
    pub guids: bool,
    /// The subnet manager has forgotten groups and subscriptions: tell it again.
    pub reregister: bool,
}

impl Changes {
    /// Whether anything changed.
    #[must_use]
    pub fn is_some(&self) -> bool {
        *self != Self::default()
    }
}

/// What a MAD or the time meant to the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// It is answered, and nothing that matters outside changed.
    Answered,
    /// It is answered, and something changed: set the hardware as [`Agent::port_info`](super::Agent::port_info) and the
    /// tables say.
    Changed(Changes),
    /// The subnet manager knows of a trap: it is not sent again.
    TrapAcknowledged,
    /// The management key's lease is over: until a subnet manager sets it anew, the key protects nothing.
    LeaseExpired,
    /// The management key of an SMP is wrong. It is counted, and by intention not answered.
    MKeyViolation {
        /// How often that has happened.
        violations: u16,
    },
    /// The MAD changed nothing.
    Ignored(Ignored),
}
