//! What a port tells, and what a caller can get wrong.

use core::net::IpAddr;

use crate::ipoib::{self, LinkAddress};
use crate::verbs::{PortState, VerbsError};
use crate::{Gid, Lid, Mtu, PKey, QKey, Qpn, management};

/// What happened to a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The link is in another state.
    Link(PortState),
    /// The subnet manager gave the port an address.
    Addresses {
        /// Ours.
        lid: Lid,
        /// The subnet manager's.
        sm_lid: Lid,
        /// The port.
        gid: Gid,
    },
    /// The subnet manager asks to be told again of groups.
    Reregister,
    /// An interface is in its broadcast group, and up.
    Up {
        /// Which interface.
        interface: usize,
        /// The group.
        group: Gid,
        /// Its LID.
        lid: Lid,
        /// The key of its members.
        q_key: QKey,
        /// Its largest payload.
        mtu: Mtu,
        /// Our queue pair.
        qpn: Qpn,
    },
    /// Another group was joined.
    Joined {
        /// Which interface.
        interface: usize,
        /// The group.
        group: Gid,
        /// Its LID.
        lid: Lid,
    },
    /// The port is not in the partition of an interface: it waits until the subnet manager puts it there.
    NoPartition {
        /// Which interface.
        interface: usize,
        /// The partition.
        p_key: PKey,
    },
    /// The way to a port is known.
    Path {
        /// To which port.
        gid: Gid,
        /// Its LID.
        lid: Lid,
    },
    /// It is known who has an IP address.
    Neighbour {
        /// The address.
        address: IpAddr,
        /// Who has it.
        link: LinkAddress,
    },
    /// The SA does not let us into a group, or does not answer. It is asked again.
    Refused {
        /// The group.
        group: Gid,
        /// What it says.
        failure: management::Failure,
    },
    /// The SA knows no way, or does not answer.
    NoPath {
        /// To which port.
        gid: Gid,
        /// What it says.
        failure: management::Failure,
    },
    /// Something of IPoIB does not work.
    Failed {
        /// Which interface.
        interface: usize,
        /// What.
        failure: ipoib::Failure,
    },
    /// A management datagram changed nothing.
    IgnoredMad(management::Ignored),
    /// An IPoIB frame changed nothing.
    IgnoredFrame {
        /// Which interface.
        interface: usize,
        /// Why.
        why: ipoib::Ignored,
    },
    /// The HCA can't do what it must.
    Verbs(VerbsError),
}

bootproto_core::numbered! {
    /// The caller's mistake at construction.
    pub enum ConfigError {
        /// More interfaces than a port keeps.
        TooManyInterfaces { /// How many there may be.
            most: usize } = 5370, "a port keeps {most} interfaces", "Make a second port, or fewer interfaces.";
        /// An interface's configuration is at fault.
        Interface { /// How.
            error: ipoib::ConfigError } = 5371, "an interface's configuration is wrong: {error}", "Correct it.";
        /// The HCA's own description is at fault, or the seed's use.
        Management { /// How.
            error: management::ConfigError } = 5372, "the port can't be managed: {error}", "The driver must give GUIDs.";
        /// The HCA does not do what it must.
        Verbs { /// What.
            error: VerbsError } = 5373, "the HCA fails: {error}", "Reset the HCA; a driver's or a firmware's fault.";
    }
}
