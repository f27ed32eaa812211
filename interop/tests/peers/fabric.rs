//! An InfiniBand fabric with Linux's own drivers, subnet manager and IPoIB at the far end.

use bootproto_core::Machine as _;
use bootproto_ib_verbs_lite::mad::attribute::NodeInfo;
use bootproto_ib_verbs_lite::mad::{AttributeId, Header, Method, MgmtClass, Smp};
use bootproto_ib_verbs_lite::transaction::{self, Policy, Requester};
use bootproto_ib_verbs_lite::verbs::AddressVector;
use bootproto_ib_verbs_lite::{Guid, Qpn, sa, sma};
use interop::fabric::port::Port;
use interop::fabric::server::{self, Offers};
use interop::fabric::switch::Switch;
use interop::ibsim::wire::Packet;
use interop::ibsim::{self, Agents};
use interop::namespace::Namespace;
use interop::payload::Tree;
use interop::runner::Case;
use interop::{Outcome, ensure, peers};
use std::path::Path;
use std::time::Duration;

pub(crate) const CASES: &[Case] = &[Case {
    name: "fabric: opensm on Linux's ib_qib brings our port up through a switch; tables by RMPP; Linux's SMA answers",
    peers: &[&peers::LINUX_ALL, &peers::BUSYBOX, &peers::OPENSM_INSIDE, &peers::QEMU, &peers::SEABIOS],
    heavy: true,
    run: comes_up,
}];

/// How long anything may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

fn comes_up() -> Outcome {
    let inside = Namespace::new("fabric")?;
    let tree = Tree::new()?;
    let switch = Switch::start(&tree.beside("fabric"), &tree.beside("fabric.pcap"))?;
    let server = server::start(&inside, &tree, switch.address(), Offers::Fabric)?;
    let done = agents(switch.address());
    done.map_err(|error| format!("{error}\n{}", server.node.screen.log()).into())
}

/// A node of ours that also asks other nodes' agents.
struct Curious {
    node: ibsim::Node,
    requester: Requester,
    answers: Vec<[u8; 256]>,
}

impl Agents for Curious {
    fn receive(&mut self, packet: &Packet) {
        let path = ibsim::sender(packet);
        match self.requester.handle_datagram(self.node.now(), path, &packet.mad) {
            transaction::Event::Answer { .. } => self.answers.push(packet.mad),
            _ => self.node.receive(packet),
        }
    }

    fn transmit(&mut self) -> Option<Packet> {
        let (now, lid, mut buffer) = (self.node.now(), self.lid(), [0; 256]);
        self.requester.handle_timeout(now);
        match self.requester.poll_transmit(now, &mut buffer) {
            Ok(Some(sent)) => Some(ibsim::packet_to(&sent.path, lid, 0, sent.bytes)),
            _ => self.node.transmit(),
        }
    }

    fn lid(&self) -> u16 {
        self.node.lid()
    }

    fn set_is_sm(&mut self, is_sm: bool) {
        self.node.set_is_sm(is_sm);
    }
}

/// Our agents and our SA client on the fabric, one port with no hardware at all.
fn agents(fabric: &Path) -> Outcome {
    let guid = Guid(0x0002_c903_0000_0020);
    let config = sma::Config::new(1, guid, guid).with_description(b"bootproto");
    let node = ibsim::Node::new(config, guid)?;
    let requester = Requester::new(2, ibsim::TID_MASK, Policy::DEFAULT)?;
    let mut port = Port::plug(fabric, Curious { node, requester, answers: Vec::new() })?;
    port.serve_until(LIMIT, |curious| curious.node.is_active())?;
    let now = port.agents.node.now();
    port.agents.node.sa.ask(now, sa::Question::Table { attribute: AttributeId::NODE_RECORD })?;
    let last =
        |curious: &mut Curious| curious.node.answers.iter().any(|answer| answer.contains("complete: true"));
    port.serve_until(LIMIT, last)?;
    // Three nodes have records of 108 bytes, and a segment has room for 200.
    let answers = &port.agents.node.answers;
    ensure!(
        answers.len() == 2 && answers.iter().all(|answer| answer.contains("distance: 112")),
        "{answers:?}"
    );
    for name in ["rig switch", "bootproto"] {
        let bytes: Vec<_> = name.bytes().map(|byte| byte.to_string()).collect();
        ensure!(answers.concat().contains(&bytes.join(", ")), "{name} is not in {answers:?}");
    }
    linux_answers(&mut port)
}

/// The agent in Linux's driver answers an SMP of ours that its LID brings there.
fn linux_answers(port: &mut Port<Curious>) -> Outcome {
    let header = Header {
        class: MgmtClass::SUBN_LID,
        class_version: Smp::CLASS_VERSION,
        method: Method::GET,
        attribute: AttributeId::NODE_INFO,
        ..Header::default()
    };
    let mut request = [0; 256];
    let smp = Smp { header, m_key: 0, directed: None, data: [0; 64] };
    smp.write(&mut bootproto_core::Writer::new(&mut request));
    let (now, manager) = (port.agents.node.now(), port.agents.node.sma.port_info().master_sm_lid);
    let path = AddressVector { lid: manager, qpn: Qpn::SMI, ..AddressVector::default() };
    port.agents.requester.request(now, path, &request, 0)?;
    port.serve_until(LIMIT, |curious| !curious.answers.is_empty())?;
    let info = NodeInfo::parse(&Smp::parse(&port.agents.answers[0])?.data)?;
    ensure!(info.port_guid == Guid(u64::from_be_bytes(server::GUID)), "{info:?}");
    Ok(())
}
