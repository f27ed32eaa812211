//! RFC 2090: the master asks for what is missing, everybody else listens.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod common;

use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;

use bootproto_core::{Instant, UdpPath};
use bootproto_tftp::client::{Event, Rung};
use bootproto_tftp::{Download, Failure, Ignored};
use common::{CLIENT, SERVER, Talk, ack, config, content, data, download, head, oack, path, run, world};
use testkit::world::{Link, Peer, Reply};

const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 1, 1);
const GROUP_PORT: u16 = 1758;

/// From the server to the group.
fn to_group() -> UdpPath {
    UdpPath { local: SocketAddrV4::new(GROUP, GROUP_PORT).into(), ..path(2000) }
}

fn joined(master: bool) -> Talk<Download> {
    let mut talk = Talk::new(Download::new(config("k").with_block_size(16).with_multicast(true)).unwrap());
    let request =
        b"\0\x01k\0octet\0blksize\x0016\0tsize\x000\0timeout\x001\0utimeout\x00100000\0multicast\0\0";
    assert_eq!(talk.sent(), [(69, request.to_vec())]);
    let value = format!("{GROUP},{GROUP_PORT},{}", u8::from(master));
    let options = oack(&[("blksize", "16"), ("multicast", &value)]);
    assert_eq!(talk.from(2000, &options), Event::JoinMulticast { group: GROUP, port: GROUP_PORT });
    assert!(talk.machine.negotiated().multicast);
    talk
}

fn block(number: u16) -> Vec<u8> {
    let start = usize::from(number - 1) * 16;
    data(number, &content(start + 16)[start..])
}

#[test]
fn the_master_acknowledges_each_block() {
    let mut talk = joined(true);
    assert_eq!(talk.sent(), [(2000, ack(0))]);
    for number in 1..=3 {
        let packet = block(number);
        let offset = u64::from(number - 1) * 16;
        assert_eq!(talk.on(to_group(), &packet), Event::Data { offset, bytes: &packet[4..] });
        assert_eq!(talk.sent(), [(2000, ack(number))]);
    }
    talk.on(to_group(), &data(4, b"end"));
    assert!(talk.machine.is_complete());
    assert_eq!(talk.sent(), [(2000, ack(4))]);
    assert_eq!(talk.due(), Some(Event::Done { size: 51 }));
}

#[test]
fn a_listener_is_silent_until_it_becomes_the_master_and_then_asks_for_what_it_missed() {
    let mut talk = joined(false);
    assert_eq!(talk.sent(), []);
    for number in [3, 4, 6, 7] {
        assert!(matches!(talk.on(to_group(), &block(number)), Event::Data { .. }));
        assert_eq!(talk.sent(), []);
    }
    assert!(matches!(talk.on(to_group(), &block(4)), Event::Ignored(Ignored::Duplicate { .. })));
    // The address and the port may be left out now.
    assert_eq!(talk.from(2000, &oack(&[("multicast", ",,1")])), Event::Nothing);
    assert_eq!(talk.sent(), [(2000, ack(0))]);
    talk.on(to_group(), &block(1));
    assert_eq!(talk.sent(), [(2000, ack(1))]);
    talk.on(to_group(), &block(2));
    assert_eq!(talk.sent(), [(2000, ack(4))], "3 and 4 are here");
    talk.on(to_group(), &block(5));
    assert_eq!(talk.sent(), [(2000, ack(7))]);
    talk.on(to_group(), &data(8, b""));
    assert_eq!(talk.sent(), [(2000, ack(8))]);
    assert_eq!(talk.machine.received(), 7 * 16);
}

#[test]
fn a_listener_that_has_everything_says_so_once() {
    let mut talk = joined(false);
    talk.on(to_group(), &block(1));
    talk.on(to_group(), &data(2, b"end"));
    assert!(talk.machine.is_complete());
    assert_eq!(talk.sent(), [(2000, ack(2))]);
    talk.wait(Duration::from_millis(100));
    talk.on(to_group(), &block(1));
    talk.on(to_group(), &data(2, b"end"));
    assert_eq!(talk.sent(), [], "the others' transfer goes on");
    // The acknowledgement was lost: the server makes us the master.
    talk.from(2000, &oack(&[("multicast", ",,1")]));
    assert_eq!(talk.sent(), [(2000, ack(2))]);
}

#[test]
fn a_master_that_is_deposed_falls_silent() {
    let mut talk = joined(true);
    talk.sent();
    assert_eq!(talk.from(2000, &oack(&[("multicast", ",,0")])), Event::Nothing);
    talk.on(to_group(), &block(1));
    assert_eq!(talk.sent(), []);
    let start = talk.now;
    let Some(Event::Failed(failure)) = talk.due() else { panic!() };
    assert_eq!(failure, Failure::ReadTimedOut { bytes: 16 });
    assert_eq!(talk.now.saturating_since(start), Duration::from_secs(30));
}

#[test]
fn a_master_that_hears_nothing_asks_again() {
    let mut talk = joined(true);
    talk.sent();
    talk.on(to_group(), &block(1));
    assert_eq!(talk.sent(), [(2000, ack(1))]);
    assert_eq!(talk.due(), None);
    assert_eq!(talk.sent(), [(2000, ack(1))]);
}

#[test]
fn more_gaps_than_can_be_kept_cost_a_repetition_and_nothing_else() {
    let mut talk = joined(false);
    for number in (2..60).step_by(2) {
        talk.on(to_group(), &block(number));
    }
    talk.from(2000, &oack(&[("multicast", ",,1")]));
    let mut asked = talk.sent();
    let mut steps = 0;
    while !talk.machine.is_complete() {
        let next = head(&asked.pop().unwrap().1).1 + 1;
        let packet = if next == 61 { data(61, b"") } else { block(next) };
        assert!(matches!(talk.on(to_group(), &packet), Event::Data { .. }), "block {next} was asked for");
        asked = talk.sent();
        steps += 1;
        assert!(steps < 61);
    }
    assert_eq!(talk.machine.received(), 60 * 16);
}

#[test]
fn a_group_that_is_none_is_refused() {
    for value in ["192.0.2.7,1758,1", ",,1", "239.255.1.1,,1", "x,1,1", "239.255.1.1,0,1"] {
        let mut talk = Talk::new(Download::new(config("k").with_multicast(true)).unwrap());
        talk.sent();
        let packet = oack(&[("multicast", value)]);
        assert_eq!(talk.from(2000, &packet), Event::FellBack(Rung::NoMulticast), "{value}");
        let sent = talk.sent();
        assert_eq!(head(&sent[0].1), (5, 8));
        assert!(sent[1].1.ends_with(b"windowsize\x0016\0"));
    }
}

#[test]
fn a_file_of_more_blocks_than_16_bits_count_is_fetched_without_the_group() {
    let mut talk = Talk::new(Download::new(config("k").with_block_size(8).with_multicast(true)).unwrap());
    talk.sent();
    let value = format!("{GROUP},{GROUP_PORT},1");
    let packet = oack(&[("blksize", "8"), ("tsize", "600000"), ("multicast", &value)]);
    assert_eq!(talk.from(2000, &packet), Event::FellBack(Rung::NoMulticast));
}

/// A server with one other client, which is the master first and acknowledges everything at once.
#[derive(Debug)]
struct Server {
    blocks: Vec<Vec<u8>>,
    /// The next block for the other client; none when it is done.
    streaming: Option<usize>,
    due: Instant,
    client: Option<UdpPath>,
    appointed: bool,
}

impl Server {
    fn to_group(&self, block: usize) -> Vec<Reply> {
        let Some(bytes) = self.blocks.get(block - 1) else { return Vec::new() };
        let local = SocketAddrV4::new(SERVER, 2000).into();
        let path = UdpPath { local, remote: SocketAddrV4::new(GROUP, GROUP_PORT).into() };
        vec![(path, data(u16::try_from(block).unwrap(), bytes))]
    }
}

impl Peer for Server {
    fn address(&self) -> Ipv4Addr {
        SERVER
    }

    fn receive(&mut self, now: Instant, path: UdpPath, bytes: &[u8]) -> Vec<Reply> {
        let local = SocketAddrV4::new(SERVER, 2000).into();
        if path.local.port() == 69 {
            let own = UdpPath { local, ..path };
            self.client = Some(own);
            self.due = now.saturating_add(Duration::from_millis(3));
            let value = format!("{GROUP},{GROUP_PORT},0");
            return vec![(own, oack(&[("blksize", "64"), ("multicast", &value)]))];
        }
        match head(bytes) {
            (4, number) if self.appointed => self.to_group(usize::from(number) + 1),
            _ => Vec::new(),
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.client.map(|_| self.due)
    }

    fn handle_timeout(&mut self, now: Instant) -> Vec<Reply> {
        let Some(client) = self.client else { return Vec::new() };
        if let Some(block) = self.streaming {
            self.due = now.saturating_add(Duration::from_micros(200));
            self.streaming = (block < self.blocks.len()).then_some(block + 1);
            return self.to_group(block);
        }
        // Until the client answers, it is told again that it is the master.
        self.due = now.saturating_add(Duration::from_secs(1));
        self.appointed = true;
        vec![(client, oack(&[("multicast", ",,1")]))]
    }
}

#[test]
fn a_listener_that_joins_late_on_a_lossy_link_gets_the_whole_file() {
    for seed in 0..8 {
        let bytes = content(64 * 300 + 7);
        let blocks: Vec<Vec<u8>> = bytes.chunks(64).map(<[u8]>::to_vec).collect();
        let server =
            Server { blocks, streaming: Some(120), due: Instant::default(), client: None, appointed: false };
        let config = config("k").with_block_size(64).with_multicast(true);
        let mut world =
            world(download(config), Link { reordering: 30, ..Link::lossy(30) }, seed).with_peer(server);
        let told = run(&mut world, Duration::from_secs(600));
        assert_eq!((told.done, told.failed), (Some(bytes.len() as u64), None), "{}", world.trace());
        assert!(told.bytes == bytes);
        assert!(world.records().iter().all(|record| !record.ours || *record.from.ip() == CLIENT));
    }
}
