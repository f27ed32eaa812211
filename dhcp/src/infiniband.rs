//! How a machine on InfiniBand presents itself to a DHCP server.
//!
//! RFC 4390 says how, but most boot ROMs came before it or did otherwise, and a server that was configured for one way
//! does not know the same machine by another. So the way is the caller's choice, and may be a list that is tried in
//! order ([`Config::ipoib_dialects`](crate::client::Config::ipoib_dialects)).

use crate::{ClientId, HardwareAddress};

/// A way to present a port's GUID in `htype`, `hlen`, `chaddr` and option 61. Every one asks for broadcast answers, for
/// a stack without an address has no hardware address that a server could answer to.
///
/// | | `htype` | `hlen`, `chaddr` | option 61 | who |
/// |---|---|---|---|---|
/// | [`Rfc4390`](Self::Rfc4390) | 32 | 0 | `ff`, IAID, DUID-LL | RFC 4390 with RFC 4361 |
/// | [`Ipxe`](Self::Ipxe) | 1 | 6 bytes of the GUID | `01`, the same 6 bytes | iPXE, today's `FlexBoot` |
/// | [`Mellanox`](Self::Mellanox) | 32 | 0 | `ff`, IAID 0, DUID-EN of Mellanox, GUID | older `FlexBoot`, RHEL's dhclient set-up |
/// | [`Hardware`](Self::Hardware) | 32 | 0 | `20`, GUID | `NetworkManager`, dhcpcd, cloud-init |
/// | [`Grub`](Self::Grub) | 1 | 0 | as RFC 4390's | GRUB, which sends no option 61 of its own |
///
/// EDK2 sends `htype` 32 with `hlen` 20, though `chaddr` has 16 bytes. That is no dialect but a defect, which a
/// [`HardwareAddress`] can't express.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IpoibDialect {
    /// RFC 4390. IAID: the low 32 bits of the port's GUID. DUID: link-layer (RFC 8415 section 11.4), hardware type 32,
    /// the port's GUID. The GUID is burnt in, so both are the same at every boot and in every stage.
    Rfc4390,
    /// An Ethernet-like address made of bytes 0, 1, 2, 5, 6 and 7 of the GUID.
    Ipxe,
    /// A DUID by enterprise number (RFC 8415 section 11.3): 0x2c9, Mellanox, then a zero byte and the GUID; IAID 0.
    Mellanox,
    /// Hardware type and the last 8 bytes of the link-layer address, which are the GUID.
    Hardware,
    /// Ethernet's type and no address.
    Grub,
}

/// What one dialect says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) hardware: HardwareAddress,
    pub(crate) client_id: ClientId,
}

impl IpoibDialect {
    /// All of them, RFC 4390's first.
    pub const ALL: [Self; 5] = [Self::Rfc4390, Self::Ipxe, Self::Mellanox, Self::Hardware, Self::Grub];

    /// The name for a person and a command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rfc4390 => "rfc4390",
            Self::Ipxe => "ipxe",
            Self::Mellanox => "mellanox",
            Self::Hardware => "hardware",
            Self::Grub => "grub",
        }
    }

    /// How a port with this GUID presents itself.
    pub(crate) fn identity(self, port_guid: [u8; 8]) -> Identity {
        let [a, b, c, d, e, f, g, h] = port_guid;
        let infiniband = HardwareAddress::empty(HardwareAddress::INFINIBAND);
        let link_layer =
            ClientId::duid(u32::from_be_bytes([e, f, g, h]), &[0, 3, 0, 32, a, b, c, d, e, f, g, h]);
        let (hardware, client_id) = match self {
            Self::Rfc4390 => (infiniband, link_layer),
            Self::Ipxe => (HardwareAddress::ethernet([a, b, c, f, g, h]), Some(ClientId::Hardware)),
            Self::Mellanox => {
                (infiniband, ClientId::duid(0, &[0, 2, 0, 0, 2, 0xc9, 0, a, b, c, d, e, f, g, h]))
            }
            Self::Hardware => {
                (infiniband, ClientId::raw(&[HardwareAddress::INFINIBAND, a, b, c, d, e, f, g, h]))
            }
            Self::Grub => (HardwareAddress::empty(HardwareAddress::ETHERNET), link_layer),
        };
        // Every length above is one that its constructor takes.
        Identity { hardware, client_id: client_id.unwrap_or(ClientId::None) }
    }
}
