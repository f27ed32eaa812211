//! How fast a file arrives in the virtual world, over loss, block size and window size, as a table that a person has
//! looked at. With `GOODPUT=write` in the environment the table is written anew.
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

use core::fmt::Write;
use core::time::Duration;

use bootproto_tftp::server;
use common::{Listener, SERVER, config, content, download, run, world};
use testkit::naive::TftpServer;
use testkit::world::Link;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goodput.txt");
const LENGTH: usize = 1 << 20;

/// kB/s for one cell.
fn cell(ours: bool, block_size: u16, window_size: u16, loss: u16) -> u64 {
    let bytes = content(LENGTH);
    // A gigabit, 2 ms there and back.
    let link = Link { rate: 125_000_000, mtu: 65_535, ..Link::lossy(loss) };
    let config = config("f").with_block_size(block_size).with_window_size(window_size);
    let alone = world(download(config), link, 1);
    let mut world = if ours {
        alone.with_peer(Listener::new(&bytes, server::Config::new(1)))
    } else {
        alone.with_peer(TftpServer::new(SERVER).with_file("f", bytes.clone()))
    };
    let mut complete = None;
    world
        .run(Duration::from_secs(7200), |machine, now, _| {
            if machine.0.is_complete() {
                complete.get_or_insert(now);
            }
        })
        .unwrap();
    let micros = complete.unwrap().as_micros();
    LENGTH as u64 * 1000 / micros
}

fn table() -> String {
    let mut text = String::from(
        "Goodput in kB/s: 1 MiB, 2 ms round trip, 1 Gbit/s. 'naive' repeats after 1 s and passes over repeated ACKs.\n",
    );
    for (server, ours) in [("naive", false), ("ours", true)] {
        writeln!(text, "\n{server:<8}{:>8}{:>10}{:>10}{:>10}{:>10}", "loss", "window 1", "4", "16", "64")
            .unwrap();
        for block_size in [512, 1468, 8192] {
            for (loss, name) in [(0, "0"), (1, "0.1 %"), (10, "1 %"), (50, "5 %")] {
                write!(text, "{block_size:<8}{name:>8}").unwrap();
                for window_size in [1, 4, 16, 64] {
                    write!(text, "{:>10}", cell(ours, block_size, window_size, loss)).unwrap();
                }
                text.push('\n');
            }
        }
    }
    text
}

#[test]
fn goodput_is_as_reviewed() {
    let table = table();
    if std::env::var_os("GOODPUT").is_some() {
        std::fs::write(TABLE, &table).unwrap();
    }
    let reviewed = std::fs::read_to_string(TABLE).unwrap();
    assert!(table == reviewed, "the table has changed; look at it, and keep it with GOODPUT=write:\n{table}");
}

#[test]
fn a_run_to_the_end_says_what_it_took() {
    let bytes = content(100_000);
    let listener = Listener::new(&bytes, server::Config::new(1));
    let mut world = world(download(config("f")), Link::perfect(), 1).with_peer(listener);
    run(&mut world, Duration::from_secs(60));
    let statistics = world.machine.0.statistics();
    // 69 blocks, an OACK; an RRQ, an ACK 0, and one ACK for 16 blocks.
    assert_eq!((statistics.received, statistics.sent), (70, 7));
    assert_eq!((statistics.retransmissions, statistics.duplicates), (0, 0));
    assert_eq!(statistics.round_trip, Duration::from_millis(2));
}
