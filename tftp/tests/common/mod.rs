//! What the integration tests share: the machines dressed for the laws, a server's address, and a run to the end.
//!
//! What belongs here: set-up. What does not: expectations about a behaviour, which stand in its own test.
#![allow(dead_code, reason = "every test takes what it needs")]

use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use core::time::Duration;

use bootproto_core::{BufferTooSmall, Instant, Machine, Transmit, UdpPath};
use bootproto_tftp::client::{self, Config};
use bootproto_tftp::wire::Packet;
use bootproto_tftp::wire::Request;
use bootproto_tftp::{Download, Ignored, Source, Upload, server};
use testkit::laws::{Class, Subject};
use testkit::world::{Ended, Link, Peer, Reply, World};

pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
pub(crate) const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 9);
pub(crate) const CLIENT_PORT: u16 = 49_153;

/// A machine with what the laws ask of it beside the contract.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Case<M>(pub(crate) M);

impl<M: Machine> Machine for Case<M> {
    type Path = M::Path;
    type Event<'d> = M::Event<'d>;
    const MAX_TRANSMIT: usize = M::MAX_TRANSMIT;

    fn handle_datagram<'d>(&mut self, now: Instant, path: M::Path, data: &'d [u8]) -> M::Event<'d> {
        self.0.handle_datagram(now, path, data)
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<M::Event<'static>> {
        self.0.handle_timeout(now)
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, M::Path>>, BufferTooSmall> {
        self.0.poll_transmit(now, buf)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.0.poll_timeout()
    }
}

const fn ignored(why: Ignored) -> Class {
    match why {
        Ignored::Duplicate { .. } => Class::Duplicate,
        _ => Class::Ignored,
    }
}

const fn of_client(event: &client::Event<'_>) -> Class {
    match event {
        client::Event::Ignored(why) => ignored(*why),
        client::Event::Done { .. } | client::Event::PeerError { .. } | client::Event::Failed(_) => {
            Class::Terminal
        }
        _ => Class::Other,
    }
}

const fn of_server(event: &server::Event<'_>) -> Class {
    match event {
        server::Event::Ignored(why) => ignored(*why),
        server::Event::Done { .. } | server::Event::PeerError { .. } | server::Event::Failed(_) => {
            Class::Terminal
        }
        _ => Class::Other,
    }
}

impl Subject for Case<Download> {
    fn class(event: &client::Event<'_>) -> Class {
        of_client(event)
    }

    fn parses(sent: &[u8]) -> bool {
        Packet::parse(sent).is_ok()
    }
}

impl<S: Source + Clone + PartialEq + core::fmt::Debug> Subject for Case<Upload<S>> {
    fn class(event: &client::Event<'_>) -> Class {
        of_client(event)
    }

    fn parses(sent: &[u8]) -> bool {
        Packet::parse(sent).is_ok()
    }

    fn burst(&self) -> usize {
        1 + usize::from(self.0.negotiated().window_size)
    }
}

impl<S: Source + Clone + PartialEq + core::fmt::Debug> Subject for Case<server::Send<S>> {
    fn class(event: &server::Event<'_>) -> Class {
        of_server(event)
    }

    fn parses(sent: &[u8]) -> bool {
        Packet::parse(sent).is_ok()
    }

    fn burst(&self) -> usize {
        1 + usize::from(self.0.negotiated().window_size)
    }
}

impl Subject for Case<server::Receive> {
    fn class(event: &server::Event<'_>) -> Class {
        of_server(event)
    }

    fn parses(sent: &[u8]) -> bool {
        Packet::parse(sent).is_ok()
    }
}

pub(crate) fn server_end(port: u16) -> SocketAddr {
    SocketAddrV4::new(SERVER, port).into()
}

/// From `port` of the server to the client, as the client sees it.
pub(crate) fn path(port: u16) -> UdpPath {
    UdpPath { local: SocketAddrV4::new(CLIENT, CLIENT_PORT).into(), remote: server_end(port) }
}

/// From the client to `port` of the server, as the server sees it.
pub(crate) fn server_path(port: u16) -> UdpPath {
    path(port).reversed()
}

pub(crate) fn config(file: &str) -> Config {
    Config::new(7, server_end(69), CLIENT_PORT, file.as_bytes()).unwrap()
}

pub(crate) fn download(config: Config) -> Case<Download> {
    Case(Download::new(config).unwrap())
}

/// Bytes in which every place differs from its neighbours, and blocks from each other.
pub(crate) fn content(length: usize) -> Vec<u8> {
    (0..length).map(|place| ((place * 31) ^ (place >> 8) ^ (place >> 16)) as u8).collect()
}

/// What a download told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) bytes: Vec<u8>,
    places: std::collections::BTreeSet<u64>,
    pub(crate) done: Option<u64>,
    pub(crate) failed: Option<bootproto_tftp::Failure>,
    pub(crate) rungs: Vec<client::Rung>,
    pub(crate) last_code: Option<u16>,
}

impl Told {
    /// Keeps what the event brings, as a caller would; a block that comes twice is a defect.
    pub(crate) fn take(&mut self, event: &client::Event<'_>) {
        match *event {
            client::Event::Data { offset, bytes } => {
                assert!(self.places.insert(offset), "the block at {offset} came twice");
                let start = usize::try_from(offset).unwrap();
                let end = start + bytes.len();
                if self.bytes.len() < end {
                    self.bytes.resize(end, 0);
                }
                self.bytes[start..end].copy_from_slice(bytes);
            }
            client::Event::FellBack(rung) => {
                self.rungs.push(rung);
                self.bytes.clear();
                self.places.clear();
            }
            client::Event::Done { size } => self.done = Some(size),
            client::Event::PeerError { failure, code, .. } => {
                self.failed = Some(failure);
                self.last_code = Some(code.0);
            }
            client::Event::Failed(failure) => self.failed = Some(failure),
            _ => {}
        }
    }
}

/// A world with this machine at the client's address.
pub(crate) fn world<M: Subject<Path = UdpPath>>(machine: M, link: Link, seed: u64) -> World<M> {
    World::new(machine, link, seed).with_address(CLIENT)
}

/// Runs a download to its end.
pub(crate) fn run(world: &mut World<Case<Download>>, limit: Duration) -> Told {
    let mut told = Told::default();
    let ended = world.run(limit, |_, _, event| told.take(event)).unwrap();
    assert_eq!(ended, Ended::Terminal, "{:?}\n{}", world.machine, world.trace());
    told
}

/// Our own server: listens on port 69, every transfer from a new port.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) source: &'static [u8],
    pub(crate) config: server::Config,
    transfers: Vec<server::Send<&'static [u8]>>,
    port: u16,
}

impl Listener {
    pub(crate) fn new(content: &[u8], config: server::Config) -> Self {
        Self { source: content.to_vec().leak(), config, transfers: Vec::new(), port: 40_000 }
    }

    fn drain(&mut self, now: Instant) -> Vec<Reply> {
        let mut buffer = vec![0; 65_468];
        let mut replies = Vec::new();
        for transfer in &mut self.transfers {
            while let Some(transmit) = transfer.poll_transmit(now, &mut buffer).unwrap() {
                replies.push((transmit.path, transmit.bytes.to_vec()));
            }
        }
        replies
    }
}

impl Peer for Listener {
    fn address(&self) -> Ipv4Addr {
        SERVER
    }

    fn receive(&mut self, now: Instant, path: UdpPath, data: &[u8]) -> Vec<Reply> {
        if path.local.port() == 69 {
            let Ok(request) = Request::parse(data) else { return Vec::new() };
            self.port += 1;
            let own = UdpPath { local: server_end(self.port), ..path };
            self.transfers.extend(server::Send::new(self.config.clone(), own, &request, self.source));
        }
        for transfer in self.transfers.iter_mut().filter(|transfer| transfer.path().local == path.local) {
            transfer.handle_datagram(now, path, data);
        }
        self.drain(now)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.transfers.iter().filter_map(Machine::poll_timeout).min()
    }

    fn handle_timeout(&mut self, now: Instant) -> Vec<Reply> {
        for transfer in &mut self.transfers {
            transfer.handle_timeout(now);
        }
        self.drain(now)
    }
}

/// A machine, a clock and a buffer: for conversations told packet by packet.
#[derive(Debug)]
pub(crate) struct Talk<M> {
    pub(crate) machine: M,
    pub(crate) now: Instant,
}

impl<M: Machine<Path = UdpPath>> Talk<M> {
    pub(crate) const fn new(machine: M) -> Self {
        Self { machine, now: Instant::from_millis(5000) }
    }

    /// Everything that the machine has to say: the remote port and the packet.
    pub(crate) fn sent(&mut self) -> Vec<(u16, Vec<u8>)> {
        let mut buffer = vec![0xa5; M::MAX_TRANSMIT];
        let mut packets = Vec::new();
        while let Some(transmit) = self.machine.poll_transmit(self.now, &mut buffer).unwrap() {
            packets.push((transmit.path.remote.port(), transmit.bytes.to_vec()));
        }
        packets
    }

    /// A datagram arrives on `path`.
    pub(crate) fn on<'d>(&mut self, path: UdpPath, bytes: &'d [u8]) -> M::Event<'d> {
        self.machine.handle_datagram(self.now, path, bytes)
    }

    /// A datagram arrives from `port` of the server.
    pub(crate) fn from<'d>(&mut self, port: u16, bytes: &'d [u8]) -> M::Event<'d> {
        self.on(path(port), bytes)
    }

    /// Time passes.
    pub(crate) const fn wait(&mut self, span: Duration) {
        self.now = self.now.saturating_add(span);
    }

    /// Time passes until the deadline.
    pub(crate) fn due(&mut self) -> Option<M::Event<'static>> {
        self.now = self.machine.poll_timeout().unwrap().max(self.now);
        self.machine.handle_timeout(self.now)
    }
}

pub(crate) fn data(block: u16, bytes: &[u8]) -> Vec<u8> {
    [&[0, 3][..], &block.to_be_bytes(), bytes].concat()
}

pub(crate) fn ack(block: u16) -> Vec<u8> {
    [&[0, 4][..], &block.to_be_bytes()].concat()
}

pub(crate) fn error(code: u16, message: &str) -> Vec<u8> {
    [&[0, 5][..], &code.to_be_bytes(), message.as_bytes(), &[0]].concat()
}

pub(crate) fn oack(options: &[(&str, &str)]) -> Vec<u8> {
    let words = options.iter().flat_map(|(name, value)| [name.as_bytes(), &[0], value.as_bytes(), &[0]]);
    [&[0, 6][..], &words.collect::<Vec<_>>().concat()].concat()
}

/// Opcode and the 16 bits after it.
pub(crate) fn head(packet: &[u8]) -> (u16, u16) {
    (u16::from_be_bytes([packet[0], packet[1]]), u16::from_be_bytes([packet[2], packet[3]]))
}
