//! A fabric that is not to be trusted.

extern crate std;

use core::net::{IpAddr, Ipv4Addr};

use bootproto_core::{ParseErrorKind, Writer};

use super::lab::*;
use crate::ipoib::{Arp, Event, Failure, Ignored, LinkAddress, frame};
use crate::verbs::{AddressVector, GlobalRoute};
use crate::{Gid, PKey, Qpn};

/// A frame with an ARP packet.
fn arp(
    operation: u16,
    sender: (LinkAddress, Ipv4Addr),
    target: (LinkAddress, Ipv4Addr),
) -> std::vec::Vec<u8> {
    let packet =
        Arp { operation, sender: sender.0, sender_ip: sender.1, target: target.0, target_ip: target.1 };
    let mut buf = [0; 60];
    let mut writer = Writer::new(&mut buf);
    frame::write_header(frame::ARP, &mut writer);
    packet.write(&mut writer);
    writer.finish().unwrap().to_vec()
}

fn link(number: u16) -> LinkAddress {
    LinkAddress::new(qpn(number), gid(number))
}

const THIEF: u16 = 66;

/// A host that knows the boot server.
fn booting() -> Host {
    let (mut a, mut b) = (Host::with_address(1, ADDRESS_A), Host::with_address(2, ADDRESS_B));
    a.interface.send(at(0), &packet(ADDRESS_B, 40)).unwrap();
    settle(&mut a, &mut b, at(0));
    a.told.clear();
    a
}

#[test]
fn a_stranger_cannot_take_the_boot_servers_address() {
    let mut a = booting();
    let before = a.interface.clone();
    let server = IpAddr::V4(ADDRESS_B);
    let claims = [
        // An answer that nobody asked for, alone and to everybody; requests that tell of their sender.
        arp(Arp::REPLY, (link(THIEF), ADDRESS_B), (link(1), ADDRESS_A)),
        arp(Arp::REPLY, (link(THIEF), ADDRESS_B), (LinkAddress::ZERO, ADDRESS_A)),
        arp(Arp::REQUEST, (link(THIEF), ADDRESS_B), (LinkAddress::ZERO, ADDRESS_B)),
    ];
    for claim in &claims {
        for millis in [1, 30_000, 59_000] {
            let event = a.hears(at(millis), THIEF, &AddressVector::default(), claim);
            let why = [Ignored::Alive { address: server }, Ignored::NotForUs].map(Event::Ignored);
            assert!(why.contains(&event), "{event:?}");
            assert_eq!(a.interface, before);
        }
    }
    // A request for our own address is answered, and teaches us nothing.
    let ask = arp(Arp::REQUEST, (link(THIEF), ADDRESS_B), (LinkAddress::ZERO, ADDRESS_A));
    assert_eq!(
        a.hears(at(59_001), THIEF, &AddressVector::default(), &ask),
        Event::Answering { address: ADDRESS_B }
    );
    assert_eq!(a.interface.neighbour(server), Some(link(2)));
}

#[test]
fn when_the_server_has_grown_old_it_is_still_the_server_who_is_asked() {
    let mut a = booting();
    a.wait_until(at(61_000));
    a.interface.send(at(61_000), &packet(ADDRESS_B, 40)).unwrap();
    a.drain(at(61_000));
    // The question went to the server alone; the thief guesses that it is the hour.
    let claim = arp(Arp::REPLY, (link(THIEF), ADDRESS_B), (link(1), ADDRESS_A));
    let event = a.hears(at(61_001), THIEF, &AddressVector::default(), &claim);
    assert_eq!(event, Event::Ignored(Ignored::Alive { address: ADDRESS_B.into() }));
    let true_answer = arp(Arp::REPLY, (link(2), ADDRESS_B), (link(1), ADDRESS_A));
    let event = a.hears(at(61_002), 2, &AddressVector::default(), &true_answer);
    assert_eq!(event, Event::Resolved { address: ADDRESS_B.into(), link: link(2) });
    // Had it been silent, whoever answers next would be the one: a server that moved to another port is found again.
    a.wait_until(at(125_000));
    a.interface.send(at(125_000), &packet(ADDRESS_B, 40)).unwrap();
    a.wait_until(at(127_000));
    let moved = arp(Arp::REPLY, (link(3), ADDRESS_B), (link(1), ADDRESS_A));
    let event = a.hears(at(127_000), 3, &AddressVector::default(), &moved);
    assert_eq!(event, Event::Resolved { address: ADDRESS_B.into(), link: link(3) });
}

#[test]
fn who_speaks_of_anothers_address_as_his_own_is_found_out() {
    let mut a = Host::with_address(1, ADDRESS_A);
    a.interface.send(at(0), &packet(ADDRESS_B, 40)).unwrap();
    a.drain(at(0));
    let before = a.interface.clone();
    let group = AddressVector {
        grh: Some(GlobalRoute {
            destination: Gid::ipoib_v4(2, PKey::DEFAULT, Ipv4Addr::BROADCAST),
            ..GlobalRoute::default()
        }),
        ..AddressVector::default()
    };
    let alone = AddressVector::default();
    for (path, sender) in [
        // Another's queue pair; another's port; a group; queue pairs of management.
        (&alone, link(2)),
        (&group, LinkAddress::new(qpn(THIEF), gid(2))),
        (&alone, LinkAddress::new(qpn(THIEF), Gid::ipoib_v4(2, PKey::DEFAULT, ADDRESS_B))),
        (&alone, LinkAddress::new(Qpn::GSI, gid(THIEF))),
    ] {
        let forged = arp(Arp::REPLY, (sender, ADDRESS_B), (link(1), ADDRESS_A));
        let event = a.hears(at(1), THIEF, path, &forged);
        assert!(matches!(event, Event::Ignored(Ignored::Forged { .. })), "{sender}: {event:?}");
        assert_eq!(a.interface, before);
    }
}

#[test]
fn ten_thousand_strangers_leave_no_trace() {
    let mut a = booting();
    let before = a.interface.clone();
    for stranger in 100..10_100_u16 {
        let [high, low] = stranger.to_be_bytes();
        let address = Ipv4Addr::new(10, 0, high, low);
        let claim = arp(Arp::REPLY, (link(stranger), address), (link(1), ADDRESS_A));
        let event = a.hears(at(5), stranger, &AddressVector::default(), &claim);
        assert_eq!(event, Event::Ignored(Ignored::Unasked { address: address.into() }));
    }
    assert_eq!(a.interface, before);
}

#[test]
fn neighbours_in_use_are_not_given_up_for_new_ones() {
    let mut a = Host::with_address(1, ADDRESS_A);
    for last in 10..26_u8 {
        a.interface.send(at(0), &packet(Ipv4Addr::new(10, 0, 0, last), 40)).unwrap();
        let target = Ipv4Addr::new(10, 0, 0, last);
        a.drain(at(0));
        let answer = arp(Arp::REPLY, (link(last.into()), target), (link(1), ADDRESS_A));
        a.hears(at(0), last.into(), &AddressVector::default(), &answer);
        assert_eq!(a.drain(at(0)).len(), 1);
    }
    let address = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 99));
    let one_more = packet(Ipv4Addr::new(10, 0, 0, 99), 40);
    assert_eq!(a.interface.send(at(1_000), &one_more), Err(Failure::TooManyNeighbours { address }));
    // All but the first are used again; after a minute that one has to go.
    for last in 11..26_u8 {
        a.interface.send(at(30_000), &packet(Ipv4Addr::new(10, 0, 0, last), 40)).unwrap();
        a.drain(at(30_000));
    }
    assert_eq!(a.interface.send(at(60_000), &one_more), Ok(()));
    assert_eq!(a.interface.neighbour(Ipv4Addr::new(10, 0, 0, 10).into()), None);
    assert!(a.interface.neighbour(Ipv4Addr::new(10, 0, 0, 11).into()).is_some());
}

// V46, row by row.
#[test]
fn broken_frames_and_foreign_groups_change_nothing() {
    let mut a = booting();
    let before = a.interface.clone();
    let alone = AddressVector::default();
    let whole = arp(Arp::REQUEST, (link(2), ADDRESS_B), (LinkAddress::ZERO, ADDRESS_A));
    let kind = |event: Event<'static>| match event {
        Event::Ignored(Ignored::Malformed { error }) => error.kind,
        other => panic!("{other:?}"),
    };
    for length in 0..whole.len() {
        assert_eq!(kind(a.hears(at(1), 2, &alone, &whole[..length])), ParseErrorKind::Truncated);
    }
    // ARP of Ethernet.
    let ethernet = [&[8, 6, 0, 0, 0, 1, 8, 0, 6, 4, 0, 1][..], &[7; 20]].concat();
    assert_eq!(kind(a.hears(at(1), 2, &alone, &ethernet)), ParseErrorKind::BadValue);
    let mut six = whole.clone();
    six[8] = 6;
    assert_eq!(kind(a.hears(at(1), 2, &alone, &six)), ParseErrorKind::BadValue);
    for unknown in [0x0000, 0x8864, 0xffff_u16] {
        let [high, low] = unknown.to_be_bytes();
        let event = a.hears(at(1), 2, &alone, &[high, low, 0, 0, 1, 2, 3]);
        assert_eq!(event, Event::Ignored(Ignored::UnknownType { kind: unknown }));
    }
    for group in [
        Gid::ipoib_v4(2, PKey(0x8001), Ipv4Addr::BROADCAST),
        Gid::ipoib_v4(2, PKey::DEFAULT, Ipv4Addr::new(239, 1, 1, 1)),
        Gid::ipoib_v4(5, PKey::DEFAULT, Ipv4Addr::BROADCAST),
    ] {
        let grh = Some(GlobalRoute { destination: group, ..GlobalRoute::default() });
        let event = a.hears(at(1), 2, &AddressVector { grh, ..alone }, &whole);
        assert_eq!(event, Event::Ignored(Ignored::OtherGroup { group }));
    }
    assert_eq!(a.interface, before);
    // What is reserved in the header is passed over (RFC 4391 section 6).
    let mut reserved = whole;
    reserved[2..4].fill(0xee);
    assert_eq!(a.hears(at(1), 2, &alone, &reserved), Event::Answering { address: ADDRESS_B });
}

#[test]
fn a_flood_of_questions_gets_one_answer_a_drain() {
    let mut a = booting();
    let ask = arp(Arp::REQUEST, (link(2), ADDRESS_B), (LinkAddress::ZERO, ADDRESS_A));
    a.hears(at(1), 2, &AddressVector::default(), &ask);
    for _ in 0..1_000 {
        let event = a.hears(at(1), 2, &AddressVector::default(), &ask);
        assert_eq!(event, Event::Ignored(Ignored::AnswerPending));
    }
    assert_eq!(a.drain(at(1)).len(), 1);
    // Our own question that the group brings back.
    let own = arp(Arp::REQUEST, (link(1), ADDRESS_A), (LinkAddress::ZERO, ADDRESS_B));
    assert_eq!(a.hears(at(2), 1, &AddressVector::default(), &own), Event::Ignored(Ignored::Own));
}
