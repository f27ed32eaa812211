//! What a port is, and what happens to it.

use core::fmt;

use crate::address::newtype_field;
use crate::{Gid, Guid, Lid, Mtu, ServiceLevel};

/// The logical state of a link (IBTA 14.2.5.6, `PortState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PortState(pub u8);

impl PortState {
    /// In a request: leave it as it is.
    pub const NO_CHANGE: Self = Self(0);
    /// No link.
    pub const DOWN: Self = Self(1);
    /// The link is up, and waits for a subnet manager. Only subnet management passes.
    pub const INIT: Self = Self(2);
    /// The subnet manager has configured the port.
    pub const ARMED: Self = Self(3);
    /// Everything passes.
    pub const ACTIVE: Self = Self(4);
}

impl fmt::Display for PortState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::NO_CHANGE => "unchanged",
            Self::DOWN => "Down",
            Self::INIT => "Initializing",
            Self::ARMED => "Armed",
            Self::ACTIVE => "Active",
            Self(other) => return write!(f, "in state {other}"),
        })
    }
}

newtype_field!(PortState(u8), LinkWidth(u8));

/// Lanes of a link, as a code or as a set of codes (IBTA 14.2.5.6, `LinkWidthActive`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LinkWidth(pub u8);

impl LinkWidth {
    /// One lane.
    pub const X1: Self = Self(1);
    /// Four lanes.
    pub const X4: Self = Self(2);
    /// Eight lanes.
    pub const X8: Self = Self(4);
    /// Twelve lanes.
    pub const X12: Self = Self(8);
}

impl fmt::Display for LinkWidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::X1 => "1X",
            Self::X4 => "4X",
            Self::X8 => "8X",
            Self::X12 => "12X",
            Self(other) => return write!(f, "link width code {other}"),
        })
    }
}

/// What a port is at one moment (IBTA 11.2.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortAttributes {
    /// Its number on the HCA, from 1.
    pub number: u8,
    /// The logical state of its link.
    pub state: PortState,
    /// Its own LID, [`Lid::NONE`] before a subnet manager gave it one.
    pub lid: Lid,
    /// How many low bits of the LID are free.
    pub lmc: u8,
    /// The subnet manager's LID.
    pub sm_lid: Lid,
    /// The service level towards the subnet manager.
    pub sm_sl: ServiceLevel,
    /// The GUID it was made with.
    pub guid: Guid,
    /// The GUID of the HCA.
    pub node_guid: Guid,
    /// The subnet's prefix.
    pub gid_prefix: u64,
    /// The largest payload that both ends of the link take.
    pub active_mtu: Mtu,
    /// The largest payload that the hardware takes.
    pub max_mtu: Mtu,
    /// The lanes in use.
    pub link_width: LinkWidth,
    /// The speed of a lane: the code of `LinkSpeedActive` (1, 2, 4 for 2.5, 5, 10 Gbit/s).
    pub link_speed: u8,
    /// The size of the partition table.
    pub p_key_table_length: u16,
}

impl PortAttributes {
    /// The port's own GID.
    #[must_use]
    pub const fn gid(&self) -> Gid {
        Gid::new(self.gid_prefix, self.guid)
    }
}

/// Something that happened to a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PortEvent {
    /// The link's state changed.
    State(PortState),
    /// The subnet manager gave the port another LID.
    Lid(Lid),
    /// Another subnet manager, or the same under another LID.
    SubnetManager(Lid),
    /// The table of partitions changed.
    PKeys,
    /// The subnet manager has forgotten groups, subscriptions and services, and asks to be told again.
    ClientReregister,
    /// The hardware failed; only [`close_port`](super::Hca::close_port) is of use.
    Fatal,
}

/// What went through a port, and what did not, since it was opened. Nothing here wraps or stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Packets sent.
    pub xmit_packets: u64,
    /// Sent, in units of 4 bytes, from the LRH to the ICRC.
    pub xmit_words: u64,
    /// Packets received.
    pub rcv_packets: u64,
    /// Received, in units of 4 bytes.
    pub rcv_words: u64,
    /// Received, and no valid packet.
    pub rcv_errors: u64,
    /// Received for a queue pair without a receive buffer.
    pub no_buffer: u64,
    /// Those of them that were SMPs.
    pub vl15_dropped: u64,
    /// Received in a foreign partition.
    pub p_key_violations: u64,
    /// Received with a wrong queue key.
    pub q_key_violations: u64,
}
