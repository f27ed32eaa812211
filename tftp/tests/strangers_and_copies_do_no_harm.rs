//! Transfer identifiers, duplicates, gaps, dallying and the timers, told packet by packet.
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

use bootproto_core::{Machine, UdpPath};
use bootproto_tftp::client::{Event, Rung};
use bootproto_tftp::{Download, Failure, Ignored, Phase};
use common::{Talk, ack, config, content, data, error, head, oack, path};
use core::time::Duration;

fn in_window(window_size: u16) -> Talk<Download> {
    let mut talk = Talk::new(Download::new(config("kernel")).unwrap());
    talk.sent();
    talk.wait(Duration::from_millis(2));
    let options = oack(&[("blksize", "16"), ("windowsize", &window_size.to_string())]);
    assert!(matches!(talk.from(2000, &options), Event::Opened(_)));
    assert_eq!(talk.sent(), [(2000, ack(0))]);
    talk.wait(Duration::from_millis(2));
    talk
}

fn block(number: u16) -> Vec<u8> {
    let start = usize::from(number) * 16;
    data(number, &content(start + 16)[start..])
}

//= https://www.rfc-editor.org/rfc/rfc1350#section-4
//= type=test
//# If a source TID does not match, the packet should be discarded as erroneously sent from somewhere
//# else.  An error packet should be sent to the source of the incorrect packet, while not disturbing the
//# transfer.
#[test]
fn a_stranger_gets_error_5_and_the_transfer_goes_on() {
    let mut talk = in_window(1);
    let before = talk.machine.clone();
    assert_eq!(talk.from(2001, &block(1)), Event::Ignored(Ignored::UnknownTransfer { port: 2001 }));
    assert_eq!(talk.from(2002, &block(1)), Event::Ignored(Ignored::UnknownTransfer { port: 2002 }));
    assert_eq!(talk.machine, before);
    // One reply at most waits.
    let sent = talk.sent();
    assert_eq!(sent, [(2002, [&[0, 5, 0, 5][..], b"Unknown transfer ID\0"].concat())]);
    assert!(matches!(talk.from(2000, &block(1)), Event::Data { offset: 0, .. }));
    assert_eq!(talk.sent(), [(2000, ack(1))]);
}

#[test]
fn an_error_is_never_answered_with_an_error() {
    let mut talk = in_window(1);
    assert_eq!(talk.from(2001, &error(5, "x")), Event::Ignored(Ignored::UnknownTransfer { port: 2001 }));
    assert_eq!(talk.sent(), []);
    assert!(matches!(talk.from(2001, &[0, 9]), Event::Ignored(Ignored::Malformed { .. })));
    assert_eq!(talk.sent(), []);
}

#[test]
fn another_address_and_another_port_of_ours_are_ignored_without_an_answer() {
    let mut talk = in_window(1);
    let mut elsewhere = path(2000);
    elsewhere.remote.set_ip([198, 51, 100, 7].into());
    assert_eq!(talk.on(elsewhere, &block(1)), Event::Ignored(Ignored::WrongAddress));
    let mut other: UdpPath = path(2000);
    other.local.set_port(5);
    assert_eq!(talk.on(other, &block(1)), Event::Ignored(Ignored::WrongPort { port: 5 }));
    assert_eq!(talk.sent(), []);
}

#[test]
fn a_server_that_answers_from_port_69_is_accepted() {
    let mut talk = Talk::new(Download::new(config("kernel")).unwrap());
    talk.sent();
    assert!(matches!(talk.from(69, &oack(&[("blksize", "1428")])), Event::Opened(_)));
    assert_eq!(talk.sent(), [(69, ack(0))]);
    assert!(matches!(talk.from(69, &data(1, b"x")), Event::Data { .. }));
    assert_eq!(talk.sent(), [(69, ack(1))]);
}

#[test]
fn late_packets_of_the_transfer_before_a_step_down_mean_nothing() {
    let mut talk = Talk::new(Download::new(config("kernel")).unwrap());
    talk.sent();
    assert_eq!(talk.from(2000, &oack(&[("foo", "1")])), Event::FellBack(Rung::NoWindow));
    talk.sent();
    // rs-tftpd answers an ERROR with an ERROR: that is no answer to the second request.
    let packet = error(4, "invalid oack response");
    let late = talk.from(2000, &packet);
    assert_eq!(late, Event::Ignored(Ignored::UnknownTransfer { port: 2000 }));
    assert!(matches!(talk.from(2000, &oack(&[])), Event::Ignored(_)));
    assert!(matches!(talk.from(2003, &oack(&[("blksize", "1468")])), Event::Opened(_)));
}

#[test]
fn blocks_of_a_window_arrive_in_any_order_and_each_is_told_once() {
    let mut talk = in_window(4);
    for (number, offset) in [(2, 16), (4, 48), (1, 0), (3, 32)] {
        let packet = block(number);
        assert_eq!(talk.from(2000, &packet), Event::Data { offset, bytes: &packet[4..] });
    }
    let sent = talk.sent();
    assert_eq!(sent, [(2000, ack(4))], "the gap closed before anybody asked for it");
    for number in 1..=4 {
        assert_eq!(talk.from(2000, &block(number)), Event::Ignored(Ignored::Duplicate { block: number }));
    }
}

#[test]
fn a_gap_is_answered_at_once_and_once() {
    let mut talk = in_window(8);
    talk.from(2000, &block(1));
    assert_eq!(talk.sent(), []);
    talk.from(2000, &block(3));
    assert_eq!(talk.sent(), [(2000, ack(1))]);
    for number in 4..=8 {
        assert!(matches!(talk.from(2000, &block(number)), Event::Data { .. }));
        assert_eq!(talk.sent(), []);
    }
    // A round trip later the window comes again, and block 2 is lost again.
    talk.wait(Duration::from_millis(3));
    assert!(matches!(talk.from(2000, &block(3)), Event::Ignored(Ignored::Duplicate { .. })));
    assert_eq!(talk.sent(), [(2000, ack(1))]);
    talk.wait(Duration::from_millis(1));
    talk.from(2000, &block(4));
    assert_eq!(talk.sent(), []);
    // It comes, and everything up to 8 is here.
    talk.from(2000, &block(2));
    assert_eq!(talk.machine.received(), 8 * 16);
}

#[test]
fn in_order_only_nothing_is_told_beyond_a_gap() {
    let config = config("kernel").with_in_order(true).with_block_size(16);
    let mut talk = Talk::new(Download::new(config).unwrap());
    talk.sent();
    talk.from(2000, &oack(&[("blksize", "16"), ("windowsize", "4")]));
    talk.sent();
    assert_eq!(talk.from(2000, &block(2)), Event::Nothing);
    assert_eq!(talk.sent(), [(2000, ack(0))]);
    assert_eq!(talk.from(2000, &block(3)), Event::Nothing);
    assert_eq!(talk.sent(), []);
    for number in 1..=4 {
        assert!(matches!(talk.from(2000, &block(number)), Event::Data { .. }));
    }
    assert_eq!(talk.sent(), [(2000, ack(4))]);
}

#[test]
fn a_copy_made_by_the_network_is_not_acknowledged_but_a_repetition_of_the_server_is() {
    let mut talk = in_window(1);
    talk.from(2000, &block(1));
    assert_eq!(talk.sent(), [(2000, ack(1))]);
    assert_eq!(talk.from(2000, &block(1)), Event::Ignored(Ignored::Duplicate { block: 1 }));
    assert_eq!(talk.sent(), [], "the Sorcerer's Apprentice");
    talk.wait(Duration::from_millis(5));
    assert_eq!(talk.from(2000, &block(1)), Event::Ignored(Ignored::Duplicate { block: 1 }));
    assert_eq!(talk.sent(), [(2000, ack(1))]);
    let statistics = talk.machine.statistics();
    assert_eq!((statistics.duplicates, statistics.retransmissions), (2, 1));
    assert_eq!(statistics.round_trip, Duration::from_millis(2));
}

//= https://www.rfc-editor.org/rfc/rfc1350#section-6
//= type=test
//# On the other hand, dallying is encouraged.  This means that the host sending the final ACK will wait for a
//# while before terminating in order to retransmit the final ACK if it has been lost.
#[test]
fn the_last_block_is_acknowledged_again_while_dallying_and_then_it_is_done() {
    let mut talk = in_window(1);
    let last = data(1, b"short");
    talk.from(2000, &last);
    assert!(talk.machine.is_complete());
    assert_eq!(talk.sent(), [(2000, ack(1))]);
    talk.wait(Duration::from_secs(1));
    assert_eq!(talk.from(2000, &last), Event::Ignored(Ignored::Duplicate { block: 1 }));
    assert_eq!(talk.sent(), [(2000, ack(1))]);
    assert_eq!(talk.due(), Some(Event::Done { size: 5 }));
    assert_eq!(talk.machine.poll_timeout(), None);
    assert_eq!(talk.from(2000, &last), Event::Ignored(Ignored::Finished));
    assert_eq!(talk.sent(), []);
}

#[test]
fn blocks_that_cannot_be_are_ignored() {
    let mut talk = in_window(4);
    let too_long = data(1, &[7; 17]);
    assert_eq!(talk.from(2000, &too_long), Event::Ignored(Ignored::TooLong { block: 1 }));
    assert_eq!(talk.from(2000, &block(5)), Event::Ignored(Ignored::OutOfWindow { block: 5 }));
    talk.from(2000, &block(3));
    // The end cannot lie before a block that is here.
    assert_eq!(talk.from(2000, &data(2, b"end")), Event::Ignored(Ignored::OutOfWindow { block: 2 }));
    talk.from(2000, &data(4, b"end"));
    assert_eq!(
        talk.from(2000, &ack(1)),
        Event::Ignored(Ignored::Unexpected { opcode: bootproto_tftp::wire::Opcode::ACK })
    );
    assert!(matches!(talk.from(2000, &block(1)), Event::Data { .. }));
    assert!(matches!(talk.from(2000, &block(2)), Event::Data { .. }));
    assert!(talk.machine.is_complete());
    assert_eq!(talk.machine.received(), 3 * 16 + 3);
}

#[test]
fn a_window_that_never_comes_through_is_given_up_for_single_blocks() {
    // A peer whose link swallows the first block of every burst.
    let mut talk = in_window(4);
    let mut fell_back = None;
    for _ in 0..4 {
        for number in 2..=4 {
            if let Event::FellBack(rung) = talk.from(2000, &block(number)) {
                fell_back.get_or_insert(rung);
            }
        }
        talk.sent();
        talk.wait(Duration::from_millis(3));
    }
    assert_eq!(fell_back, Some(Rung::NoWindow));
}

#[test]
fn a_window_that_came_through_once_is_trusted() {
    let mut talk = in_window(2);
    talk.from(2000, &block(1));
    talk.from(2000, &block(2));
    talk.sent();
    for _ in 0..6 {
        talk.wait(Duration::from_millis(3));
        assert!(!matches!(talk.from(2000, &block(4)), Event::FellBack(_)));
        talk.sent();
    }
}

#[test]
fn a_lost_request_is_sent_again_and_given_up_in_the_end() {
    let mut talk = Talk::new(Download::new(config("kernel")).unwrap());
    let first = talk.sent();
    let start = talk.now;
    let mut tries = 1;
    let failure = loop {
        match talk.due() {
            Some(Event::Failed(failure)) => break failure,
            None => {
                let sent = talk.sent();
                tries += u32::from(!sent.is_empty());
                assert!(sent.is_empty() || sent == first);
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(failure, Failure::OpenTimedOut { tries });
    assert!((5..20).contains(&tries), "{tries}");
    assert_eq!(talk.now.saturating_since(start), Duration::from_secs(30));
    assert_eq!(bootproto_core::Numbered::entry(&failure).pxe, Some("PXE-E32"));
}

//= https://www.rfc-editor.org/rfc/rfc1123#section-4.2.3.2
//= type=test
//# A TFTP implementation MUST use an adaptive timeout.
#[test]
fn a_server_that_falls_silent_is_asked_again_after_round_trips_not_seconds() {
    let mut talk = in_window(1);
    talk.from(2000, &block(1));
    talk.sent();
    let before = talk.now;
    assert_eq!(talk.due(), None);
    assert_eq!(talk.sent(), [(2000, ack(1))]);
    assert_eq!(talk.now.saturating_since(before), Duration::from_millis(20), "the floor");
    let failure = loop {
        if let Some(Event::Failed(failure)) = talk.due() {
            break failure;
        }
        talk.sent();
    };
    assert_eq!(failure, Failure::ReadTimedOut { bytes: 16 });
    assert_eq!(bootproto_core::Numbered::entry(&failure).pxe, Some("PXE-E35"));
    let sent = talk.sent();
    assert_eq!((sent[0].0, head(&sent[0].1)), (2000, (5, 0)));
}

#[test]
fn an_error_in_the_middle_ends_it_with_the_servers_words() {
    let mut talk = in_window(1);
    talk.from(2000, &block(1));
    talk.sent();
    // Without the NUL, as small servers send it.
    let packet = b"\0\x05\0\x03disk on fire";
    let Event::PeerError { code, message, failure } = talk.from(2000, packet) else { panic!() };
    assert_eq!((code.0, message), (3, &b"disk on fire"[..]));
    assert_eq!(failure, Failure::Peer { code, phase: Phase::Transferring });
    assert_eq!(talk.sent(), []);
    assert_eq!(talk.machine.poll_timeout(), None);
}

#[test]
fn an_aborted_download_tells_the_server() {
    let mut talk = in_window(1);
    assert_eq!(talk.machine.abort(), Failure::Aborted);
    let sent = talk.sent();
    assert_eq!((sent[0].0, head(&sent[0].1)), (2000, (5, 0)));
    assert_eq!(talk.from(2000, &block(1)), Event::Ignored(Ignored::Finished));
}
