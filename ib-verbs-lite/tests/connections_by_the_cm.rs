//! One connection by the CM, against a peer that is written on raw bytes here.
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

use bootproto_core::{Instant, Machine};
use bootproto_ib_verbs_lite::cm::{Client, Config, ConfigError, Event, Failure, Ignored};
use bootproto_ib_verbs_lite::mad::cm::{RejectReason, Req};
use bootproto_ib_verbs_lite::mad::record::PathRecord;
use bootproto_ib_verbs_lite::mad::{AttributeId, Gmp, MgmtClass};
use bootproto_ib_verbs_lite::verbs::AddressVector;
use bootproto_ib_verbs_lite::{Gid, Guid, Lid, Mtu, PKey, Psn, Qpn, Rate};
use proptest::prelude::*;
use testkit::laws::{self, Class, START, Subject};

testkit::wrap!(pub struct Active(Client));

impl Subject for Active {
    fn class(event: &Event<'_>) -> Class {
        match event {
            Event::Ignored(Ignored::Duplicate { .. }) => Class::Duplicate,
            Event::Ignored(_) => Class::Ignored,
            Event::Rejected { .. } | Event::Closed | Event::Failed(_) => Class::Terminal,
            _ => Class::Other,
        }
    }

    fn parses(sent: &[u8]) -> bool {
        Gmp::parse(sent).is_ok_and(|mad| mad.header.class == MgmtClass::COM_MGT)
    }
}

fn path() -> PathRecord {
    PathRecord {
        dgid: Gid::new(Gid::DEFAULT_PREFIX, Guid(0x21)),
        sgid: Gid::new(Gid::DEFAULT_PREFIX, Guid(0x11)),
        dlid: Lid(2),
        slid: Lid(1),
        p_key: PKey::DEFAULT,
        mtu: Mtu::MTU_2048,
        rate: Rate(3),
        packet_life_time: 16,
        ..PathRecord::default()
    }
}

fn config() -> Config {
    Config::new(0x5eed, path(), 0x1122_3344_5566_7788, Qpn::new(0x48), Guid(0x10)).unwrap()
}

fn drain(client: &mut Client, now: Instant) -> Option<Vec<u8>> {
    let mut buf = [0xa5; Client::MAX_TRANSMIT];
    let sent = client.poll_transmit(now, &mut buf).unwrap().map(|transmit| {
        assert_eq!((transmit.path.lid, transmit.path.qpn), (Lid(2), Qpn::GSI));
        transmit.bytes.to_vec()
    });
    assert!(client.poll_transmit(now, &mut [0; 256]).unwrap().is_none());
    sent
}

/// A message of the peer: attribute, the two names, and what follows them.
fn message(tid: &[u8], attribute: u8, names: [&[u8]; 2], rest: &[u8]) -> Vec<u8> {
    let mut mad = vec![1, 7, 2, 3, 0, 0, 0, 0];
    mad.extend_from_slice(tid);
    mad.extend_from_slice(&[0, attribute, 0, 0, 0, 0, 0, 0]);
    names.iter().for_each(|name| mad.extend_from_slice(name));
    mad.extend_from_slice(rest);
    mad.resize(256, 0);
    mad
}

const THEIRS: &[u8] = &[0xaa, 0xbb, 0xcc, 0xdd];

/// The peer's answers to a request: REP, MRA, REJ, DREQ, DREP, in order.
struct PeerMessages {
    rep: Vec<u8>,
    mra: Vec<u8>,
    rej: Vec<u8>,
    dreq: Vec<u8>,
    drep: Vec<u8>,
}

fn answers(req: &[u8]) -> PeerMessages {
    let (tid, ours) = (&req[8..16], &req[24..28]);
    let names = [THEIRS, ours];
    // Q_Key, QPN 0x99, EECN, PSN 0x777, resources, depth, ACK delay, RNR retry 7, GUID 0x20.
    let rep = [
        0, 0, 0, 0, 0, 0, 0x99, 0, 0, 0, 0, 0, 0, 7, 0x77, 0, 0, 0, 0x78, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x20,
        b'h', b'i',
    ];
    let mut next: [u8; 8] = tid.try_into().unwrap();
    next[7] |= 1;
    PeerMessages {
        rep: message(tid, 0x13, names, &rep),
        mra: message(tid, 0x11, names, &[0, 20 << 3]),
        rej: message(tid, 0x12, [&[0; 4], ours], &[0, 0, 0, 8]),
        dreq: message(&[9; 8], 0x15, names, &[0, 0, 0x48, 0]),
        drep: message(&next, 0x16, names, &[]),
    }
}

fn from() -> AddressVector {
    config().cm_address()
}

fn started() -> (Client, Vec<u8>) {
    let mut client = Client::new(START, config()).unwrap();
    let req = drain(&mut client, START).unwrap();
    (client, req)
}

fn connected() -> (Client, PeerMessages) {
    let (mut client, req) = started();
    let peer = answers(&req);
    let event = client.handle_datagram(START, from(), &peer.rep);
    let Event::Connected { peer: end, private_data } = event else { panic!("{event:?}") };
    assert_eq!((end.qpn, end.starting_psn, end.ca_guid), (Qpn::new(0x99), Psn::new(0x777), Guid(0x20)));
    assert_eq!((&private_data[..2], private_data.len()), (&b"hi"[..], 196));
    let rtu = drain(&mut client, START).unwrap();
    assert_eq!(rtu[16..18], [0, 0x14]);
    assert_eq!((&rtu[24..28], &rtu[28..32], &rtu[8..16]), (&req[24..28], THEIRS, &req[8..16]));
    (client, peer)
}

#[test]
fn a_request_says_what_the_path_says() {
    let private = config().with_private_data(b"who i am").unwrap();
    let mut client = Client::new(START, private).unwrap();
    let req = drain(&mut client, START).unwrap();
    let mad = Gmp::parse(&req).unwrap();
    assert_eq!(mad.header.attribute, AttributeId::CM_REQ);
    let fields = Req::parse(&mad.data).unwrap();
    assert_eq!((fields.primary_local_lid, fields.primary_remote_lid), (Lid(1), Lid(2)));
    assert_eq!((fields.local_qpn, fields.path_mtu), (Qpn::new(0x48), Mtu::MTU_2048));
    assert!(fields.primary_subnet_local);
    assert_eq!(&mad.data[140..148], b"who i am");
    // By the offsets of IBTA 12.6.5, without our own reader.
    assert_eq!(req[24 + 8..24 + 16], [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]);
    assert_eq!(req[24 + 48..24 + 51], [0xff, 0xff, 0x47]);
    assert_eq!(req[24 + 52..24 + 56], [0, 1, 0, 2]);
}

#[test]
fn a_connection_stands_and_is_ended_by_us() {
    let (mut client, peer) = connected();
    let path = client.rc_path().unwrap();
    assert_eq!(
        (path.destination.qpn, path.send_psn, path.rnr_retry_count),
        (Qpn::new(0x99), Psn::new(0x777), 7)
    );
    assert_eq!(client.poll_timeout(), None);
    assert_eq!(
        client.handle_datagram(START, from(), &peer.drep),
        Event::Ignored(Ignored::Unexpected { attribute: 0x16 })
    );
    client.disconnect(START);
    let dreq = drain(&mut client, START).unwrap();
    assert_eq!((dreq[17], &dreq[32..35]), (0x15, &[0, 0, 0x99][..]));
    assert_eq!(client.handle_datagram(START, from(), &peer.drep), Event::Closed);
    assert_eq!(client.handle_datagram(START, from(), &peer.drep), Event::Ignored(Ignored::Finished));
}

#[test]
fn a_lost_rtu_is_sent_again_for_every_copy_of_the_reply() {
    let (mut client, peer) = connected();
    for _ in 0..3 {
        let event = client.handle_datagram(START, from(), &peer.rep);
        assert_eq!(event, Event::Ignored(Ignored::Duplicate { attribute: 0x13 }));
        assert_eq!(drain(&mut client, START).unwrap()[17], 0x14);
    }
}

#[test]
fn the_peer_may_end_it_and_ask_twice() {
    let (mut client, peer) = connected();
    assert!(matches!(client.handle_datagram(START, from(), &peer.dreq), Event::Disconnected { .. }));
    assert_eq!(drain(&mut client, START).unwrap()[8..18], [9, 9, 9, 9, 9, 9, 9, 9, 0, 0x16]);
    let again = client.handle_datagram(START, from(), &peer.dreq);
    assert_eq!(again, Event::Ignored(Ignored::Duplicate { attribute: 0x15 }));
    assert!(drain(&mut client, START).is_some());
    let end = client.poll_timeout().unwrap();
    assert_eq!(client.handle_timeout(end), Some(Event::Closed));
}

#[test]
fn a_rejection_says_why() {
    let (mut client, req) = started();
    let peer = answers(&req);
    let event = client.handle_datagram(START, from(), &peer.rej);
    let Event::Rejected { failure, .. } = event else { panic!("{event:?}") };
    assert_eq!(failure, Failure::Rejected { reason: RejectReason::INVALID_SERVICE_ID });
    assert_eq!(failure.to_string(), "the peer rejects the connection: invalid service ID (8)");
}

#[test]
fn an_mra_buys_time_but_not_for_ever() {
    let (mut client, req) = started();
    let peer = answers(&req);
    let before = client.poll_timeout().unwrap();
    for _ in 0..5 {
        assert_eq!(client.handle_datagram(START, from(), &peer.mra), Event::Delayed);
    }
    let after = client.poll_timeout().unwrap();
    assert!(after > before && after.saturating_since(START) < Duration::from_secs(40));
    let event = client.handle_datagram(START, from(), &peer.mra);
    assert_eq!(event, Event::Ignored(Ignored::Unexpected { attribute: 0x11 }));
    assert!(matches!(client.handle_datagram(START, from(), &peer.rep), Event::Connected { .. }));
}

#[test]
fn nobody_answers() {
    let took =
        laws::check_silent_peer(Active(Client::new(START, config()).unwrap()), Duration::from_secs(60))
            .unwrap();
    assert!(took > Duration::from_secs(12), "{took:?}");
    let (mut client, _) = connected();
    client.disconnect(START);
    laws::check_silent_peer(Active(client), Duration::from_secs(60)).unwrap();
}

#[test]
fn strangers_and_forgeries_change_nothing() {
    let (mut client, req) = started();
    let peer = answers(&req);
    let elsewhere = AddressVector { lid: Lid(3), ..from() };
    let other_qp = AddressVector { qpn: Qpn::new(2), ..from() };
    let before = client.clone();
    let mut forged = Vec::new();
    for path in [elsewhere, other_qp] {
        forged.push((path, peer.rep.clone()));
    }
    // Another transaction, another name, a response that nobody may answer, another class, a queue pair that can't be.
    for (place, value) in [(15, 0x55), (31, 0x55), (3, 0x83), (1, 4), (2, 1)] {
        let mut changed = peer.rep.clone();
        changed[place] ^= value;
        forged.push((from(), changed));
    }
    let mut zero = peer.rep.clone();
    zero[36..40].fill(0);
    forged.push((from(), zero));
    forged.push((from(), peer.dreq.clone()));
    forged.push((from(), req.clone()));
    for length in 0..256 {
        forged.push((from(), peer.rep[..length].to_vec()));
    }
    forged.push((from(), [&peer.rep[..], &[0]].concat()));
    for (path, bytes) in forged {
        let event = client.handle_datagram(START, path, &bytes);
        assert!(matches!(event, Event::Ignored(_)), "{event:?}");
        assert_eq!(client, before);
    }
    assert!(matches!(client.handle_datagram(START, from(), &peer.rep), Event::Connected { .. }));
}

#[test]
fn what_a_caller_gets_wrong_is_said() {
    let bad = PathRecord { dlid: Lid(0xc000), ..path() };
    assert_eq!(Config::new(1, bad, 1, Qpn::new(5), Guid(1)).unwrap_err(), ConfigError::BadPath);
    let gsi = Config::new(1, path(), 1, Qpn::GSI, Guid(1)).unwrap_err();
    assert_eq!(gsi, ConfigError::BadQueuePair { qpn: Qpn::GSI });
    assert_eq!(
        config().with_private_data(&[0; 93]).unwrap_err(),
        ConfigError::TooMuchPrivateData { length: 93 }
    );
    let mut config = config();
    config.retry_count = 8;
    assert_eq!(Client::new(START, config).unwrap_err(), ConfigError::BadPolicy);
}

#[test]
fn the_laws_hold() {
    let (client, req) = started();
    let peer = answers(&req);
    let seeds =
        vec![peer.mra.clone(), peer.rep.clone(), peer.rep, peer.dreq.clone(), peer.dreq, peer.rej, peer.drep];
    let paths = vec![from(), AddressVector { lid: Lid(9), ..from() }];
    let fresh = Client::new(START, config()).unwrap();
    let (mut leaving, _) = connected();
    leaving.disconnect(START);
    proptest!(ProptestConfig::with_cases(96), |(script in laws::scripts(seeds, paths, 40))| {
        for machine in [&fresh, &client, &leaving] {
            prop_assert_eq!(laws::check(Active(machine.clone()), &script), Ok(()));
        }
    });
}
