//! What the caller asks and says between the four calls: lease, boot, menu, probe, link, release.

use bootproto_core::Instant;

use super::exchange::Exchange;
use super::machine::{Phase, State, soon};
use super::{Boot, Client, Config, Lease};
use crate::wire::{MenuItems, Prompt, PxeOptions, Value};

/// A boot menu (PXE 2.1 section 2.4, sub-options 9 and 10).
#[derive(Debug, Clone, Copy)]
pub struct Menu<'c> {
    /// The lines, in the order of the server.
    pub items: MenuItems<'c>,
    /// What to show before the menu; the first line is chosen when its time is over.
    pub prompt: Option<Prompt<'c>>,
}

impl Client {
    /// The lease, from [`Event::Bound`](super::Event::Bound) until the address is lost. A failure to find something to boot leaves it.
    #[must_use]
    pub fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref().filter(|_| match self.state {
            State::Bound | State::Renewing | State::Rebinding | State::Finished => true,
            State::Selecting { .. }
            | State::Requesting
            | State::Rebooting
            | State::Informing
            | State::Probing { .. }
            | State::Resting { .. }
            | State::Releasing => false,
        })
    }

    /// What to boot, from [`Event::BootReady`](super::Event::BootReady) on.
    #[must_use]
    pub fn boot(&self) -> Option<&Boot> {
        matches!(self.phase, Phase::Ready).then_some(&self.boot)
    }

    /// The menu, from [`Event::Menu`](super::Event::Menu) until a line is chosen.
    #[must_use]
    pub fn menu(&self) -> Option<Menu<'_>> {
        let pxe = self.pxe_options();
        matches!(self.phase, Phase::Choosing { .. }).then(|| Menu { items: pxe.menu(), prompt: pxe.prompt() })
    }

    /// When the first line of the menu is chosen; `None` if there is no menu, or all the time in the world.
    #[must_use]
    pub const fn menu_deadline(&self) -> Option<Instant> {
        if let Phase::Choosing { until } = self.phase { until } else { None }
    }

    /// The PXE sub-options that decide.
    pub(super) fn pxe_options(&self) -> PxeOptions<'_> {
        Value::new(&self.pxe).pxe()
    }

    /// Chooses a line of the menu by its boot server type. `false` if there is no menu, or no such line; nothing has
    /// changed then.
    pub fn choose(&mut self, now: Instant, kind: u16) -> bool {
        let now = self.clock.advance(now);
        let known = self.menu().is_some_and(|mut menu| menu.items.any(|item| item.kind == kind));
        if known {
            self.phase = Phase::Chosen { kind, at: soon(now) };
        }
        known
    }

    /// Stops the menu's countdown: a person is there, all the time in the world.
    pub fn hold_menu(&mut self, now: Instant) {
        self.clock.advance(now);
        if let Phase::Choosing { until } = &mut self.phase {
            *until = None;
        }
    }

    /// Says what the ARP probe found that [`Event::ProbeAddress`](super::Event::ProbeAddress) asked for. [`Event::Bound`](super::Event::Bound) follows, or DECLINE
    /// goes out and the client starts over ten seconds later.
    pub fn probe_result(&mut self, now: Instant, in_use: bool) {
        let now = self.clock.advance(now);
        if let State::Probing { until } = &mut self.state {
            if in_use {
                self.decline(now);
            } else {
                *until = soon(now);
            }
        }
    }

    /// Says whether the switch port passes no traffic yet (spanning tree, LACP). While it does not, nothing is sent
    /// and no attempt counts; afterwards the present request goes out at once.
    pub fn link_blocked(&mut self, now: Instant, blocked: bool) {
        let now = self.clock.advance(now);
        if self.blocked && !blocked {
            self.exchange.restart(false);
            self.boot_exchange.restart(true);
            if let State::Selecting { until: Some(until) } = &mut self.state {
                *until = now.saturating_add(self.config.proxy_wait);
            }
        }
        self.blocked = blocked;
    }

    /// Gives the address back: one RELEASE goes out if there is a lease to give back, then the machine is finished.
    pub fn release(&mut self, now: Instant) {
        let now = self.clock.advance(now);
        let lease = self.lease().is_some_and(|lease| lease.server_id.is_some() && lease.duration.is_some());
        self.boot_exchange.stop();
        if lease {
            self.exchange = Exchange::dhcp(now, &mut self.rng);
            self.transition(State::Releasing);
        } else {
            self.exchange.stop();
            self.lease = None;
            self.transition(State::Finished);
        }
    }

    /// Whether nothing will happen any more: failed or released.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        matches!(self.state, State::Finished)
    }

    /// What the client says it is: for a client with several dialects, in the present one.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The transaction id of the present exchange, for a log.
    #[must_use]
    pub const fn xid(&self) -> u32 {
        self.exchange.xid
    }
}
