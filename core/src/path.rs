//! Where a UDP datagram came from or goes to.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

/// Both ends of a UDP datagram, seen from the machine: its own end is `local`, the peer's is `remote`.
///
/// The local address may be unspecified (`0.0.0.0`): before there is a lease there is no other, and a driver that
/// doesn't know on which of its addresses a datagram arrived says so. Machines tell datagrams apart by the local
/// *port* and by the whole remote end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UdpPath {
    /// Our address and port.
    pub local: SocketAddr,
    /// The peer's address and port; in a transmit it may be a broadcast or multicast address.
    pub remote: SocketAddr,
}

impl UdpPath {
    /// A path between two IPv4 ends.
    #[must_use]
    pub const fn v4(local: SocketAddrV4, remote: SocketAddrV4) -> Self {
        Self { local: SocketAddr::V4(local), remote: SocketAddr::V4(remote) }
    }

    /// From a local port on no particular address to an IPv4 end.
    #[must_use]
    pub const fn from_port(local_port: u16, remote: SocketAddrV4) -> Self {
        Self::v4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, local_port), remote)
    }

    /// The path as the other end sees it.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self { local: self.remote, remote: self.local }
    }

    /// The remote IPv4 address, `None` for IPv6.
    #[must_use]
    pub const fn remote_v4(&self) -> Option<Ipv4Addr> {
        match self.remote.ip() {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        }
    }
}

impl fmt::Display for UdpPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.local, self.remote)
    }
}
