//! What an OACK may say, when, and what happens if it says anything else.
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

use bootproto_core::Machine;
use bootproto_tftp::client::{Event, Rung};
use bootproto_tftp::{Download, Failure, Ignored};
use common::{Talk, ack, config, content, data, error, head, oack};
use core::time::Duration;

fn opened() -> Talk<Download> {
    let mut talk = Talk::new(Download::new(config("kernel")).unwrap());
    let sent = talk.sent();
    let request = b"\0\x01kernel\0octet\0blksize\x001468\0tsize\x000\0timeout\x001\0utimeout\x00100000\0windowsize\x0016\0";
    assert_eq!(sent, [(69, request.to_vec())]);
    talk
}

#[test]
fn all_that_was_asked_may_be_granted() {
    let mut talk = opened();
    let options = [
        ("blksize", "1468"),
        ("TSIZE", "3000"),
        ("timeout", "1"),
        ("utimeout", "100000"),
        ("windowsize", "16"),
    ];
    let packet = oack(&options);
    let Event::Opened(negotiated) = talk.from(2000, &packet) else { panic!() };
    assert_eq!((negotiated.block_size, negotiated.window_size), (1468, 16));
    assert_eq!((negotiated.size, negotiated.timeout), (Some(3000), Some(Duration::from_millis(100))));
    assert_eq!(talk.sent(), [(2000, ack(0))]);
}

//= https://www.rfc-editor.org/rfc/rfc2347
//= type=test
//# An option not acknowledged by the server must be ignored by the client and server as if it were never
//# requested.
#[test]
fn less_may_be_granted_and_what_is_left_out_is_the_default() {
    for (options, block_size, window_size) in [
        (&[("blksize", "8")][..], 8, 1),
        (&[("windowsize", "1")], 512, 1),
        (&[("windowsize", "3")], 512, 3),
        (&[("tsize", "18446744073709551615")], 512, 1),
        (&[("timeout", "1"), ("blksize", "1024")], 1024, 1),
    ] {
        let mut talk = opened();
        let Event::Opened(negotiated) = talk.from(2000, &oack(options)) else { panic!("{options:?}") };
        assert_eq!((negotiated.block_size, negotiated.window_size), (block_size, window_size));
        assert_eq!(talk.sent(), [(2000, ack(0))]);
    }
}

#[test]
fn an_oack_that_breaks_a_rule_is_refused_with_error_8_and_less_is_asked() {
    for options in [
        &[("blksize", "0")][..], // V34: a block size of zero ends in a division or never
        &[("blksize", "7")],
        &[("blksize", "1469")],
        &[("blksize", "65464")],
        &[("blksize", "")],
        &[("blksize", "abc")],
        &[("blksize", "-8")],
        &[("blksize", "99999999999999999999999")],
        &[("windowsize", "0")],
        &[("windowsize", "17")],
        &[("timeout", "0")],
        &[("timeout", "2")],
        &[("utimeout", "0")],
        &[("utimeout", "100001")],
        &[("tsize", "x")],
        &[("tsize", "18446744073709551616")],
        &[("multicast", "224.0.0.1,1758,1")],
        &[("rollover", "0")],
        &[("foo", "1")],
        &[("blksize", "1024"), ("blksize", "1024")],
    ] {
        let mut talk = opened();
        assert_eq!(talk.from(2000, &oack(options)), Event::FellBack(Rung::NoWindow), "{options:?}");
        let sent = talk.sent();
        assert_eq!((sent[0].0, head(&sent[0].1)), (2000, (5, 8)), "{options:?}");
        let request = b"\0\x01kernel\0octet\0blksize\x001468\0tsize\x000\0timeout\x001\0utimeout\x00100000\0";
        assert_eq!(sent[1], (69, request.to_vec()));
        assert_eq!(sent.len(), 2);
    }
}

#[test]
fn a_server_that_never_learns_fails_after_every_rung() {
    let mut talk = opened();
    for rung in [Rung::NoWindow, Rung::NoBlockSize, Rung::Plain] {
        assert_eq!(talk.from(69, &oack(&[("foo", "1")])), Event::FellBack(rung));
        talk.sent();
    }
    assert_eq!(talk.from(69, &oack(&[("blksize", "512")])), Event::Failed(Failure::BadOptions));
    assert_eq!(head(&talk.sent()[0].1), (5, 8));
    assert_eq!(talk.machine.poll_timeout(), None);
}

#[test]
fn a_repeated_oack_is_acknowledged_again_and_a_late_one_changes_nothing() {
    // V33: a second OACK with another block size, in the middle.
    let mut talk = opened();
    let first = oack(&[("blksize", "1432"), ("tsize", "3000"), ("windowsize", "4")]);
    talk.from(2000, &first);
    assert_eq!(talk.sent(), [(2000, ack(0))]);
    assert_eq!(talk.from(2000, &first), Event::Ignored(Ignored::Duplicate { block: 0 }));
    assert_eq!(talk.sent(), [(2000, ack(0))]);
    let block = data(1, &content(1432));
    assert!(matches!(talk.from(2000, &block), Event::Data { offset: 0, .. }));
    let before = talk.machine.clone();
    let late = oack(&[("blksize", "8"), ("tsize", "3000")]);
    assert!(matches!(talk.from(2000, &late), Event::Ignored(Ignored::Unexpected { .. })));
    assert_eq!(talk.machine, before);
    assert_eq!(talk.sent(), []);
    assert_eq!(talk.machine.negotiated().block_size, 1432);
}

#[test]
fn an_oack_cut_anywhere_is_no_trap() {
    // V37: the last name ends with the last byte.
    let whole = oack(&[("blksize", "1024"), ("tsize", "3000"), ("windowsize", "4")]);
    for length in 0..whole.len() {
        let mut talk = opened();
        let event = talk.from(2000, &whole[..length]);
        if length < 2 {
            assert!(matches!(event, Event::Ignored(Ignored::Malformed { .. })));
            continue;
        }
        let Event::Opened(negotiated) = event else { panic!("{length}: {event:?}") };
        // What is left is whole pairs; the piece after them is passed over.
        assert!([512, 1024].contains(&negotiated.block_size));
        assert!([None, Some(3000)].contains(&negotiated.size));
        assert_eq!(negotiated.window_size, 1);
    }
}

#[test]
fn a_server_without_options_is_accepted() {
    let mut talk = opened();
    let block = data(1, &content(512));
    assert_eq!(talk.from(3000, &block), Event::Data { offset: 0, bytes: &block[4..] });
    assert_eq!(talk.sent(), [(3000, ack(1))]);
    let block = data(2, b"end");
    assert_eq!(talk.from(3000, &block), Event::Data { offset: 512, bytes: b"end" });
    assert!(talk.machine.is_complete());
    assert_eq!(talk.sent(), [(3000, ack(2))]);
    assert_eq!(talk.due(), Some(Event::Done { size: 515 }));
}

#[test]
fn an_answer_with_errors_climbs_down_the_ladder_to_the_bottom() {
    let mut talk = opened();
    let requests: [&[u8]; 3] = [
        b"\0\x01kernel\0octet\0blksize\x001468\0tsize\x000\0timeout\x001\0utimeout\x00100000\0",
        b"\0\x01kernel\0octet\0tsize\x000\0timeout\x001\0utimeout\x00100000\0",
        b"\0\x01kernel\0octet\0",
    ];
    for (code, request) in [8, 0, 4].into_iter().zip(requests) {
        assert!(matches!(talk.from(2000 + code, &error(code, "what?")), Event::FellBack(_)));
        assert_eq!(talk.sent(), [(69, request.to_vec())]);
    }
    let Event::PeerError { message: b"what?", failure: Failure::Peer { .. }, .. } =
        talk.from(2009, &error(4, "what?"))
    else {
        panic!()
    };
    assert_eq!(talk.sent(), []);
}

#[test]
fn a_missing_file_is_no_reason_to_ask_again() {
    let mut talk = opened();
    let packet = error(1, "no such file");
    let Event::PeerError { failure, .. } = talk.from(2000, &packet) else { panic!() };
    assert_eq!(failure, Failure::NotFound);
    let mut talk = opened();
    let packet = error(2, "no");
    let Event::PeerError { failure, .. } = talk.from(2000, &packet) else { panic!() };
    assert_eq!(failure, Failure::AccessViolation);
}

#[test]
fn an_announced_size_beyond_the_limit_ends_it_before_the_first_byte() {
    let mut talk = Talk::new(Download::new(config("kernel").with_limit(1000)).unwrap());
    talk.sent();
    assert_eq!(
        talk.from(2000, &oack(&[("tsize", "1001")])),
        Event::Failed(Failure::TooLarge { limit: 1000 })
    );
    let sent = talk.sent();
    assert_eq!((sent[0].0, head(&sent[0].1)), (2000, (5, 3)));
    assert_eq!(sent.len(), 1);
}

#[test]
fn an_unannounced_stream_ends_at_the_limit() {
    let mut talk = Talk::new(Download::new(config("kernel").with_limit(1000)).unwrap());
    talk.sent();
    assert!(matches!(talk.from(2000, &data(1, &[7; 512])), Event::Data { .. }));
    talk.sent();
    assert_eq!(talk.from(2000, &data(2, &[7; 512])), Event::Failed(Failure::TooLarge { limit: 1000 }));
    assert_eq!(head(&talk.sent()[0].1), (5, 3));
}

#[test]
fn a_file_that_is_not_as_announced_fails() {
    let mut talk = opened();
    talk.from(2000, &oack(&[("tsize", "600")]));
    talk.sent();
    talk.from(2000, &data(1, &[7; 512]));
    let last = data(2, &[7; 89]);
    let larger = talk.from(2000, &last);
    assert_eq!(larger, Event::Failed(Failure::LargerThanAnnounced { announced: 600 }));

    let mut talk = opened();
    talk.from(2000, &oack(&[("tsize", "600")]));
    talk.sent();
    talk.from(2000, &data(1, &[7; 512]));
    let last = data(2, &[7; 87]);
    let smaller = talk.from(2000, &last);
    assert_eq!(smaller, Event::Failed(Failure::SmallerThanAnnounced { announced: 600, received: 599 }));
}

#[test]
fn a_server_that_ignores_its_own_block_size_is_asked_for_512() {
    let mut talk = opened();
    talk.from(2000, &oack(&[("blksize", "1468"), ("tsize", "5000")]));
    talk.sent();
    assert_eq!(talk.from(2000, &data(1, &[7; 512])), Event::FellBack(Rung::NoBlockSize));
    let sent = talk.sent();
    assert_eq!(head(&sent[0].1).0, 5);
    assert_eq!(sent[1].1, b"\0\x01kernel\0octet\0tsize\x000\0timeout\x001\0utimeout\x00100000\0");
}

#[test]
fn the_window_never_exceeds_the_receive_buffer() {
    let asked = |config: bootproto_tftp::client::Config| {
        let request = Talk::new(Download::new(config).unwrap()).sent().remove(0).1;
        String::from_utf8_lossy(&request).into_owned()
    };
    assert!(asked(config("f").with_block_size(8192).with_window_size(32)).contains("windowsize\x0023\0"));
    assert!(asked(config("f").with_window_size(500)).contains("windowsize\x0064\0"));
    assert!(asked(config("f").with_large_window_size(70)).contains("windowsize\x0070\0"));
    assert!(!asked(config("f").with_block_size(60_000).with_receive_buffer(65_536)).contains("windowsize"));
}

#[test]
fn settings_out_of_bounds_are_refused() {
    use bootproto_tftp::ConfigError as E;
    let new = |config| Download::new(config).unwrap_err();
    assert_eq!(new(config("f").with_block_size(0)), E::BadBlockSize { block_size: 0 });
    assert_eq!(new(config("f").with_block_size(7)), E::BadBlockSize { block_size: 7 });
    assert_eq!(new(config("f").with_block_size(65_465)), E::BadBlockSize { block_size: 65_465 });
    assert_eq!(new(config("f").with_window_size(0)), E::BadWindowSize);
    assert_eq!(new(config("f").with_receive_buffer(100)), E::BadReceiveBuffer);
    let second = Duration::from_secs(1);
    assert_eq!(new(config("f").with_timeouts(Duration::ZERO, second, second)), E::BadTimeout);
    assert_eq!(new(config("f").with_timeouts(2 * second, second, second)), E::BadTimeout);
    assert_eq!(new(config("f").with_timeouts(second, second, 5000 * second)), E::BadTimeout);
    // V38: a name longer than any buffer.
    let name =
        |name: &[u8]| bootproto_tftp::client::Config::new(1, common::server_end(69), 1, name).unwrap_err();
    assert_eq!(name(&[b'a'; 2000]), E::NameTooLong { length: 2000 });
    assert_eq!(name(b""), E::EmptyName);
    assert_eq!(name(b"a\0b"), E::NulInName);
    let nowhere = bootproto_tftp::client::Config::new(1, common::server_end(0), 1, b"f").unwrap_err();
    assert_eq!(nowhere, E::BadServer);
    for everybody in ["255.255.255.255:69", "224.0.0.1:69", "[ff02::1]:69"] {
        let server = everybody.parse().unwrap();
        assert_eq!(bootproto_tftp::client::Config::new(1, server, 1, b"f").unwrap_err(), E::BadServer);
    }
}

#[test]
fn the_longest_request_fits() {
    let name = [b'a'; 255];
    let config = bootproto_tftp::client::Config::new(1, common::server_end(69), 1, &name).unwrap();
    let config = config
        .with_block_size(65_464)
        .with_receive_buffer(u32::MAX)
        .with_large_window_size(u16::MAX)
        .with_peer_timeout(Duration::from_secs(3599));
    let sent = Talk::new(Download::new(config).unwrap()).sent();
    assert!(sent[0].1.len() > 330 && sent[0].1.ends_with(b"windowsize\x0032767\0"));
}
