//! Whole files over bad links, from a naive server and from our own, at many block and window sizes.
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

use bootproto_tftp::server;
use common::{Case, Listener, SERVER, config, content, download, run, world};
use proptest::prelude::*;
use testkit::naive::TftpServer;
use testkit::world::Link;

const HOUR: Duration = Duration::from_secs(3600);

fn from_naive(length: usize, block_size: u16, window_size: u16, link: Link, seed: u64) -> Duration {
    let bytes = content(length);
    let server = TftpServer::new(SERVER).with_file("kernel", bytes.clone());
    let config = config("kernel")
        .with_block_size(block_size)
        .with_large_window_size(window_size)
        .with_receive_buffer(u32::MAX);
    let mut world = world(download(config), link, seed).with_peer(server);
    let told = run(&mut world, HOUR);
    assert!(told.bytes == bytes, "{:?}\n{}", world.machine, world.trace());
    assert_eq!(told.done, Some(length as u64));
    assert_eq!(told.rungs, [], "{}", world.trace());
    Duration::from_micros(world.now().as_micros())
}

const fn wide(link: Link) -> Link {
    Link { mtu: 65_535, ..link }
}

#[test]
fn every_size_arrives_over_a_perfect_link() {
    for block_size in [8, 512, 1428, 1468, 8192, 65_464] {
        for window_size in [1, 2, 16, 64] {
            let block = usize::from(block_size);
            for length in [0, 1, block - 1, block, block + 1, 3 * block, 70 * block + 5] {
                from_naive(length, block_size, window_size, wide(Link::perfect()), 1);
            }
        }
    }
}

#[test]
fn every_size_arrives_over_an_awful_link() {
    for block_size in [8, 512, 1468, 8192] {
        for window_size in [1, 4, 16, 64] {
            let block = usize::from(block_size);
            for length in [0, block, 130 * block + 5] {
                for seed in 0..3 {
                    // A window that never comes through is another test's matter.
                    let link = wide(Link { loss: 30, ..Link::awful() });
                    let bytes = content(length);
                    let server = TftpServer::new(SERVER).with_file("kernel", bytes.clone());
                    let config = config("kernel").with_block_size(block_size).with_window_size(window_size);
                    let mut world = world(download(config), link, seed).with_peer(server);
                    let told = run(&mut world, HOUR);
                    assert!(told.bytes == bytes, "{:?}\n{}", world.machine, world.trace());
                    assert_eq!(told.done, Some(length as u64));
                }
            }
        }
    }
}

/// Our server at the other end.
fn from_ours(
    bytes: Vec<u8>,
    (block_size, window_size): (u16, u16),
    in_order: bool,
    link: Link,
    seed: u64,
) -> (Duration, Case<bootproto_tftp::Download>) {
    let config = config("kernel")
        .with_block_size(block_size)
        .with_large_window_size(window_size)
        .with_in_order(in_order);
    let server = server::Config::new(3).with_max_window_size(u16::MAX);
    let mut world = world(download(config), link, seed).with_peer(Listener::new(&bytes, server));
    let told = run(&mut world, HOUR);
    assert!(told.bytes == bytes, "{:?}\n{}", world.machine, world.trace());
    assert_eq!(told.done, Some(bytes.len() as u64));
    (Duration::from_micros(world.now().as_micros()), world.machine)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
    #[test]
    fn our_server_and_our_client_agree(
        length in 0_usize..40_000,
        block_size in prop_oneof![8_u16..64, 500_u16..1468],
        window_size in prop_oneof![1_u16..8, 8_u16..64, 65_u16..200],
        loss in 0_u16..60,
        duplication in 0_u16..100,
        reordering in 0_u16..100,
        in_order: bool,
        seed: u64,
    ) {
        let length = length.min(usize::from(block_size) * 600);
        let link = Link { loss, duplication, reordering, jitter: Duration::from_millis(3), ..Link::perfect() };
        from_ours(content(length), (block_size, window_size), in_order, link, seed);
    }
}

#[test]
fn a_lost_packet_costs_milliseconds_not_seconds() {
    let quiet = from_ours(content(1_000_000), (1468, 16), false, Link::perfect(), 1).0;
    let (lossy, machine) = from_ours(content(1_000_000), (1468, 16), false, Link::lossy(10), 1);
    assert!(lossy < quiet * 8, "{lossy:?} with loss, {quiet:?} without, {:?}", machine.0.statistics());
}
