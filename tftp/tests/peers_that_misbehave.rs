//! Peers that trickle, that lose the end of every window, that complain at the end, and that tell no size.
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

use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto_core::{Instant, Machine, UdpPath};
use bootproto_tftp::client::{Event, Rung};
use bootproto_tftp::wire::Request;
use bootproto_tftp::{Download, Failure, Ignored, Upload, server};
use common::{
    CLIENT_PORT, SERVER, Talk, ack, config, content, data, download, error, head, oack, run, server_path,
    world,
};
use proptest::prelude::*;
use testkit::naive::TftpServer;
use testkit::world::{Link, Peer, Reply};

const SECOND: Duration = Duration::from_secs(1);

/// A server behind a buffer that holds so many blocks of a burst, after the first `sound` blocks.
struct Behind {
    server: TftpServer,
    holds: usize,
    sound: u16,
}

impl Behind {
    fn swallow(&self, replies: Vec<Reply>) -> Vec<Reply> {
        let late = |packet: &[u8]| head(packet).0 == 3 && head(packet).1 > self.sound;
        let mut burst = 0;
        let fits = |(_, packet): &Reply| {
            burst += usize::from(late(packet));
            burst <= self.holds
        };
        replies.into_iter().filter(fits).collect()
    }
}

impl Peer for Behind {
    fn address(&self) -> Ipv4Addr {
        SERVER
    }

    fn receive(&mut self, now: Instant, path: UdpPath, data: &[u8]) -> Vec<Reply> {
        let replies = self.server.receive(now, path, data);
        self.swallow(replies)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.server.poll_timeout()
    }

    fn handle_timeout(&mut self, now: Instant) -> Vec<Reply> {
        let replies = self.server.handle_timeout(now);
        self.swallow(replies)
    }
}

#[test]
fn windows_that_lose_their_end_from_the_middle_on_cost_neither_the_file_nor_much_time() {
    for holds in [1, 3, 8] {
        let bytes = content(1_000_000);
        let server = TftpServer::new(SERVER).with_file("kernel", bytes.clone());
        let behind = Behind { server, holds, sound: 100 };
        let mut world = world(download(config("kernel")), Link::perfect(), 1).with_peer(behind);
        let told = run(&mut world, Duration::from_secs(3600));
        assert!(told.bytes == bytes);
        assert_eq!(told.rungs, [], "the file does not begin anew");
        let took = Duration::from_micros(world.now().as_micros());
        assert!(took < Duration::from_secs(12), "{holds}: {took:?}, {:?}", world.machine.0.statistics());
    }
}

#[test]
fn a_stride_that_came_through_often_grows_again() {
    let mut talk = Talk::new(Download::new(config("kernel").with_block_size(8)).unwrap());
    talk.sent();
    talk.from(2000, &oack(&[("blksize", "8"), ("windowsize", "4")]));
    talk.sent();
    let mut next = 1;
    let mut give = |talk: &mut Talk<Download>, blocks: u16| {
        talk.wait(Duration::from_millis(1));
        for _ in 0..blocks {
            assert!(matches!(talk.from(2000, &data(next, &[7; 8])), Event::Data { .. }));
            next += 1;
        }
        talk.sent().len()
    };
    assert_eq!(give(&mut talk, 4), 1, "a whole window");
    for _ in 0..3 {
        assert_eq!(give(&mut talk, 2), 0, "half a window, and silence");
        assert_eq!(talk.due(), None);
        assert_eq!(talk.sent().len(), 1);
    }
    for _ in 0..32 {
        assert_eq!(give(&mut talk, 2), 1, "half a window is acknowledged");
    }
    assert_eq!(give(&mut talk, 2), 0, "whole windows are tried again");
    assert_eq!(give(&mut talk, 2), 1);
}

#[test]
fn a_server_that_trickles_is_given_up() {
    let config = config("kernel").with_minimum_rate(1000, Duration::from_secs(60));
    let mut talk = Talk::new(Download::new(config).unwrap());
    talk.sent();
    let start = talk.now;
    talk.from(2000, &oack(&[("blksize", "8")]));
    let mut block = 0;
    // Twenty blocks a minute, each long before the silence would end it.
    let failure = loop {
        talk.sent();
        talk.wait(3 * SECOND);
        if let Some(Event::Failed(failure)) = talk.machine.handle_timeout(talk.now) {
            break failure;
        }
        talk.sent();
        block += 1;
        talk.from(2000, &data(block, &[7; 8]));
    };
    assert_eq!(talk.now.saturating_since(start), 60 * SECOND);
    assert_eq!(failure, Failure::TooSlow { bytes: 19 * 8 });
    assert_eq!(bootproto_core::Numbered::entry(&failure).pxe, Some("PXE-E35"));
    let sent = talk.sent();
    assert_eq!((sent[0].0, head(&sent[0].1)), (2000, (5, 0)), "the server is told");
}

#[test]
fn a_server_that_keeps_the_rate_is_not() {
    for (rate, minutes) in [(1000, 10), (0, 120)] {
        let config = config("kernel").with_minimum_rate(rate, Duration::from_secs(60));
        let mut talk = Talk::new(Download::new(config).unwrap());
        talk.sent();
        talk.from(2000, &oack(&[("blksize", "64")]));
        for block in 1..=minutes * 20 {
            talk.sent();
            talk.wait(3 * SECOND);
            assert_eq!(talk.machine.handle_timeout(talk.now), None);
            talk.sent();
            assert!(matches!(talk.from(2000, &data(block, &[7; 64])), Event::Data { .. }));
        }
    }
}

#[test]
fn a_client_that_trickles_loses_its_slot() {
    let request = Request::parse(b"\0\x01f\0octet\0blksize\x008\0").unwrap();
    let source: &[u8] = &[7; 100_000];
    let config = server::Config::new(1).with_minimum_rate(1000, 60 * SECOND);
    let mut talk = Talk::new(server::Send::new(config, server_path(4000), &request, source).unwrap());
    let start = talk.now;
    let mut block = 0;
    let failure = loop {
        talk.sent();
        talk.wait(3 * SECOND);
        if let Some(server::Event::Failed(failure)) = talk.machine.handle_timeout(talk.now) {
            break failure;
        }
        talk.sent();
        talk.on(server_path(4000), &ack(block));
        block += 1;
    };
    assert_eq!(talk.now.saturating_since(start), 60 * SECOND);
    assert!(matches!(failure, Failure::TooSlow { .. }), "{failure:?}");
}

#[test]
fn a_server_that_takes_an_upload_by_drops_is_given_up() {
    let source: &[u8] = &[7; 100_000];
    let config = config("f").with_minimum_rate(1000, 60 * SECOND).with_block_size(8).with_window_size(1);
    let mut talk = Talk::new(Upload::new(config, source).unwrap());
    talk.sent();
    let mut block = 0;
    talk.from(2000, &oack(&[("blksize", "8")]));
    let failure = loop {
        talk.sent();
        talk.wait(3 * SECOND);
        if let Some(Event::Failed(failure)) = talk.machine.handle_timeout(talk.now) {
            break failure;
        }
        talk.sent();
        block += 1;
        talk.from(2000, &ack(block));
    };
    assert!(matches!(failure, Failure::TooSlow { .. }), "{failure:?}");
}

#[test]
fn a_complaint_after_the_last_byte_spoils_nothing() {
    let mut talk = Talk::new(Download::new(config("kernel")).unwrap());
    talk.sent();
    talk.from(2000, &data(1, b"short"));
    // Our acknowledgement is lost, and the server loses its patience.
    talk.sent();
    assert_eq!(talk.from(2000, &error(0, "timeout")), Event::Done { size: 5 });
    assert_eq!(talk.from(2000, &error(0, "timeout")), Event::Ignored(Ignored::Finished));

    let request = Request::parse(b"\0\x02f\0octet\0").unwrap();
    let receive = server::Receive::new(server::Config::new(1), server_path(4000), &request).unwrap();
    let mut talk = Talk::new(receive);
    talk.sent();
    talk.on(server_path(4000), &data(1, b"short"));
    talk.sent();
    let complaint = error(0, "timeout");
    assert_eq!(talk.on(server_path(4000), &complaint), server::Event::Done { size: 5 });
    assert_eq!(talk.machine.path().remote.port(), CLIENT_PORT);
}

#[test]
fn a_size_of_zero_given_back_is_no_size() {
    let mut talk = Talk::new(Download::new(config("kernel")).unwrap());
    talk.sent();
    let Event::Opened(negotiated) = talk.from(2000, &oack(&[("blksize", "1024"), ("tsize", "0")])) else {
        panic!()
    };
    assert_eq!(negotiated.size, None);
    assert!(matches!(talk.from(2000, &data(1, &[7; 1024])), Event::Data { offset: 0, .. }));
    talk.from(2000, &data(2, b"end"));
    assert_eq!(talk.machine.received(), 1027);
}

#[test]
fn the_port_of_an_abandoned_transfer_is_remembered_over_a_refusal() {
    let mut talk = Talk::new(Download::new(config("kernel")).unwrap());
    talk.sent();
    assert_eq!(talk.from(2000, &oack(&[("foo", "1")])), Event::FellBack(Rung::NoWindow));
    talk.sent();
    assert_eq!(talk.from(2001, &error(8, "no")), Event::FellBack(Rung::NoBlockSize));
    talk.sent();
    // The first transfer's packet, late.
    let packet = data(1, &[7; 100]);
    assert_eq!(talk.from(2000, &packet), Event::Ignored(Ignored::UnknownTransfer { port: 2000 }));
}

#[test]
fn no_window_is_larger_than_half_of_all_numbers() {
    let request = Talk::new(
        Download::new(
            config("f").with_block_size(8).with_receive_buffer(u32::MAX).with_large_window_size(u16::MAX),
        )
        .unwrap(),
    )
    .sent()
    .remove(0)
    .1;
    assert!(request.ends_with(b"windowsize\x0032767\0"), "{}", request.escape_ascii());
    let request = Request::parse(b"\0\x01f\0octet\0windowsize\x0065535\0").unwrap();
    let config = server::Config::new(1).with_max_window_size(u16::MAX);
    let send = server::Send::new(config, server_path(4000), &request, &b"x"[..]).unwrap();
    assert_eq!(send.negotiated().window_size, 32767);
}

#[test]
fn a_download_that_failed_with_its_last_block_is_not_complete() {
    for (announced, length) in [("600", 89), ("600", 87)] {
        let mut talk = Talk::new(Download::new(config("kernel")).unwrap());
        talk.sent();
        talk.from(2000, &oack(&[("tsize", announced)]));
        talk.from(2000, &data(1, &[7; 512]));
        assert!(matches!(talk.from(2000, &data(2, &[7; 512][..length])), Event::Failed(_)));
        assert!(!talk.machine.is_complete());
    }
    let request = Request::parse(b"\0\x02f\0octet\0tsize\x00600\0").unwrap();
    let receive = server::Receive::new(server::Config::new(1), server_path(4000), &request).unwrap();
    let mut talk = Talk::new(receive);
    talk.sent();
    talk.on(server_path(4000), &data(1, &[7; 512]));
    let last = data(2, &[7; 89]);
    assert!(matches!(talk.on(server_path(4000), &last), server::Event::Failed(_)));
    assert!(!talk.machine.is_complete());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn a_file_arrives_whole_from_behind_any_buffer_over_any_link(
        length in 0_usize..60_000,
        window_size in 1_u16..64,
        holds in 1_usize..20,
        sound in 0_u16..40,
        loss in 0_u16..40,
        duplication in 0_u16..60,
        reordering in 0_u16..60,
        in_order: bool,
        seed: u64,
    ) {
        let bytes = content(length);
        let server = TftpServer::new(SERVER).with_file("kernel", bytes.clone()).with(|server| server.tries = 1000);
        let config = config("kernel").with_block_size(512).with_window_size(window_size).with_in_order(in_order);
        // Patience for the naive server, which repeats itself once a second.
        let config = config.with_timeouts(Duration::from_millis(20), 4 * SECOND, 300 * SECOND);
        let link = Link { loss, duplication, reordering, jitter: Duration::from_millis(2), ..Link::perfect() };
        let mut world = world(download(config), link, seed).with_peer(Behind { server, holds, sound });
        let told = run(&mut world, Duration::from_secs(3600));
        prop_assert!(told.bytes == bytes, "{:?}", world.machine);
        prop_assert_eq!(told.done, Some(length as u64));
    }
}
