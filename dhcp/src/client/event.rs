//! What a call tells its caller.

use core::net::Ipv4Addr;

use super::{Failure, Ignored};
use crate::IpoibDialect;

/// What a call tells its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'d> {
    /// Nothing to act on.
    Nothing,
    /// The datagram changed nothing, and why.
    Ignored(Ignored),
    /// Somebody offers something. For the log.
    Offered(Offer),
    /// Nobody answered the dialect before; this one asks now. For the log.
    Dialect(IpoibDialect),
    /// See by ARP whether somebody uses this address, then call [`Client::probe_result`](super::Client::probe_result).
    /// Without a result, the address counts as free after ten seconds.
    ProbeAddress(Ipv4Addr),
    /// [`Client::lease`](super::Client::lease) is there: configure the stack now. What to boot may still follow.
    Bound,
    /// A person may choose: show [`Client::menu`](super::Client::menu), call
    /// [`Client::choose`](super::Client::choose).
    Menu,
    /// [`Client::boot`](super::Client::boot) is there and final.
    BootReady,
    /// The menu's line for the local disk was chosen: nothing comes over the network.
    LocalBoot,
    /// The server prolonged the lease; [`Client::lease`](super::Client::lease) may have changed.
    Renewed,
    /// The server refuses the address. If there was a lease it is gone: drop the address. The client starts over.
    Refused {
        /// Who refuses.
        server: Ipv4Addr,
        /// The server's reason, where it fits in one piece. The bytes are the server's: print with care.
        message: &'d [u8],
    },
    /// The lease is over: drop the address. The client starts over.
    Expired,
    /// The machine is dead.
    Failed(Failure),
}

/// Who offers what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// Who: option 54, or where the datagram came from.
    pub server: Ipv4Addr,
    /// The address offered; 0.0.0.0 from a proxy.
    pub address: Ipv4Addr,
    /// What kind of offer.
    pub kind: OfferKind,
    /// Whether it names a boot file or carries a menu.
    pub has_boot: bool,
}

/// What kind of offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OfferKind {
    /// An address from a DHCP server.
    Dhcp,
    /// Boot information only, from a ProxyDHCP server.
    Proxy,
    /// An address from a BOOTP server: no lease, for ever.
    Bootp,
}
