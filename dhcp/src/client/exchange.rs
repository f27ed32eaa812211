//! One request and its retransmissions.

use core::time::Duration;

use bootproto_core::{Backoff, Instant, Rng, num};

/// A request that is repeated until it is answered. One transaction id from the first to the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exchange {
    pub(super) xid: u32,
    backoff: Backoff,
    /// How often it was sent.
    pub(super) tries: u8,
    /// To be sent now.
    pub(super) pending: bool,
    /// When to send it again; `None` before the first time and after the answer.
    pub(super) retry_at: Option<Instant>,
    /// When the process began that the field `secs` counts from.
    began: Instant,
    /// When it was last sent.
    pub(super) sent_at: Instant,
    /// `secs` as last sent.
    pub(super) secs: u16,
}

//= https://www.rfc-editor.org/rfc/rfc2131#section-4.1
//# The client MUST adopt a retransmission strategy that incorporates
//# a randomized exponential backoff algorithm to determine the delay
//# between retransmissions.
/// 4, 8, 16, 32 seconds, each plus or minus one (RFC 2131 section 4.1).
const fn dhcp_intervals() -> Backoff {
    Backoff::new(Duration::from_secs(4), Duration::from_secs(32), Duration::from_secs(1))
}

/// 1, 2, 4 seconds: PXE 2.1 section 2.2 gives up on a boot server sooner.
const fn pxe_intervals() -> Backoff {
    Backoff::new(Duration::from_secs(1), Duration::from_secs(4), Duration::from_millis(200))
}

impl Exchange {
    /// No request under way.
    pub(super) const fn idle(now: Instant) -> Self {
        Self {
            xid: 0,
            backoff: dhcp_intervals(),
            tries: 0,
            pending: false,
            retry_at: None,
            began: now,
            sent_at: now,
            secs: 0,
        }
    }

    /// A new request to a DHCP server, to be sent at once.
    pub(super) fn dhcp(now: Instant, rng: &mut Rng) -> Self {
        Self { xid: transaction_id(rng), pending: true, ..Self::idle(now) }
    }

    /// A new request to a proxy or boot server, to be sent at once.
    pub(super) fn pxe(now: Instant, rng: &mut Rng) -> Self {
        Self { backoff: pxe_intervals(), ..Self::dhcp(now, rng) }
    }

    /// The next message of the same exchange (REQUEST after DISCOVER), to be sent at once.
    pub(super) const fn proceed(&mut self) {
        self.backoff = dhcp_intervals();
        self.tries = 0;
        self.retry_at = None;
        self.pending = true;
    }

    /// The same request from the beginning: what came before does not count.
    pub(super) const fn restart(&mut self, pxe: bool) {
        if self.is_active() {
            self.proceed();
            self.backoff = if pxe { pxe_intervals() } else { dhcp_intervals() };
        }
    }

    /// Ends the exchange: it was answered, or is of no use any more.
    pub(super) const fn stop(&mut self) {
        self.pending = false;
        self.retry_at = None;
    }

    /// Whether the request waits to be sent or answered.
    pub(super) const fn is_active(&self) -> bool {
        self.pending || self.retry_at.is_some()
    }

    /// `secs` for a message sent now.
    pub(super) fn elapsed(&self, now: Instant) -> u16 {
        num::u16_from_u64_saturating(now.saturating_since(self.began).as_secs())
    }

    /// The request was sent with this `secs`; it goes out again after the next interval.
    pub(super) fn sent(&mut self, now: Instant, secs: u16, rng: &mut Rng) {
        let interval = self.backoff.next_interval(rng);
        self.sent_for(now, secs, interval);
    }

    /// The request was sent with this `secs`; it goes out again after `interval`.
    pub(super) const fn sent_for(&mut self, now: Instant, secs: u16, interval: Duration) {
        self.pending = false;
        self.tries = self.tries.saturating_add(1);
        self.secs = secs;
        self.sent_at = now;
        self.retry_at = Some(now.saturating_add(interval));
    }
}

//= https://www.rfc-editor.org/rfc/rfc2131#section-4.1
//# A DHCP client MUST choose 'xid's in such a way as to minimize the
//# chance of using an 'xid' identical to one used by another client.
/// A transaction id. Never 0: iPXE's boot server requests carry that, and their answers are broadcast.
fn transaction_id(rng: &mut Rng) -> u32 {
    rng.next_u32().max(1)
}
