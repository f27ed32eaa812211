//! What an interface tells, and what it wants to know.

use core::net::{IpAddr, Ipv4Addr};

use super::{Failure, Group, Ignored, LinkAddress};
use crate::Gid;

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

/// What a call tells its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'d> {
    /// Nothing to act on.
    Nothing,
    /// The frame changed nothing, and why.
    Ignored(Ignored),
    /// An IP packet came, unchecked.
    Packet {
        /// Which sort of IP.
        protocol: Protocol,
        /// The packet.
        bytes: &'d [u8],
    },
    /// It is known who has an address. For the log.
    Resolved {
        /// The address.
        address: IpAddr,
        /// Who has it.
        link: LinkAddress,
    },
    /// Somebody asks for our address, and is answered. For the log.
    Answering {
        /// Who asks.
        address: Ipv4Addr,
    },
    /// Something does not work; the packets that waited for it are dropped.
    Failed(Failure),
}

/// What the interface wants of the SA. Each is asked once, until it is answered or forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Become a member; answer with [`joined`](super::Interface::joined) or
    /// [`refused`](super::Interface::refused).
    Join {
        /// The group.
        group: Gid,
        /// Whether we want what is sent to it, or only send to it ourselves.
        full: bool,
        /// With what to create it where it does not exist; `None` if it has to.
        like: Option<Group>,
    },
    /// Find the way; answer with [`path`](super::Interface::path) or [`no_path`](super::Interface::no_path).
    Path {
        /// To which port.
        gid: Gid,
    },
}
