//! What is asked, and what comes of it.

use crate::mad::AttributeId;
use crate::mad::attribute::{ClassPortInfo, Notice};
use crate::mad::record::{McMemberRecord, NodeRecord, PathRecord, ServiceRecord};
use crate::management::{Failure, Ignored};
use crate::{Gid, Lid, PKey};

/// One question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question {
    /// What the SA can do.
    ClassPortInfo,
    /// The way to a port; in one partition, or in any that both are in.
    Path {
        /// To where.
        dgid: Gid,
        /// In which partition.
        p_key: Option<PKey>,
    },
    /// The node that has a LID.
    Node {
        /// Which.
        lid: Lid,
    },
    /// A service, by its number.
    Service {
        /// Which.
        id: u64,
    },
    /// A service, by its name; NULs to the end.
    ServiceNamed {
        /// Which.
        name: [u8; 64],
    },
    /// A multicast group, without joining it.
    Group {
        /// Which.
        mgid: Gid,
    },
    /// All records of a kind, in a long answer.
    Table {
        /// Which kind, such as [`AttributeId::NODE_RECORD`].
        attribute: AttributeId,
    },
}

/// What an answer or a failure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// A question.
    Question(Question),
    /// Joining a group. After a failure it is not a member, and not joined again.
    Join {
        /// Which.
        mgid: Gid,
    },
    /// Leaving a group. After a failure it is forgotten here; the subnet manager may still count the port in.
    Leave {
        /// Which.
        mgid: Gid,
    },
    /// The subscription to events.
    Subscription,
}

/// What a MAD or the time meant to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'d> {
    /// What the SA can do.
    ClassPortInfo(ClassPortInfo),
    /// The way to a port; it is remembered.
    Path(PathRecord),
    /// The port is a member of a group, with these values: for the first time, or again after the subnet manager
    /// changed. They may be others then.
    Joined(McMemberRecord),
    /// The subnet manager knows that the port has left a group.
    Left {
        /// Which.
        mgid: Gid,
    },
    /// A group that was asked for.
    Group(McMemberRecord),
    /// A node that was asked for.
    Node(NodeRecord),
    /// A service that was asked for.
    Service(ServiceRecord),
    /// The next records of a table.
    Table {
        /// Which.
        attribute: AttributeId,
        /// How many bytes came before.
        offset: u32,
        /// More of them; a record may go over the end.
        bytes: &'d [u8],
        /// How many bytes it is from one record to the next.
        distance: u16,
        /// Whether these are the last.
        complete: bool,
    },
    /// Events are reported from now on.
    Subscribed,
    /// Something happened in the subnet. It has been answered.
    Report(Notice),
    /// A request failed; the client goes on.
    Failed {
        /// Which.
        subject: Subject,
        /// Why.
        failure: Failure,
    },
    /// The MAD changed nothing.
    Ignored(Ignored),
}
