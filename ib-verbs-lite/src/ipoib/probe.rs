//! The ARP probe: does somebody else use the address that we were offered (RFC 5227)?

use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto_core::Instant;

use super::{Arp, LinkAddress};

/// RFC 5227 section 1.1, `PROBE_NUM`.
const PROBES: u8 = 3;

/// As on Ethernet, see `bootproto::net`: RFC 5227's seconds are for links that may still come up.
const INTERVAL: Duration = Duration::from_millis(200);

/// A probe for one address under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Probe {
    pub(super) address: Ipv4Addr,
    /// A question is to be sent now.
    pub(super) due: bool,
    sent: u8,
    next: Instant,
    verdict: Option<bool>,
}

impl Probe {
    pub(super) const fn new(address: Ipv4Addr, now: Instant) -> Self {
        Self { address, due: true, sent: 0, next: now, verdict: None }
    }

    /// When the next question or the verdict is due; `None` once there is a verdict.
    pub(super) fn deadline(&self) -> Option<Instant> {
        (self.verdict.is_none() && !self.due).then_some(self.next)
    }

    pub(super) const fn sent(&mut self, now: Instant) {
        self.due = false;
        self.sent = self.sent.saturating_add(1);
        self.next = now.saturating_add(INTERVAL);
    }

    /// Time has passed.
    pub(super) fn age(&mut self, now: Instant) {
        if self.deadline().is_some_and(|at| at <= now) {
            if self.sent < PROBES {
                self.due = true;
            } else {
                self.verdict = Some(false);
            }
        }
    }

    /// Whether the address is in use: `None` while nobody can know.
    pub(super) const fn verdict(&self) -> Option<bool> {
        self.verdict
    }

    /// Looks at a packet: another station that has the address, or wants it as well, is a conflict.
    pub(super) fn observe(&mut self, arp: &Arp, own: LinkAddress) -> bool {
        let rival =
            arp.operation == Arp::REQUEST && arp.sender_ip.is_unspecified() && arp.target_ip == self.address;
        let conflict =
            self.verdict.is_none() && arp.sender != own && (arp.sender_ip == self.address || rival);
        if conflict {
            (self.verdict, self.due) = (Some(true), false);
        }
        conflict
    }
}
