//! The client's state, its methods and the four calls of the contract.

use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto_core::{BufferTooSmall, HighWater, Instant, Machine, Rng, Transmit, UdpPath};

use super::exchange::Exchange;
use super::facts::{Facts, PXE_BYTES};
use super::{Boot, Config, ConfigError, Event, Failure, Ignored, Lease};
use crate::Text;
use crate::wire::Packet;

/// A DHCP client. A plain value: `Clone` makes a snapshot.
///
/// It holds two exchanges, since a lease must be renewed even while a person looks at a menu: one for the address,
/// one with proxy and boot servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub(super) config: Config,
    pub(super) rng: Rng,
    pub(super) clock: HighWater,
    /// Where the address stands.
    pub(super) state: State,
    pub(super) exchange: Exchange,
    /// The best offer so far, then the chosen one.
    pub(super) offer: Option<Offered>,
    /// Offers looked at since the last DISCOVER.
    pub(super) offers_seen: u8,
    /// The offered address first, then the lease.
    pub(super) lease: Option<Lease>,
    /// How often earlier dialects asked.
    pub(super) asked_before: u8,
    /// The address that turned out to be somebody else's.
    pub(super) declined: Option<Ipv4Addr>,
    /// How many addresses were declined or refused since the last success.
    pub(super) setbacks: u8,
    /// Where the search for something to boot stands.
    pub(super) phase: Phase,
    pub(super) boot_exchange: Exchange,
    pub(super) dhcp: Option<Facts>,
    pub(super) proxy: Option<Facts>,
    /// Option 43 of the answer that decides: the proxy's, or the DHCP server's.
    pub(super) pxe: Text<PXE_BYTES>,
    pub(super) pxe_from_proxy: bool,
    pub(super) boot: Boot,
    /// Whether the switch port passes no traffic yet.
    pub(super) blocked: bool,
}

// Seven names of up to 255 bytes and a menu live in the value, since nothing else could hold them without allocation.
const _: () = assert!(size_of::<Client>() <= 3_456);

/// Where the address stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// DISCOVER is out; from the first address offer on, others are awaited until then.
    Selecting { until: Option<Instant> },
    /// REQUEST for the chosen offer is out.
    Requesting,
    /// REQUEST for an address of old is out.
    Rebooting,
    /// INFORM is out.
    Informing,
    /// The caller probes the address.
    Probing { until: Instant },
    /// A pause before the next DISCOVER, after DECLINE or a refusal.
    Resting { until: Instant },
    /// The address is ours.
    Bound,
    /// Ours, and the server is asked to prolong it.
    Renewing,
    /// Ours, and any server is asked to prolong it.
    Rebinding,
    /// RELEASE is to be sent.
    Releasing,
    /// Nothing will happen any more.
    Finished,
}

/// Where the search for something to boot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// There is no address yet.
    Waiting,
    /// The address has just come; what to do is decided in the next call, since this one tells of the address.
    Deciding { at: Instant },
    /// The proxy is asked on port 4011.
    AskingProxy { server: Ipv4Addr },
    /// A person may choose; the first line is chosen then.
    Choosing { until: Option<Instant> },
    /// A line is chosen.
    Chosen { kind: u16, at: Instant },
    /// Boot servers of this type are looked for.
    Discovering { kind: u16, way: Way },
    /// It is known what to boot.
    Ready,
    /// There is nothing to boot.
    Over,
}

/// How boot servers are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Multicast(Ipv4Addr),
    Broadcast,
    Unicast { index: u8, server: Ipv4Addr },
}

/// What must be known of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offered {
    pub(super) server: Ipv4Addr,
    pub(super) source: Ipv4Addr,
    pub(super) address: Ipv4Addr,
    pub(super) is_bootp: bool,
    pub(super) is_pxe: bool,
    pub(super) has_boot: bool,
}

impl Client {
    /// A client that begins at once.
    ///
    /// # Errors
    /// [`ConfigError`] says what in `config` can't be.
    pub fn new(config: Config, now: Instant) -> Result<Self, ConfigError> {
        config.check()?;
        let mut client = Self::idle(config, now);
        client.begin(now);
        Ok(client)
    }

    /// A client in no exchange.
    pub(super) fn idle(config: Config, now: Instant) -> Self {
        let mut clock = HighWater::new();
        clock.advance(now);
        Self {
            rng: Rng::new(config.seed),
            config,
            clock,
            state: State::Finished,
            exchange: Exchange::idle(now),
            offer: None,
            offers_seen: 0,
            lease: None,
            asked_before: 0,
            declined: None,
            setbacks: 0,
            phase: Phase::Waiting,
            boot_exchange: Exchange::idle(now),
            dhcp: None,
            proxy: None,
            pxe: Text::EMPTY,
            pxe_from_proxy: false,
            boot: Boot::EMPTY,
            blocked: false,
        }
    }

    /// The first message of all.
    fn begin(&mut self, now: Instant) {
        self.exchange = Exchange::dhcp(now, &mut self.rng);
        let state = if self.config.inform.is_some() {
            State::Informing
        } else if self.config.requested.is_some() {
            State::Rebooting
        } else {
            State::Selecting { until: None }
        };
        self.transition(state);
    }

    /// Forgets the address and all offers, and asks from the beginning.
    pub(super) fn start_over(&mut self, now: Instant) {
        self.exchange = Exchange::dhcp(now, &mut self.rng);
        self.offer = None;
        self.offers_seen = 0;
        self.lease = None;
        self.declined = None;
        self.forget_boot();
        self.transition(State::Selecting { until: None });
    }

    /// Whether the search for something to boot has ended: what it found stays as it is, whoever says what later.
    pub(super) const fn has_searched(&self) -> bool {
        matches!(self.phase, Phase::Ready | Phase::Over)
    }

    /// Forgets what servers said about the boot, unless the search has ended.
    pub(super) const fn forget_boot(&mut self) {
        if !self.has_searched() {
            self.boot_exchange.stop();
            (self.dhcp, self.proxy) = (None, None);
            (self.pxe, self.pxe_from_proxy) = (Text::EMPTY, false);
            self.boot = Boot::EMPTY;
            self.phase = Phase::Waiting;
        }
    }

    /// The only assignment of the state.
    pub(super) const fn transition(&mut self, to: State) {
        self.state = to;
    }

    /// The machine is dead.
    pub(super) fn fail<'d>(&mut self, failure: Failure) -> Event<'d> {
        if self.lease().is_none() {
            self.lease = None;
        }
        self.exchange.stop();
        self.boot_exchange.stop();
        self.transition(State::Finished);
        Event::Failed(failure)
    }

    /// Checks that a datagram is an answer to us, whatever it says.
    fn accept<'d>(&self, path: UdpPath, data: &'d [u8]) -> Result<(Packet<'d>, Ipv4Addr), Ignored> {
        let remote = path.remote.port();
        let from_server = remote == self.config.server_port || remote == self.config.pxe_port;
        let source = path.remote_v4().ok_or(Ignored::WrongPort)?;
        if path.local.port() != self.config.client_port || !from_server {
            return Err(Ignored::WrongPort);
        }
        let packet = Packet::parse(data).map_err(|error| Ignored::Malformed { error })?;
        if packet.header.op != crate::wire::Op::REPLY {
            return Err(Ignored::NotReply);
        }
        if packet.header.hardware.chaddr() != self.config.hardware.chaddr() || !self.is_our_id(&packet) {
            return Err(Ignored::NotForUs);
        }
        Ok((packet, source))
    }

    /// Whether the client identifier, if the server returns one (RFC 6842), is ours.
    fn is_our_id(&self, packet: &Packet<'_>) -> bool {
        let mut id = [0; crate::MAX_CLIENT_ID];
        let ours = self.config.client_id.encode(&self.config.hardware, &mut id);
        match (packet.option(crate::wire::OptionCode::CLIENT_ID), ours) {
            (Some(theirs), Some(ours)) => theirs == *ours,
            _ => true,
        }
    }
}

/// The next call: later than now, or a driver would be told that nothing happened.
pub(super) const fn soon(now: Instant) -> Instant {
    now.saturating_add(Duration::from_micros(1))
}

impl Machine for Client {
    type Path = UdpPath;
    type Event<'d> = Event<'d>;
    const MAX_TRANSMIT: usize = 768;

    fn handle_datagram<'d>(&mut self, now: Instant, path: UdpPath, data: &'d [u8]) -> Event<'d> {
        let now = self.clock.advance(now);
        if matches!(self.state, State::Finished | State::Releasing) {
            return Event::Ignored(Ignored::Finished);
        }
        let handled = self.accept(path, data).and_then(|(packet, source)| {
            let xid = packet.header.xid;
            if self.boot_exchange.is_active() && xid == self.boot_exchange.xid {
                self.handle_boot_answer(now, &packet, source)
            } else if xid == self.exchange.xid {
                self.handle_answer(now, &packet, source)
            } else {
                Err(Ignored::WrongXid)
            }
        });
        handled.unwrap_or_else(Event::Ignored)
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event<'static>> {
        let now = self.clock.advance(now);
        self.handle_address_timers(now).or_else(|| self.handle_boot_timers(now))
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, UdpPath>>, BufferTooSmall> {
        // A poll for nothing leaves the clock alone, or it would change what a later call does.
        let now = now.max(self.clock.latest());
        if self.blocked {
            return Ok(None);
        }
        let address = self.exchange.pending.then(|| self.outline(now)).flatten();
        if let Some(outline) = address {
            let bytes = outline.encode(&self.config, buf)?;
            let path = outline.path(&self.config);
            self.clock.advance(now);
            self.sent(now, outline.secs());
            return Ok(Some(Transmit { path, bytes }));
        }
        let boot = self.boot_exchange.pending.then(|| self.boot_outline(now)).flatten();
        let Some(outline) = boot else { return Ok(None) };
        let bytes = outline.encode(&self.config, buf)?;
        self.clock.advance(now);
        self.boot_exchange.sent(now, outline.secs(), &mut self.rng);
        Ok(Some(Transmit { path: outline.path(&self.config), bytes }))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if !self.blocked && (self.exchange.pending || self.boot_exchange.pending) {
            return Some(self.clock.latest());
        }
        Instant::earliest(self.address_deadline(), self.boot_deadline())
    }
}
