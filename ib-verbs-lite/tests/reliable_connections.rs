//! Reliable connections: two of ours against each other over a bad wire, and against raw bytes.
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

use core::time::Duration;

use bootproto_core::{Instant, Machine, Reader};
use bootproto_ib_verbs_lite::packet::{Opcode, Transport};
use bootproto_ib_verbs_lite::rc::{Config, Connection, Event, Failure, Ignored};
use bootproto_ib_verbs_lite::verbs::{AddressVector, RcPath, VerbsError};
use bootproto_ib_verbs_lite::{Mtu, PKey, Psn, Qpn};
use proptest::prelude::*;
use testkit::laws::{self, Class, START, Subject};

type Rc = Connection<4096>;
testkit::wrap!(pub struct End(Rc));

impl Subject for End {
    fn class(event: &Event<'_>) -> Class {
        match event {
            Event::Ignored(Ignored::Duplicate { .. }) => Class::Duplicate,
            Event::Ignored(_) => Class::Ignored,
            Event::Failed(_) => Class::Terminal,
            _ => Class::Other,
        }
    }

    fn parses(sent: &[u8]) -> bool {
        Transport::parse(&mut Reader::new(sent)).is_ok()
    }

    /// A window of packets and an acknowledgement.
    fn burst(&self) -> usize {
        9
    }
}

fn end(local: u32, remote: u32, send: u32, receive: u32) -> Rc {
    let path = RcPath {
        destination: AddressVector { qpn: Qpn::new(remote), ..AddressVector::default() },
        mtu: Mtu::MTU_256,
        send_psn: Psn::new(send),
        receive_psn: Psn::new(receive),
        ack_timeout: Duration::from_millis(100),
        retry_count: 7,
        rnr_retry_count: 6,
        min_rnr_timer: 12,
    };
    Connection::new(Config::new(Qpn::new(local), PKey::DEFAULT, &path))
}

/// Two ends whose numbers wrap in the middle of the test.
fn pair() -> (Rc, Rc) {
    (end(0x48, 0x99, 0x00ff_fffd, 7), end(0x99, 0x48, 7, 0x00ff_fffd))
}

fn drain(machine: &mut Rc, now: Instant) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    let mut buf = [0xa5; Rc::MAX_TRANSMIT];
    while let Some(transmit) = machine.poll_transmit(now, &mut buf).unwrap() {
        packets.push(transmit.bytes.to_vec());
    }
    packets
}

fn opcode(packet: &[u8]) -> Opcode {
    Opcode(packet[0])
}

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|place| u8::try_from(place % 251).unwrap()).collect()
}

/// Runs both ends over a wire that loses what `lost` says; answers the messages that arrived, and how each end fared.
fn run(
    messages: &[Vec<u8>],
    mut lost: impl FnMut() -> bool,
    credits: u16,
) -> (Vec<Vec<u8>>, Option<Failure>) {
    let (mut one, mut two) = pair();
    two.post_receive(credits);
    let (mut now, mut arrived, mut whole) = (START, Vec::new(), Vec::new());
    let mut waiting = messages.iter().enumerate();
    let mut in_progress = false;
    for _ in 0..100_000 {
        if !in_progress {
            let Some((id, message)) = waiting.next() else { return (arrived, None) };
            one.send(u64::try_from(id).unwrap(), message, (id % 2 == 1).then_some(7)).unwrap();
            in_progress = true;
        }
        for packet in drain(&mut one, now).into_iter().filter(|_| !lost()).collect::<Vec<_>>() {
            match two.handle_datagram(now, (), &packet) {
                Event::Data { offset, bytes, last, immediate } => {
                    assert_eq!(offset, whole.len());
                    whole.extend_from_slice(bytes);
                    if last {
                        assert_eq!(immediate, (arrived.len() % 2 == 1).then_some(7));
                        arrived.push(core::mem::take(&mut whole));
                    }
                }
                Event::NoBuffer => two.post_receive(1),
                Event::Failed(failure) => panic!("{failure}"),
                _ => {}
            }
            for answer in drain(&mut two, now).into_iter().filter(|_| !lost()) {
                match one.handle_datagram(now, (), &answer) {
                    Event::Sent { .. } => in_progress = false,
                    Event::Failed(failure) => return (arrived, Some(failure)),
                    _ => {}
                }
            }
        }
        let next = one.poll_timeout().into_iter().chain(two.poll_timeout()).min();
        now = next.map_or(now, |next| next.max(now));
        if let Some(Event::Failed(failure)) = one.handle_timeout(now) {
            return (arrived, Some(failure));
        }
        two.handle_timeout(now);
    }
    panic!("no end");
}

#[test]
fn messages_of_all_lengths_arrive() {
    let messages: Vec<_> = [0, 1, 255, 256, 257, 512, 2048, 4095, 4096].map(content).to_vec();
    assert_eq!(run(&messages, || false, 100), (messages, None));
}

#[test]
fn a_message_waits_for_a_buffer() {
    let messages: Vec<_> = [700, 10].map(content).to_vec();
    assert_eq!(run(&messages, || false, 0), (messages, None));
}

#[test]
fn long_messages_go_out_in_windows_and_ask_for_acknowledgement() {
    let (mut one, mut two) = pair();
    two.post_receive(1);
    one.send(1, &content(4096), None).unwrap();
    assert_eq!(one.send(2, b"", None), Err(VerbsError::QueueFull));
    let first = drain(&mut one, START);
    assert_eq!(first.len(), 8);
    assert_eq!((opcode(&first[0]), opcode(&first[1])), (Opcode::RC_SEND_FIRST, Opcode::RC_SEND_MIDDLE));
    let asks: Vec<bool> = first.iter().map(|packet| packet[8] & 0x80 != 0).collect();
    assert_eq!(asks, [false, false, false, false, false, false, false, true]);
    for packet in &first {
        assert!(matches!(two.handle_datagram(START, (), packet), Event::Data { last: false, .. }));
    }
    let ack = drain(&mut two, START);
    assert_eq!(ack.len(), 1);
    // ACK of packet 0x000004, after no complete message.
    assert_eq!(ack[0], [0x11, 0x40, 0xff, 0xff, 0, 0, 0, 0x48, 0, 0, 0, 4, 0x1f, 0, 0, 0]);
    assert_eq!(one.handle_datagram(START, (), &ack[0]), Event::Progress);
    assert_eq!(opcode(drain(&mut one, START).last().unwrap()), Opcode::RC_SEND_LAST);
    assert_eq!(one.send(3, &[0; 4097], None), Err(VerbsError::TooLong { length: 4097, limit: 4096 }));
}

#[test]
fn a_lost_packet_is_asked_for_once() {
    let (mut one, mut two) = pair();
    two.post_receive(1);
    one.send(1, &content(1024), None).unwrap();
    let packets = drain(&mut one, START);
    two.handle_datagram(START, (), &packets[0]);
    let lost = two.handle_datagram(START, (), &packets[2]);
    assert_eq!(lost, Event::Lost { expected: Psn::new(0x00ff_fffe), got: Psn::new(0x00ff_ffff) });
    let nak = drain(&mut two, START);
    assert_eq!((nak.len(), nak[0][12]), (1, 0x60));
    let behind = two.handle_datagram(START, (), &packets[3]);
    assert_eq!(behind, Event::Ignored(Ignored::BehindTheGap { psn: Psn::new(0) }));
    assert!(drain(&mut two, START).is_empty());
    assert_eq!(one.handle_datagram(START, (), &nak[0]), Event::Again);
    let again = drain(&mut one, START);
    assert_eq!(again, packets[1..]);
    // A copy of what was here is acknowledged again, with the last number.
    let copy = two.handle_datagram(START, (), &packets[0]);
    assert_eq!(copy, Event::Ignored(Ignored::Duplicate { psn: Psn::new(0x00ff_fffd) }));
    assert_eq!(drain(&mut two, START)[0][9..13], [0xff, 0xff, 0xfd, 0x1f]);
}

#[test]
fn naks_end_the_connection_with_their_reason() {
    for (syndrome, failure) in [
        (0x61, Failure::RemoteInvalidRequest),
        (0x62, Failure::RemoteAccess),
        (0x63, Failure::RemoteOperation),
    ] {
        let (mut one, _) = pair();
        one.send(1, b"x", None).unwrap();
        drain(&mut one, START);
        let nak = [0x11, 0x40, 0xff, 0xff, 0, 0, 0, 0x48, 0, 0xff, 0xff, 0xfd, syndrome, 0, 0, 0];
        assert_eq!(one.handle_datagram(START, (), &nak), Event::Failed(failure));
        assert_eq!(one.send(2, b"y", None), Err(VerbsError::NotConnected));
    }
}

#[test]
fn rdma_and_broken_order_are_refused() {
    let middle = [&[1, 0x40, 0xff, 0xff, 0, 0, 0, 0x48, 0x80, 0, 0, 7][..], &[0; 256]].concat();
    let write = [&[0x0a, 0x40, 0xff, 0xff, 0, 0, 0, 0x48, 0x80, 0, 0, 7][..], &[0; 20]].concat();
    let read = [&[0x0c, 0x40, 0xff, 0xff, 0, 0, 0, 0x48, 0x80, 0, 0, 7][..], &[0; 16]].concat();
    for packet in [middle, write, read] {
        let (mut one, _) = pair();
        one.post_receive(1);
        let event = one.handle_datagram(START, (), &packet);
        assert_eq!(event, Event::Failed(Failure::InvalidRequest { opcode: opcode(&packet) }));
        assert_eq!(drain(&mut one, START)[0][12], 0x61);
    }
}

#[test]
fn a_peer_without_buffers_is_given_up_where_that_is_wanted() {
    let (mut one, _) = pair();
    one.send(1, b"x", None).unwrap();
    let rnr = [0x11, 0x40, 0xff, 0xff, 0, 0, 0, 0x48, 0, 0xff, 0xff, 0xfd, 0x20 | 12, 0, 0, 0];
    let mut now = START;
    for _ in 0..6 {
        assert_eq!(drain(&mut one, now).len(), 1);
        assert_eq!(one.handle_datagram(now, (), &rnr), Event::Again);
        assert!(drain(&mut one, now).is_empty());
        let pause = one.poll_timeout().unwrap();
        assert_eq!(pause.saturating_since(now), Duration::from_micros(640));
        now = pause;
        assert_eq!(one.handle_timeout(now), None);
    }
    drain(&mut one, now);
    assert_eq!(one.handle_datagram(now, (), &rnr), Event::Failed(Failure::RnrRetryExceeded { retries: 6 }));
}

#[test]
fn a_silent_peer_is_given_up() {
    let (mut one, _) = pair();
    one.send(1, &content(4096), None).unwrap();
    let took = laws::check_silent_peer(End(one), Duration::from_secs(2)).unwrap();
    assert_eq!(took, Duration::from_millis(800));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn over_a_lossy_wire_everything_arrives_once_and_in_order(
        lengths in prop::collection::vec(0_usize..3000, 1..6), fates in prop::collection::vec(0_u8..10, 400)
    ) {
        let messages: Vec<_> = lengths.into_iter().map(content).collect();
        let mut fates = fates.into_iter();
        // A tenth is lost, for a while.
        let (arrived, failure) = run(&messages, || fates.next() == Some(0), 100);
        prop_assert_eq!(failure, None);
        prop_assert_eq!(arrived, messages);
    }
}

#[test]
fn the_laws_hold() {
    let (fresh, mut other) = pair();
    let mut sending = fresh.clone();
    sending.send(1, &content(1000), Some(9)).unwrap();
    sending.post_receive(2);
    other.post_receive(4);
    other.send(1, &content(700), None).unwrap();
    let mut seeds = drain(&mut other, START);
    for packet in drain(&mut sending.clone(), START) {
        other.handle_datagram(START, (), &packet);
        seeds.extend(drain(&mut other, START));
    }
    for syndrome in [0x1f, 0x2c, 0x60, 0x61] {
        seeds.push(vec![0x11, 0x40, 0xff, 0xff, 0, 0, 0, 0x48, 0, 0xff, 0xff, 0xfe, syndrome, 0, 0, 0]);
    }
    proptest!(ProptestConfig::with_cases(96), |(script in laws::scripts(seeds, vec![()], 40))| {
        for machine in [&fresh, &sending] {
            prop_assert_eq!(laws::check(End(machine.clone()), &script), Ok(()));
        }
    });
}
