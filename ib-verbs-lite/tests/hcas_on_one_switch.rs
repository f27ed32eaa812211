//! The software transport over a fabric in memory: who gets what, and who does not.
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

use bootproto_core::Instant;
use bootproto_ib_verbs_lite::packet::{Packet, Trailer};
use bootproto_ib_verbs_lite::verbs::{
    AddressVector, Completion, CompletionStatus, Cq, GlobalRoute, Hca, Outcome, PortControl, PortEvent,
    PortState, QpConfig, QpType, RcPath, Received, Send, VerbsError,
};
use bootproto_ib_verbs_lite::{Gid, Lid, Mtu, PKey, Psn, QKey, Qpn, ServiceLevel};
use testkit::fabric::{Fabric, LoopbackHca};

const NOW: Instant = Instant::from_micros(0);
const KEY: QKey = QKey(0x0b1b);

struct Node {
    hca: LoopbackHca,
    cq: Cq,
}

impl Node {
    fn new(fabric: &Fabric, guid: u64, lid: u16) -> Self {
        let mut hca = fabric.hca(guid, guid);
        hca.open_port().unwrap();
        hca.set_addresses(Lid(lid), 0, Gid::DEFAULT_PREFIX, Lid(1), ServiceLevel::default());
        hca.set_link(Mtu::MTU_2048, 1);
        hca.set_state(PortState::ARMED).unwrap();
        hca.set_state(PortState::ACTIVE).unwrap();
        let cq = hca.create_cq(16).unwrap();
        Self { hca, cq }
    }

    fn qp(&mut self, qp_type: QpType, p_key_index: u16) -> Qpn {
        let (send_cq, receive_cq) = (self.cq, self.cq);
        let config = QpConfig {
            qp_type,
            send_cq,
            receive_cq,
            send_depth: 8,
            receive_depth: 8,
            q_key: KEY,
            p_key_index,
        };
        let qp = self.hca.create_qp(&config).unwrap();
        assert_eq!(self.hca.post_receive(qp, 100), Ok(8));
        qp
    }

    fn send(&mut self, qp: Qpn, to: &AddressVector, payload: &[u8]) -> Result<(), VerbsError> {
        self.hca.post_send(qp, &Send { id: 7, destination: Some(to), payload, immediate: None })?;
        let done = self.hca.poll_cq(NOW, self.cq, &mut []).unwrap().unwrap();
        let outcome = Outcome::Sent { id: 7 };
        assert_eq!(done, Completion { qp, status: CompletionStatus::Success, outcome });
        Ok(())
    }

    fn receive(&mut self) -> Option<(Qpn, Received, Vec<u8>)> {
        let mut buf = [0xa5; 4096];
        let completion = self.hca.poll_cq(NOW, self.cq, &mut buf).unwrap()?;
        let Outcome::Received(received) = completion.outcome else { panic!("{completion:?}") };
        Some((completion.qp, received, buf[..received.length].to_vec()))
    }
}

fn two() -> (Fabric, Node, Node) {
    let fabric = Fabric::new();
    let (one, two) = (Node::new(&fabric, 0x10, 1), Node::new(&fabric, 0x20, 2));
    (fabric, one, two)
}

fn to(lid: u16, qpn: Qpn, q_key: QKey) -> AddressVector {
    AddressVector { lid: Lid(lid), qpn, q_key, ..AddressVector::default() }
}

#[test]
fn a_datagram_arrives_with_its_sender() {
    let (fabric, mut one, mut two) = two();
    let (from, qpn) = (one.qp(QpType::Ud, 0), two.qp(QpType::Ud, 0));
    let route = GlobalRoute {
        destination: two.hca.attributes().gid(),
        hop_limit: 64,
        flow_label: 0x12345,
        ..GlobalRoute::default()
    };
    one.send(
        from,
        &AddressVector { grh: Some(route), sl: ServiceLevel::new(3), ..to(2, qpn, KEY) },
        b"hello",
    )
    .unwrap();
    let (qp, received, payload) = two.receive().unwrap();
    assert_eq!((qp, payload.as_slice()), (qpn, &b"hello"[..]));
    assert_eq!((received.source_lid, received.source_qpn, received.sl.get()), (Lid(1), from, 3));
    let seen = received.grh.unwrap();
    assert_eq!((seen.source, seen.flow_label, seen.hop_limit), (one.hca.attributes().gid(), 0x12345, 64));
    assert_eq!(two.receive(), None);
    assert!(one.receive().is_none());
    for packet in fabric.sent() {
        assert!(Packet::check(&packet, Trailer::Both));
    }
    assert_eq!(two.hca.counters().rcv_packets, 1);
    assert_eq!(one.hca.counters().xmit_words, two.hca.counters().rcv_words);
}

#[test]
fn every_length_arrives_whole_up_to_the_mtu() {
    let (_fabric, mut one, mut two) = two();
    let (from, qpn) = (one.qp(QpType::Ud, 0), two.qp(QpType::Ud, 0));
    for length in (0..70).chain([1023, 2047, 2048]) {
        let payload: Vec<u8> = (0..length).map(|byte| u8::try_from(byte % 251).unwrap()).collect();
        one.send(from, &to(2, qpn, KEY), &payload).unwrap();
        assert_eq!(two.receive().unwrap().2, payload);
        assert_eq!(two.hca.post_receive(qpn, 8), Ok(1));
    }
    let error = one.send(from, &to(2, qpn, KEY), &[0; 2049]).unwrap_err();
    assert_eq!(error, VerbsError::TooLong { length: 2049, limit: 2048 });
}

#[test]
fn a_wrong_key_or_partition_is_counted_and_dropped() {
    let (_fabric, mut one, mut two) = two();
    let (from, qpn) = (one.qp(QpType::Ud, 0), two.qp(QpType::Ud, 0));
    one.send(from, &to(2, qpn, QKey(1)), b"key").unwrap();
    assert_eq!(two.receive(), None);
    assert_eq!(two.hca.counters().q_key_violations, 1);
    two.hca.set_p_keys(0, &[PKey(0x8001)]);
    one.send(from, &to(2, qpn, KEY), b"partition").unwrap();
    assert_eq!(two.receive(), None);
    assert_eq!(two.hca.counters().p_key_violations, 1);
    // Two limited members of one partition do not hear each other, a limited and a full one do.
    one.hca.set_p_keys(0, &[PKey(0x0001)]);
    two.hca.set_p_keys(0, &[PKey(0x0001)]);
    one.send(from, &to(2, qpn, KEY), b"limited").unwrap();
    assert_eq!(two.receive(), None);
    two.hca.set_p_keys(0, &[PKey(0x8001)]);
    one.send(from, &to(2, qpn, KEY), b"full").unwrap();
    assert_eq!(two.receive().unwrap().2, b"full");
    one.send(from, &to(2, Qpn::new(qpn.get() ^ 4), KEY), b"nobody").unwrap();
    assert_eq!(two.receive(), None);
}

#[test]
fn a_group_reaches_its_members_and_not_its_sender() {
    let fabric = Fabric::new();
    let mut nodes = [Node::new(&fabric, 0x10, 1), Node::new(&fabric, 0x20, 2), Node::new(&fabric, 0x30, 3)];
    let qps = nodes.each_mut().map(|node| node.qp(QpType::Ud, 0));
    let group = Gid::ipoib_v4(2, PKey::DEFAULT, core::net::Ipv4Addr::BROADCAST);
    for index in 0..2 {
        nodes[index].hca.attach_multicast(qps[index], group, Lid(0xc000)).unwrap();
    }
    let grh = Some(GlobalRoute { destination: group, ..GlobalRoute::default() });
    let all = AddressVector { grh, ..to(0xc000, Qpn::MULTICAST, KEY) };
    nodes[0].send(qps[0], &all, b"who has").unwrap();
    assert_eq!(nodes[1].receive().unwrap().2, b"who has");
    assert_eq!(nodes[0].receive(), None);
    assert_eq!(nodes[2].receive(), None);
    nodes[1].hca.detach_multicast(qps[1], group, Lid(0xc000)).unwrap();
    nodes[0].send(qps[0], &all, b"who has").unwrap();
    assert_eq!(nodes[1].receive(), None);
    // Without a GRH nobody knows the group.
    nodes[1].hca.attach_multicast(qps[1], group, Lid(0xc000)).unwrap();
    nodes[0].send(qps[0], &to(0xc000, Qpn::MULTICAST, KEY), b"bare").unwrap();
    assert_eq!(nodes[1].receive(), None);
}

#[test]
fn before_a_subnet_manager_came_only_its_packets_pass() {
    let fabric = Fabric::new();
    let mut one = Node::new(&fabric, 0x10, 1);
    let mut hca = fabric.hca(0x20, 2);
    hca.open_port().unwrap();
    assert_eq!(hca.poll_event(), Some(PortEvent::State(PortState::INIT)));
    let cq = hca.create_cq(4).unwrap();
    let mut fresh = Node { hca, cq };
    let (smi, gsi) = (fresh.qp(QpType::Smi, 0), fresh.qp(QpType::Gsi, 0));
    assert_eq!((smi, gsi), (Qpn::SMI, Qpn::GSI));
    let from = one.qp(QpType::Smi, 0);
    let mad = [1; 256];
    one.send(from, &to(0xffff, Qpn::SMI, QKey(0)), &mad).unwrap();
    let (qp, received, payload) = fresh.receive().unwrap();
    assert_eq!(
        (qp, received.source_lid, received.destination_lid),
        (Qpn::SMI, Lid::PERMISSIVE, Lid::PERMISSIVE)
    );
    assert_eq!(payload, mad);
    let error = fresh.send(gsi, &to(1, Qpn::GSI, QKey::GSI), &mad).unwrap_err();
    assert_eq!(error, VerbsError::PortDown { state: PortState::INIT });
    fresh.send(smi, &to(0xffff, Qpn::SMI, QKey(0)), &mad).unwrap();
    assert!(one.receive().is_some());
    fabric.set_plugged(1, false);
    assert_eq!(fresh.hca.poll_event(), Some(PortEvent::State(PortState::DOWN)));
}

#[test]
fn without_a_buffer_a_packet_is_lost_and_counted() {
    let (_fabric, mut one, mut two) = two();
    let (from, qpn) = (one.qp(QpType::Ud, 0), two.qp(QpType::Ud, 0));
    for number in 0..10_u8 {
        one.send(from, &to(2, qpn, KEY), &[number]).unwrap();
    }
    for number in 0..8 {
        assert_eq!(two.receive().unwrap().2, [number]);
    }
    assert_eq!(two.receive(), None);
    assert_eq!(two.hca.counters().no_buffer, 2);
    // A small buffer loses nothing.
    two.hca.post_receive(qpn, 1).unwrap();
    one.send(from, &to(2, qpn, KEY), b"wait").unwrap();
    assert_eq!(two.hca.poll_cq(NOW, two.cq, &mut [0; 3]), Err(VerbsError::BufferTooSmall { needed: 4 }));
    assert_eq!(two.receive().unwrap().2, b"wait");
}

#[test]
fn a_damaged_packet_is_nobodys() {
    let (fabric, mut one, mut two) = two();
    let (from, qpn) = (one.qp(QpType::Ud, 0), two.qp(QpType::Ud, 0));
    one.send(from, &to(2, qpn, KEY), b"hello").unwrap();
    assert!(two.receive().is_some());
    let good = fabric.sent().pop().unwrap();
    for place in 0..good.len() {
        let mut bad = good.clone();
        bad[place] ^= 0x10;
        fabric.inject(1, &bad);
        fabric.inject(1, &good[..place]);
    }
    fabric.inject(1, &[0; 5000]);
    for _ in 0..good.len() {
        assert_eq!(two.receive(), None);
    }
    assert_eq!(two.hca.counters().rcv_errors, 2 * u64::try_from(good.len()).unwrap());
}

#[test]
fn handles_are_checked() {
    let (_fabric, mut one, _two) = two();
    assert_eq!(one.hca.destroy_cq(Cq(3)), Err(VerbsError::NoSuchCq));
    let qp = one.qp(QpType::Ud, 0);
    assert_eq!(one.hca.destroy_cq(one.cq), Err(VerbsError::Busy));
    assert_eq!(one.hca.post_receive(Qpn::new(5), 1), Err(VerbsError::NoSuchQp));
    let config = QpConfig {
        qp_type: QpType::Ud,
        send_cq: one.cq,
        receive_cq: one.cq,
        send_depth: 1,
        receive_depth: 1,
        q_key: KEY,
        p_key_index: 5,
    };
    assert_eq!(one.hca.create_qp(&config), Err(VerbsError::BadPKeyIndex { index: 5 }));
    let smi = QpConfig { qp_type: QpType::Smi, ..config };
    one.hca.create_qp(&smi).unwrap();
    assert_eq!(one.hca.create_qp(&smi), Err(VerbsError::Busy));
    one.hca.destroy_qp(qp).unwrap();
    assert_eq!(one.hca.destroy_qp(qp), Err(VerbsError::NoSuchQp));
    one.hca.close_port();
    assert_eq!(one.hca.attributes().state, PortState::DOWN);
}

/// Connects a queue pair of each node with one of the other.
fn connected(one: &mut Node, two: &mut Node) -> (Qpn, Qpn) {
    let (a, b) = (one.qp(QpType::Rc, 0), two.qp(QpType::Rc, 0));
    let path = |lid: u16, qpn: Qpn, send: u32, receive: u32| RcPath {
        destination: AddressVector { lid: Lid(lid), qpn, ..AddressVector::default() },
        mtu: Mtu::MTU_1024,
        send_psn: Psn::new(send),
        receive_psn: Psn::new(receive),
        ack_timeout: Duration::from_millis(50),
        retry_count: 7,
        rnr_retry_count: 7,
        min_rnr_timer: 12,
    };
    one.hca.connect(a, &path(2, b, 0x00ff_fffe, 9)).unwrap();
    two.hca.connect(b, &path(1, a, 9, 0x00ff_fffe)).unwrap();
    (a, b)
}

/// Polls both nodes, with the time going on, until `done`.
fn both(
    one: &mut Node,
    two: &mut Node,
    mut done: impl FnMut(&[Completion], &[Vec<u8>]) -> bool,
) -> Vec<Completion> {
    let (mut at_one, mut at_two) = (Vec::new(), Vec::new());
    let mut buf = [0xa5; 4096];
    for step in 0..20_000_u64 {
        let now = Instant::from_millis(step * 10);
        while let Some(completion) = one.hca.poll_cq(now, one.cq, &mut buf).unwrap() {
            at_one.push(completion);
        }
        while let Some(completion) = two.hca.poll_cq(now, two.cq, &mut buf).unwrap() {
            if let Outcome::Received(received) = completion.outcome {
                at_two.push(buf[..received.length].to_vec());
                two.hca.post_receive(completion.qp, 1).unwrap();
            }
        }
        if done(&at_one, &at_two) {
            return at_one;
        }
    }
    panic!("{at_one:?}, {} messages", at_two.len());
}

#[test]
fn a_connection_carries_messages_over_a_fabric_that_loses_a_tenth() {
    let (fabric, mut one, mut two) = two();
    let (from, _) = connected(&mut one, &mut two);
    fabric.lose(100);
    for id in 0..20_u64 {
        let length = usize::try_from(id * 200).unwrap();
        let payload: Vec<u8> = (0..length).map(|byte| u8::try_from(byte % 251).unwrap()).collect();
        one.hca.post_send(from, &Send { id, destination: None, payload: &payload, immediate: None }).unwrap();
        let sent =
            both(&mut one, &mut two, |sent, received| sent.len() == 1 && received == [payload.clone()]);
        assert_eq!((sent[0].status, sent[0].outcome), (CompletionStatus::Success, Outcome::Sent { id }));
    }
}

#[test]
fn a_connection_says_why_it_ends() {
    let (fabric, mut one, mut two) = two();
    let unconnected = one.qp(QpType::Rc, 0);
    let send = Send { id: 3, destination: None, payload: b"hello", immediate: Some(5) };
    assert_eq!(one.hca.post_send(unconnected, &send), Err(VerbsError::NotConnected));
    let (from, qpn) = connected(&mut one, &mut two);
    let somewhere = to(2, qpn, KEY);
    let addressed = Send { destination: Some(&somewhere), ..send };
    assert_eq!(one.hca.post_send(from, &addressed), Err(VerbsError::NoDestination));
    one.hca.post_send(from, &send).unwrap();
    let (qp, received, payload) = two.receive().unwrap();
    assert_eq!((qp, payload.as_slice(), received.immediate), (qpn, &b"hello"[..], Some(5)));
    both(&mut one, &mut two, |sent, _| sent.len() == 1);
    fabric.set_plugged(1, false);
    one.hca.post_send(from, &send).unwrap();
    assert_eq!(one.hca.post_send(from, &send), Err(VerbsError::QueueFull));
    let sent = both(&mut one, &mut two, |sent, _| sent.len() == 1);
    assert_eq!(sent[0].status, CompletionStatus::RetryExceeded);
    assert_eq!(one.hca.post_send(from, &send), Err(VerbsError::NotConnected));
    one.hca.destroy_qp(from).unwrap();
    assert_eq!(one.hca.poll_timeout(), None);
}
