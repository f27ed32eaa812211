//! The client's state and its four calls.

use bootproto_core::{BufferTooSmall, HighWater, Instant, Machine, Rng, Transmit, UdpPath};

use super::{Boot, Config, ConfigError, Event, Failure, Ignored, Lease};
use crate::wire::{MenuItems, Prompt};

/// A DHCP client. A plain value: `Clone` makes a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    config: Config,
    rng: Rng,
    clock: HighWater,
    lease: Option<Lease>,
    boot: Option<Boot>,
    failure: Option<Failure>,
}

/// A boot menu (PXE 2.1 section 2.4, sub-options 9 and 10).
#[derive(Debug, Clone, Copy)]
pub struct Menu<'c> {
    /// The lines, in the order of the server.
    pub items: MenuItems<'c>,
    /// What to show before the menu; the first line is chosen when its time is over.
    pub prompt: Option<Prompt<'c>>,
}

impl Client {
    /// A client that begins at once.
    ///
    /// # Errors
    /// [`ConfigError`] says what in `config` can't be.
    pub fn new(config: Config, now: Instant) -> Result<Self, ConfigError> {
        config.check()?;
        let mut clock = HighWater::new();
        clock.advance(now);
        Ok(Self { rng: Rng::new(config.seed), config, clock, lease: None, boot: None, failure: None })
    }

    /// The lease, from [`Event::Bound`] on.
    #[must_use]
    pub const fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref()
    }

    /// What to boot, from [`Event::BootReady`] on.
    #[must_use]
    pub const fn boot(&self) -> Option<&Boot> {
        self.boot.as_ref()
    }

    /// The menu, from [`Event::Menu`] until a line is chosen.
    #[must_use]
    pub const fn menu(&self) -> Option<Menu<'_>> {
        None
    }

    /// Chooses a line of the menu by its boot server type. `false` if there is no menu, or no such line.
    pub fn choose(&mut self, now: Instant, kind: u16) -> bool {
        self.clock.advance(now);
        let _ = kind;
        false
    }

    /// Says what the ARP probe found that [`Event::ProbeAddress`] asked for. [`Event::Bound`] follows.
    pub fn probe_result(&mut self, now: Instant, in_use: bool) {
        self.clock.advance(now);
        let _ = in_use;
    }

    /// Says whether the switch port passes no traffic yet (spanning tree, LACP): such time does not count.
    pub fn link_blocked(&mut self, now: Instant, blocked: bool) {
        self.clock.advance(now);
        let _ = blocked;
    }

    /// Gives the address back: one RELEASE goes out, then the machine is finished.
    pub fn release(&mut self, now: Instant) {
        self.clock.advance(now);
    }

    /// Whether nothing will happen any more: failed or released.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.failure.is_some()
    }
}

impl Machine for Client {
    type Path = UdpPath;
    type Event<'d> = Event<'d>;
    const MAX_TRANSMIT: usize = 1024;

    fn handle_datagram<'d>(&mut self, now: Instant, _path: UdpPath, _data: &'d [u8]) -> Event<'d> {
        self.clock.advance(now);
        Event::Ignored(Ignored::Finished)
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event<'static>> {
        self.clock.advance(now);
        None
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        _buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, UdpPath>>, BufferTooSmall> {
        self.clock.advance(now);
        Ok(None)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}
