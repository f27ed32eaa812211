//! The conversations of the four machines, as the laws want them: each machine in its first state, and real packets in
//! order.
//!
//! What belongs here: what `every_machine_keeps_the_laws.rs` and the fuzz targets `tftp_client` and `tftp_server` begin
//! with, and what a download's events must add up to. What does not: how scripts are made.
#![allow(dead_code, reason = "each user takes its part")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

use bootproto_core::UdpPath;
use bootproto_tftp::server::{self, Receive, Send};
use bootproto_tftp::wire::Request;
use bootproto_tftp::{Download, Upload};
use testkit::laws;

use super::common::{CLIENT_PORT, Case, ack, config, content, data, download, path, server_path};

const CONTENT: &[u8] = b"The quick brown fox jumps over the lazy dog, and then it does so once more.\n";

/// A download's conversation: blocks of 16 bytes, windows of 4, one of them out of order, and what may disturb it.
pub(crate) fn to_a_client() -> Vec<Vec<u8>> {
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

pub(crate) fn to_an_uploader() -> Vec<Vec<u8>> {
    let mut seeds = vec![b"\0\x06blksize\x0016\0tsize\x0076\0windowsize\x004\0".to_vec()];
    seeds.extend([2, 4, 4, 3, 5].map(ack));
    seeds.push(ack(0));
    seeds.push(b"\0\x05\0\x08no\0".to_vec());
    seeds
}

pub(crate) fn paths(right: UdpPath, wrong_port: UdpPath) -> Vec<UdpPath> {
    let mut elsewhere = right;
    elsewhere.remote.set_ip([198, 51, 100, 3].into());
    let mut other_local = right;
    other_local.local.set_port(1);
    vec![right, wrong_port, elsewhere, other_local]
}

pub(crate) fn small() -> bootproto_tftp::client::Config {
    config("file").with_block_size(16).with_window_size(4)
}

pub(crate) fn a_download() -> Case<Download> {
    download(small())
}

pub(crate) fn an_upload() -> Case<Upload<&'static [u8]>> {
    Case(Upload::new(small(), CONTENT).unwrap())
}

pub(crate) fn a_send() -> Case<Send<&'static [u8]>> {
    let request = Request::parse(b"\0\x01f\0octet\0blksize\x0016\0tsize\x000\0windowsize\x004\0").unwrap();
    Case(Send::new(server::Config::new(1), server_path(4000), &request, CONTENT).unwrap())
}

pub(crate) fn a_text() -> Case<Send<&'static [u8]>> {
    let request = Request::parse(b"\0\x01f\0NetASCII\0blksize\x008\0windowsize\x003\0").unwrap();
    Case(
        Send::new(server::Config::new(1), server_path(4000), &request, &b"a\nb\r\n\n\n\ncdefg\n\n"[..])
            .unwrap(),
    )
}

pub(crate) fn a_receive() -> Case<Receive> {
    let request = Request::parse(b"\0\x02f\0octet\0blksize\x0016\0tsize\x0072\0windowsize\x004\0").unwrap();
    Case(Receive::new(server::Config::new(1), server_path(4000), &request).unwrap())
}

pub(crate) fn to_a_listener() -> (Vec<Vec<u8>>, Vec<UdpPath>) {
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

pub(crate) fn stranger() -> UdpPath {
    let mut path = server_path(4000);
    path.remote.set_port(CLIENT_PORT + 1);
    path
}

/// What a download tells must fit together, whatever comes: no byte twice between two beginnings, none beyond the
/// limit, and the size at the end is that of the bytes told.
pub(crate) fn tells_soundly(machine: Case<Download>, script: &[laws::Op<UdpPath>], limit: u64) {
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
                assert!(end <= limit, "{offset} + {}", bytes.len());
                let before = told.range(..=offset).next_back();
                assert!(before.is_none_or(|(at, length)| at + length <= offset && *at != offset));
                assert!(told.range(offset + 1..).next().is_none_or(|(at, _)| end <= *at));
                told.insert(offset, bytes.len() as u64);
            }
            Event::Done { size } => assert_eq!(size, told.values().sum::<u64>()),
            _ => {}
        }
    }
    if machine.0.is_complete() {
        assert_eq!(machine.0.received(), told.values().sum::<u64>());
    }
}
