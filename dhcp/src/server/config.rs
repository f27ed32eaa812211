//! What a server is told at its construction.

use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto_core::num;
use heapless::Vec;

use super::ConfigError;
use super::boot::{BootFiles, Menu};
use crate::wire::OptionCode;

pub use super::boot::Service;

/// What a server gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// Addresses, and boot information in the same answers; on the PXE port, boot files and menus.
    Dhcp,
    /// Boot information only, to PXE clients that get their address from another server (PXE 2.1 section 2.2.3).
    ProxyDhcp,
}

/// What a server is told at its construction: [`Config::new`], then what differs from the defaults.
///
/// A value that is too long or one too many is remembered, and [`Server::new`](super::Server::new) answers with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) address: Ipv4Addr,
    pub(super) role: Role,
    pub(super) mask: Ipv4Addr,
    pub(super) pool: Option<(Ipv4Addr, Ipv4Addr)>,
    pub(super) routers: Vec<Ipv4Addr, 4>,
    pub(super) dns: Vec<Ipv4Addr, 4>,
    pub(super) mtu: Option<u16>,
    pub(super) lease: u32,
    pub(super) max_lease: u32,
    pub(super) offer_time: Duration,
    pub(super) quarantine: Duration,
    pub(super) server_port: u16,
    pub(super) client_port: u16,
    pub(super) pxe_port: u16,
    pub(super) always_broadcast: bool,
    pub(super) authoritative: bool,
    pub(super) dynamic_bootp: bool,
    pub(super) next_server: Option<Ipv4Addr>,
    pub(super) boot_files: BootFiles,
    pub(super) menu: Menu,
    pub(super) extra: Vec<u8, 1024>,
    fault: Option<ConfigError>,
}

impl Config {
    /// A DHCP server at `address` without a pool: only fixed rows of the table are served until
    /// [`with_pool`](Self::with_pool). The netmask is 255.255.255.0, a lease lasts an hour.
    #[must_use]
    pub const fn new(address: Ipv4Addr) -> Self {
        Self {
            address,
            role: Role::Dhcp,
            mask: Ipv4Addr::new(255, 255, 255, 0),
            pool: None,
            routers: Vec::new(),
            dns: Vec::new(),
            mtu: None,
            lease: 3600,
            max_lease: 86_400,
            offer_time: Duration::from_secs(30),
            quarantine: Duration::from_secs(600),
            server_port: 67,
            client_port: 68,
            pxe_port: 4011,
            always_broadcast: false,
            authoritative: false,
            dynamic_bootp: false,
            next_server: None,
            boot_files: BootFiles::new(),
            menu: Menu::new(),
            extra: Vec::new(),
            fault: None,
        }
    }

    /// A server of boot information only, beside somebody else's DHCP server.
    #[must_use]
    pub const fn proxy(address: Ipv4Addr) -> Self {
        let mut config = Self::new(address);
        config.role = Role::ProxyDhcp;
        config
    }

    /// The addresses to give, both ends included, and the netmask that goes with them.
    #[must_use]
    pub const fn with_pool(mut self, first: Ipv4Addr, last: Ipv4Addr, mask: Ipv4Addr) -> Self {
        self.pool = Some((first, last));
        self.mask = mask;
        self
    }

    /// The netmask where there is no pool, only fixed rows (option 1).
    #[must_use]
    pub const fn with_mask(mut self, mask: Ipv4Addr) -> Self {
        self.mask = mask;
        self
    }

    /// One more router (option 3), 4 at most.
    #[must_use]
    pub fn with_router(mut self, router: Ipv4Addr) -> Self {
        let pushed = self.routers.push(router).is_ok();
        self.check(pushed, ConfigError::TooMany { option: OptionCode::ROUTERS.0 })
    }

    /// One more DNS server (option 6), 4 at most.
    #[must_use]
    pub fn with_dns(mut self, server: Ipv4Addr) -> Self {
        let pushed = self.dns.push(server).is_ok();
        self.check(pushed, ConfigError::TooMany { option: OptionCode::DNS_SERVERS.0 })
    }

    /// The MTU of the link in bytes (option 26), told to clients that ask.
    #[must_use]
    pub const fn with_mtu(mut self, mtu: u16) -> Self {
        self.mtu = Some(mtu);
        self
    }

    /// Seconds that a lease lasts, and the most that a client gets if it asks for more (option 51). `u32::MAX` is
    /// for ever; 0 counts as 1. T1 is half of it, T2 seven eighths.
    #[must_use]
    pub const fn with_lease(mut self, seconds: u32, most: u32) -> Self {
        self.lease = if seconds == 0 { 1 } else { seconds };
        self.max_lease = if most < self.lease { self.lease } else { most };
        self
    }

    /// How long an offered address is kept for the client. PXE ROMs take seconds to choose.
    #[must_use]
    pub const fn with_offer_time(mut self, time: Duration) -> Self {
        self.offer_time = time;
        self
    }

    /// How long an address that a client found in use is not given out.
    #[must_use]
    pub const fn with_quarantine(mut self, time: Duration) -> Self {
        self.quarantine = time;
        self
    }

    /// Other ports than 67, 68 and 4011: server, client, PXE.
    #[must_use]
    pub const fn with_ports(mut self, server: u16, client: u16, pxe: u16) -> Self {
        self.server_port = server;
        self.client_port = client;
        self.pxe_port = pxe;
        self
    }

    /// Whether to broadcast what RFC 2131 would send to an address that its owner doesn't have yet. A driver without
    /// access to the ARP table or to raw frames needs it.
    #[must_use]
    pub const fn with_always_broadcast(mut self, always: bool) -> Self {
        self.always_broadcast = always;
        self
    }

    /// Whether this is the only server of the network: a client with a lease that it knows nothing of gets a NAK and
    /// starts over at once, where RFC 2131 section 4.3.2 would have it run into its time-out.
    #[must_use]
    pub const fn with_authoritative(mut self, authoritative: bool) -> Self {
        self.authoritative = authoritative;
        self
    }

    /// Whether BOOTP clients get addresses of the pool. They keep them for ever; the default is fixed rows only.
    #[must_use]
    pub const fn with_dynamic_bootp(mut self, dynamic: bool) -> Self {
        self.dynamic_bootp = dynamic;
        self
    }

    /// Where boot files are (the field `siaddr`, option 66). This server if it is not said.
    #[must_use]
    pub const fn with_next_server(mut self, address: Ipv4Addr) -> Self {
        self.next_server = Some(address);
        self
    }

    /// The boot file for one client architecture (option 93: 0 BIOS, 7 x64 UEFI, 11 arm64 UEFI, ...), or for all
    /// that have no entry of their own with `None`. At most 255 bytes; one of more than 127 doesn't fit the field
    /// `file` and goes into option 67 only.
    #[must_use]
    pub fn with_boot_file(mut self, arch: Option<u16>, file: &[u8]) -> Self {
        let added = self.boot_files.add_file(arch, file);
        self.take(added)
    }

    /// The URL for UEFI HTTP boot clients (vendor class `HTTPClient`) of one architecture (16 x64, 19 arm64), or for
    /// all with `None`.
    #[must_use]
    pub fn with_http_file(mut self, arch: Option<u16>, url: &[u8]) -> Self {
        let added = self.boot_files.add_http(arch, url);
        self.take(added)
    }

    /// The boot file for clients that say they are iPXE (user class, option 77): a script, where the ROM got iPXE.
    #[must_use]
    pub fn with_ipxe_file(mut self, file: &[u8]) -> Self {
        let added = self.boot_files.add_ipxe(file);
        self.take(added)
    }

    /// One more line of the boot menu; see [`Service`].
    #[must_use]
    pub fn with_service(mut self, service: Service) -> Self {
        let added = self.menu.add(service);
        self.take(added)
    }

    /// What to show before the menu, and after how many seconds to take its first line: 0 at once, 255 never
    /// (PXE 2.1 table 2-1, `PXE_MENU_PROMPT`).
    #[must_use]
    pub fn with_prompt(mut self, timeout_seconds: u8, text: &[u8]) -> Self {
        let added = self.menu.set_prompt(timeout_seconds, text);
        self.take(added)
    }

    /// PXELINUX: the configuration file to read instead of searching (option 209), told to every boot client.
    #[must_use]
    pub fn with_config_file(self, name: &[u8]) -> Self {
        self.with_option(OptionCode::PXELINUX_CONFIG_FILE, name)
    }

    /// PXELINUX: what to put before file names (option 210), told to every boot client.
    #[must_use]
    pub fn with_path_prefix(self, prefix: &[u8]) -> Self {
        self.with_option(OptionCode::PXELINUX_PATH_PREFIX, prefix)
    }

    /// Any other option, told to every client. A value of more than 255 bytes is split as RFC 3396 says. All of
    /// them together, with 2 bytes each in front, have room for 1024 bytes.
    #[must_use]
    pub fn with_option(mut self, code: OptionCode, value: &[u8]) -> Self {
        let mut fits = true;
        let (first, rest) = value.split_at_checked(255).unwrap_or((value, &[]));
        for piece in core::iter::once(first).chain(rest.chunks(255)) {
            fits &=
                self.extra.extend_from_slice(&[code.0, num::u8_from_usize_saturating(piece.len())]).is_ok();
            fits &= self.extra.extend_from_slice(piece).is_ok();
        }
        self.check(fits, ConfigError::TooLong { option: code.0 })
    }

    fn take(self, added: Result<(), ConfigError>) -> Self {
        match added {
            Ok(()) => self,
            Err(fault) => self.check(false, fault),
        }
    }

    fn check(mut self, holds: bool, fault: ConfigError) -> Self {
        if !holds {
            self.fault = self.fault.or(Some(fault));
        }
        self
    }

    /// Whether `address` is in the network of the pool, or of the server where there is none.
    pub(super) const fn is_local(&self, address: Ipv4Addr) -> bool {
        let anchor = match self.pool {
            Some((first, _)) => first,
            None => self.address,
        };
        let mask = self.mask.to_bits();
        address.to_bits() & mask == anchor.to_bits() & mask
    }

    /// Whether `address` can be a client's in this network: not the network's own, not everybody's, not ours.
    pub(super) fn is_client(&self, address: Ipv4Addr) -> bool {
        let host_bits = !self.mask.to_bits();
        let host = address.to_bits() & host_bits;
        // RFC 3021: in a network of two addresses both are hosts.
        let is_host = host_bits <= 1 || (host != 0 && host != host_bits);
        is_host && self.is_local(address) && is_unicast(address) && address != self.address
    }

    /// Whether `address` may be given to whoever asks.
    pub(super) fn is_in_pool(&self, address: Ipv4Addr) -> bool {
        self.pool.is_some_and(|(first, last)| first <= address && address <= last)
            && self.is_client(address)
            && !self.routers.contains(&address)
    }

    /// The broadcast address of the network, if it has one (RFC 3021).
    pub(super) fn broadcast(&self) -> Option<Ipv4Addr> {
        let host_bits = !self.mask.to_bits();
        (host_bits > 1).then(|| Ipv4Addr::from_bits(self.anchor_bits() | host_bits))
    }

    const fn anchor_bits(&self) -> u32 {
        match self.pool {
            Some((first, _)) => first.to_bits(),
            None => self.address.to_bits(),
        }
    }

    /// The first fault, if any.
    pub(super) fn validate(&self, rows: usize) -> Result<(), ConfigError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let own = self.address;
        if !is_unicast(own) {
            return Err(ConfigError::NoAddress);
        }
        if self.mask.to_bits().leading_ones().saturating_add(self.mask.to_bits().trailing_zeros()) != 32 {
            return Err(ConfigError::BadMask { mask: self.mask });
        }
        if let Some((first, last)) = self.pool
            && (first > last || !self.is_local(last) || !is_unicast(first) || !is_unicast(last))
        {
            return Err(ConfigError::BadPool { first, last });
        }
        let ports = [self.server_port, self.client_port, self.pxe_port];
        if ports.contains(&0) || self.server_port == self.pxe_port {
            return Err(ConfigError::BadPorts);
        }
        match self.role {
            Role::Dhcp if rows == 0 => Err(ConfigError::EmptyTable),
            Role::ProxyDhcp if self.boot_files.is_empty() && self.menu.is_empty() => {
                Err(ConfigError::NothingToServe)
            }
            Role::Dhcp | Role::ProxyDhcp => self.menu.validate(),
        }
    }
}

/// Whether an address can be one machine's.
pub(super) const fn is_unicast(address: Ipv4Addr) -> bool {
    !(address.is_unspecified() || address.is_broadcast() || address.is_multicast())
}
