//! What happens when time has passed.

use core::time::Duration;

use bootproto_core::Instant;

use super::answers::MAX_SETBACKS;
use super::exchange::Exchange;
use super::machine::{Phase, State};
use super::{Client, Event, Failure, Lease};

/// How often an address of old is asked for before DISCOVER.
const REBOOT_ATTEMPTS: u8 = 2;
/// How often one boot server is asked before the next.
const PXE_ATTEMPTS: u8 = 2;
/// How often the proxy is asked.
const PROXY_ATTEMPTS: u8 = 3;
/// The least time between two renewals (RFC 2131 section 4.4.5).
const RENEWAL_PAUSE: Duration = Duration::from_secs(60);

impl Client {
    /// When something happens to the address.
    pub(super) fn address_deadline(&self) -> Option<Instant> {
        let retry = self.exchange.retry_at.filter(|_| !self.blocked);
        let lease = self.lease.as_ref();
        let expiry = lease.and_then(|lease| lease.expires_at());
        let rebind = lease.and_then(|lease| lease.rebind_at());
        match self.state {
            State::Selecting { until } => Instant::earliest(retry, until.filter(|_| !self.blocked)),
            State::Requesting | State::Rebooting | State::Informing => retry,
            State::Probing { until } | State::Resting { until } => Some(until),
            State::Bound if self.config.renew => {
                Instant::earliest(lease.and_then(|lease| lease.renew_at()), expiry)
            }
            State::Bound => expiry,
            State::Renewing => Instant::earliest(retry, Instant::earliest(rebind, expiry)),
            State::Rebinding => Instant::earliest(retry, expiry),
            State::Releasing | State::Finished => None,
        }
    }

    /// When something happens to the search for something to boot.
    pub(super) fn boot_deadline(&self) -> Option<Instant> {
        if matches!(self.state, State::Finished | State::Releasing) {
            return None;
        }
        match self.phase {
            Phase::Deciding { at } | Phase::Chosen { at, .. } => Some(at),
            Phase::Choosing { until } => until,
            Phase::AskingProxy { .. } | Phase::Discovering { .. } => {
                self.boot_exchange.retry_at.filter(|_| !self.blocked)
            }
            Phase::Waiting | Phase::Ready | Phase::Over => None,
        }
    }

    /// Whatever is due for the address.
    pub(super) fn handle_address_timers(&mut self, now: Instant) -> Option<Event<'static>> {
        if self.address_deadline().is_none_or(|at| at > now) {
            return None;
        }
        match self.state {
            State::Selecting { until } if until.is_some_and(|at| at <= now) => self.select(now),
            State::Selecting { .. } => self.retry(self.config.discovers(), |client| match client.offer {
                Some(_) => client.select(now),
                None => Some(client.next_dialect(now).unwrap_or_else(|| client.give_up_discovery())),
            }),
            State::Requesting => self.retry(self.config.attempts, |client| {
                let (server, tries) = (client.offer?.server, client.exchange.tries);
                Some(client.fail(Failure::NoAcknowledgement { server, tries }))
            }),
            State::Rebooting => self.retry(REBOOT_ATTEMPTS, |client| {
                client.start_over(now);
                None
            }),
            State::Informing => self.retry(self.config.attempts, |client| {
                let tries = client.exchange.tries;
                Some(client.fail(Failure::InformUnanswered { tries }))
            }),
            State::Probing { .. } => self.settle_late(now),
            State::Resting { .. } => match self.declined.filter(|_| self.setbacks > MAX_SETBACKS) {
                Some(address) => Some(self.fail(Failure::AddressInUse { address })),
                None => {
                    self.start_over(now);
                    None
                }
            },
            State::Bound | State::Renewing | State::Rebinding => self.handle_lease_timers(now),
            State::Releasing | State::Finished => None,
        }
    }

    /// Sends again, or ends if that was done often enough.
    fn retry(
        &mut self,
        attempts: u8,
        end: impl FnOnce(&mut Self) -> Option<Event<'static>>,
    ) -> Option<Event<'static>> {
        if self.exchange.tries >= attempts {
            return end(self);
        }
        self.exchange.pending = true;
        self.exchange.retry_at = None;
        None
    }

    /// The probe is over, perhaps long ago: T1 or even the lease's end may have passed meanwhile.
    fn settle_late(&mut self, now: Instant) -> Option<Event<'static>> {
        let event = self.settle(now);
        let due = self.address_deadline().is_some_and(|at| at <= now);
        let expired = if due { self.handle_lease_timers(now) } else { None };
        expired.is_none().then_some(event)
    }

    /// Presents the machine in another way and asks from the beginning. A late answer to the way before is lost with its
    /// transaction id, as it must be: that lease would be another client's.
    fn next_dialect(&mut self, now: Instant) -> Option<Event<'static>> {
        let dialect = self.config.next_dialect()?;
        self.asked_before = self.asked_before.saturating_add(self.exchange.tries);
        self.start_over(now);
        Some(Event::Dialect(dialect))
    }

    fn give_up_discovery(&mut self) -> Event<'static> {
        let tries = self.asked_before.saturating_add(self.exchange.tries);
        let proxy = self.proxy.is_some();
        self.fail(if proxy { Failure::ProxyOnly { tries } } else { Failure::NoOffers { tries } })
    }

    /// T1, T2 and the end.
    fn handle_lease_timers(&mut self, now: Instant) -> Option<Event<'static>> {
        let lease = self.lease.as_ref()?;
        let is_over = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        let (expired, rebind) = (is_over(lease.expires_at()), is_over(lease.rebind_at()));
        if expired {
            //= https://www.rfc-editor.org/rfc/rfc2131#section-4.4.5
            //# If the lease expires before the client receives a DHCPACK, the client
            //# moves to INIT state, MUST immediately stop any other network
            //# processing and requests network initialization parameters as if the
            //# client were uninitialized.
            self.start_over(now);
            return Some(Event::Expired);
        }
        if rebind && !matches!(self.state, State::Rebinding) {
            self.prolong(now, State::Rebinding);
        } else if matches!(self.state, State::Bound) {
            self.prolong(now, State::Renewing);
        } else {
            self.exchange.pending = true;
            self.exchange.retry_at = None;
        }
        None
    }

    fn prolong(&mut self, now: Instant, state: State) {
        self.exchange = Exchange::dhcp(now, &mut self.rng);
        self.transition(state);
    }

    /// The message of the address's exchange was sent: what comes next.
    pub(super) fn sent(&mut self, now: Instant, secs: u16) {
        let lease = self.lease.as_ref();
        let end = if matches!(self.state, State::Renewing) {
            lease.and_then(Lease::rebind_at)
        } else {
            lease.and_then(Lease::expires_at)
        };
        match (self.state, end) {
            (State::Resting { .. }, _) => self.exchange.stop(),
            (State::Releasing, _) => {
                self.exchange.stop();
                self.lease = None;
                self.transition(State::Finished);
            }
            (State::Renewing | State::Rebinding, Some(end)) => {
                //= https://www.rfc-editor.org/rfc/rfc2131#section-4.4.5
                //# In both RENEWING and REBINDING states, if the client receives no
                //# response to its DHCPREQUEST message, the client SHOULD wait one-half
                //# of the remaining time until T2 (in RENEWING state) and one-half of
                //# the remaining lease time (in REBINDING state), down to a minimum of
                //# 60 seconds, before retransmitting the DHCPREQUEST message.
                let half = end.saturating_since(now).checked_div(2).unwrap_or_default();
                self.exchange.sent_for(now, secs, half.max(RENEWAL_PAUSE));
            }
            (State::Selecting { .. }, _) => {
                self.offers_seen = 0;
                self.exchange.sent(now, secs, &mut self.rng);
            }
            _ => self.exchange.sent(now, secs, &mut self.rng),
        }
    }

    /// Whatever is due for the boot.
    pub(super) fn handle_boot_timers(&mut self, now: Instant) -> Option<Event<'static>> {
        if self.boot_deadline().is_none_or(|at| at > now) {
            return None;
        }
        match self.phase {
            Phase::Deciding { .. } => self.decide(now),
            Phase::Chosen { kind, .. } => self.discover(now, kind),
            Phase::Choosing { .. } => self.choose_first(now),
            Phase::AskingProxy { server } if self.boot_exchange.tries >= PROXY_ATTEMPTS => {
                Some(self.give_up_proxy(server))
            }
            Phase::Discovering { kind, way } if self.boot_exchange.tries >= PXE_ATTEMPTS => {
                self.discover_next(now, kind, Some(way))
            }
            Phase::AskingProxy { .. } | Phase::Discovering { .. } => {
                self.boot_exchange.pending = true;
                self.boot_exchange.retry_at = None;
                None
            }
            Phase::Waiting | Phase::Ready | Phase::Over => None,
        }
    }
}
