//! The address and what goes with it.

use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto_core::Instant;
use heapless::Vec;

use super::facts::keep;
use crate::Text;
use crate::wire::{OptionCode, Packet, Route, Value};

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
    /// Domain name (option 15); empty if it is longer.
    pub domain: Text<64>,
    /// Our name (option 12); empty if it is longer.
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

/// How long a lease is where the server does not say: an hour, as busybox's udhcpc has it.
const UNSAID: Duration = Duration::from_secs(3_600);

impl Lease {
    /// A lease of `address` of which nothing else is known.
    pub(super) const fn new(address: Ipv4Addr, received: Instant) -> Self {
        Self {
            address,
            mask: None,
            broadcast: None,
            mtu: None,
            server_id: None,
            duration: None,
            renew_after: None,
            rebind_after: None,
            received,
            domain: Text::EMPTY,
            host_name: Text::EMPTY,
            routers: Vec::new(),
            dns: Vec::new(),
            ntp: Vec::new(),
            routes: Vec::new(),
        }
    }

    /// Takes what `packet` says about the network; what it leaves out keeps its old value.
    pub(super) fn update(&mut self, packet: &Packet<'_>) {
        let address = |code| packet.option(code).and_then(Value::address);
        self.mask = address(OptionCode::SUBNET_MASK).or(self.mask);
        self.broadcast = address(OptionCode::BROADCAST_ADDRESS).or(self.broadcast);
        self.server_id = address(OptionCode::SERVER_ID).or(self.server_id);
        // RFC 2132 section 5.1: 68 is the least.
        let mtu = packet.option(OptionCode::INTERFACE_MTU).and_then(Value::u16).filter(|mtu| *mtu >= 68);
        self.mtu = mtu.or(self.mtu);
        keep(&mut self.domain, packet, OptionCode::DOMAIN_NAME);
        keep(&mut self.host_name, packet, OptionCode::HOST_NAME);
        let lists = [
            (OptionCode::ROUTERS, &mut self.routers),
            (OptionCode::DNS_SERVERS, &mut self.dns),
            (OptionCode::NTP_SERVERS, &mut self.ntp),
        ];
        for (code, list) in lists {
            if let Some(addresses) = packet.option(code).and_then(Value::addresses) {
                fill(list, addresses);
            }
        }
        if let Some(routes) = packet.option(OptionCode::CLASSLESS_ROUTES).and_then(Value::routes) {
            fill(&mut self.routes, routes);
        }
    }

    /// Sets the times as `packet` says, counted from `sent`. T1 and T2 that make no sense are replaced by a half and
    /// seven eighths of the lease.
    pub(super) fn set_times(&mut self, packet: &Packet<'_>, sent: Instant) {
        let seconds = |code| packet.option(code).and_then(Value::u32);
        self.received = sent;
        (self.duration, self.renew_after, self.rebind_after) = (None, None, None);
        let duration = match seconds(OptionCode::LEASE_TIME) {
            Some(u32::MAX) => return,
            Some(seconds) => Duration::from_secs(seconds.into()),
            None => UNSAID,
        };
        let within = |code, end: Duration| {
            let span = Duration::from_secs(seconds(code)?.into());
            (!span.is_zero() && span < end).then_some(span)
        };
        //= https://www.rfc-editor.org/rfc/rfc2131#section-4.4.5
        //# T1
        //# defaults to (0.5 * duration_of_lease).  T2 defaults to (0.875 *
        //# duration_of_lease).
        let seven_eighths = duration.saturating_mul(7).checked_div(8).unwrap_or_default();
        let half = duration.checked_div(2).unwrap_or_default();
        let rebind = within(OptionCode::REBINDING_TIME, duration).unwrap_or(seven_eighths);
        let renew = within(OptionCode::RENEWAL_TIME, rebind).unwrap_or_else(|| half.min(rebind));
        (self.duration, self.renew_after, self.rebind_after) = (Some(duration), Some(renew), Some(rebind));
    }

    /// When the lease is over.
    pub(super) fn expires_at(&self) -> Option<Instant> {
        self.duration.map(|span| self.received.saturating_add(span))
    }

    /// T1.
    pub(super) fn renew_at(&self) -> Option<Instant> {
        self.renew_after.map(|span| self.received.saturating_add(span))
    }

    /// T2.
    pub(super) fn rebind_at(&self) -> Option<Instant> {
        self.rebind_after.map(|span| self.received.saturating_add(span))
    }
}

/// Puts the first of `items` in place of what is in `list`. `collect` would panic over one too many.
fn fill<T, const N: usize>(list: &mut Vec<T, N>, items: impl Iterator<Item = T>) {
    list.clear();
    for item in items {
        if list.push(item).is_err() {
            break;
        }
    }
}

/// Whether the server gives no time at all.
pub(super) fn is_zero(packet: &Packet<'_>) -> bool {
    packet.option(OptionCode::LEASE_TIME).and_then(Value::u32) == Some(0)
}

/// Whether an address can be a host's.
pub(super) const fn is_possible(address: Ipv4Addr) -> bool {
    !(address.is_unspecified() || address.is_broadcast() || address.is_multicast() || address.is_loopback())
}
