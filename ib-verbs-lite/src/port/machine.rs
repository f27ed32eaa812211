//! The port as a value, and its three steps.

use bootproto_core::{HighWater, Instant, Machine};
use heapless::{Deque, Vec};

use super::config::INTERFACES;
use super::interfaces::Link;
use super::{Config, ConfigError, Event};
use crate::ipoib::{Interface, Protocol};
use crate::verbs::{Counters, Cq, Outcome, PortControl, PortState, QpConfig, QpType, VerbsError};
use crate::{Gid, Lid, PKey, QKey, ipoib, pma, sa, sma};

/// How many events are kept; of more, the oldest stay.
const EVENTS: usize = 32;

/// The largest message.
pub(super) const MESSAGE: usize = 4096;

/// How many completions are taken at a time: a flood must not keep the port from its timers.
const BATCH: usize = 64;

/// How many MADs, and how many frames, may arrive between two steps.
const MAD_DEPTH: u16 = 16;

/// One port of an HCA whose management is software, with its interfaces.
///
/// | link | on | goes to | and tells |
/// |---|---|---|---|
/// | Down | a cable | Initializing | `Link` |
/// | Initializing | the subnet manager sets LID and state | Armed, Active | `Addresses`, `Link` |
/// | Active | the SA lets us into the broadcast group | Active, interface up | `Up` |
/// | any | the subnet manager restarts, or our LID changes | Active | `Reregister`, `Up` |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    pub(super) sma: sma::Agent,
    pub(super) pma: pma::Agent,
    /// The transport's counters as they were told last.
    pub(super) counted: Counters,
    pub(super) sa: sa::Client,
    pub(super) links: Vec<Link, INTERFACES>,
    pub(super) queues: Queues,
    pub(super) events: Deque<Event, EVENTS>,
    pub(super) state: PortState,
    pub(super) lids: (Lid, Lid),
    pub(super) clock: HighWater,
    /// The message that came last.
    pub(super) message: [u8; MESSAGE],
}

/// The queues that are the port's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Queues {
    pub(super) management: Cq,
    pub(super) data: Cq,
    pub(super) sends: Cq,
}

impl Port {
    /// Opens the port of `hca`, and makes its queue pairs.
    ///
    /// # Errors
    /// [`ConfigError`] says what in `config` or in the HCA can't be.
    pub fn open<H: PortControl>(hca: &mut H, config: Config, now: Instant) -> Result<Self, ConfigError> {
        if let Some(error) = config.error {
            return Err(error);
        }
        let verbs = |error| ConfigError::Verbs { error };
        let management = |error| ConfigError::Management { error };
        hca.open_port().map_err(verbs)?;
        let port = hca.attributes();
        let agent = sma::Config::new(config.seed, port.node_guid, port.guid)
            .with_mtu(port.max_mtu)
            .with_port(port.number, port.number)
            .with_description(&config.name);
        let sma = sma::Agent::new(agent).map_err(management)?;
        let sa = sa::Client::new(sa::Config::new(config.seed.rotate_left(32))).map_err(management)?;
        let mut links = Vec::new();
        for interface in config.interfaces {
            let p_key = interface.p_key();
            let interface = Interface::new(interface, port.gid(), now)
                .map_err(|error| ConfigError::Interface { error })?;
            // As many were taken as there is room for.
            let _ = links.push(Link::new(interface, p_key));
        }
        let queues = open_queues(hca).map_err(verbs)?;
        let mut clock = HighWater::new();
        clock.advance(now);
        Ok(Self {
            sma,
            pma: pma::Agent::new(port.number),
            counted: hca.counters(),
            sa,
            links,
            queues,
            events: Deque::new(),
            state: PortState::DOWN,
            lids: (Lid::NONE, Lid::NONE),
            clock,
            message: [0; MESSAGE],
        })
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub(super) fn tell(&mut self, event: Event) {
        // Who does not listen misses the latest; nothing depends on it.
        let _ = self.events.push_back(event);
    }

    /// The state of the link as it was told last.
    #[must_use]
    pub const fn state(&self) -> PortState {
        self.state
    }

    /// The port's own GID.
    #[must_use]
    pub const fn gid(&self) -> Gid {
        self.sma.gid()
    }

    /// An interface, by its number.
    #[must_use]
    pub fn interface(&self, number: usize) -> Option<&Interface> {
        self.links.get(number).map(|link| &link.interface)
    }

    /// An interface, to configure it, to send by it.
    pub fn interface_mut(&mut self, number: usize) -> Option<&mut Interface> {
        self.links.get_mut(number).map(|link| &mut link.interface)
    }

    /// Whether an interface is up: its broadcast group is joined, its queue pair made.
    #[must_use]
    pub fn is_up(&self, number: usize) -> bool {
        self.interface(number).is_some_and(|interface| interface.link_address().is_some())
    }

    /// Does what is due: answers the subnet manager, asks the SA, sends.
    ///
    /// # Errors
    /// [`VerbsError`] if the HCA fails for good.
    pub fn service<H: PortControl>(&mut self, hca: &mut H, now: Instant) -> Result<(), VerbsError> {
        let now = self.clock.advance(now);
        while hca.poll_event().is_some() {}
        self.look_at_link(hca, now);
        self.take_mads(hca, now)?;
        self.pass_time(hca, now)?;
        self.serve_interfaces(hca, now)?;
        self.send_mads(hca, now)?;
        self.send_frames(hca, now)
    }

    /// When [`service`](Self::service) wants to be called even if nothing has arrived.
    pub fn poll_timeout<H: PortControl>(&self, hca: &H) -> Option<Instant> {
        let interfaces = self.links.iter().filter_map(|link| link.interface.poll_timeout());
        interfaces
            .chain(self.sa.poll_timeout())
            .chain(self.sma.poll_timeout())
            .chain(hca.poll_timeout())
            .min()
    }

    /// Takes the next IP packet: for which interface, and the packet.
    ///
    /// # Errors
    /// [`VerbsError`] if the HCA fails for good.
    pub fn receive<H: PortControl>(
        &mut self,
        hca: &mut H,
        now: Instant,
    ) -> Result<Option<(usize, &[u8])>, VerbsError> {
        let Some((number, length)) = self.receive_frame(hca, now)? else { return Ok(None) };
        let packet = self.message.get(ipoib::frame::HEADER..length).unwrap_or_default();
        Ok(Some((number, packet)))
    }

    /// Takes frames until one has an IP packet; how long it is, with its header, in `message`.
    pub(super) fn receive_frame<H: PortControl>(
        &mut self,
        hca: &mut H,
        now: Instant,
    ) -> Result<Option<(usize, usize)>, VerbsError> {
        let now = self.clock.advance(now);
        for _ in 0..BATCH {
            let Some(completion) = hca.poll_cq(now, self.queues.data, &mut self.message)? else {
                return Ok(None);
            };
            let Outcome::Received(received) = completion.outcome else { continue };
            hca.post_receive(completion.qp, 1)?;
            let number = self.links.iter().position(|link| link.qp == Some(completion.qp));
            let Some((number, link)) = number.and_then(|at| Some((at, self.links.get_mut(at)?))) else {
                continue;
            };
            let frame = self.message.get(..received.length).unwrap_or_default();
            let path = super::management::origin(&received);
            let told = match link.interface.handle_datagram(now, path, frame) {
                ipoib::Event::Packet { protocol: Protocol::Ipv4 | Protocol::Ipv6, .. } => {
                    return Ok(Some((number, received.length)));
                }
                ipoib::Event::Ignored(why) => Event::IgnoredFrame { interface: number, why },
                ipoib::Event::Resolved { address, link } => Event::Neighbour { address, link },
                ipoib::Event::Failed(failure) => Event::Failed { interface: number, failure },
                ipoib::Event::Nothing | ipoib::Event::Answering { .. } => continue,
            };
            self.tell(told);
        }
        Ok(None)
    }
}

/// The queues and the queue pairs of management.
fn open_queues<H: PortControl>(hca: &mut H) -> Result<Queues, VerbsError> {
    let queues = Queues {
        management: hca.create_cq(MAD_DEPTH)?,
        data: hca.create_cq(super::interfaces::DEPTH)?,
        sends: hca.create_cq(super::interfaces::DEPTH)?,
    };
    for qp_type in [QpType::Smi, QpType::Gsi] {
        let qp = hca.create_qp(&QpConfig {
            qp_type,
            send_cq: queues.sends,
            receive_cq: queues.management,
            send_depth: MAD_DEPTH,
            receive_depth: MAD_DEPTH,
            q_key: QKey::GSI,
            p_key_index: 0,
        })?;
        hca.post_receive(qp, MAD_DEPTH)?;
    }
    Ok(queues)
}

/// Where in the port's table a partition is.
pub(super) fn p_key_index<H: PortControl>(hca: &H, p_key: PKey) -> Option<u16> {
    let length = hca.attributes().p_key_table_length;
    (0..length).find(|index| {
        hca.p_key(*index).is_some_and(|found| !found.is_invalid() && found.base() == p_key.base())
    })
}
