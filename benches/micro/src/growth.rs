//! Machines that boot at once: each our client on a link of testkit's with both of our servers at its other end, all
//! of them in one process and in slices of the same time.

use bootproto::client::{Client, Config, Event, Texts};
use bootproto::linux::Region;
use bootproto_core::{Instant, Machine, UdpPath};
use bootproto_dhcp::server::{self, Binding, Server};
use bootproto_dhcp::{HardwareAddress, client as dhcp};
use bootproto_tftp::server::{Config as Granted, Send, refuse};
use bootproto_tftp::wire::{ErrorCode, Request};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;
use testkit::laws::{Class, Subject};
use testkit::world::{Ended, Link, Peer, Reply, World};

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 100);
const MASK: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 0);
const LOW: Region = Region { start: 0x1000, length: 0x9_e000, usable: true };
const HIGH: Region = Region { start: 0x10_0000, length: 64 << 20, usable: true };
const CONFIGURATION: &[u8] =
    b"DEFAULT lab\nLABEL lab\n  LINUX vmlinuz\n  INITRD initrd.img\n  APPEND root=/dev/nfs quiet\n";

/// Room for a configuration text, and for a manifest.
const TEXT: usize = 4096;

testkit::wrap!(pub struct Booter(Client));

impl Subject for Booter {
    fn class(event: &Event<'_>) -> Class {
        match event {
            Event::Ready | Event::Failed { .. } => Class::Terminal,
            Event::Ignored(why) if why.is_duplicate() => Class::Duplicate,
            Event::Ignored(_) => Class::Ignored,
            _ => Class::Other,
        }
    }

    fn parses(_: &[u8]) -> bool {
        // The tests of each crate look at that.
        true
    }

    fn burst(&self) -> usize {
        6
    }
}

/// The files that every machine fetches, once in memory.
pub type Files = Rc<BTreeMap<&'static str, Vec<u8>>>;

/// A boot program, a configuration, a kernel of `size` bytes and an initrd as large.
#[must_use]
pub fn files(size: usize) -> Files {
    let filling = |length: usize| (0..length).map(|at| (at % 251) as u8).collect::<Vec<_>>();
    Rc::new(BTreeMap::from([
        ("lab/pxelinux.0", filling(4096)),
        ("lab/pxelinux.cfg/default", CONFIGURATION.to_vec()),
        ("lab/vmlinuz", bzimage(size)),
        ("lab/initrd.img", filling(size)),
    ]))
}

/// One machine, its link and its servers.
pub struct Station {
    world: World<Booter>,
    texts: Texts<'static>,
    bytes: u64,
}

/// What is there to begin with: a client, and the room that its caller gives it.
#[must_use]
pub fn client(number: u32) -> (Client, Texts<'static>) {
    let [.., a, b, c] = number.to_be_bytes();
    let hardware = HardwareAddress::ethernet([0x52, 0x54, 0, a, b, c]);
    let config = Config::new(number.into(), dhcp::Config::new(number.into(), hardware));
    let client = Client::new(config.with_memory(&[LOW, HIGH]), Instant::default()).expect("sound");
    // Leaked, for they are lent for as long as the process lives.
    (client, Texts::new(vec![0; TEXT].leak(), vec![0; TEXT].leak()))
}

impl Station {
    /// The machine of this number, switched on.
    #[must_use]
    pub fn new(number: u32, files: &Files) -> Self {
        let (client, texts) = client(number);
        let world = World::new(Booter(client), Link::perfect(), number.into())
            .without_records()
            .with_address(CLIENT)
            .with_peer(Host::new(Rc::clone(files)));
        Self { world, texts, bytes: 0 }
    }

    /// Lets time pass; true when the boot is over.
    ///
    /// # Panics
    /// The machine breaks a law, or the boot fails.
    pub fn pass(&mut self, span: Duration) -> bool {
        let Self { world, texts, bytes } = self;
        let ended = world.run(span, |booter, now, event| on(&mut booter.0, texts, bytes, now, event));
        let over = ended.expect("no law is broken") != Ended::Limit;
        // What the client tells in answer to its caller's words, the world does not see.
        assert!(!over || world.machine.0.plan().is_some(), "it has not booted");
        over
    }

    /// Packets sent so far, in both directions.
    #[must_use]
    pub const fn packets(&self) -> u64 {
        self.world.sent()
    }

    /// Looks at what came of the boot.
    ///
    /// # Panics
    /// It is not the kernel and the initrd of the server.
    pub fn check(&self, files: &Files) {
        let plan = self.world.machine.0.plan().expect("a kernel to start");
        let sizes: Vec<_> = plan.files().iter().map(|file| file.size as usize).collect();
        let (kernel, initrd) = (files["lab/vmlinuz"].len(), files["lab/initrd.img"].len());
        assert_eq!(sizes, [kernel, initrd]);
        assert_eq!(self.bytes as usize, kernel + initrd, "each byte came once");
    }
}

fn on(client: &mut Client, texts: &mut Texts<'static>, bytes: &mut u64, now: Instant, event: &Event<'_>) {
    texts.take(client, event);
    let next = match *event {
        Event::Open { address: Some(_), .. } => {
            *bytes += client.head().len() as u64;
            Event::Nothing
        }
        Event::Data { address: Some(_), bytes: came, .. } => {
            *bytes += came.len() as u64;
            Event::Nothing
        }
        Event::NeedText | Event::ChoiceTimedOut => texts.answer(client, now),
        Event::ProbeAddress(_) => {
            client.probe_result(now, false);
            Event::Nothing
        }
        Event::Failed { failure, .. } => panic!("{failure}"),
        _ => Event::Nothing,
    };
    if next != Event::Nothing {
        on(client, texts, bytes, now, &next);
    }
}

/// Both servers on one address.
struct Host {
    dhcp: Server<[Binding; 1]>,
    files: Files,
    /// By the server's port.
    transfers: BTreeMap<u16, Send<File>>,
    port: u16,
}

/// A file that many transfers read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct File(Files, &'static str);

impl bootproto_tftp::Source for File {
    fn len(&self) -> u64 {
        self.0[self.1].len() as u64
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, bootproto_tftp::SourceError> {
        (&self.0[self.1][..]).read_at(offset, into)
    }
}

impl Host {
    fn new(files: Files) -> Self {
        let config = server::Config::new(SERVER).with_pool(CLIENT, CLIENT, MASK);
        let config = config.with_boot_file(None, b"lab/pxelinux.0");
        let dhcp = Server::new(config, [Binding::FREE; 1]).expect("sound");
        Self { dhcp, files, transfers: BTreeMap::new(), port: 40_000 }
    }

    fn request(&mut self, mut path: UdpPath, data: &[u8]) -> Option<Reply> {
        path.local = SocketAddr::new(SERVER.into(), self.port);
        self.port += 1;
        let request = Request::parse(data).ok()?;
        let name = str::from_utf8(request.file).ok()?;
        if let Some((name, _)) = self.files.get_key_value(name) {
            let source = File(Rc::clone(&self.files), name);
            let transfer = Send::new(Granted::new(self.port.into()), path, &request, source).ok()?;
            self.transfers.insert(path.local.port(), transfer);
            return None;
        }
        let mut buffer = [0; 128];
        let sent = refuse(path, ErrorCode::NOT_FOUND, b"no such file", &mut buffer).ok()?;
        Some((sent.path, sent.bytes.to_vec()))
    }

    fn drain(&mut self, now: Instant) -> Vec<Reply> {
        let mut buffer = [0; 2048];
        let mut replies = Vec::new();
        while let Some(sent) = self.dhcp.poll_transmit(now, &mut buffer).expect("room") {
            let mut path = sent.path;
            path.local.set_ip(SERVER.into());
            replies.push((path, sent.bytes.to_vec()));
        }
        for transfer in self.transfers.values_mut() {
            while let Some(sent) = transfer.poll_transmit(now, &mut buffer).expect("room") {
                replies.push((sent.path, sent.bytes.to_vec()));
            }
        }
        self.transfers.retain(|_, transfer| transfer.poll_timeout().is_some());
        replies
    }
}

impl Peer for Host {
    fn address(&self) -> Ipv4Addr {
        SERVER
    }

    fn receive(&mut self, now: Instant, path: UdpPath, data: &[u8]) -> Vec<Reply> {
        let mut replies = Vec::new();
        match path.local.port() {
            67 | 4011 => {
                self.dhcp.handle_datagram(now, path, data);
            }
            69 => replies.extend(self.request(path, data)),
            port => {
                if let Some(transfer) = self.transfers.get_mut(&port) {
                    transfer.handle_datagram(now, path, data);
                }
            }
        }
        replies.extend(self.drain(now));
        replies
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let transfers = self.transfers.values().filter_map(Machine::poll_timeout);
        transfers.chain(self.dhcp.poll_timeout()).min()
    }

    fn handle_timeout(&mut self, now: Instant) -> Vec<Reply> {
        self.dhcp.handle_timeout(now);
        for transfer in self.transfers.values_mut() {
            transfer.handle_timeout(now);
        }
        self.drain(now)
    }
}

/// A bzImage of boot protocol 2.15 (the kernel's `Documentation/arch/x86/boot.rst`): four setup sectors and `body` bytes.
fn bzimage(body: usize) -> Vec<u8> {
    let body = body.next_multiple_of(16);
    let mut image = vec![0; 5 * 512 + body];
    let long = |value: usize| u32::try_from(value).expect("small").to_le_bytes();
    let mut put = |at: usize, bytes: &[u8]| image[at..at + bytes.len()].copy_from_slice(bytes);
    put(0x1f1, &[4]);
    put(0x1f4, &long(body / 16));
    put(0x1fe, &[0x55, 0xaa, 0xeb, 0x6a]);
    put(0x202, b"HdrS");
    put(0x206, &0x020f_u16.to_le_bytes());
    put(0x211, &[1]);
    put(0x214, &0x10_0000_u32.to_le_bytes());
    put(0x22c, &0x7fff_ffff_u32.to_le_bytes());
    put(0x230, &0x20_0000_u32.to_le_bytes());
    put(0x234, &[1, 21, 1]);
    put(0x238, &2047_u32.to_le_bytes());
    put(0x258, &0x100_0000_u64.to_le_bytes());
    put(0x260, &long((body + 0x1000).next_multiple_of(4096)));
    image
}

#[cfg(test)]
mod tests {
    use super::{Station, files};
    use std::time::Duration;

    #[test]
    fn three_machines_boot() {
        let files = files(20_000);
        let mut stations: Vec<_> = (0..3).map(|number| Station::new(number, &files)).collect();
        for station in &mut stations {
            let booted = (0..1000).any(|_| station.pass(Duration::from_millis(20)));
            assert!(booted, "a boot takes seconds");
        }
        stations.iter().for_each(|station| station.check(&files));
        assert!(stations.iter().all(|station| station.packets() > 40));
    }
}
