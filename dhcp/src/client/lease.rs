//! The address and what goes with it.

use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto_core::Instant;
use heapless::Vec;

use crate::Text;
use crate::wire::Route;

/// An address and what the server said with it. Options that hold lists are kept up to a bound: the first four
/// routers and servers, the first eight routes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lease {
    /// Our address (`yiaddr`; for INFORM the caller's own).
    pub address: Ipv4Addr,
    /// Subnet mask (option 1). No classful guess where there is none; /31 and /32 are fine.
    pub mask: Option<Ipv4Addr>,
    /// Broadcast address (option 28).
    pub broadcast: Option<Ipv4Addr>,
    /// MTU (option 26).
    pub mtu: Option<u16>,
    /// The DHCP server (option 54); `None` from a BOOTP server.
    pub server_id: Option<Ipv4Addr>,
    /// How long the address is ours, counted from `received`; `None` is for ever.
    pub duration: Option<Duration>,
    /// When to renew (T1), counted from `received`.
    pub renew_after: Option<Duration>,
    /// When to ask any server (T2), counted from `received`.
    pub rebind_after: Option<Duration>,
    /// When the request was sent that this lease answers.
    pub received: Instant,
    /// Domain name (option 15).
    pub domain: Text<64>,
    /// Our name (option 12).
    pub host_name: Text<64>,
    pub(super) routers: Vec<Ipv4Addr, 4>,
    pub(super) dns: Vec<Ipv4Addr, 4>,
    pub(super) ntp: Vec<Ipv4Addr, 4>,
    pub(super) routes: Vec<Route, 8>,
}

impl Lease {
    /// Routers in order of preference (option 3).
    #[must_use]
    pub fn routers(&self) -> &[Ipv4Addr] {
        &self.routers
    }

    /// DNS servers (option 6).
    #[must_use]
    pub fn dns(&self) -> &[Ipv4Addr] {
        &self.dns
    }

    /// NTP servers (option 42).
    #[must_use]
    pub fn ntp(&self) -> &[Ipv4Addr] {
        &self.ntp
    }

    /// Classless routes (option 121). RFC 3442 wants them to replace `routers`; TunnelVision (CVE-2024-3661) makes
    /// that a decision for the caller.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }
}

/// Whether an address can be a host's.
pub(super) const fn is_possible(address: Ipv4Addr) -> bool {
    !(address.is_unspecified() || address.is_broadcast() || address.is_multicast() || address.is_loopback())
}
