//! Hosts that find each other, groups, and what becomes of the SA's changes.

extern crate std;

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;

use bootproto_core::Machine;

use super::lab::*;
use crate::ipoib::{Arp, Config, ConfigError, Event, Failure, Interface, LinkAddress, Request, frame};
use crate::mad::record::McMemberRecord;
use crate::{Gid, Lid, Mtu, PKey, QKey, Qpn};

#[test]
fn an_interface_wants_its_broadcast_group_first_and_takes_key_and_mtu_from_it() {
    let mut host = Host::new(1);
    let group = Gid::ipoib_v4(2, PKey::DEFAULT, Ipv4Addr::BROADCAST);
    assert_eq!(host.asked, [Request::Join { group, full: true, like: None }]);
    assert_eq!(host.interface.mtu(), Some(2044));
    assert_eq!(host.interface.link_address(), Some(LinkAddress::new(qpn(1), gid(1))));
    host.interface.send(at(1), &packet(Ipv4Addr::BROADCAST, 300)).unwrap();
    let sent = host.drain(at(1));
    let (path, bytes) = &sent[0];
    assert_eq!((path.lid, path.qpn, path.q_key), (Lid(0xc00f), Qpn::MULTICAST, Q_KEY));
    let route = path.grh.unwrap();
    assert_eq!((route.destination, route.source), (group, gid(1)));
    assert_eq!((&bytes[..4], bytes.len()), (&[8, 0, 0, 0][..], 304));
}

#[test]
fn hosts_find_each_other_by_arp_and_path_and_then_talk_from_queue_pair_to_queue_pair() {
    let (mut a, mut b) = (Host::with_address(1, ADDRESS_A), Host::with_address(2, ADDRESS_B));
    a.interface.send(at(1), &packet(ADDRESS_B, 100)).unwrap();
    settle(&mut a, &mut b, at(1));
    assert_eq!(b.got, [packet(ADDRESS_B, 100)]);
    let link = LinkAddress::new(qpn(2), gid(2));
    assert_eq!(a.told, [Event::Resolved { address: ADDRESS_B.into(), link }]);
    assert_eq!(a.interface.neighbour(ADDRESS_B.into()), Some(link));
    // One question to everybody, one path, one packet.
    assert_eq!(a.sent.len(), 2);
    assert!(a.asked.contains(&Request::Path { gid: gid(2) }));
    let (path, _) = &a.sent[1];
    assert_eq!((path.lid, path.qpn, path.grh), (Lid(2), qpn(2), None));
    // The one who was asked has learnt nothing by it.
    assert_eq!(b.interface.neighbour(ADDRESS_A.into()), None);
    // From now on nothing is asked.
    a.interface.send(at(2), &packet(ADDRESS_B, 2044)).unwrap();
    settle(&mut a, &mut b, at(2));
    assert_eq!((a.sent.len(), b.got.len()), (3, 2));
}

// X1: iPXE's replies have an all-zero target address on little-endian hosts.
#[test]
fn an_arp_reply_names_the_one_who_asked() {
    let (mut a, mut b) = (Host::with_address(1, ADDRESS_A), Host::with_address(2, ADDRESS_B));
    a.interface.send(at(1), &packet(ADDRESS_B, 40)).unwrap();
    settle(&mut a, &mut b, at(1));
    let (path, bytes) = &b.sent[0];
    let reply = Arp::parse(&bytes[4..]).unwrap();
    assert_eq!(reply.operation, Arp::REPLY);
    assert_eq!((reply.target, reply.target_ip), (LinkAddress::new(qpn(1), gid(1)), ADDRESS_A));
    assert_eq!((reply.sender, reply.sender_ip), (LinkAddress::new(qpn(2), gid(2)), ADDRESS_B));
    // RFC 826: to the one who asked alone.
    assert_eq!((path.lid, path.qpn), (Lid(1), qpn(1)));
}

#[test]
fn next_hops_are_neighbours_routers_and_the_broadcast_group() {
    let mut a = Host::with_address(1, ADDRESS_A);
    let asked_for = |host: &mut Host| {
        let sent = host.drain(at(1));
        Arp::parse(&sent[0].1[4..]).unwrap().target_ip
    };
    a.interface.send(at(1), &packet(Ipv4Addr::new(192, 0, 2, 9), 40)).unwrap();
    assert_eq!(asked_for(&mut a), Ipv4Addr::new(10, 0, 0, 254));
    a.interface.send(at(1), &packet(Ipv4Addr::new(10, 0, 0, 7), 40)).unwrap();
    assert_eq!(asked_for(&mut a), Ipv4Addr::new(10, 0, 0, 7));
    a.interface.send(at(1), &packet(Ipv4Addr::new(10, 0, 0, 255), 40)).unwrap();
    assert_eq!(a.drain(at(1))[0].0.qpn, Qpn::MULTICAST);
    a.interface.configure(ADDRESS_A, 24, None);
    let to = Ipv4Addr::new(192, 0, 2, 9);
    assert_eq!(a.interface.send(at(1), &packet(to, 40)), Err(Failure::NoRoute { to }));
    a.interface.unconfigure();
    assert_eq!(a.interface.send(at(1), &packet(ADDRESS_B, 40)), Err(Failure::NoRoute { to: ADDRESS_B }));
    // /31 has no broadcast address (RFC 3021).
    a.interface.configure(ADDRESS_A, 31, None);
    assert_eq!(
        a.interface.send(at(1), &packet(ADDRESS_B, 40)),
        Err(Failure::NoRoute { to: ADDRESS_B }),
        "10.0.0.1/31 has 10.0.0.0 beside it"
    );
    for (bytes, failure) in [
        (packet(ADDRESS_B, 2045), Failure::TooLong { length: 2045, limit: 2044 }),
        (std::vec![0x45; 19], Failure::NotIp),
        (std::vec![], Failure::NotIp),
        (std::vec![0x15; 40], Failure::NotIp),
    ] {
        assert_eq!(a.interface.send(at(1), &bytes), Err(failure));
    }
}

#[test]
fn a_neighbour_that_is_not_there_is_told_after_three_questions() {
    let mut a = Host::with_address(1, ADDRESS_A);
    a.interface.send(at(0), &packet(ADDRESS_B, 40)).unwrap();
    a.drain(at(0));
    a.wait_until(at(10_000));
    let address = IpAddr::V4(ADDRESS_B);
    assert_eq!(a.told, [Event::Failed(Failure::Unreachable { address, tries: 3 })]);
    assert_eq!(a.sent.len(), 3);
    assert_eq!(a.interface.poll_timeout(), None, "nothing waits any more");
    // The packet went with it: an answer that comes too late sends nothing.
    assert!(a.drain(at(10_001)).is_empty());
}

#[test]
fn a_port_without_a_way_is_told_at_once() {
    let (mut a, mut b) = (Host::with_address(1, ADDRESS_A), Host::with_address(2, ADDRESS_B));
    a.lost.push(gid(2));
    a.interface.send(at(1), &packet(ADDRESS_B, 40)).unwrap();
    settle(&mut a, &mut b, at(1));
    assert!(a.told.contains(&Event::Failed(Failure::NoPath { address: ADDRESS_B.into() })), "{:?}", a.told);
    assert!(b.got.is_empty());
}

#[test]
fn an_old_neighbour_is_asked_by_itself_and_only_then_is_everybody() {
    let (mut a, mut b) = (Host::with_address(1, ADDRESS_A), Host::with_address(2, ADDRESS_B));
    a.interface.send(at(0), &packet(ADDRESS_B, 40)).unwrap();
    settle(&mut a, &mut b, at(0));
    a.wait_until(at(61_000));
    a.sent.clear();
    a.interface.send(at(61_000), &packet(ADDRESS_B, 40)).unwrap();
    let sent = a.drain(at(61_000));
    // The question, to the neighbour alone; and the packet, which does not wait for the answer.
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|(path, _)| (path.lid, path.qpn) == (Lid(2), qpn(2))), "{sent:?}");
    let to_it = a.sent.len();
    a.wait_until(at(63_000));
    let everybody = a.sent[to_it..].iter().filter(|(path, _)| path.qpn == Qpn::MULTICAST).count();
    assert!(everybody >= 1, "{:?}", a.sent);
    // An answer makes it as good as new.
    let mut a = Host::with_address(1, ADDRESS_A);
    a.interface.send(at(0), &packet(ADDRESS_B, 40)).unwrap();
    settle(&mut a, &mut b, at(0));
    a.wait_until(at(61_000));
    a.interface.send(at(61_000), &packet(ADDRESS_B, 40)).unwrap();
    settle(&mut a, &mut b, at(61_000));
    a.sent.clear();
    a.wait_until(at(100_000));
    assert!(a.sent.is_empty());
    // Who is never used again is forgotten.
    a.wait_until(at(300_000));
    assert_eq!(a.interface.neighbour(ADDRESS_B.into()), None);
    assert_eq!(a.interface.poll_timeout(), None);
}

#[test]
fn groups_are_joined_by_their_own_names_and_left_alone_when_refused() {
    let mut a = Host::with_address(1, ADDRESS_A);
    let group = Ipv4Addr::new(239, 1, 2, 3);
    a.interface.join(group).unwrap();
    a.ask_sa(at(1));
    let gid = Gid::ipoib_v4(2, PKey::DEFAULT, group);
    let Some(Request::Join { group: asked, full: true, like: Some(like) }) = a.asked.last().copied() else {
        panic!("{:?}", a.asked)
    };
    // What it takes to create the group is that of the broadcast group.
    assert_eq!((asked, like.q_key, like.mtu), (gid, Q_KEY, Mtu::MTU_2048));
    assert_eq!(a.interface.attached().map(|group| group.gid).collect::<std::vec::Vec<_>>().len(), 2);
    a.interface.send(at(2), &packet(group, 40)).unwrap();
    let sent = a.drain(at(2));
    assert_eq!((sent[0].0.lid, sent[0].0.grh.unwrap().destination), (Lid(0xc003), gid));
    // To send to a group is no reason to hear it.
    let other = Ipv4Addr::new(239, 9, 9, 9);
    let other_gid = Gid::ipoib_v4(2, PKey::DEFAULT, other);
    a.interface.send(at(3), &packet(other, 40)).unwrap();
    assert_eq!(a.interface.poll_request(), Some(Request::Join { group: other_gid, full: false, like: None }));
    a.interface.refused(at(3), other_gid);
    assert!(a.drain(at(3)).is_empty(), "the packet is gone with the refusal");
    let refused = a.interface.send(at(4), &packet(other, 40));
    assert_eq!(refused, Err(Failure::GroupRefused { group: other_gid }));
    // Later it is tried again.
    a.wait_until(at(6_000));
    assert_eq!(a.asked.last(), Some(&Request::Join { group: other_gid, full: false, like: None }));
}

#[test]
fn groups_that_make_no_sense_are_refused_with_their_number() {
    let group = Gid::ipoib_v4(2, PKey::DEFAULT, Ipv4Addr::BROADCAST);
    let good = record(group, gid(1));
    for (record, failure) in [
        (McMemberRecord { mlid: Lid(0xbfff), ..good }, Failure::BadGroup { group }),
        (McMemberRecord { mtu: Mtu(0), ..good }, Failure::BadGroup { group }),
        (McMemberRecord { q_key: QKey(0x8001_0000), ..good }, Failure::BadGroup { group }),
        (McMemberRecord { p_key: PKey(0x8001), ..good }, Failure::GroupPartition { p_key: PKey(0x8001) }),
        (
            McMemberRecord { mtu: Mtu::MTU_4096, ..good },
            Failure::GroupMtu { group: Mtu::MTU_4096, port: Mtu::MTU_2048 },
        ),
    ] {
        let mut interface = Interface::new(Config::new(PKey::DEFAULT), gid(1), at(0)).unwrap();
        assert!(interface.poll_request().is_some());
        assert_eq!(interface.joined(at(1), &record, Mtu::MTU_2048), Err(failure));
        assert_eq!(interface.group(), None);
        let again = interface.poll_timeout().unwrap();
        interface.handle_timeout(again);
        assert!(interface.poll_request().is_some(), "it is asked for again");
    }
}

#[test]
fn after_a_change_of_the_subnet_manager_everything_is_asked_for_again_and_nothing_is_forgotten() {
    let (mut a, mut b) = (Host::with_address(1, ADDRESS_A), Host::with_address(2, ADDRESS_B));
    a.interface.join(Ipv4Addr::new(239, 1, 2, 3)).unwrap();
    a.interface.send(at(1), &packet(ADDRESS_B, 40)).unwrap();
    settle(&mut a, &mut b, at(1));
    a.asked.clear();
    a.sent.clear();
    a.interface.rejoin(at(2), gid(1));
    a.interface.send(at(2), &packet(ADDRESS_B, 41)).unwrap();
    settle(&mut a, &mut b, at(2));
    assert_eq!(a.asked.len(), 3, "{:?}", a.asked);
    assert_eq!((a.sent.len(), b.got.len()), (1, 2), "no ARP: only the way was asked for");
}

#[test]
fn a_probe_finds_the_owner_of_an_address_and_a_rival_for_it() {
    for rival in [false, true] {
        let (mut a, mut b) = (Host::new(1), Host::with_address(2, ADDRESS_B));
        if rival {
            b.interface.unconfigure();
            b.interface.probe(at(1), ADDRESS_B);
        }
        a.interface.probe(at(1), ADDRESS_B);
        // A rival's question crosses ours.
        for (path, frame) in b.drain(at(1)) {
            a.hears(at(1), 2, &path, &frame);
        }
        settle(&mut a, &mut b, at(1));
        assert_eq!(a.interface.probe_result(), Some(true));
        assert_eq!(a.interface.probe_result(), None, "once");
    }
    let mut alone = Host::new(1);
    alone.interface.probe(at(0), ADDRESS_B);
    alone.drain(at(0));
    alone.wait_until(at(599));
    assert_eq!(alone.interface.probe_result(), None);
    alone.wait_until(at(600));
    assert_eq!((alone.interface.probe_result(), alone.sent.len()), (Some(false), 3));
    let probe = Arp::parse(&alone.sent[0].1[4..]).unwrap();
    assert_eq!((probe.sender_ip, probe.target_ip), (Ipv4Addr::UNSPECIFIED, ADDRESS_B));
}

#[test]
fn an_ipv6_neighbour_is_found_by_an_advertisement_of_20_bytes() {
    use crate::ipoib::NeighbourMessage;
    let mut a = Host::new(1);
    let target = NeighbourMessage::link_local(gid(2).guid());
    let mut to_it = std::vec![0x60; 60];
    to_it[24..40].clone_from_slice(&target.octets());
    a.interface.send(at(1), &to_it).unwrap();
    let sent = a.drain(at(1));
    assert_eq!(frame::parse(&sent[0].1).unwrap().0, frame::IPV6);
    let question = NeighbourMessage::parse(&sent[0].1[4..]).unwrap().unwrap();
    assert_eq!((question.target, question.link), (target, a.interface.link_address()));
    let link = LinkAddress::new(qpn(2), gid(2));
    let answer = NeighbourMessage {
        source: target,
        destination: question.source,
        is_advertisement: true,
        is_solicited: true,
        target,
        link: Some(link),
    };
    let mut buf = [0; 92];
    let mut writer = bootproto_core::Writer::new(&mut buf);
    frame::write_header(frame::IPV6, &mut writer);
    answer.write(&mut writer);
    let bytes = writer.finish().unwrap();
    let path = crate::verbs::AddressVector::default();
    assert_eq!(a.hears(at(2), 2, &path, bytes), Event::Resolved { address: target.into(), link });
    assert_eq!(a.drain(at(2)).last().unwrap().1[4..], to_it);
    let all_nodes = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
    assert_eq!(a.interface.neighbour(all_nodes.into()), None);
}

#[test]
fn mistakes_show_at_construction() {
    let make = |config: Config| Interface::new(config, gid(1), at(0)).unwrap_err();
    assert_eq!(make(Config::new(PKey(0x8000))), ConfigError::NoPartition { p_key: PKey(0x8000) });
    assert_eq!(make(Config::new(PKey::DEFAULT).with_scope(15)), ConfigError::BadScope { scope: 15 });
    assert_eq!(make(Config::new(PKey::DEFAULT).with_questions(Duration::ZERO, 3)), ConfigError::NoInterval);
}
