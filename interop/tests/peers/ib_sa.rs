//! Our SA client and our requests on a real simulated fabric with a switch, with the real opensm.

use bootproto_core::{Instant, Machine};
use bootproto_ib_verbs_lite::mad::attribute::{NodeInfo, Notice};
use bootproto_ib_verbs_lite::mad::record::ServiceRecord;
use bootproto_ib_verbs_lite::mad::{AttributeId, Directed, Header, Method, MgmtClass, SaMad, Smp};
use bootproto_ib_verbs_lite::transaction::{self, Policy, Requester};
use bootproto_ib_verbs_lite::verbs::AddressVector;
use bootproto_ib_verbs_lite::{Failure, Gid, Guid, Lid, PKey, Qpn, ServiceLevel, sa};
use interop::ibsim::programs::{LIMIT, Place};
use interop::ibsim::{Port, TID_MASK, clock, packet_to, sender};
use interop::packages::Peer;
use interop::process::Program;
use interop::runner::Case;
use interop::{Outcome, ensure, peers};
use std::collections::VecDeque;
use std::time::Duration;

const PEERS: &[&Peer] = &[&peers::OPENSM_INSIDE, &peers::IBSIM, &peers::IBDIAGS];

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "InfiniBand SA client, opensm on ibsim: paths, groups, records, and refusals in words",
        peers: PEERS,
        heavy: false,
        run: questions,
    },
    Case {
        name: "InfiniBand SA client, opensm on ibsim: reports, of a cable that is pulled too",
        peers: PEERS,
        heavy: false,
        run: reports,
    },
    Case {
        name: "InfiniBand SA client, opensm on ibsim: ends and starts again in the middle",
        peers: PEERS,
        heavy: false,
        run: restart,
    },
    Case {
        name: "InfiniBand SA client, opensm on ibsim: a service by number and by name",
        peers: PEERS,
        heavy: false,
        run: services,
    },
    Case {
        name: "InfiniBand requests, ibsim: one of two packets is lost, every answer comes",
        peers: PEERS,
        heavy: false,
        run: loss,
    },
];

/// Two nodes and a switch. opensm lives on the first.
const NETWORK: &str = "Switch 4 \"Switch1\"\n[1] \"Manager\"[1]\n[2] \"Node\"[1]\n\n\
    Hca 1 \"Manager\"\n[1] \"Switch1\"[1]\n\nHca 1 \"Node\"\n[1] \"Switch1\"[2]\n";

/// Our port on it.
struct Node {
    port: Port,
    client: sa::Client,
    seen: VecDeque<String>,
    /// How many MADs went out.
    sent: usize,
    reports: Vec<Notice>,
    failures: Vec<Failure>,
    began: std::time::Instant,
}

impl Node {
    fn new(place: &Place) -> Outcome<Self> {
        let port = Port::attach(&place.namespace, "Node")?;
        let config = sa::Config::new(0x5eed).with_tid_mask(TID_MASK);
        let client = sa::Client::new(config)?;
        let began = std::time::Instant::now();
        let (reports, failures) = (Vec::new(), Vec::new());
        let mut node = Self { port, client, seen: VecDeque::new(), sent: 0, reports, failures, began };
        node.configure()?;
        Ok(node)
    }

    fn now(&self) -> Instant {
        clock(self.began)
    }

    /// Tells the client what ibsim's agent has been told by opensm.
    fn configure(&mut self) -> Outcome {
        let info = self.port.port_info()?;
        let info = bootproto_ib_verbs_lite::mad::attribute::PortInfo::parse(&info)?;
        let guid = own_guid(&self.port, self.began)?;
        let port = sa::Port {
            gid: Gid::new(info.gid_prefix, guid),
            lid: info.lid,
            sm_lid: info.master_sm_lid,
            sm_sl: ServiceLevel::new(0),
            p_key_index: 0,
        };
        self.client.configure(self.now(), port)?;
        Ok(())
    }

    /// Runs the client until it tells something that begins so.
    fn until(&mut self, text: &str) -> Outcome<String> {
        let end = std::time::Instant::now() + LIMIT;
        loop {
            if let Some(index) = self.seen.iter().position(|event| event.starts_with(text)) {
                return Ok(self.seen.remove(index).unwrap_or_default());
            }
            ensure!(std::time::Instant::now() < end, "{text} did not come; {:?}", self.seen);
            self.step()?;
        }
    }

    fn step(&mut self) -> Outcome {
        let own = self.client_lid()?;
        let mut buffer = [0; 256];
        while let Some(transmit) = self.client.poll_transmit(clock(self.began), &mut buffer)? {
            self.sent += 1;
            self.port.send(&packet_to(&transmit.path, own, 1, transmit.bytes))?;
        }
        let came = self.port.receive(Duration::from_millis(20))?;
        let now = self.now();
        let event = match &came {
            Some(packet) => Some(self.client.handle_datagram(now, sender(packet), &packet.mad)),
            None => self.client.handle_timeout(now),
        };
        match event {
            Some(sa::Event::Report(notice)) => self.reports.push(notice),
            Some(sa::Event::Failed { failure, .. }) => self.failures.push(failure),
            _ => {}
        }
        if let Some(event) = event {
            self.seen.push_back(format!("{event:?}"));
        }
        Ok(())
    }

    fn client_lid(&self) -> Outcome<u16> {
        Ok(self.port.lid_and_state()?.0)
    }

    fn has_report(&mut self, trap: u16, gid: Gid) -> Outcome {
        let end = std::time::Instant::now() + LIMIT;
        loop {
            if self.reports.iter().any(|notice| notice.trap_number == trap && notice.gid() == gid) {
                return Ok(());
            }
            ensure!(std::time::Instant::now() < end, "no report {trap}; {:?}", self.seen);
            self.step()?;
        }
    }
}

/// The GUID of our own port, which its agent in ibsim knows: asked by a directed route of no hops.
fn own_guid(port: &Port, began: std::time::Instant) -> Outcome<Guid> {
    Ok(node_info(port, began, &[], Policy::DEFAULT)?.0.port_guid)
}

/// NodeInfo of the node at the end of a directed route, and how often it was asked.
fn node_info(
    port: &Port,
    began: std::time::Instant,
    route: &[u8],
    policy: Policy,
) -> Outcome<(NodeInfo, usize)> {
    let mut directed = Directed { hop_count: route.len() as u8, ..Directed::LOCAL };
    directed.initial_path[1..=route.len()].copy_from_slice(route);
    let header = Header {
        class: MgmtClass::SUBN_DIRECTED,
        class_version: Smp::CLASS_VERSION,
        method: Method::GET,
        attribute: AttributeId::NODE_INFO,
        ..Header::default()
    };
    let mut request = [0; 256];
    let smp = Smp { header, m_key: 0, directed: Some(directed), data: [0; 64] };
    smp.write(&mut bootproto_core::Writer::new(&mut request));
    let path = AddressVector { lid: Lid::PERMISSIVE, qpn: Qpn::SMI, ..AddressVector::default() };
    let (answer, sent) = request_once(port, began, path, &request, policy)?;
    Ok((NodeInfo::parse(&Smp::parse(&answer)?.data)?, sent))
}

/// The answer to one request, and how often it was asked.
fn request_once(
    port: &Port,
    began: std::time::Instant,
    path: AddressVector,
    request: &[u8; 256],
    policy: Policy,
) -> Outcome<(Vec<u8>, usize)> {
    let mut requester = Requester::new(began.elapsed().as_nanos() as u64, TID_MASK, policy)?;
    requester.request(clock(began), path, request, 0)?;
    let own = if path.lid == Lid::PERMISSIVE { path.lid.0 } else { port.lid_and_state()?.0 };
    let (mut sent, mut buffer) = (0, [0; 256]);
    loop {
        while let Some(transmit) = requester.poll_transmit(clock(began), &mut buffer)? {
            sent += 1;
            port.send(&packet_to(&transmit.path, own, path.qpn.get(), transmit.bytes))?;
        }
        let came = port.receive(Duration::from_millis(20))?;
        let event = match &came {
            Some(packet) => Some(requester.handle_datagram(clock(began), sender(packet), &packet.mad)),
            None => requester.handle_timeout(clock(began)),
        };
        match event {
            Some(transaction::Event::Answer { mad, .. }) => return Ok((mad.to_vec(), sent)),
            Some(transaction::Event::Failed { failure, .. }) => return Err(failure.into()),
            _ => {}
        }
    }
}

fn fabric() -> Outcome<(Place, Program, Program)> {
    let place = Place::new()?;
    let ibsim = place.ibsim(NETWORK)?;
    let opensm = place.opensm("Manager", &[])?;
    Ok((place, ibsim, opensm))
}

fn broadcast() -> Gid {
    Gid::ipoib_v4(2, PKey::DEFAULT, std::net::Ipv4Addr::BROADCAST)
}

fn own_group(last: u8) -> Gid {
    Gid::ipoib_v4(2, PKey::DEFAULT, std::net::Ipv4Addr::new(239, 0, 0, last))
}

/// What ibsim numbers the manager's port with.
fn manager() -> Gid {
    Gid::new(Gid::DEFAULT_PREFIX, Guid(0x10_0001))
}

fn questions() -> Outcome {
    let (place, _ibsim, _opensm) = fabric()?;
    let mut node = Node::new(&place)?;
    let now = node.now();
    node.client.ask(now, sa::Question::ClassPortInfo)?;
    node.client.ask(now, sa::Question::Path { dgid: manager(), p_key: None })?;
    node.client.ask(now, sa::Question::Node { lid: Lid(1) })?;
    node.client.join(now, sa::Join::existing(broadcast()))?;
    node.until("ClassPortInfo(")?;
    node.until("Path(")?;
    let record = node.until("Node(")?;
    ensure!(record.contains("port_guid: Guid(1048577)"), "{record}");
    node.until("Joined(")?;
    let path = *node.client.path(manager(), Some(PKey::DEFAULT)).ok_or("the path is not remembered")?;
    ensure!((path.dlid, path.slid, path.reversible) == (Lid(1), Lid(3), true), "{path:?}");
    let group = *node.client.membership(broadcast()).ok_or("no member")?;
    ensure!(group.mlid == Lid(0xc000) && group.mtu.bytes() == Some(2048), "{group:?}");
    // What opensm refuses, in its own words.
    node.client.ask(now, sa::Question::Path { dgid: own_gid(0xdead), p_key: None })?;
    node.until("Failed")?;
    node.client.join(now, sa::Join::existing(own_group(1)))?;
    node.until("Failed")?;
    let expected = [Failure::NoRecords, Failure::InsufficientComponents];
    ensure!(node.failures == expected, "{:?}", node.failures);
    // A group of our own: made, seen, left, gone.
    node.client.join(now, sa::Join::or_create_like(own_group(1), &group))?;
    node.until("Joined(")?;
    let made = *node.client.membership(own_group(1)).ok_or("no member")?;
    ensure!(made.mlid.is_multicast() && made.mlid != group.mlid && made.q_key == group.q_key, "{made:?}");
    node.client.ask(now, sa::Question::Group { mgid: own_group(1) })?;
    node.until("Group(")?;
    node.client.leave(now, own_group(1))?;
    node.until("Left")?;
    node.client.ask(now, sa::Question::Group { mgid: own_group(1) })?;
    node.until("Failed")?;
    ensure!(node.failures.last() == Some(&Failure::NoRecords), "{:?}", node.failures);
    // A service that nobody offers.
    node.client.ask(now, sa::Question::Service { id: 0x1234 })?;
    node.until("Failed")?;
    ensure!(node.failures.last() == Some(&Failure::NoRecords), "{:?}", node.failures);
    Ok(())
}

fn own_gid(guid: u64) -> Gid {
    Gid::new(Gid::DEFAULT_PREFIX, Guid(guid))
}

fn reports() -> Outcome {
    let (place, mut ibsim, mut opensm) = fabric()?;
    let mut node = Node::new(&place)?;
    let now = node.now();
    node.client.subscribe(now);
    node.client.ask(now, sa::Question::Path { dgid: manager(), p_key: None })?;
    node.client.join(now, sa::Join::existing(broadcast()))?;
    node.until("Subscribed")?;
    node.until("Joined(")?;
    node.until("Path(")?;
    let group = *node.client.membership(broadcast()).ok_or("no member")?;
    node.client.join(now, sa::Join::or_create_like(own_group(2), &group))?;
    node.has_report(Notice::TRAP_MULTICAST_CREATED, own_group(2))?;
    node.client.leave(now, own_group(2))?;
    node.has_report(Notice::TRAP_MULTICAST_DELETED, own_group(2))?;
    // Our own cable is pulled and put back: opensm sweeps, and tells us that we are in service again.
    node.reports.clear();
    ibsim.type_in(b"Unlink \"Node\"[1]\n")?;
    opensm.wait_for("Removed port with GUID:0x0000000000100003", LIMIT)?;
    ibsim.type_in(b"Relink \"Node\"\n")?;
    let end = std::time::Instant::now() + LIMIT;
    while node.port.lid_and_state()?.1 != 4 {
        ensure!(std::time::Instant::now() < end, "not active again\n{}", opensm.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    // The port came back, with its subnet manager's knowledge of it lost: the driver says so.
    node.configure()?;
    node.client.reregister(node.now());
    node.until("Joined(")?;
    node.until("Subscribed")?;
    let now = node.now();
    node.client.ask(now, sa::Question::Path { dgid: manager(), p_key: None })?;
    node.until("Path(")?;
    Ok(())
}

fn restart() -> Outcome {
    let (place, _ibsim, mut opensm) = fabric()?;
    let mut node = Node::new(&place)?;
    let now = node.now();
    node.client.join(now, sa::Join::existing(broadcast()))?;
    node.until("Joined(")?;
    let group = *node.client.membership(broadcast()).ok_or("no member")?;
    node.client.join(now, sa::Join::or_create_like(own_group(3), &group))?;
    node.until("Joined(")?;
    opensm.terminate();
    // A question that falls into the gap: it is asked until the next manager answers.
    let before = node.sent;
    let now = node.now();
    node.client.ask(now, sa::Question::Node { lid: Lid(1) })?;
    for _ in 0..60 {
        node.step()?;
    }
    ensure!(node.sent > before + 1, "the question was not asked again");
    let _opensm = place.opensm("Manager", &[])?;
    node.until("Node(")?;
    node.client.ask(node.now(), sa::Question::Group { mgid: own_group(3) })?;
    node.until("Failed")?;
    ensure!(
        node.failures == [Failure::NoRecords],
        "the new opensm knows the group already: {:?}",
        node.failures
    );
    node.configure()?;
    node.client.reregister(node.now());
    node.until("Joined(")?;
    node.until("Joined(")?;
    node.client.ask(node.now(), sa::Question::Group { mgid: own_group(3) })?;
    node.until("Group(")?;
    Ok(())
}

fn services() -> Outcome {
    let (place, _ibsim, _opensm) = fabric()?;
    let mut node = Node::new(&place)?;
    let mut name = [0; 64];
    name[..9].copy_from_slice(b"bootproto");
    let offered = ServiceRecord {
        service_id: 0x1000_0000_0000_1234,
        service_gid: Gid::new(Gid::DEFAULT_PREFIX, own_guid(&node.port, node.began)?),
        service_p_key: PKey::DEFAULT,
        service_lease: u32::MAX,
        service_name: name,
        service_data: [0x5a; 64],
        ..ServiceRecord::default()
    };
    let mask = ServiceRecord::SERVICE_ID
        | ServiceRecord::SERVICE_GID
        | ServiceRecord::SERVICE_P_KEY
        | ServiceRecord::SERVICE_LEASE
        | ServiceRecord::SERVICE_NAME;
    let header = Header {
        class: MgmtClass::SUBN_ADM,
        class_version: SaMad::CLASS_VERSION,
        method: Method::SET,
        attribute: AttributeId::SERVICE_RECORD,
        ..Header::default()
    };
    let mut request = [0; 256];
    SaMad::new(header, mask, &offered.to_bytes()).write(&mut bootproto_core::Writer::new(&mut request));
    let path = AddressVector { lid: Lid(1), qpn: Qpn::GSI, ..AddressVector::default() };
    let (answer, _) = request_once(&node.port, node.began, path, &request, Policy::DEFAULT)?;
    ensure!(answer[4..6] == [0, 0], "opensm does not take the service: {:02x?}", &answer[..64]);
    let expected = format!("{:?}", sa::Event::Service(offered));
    for question in [sa::Question::Service { id: offered.service_id }, sa::Question::ServiceNamed { name }] {
        node.client.ask(node.now(), question)?;
        let said = node.until("Service(")?;
        // The data was not in the mask, and opensm keeps it or not.
        let same = |text: &str| text.split("service_data").next().map(str::to_owned);
        ensure!(same(&said) == same(&expected), "{said}");
    }
    // No table here: umad2sim sends the first MAD of one as segment 0, which is none. A real kernel has RMPP.
    Ok(())
}

fn loss() -> Outcome {
    let place = Place::new()?;
    let mut ibsim = place.ibsim(NETWORK)?;
    let port = Port::attach(&place.namespace, "Node")?;
    let began = std::time::Instant::now();
    ibsim.type_in(b"Error \"Switch1\"[2] 50\n")?;
    std::thread::sleep(Duration::from_millis(200));
    let hurried = Policy { first: Duration::from_millis(60), ceiling: Duration::from_millis(60), tries: 40 };
    let mut sent = 0;
    for _ in 0..40 {
        let (info, tries) = node_info(&port, began, &[1, 1], hurried)?;
        ensure!(info.port_guid == Guid(0x10_0001), "{info:?}");
        sent += tries;
    }
    ensure!(sent > 45, "nothing was lost: {sent} requests for 40 answers\n{}", ibsim.log());
    Ok(())
}
