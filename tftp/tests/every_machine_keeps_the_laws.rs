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

use core::time::Duration;

use bootproto_core::UdpPath;
use bootproto_tftp::server::{self, Receive, Send};
use bootproto_tftp::wire::Request;
use bootproto_tftp::{Download, Upload};
use common::{CLIENT_PORT, Case, config, content, download, path, server_path};
use proptest::prelude::*;
use testkit::laws::{self, Subject};

const CONTENT: &[u8] = b"The quick brown fox jumps over the lazy dog, and then it does so once more.\n";

fn data(block: u16, bytes: &[u8]) -> Vec<u8> {
    [&[0, 3][..], &block.to_be_bytes(), bytes].concat()
}

fn ack(block: u16) -> Vec<u8> {
    [&[0, 4][..], &block.to_be_bytes()].concat()
}

/// A download's conversation: blocks of 16 bytes, windows of 4, one of them out of order, and what may disturb it.
fn to_a_client() -> Vec<Vec<u8>> {
    let mut seeds = vec![b"\0\x06blksize\x0016\0tsize\x0072\0windowsize\x004\0timeout\x001\0".to_vec()];
    for block in [1, 2, 4, 3, 4, 5] {
        let start = usize::from(block - 1) * 16;
        let bytes = content(72);
        seeds.push(data(block, &bytes[start..bytes.len().min(start + 16)]));
    }
    seeds.push(data(5, &content(72)[64..]));
    seeds.push(b"\0\x05\0\x08no\0".to_vec());
    seeds.push(b"\0\x05\0\x01gone\0".to_vec());
    seeds.push(ack(0));
    seeds
}

fn to_an_uploader() -> Vec<Vec<u8>> {
    let mut seeds = vec![b"\0\x06blksize\x0016\0tsize\x0076\0windowsize\x004\0".to_vec()];
    seeds.extend([2, 4, 4, 3, 5].map(ack));
    seeds.push(ack(0));
    seeds.push(b"\0\x05\0\x08no\0".to_vec());
    seeds
}

fn paths(right: UdpPath, wrong_port: UdpPath) -> Vec<UdpPath> {
    let mut elsewhere = right;
    elsewhere.remote.set_ip([198, 51, 100, 3].into());
    let mut other_local = right;
    other_local.local.set_port(1);
    vec![right, wrong_port, elsewhere, other_local]
}

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

fn small() -> bootproto_tftp::client::Config {
    config("file").with_block_size(16).with_window_size(4)
}

fn a_download() -> Case<Download> {
    download(small())
}

fn an_upload() -> Case<Upload<&'static [u8]>> {
    Case(Upload::new(small(), CONTENT).unwrap())
}

fn a_send() -> Case<Send<&'static [u8]>> {
    let request = Request::parse(b"\0\x01f\0octet\0blksize\x0016\0tsize\x000\0windowsize\x004\0").unwrap();
    Case(Send::new(server::Config::new(1), server_path(4000), &request, CONTENT).unwrap())
}

fn a_text() -> Case<Send<&'static [u8]>> {
    let request = Request::parse(b"\0\x01f\0NetASCII\0blksize\x008\0windowsize\x003\0").unwrap();
    Case(
        Send::new(server::Config::new(1), server_path(4000), &request, &b"a\nb\r\n\n\n\ncdefg\n\n"[..])
            .unwrap(),
    )
}

fn a_receive() -> Case<Receive> {
    let request = Request::parse(b"\0\x02f\0octet\0blksize\x0016\0tsize\x0072\0windowsize\x004\0").unwrap();
    Case(Receive::new(server::Config::new(1), server_path(4000), &request).unwrap())
}

#[test]
fn a_download_keeps_the_laws() {
    keeps(a_download(), to_a_client(), paths(path(4000), path(4001)), 400);
}

#[test]
fn a_download_in_order_keeps_the_laws() {
    keeps(download(small().with_in_order(true)), to_a_client(), paths(path(4000), path(69)), 200);
}

fn to_a_listener() -> (Vec<Vec<u8>>, Vec<UdpPath>) {
    let mut seeds = to_a_client();
    seeds[0] = b"\0\x06blksize\x0016\0tsize\x0072\0multicast\x00239.1.1.1,1758,0\0".to_vec();
    seeds.insert(4, b"\0\x06multicast\0,,1\0".to_vec());
    seeds.push(b"\0\x06multicast\0,,0\0".to_vec());
    let mut paths = paths(path(4000), path(4001));
    let mut to_group = path(4000);
    to_group.local = "239.1.1.1:1758".parse().unwrap();
    paths.push(to_group);
    (seeds, paths)
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

fn stranger() -> UdpPath {
    let mut path = server_path(4000);
    path.remote.set_port(CLIENT_PORT + 1);
    path
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

/// What a download tells must fit together, whatever comes: no byte twice between two beginnings, none beyond the
/// limit, and the size at the end is that of the bytes told.
fn tells_soundly(
    machine: Case<Download>,
    script: &[laws::Op<UdpPath>],
    limit: u64,
) -> Result<(), TestCaseError> {
    use bootproto_core::{Instant, Machine};
    use bootproto_tftp::client::Event;
    use laws::Op;
    let (mut machine, mut now) = (machine, laws::START);
    let mut buffer = vec![0; Download::MAX_TRANSMIT];
    let mut told = std::collections::BTreeMap::<u64, u64>::new();
    for op in script {
        let event = match op {
            Op::Datagram { path, bytes } => machine.handle_datagram(now, *path, bytes),
            Op::Timeout | Op::Spurious => {
                if let (Op::Timeout, Some(at)) = (op, machine.poll_timeout()) {
                    now = now.max(at);
                }
                machine.handle_timeout(now).unwrap_or(Event::Nothing)
            }
            Op::Advance(span) => {
                now = now.saturating_add(*span);
                continue;
            }
            Op::Back(span) => {
                let span = u64::try_from(span.as_micros()).unwrap();
                now = Instant::from_micros(now.as_micros().saturating_sub(span));
                continue;
            }
            Op::Poll(_) | Op::Drain => {
                while machine.poll_transmit(now, &mut buffer).unwrap().is_some() {}
                continue;
            }
        };
        match event {
            Event::FellBack(_) => told.clear(),
            Event::Data { offset, bytes } => {
                let end = offset + bytes.len() as u64;
                prop_assert!(end <= limit, "{offset} + {}", bytes.len());
                let before = told.range(..=offset).next_back();
                prop_assert!(before.is_none_or(|(at, length)| at + length <= offset && *at != offset));
                prop_assert!(told.range(offset + 1..).next().is_none_or(|(at, _)| end <= *at));
                told.insert(offset, bytes.len() as u64);
            }
            Event::Done { size } => prop_assert_eq!(size, told.values().sum::<u64>()),
            _ => {}
        }
    }
    if machine.0.is_complete() {
        prop_assert_eq!(machine.0.received(), told.values().sum::<u64>());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_told_fits_together(script in laws::scripts(to_a_client(), paths(path(4000), path(4001)), 120), in_order: bool) {
        tells_soundly(download(small().with_limit(100).with_in_order(in_order)), &script, 100)?;
    }

    #[test]
    fn what_is_told_by_multicast_fits_together(script in {
        let (seeds, paths) = to_a_listener();
        laws::scripts(seeds, paths, 120)
    }) {
        tells_soundly(download(small().with_multicast(true).with_limit(100)), &script, 100)?;
    }
}
