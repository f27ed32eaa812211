//! What has to be asked, and has not been answered.

use super::event::{Question, Subject};
use crate::Gid;
use crate::mad::record::McMemberRecord;
use crate::transaction::Ticket;

/// One thing that has to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) kind: Kind,
    /// The open request; `None` while it waits for room among them.
    pub(super) ticket: Option<Ticket>,
}

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Question(Question),
    Join { mgid: Gid },
    Leave { mgid: Gid, join_state: u8 },
    Subscribe,
}

impl Kind {
    pub(super) const fn subject(&self) -> Subject {
        match *self {
            Self::Question(question) => Subject::Question(question),
            Self::Join { mgid } => Subject::Join { mgid },
            Self::Leave { mgid, .. } => Subject::Leave { mgid },
            Self::Subscribe => Subject::Subscription,
        }
    }
}

/// How a group is joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Join {
    /// The group.
    pub mgid: Gid,
    /// [`McMemberRecord::FULL_MEMBER`] or another state.
    pub join_state: u8,
    /// What the group is made with if it does not exist yet; without it, such a join is refused with 0x0600.
    pub create: Option<McMemberRecord>,
}

impl Join {
    /// As a full member, if the group exists.
    #[must_use]
    pub const fn existing(mgid: Gid) -> Self {
        Self { mgid, join_state: McMemberRecord::FULL_MEMBER, create: None }
    }

    /// As a full member; if the group does not exist, it is made like another one. IPoIB takes its broadcast group
    /// (RFC 4391, section 5).
    #[must_use]
    pub const fn or_create_like(mgid: Gid, other: &McMemberRecord) -> Self {
        Self { mgid, join_state: McMemberRecord::FULL_MEMBER, create: Some(*other) }
    }
}

/// A group that the port is, or wants to be, a member of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) join: Join,
    /// What the subnet manager said; `None` until it did.
    pub(super) record: Option<McMemberRecord>,
}
