//! The answer that waits to be sent: what it is and where it goes.

use core::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use bootproto_core::UdpPath;

use super::request::Request;
use super::{Config, Refusal};
use crate::wire::MessageType;

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// DHCPOFFER.
    Offer { address: Ipv4Addr, lease: u32 },
    /// DHCPACK of a REQUEST.
    Ack { address: Ipv4Addr, lease: u32 },
    /// DHCPACK of an INFORM.
    Inform,
    /// DHCPNAK.
    Nak { reason: Refusal },
    /// BOOTREPLY without a message type.
    Bootp { address: Ipv4Addr },
    /// DHCPOFFER without an address.
    ProxyOffer,
    /// DHCPACK of the boot server.
    BootServer,
}

impl Kind {
    pub(super) const fn message_type(self) -> Option<MessageType> {
        match self {
            Self::Offer { .. } | Self::ProxyOffer => Some(MessageType::OFFER),
            Self::Ack { .. } | Self::Inform | Self::BootServer => Some(MessageType::ACK),
            Self::Nak { .. } => Some(MessageType::NAK),
            Self::Bootp { .. } => None,
        }
    }

    /// The address given: the field `yiaddr`.
    pub(super) const fn given(self) -> Option<Ipv4Addr> {
        match self {
            Self::Offer { address, .. } | Self::Ack { address, .. } | Self::Bootp { address } => {
                Some(address)
            }
            Self::Inform | Self::Nak { .. } | Self::ProxyOffer | Self::BootServer => None,
        }
    }

    /// The time given in seconds.
    pub(super) const fn lease(self) -> Option<u32> {
        match self {
            Self::Offer { lease, .. } | Self::Ack { lease, .. } => Some(lease),
            Self::Inform | Self::Nak { .. } | Self::Bootp { .. } | Self::ProxyOffer | Self::BootServer => {
                None
            }
        }
    }
}

/// An answer that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) kind: Kind,
    pub(super) request: Request,
    pub(super) path: UdpPath,
}

impl Answer {
    /// An answer to `request`, which came by `path`.
    pub(super) fn new(config: &Config, kind: Kind, request: Request, path: UdpPath) -> Self {
        let local = SocketAddr::new(IpAddr::V4(config.address), path.local.port());
        let remote = match kind {
            Kind::BootServer => boot_client(config, &request, path),
            Kind::Offer { .. }
            | Kind::Ack { .. }
            | Kind::Inform
            | Kind::Nak { .. }
            | Kind::Bootp { .. }
            | Kind::ProxyOffer => SocketAddr::V4(client(config, kind, &request, path)),
        };
        Self { kind, request, path: UdpPath { local, remote } }
    }
}

/// RFC 2131 section 4.1.
fn client(config: &Config, kind: Kind, request: &Request, path: UdpPath) -> SocketAddrV4 {
    let header = &request.header;
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.1
    //# If the 'giaddr' field in a DHCP message from a client is non-zero,
    //# the server sends any return messages to the 'DHCP server' port on the
    //# BOOTP relay agent whose address appears in 'giaddr'.
    if !header.giaddr.is_unspecified() {
        return SocketAddrV4::new(header.giaddr, config.server_port);
    }
    let broadcast = SocketAddrV4::new(Ipv4Addr::BROADCAST, config.client_port);
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.1
    //# In all cases, when 'giaddr' is zero, the server broadcasts any DHCPNAK
    //# messages to 0xffffffff.
    if matches!(kind, Kind::Nak { .. }) {
        return broadcast;
    }
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.1
    //# If the 'giaddr'
    //# field is zero and the 'ciaddr' field is nonzero, then the server
    //# unicasts DHCPOFFER and DHCPACK messages to the address in 'ciaddr'.
    // Only where that can be the client's: else anybody could have our answers sent to anybody.
    let is_theirs = kind.given() == Some(header.ciaddr) || config.is_client(header.ciaddr);
    if is_theirs || (matches!(kind, Kind::Inform) && !header.ciaddr.is_unspecified()) {
        return SocketAddrV4::new(header.ciaddr, config.client_port);
    }
    if matches!(kind, Kind::Inform)
        && let Some(address) = path.remote_v4()
        && !address.is_unspecified()
    {
        return SocketAddrV4::new(address, config.client_port);
    }
    // RFC 4390: a client without a hardware address in the message can't be sent to by one.
    let unreachable = header.hardware.bytes().is_empty();
    match kind.given() {
        Some(address) if !header.is_broadcast() && !config.always_broadcast && !unreachable => {
            SocketAddrV4::new(address, config.client_port)
        }
        Some(_) | None => broadcast,
    }
}

/// Boot server answers go back to where the request came from: iPXE asks from port 68, EDK2 from 4011.
fn boot_client(config: &Config, request: &Request, path: UdpPath) -> SocketAddr {
    let (ciaddr, giaddr) = (request.header.ciaddr, request.header.giaddr);
    if path.local.port() == config.server_port && !giaddr.is_unspecified() {
        return SocketAddr::V4(SocketAddrV4::new(giaddr, config.server_port));
    }
    let port = path.remote.port();
    match path.remote_v4() {
        Some(address) if address.is_unspecified() && config.is_client(ciaddr) => {
            SocketAddr::V4(SocketAddrV4::new(ciaddr, port))
        }
        Some(address) if address.is_unspecified() => {
            SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::BROADCAST, port))
        }
        Some(_) | None => path.remote,
    }
}
