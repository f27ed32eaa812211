//! Upload against naive and own servers, Send and Receive against naive clients, and what servers grant.
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

use core::cell::RefCell;
use core::net::SocketAddrV4;
use core::time::Duration;
use std::rc::Rc;

use bootproto_core::{Instant, Machine, UdpPath};
use bootproto_tftp::netascii::Decoder;
use bootproto_tftp::server::{self, Event, Receive, Send, refuse};
use bootproto_tftp::wire::{ErrorCode, Mode, Request};
use bootproto_tftp::{Download, Failure, Ignored, Source, SourceError, Upload, client};
use common::{
    CLIENT, CLIENT_PORT, Case, Listener, SERVER, Talk, ack, config, content, data, error, head, server_path,
    world,
};
use proptest::prelude::*;
use testkit::naive::{OptionManners, TftpClient, TftpServer};
use testkit::world::{Ended, Link, World};

const LIMIT: Duration = Duration::from_secs(3600);

fn uploads(length: usize, block_size: u16, window_size: u16, manners: OptionManners, link: Link, seed: u64) {
    let bytes: &'static [u8] = content(length).leak();
    let written = Rc::new(RefCell::default());
    let server = TftpServer::new(SERVER).with(|server| {
        server.written = Rc::clone(&written);
        server.options = manners;
    });
    let config = config("log").with_block_size(block_size).with_window_size(window_size);
    let mut world = world(Case(Upload::new(config, bytes).unwrap()), link, seed).with_peer(server);
    let mut done = None;
    world
        .run(LIMIT, |_, _, event| {
            if let client::Event::Done { size } = event {
                done = Some(*size);
            }
        })
        .unwrap();
    assert_eq!(done, Some(length as u64), "{:?}\n{}", world.machine, world.trace());
    assert!(written.borrow()["log"] == bytes, "{}", world.trace());
}

#[test]
fn a_file_of_any_size_goes_up_over_any_link() {
    for block_size in [8, 512, 1468] {
        for window_size in [1, 2, 16] {
            let block = usize::from(block_size);
            for length in [0, 1, block - 1, block, 40 * block, 40 * block + 3] {
                uploads(length, block_size, window_size, OptionManners::Honour, Link::perfect(), 1);
                let link = Link { reordering: 10, duplication: 20, ..Link::lossy(30) };
                uploads(length, block_size, window_size, OptionManners::Honour, link, 1);
            }
        }
    }
}

#[test]
fn an_upload_falls_back_where_options_are_unknown_or_refused() {
    uploads(5000, 1468, 16, OptionManners::Ignore, Link::perfect(), 1);
    uploads(5000, 1468, 16, OptionManners::Refuse, Link::perfect(), 1);
    uploads(5000, 1468, 16, OptionManners::Only(vec!["tsize".into()]), Link::perfect(), 1);
}

/// The first request of a naive client, as the listener would see it.
fn request_of(client: &mut TftpClient) -> Vec<u8> {
    use testkit::world::Peer;
    let now = client.poll_timeout().unwrap_or_default();
    client.handle_timeout(now).remove(0).1
}

#[test]
fn a_naive_client_reads_from_our_server() {
    let from = SocketAddrV4::new(CLIENT, CLIENT_PORT);
    for (window, length) in [("1", 0), ("4", 4096), ("16", 70_000), ("64", 300_001)] {
        for loss in [0, 20] {
            let bytes: &'static [u8] = content(length).leak();
            let options = [("blksize", "1024"), ("windowsize", window), ("tsize", "0"), ("timeout", "1")];
            let mut client = TftpClient::download(from, SocketAddrV4::new(SERVER, 4000), "f", &options);
            let outcome = Rc::clone(&client.outcome);
            let bytes_of_request = request_of(&mut client);
            let request = Request::parse(&bytes_of_request).unwrap();
            let send = Send::new(server::Config::new(9), server_path(4000), &request, bytes).unwrap();
            let mut world =
                World::new(Case(send), Link::lossy(loss), 4).with_address(SERVER).with_peer(client);
            let ended = world.run(LIMIT, |_, _, _| {}).unwrap();
            assert_eq!(ended, Ended::Terminal);
            assert!(outcome.borrow().as_ref() == Some(&Ok(bytes.to_vec())), "{}", world.trace());
        }
    }
}

#[test]
fn a_naive_client_writes_to_our_server() {
    let from = SocketAddrV4::new(CLIENT, CLIENT_PORT);
    for (window, length) in [("1", 0), ("4", 4096), ("16", 70_000), ("64", 300_001)] {
        for loss in [0, 20] {
            let bytes = content(length);
            let size = length.to_string();
            let options = [("blksize", "1024"), ("windowsize", window), ("tsize", size.as_str())];
            let mut client =
                TftpClient::upload(from, SocketAddrV4::new(SERVER, 4000), "f", bytes.clone(), &options);
            let bytes_of_request = request_of(&mut client);
            let request = Request::parse(&bytes_of_request).unwrap();
            let receive = Receive::new(server::Config::new(9), server_path(4000), &request).unwrap();
            let mut world =
                World::new(Case(receive), Link::lossy(loss), 4).with_address(SERVER).with_peer(client);
            let mut got = vec![0; length];
            let ended = world.run(LIMIT, |_, _, event| {
                if let Event::Data { offset, bytes } = event {
                    let start = usize::try_from(*offset).unwrap();
                    got[start..start + <[u8]>::len(bytes)].copy_from_slice(bytes);
                }
            });
            assert_eq!(ended, Ok(Ended::Terminal));
            assert!(got == bytes, "{}", world.trace());
        }
    }
}

fn granted(options: &str) -> Vec<u8> {
    let text = format!("\0\x01f\0octet\0{options}");
    let config = server::Config::new(1).with_max_block_size(1468).with_max_window_size(32);
    let request = Request::parse(text.as_bytes()).unwrap();
    let send = Send::new(config, server_path(4000), &request, &b"12345"[..]).unwrap();
    Talk::new(send).sent().remove(0).1
}

#[test]
fn a_server_grants_what_it_can_and_leaves_out_what_makes_no_sense() {
    let grants = |asked: &str| {
        let packet = granted(asked);
        assert_eq!(packet[..2], [0, 6], "{asked:?}");
        String::from_utf8(packet[2..].to_vec()).unwrap()
    };
    assert_eq!(grants("blksize\x0065464\0windowsize\x0064\0"), "blksize\x001468\0windowsize\x0032\0");
    assert_eq!(grants("TSIZE\x000\0Timeout\x003\0"), "tsize\x005\0timeout\x003\0");
    assert_eq!(grants("utimeout\x0050000\0rollover\x001\0foo\x001\0"), "utimeout\x0050000\0rollover\x001\0");
    assert_eq!(grants("blksize\x008\0windowsize\x000\0"), "blksize\x008\0");
    // Nothing left: straight to the first block.
    for asked in
        ["", "blksize\x007\0", "windowsize\x000\0", "foo\0bar\0", "timeout\x00256\0", "utimeout\x009999\0"]
    {
        assert_eq!(granted(asked), data(1, b"12345"), "{asked:?}");
    }
}

#[test]
fn a_text_goes_out_in_netascii_and_is_read_back() {
    let text = content(3000).iter().map(|byte| b"\r\nab"[usize::from(byte % 4)]).collect::<Vec<_>>();
    for seed in 0..4 {
        let config = config("text").with_mode(Mode::Netascii).with_block_size(64).with_window_size(4);
        let listener = Listener::new(&text, server::Config::new(2));
        let machine = common::download(config);
        let mut world = world(machine, Link { reordering: 20, ..Link::lossy(20) }, seed).with_peer(listener);
        let (mut decoder, mut got) = (Decoder::new(), Vec::new());
        world
            .run(LIMIT, |_, _, event| match event {
                client::Event::Data { bytes, .. } => {
                    decoder.decode(bytes).for_each(|piece| got.extend_from_slice(piece));
                }
                client::Event::FellBack(_) => (decoder, got) = (Decoder::new(), Vec::new()),
                _ => {}
            })
            .unwrap();
        assert!(got == text);
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Failing;

impl Source for Failing {
    fn len(&self) -> u64 {
        2000
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, SourceError> {
        if offset >= 1024 { Err(SourceError) } else { Ok(into.len()) }
    }
}

#[test]
fn a_source_that_cannot_be_read_ends_the_transfer_with_an_error() {
    let request = Request::parse(b"\0\x01f\0octet\0").unwrap();
    let send = Send::new(server::Config::new(1), server_path(4000), &request, Failing).unwrap();
    let mut talk = Talk::new(send);
    for block in 1..=2 {
        assert_eq!(head(&talk.sent()[0].1), (3, block));
        assert_eq!(talk.on(server_path(4000), &ack(block)), Event::Nothing);
    }
    let sent = talk.sent();
    assert_eq!((sent.len(), head(&sent[0].1)), (1, (5, 0)));
    assert_eq!(talk.due(), Some(Event::Failed(Failure::Source)));
    assert_eq!(talk.machine.poll_timeout(), None);
}

//= https://www.rfc-editor.org/rfc/rfc1123#section-4.2.3.1
//= type=test
//# the sender (i.e., the side originating the DATA packets) must never resend the current DATA packet on
//# receipt of a duplicate ACK.
#[test]
fn a_duplicate_acknowledgement_never_causes_a_block_in_lock_step() {
    let request = Request::parse(b"\0\x01f\0octet\0").unwrap();
    let bytes: &'static [u8] = content(2000).leak();
    let send = Send::new(server::Config::new(1), server_path(4000), &request, bytes).unwrap();
    let mut talk = Talk::new(send);
    assert_eq!(talk.sent().len(), 1);
    talk.wait(Duration::from_millis(3));
    talk.on(server_path(4000), &ack(1));
    assert_eq!(talk.sent().len(), 1);
    for _ in 0..5 {
        talk.wait(Duration::from_millis(3));
        assert_eq!(talk.on(server_path(4000), &ack(1)), Event::Ignored(Ignored::Duplicate { block: 1 }));
        assert_eq!(talk.on(server_path(4000), &ack(0)), Event::Ignored(Ignored::Duplicate { block: 0 }));
        assert_eq!(talk.on(server_path(4000), &ack(3)), Event::Ignored(Ignored::OutOfWindow { block: 3 }));
        assert_eq!(talk.sent(), []);
    }
}

#[test]
fn a_gap_makes_the_server_go_back_at_once() {
    let request = Request::parse(b"\0\x01f\0octet\0windowsize\x008\0").unwrap();
    let bytes: &'static [u8] = content(20_000).leak();
    let send = Send::new(server::Config::new(1), server_path(4000), &request, bytes).unwrap();
    let mut talk = Talk::new(send);
    talk.sent();
    talk.wait(Duration::from_millis(2));
    talk.on(server_path(4000), &ack(0));
    let numbers =
        |talk: &mut Talk<_>| talk.sent().iter().map(|(_, packet)| head(packet).1).collect::<Vec<_>>();
    assert_eq!(numbers(&mut talk), [1, 2, 3, 4, 5, 6, 7, 8]);
    talk.wait(Duration::from_millis(2));
    talk.on(server_path(4000), &ack(3));
    assert_eq!(numbers(&mut talk), [4, 5, 6, 7, 8, 9, 10, 11]);
    // Block 4 is lost: the same acknowledgement, a round trip later. Once.
    talk.wait(Duration::from_millis(2));
    assert_eq!(talk.on(server_path(4000), &ack(3)), Event::Nothing);
    assert_eq!(numbers(&mut talk), [4, 5, 6, 7, 8, 9, 10, 11]);
    talk.wait(Duration::from_millis(2));
    assert_eq!(talk.on(server_path(4000), &ack(3)), Event::Ignored(Ignored::Duplicate { block: 3 }));
    assert_eq!(talk.sent(), []);
}

#[test]
fn a_probe_for_the_size_ends_with_the_clients_error() {
    let request = Request::parse(b"\0\x01f\0octet\0tsize\x000\0").unwrap();
    let send = Send::new(server::Config::new(1), server_path(4000), &request, &b"12345"[..]).unwrap();
    let mut talk = Talk::new(send);
    assert_eq!(talk.sent()[0].1, b"\0\x06tsize\x005\0");
    let packet = error(8, "User aborted the transfer");
    let Event::PeerError { code, message, .. } = talk.on(server_path(4000), &packet) else { panic!() };
    assert_eq!((code, message), (ErrorCode::OPTION_REFUSED, &b"User aborted the transfer"[..]));
    assert_eq!((talk.sent(), talk.machine.poll_timeout()), (vec![], None));
}

#[test]
fn what_is_written_is_held_to_the_limit() {
    let announced = Request::parse(b"\0\x02f\0octet\0tsize\x001001\0").unwrap();
    let config = server::Config::new(1).with_limit(1000);
    assert_eq!(
        Receive::new(config.clone(), server_path(4000), &announced).unwrap_err(),
        ErrorCode::DISK_FULL
    );
    let silent = Request::parse(b"\0\x02f\0octet\0").unwrap();
    let mut talk = Talk::new(Receive::new(config, server_path(4000), &silent).unwrap());
    assert_eq!(talk.sent(), [(CLIENT_PORT, ack(0))]);
    assert!(matches!(talk.on(server_path(4000), &data(1, &[1; 512])), Event::Data { .. }));
    let packet = data(2, &[1; 512]);
    assert_eq!(talk.on(server_path(4000), &packet), Event::Failed(Failure::TooLarge { limit: 1000 }));
    assert_eq!(head(&talk.sent()[0].1), (5, 3));
}

#[test]
fn a_request_for_the_other_direction_is_refused() {
    let read = Request::parse(b"\0\x01f\0octet\0").unwrap();
    let write = Request::parse(b"\0\x02f\0octet\0").unwrap();
    let config = server::Config::new(1);
    let path = server_path(4000);
    assert_eq!(Receive::new(config.clone(), path, &read).unwrap_err(), ErrorCode::ILLEGAL_OPERATION);
    assert_eq!(Send::new(config, path, &write, &b""[..]).unwrap_err(), ErrorCode::ILLEGAL_OPERATION);
    let mut buffer = [0; 32];
    let transmit = refuse(path, ErrorCode::ACCESS_VIOLATION, b"read-only", &mut buffer).unwrap();
    assert_eq!((transmit.path, transmit.bytes), (path, &b"\0\x05\0\x02read-only\0"[..]));
    assert_eq!(refuse(path, ErrorCode::NOT_FOUND, b"x", &mut []).unwrap_err().needed, 6);
}

/// One upload of ours to a server of ours over a link that loses and reorders.
fn agree(length: usize, block_size: u16, window_size: u16, (loss, reordering, seed): (u16, u16, u64)) {
    let bytes: &'static [u8] = content(length.min(usize::from(block_size) * 300)).leak();
    let config = config("f").with_block_size(block_size).with_window_size(window_size);
    let upload = Upload::new(config, bytes).unwrap();
    let mut buffer = vec![0; 512];
    let mut copy = upload.clone();
    let packet = copy.poll_transmit(Instant::default(), &mut buffer).unwrap().unwrap().bytes.to_vec();
    let receive = Receive::new(server::Config::new(2), server_path(69), &Request::parse(&packet).unwrap());
    let got = Rc::new(RefCell::new(vec![0; bytes.len()]));
    let sink = Rc::clone(&got);
    let peer = testkit::world::MachinePeer::new(receive.unwrap(), SERVER, move |_, _, event: &Event<'_>| {
        if let Event::Data { offset, bytes } = event {
            let start = usize::try_from(*offset).unwrap();
            sink.borrow_mut()[start..start + <[u8]>::len(bytes)].copy_from_slice(bytes);
        }
    });
    let link = Link { loss, reordering, jitter: Duration::from_millis(2), ..Link::perfect() };
    let mut world = world(Case(upload), link, seed).with_peer(peer);
    assert_eq!(world.run(LIMIT, |_, _, _| {}), Ok(Ended::Terminal));
    assert_eq!(world.machine.0.acknowledged(), bytes.len() as u64);
    assert!(got.borrow().as_slice() == bytes);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]
    #[test]
    fn our_upload_and_our_server_agree(
        length in 0_usize..20_000,
        block_size in 8_u16..600,
        window_size in 1_u16..40,
        loss in 0_u16..50,
        reordering in 0_u16..50,
        seed: u64,
    ) {
        agree(length, block_size, window_size, (loss, reordering, seed));
    }
}

/// The last acknowledgement is lost, and the client, after an earlier loss, waits for longer than the interval it was
/// granted before it sends the last window again.
#[test]
fn a_client_that_has_backed_off_still_gets_its_last_acknowledgement() {
    agree(19_116, 517, 30, (22, 0, 17_951_893_057_671_786_368));
}

/// Kept in the signature: both ends of a path are plain values.
#[test]
fn a_machine_is_a_value() {
    const fn is_value<T: Clone + PartialEq + core::fmt::Debug + core::marker::Send>() {}
    is_value::<Download>();
    is_value::<Upload<&[u8]>>();
    is_value::<Send<&[u8]>>();
    is_value::<Receive>();
    is_value::<UdpPath>();
}
