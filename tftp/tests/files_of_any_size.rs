//! More blocks than 16 bits count, and more bytes than 32 bits count.
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

use core::time::Duration;

use bootproto_core::Machine;
use bootproto_tftp::client::Event;
use bootproto_tftp::server::{self, Send};
use bootproto_tftp::wire::Request;
use bootproto_tftp::{Download, Source, SourceError};
use common::{
    Listener, SERVER, Talk, ack, config, content, data, download, head, oack, run, server_path, world,
};
use testkit::naive::TftpServer;
use testkit::world::Link;

const LIMIT: Duration = Duration::from_secs(36_000);

fn rolls_over(rollover: u16, window_size: u16, link: Link, length: usize, seed: u64) {
    let bytes = content(length);
    let server =
        TftpServer::new(SERVER).with_file("big", bytes.clone()).with(|server| server.rollover = rollover);
    let config = config("big").with_block_size(8).with_window_size(window_size);
    let mut world = world(download(config), link, seed).with_peer(server);
    let told = run(&mut world, LIMIT);
    assert_eq!((told.done, told.failed), (Some(length as u64), None));
    assert!(told.bytes == bytes, "rollover {rollover}, window {window_size}");
}

#[test]
fn a_rollover_to_0_is_recognised() {
    rolls_over(0, 1, Link::perfect(), 8 * 65_540 + 3, 1);
    rolls_over(0, 16, Link::perfect(), 8 * 65_540 + 3, 1);
    rolls_over(0, 7, Link::perfect(), 8 * 65_535, 1);
    rolls_over(0, 64, Link::lossy(5), 8 * 131_080 + 3, 2);
}

#[test]
fn a_rollover_to_1_is_recognised() {
    rolls_over(1, 1, Link::perfect(), 8 * 65_540 + 3, 1);
    rolls_over(1, 16, Link::perfect(), 8 * 65_540 + 3, 1);
    rolls_over(1, 7, Link::perfect(), 8 * 65_535, 1);
    rolls_over(1, 64, Link::lossy(5), 8 * 131_080 + 3, 2);
}

/// Up to the last block that 16 bits count.
fn at_the_boundary(window_size: u16) -> Talk<Download> {
    let mut talk = Talk::new(Download::new(config("big").with_block_size(16)).unwrap());
    talk.sent();
    talk.from(2000, &oack(&[("blksize", "8"), ("windowsize", &window_size.to_string())]));
    talk.sent();
    for block in 1..=65_535 {
        let packet = data(block, &[1; 8]);
        assert!(matches!(talk.from(2000, &packet), Event::Data { .. }));
        if (u32::from(block)).is_multiple_of(u32::from(window_size)) {
            assert_eq!(talk.sent(), [(2000, ack(block))]);
        }
    }
    talk
}

#[test]
fn a_lost_block_0_is_no_rollover_to_1() {
    // 65535 is a multiple of 5: a window begins with block 0.
    let mut talk = at_the_boundary(5);
    let offset = 8 * 65_535;
    for pass in 0..3 {
        for block in 1..5 {
            assert!(matches!(talk.from(2000, &data(block, &[2; 8])), Event::Nothing), "{pass}");
        }
        assert_eq!(talk.sent(), [(2000, ack(65_535))]);
        talk.wait(Duration::from_millis(5));
    }
    let packet = data(0, &[3; 8]);
    assert_eq!(talk.from(2000, &packet), Event::Data { offset, bytes: &[3; 8] });
    let packet = data(1, &[4; 8]);
    assert_eq!(talk.from(2000, &packet), Event::Data { offset: offset + 8, bytes: &[4; 8] });
}

#[test]
fn a_window_that_always_leads_with_block_1_has_rolled_over_to_1() {
    let mut talk = at_the_boundary(5);
    let mut passes = 0;
    let packet = data(1, &[2; 8]);
    while talk.from(2000, &packet) == Event::Nothing {
        passes += 1;
        assert_eq!(talk.sent(), [(2000, ack(65_535))]);
        talk.wait(Duration::from_millis(5));
    }
    assert_eq!(passes, 4);
    for block in 2..=5 {
        let packet = data(block, &[2; 8]);
        assert!(matches!(talk.from(2000, &packet), Event::Data { .. }));
    }
    assert_eq!(talk.sent(), [(2000, ack(5))]);
}

#[test]
fn offsets_go_beyond_4_gib() {
    let mut talk = Talk::new(
        Download::new(config("huge").with_block_size(65_464).with_receive_buffer(u32::MAX)).unwrap(),
    );
    talk.sent();
    let blocks = (5_u64 << 30) / 65_464;
    let size = blocks * 65_464 + 9;
    talk.from(2000, &oack(&[("blksize", "65464"), ("windowsize", "16"), ("tsize", &size.to_string())]));
    talk.sent();
    let mut packet = data(0, &vec![7; 65_464]);
    for block in 1..=blocks {
        packet[2..4].copy_from_slice(&(block as u16).to_be_bytes());
        let Event::Data { offset, bytes } = talk.from(2000, &packet) else { panic!("{block}") };
        assert_eq!((offset, bytes.len()), ((block - 1) * 65_464, 65_464));
        if block % 16 == 0 {
            assert_eq!(talk.sent(), [(2000, ack(block as u16))]);
        }
    }
    let last = data((blocks + 1) as u16, &[1; 9]);
    let Event::Data { offset, .. } = talk.from(2000, &last) else { panic!() };
    assert!(offset > 1 << 32);
    assert!(talk.machine.is_complete());
    talk.sent();
    assert_eq!(talk.due(), Some(Event::Done { size }));
}

/// Five gibibytes that are nowhere.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Huge;

impl Source for Huge {
    fn len(&self) -> u64 {
        (5 << 30) + 9
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, SourceError> {
        if let Some(place) = into.first_chunk_mut::<8>() {
            *place = offset.to_be_bytes();
        }
        Ok(into.len())
    }
}

fn sends_huge(rollover: &str) {
    let text =
        format!("\0\x01f\0octet\0blksize\x0065464\0windowsize\x0064\0tsize\x000\0rollover\0{rollover}\0");
    let request = Request::parse(text.as_bytes()).unwrap();
    let send = Send::new(server::Config::new(1), server_path(4000), &request, Huge).unwrap();
    let mut talk = Talk::new(send);
    let grant = talk.sent().remove(0).1;
    assert!(grant.ends_with(format!("rollover\0{rollover}\0").as_bytes()));
    talk.on(server_path(4000), &ack(0));
    let (mut block, mut wire) = (0_u64, 0_u16);
    loop {
        for (_, packet) in talk.sent() {
            wire = if wire == u16::MAX { rollover.parse().unwrap() } else { wire + 1 };
            assert_eq!(head(&packet), (3, wire));
            if packet.len() == 65_468 {
                assert_eq!(packet[4..12], (block * 65_464).to_be_bytes());
            }
            block += 1;
        }
        if let server::Event::Done { size } = talk.on(server_path(4000), &ack(wire)) {
            assert_eq!(size, (5 << 30) + 9);
            assert_eq!(block, size / 65_464 + 1);
            return;
        }
    }
}

#[test]
fn a_server_sends_more_than_4_gib_with_either_rollover() {
    sends_huge("0");
    sends_huge("1");
}

#[test]
fn our_server_and_client_pass_the_rollover_under_loss() {
    let bytes = content(8 * 66_000 + 1);
    let config = config("big").with_block_size(8).with_window_size(32);
    let listener = Listener::new(&bytes, server::Config::new(5));
    let mut world = world(download(config), Link::lossy(5), 3).with_peer(listener);
    assert!(run(&mut world, LIMIT).bytes == bytes);
    assert!(world.machine.poll_timeout().is_none());
}
