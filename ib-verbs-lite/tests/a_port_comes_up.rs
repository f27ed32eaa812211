//! A whole port over a fabric in memory: from a cable to packets, against a subnet manager and a host that are written on
//! raw bytes here. The real ones (opensm, Linux's ib_ipoib) are in `interop`.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

use core::net::Ipv4Addr;

use bootproto_core::Instant;
use bootproto_ib_verbs_lite::ipoib;
use bootproto_ib_verbs_lite::port::{Config, ConfigError, Event, Port};
use bootproto_ib_verbs_lite::verbs::{
    AddressVector, Cq, GlobalRoute, Hca, Outcome, PortControl, PortState, QpConfig, QpType, Received, Send,
};
use bootproto_ib_verbs_lite::{Gid, Guid, Lid, Mtu, PKey, QKey, Qpn, ServiceLevel};
use testkit::fabric::{Fabric, LoopbackHca};

const KEY: QKey = QKey(0x0b1b);
const OURS: Ipv4Addr = Ipv4Addr::new(10, 50, 0, 7);
const THEIRS: Ipv4Addr = Ipv4Addr::new(10, 50, 0, 1);
const BROADCAST: [u8; 16] = [0xff, 0x12, 0x40, 0x1b, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];

const fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

/// The other end: subnet manager, SA and a host with an address, all on one port.
struct Manager {
    hca: LoopbackHca,
    cq: Cq,
    host: Qpn,
    tid: u64,
    /// Status of the answers to joins, and how many were asked for.
    refuses: u16,
    joins: usize,
    paths: usize,
    /// IPoIB frames of type IPv4 that came, with who sent them.
    frames: Vec<(Received, Vec<u8>)>,
    deaf: bool,
    /// `PortCounters` as they were answered.
    counters: Vec<[u8; 64]>,
}

impl Manager {
    fn new(fabric: &Fabric) -> Self {
        let mut hca = fabric.hca(0x0011_7500_007e_5e00, 3);
        hca.open_port().unwrap();
        hca.set_addresses(Lid(1), 0, Gid::DEFAULT_PREFIX, Lid(1), ServiceLevel::default());
        hca.set_link(Mtu::MTU_2048, 1);
        hca.set_state(PortState::ARMED).unwrap();
        hca.set_state(PortState::ACTIVE).unwrap();
        let cq = hca.create_cq(64).unwrap();
        let mut qp = |qp_type| {
            let (send_depth, receive_depth) = (16, 64);
            let config = QpConfig {
                qp_type,
                send_cq: cq,
                receive_cq: cq,
                send_depth,
                receive_depth,
                q_key: KEY,
                p_key_index: 0,
            };
            let qp = hca.create_qp(&config).unwrap();
            hca.post_receive(qp, 64).unwrap();
            qp
        };
        qp(QpType::Smi);
        qp(QpType::Gsi);
        let host = qp(QpType::Ud);
        hca.attach_multicast(host, Gid(BROADCAST), Lid(0xc000)).unwrap();
        Self {
            hca,
            cq,
            host,
            tid: 0x77,
            refuses: 0,
            joins: 0,
            paths: 0,
            frames: Vec::new(),
            deaf: false,
            counters: Vec::new(),
        }
    }

    const fn gid() -> [u8; 16] {
        Gid::new(Gid::DEFAULT_PREFIX, Guid(0x0011_7500_007e_5e01)).0
    }

    fn send(&mut self, qp: Qpn, to: &AddressVector, payload: &[u8]) {
        self.hca.post_send(qp, &Send { id: 0, destination: Some(to), payload, immediate: None }).unwrap();
    }

    /// SubnSet(PortInfo), LID-routed to the permissive LID (IBTA 14.2.1 and 14.2.5.6, by byte offset).
    fn set_port(&mut self, lid: u16, state: u8, reregister: bool) {
        let mut mad = [0; 256];
        mad[..4].copy_from_slice(&[1, 0x01, 1, 0x02]);
        self.tid += 1;
        mad[8..16].copy_from_slice(&self.tid.to_be_bytes());
        mad[16..18].copy_from_slice(&[0, 0x15]);
        mad[23] = 1;
        let info = &mut mad[64..128];
        info[8..16].copy_from_slice(&0xfe80_0000_0000_0000_u64.to_be_bytes());
        info[16..18].copy_from_slice(&lid.to_be_bytes());
        info[18..20].copy_from_slice(&[0, 1]);
        info[32] = state;
        // NeighborMTU 2048; one lane.
        (info[36], info[37]) = (4 << 4, 1 << 4);
        info[51] = u8::from(reregister) << 7 | 18;
        let to = AddressVector { lid: Lid::PERMISSIVE, qpn: Qpn::SMI, ..AddressVector::default() };
        self.send(Qpn::SMI, &to, &mad);
    }

    /// Answers everything that has come.
    fn turn(&mut self, now: Instant) {
        let mut buf = [0; 4096];
        while let Some(done) = self.hca.poll_cq(now, self.cq, &mut buf).unwrap() {
            let Outcome::Received(received) = done.outcome else { continue };
            self.hca.post_receive(done.qp, 1).unwrap();
            let message = buf[..received.length].to_vec();
            if done.qp == Qpn::GSI && message[1] == 4 {
                assert_eq!((message[3], &message[4..6]), (0x81, &[0, 0][..]), "an answer, and a good one");
                self.counters.push(message[64..128].try_into().unwrap());
            } else if done.qp == Qpn::GSI && !self.deaf {
                self.administer(&received, &message);
            } else if done.qp == self.host {
                self.frame(&received, &message);
            }
        }
    }

    /// The SA: MCMemberRecord (0x38) and PathRecord (0x35).
    fn administer(&mut self, received: &Received, request: &[u8]) {
        let mut mad: [u8; 256] = request.try_into().unwrap();
        assert_eq!((mad[1], mad[2]), (3, 2), "class and version");
        mad[3] |= 0x80;
        match (request[3], request[17]) {
            (2, 0x38) => {
                self.joins += 1;
                mad[3] = 0x81;
                mad[4..6].copy_from_slice(&self.refuses.to_be_bytes());
                let record = &mut mad[56..108];
                record[32..36].copy_from_slice(&KEY.0.to_be_bytes());
                record[36..38].copy_from_slice(&[0xc0, 0x00]);
                record[38] = 0x84;
                record[40..42].copy_from_slice(&[0xff, 0xff]);
                record[48] = 0x21;
            }
            (1, 0x35) => {
                self.paths += 1;
                assert_eq!(mad[64..80], Self::gid(), "whose way is asked for");
                mad[96..98].copy_from_slice(&[0, 1]);
            }
            other => panic!("{other:?} is not for IPoIB"),
        }
        let to = AddressVector {
            lid: received.source_lid,
            qpn: Qpn::GSI,
            q_key: QKey::GSI,
            ..AddressVector::default()
        };
        self.send(Qpn::GSI, &to, &mad);
    }

    /// The host: answers ARP for its address (RFC 4391 section 9.1.1), and keeps IPv4.
    fn frame(&mut self, received: &Received, frame: &[u8]) {
        if frame[..2] == [8, 0] {
            self.frames.push((*received, frame.to_vec()));
            return;
        }
        assert_eq!(frame[..12], [8, 6, 0, 0, 0, 32, 8, 0, 20, 4, 0, 1], "an ARP request of InfiniBand");
        if frame[56..60] != THEIRS.octets() {
            return;
        }
        let mut reply = frame.to_vec();
        reply[11] = 2;
        reply[12..16].copy_from_slice(&self.host.get().to_be_bytes());
        reply[16..32].copy_from_slice(&Self::gid());
        reply[32..36].copy_from_slice(&THEIRS.octets());
        reply[36..60].copy_from_slice(&frame[12..36]);
        let qpn = Qpn::new(u32::from_be_bytes([0, frame[13], frame[14], frame[15]]));
        let to = AddressVector { lid: received.source_lid, qpn, q_key: KEY, ..AddressVector::default() };
        self.send(self.host, &to, &reply);
    }
}

struct Lab {
    manager: Manager,
    hca: LoopbackHca,
    port: Port,
    now: u64,
    told: Vec<Event>,
}

impl Lab {
    fn new(config: Config) -> Self {
        let fabric = Fabric::new();
        let manager = Manager::new(&fabric);
        let mut hca = fabric.hca(0x0002_c903_0000_0020, 9);
        let port = Port::open(&mut hca, config, at(0)).unwrap();
        Self { manager, hca, port, now: 0, told: Vec::new() }
    }

    /// Lets both ends talk for a while; packets of IP that come are counted.
    fn run(&mut self, millis: u64) -> usize {
        let mut packets = 0;
        for _ in 0..millis {
            self.now += 1;
            let now = at(self.now);
            self.port.service(&mut self.hca, now).unwrap();
            while self.port.receive(&mut self.hca, now).unwrap().is_some() {
                packets += 1;
            }
            self.manager.turn(now);
            while let Some(event) = self.port.poll_event() {
                self.told.push(event);
            }
        }
        packets
    }

    fn come_up(&mut self) {
        self.run(2);
        for (state, reregister) in [(0, true), (3, false), (4, false)] {
            self.manager.set_port(7, state, reregister);
            self.run(2);
        }
        self.run(5);
    }
}

#[test]
fn a_port_comes_up_step_by_step_and_says_so() {
    let mut lab = Lab::new(Config::ipoib(42));
    lab.come_up();
    assert!(lab.port.is_up(0), "{:#?}", lab.told);
    let qpn = lab.port.interface(0).unwrap().link_address().unwrap().qpn;
    let gid = Gid::new(Gid::DEFAULT_PREFIX, Guid(0x0002_c903_0000_0021));
    let group = Gid(BROADCAST);
    let expected = [
        Event::Link(PortState::INIT),
        Event::Reregister,
        Event::Link(PortState::ARMED),
        Event::Link(PortState::ACTIVE),
        Event::Addresses { lid: Lid(7), sm_lid: Lid(1), gid },
        Event::Up { interface: 0, group, lid: Lid(0xc000), q_key: KEY, mtu: Mtu::MTU_2048, qpn },
    ];
    assert_eq!(lab.told, expected);
    assert_eq!((lab.manager.joins, lab.port.interface(0).unwrap().mtu()), (1, Some(2044)));
}

#[test]
fn a_packet_finds_its_neighbour_and_its_way_and_the_answer_comes_back() {
    let mut lab = Lab::new(Config::ipoib(42));
    lab.come_up();
    let mut packet = [0x45; 200];
    packet[16..20].copy_from_slice(&THEIRS.octets());
    let interface = lab.port.interface_mut(0).unwrap();
    interface.configure(OURS, 24, None);
    interface.send(at(lab.now), &packet).unwrap();
    lab.run(10);
    let (received, frame) = &lab.manager.frames[0];
    assert_eq!((&frame[..4], &frame[4..]), (&[8, 0, 0, 0][..], &packet[..]));
    assert_eq!((received.source_lid, received.grh), (Lid(7), None));
    assert_eq!((lab.manager.paths, lab.manager.frames.len()), (1, 1));
    assert!(
        matches!(lab.told[6..], [Event::Neighbour { .. }, Event::Path { lid: Lid(1), .. }]),
        "{:?}",
        lab.told
    );
    // And back, from queue pair to queue pair; to the group as well.
    let frame = frame.clone();
    let own = lab.port.interface(0).unwrap().link_address().unwrap();
    let alone = AddressVector { lid: Lid(7), qpn: own.qpn, q_key: KEY, ..AddressVector::default() };
    lab.manager.send(lab.manager.host, &alone, &frame);
    assert_eq!(lab.run(3), 1);
    let grh = Some(GlobalRoute { destination: Gid(BROADCAST), ..GlobalRoute::default() });
    let all = AddressVector { lid: Lid(0xc000), qpn: Qpn::MULTICAST, grh, ..alone };
    lab.manager.send(lab.manager.host, &all, &frame);
    assert_eq!(lab.run(3), 1);
    // A wrong key reaches nobody.
    lab.manager.send(lab.manager.host, &AddressVector { q_key: QKey(1), ..alone }, &frame);
    assert_eq!(lab.run(3), 0);
}

#[test]
fn a_subnet_manager_that_forgets_is_told_again_and_the_traffic_goes_on() {
    let mut lab = Lab::new(Config::ipoib(42));
    lab.come_up();
    let own = lab.port.interface(0).unwrap().link_address();
    lab.told.clear();
    lab.manager.set_port(7, 0, true);
    lab.run(10);
    assert_eq!(lab.told[0], Event::Reregister);
    assert!(matches!(lab.told[1], Event::Up { .. }), "{:?}", lab.told);
    assert_eq!((lab.manager.joins, lab.port.interface(0).unwrap().link_address()), (2, own));
    // Another LID.
    lab.told.clear();
    lab.manager.set_port(9, 0, false);
    lab.run(10);
    assert!(
        lab.told.iter().any(|event| matches!(event, Event::Addresses { lid: Lid(9), .. })),
        "{:?}",
        lab.told
    );
    assert!(lab.port.is_up(0));
    assert_eq!(lab.manager.joins, 3);
}

#[test]
fn refusals_and_silence_are_told_and_tried_again() {
    let mut lab = Lab::new(Config::ipoib(42));
    lab.manager.refuses = 0x0600;
    lab.come_up();
    assert!(!lab.port.is_up(0));
    let refused = |event: &&Event| matches!(event, Event::Refused { failure, .. } if failure.to_string().contains("0x0600"));
    assert_eq!(lab.told.iter().filter(refused).count(), 1, "{:?}", lab.told);
    lab.manager.refuses = 0;
    lab.run(2_100);
    assert!(lab.port.is_up(0), "asked again after two seconds");
    let mut lab = Lab::new(Config::ipoib(42));
    lab.manager.deaf = true;
    lab.come_up();
    lab.run(30_000);
    let silent = |event: &&Event| matches!(event, Event::Refused { failure, .. } if failure.to_string().contains("no answer"));
    assert_eq!(lab.told.iter().filter(silent).count(), 1, "{:?}", lab.told);
}

#[test]
fn a_partition_that_the_port_is_not_in_is_waited_for() {
    let config = Config::new(42).with_interface(ipoib::Config::new(PKey(0x8001)));
    let mut lab = Lab::new(config);
    lab.come_up();
    let outside = Event::NoPartition { interface: 0, p_key: PKey(0x8001) };
    assert_eq!(lab.told.iter().filter(|event| **event == outside).count(), 1, "{:?}", lab.told);
    assert_eq!(lab.manager.joins, 0);
}

#[test]
fn mistakes_show_at_construction() {
    let fabric = Fabric::new();
    let open = |config| Port::open(&mut fabric.hca(0x20, 1), config, at(0)).unwrap_err();
    let one = || ipoib::Config::new(PKey::DEFAULT);
    let three = Config::new(1).with_interface(one()).with_interface(one()).with_interface(one());
    assert_eq!(open(three), ConfigError::TooManyInterfaces { most: 2 });
    let scope = Config::new(1).with_interface(one().with_scope(0));
    assert!(matches!(open(scope), ConfigError::Interface { .. }));
}

#[test]
fn whoever_asks_for_counters_gets_those_of_the_port() {
    let mut lab = Lab::new(Config::ipoib(42));
    lab.come_up();
    // PerfMgt Get(PortCounters) of port 1 (IBTA 16.1.3.5).
    let mut mad = [0; 256];
    mad[..4].copy_from_slice(&[1, 0x04, 1, 0x01]);
    mad[15] = 9;
    mad[16..18].copy_from_slice(&[0, 0x12]);
    mad[65] = 1;
    let to = AddressVector { lid: Lid(7), qpn: Qpn::GSI, q_key: QKey::GSI, ..AddressVector::default() };
    for _ in 0..2 {
        lab.manager.send(Qpn::GSI, &to, &mad);
        lab.run(3);
    }
    let word = |counters: &[u8; 64], at: usize| u32::from_be_bytes(counters[at..at + 4].try_into().unwrap());
    let [first, second] = lab.manager.counters[..] else { panic!("{:?}", lab.manager.counters) };
    // Three answers to the subnet manager and a join; those three, the join's answer and this question.
    assert_eq!((word(&first, 32), word(&first, 36)), (4, 5));
    assert_eq!((word(&second, 32), word(&second, 36)), (5, 6));
    // MADs of 256 bytes, with LRH, BTH, DETH and ICRC in units of four bytes.
    assert_eq!(word(&second, 24) - word(&first, 24), (256 + 8 + 12 + 8 + 4) / 4);
}
