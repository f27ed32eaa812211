//! The loop that turns the clock.

use core::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;

use bootproto_core::{Instant, Rng, Transmit, UdpPath};

use super::{Link, Peer, Reply};
use crate::laws::{Class, Subject};
use crate::pcap;

/// More steps than any test takes: a run that needs more goes in circles.
const STEPS: usize = 1_000_000;

/// IPv4 and UDP headers.
const HEADERS: usize = 28;

/// Why a run stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The machine told a terminal event, and all it had to say has left.
    Terminal,
    /// The limit of time is reached.
    Limit,
    /// Nobody waits for anything.
    Idle,
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is on its way, or it arrived this many times.
    Arrives(usize),
    /// The link lost it.
    Lost,
    /// It was longer than the link's MTU.
    TooLong,
}

/// One packet of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When it was sent.
    pub at: Instant,
    /// Whether the machine sent it.
    pub ours: bool,
    /// The sender.
    pub from: SocketAddrV4,
    /// The receiver, a group perhaps.
    pub to: SocketAddrV4,
    /// Its UDP payload.
    pub payload: Vec<u8>,
    /// What became of it.
    pub fate: Fate,
}

/// A packet on its way, to one end.
struct Packet {
    /// The peer's number; `None` is the machine.
    to: Option<usize>,
    path: UdpPath,
    payload: Vec<u8>,
    /// Whether it has been through the ring.
    taken: bool,
}

/// One machine and its peers on a link.
pub struct World<M: Subject<Path = UdpPath>> {
    /// The machine.
    pub machine: M,
    /// What the machine's unspecified local address stands for; packets of a host without one come from `0.0.0.0`.
    pub address: Ipv4Addr,
    /// The link; it may change between two runs.
    pub link: Link,
    peers: Vec<Box<dyn Peer>>,
    now: Instant,
    rng: Rng,
    /// By arrival, then by the order of sending.
    flying: BTreeMap<(Instant, u64), Packet>,
    sent: u64,
    /// When the link is free again: for the machine, for the peers.
    free: [Instant; 2],
    records: Vec<Record>,
    received: Vec<Reply>,
    finished: bool,
    ring: Option<Ring>,
    /// Whether packets are kept for whoever asks later.
    records_packets: bool,
}

/// The receive buffer of the machine's network card: who takes long over each packet loses those that don't fit.
struct Ring {
    slots: usize,
    each: Duration,
    /// When the machine is done with each of those that wait.
    waiting: VecDeque<Instant>,
    lost: usize,
}

impl<M: Subject<Path = UdpPath>> World<M> {
    /// `machine` alone on `link`, at instant zero; `seed` is the link's luck.
    pub fn new(machine: M, link: Link, seed: u64) -> Self {
        Self {
            machine,
            address: Ipv4Addr::UNSPECIFIED,
            link,
            peers: Vec::new(),
            now: Instant::default(),
            rng: Rng::new(seed),
            flying: BTreeMap::new(),
            sent: 0,
            free: [Instant::default(); 2],
            records: Vec::new(),
            received: Vec::new(),
            finished: false,
            ring: None,
            records_packets: true,
        }
    }

    /// The machine takes `each` over every packet that comes, and its card has room for `slots` that wait.
    #[must_use]
    pub fn with_ring(mut self, slots: usize, each: Duration) -> Self {
        self.ring = Some(Ring { slots, each, waiting: VecDeque::new(), lost: 0 });
        self
    }

    /// No packet is kept: [`records`](Self::records) and [`received`](Self::received) stay empty. For worlds that are
    /// many, or that live long.
    #[must_use]
    pub fn without_records(mut self) -> Self {
        self.records_packets = false;
        self
    }

    /// How many packets were sent, by the machine and its peers; one that arrives twice counts twice, a lost one not.
    pub const fn sent(&self) -> u64 {
        self.sent
    }

    /// How many packets did not fit the ring.
    pub fn overruns(&self) -> usize {
        self.ring.as_ref().map_or(0, |ring| ring.lost)
    }

    /// The machine's host has `address`.
    #[must_use]
    pub fn with_address(mut self, address: Ipv4Addr) -> Self {
        self.address = address;
        self
    }

    /// One more host on the link.
    #[must_use]
    pub fn with_peer(mut self, peer: impl Peer + 'static) -> Self {
        self.peers.push(Box::new(peer));
        self
    }

    /// All peers leave: from now on nobody answers. What is on its way to the machine still arrives.
    pub fn unplug(&mut self) {
        self.peers.clear();
        self.flying.retain(|_, packet| packet.to.is_none());
    }

    /// What the clock says.
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Every packet so far, in the order of sending.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Every datagram that the machine got, in the order of arrival: seeds for `laws::scripts`.
    pub fn received(&self) -> &[Reply] {
        &self.received
    }

    /// The run as a capture file.
    pub fn pcap(&self) -> Vec<u8> {
        let datagrams: Vec<pcap::Datagram> = self.records.iter().map(Record::datagram).collect();
        pcap::write(&datagrams)
    }

    /// One line for each packet.
    pub fn trace(&self) -> String {
        self.records.iter().fold(String::new(), |mut text, record| {
            let (at, length) = (Duration::from_micros(record.at.as_micros()), record.payload.len());
            let head = &record.payload[..length.min(16)];
            let way = if record.ours { ">" } else { "<" };
            // Writing to a String can't fail.
            let _ = writeln!(
                text,
                "{at:>12.6?} {way} {} -> {} {length} bytes {:?} {head:02x?}",
                record.from, record.to, record.fate
            );
            text
        })
    }

    /// Drives everything until the machine ends, at most `limit` long. `sink` sees every event and may call the
    /// machine's own methods; nobody else reacts.
    ///
    /// # Errors
    /// When the machine breaks L4, L6 or L11, sends what does not fit the link, or the run goes in circles.
    pub fn run(
        &mut self,
        limit: Duration,
        mut sink: impl FnMut(&mut M, Instant, &M::Event<'_>),
    ) -> Result<Ended, String> {
        let end = self.now.saturating_add(limit);
        for _ in 0..STEPS {
            self.drain().map_err(|text| format!("{text}\n{}", self.trace()))?;
            if self.finished {
                return Ok(Ended::Terminal);
            }
            let arrival = self.flying.first_key_value().map(|((at, _), _)| *at);
            let peers = self.peers.iter().filter_map(|peer| peer.poll_timeout());
            let Some(next) = peers.chain(arrival).chain(self.machine.poll_timeout()).min() else {
                return Ok(Ended::Idle);
            };
            if next > end {
                self.now = end;
                return Ok(Ended::Limit);
            }
            self.now = self.now.max(next);
            self.step(arrival, &mut sink);
        }
        Err(format!("{STEPS} steps, and no end\n{}", self.trace()))
    }

    /// Whatever is due, one thing: an arrival first, then the machine's timer, then the peers'.
    fn step(&mut self, arrival: Option<Instant>, sink: &mut impl FnMut(&mut M, Instant, &M::Event<'_>)) {
        let now = self.now;
        if arrival.is_some_and(|at| at <= now)
            && let Some((_, packet)) = self.flying.pop_first()
        {
            return self.arrive(packet, sink);
        }
        if self.machine.poll_timeout().is_some_and(|at| at <= now)
            && let Some(event) = self.machine.handle_timeout(now)
        {
            self.finished |= M::class(&event) == Class::Terminal;
            sink(&mut self.machine, now, &event);
        }
        for index in 0..self.peers.len() {
            if self.peers[index].poll_timeout().is_some_and(|at| at <= now) {
                let replies = self.peers[index].handle_timeout(now);
                self.send_all(index, replies);
            }
        }
    }

    fn arrive(&mut self, packet: Packet, sink: &mut impl FnMut(&mut M, Instant, &M::Event<'_>)) {
        let Packet { to, path, payload, taken } = packet;
        if let Some(ring) = self.ring.as_mut().filter(|_| to.is_none() && !taken) {
            if let Some(done) = ring.take(self.now) {
                self.flying.insert((done, self.sent), Packet { to, path, payload, taken: true });
                self.sent += 1;
            }
            return;
        }
        if let Some(index) = to {
            let Some(peer) = self.peers.get_mut(index) else { return };
            let replies = peer.receive(self.now, path, &payload);
            return self.send_all(index, replies);
        }
        if self.records_packets {
            self.received.push((path, payload.clone()));
        }
        let event = self.machine.handle_datagram(self.now, path, &payload);
        self.finished |= M::class(&event) == Class::Terminal;
        sink(&mut self.machine, self.now, &event);
    }

    /// Everything the machine has to say.
    fn drain(&mut self) -> Result<(), String> {
        let mut buffer = vec![0xa5; M::MAX_TRANSMIT];
        for count in 0.. {
            let burst = self.machine.burst();
            let answer = self.machine.poll_transmit(self.now, &mut buffer);
            let Some(Transmit { path, bytes }) = answer.map_err(|error| format!("L6: {error}"))? else {
                break;
            };
            if count >= burst {
                return Err(format!("L4: a drain yields more than {burst} packets"));
            }
            if bytes.len() > M::MAX_TRANSMIT || !M::parses(bytes) {
                return Err(format!("L11: {} bytes are sent that do not parse: {bytes:02x?}", bytes.len()));
            }
            if bytes.len() + HEADERS > self.link.mtu {
                return Err(format!("MTU: {} bytes do not fit {}", bytes.len(), self.link.mtu));
            }
            let payload = bytes.to_vec();
            let own = if path.local.ip().is_unspecified() { self.address.into() } else { path.local.ip() };
            self.send(None, UdpPath { local: SocketAddr::new(own, path.local.port()), ..path }, payload);
        }
        let mut again = self.machine.clone();
        match again.poll_transmit(self.now, &mut buffer) {
            Ok(None) => Ok(()),
            _ => Err("L4: poll_transmit answered None, and the next call does not".into()),
        }
    }

    fn send_all(&mut self, sender: usize, replies: Vec<Reply>) {
        for (path, payload) in replies {
            self.send(Some(sender), path, payload);
        }
    }

    /// Puts a packet on the link; `path` is the sender's.
    fn send(&mut self, sender: Option<usize>, path: UdpPath, payload: Vec<u8>) {
        let length = payload.len() + HEADERS;
        let free = &mut self.free[usize::from(sender.is_some())];
        let left = self.now.max(*free).saturating_add(self.link.busy(length));
        *free = left;
        let journeys = self.link.journeys(&mut self.rng, length);
        let fate = match journeys.len() {
            0 if length > self.link.mtu => Fate::TooLong,
            0 => Fate::Lost,
            copies => Fate::Arrives(copies),
        };
        let (from, to) = (v4(path.local), v4(path.remote));
        let packet = |to| Packet { to, path: path.reversed(), payload: payload.clone(), taken: false };
        for journey in journeys {
            for to in self.receivers(sender, to) {
                let key = (left.saturating_add(journey), self.sent);
                self.sent += 1;
                self.flying.insert(key, packet(to));
            }
        }
        if self.records_packets {
            self.records.push(Record { at: self.now, ours: sender.is_none(), from, to, payload, fate });
        }
    }

    /// Who gets what is sent to `to`.
    fn receivers(&self, sender: Option<usize>, to: SocketAddrV4) -> Vec<Option<usize>> {
        let listening = |index: &usize| Some(*index) != sender && self.peers[*index].listens(to.port());
        let group = to.ip().is_broadcast() || to.ip().is_multicast();
        let owner = self.peers.iter().position(|peer| peer.address() == *to.ip());
        match owner {
            Some(index) => Some(index).filter(listening).map(Some).into_iter().collect(),
            None if group => {
                let machine = sender.is_some().then_some(None);
                machine.into_iter().chain((0..self.peers.len()).filter(listening).map(Some)).collect()
            }
            // Nobody else has the address, so it is the machine's; what it sends there itself is lost.
            None => sender.is_some().then_some(None).into_iter().collect(),
        }
    }
}

impl Ring {
    /// When the machine is done with a packet that comes now; `None` if it does not fit.
    fn take(&mut self, now: Instant) -> Option<Instant> {
        while self.waiting.front().is_some_and(|done| *done <= now) {
            self.waiting.pop_front();
        }
        if self.waiting.len() >= self.slots {
            self.lost += 1;
            return None;
        }
        let done = self.waiting.back().copied().unwrap_or(now).max(now).saturating_add(self.each);
        self.waiting.push_back(done);
        Some(done)
    }
}

impl Record {
    /// The packet as a capture file has it.
    fn datagram(&self) -> pcap::Datagram {
        let at = Duration::from_micros(self.at.as_micros());
        pcap::Datagram { at, from: self.from, to: self.to, payload: self.payload.clone() }
    }
}

/// The world is IPv4; an IPv6 end becomes no address at all.
fn v4(end: SocketAddr) -> SocketAddrV4 {
    match end.ip() {
        IpAddr::V4(address) => SocketAddrV4::new(address, end.port()),
        IpAddr::V6(_) => SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, end.port()),
    }
}
