//! What DHCP found out: the lease, what to boot, the lines of a menu.

use bootproto_dhcp::client::{Boot, Lease, Menu};

use crate::misuse::Misuse;
use crate::types::{BP_NEVER, bp_bytes, bp_ipv4};

/// How many servers of each kind a lease names at most.
pub const BP_LEASE_SERVERS: usize = 4;

/// How long a name can be.
pub const BP_NAME_BYTES: usize = 256;

/// An address and what goes with it.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_lease {
    /// Ours.
    pub address: bp_ipv4,
    /// The subnet mask, 0.0.0.0 if the server gave none.
    pub mask: bp_ipv4,
    /// The broadcast address.
    pub broadcast: bp_ipv4,
    /// The DHCP server.
    pub server: bp_ipv4,
    /// Routers in order of preference; 0.0.0.0 ends the list.
    pub routers: [bp_ipv4; BP_LEASE_SERVERS],
    /// DNS servers.
    pub dns: [bp_ipv4; BP_LEASE_SERVERS],
    /// NTP servers.
    pub ntp: [bp_ipv4; BP_LEASE_SERVERS],
    /// How long the address is ours, counted from `received`, in microseconds; `BP_NEVER` is for ever.
    pub duration: u64,
    /// When the request was sent that this lease answers.
    pub received: u64,
    /// The MTU, 0 if the server gave none.
    pub mtu: u16,
    /// The bits of the mask, 32 if the server gave none.
    pub prefix_length: u8,
    /// 0.
    pub reserved: [u8; 5],
}

/// What to boot and from where. Names end in a NUL.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct bp_dhcp_boot_facts {
    /// The boot server.
    pub server: bp_ipv4,
    /// The boot file.
    pub file: [u8; BP_NAME_BYTES],
    /// The configuration file for PXELINUX (option 209).
    pub config_file: [u8; BP_NAME_BYTES],
    /// The path prefix (option 210).
    pub path_prefix: [u8; BP_NAME_BYTES],
    /// The root (option 17).
    pub root_path: [u8; BP_NAME_BYTES],
}

/// A line of a boot menu.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_dhcp_menu_line {
    /// The boot server type to choose it by; 0 is the local disk.
    pub server_type: u16,
    /// Its text inside the client's storage, until the next call; not to be trusted as text.
    pub text: bp_bytes,
}

impl From<&Lease> for bp_lease {
    fn from(lease: &Lease) -> Self {
        let list = |addresses: &[core::net::Ipv4Addr]| {
            let mut list = [bp_ipv4::default(); BP_LEASE_SERVERS];
            for (to, from) in list.iter_mut().zip(addresses) {
                *to = (*from).into();
            }
            list
        };
        let micros = |span: core::time::Duration| u64::try_from(span.as_micros()).unwrap_or(BP_NEVER);
        let ones = lease.mask.map_or(32, |mask| mask.to_bits().leading_ones());
        Self {
            address: lease.address.into(),
            mask: lease.mask.into(),
            broadcast: lease.broadcast.into(),
            server: lease.server_id.into(),
            routers: list(lease.routers()),
            dns: list(lease.dns()),
            ntp: list(lease.ntp()),
            duration: lease.duration.map_or(BP_NEVER, micros),
            received: lease.received.as_micros(),
            mtu: lease.mtu.unwrap_or(0),
            prefix_length: u8::try_from(ones).unwrap_or(32),
            reserved: [0; 5],
        }
    }
}

impl From<&Boot> for bp_dhcp_boot_facts {
    fn from(boot: &Boot) -> Self {
        Self {
            server: boot.server.into(),
            file: name(&boot.file),
            config_file: name(&boot.config_file),
            path_prefix: name(&boot.path_prefix),
            root_path: name(&boot.root_path),
        }
    }
}

/// A name with NULs behind it: every one is at most 255 bytes long.
fn name(text: &[u8]) -> [u8; BP_NAME_BYTES] {
    let mut name = [0; BP_NAME_BYTES];
    bootproto_core::copy_into(name.get_mut(..BP_NAME_BYTES.saturating_sub(1)).unwrap_or_default(), text);
    name
}

/// A line of the menu. Texts that the server split over several options can't be lent, and are left out.
pub(crate) fn menu_line(menu: Option<Menu<'_>>, index: u32) -> Result<bp_dhcp_menu_line, Misuse> {
    let item = menu.and_then(|mut menu| menu.items.nth(crate::codes::index(index)));
    let item = item.ok_or(Misuse::Nothing)?;
    let text = item.text.as_slice().unwrap_or_default();
    Ok(bp_dhcp_menu_line { server_type: item.kind, text: bp_bytes::lend(text) })
}

/// Whether the menu has a line of this type. To ask first leaves a client that has none untouched, its clock included.
pub(crate) fn has_line(menu: Option<Menu<'_>>, server_type: u16) -> Result<(), Misuse> {
    let known = menu.is_some_and(|mut menu| menu.items.any(|item| item.kind == server_type));
    if known { Ok(()) } else { Err(Misuse::Nothing) }
}
