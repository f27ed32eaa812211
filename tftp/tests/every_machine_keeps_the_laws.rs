//! The twelve laws of `bootproto-core`, over all four machines.
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
mod conversations;

use core::time::Duration;

use bootproto_core::UdpPath;
use common::{ack, download, path, server_path};
use conversations::*;
use proptest::prelude::*;
use testkit::laws::{self, Subject};

fn keeps<M: Subject<Path = UdpPath>>(machine: M, seeds: Vec<Vec<u8>>, paths: Vec<UdpPath>, cases: u32) {
    // PROPTEST_CASES asks for more than is good for every day.
    let cases =
        if std::env::var_os("PROPTEST_CASES").is_some() { ProptestConfig::default().cases } else { cases };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    });
    runner
        .run(&laws::scripts(seeds, paths, 60), |script| {
            laws::check(machine.clone(), &script).map_err(TestCaseError::fail)
        })
        .unwrap();
}

#[test]
fn a_download_keeps_the_laws() {
    keeps(a_download(), to_a_client(), paths(path(4000), path(4001)), 400);
}

#[test]
fn a_download_in_order_keeps_the_laws() {
    keeps(download(small().with_in_order(true)), to_a_client(), paths(path(4000), path(69)), 200);
}

#[test]
fn a_multicast_download_keeps_the_laws() {
    let (seeds, paths) = to_a_listener();
    keeps(download(small().with_multicast(true)), seeds, paths, 400);
}

#[test]
fn an_upload_keeps_the_laws() {
    keeps(an_upload(), to_an_uploader(), paths(path(4000), path(4001)), 300);
}

#[test]
fn a_send_keeps_the_laws() {
    let seeds: Vec<Vec<u8>> = [0, 2, 4, 4, 3, 5].map(ack).to_vec();
    keeps(a_send(), seeds, paths(server_path(4000), stranger()), 300);
}

#[test]
fn a_send_of_text_keeps_the_laws() {
    let seeds: Vec<Vec<u8>> = [0, 1, 3, 3, 4].map(ack).to_vec();
    keeps(a_text(), seeds, paths(server_path(4000), stranger()), 300);
}

#[test]
fn a_receive_keeps_the_laws() {
    let seeds = to_a_client().split_off(1);
    keeps(a_receive(), seeds, paths(server_path(4000), stranger()), 300);
}

/// L12, from the start and after each step of a conversation.
fn ends<M: Subject<Path = UdpPath>>(machine: M, seeds: &[Vec<u8>], right: UdpPath, limit: Duration) {
    let mut machine = machine;
    let mut buffer = vec![0; M::MAX_TRANSMIT];
    for step in 0..=seeds.len() {
        laws::check_silent_peer(machine.clone(), limit).unwrap();
        while machine.poll_transmit(laws::START, &mut buffer).unwrap().is_some() {}
        if let Some(seed) = seeds.get(step)
            && M::class(&machine.handle_datagram(laws::START, right, seed)) == laws::Class::Terminal
        {
            return;
        }
    }
}

#[test]
fn no_machine_waits_for_ever() {
    // Four rungs at most, each given up after 30 s.
    let limit = Duration::from_secs(125);
    ends(a_download(), &to_a_client(), path(4000), limit);
    ends(an_upload(), &to_an_uploader(), path(4000), limit);
    ends(a_send(), &[0, 2, 4].map(ack), server_path(4000), limit);
    ends(a_receive(), &to_a_client()[1..], server_path(4000), limit);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_told_fits_together(script in laws::scripts(to_a_client(), paths(path(4000), path(4001)), 120), in_order: bool) {
        tells_soundly(download(small().with_limit(100).with_in_order(in_order)), &script, 100);
    }

    #[test]
    fn what_is_told_by_multicast_fits_together(script in {
        let (seeds, paths) = to_a_listener();
        laws::scripts(seeds, paths, 120)
    }) {
        tells_soundly(download(small().with_multicast(true).with_limit(100)), &script, 100);
    }
}
