//! What the whole-boot tests share: a driver as a program would write it, a kernel, and the servers of a small lab.
#![allow(
    dead_code,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests; every file uses its part of this"
)]

use core::net::Ipv4Addr;
use core::time::Duration;
use std::collections::BTreeMap;

use bootproto::client::{Client, Config, Event, FileKind, Texts};
use bootproto::linux::Region;
use bootproto_core::{BufferTooSmall, Instant, Machine, Transmit, UdpPath};
use bootproto_dhcp::{HardwareAddress, client as dhcp};
use testkit::laws::{Class, Subject};
use testkit::naive::{DhcpServer, TftpServer};
use testkit::world::{Ended, Link, World};

pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
pub(crate) const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 100);
pub(crate) const MEMORY_START: u64 = 0x10_0000;
pub(crate) const MEMORY_LENGTH: u64 = 64 << 20;
const LOW: Region = Region { start: 0x1000, length: 0x9_e000, usable: true };
const HIGH: Region = Region { start: MEMORY_START, length: MEMORY_LENGTH, usable: true };

/// The client as the laws see it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Booter(pub(crate) Client);

impl Machine for Booter {
    type Path = UdpPath;
    type Event<'d> = Event<'d>;

    const MAX_TRANSMIT: usize = Client::MAX_TRANSMIT;

    fn handle_datagram<'d>(&mut self, now: Instant, path: UdpPath, data: &'d [u8]) -> Event<'d> {
        self.0.handle_datagram(now, path, data)
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event<'static>> {
        self.0.handle_timeout(now)
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, UdpPath>>, BufferTooSmall> {
        self.0.poll_transmit(now, buf)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.0.poll_timeout()
    }
}

/// What the laws' caller hands over as text.
pub(crate) const LAW_TEXT: &[u8] = b"DEFAULT a\nLABEL a\nKERNEL vmlinuz\nINITRD one.img,two.img\n";

impl Subject for Booter {
    fn class(event: &Event<'_>) -> Class {
        match event {
            Event::Ignored(why) if why.is_duplicate() => Class::Duplicate,
            Event::Ignored(_) => Class::Ignored,
            Event::Ready | Event::LocalBoot { .. } | Event::Failed { .. } => Class::Terminal,
            _ => Class::Other,
        }
    }

    fn parses(sent: &[u8]) -> bool {
        bootproto_tftp::wire::Packet::parse(sent).is_ok()
            || bootproto_tftp::wire::Request::parse(sent).is_ok()
            || bootproto_dhcp::wire::Packet::parse(sent).is_ok()
    }

    fn burst(&self) -> usize {
        // DHCP, the transfer, and the one before it, each with its own packet and a courtesy.
        6
    }

    fn react(&mut self, now: Instant, event: &Event<'_>) {
        match event {
            Event::NeedText | Event::ChoiceTimedOut => {
                self.0.continue_with(now, LAW_TEXT, b"");
            }
            Event::ProbeAddress(_) => self.0.probe_result(now, false),
            _ => {}
        }
    }
}

/// What a person does when asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    Wait,
    Choose(usize),
    Hold,
}

/// A program around the client: it stores, answers, and remembers.
pub(crate) struct Driver {
    pub(crate) texts: Texts<'static>,
    pub(crate) memory: Vec<u8>,
    /// Every event but data, as text.
    pub(crate) log: Vec<String>,
    /// The names that were opened.
    pub(crate) opened: Vec<(FileKind, String)>,
    /// The names that were not there.
    pub(crate) missing: Vec<String>,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) answer: Answer,
    /// Flips a bit of the kernel in memory before it is verified.
    pub(crate) corrupt: bool,
    /// The line of the DHCP menu that is chosen.
    pub(crate) service: u16,
    /// Addresses that somebody else has.
    pub(crate) in_use: Vec<Ipv4Addr>,
    /// Files whose name ends so are fetched by other means: with these bytes, or in vain.
    pub(crate) elsewhere: Option<(&'static str, Option<Vec<u8>>)>,
    /// The last message that came with a failure.
    pub(crate) message: Vec<u8>,
}

impl Driver {
    pub(crate) fn new() -> Self {
        Self::with_room(64 << 10)
    }

    pub(crate) fn with_room(room: usize) -> Self {
        Self {
            texts: Texts::new(vec![0xa5; room].leak(), vec![0xa5; room].leak()),
            memory: vec![0xa5; usize::try_from(MEMORY_LENGTH).unwrap()],
            log: Vec::new(),
            opened: Vec::new(),
            missing: Vec::new(),
            files: BTreeMap::new(),
            answer: Answer::Wait,
            corrupt: false,
            in_use: Vec::new(),
            service: 0,
            elsewhere: None,
            message: Vec::new(),
        }
    }

    pub(crate) fn on(&mut self, client: &mut Client, now: Instant, event: &Event<'_>) {
        if !matches!(event, Event::Data { .. } | Event::Nothing | Event::Ignored(_)) {
            self.log.push(format!("{event:?}"));
        }
        self.texts.take(client, event);
        let name = String::from_utf8_lossy(client.file_name()).into_owned();
        let next = match *event {
            Event::Open { kind, address, .. } => {
                self.opened.push((kind, name.clone()));
                self.files.insert(name.clone(), Vec::new());
                if let Some(pad) = client.pad() {
                    let zeros = vec![0; usize::try_from(pad.end - pad.start).unwrap()];
                    self.store(pad.start, &zeros);
                }
                self.take(&name, address, 0, client.head());
                match self.elsewhere.take_if(|(wanted, _)| name.ends_with(*wanted)) {
                    Some((_, bytes)) => self.fetch_elsewhere(client, now, &name, address, bytes),
                    None => Event::Nothing,
                }
            }
            Event::Data { address, offset, bytes, .. } => {
                self.take(&name, address, offset, bytes);
                Event::Nothing
            }
            Event::NotFound { .. } => {
                self.missing.push(name);
                Event::Nothing
            }
            Event::NeedText | Event::ChoiceTimedOut => self.texts.answer(client, now),
            Event::Choose { .. } => match self.answer {
                Answer::Wait => Event::Nothing,
                Answer::Choose(index) => client.choose(now, self.texts.configuration(), index),
                Answer::Hold => {
                    client.hold_choice();
                    Event::Nothing
                }
            },
            Event::Verify { address: None, .. } => client.verify_bytes(now, &self.files[&name]),
            Event::Verify { address, size, .. } => self.verify(client, now, address, size),
            Event::DhcpMenu => {
                let items = client.dhcp().menu().unwrap().items;
                self.log.extend(items.map(|item| format!("line {:#06x}", item.kind)));
                assert!(!client.choose_server(now, 4711), "there is no such line");
                assert!(client.choose_server(now, self.service));
                Event::Nothing
            }
            Event::ProbeAddress(address) => {
                client.probe_result(now, self.in_use.contains(&address));
                Event::Nothing
            }
            Event::Failed { message, .. } => {
                self.message = message.to_vec();
                Event::Nothing
            }
            _ => Event::Nothing,
        };
        if next != Event::Nothing {
            self.on(client, now, &next);
        }
    }

    fn fetch_elsewhere(
        &mut self,
        client: &mut Client,
        now: Instant,
        name: &str,
        address: Option<u64>,
        bytes: Option<Vec<u8>>,
    ) -> Event<'static> {
        if !client.fetch_elsewhere() {
            self.log.push("not elsewhere".into());
            return Event::Nothing;
        }
        if let Some(bytes) = &bytes {
            self.files.insert(name.to_owned(), Vec::new());
            self.take(name, address, 0, bytes);
        }
        client.fetched(now, bytes.map(|bytes| bytes.len() as u64))
    }

    fn verify(
        &mut self,
        client: &mut Client,
        now: Instant,
        address: Option<u64>,
        size: u64,
    ) -> Event<'static> {
        let start = usize::try_from(address.expect("a place") - MEMORY_START).unwrap();
        let end = start + usize::try_from(size).unwrap();
        if self.corrupt {
            self.memory[start + 700] ^= 1;
        }
        let bytes = self.memory[start..end].to_vec();
        let mut last = Event::Nothing;
        for piece in bytes.chunks(777) {
            assert_eq!(last, Event::Nothing, "nothing before the last byte");
            last = client.verify_bytes(now, piece);
        }
        last
    }

    fn take(&mut self, name: &str, address: Option<u64>, offset: u64, bytes: &[u8]) {
        let at = usize::try_from(offset).unwrap();
        let file = self.files.get_mut(name).unwrap();
        file.resize(file.len().max(at + bytes.len()), 0);
        file[at..at + bytes.len()].copy_from_slice(bytes);
        if let Some(address) = address {
            self.store(address + offset, bytes);
        }
    }

    fn store(&mut self, address: u64, bytes: &[u8]) {
        let start = usize::try_from(address - MEMORY_START).expect("inside the memory");
        self.memory[start..start + bytes.len()].copy_from_slice(bytes);
    }

    pub(crate) fn at(&self, address: u64, length: usize) -> &[u8] {
        let start = usize::try_from(address - MEMORY_START).unwrap();
        &self.memory[start..start + length]
    }

    pub(crate) fn logged(&self, start: &str) -> bool {
        self.log.iter().any(|line| line.starts_with(start))
    }
}

pub(crate) const fn dhcp_config() -> dhcp::Config {
    dhcp::Config::new(7, HardwareAddress::ethernet([0x52, 0x54, 0, 1, 2, 3]))
}

pub(crate) fn config() -> Config {
    Config::new(42, dhcp_config()).with_memory(&[LOW, HIGH])
}

pub(crate) fn dhcp_server() -> DhcpServer {
    DhcpServer::new(SERVER, CLIENT).with(|server| {
        server.next_server = Some(SERVER);
        server.file = b"lab/pxelinux.0".to_vec();
    })
}

/// Bytes that differ everywhere.
pub(crate) fn pattern(length: usize, seed: u8) -> Vec<u8> {
    (0..length).map(|at| (at.wrapping_mul(31) >> 3) as u8 ^ (at as u8) ^ seed).collect()
}

fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
    image[at..at + bytes.len()].copy_from_slice(bytes);
}

/// A bzImage of boot protocol 2.15, from `Documentation/arch/x86/boot.rst`: four setup sectors and `body` bytes.
pub(crate) fn bzimage(body: usize) -> Vec<u8> {
    let body = body.next_multiple_of(16);
    let mut image = pattern(5 * 512 + body, 3);
    image[0x1f1..0x270].fill(0);
    image[0x1f1] = 4;
    put(&mut image, 0x1f4, &u32::try_from(body / 16).unwrap().to_le_bytes());
    put(&mut image, 0x1fe, &[0x55, 0xaa, 0xeb, 0x6a]);
    put(&mut image, 0x202, b"HdrS");
    put(&mut image, 0x206, &0x020f_u16.to_le_bytes());
    image[0x211] = 1;
    put(&mut image, 0x214, &0x10_0000_u32.to_le_bytes());
    put(&mut image, 0x22c, &0x7fff_ffff_u32.to_le_bytes());
    put(&mut image, 0x230, &0x20_0000_u32.to_le_bytes());
    image[0x234] = 1;
    image[0x235] = 21;
    put(&mut image, 0x236, &1_u16.to_le_bytes());
    put(&mut image, 0x238, &2047_u32.to_le_bytes());
    put(&mut image, 0x258, &0x100_0000_u64.to_le_bytes());
    put(&mut image, 0x260, &u32::try_from((body + 0x1000).next_multiple_of(4096)).unwrap().to_le_bytes());
    image
}

pub(crate) const CONFIGURATION: &str = "DEFAULT lab\nLABEL lab\n  LINUX vmlinuz\n  INITRD one.img,two.img\n  \
                                 APPEND root=/dev/nfs quiet\n";

/// A lab's TFTP server: boot file, configuration, kernel, two initrds.
pub(crate) fn tftp_server() -> TftpServer {
    TftpServer::new(SERVER)
        .with_file("lab/pxelinux.0", pattern(26_000, 1))
        .with_file("lab/pxelinux.cfg/default", CONFIGURATION)
        .with_file("lab/vmlinuz", bzimage(90_000))
        .with_file("lab/one.img", pattern(40_000, 5))
        .with_file("lab/two.img", pattern(1468 * 3, 6))
}

pub(crate) fn sums(files: &[(&str, &[u8])]) -> String {
    files.iter().map(|(name, bytes)| format!("{}  {name}\n", bootproto::verify::Digest::of(bytes))).collect()
}

pub(crate) struct Run {
    pub(crate) client: Client,
    pub(crate) driver: Driver,
    pub(crate) ended: Ended,
    pub(crate) now: Instant,
    pub(crate) received: Vec<(UdpPath, Vec<u8>)>,
    pub(crate) trace: String,
}

/// Boots `config` against these servers on `link`.
pub(crate) fn boot_with(
    config: Config,
    dhcp: DhcpServer,
    tftp: TftpServer,
    link: Link,
    seed: u64,
    mut driver: Driver,
) -> Run {
    let client = Client::new(config, Instant::default()).expect("a sound configuration");
    let both = Both { dhcp, tftp };
    let mut world = World::new(Booter(client), link, seed).with_address(CLIENT).with_peer(both);
    let ended = world
        .run(Duration::from_secs(600), |booter, now, event| driver.on(&mut booter.0, now, event))
        .unwrap_or_else(|error| panic!("{error}\n{:#?}", driver.log));
    Run {
        driver,
        ended,
        now: world.now(),
        received: world.received().to_vec(),
        trace: world.trace(),
        client: world.machine.0,
    }
}

pub(crate) fn boot(config: Config, dhcp: DhcpServer, tftp: TftpServer) -> Run {
    boot_with(config, dhcp, tftp, Link::perfect(), 1, Driver::new())
}

/// One host that is both servers.
pub(crate) struct Both {
    pub(crate) dhcp: DhcpServer,
    pub(crate) tftp: TftpServer,
}

impl testkit::world::Peer for Both {
    fn address(&self) -> Ipv4Addr {
        SERVER
    }

    fn receive(&mut self, now: Instant, path: UdpPath, data: &[u8]) -> Vec<testkit::world::Reply> {
        if path.local.port() == 67 {
            self.dhcp.receive(now, path, data)
        } else {
            self.tftp.receive(now, path, data)
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.dhcp.poll_timeout().into_iter().chain(self.tftp.poll_timeout()).min()
    }

    fn handle_timeout(&mut self, now: Instant) -> Vec<testkit::world::Reply> {
        let mut replies = self.dhcp.handle_timeout(now);
        replies.extend(self.tftp.handle_timeout(now));
        replies
    }
}

impl Run {
    pub(crate) fn is_ready(&self) -> bool {
        self.client.plan().is_some()
    }

    pub(crate) fn code(&self) -> String {
        self.client.failure().map_or_else(
            || panic!("no failure; {:?}\n{:#?}\n{}", self.ended, self.driver.log, self.trace),
            |failure| failure.code().to_string(),
        )
    }

    pub(crate) fn command_line(&self) -> String {
        let mut buffer = [0; 4096];
        let text = self.client.command_line(self.driver.texts.configuration(), &mut buffer).unwrap();
        String::from_utf8(text.to_vec()).unwrap()
    }
}
