//! The naive TFTP server against the naive TFTP client: neither knows our wire crates, and both are simple.

use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;

use bootproto_core::{BufferTooSmall, Instant, Machine, Transmit, UdpPath};
use testkit::laws::{Class, Subject};
use testkit::naive::{OptionManners, TftpClient, TftpServer};
use testkit::pcap;
use testkit::world::{Ended, Link, World};

/// A machine that has nothing to do: the world wants one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Idle;

impl Machine for Idle {
    type Path = UdpPath;
    type Event<'d> = ();
    const MAX_TRANSMIT: usize = 0;
    fn handle_datagram(&mut self, _: Instant, _: UdpPath, _: &[u8]) {}
    fn handle_timeout(&mut self, _: Instant) -> Option<()> {
        None
    }
    fn poll_transmit<'b>(
        &mut self,
        _: Instant,
        _: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, UdpPath>>, BufferTooSmall> {
        Ok(None)
    }
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

impl Subject for Idle {
    fn class((): &()) -> Class {
        Class::Ignored
    }
    fn parses(_: &[u8]) -> bool {
        false
    }
}

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const CLIENT: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 2), 1234);
const TO: SocketAddrV4 = SocketAddrV4::new(SERVER, 69);

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 7 + index / 251) as u8).collect()
}

/// Runs both to their ends; the world and the client's outcome.
fn run(
    server: TftpServer,
    client: TftpClient,
    link: Link,
    seed: u64,
) -> (World<Idle>, Result<Vec<u8>, String>) {
    let outcome = client.outcome.clone();
    let mut world = World::new(Idle, link, seed).with_peer(server).with_peer(client);
    assert_eq!(world.run(Duration::from_secs(3600), |_, _, _| {}), Ok(Ended::Idle));
    let outcome = outcome.borrow_mut().take().expect("the client has ended");
    (world, outcome)
}

#[test]
fn every_length_around_a_block_arrives() {
    for length in [0, 1, 511, 512, 513, 1024, 5000] {
        let server = TftpServer::new(SERVER).with_file("f", content(length));
        let (_, outcome) = run(server, TftpClient::download(CLIENT, TO, "f", &[]), Link::perfect(), 1);
        assert_eq!(outcome, Ok(content(length)));
    }
}

#[test]
fn files_survive_an_awful_link_both_ways() {
    let options: &[&[(&str, &str)]] =
        &[&[], &[("blksize", "1400"), ("tsize", "0")], &[("blksize", "100"), ("windowsize", "8")]];
    for seed in 0..30 {
        for options in options {
            let server = TftpServer::new(SERVER).with_file("f", content(20_000));
            let (_, outcome) =
                run(server, TftpClient::download(CLIENT, TO, "f", options), Link::awful(), seed);
            assert_eq!(outcome, Ok(content(20_000)), "seed {seed}, options {options:?}");

            let server = TftpServer::new(SERVER);
            let written = server.written.clone();
            let client = TftpClient::upload(CLIENT, TO, "g", content(20_000), options);
            run(server, client, Link::awful(), seed).1.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            assert_eq!(written.borrow()["g"], content(20_000), "seed {seed}, options {options:?}");
        }
    }
}

#[test]
fn block_numbers_roll_over() {
    for rollover in [0, 1] {
        let server = TftpServer::new(SERVER)
            .with(|server| server.rollover = rollover)
            .with_file("f", content(8 * 66_000));
        let client = TftpClient::download(CLIENT, TO, "f", &[("blksize", "8"), ("windowsize", "64")]);
        let (_, outcome) = run(server, client.with(|client| client.rollover = rollover), Link::perfect(), 1);
        assert!(outcome == Ok(content(8 * 66_000)));
    }
}

#[test]
fn manners_are_bad_when_asked_for() {
    let options = [("blksize", "1000"), ("tsize", "0")];
    let run = |server: TftpServer| {
        let server = server.with_file("f", content(3000));
        run(server, TftpClient::download(CLIENT, TO, "f", &options), Link::perfect(), 1)
    };
    let with = |options| TftpServer::new(SERVER).with(|server| server.options = options);
    assert_eq!(run(with(OptionManners::Ignore)).1, Ok(content(3000)));
    assert_eq!(run(with(OptionManners::Refuse)).1, Err("ERROR 8: no options here".into()));
    assert_eq!(run(with(OptionManners::Only(vec!["tsize".into()]))).1, Ok(content(3000)));
    let said = OptionManners::Say(vec![("multicast".into(), ",,1".into())]);
    assert_eq!(run(with(said)).1, Err("OACK with multicast, which was not asked for".into()));
    let silent = TftpServer::new(SERVER).with(|server| server.stop_after = Some(1));
    assert_eq!(run(silent).1, Err("no answer".into()));
    let (world, outcome) = run(TftpServer::new(SERVER).with(|server| server.same_port = true));
    assert_eq!(outcome, Ok(content(3000)));
    assert!(world.records().iter().all(|record| record.from.port() == 69 || record.to.port() == 69));
}

#[test]
fn a_missing_file_is_an_error() {
    let (_, outcome) =
        run(TftpServer::new(SERVER), TftpClient::download(CLIENT, TO, "f", &[]), Link::perfect(), 1);
    assert_eq!(outcome, Err("ERROR 1: file not found".into()));
}

#[test]
fn a_run_is_the_same_again_and_its_capture_has_every_packet() {
    let once = || {
        let server = TftpServer::new(SERVER).with_file("f", content(9000));
        run(server, TftpClient::download(CLIENT, TO, "f", &[]), Link::awful(), 42).0
    };
    let (one, other) = (once(), once());
    assert_eq!(one.records(), other.records());
    let read = pcap::read(&one.pcap()).expect("our own file");
    assert_eq!(read.len(), one.records().len());
    assert!(read.iter().zip(one.records()).all(|(a, b)| a.payload == b.payload && a.from == b.from));
    assert!(one.trace().contains("10.0.0.2:1234 -> 10.0.0.1:69"));
}
