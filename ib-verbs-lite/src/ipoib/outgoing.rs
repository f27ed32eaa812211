//! Packets that wait for their neighbour or group.

use core::net::IpAddr;
use core::time::Duration;

use bootproto_core::Instant;

use crate::Gid;

/// The longest IP packet: that of an MTU of 4096, without the encapsulation header.
pub const MAX_PACKET: usize = 4092;

/// How many packets may wait.
pub(super) const ROOM: usize = 4;

/// How long a packet waits: what was to be said is said again by whoever said it.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// A packet and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outgoing {
    pub(super) bytes: heapless::Vec<u8, MAX_PACKET>,
    pub(super) to: Target,
    pub(super) until: Instant,
}

/// Where a packet goes on this link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// To the members of a group.
    Group(Gid),
    /// To a neighbour.
    Neighbour(IpAddr),
}
