//! Our subnet management agent and its neighbours, asked by the real opensm and by infiniband-diags: our program stands
//! in the place of the simulated fabric.

use bootproto_ib_verbs_lite::mad::attribute::{Notice, PortInfo};
use bootproto_ib_verbs_lite::mad::{AttributeId, Header, Method, Smp};
use bootproto_ib_verbs_lite::verbs::PortState;
use bootproto_ib_verbs_lite::{Gid, Guid, Lid, PKey, sa, sma};
use interop::ibsim::programs::{LIMIT, Place};
use interop::ibsim::wire::Packet;
use interop::ibsim::{Agents as _, Fabric, Node, Side, capture};
use interop::packages::Peer;
use interop::process::Program;
use interop::runner::Case;
use interop::{Outcome, ensure, peers};

const PEERS: &[&Peer] = &[&peers::OPENSM_INSIDE, &peers::IBSIM, &peers::IBDIAGS];

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "InfiniBand SMA, opensm: brought from Initializing to Active, then path and group",
        peers: PEERS,
        heavy: false,
        run: bring_up,
    },
    Case {
        name: "InfiniBand SMA and PMA, infiniband-diags: what they print is what we meant",
        peers: PEERS,
        heavy: false,
        run: diagnose,
    },
    Case {
        name: "InfiniBand SMA, opensm: a trap is sent until it is acknowledged",
        peers: PEERS,
        heavy: false,
        run: traps,
    },
    Case {
        name: "InfiniBand SA client, opensm ends and another one starts: joined again",
        peers: PEERS,
        heavy: false,
        run: another_manager,
    },
    Case {
        name: "InfiniBand MADs, tshark: every one of a whole run has the fields that were meant",
        peers: TSHARK,
        heavy: false,
        run: dissected,
    },
];

/// All of a run in the words of somebody else's dissector.
const TSHARK: &[&Peer] = &[&peers::OPENSM_INSIDE, &peers::IBSIM, &peers::TSHARK];

const GUID: u64 = 0x0002_c903_0000_0020;

fn node(name: &str, guid: u64) -> Outcome<Node> {
    let config = sma::Config::new(guid, Guid(guid), Guid(guid + 1))
        .with_description(name.as_bytes())
        .with_device(0x00_02c9, 0x1234, 0xa1)
        .with_lanes(2, 4, 4);
    Node::new(config, Guid(guid + 1))
}

struct Rig {
    place: Place,
    fabric: Fabric<Node>,
    opensm: Program,
}

impl Rig {
    /// Our port, and opensm that has made it active.
    fn new() -> Outcome<Self> {
        let place = Place::new()?;
        let fabric =
            Fabric::new(&place.namespace, node("Manager", 0x0002_c903_0000_0010)?, node("Node", GUID)?)?;
        let opensm = place.start_opensm("Manager", &[])?;
        let mut rig = Self { place, fabric, opensm };
        rig.until("the port is active", |node| node.is_active())?;
        rig.until_log("SUBNET UP")?;
        Ok(rig)
    }

    fn until(&mut self, what: &str, condition: impl Fn(&Node) -> bool) -> Outcome {
        self.fabric.serve_until(LIMIT, |fabric| condition(&fabric.node)).map_err(|error| {
            let node = &self.fabric.node;
            format!("{what}: {error}\n{:?}\n{:?}\n{}", node.told, node.answers, self.opensm.log()).into()
        })
    }

    fn until_answer(&mut self, text: &str) -> Outcome<String> {
        self.until(text, |node| node.answers.iter().any(|answer| answer.starts_with(text)))?;
        let answers = &self.fabric.node.answers;
        Ok(answers.iter().rfind(|answer| answer.starts_with(text)).cloned().unwrap_or_default())
    }

    fn until_log(&mut self, text: &str) -> Outcome {
        let opensm = &self.opensm;
        self.fabric
            .serve_until(LIMIT, |_| opensm.log().contains(text))
            .map_err(|error| format!("{text}: {error}\n{}", self.opensm.log()).into())
    }

    /// What one of infiniband-diags prints while we answer it.
    fn ask(&mut self, program: &str, arguments: &[&str]) -> Outcome<String> {
        let mut running = self.place.start_diagnose("Manager", program, arguments)?;
        self.fabric.serve_until(LIMIT, |_| !running.is_running())?;
        let finished = running.finish(LIMIT)?;
        finished.success().map(|finished| finished.text()).map_err(|error| {
            format!("{program} {}: {error}\n{}", arguments.join(" "), self.opensm.log()).into()
        })
    }

    /// Whether opensm knows a group.
    fn has_group(&mut self, mgid: Gid) -> Outcome<bool> {
        let group = mgid.to_string();
        let mut running = self.place.start_diagnose("Manager", "saquery", &["--mgid", &group, "MCMR"])?;
        self.fabric.serve_until(LIMIT, |_| !running.is_running())?;
        Ok(running.finish(LIMIT)?.output.contains(&group))
    }

    /// The same, with lines that must be in it. Tools fill up with dots between name and value.
    fn prints(&mut self, program: &str, arguments: &[&str], lines: &[&str]) -> Outcome {
        let text = self.ask(program, arguments)?;
        let squeezed = squeeze(&text);
        for line in lines {
            ensure!(
                squeezed.contains(&squeeze(line)),
                "{program} {arguments:?} does not say {line:?}:\n{text}"
            );
        }
        Ok(())
    }
}

/// Without dots that fill up, and without white space.
fn squeeze(text: &str) -> String {
    let mut left = text.to_owned();
    while left.contains("...") {
        left = left.replace("...", "..");
    }
    left.replace("..", "").chars().filter(|letter| !letter.is_whitespace()).collect()
}

fn broadcast() -> Gid {
    Gid::ipoib_v4(2, PKey::DEFAULT, std::net::Ipv4Addr::BROADCAST)
}

fn own_group() -> Gid {
    Gid::ipoib_v4(2, PKey::DEFAULT, std::net::Ipv4Addr::new(239, 18, 52, 86))
}

fn bring_up() -> Outcome {
    let mut rig = Rig::new()?;
    let node = &mut rig.fabric.node;
    let port = *node.sma.port_info();
    ensure!(port.lid == Lid(2) && port.master_sm_lid == Lid(1), "{port:?}");
    ensure!(port.subnet_timeout == 18 && port.neighbor_mtu.bytes() == Some(2048), "{port:?}");
    let changes: Vec<sma::Changes> = node
        .told
        .iter()
        .filter_map(|event| if let sma::Event::Changed(changes) = event { Some(*changes) } else { None })
        .collect();
    ensure!(changes.iter().any(|changes| changes.reregister), "no client reregister: {changes:?}");
    // Down, so that the second lane can be used; then Armed, and Active.
    ensure!(changes.iter().filter(|changes| changes.state).count() == 3, "not three steps: {changes:?}");
    ensure!(port.operational_vls == 2, "{port:?}");
    let ignored = node.told.iter().find(|event| matches!(event, sma::Event::Ignored(_)));
    ensure!(ignored.is_none(), "{ignored:?}");
    // The same opensm as the SA of our client.
    let now = node.now();
    let manager = Gid::new(Gid::DEFAULT_PREFIX, Guid(0x0002_c903_0000_0011));
    node.sa.ask(now, sa::Question::Path { dgid: manager, p_key: None })?;
    node.sa.join(now, sa::Join::existing(broadcast()))?;
    rig.until_answer("Path(")?;
    rig.until_answer("Joined(")?;
    let node = &mut rig.fabric.node;
    let path = *node.sa.path(manager, None).ok_or("the path is not remembered")?;
    ensure!(path.dlid == Lid(1) && path.slid == Lid(2) && path.p_key == PKey::DEFAULT, "{path:?}");
    let group = *node.sa.membership(broadcast()).ok_or("no member")?;
    ensure!(group.mlid == Lid(0xc000) && group.q_key.0 == 0x0b1b, "{group:?}");
    // A group that nobody has: refused, until we say what to make it with. It is there as long as its only member.
    rig.fabric.node.sa.join(now, sa::Join::existing(own_group()))?;
    let refused = rig.until_answer("Failed")?;
    ensure!(refused.contains("InsufficientComponents"), "{refused}");
    ensure!(!rig.has_group(own_group())?, "opensm made the group without its components");
    rig.fabric.node.sa.join(now, sa::Join::or_create_like(own_group(), &group))?;
    rig.until("the group is made", |node| node.sa.membership(own_group()).is_some())?;
    ensure!(rig.has_group(own_group())?, "opensm does not have the group");
    rig.fabric.node.sa.leave(now, own_group())?;
    rig.until_answer("Left")?;
    // iPXE sends this to LID 0: it must reach the subnet manager.
    ensure!(!rig.has_group(own_group())?, "opensm still has the group that its only member has left");
    Ok(())
}

/// Sets a table as a subnet manager that cares for lanes would; this opensm does not.
fn set_table(node: &mut Node, attribute: AttributeId, modifier: u32, data: &[u8]) -> Outcome {
    let header = Header { class_version: 1, method: Method::SET, attribute, modifier, ..Header::default() };
    let mut smp = Smp { header, m_key: 0, directed: None, data: [0; 64] };
    smp.data[..data.len()].copy_from_slice(data);
    let mut mad = [0; 256];
    smp.write(&mut bootproto_core::Writer::new(&mut mad));
    let packet = Packet { dlid: 2, slid: 1, dqp: 0, sqp: 0, status: 0, mad };
    node.receive(&packet);
    let answer = node.transmit().ok_or("no answer")?;
    ensure!(answer.mad[4..6] == [0, 0], "{attribute}: status {:02x?}", &answer.mad[4..6]);
    Ok(())
}

/// What smpquery has to print about the node.
const NODE_INFO: &[&str] = &[
    "NodeType:..Channel Adapter",
    "NumPorts:..1",
    "SystemGuid:..0x0002c90300000020",
    "Guid:..0x0002c90300000020",
    "PortGuid:..0x0002c90300000021",
    "PartCap:..32",
    "DevId:..0x1234",
    "Revision:..0x000000a1",
    "LocalPort:..1",
    "VendorId:..0x0002c9",
];

/// And about its port.
const PORT_INFO: &[&str] = &[
    "GidPrefix:..0xfe80000000000000",
    "Lid:..2",
    "SMLid:..1",
    "LocalPort:..1",
    "LinkWidthEnabled:..1X or 4X",
    "LinkWidthActive:..4X",
    "LinkState:..Active",
    "PhysLinkState:..LinkUp",
    "LinkDownDefState:..Polling",
    "ProtectBits:..0",
    "LMC:..0",
    "LinkSpeedActive:..10.0 Gbps",
    "NeighborMTU:..2048",
    "VLCap:..VL0-1",
    "MtuCap:..2048",
    "OperVLs:..VL0",
    "GuidCap:..1",
    "SubnetTimeout:..18",
    "RespTimeVal:..16",
    "IsTrapSupported",
    "IsSLMappingSupported",
    "IsClientRegistrationSupported",
];

fn diagnose() -> Outcome {
    let mut rig = Rig::new()?;
    set_table(&mut rig.fabric.node, AttributeId::SL_TO_VL, 0, &[0x01; 8])?;
    for block in [1, 3] {
        let weights = [0, 0x10, 1, 0x20, 0, 0x30, 1, 0x40];
        set_table(&mut rig.fabric.node, AttributeId::VL_ARBITRATION, block << 16, &weights)?;
    }
    rig.prints("smpquery", &["nodedesc", "2"], &["Node Description:..Node"])?;
    rig.prints("smpquery", &["nodeinfo", "2"], NODE_INFO)?;
    rig.prints("smpquery", &["-D", "nodeinfo", "0,1"], NODE_INFO)?;
    rig.prints("smpquery", &["portinfo", "2", "1"], PORT_INFO)?;
    rig.prints("smpquery", &["-D", "portinfo", "0,1", "1"], PORT_INFO)?;
    rig.prints("smpquery", &["guidinfo", "2"], &["0x0002c90300000021"])?;
    rig.prints("smpquery", &["pkeys", "2"], &["0xffff 0x0000", "32 pkeys capacity for this port"])?;
    rig.prints("smpquery", &["sl2vl", "2", "1"], &["ports: in 0, out 0: | 0| 1| 0| 1| 0| 1|"])?;
    rig.prints(
        "smpquery",
        &["vlarb", "2", "1"],
        &["LowCap 4 HighCap 4", "VL : |0x0 |0x1 |0x0 |0x1 |", "WEIGHT: |0x10|0x20|0x30|0x40|"],
    )?;
    rig.prints("ibnetdiscover", &[], &["\"H-0002c90300000020\"", "caguid=0x2c90300000020", "# \"Node\""])?;
    rig.prints("iblinkinfo", &["-l"], &["4X", "10.0 Gbps Active/ LinkUp", "\"Node\""])?;
    rig.prints("saquery", &["NR", "2"], &["NodeDescription..Node", "port_guid..0x0002c90300000021"])?;
    let said = rig.ask("perfquery", &["2", "1"])?;
    let counted = *rig.fabric.node.pma.counters.values();
    ensure!(counted.port_rcv_pkts > 20, "{counted:?}");
    let line = said.lines().find(|line| line.starts_with("PortRcvPkts:")).ok_or("no PortRcvPkts")?;
    let told: u32 = line.rsplit('.').next().unwrap_or_default().trim().parse()?;
    ensure!(told > 0 && told <= counted.port_rcv_pkts, "{told} packets, and we count {counted:?}\n{said}");
    rig.ask("perfquery", &["-R", "2", "1"])?;
    ensure!(rig.fabric.node.pma.counters.values().port_rcv_pkts < told, "perfquery -R did not clear");
    Ok(())
}

fn traps() -> Outcome {
    let mut rig = Rig::new()?;
    rig.fabric.node.sma.set_description(b"Node renamed");
    rig.until("opensm acknowledges trap 144", |node| node.told.contains(&sma::Event::TrapAcknowledged))?;
    rig.until_log("num:144")?;
    let traps = rig.fabric.log.iter().filter(|(side, packet)| {
        *side == Side::Manager
            && packet.mad[3] == 0x05
            && packet.mad[64 + 5] == Notice::TRAP_LOCAL_CHANGES as u8
    });
    ensure!(traps.count() >= 1, "no trap was sent");
    ensure!(rig.fabric.node.sma.port_info().capability_mask & PortInfo::IS_SM == 0, "we are no SM");
    Ok(())
}

fn another_manager() -> Outcome {
    let mut rig = Rig::new()?;
    let now = rig.fabric.node.now();
    rig.fabric.node.sa.join(now, sa::Join::existing(broadcast()))?;
    rig.fabric.node.sa.subscribe(now);
    rig.until_answer("Joined(")?;
    rig.until_answer("Subscribed")?;
    let group = *rig.fabric.node.sa.membership(broadcast()).ok_or("no member")?;
    rig.fabric.node.sa.join(now, sa::Join::or_create_like(own_group(), &group))?;
    rig.until("the group is made", |node| node.sa.membership(own_group()).is_some())?;
    rig.opensm.terminate();
    rig.fabric.node.answers.clear();
    rig.fabric.node.told.clear();
    rig.opensm = rig.place.start_opensm("Manager", &["-e"])?;
    rig.until_log("SUBNET UP")?;
    rig.until_answer("Joined(")?;
    rig.until_answer("Subscribed")?;
    let asked = rig.fabric.node.told.iter().any(|event| match event {
        sma::Event::Changed(changes) => changes.reregister,
        _ => false,
    });
    ensure!(asked, "the new opensm did not ask for reregistration");
    ensure!(rig.fabric.node.sma.port_info().port_state == PortState::ACTIVE, "not active any more");
    rig.until("the group is made again", |node| node.sa.membership(own_group()).is_some())?;
    ensure!(rig.has_group(own_group())?, "the new opensm does not have the group");
    Ok(())
}

/// Kinds of packets, and a value in each that is ours.
const KINDS: &[(&str, &str)] = &[
    ("SubnGetResp(NodeInfo)", "0x0002c90300000021"),
    ("SubnSet(PortInfo)", "|0x0002|"),
    ("SubnGetResp(PortInfo)", "|0x0002|"),
    ("SubnTrap(Notice)", ""),
    ("SubnTrapResp(Notice)", ""),
    ("SubnAdmSet(InformInfo)", ""),
    ("SubnAdmSet(MCMemberRecord)", "|ff12:401b:ffff::f12:3456|fe80::2:c903:0:21|0x01|"),
    ("SubnAdmGetResp(MCMemberRecord)", "|ff12:401b:ffff::ffff:ffff|fe80::2:c903:0:21|0x01|"),
    ("SubnAdmDelete(MCMemberRecord)", "|ff12:401b:ffff::f12:3456|fe80::2:c903:0:21|0x01|"),
    ("SubnAdmGet(PathRecord)", "|fe80::2:c903:0:11|fe80::2:c903:0:21"),
    ("SubnAdmReport(Notice)", ""),
    ("SubnAdmReportResp(Notice)", ""),
];

fn dissected() -> Outcome {
    let mut rig = Rig::new()?;
    let now = rig.fabric.node.now();
    rig.fabric.node.sa.subscribe(now);
    rig.fabric.node.sa.join(now, sa::Join::existing(broadcast()))?;
    rig.until_answer("Subscribed")?;
    rig.until_answer("Joined(")?;
    let group = *rig.fabric.node.sa.membership(broadcast()).ok_or("no member")?;
    rig.fabric.node.sa.join(now, sa::Join::or_create_like(own_group(), &group))?;
    rig.until_answer("Report(")?;
    let manager = Gid::new(Gid::DEFAULT_PREFIX, Guid(0x0002_c903_0000_0011));
    rig.fabric.node.sa.ask(now, sa::Question::Path { dgid: manager, p_key: None })?;
    rig.until_answer("Path(")?;
    rig.fabric.node.sma.set_description(b"Node renamed");
    rig.until("opensm acknowledges trap 144", |node| node.told.contains(&sma::Event::TrapAcknowledged))?;
    rig.fabric.node.sa.leave(now, own_group())?;
    rig.until_answer("Left")?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("run.pcap");
    capture::write(&file, rig.fabric.log.iter().map(|(_, packet)| packet))?;
    let fields = [
        "_ws.col.Info",
        "_ws.malformed",
        "infiniband.nodeinfo.portguid",
        "infiniband.portinfo.lid",
        "infiniband.mcmemberrecord.mgid",
        "infiniband.mcmemberrecord.portgid",
        "infiniband.mcmemberrecord.joinstate",
        "infiniband.pathrecord.dgid",
        "infiniband.pathrecord.sgid",
    ];
    let mut tshark = peers::TSHARK.command()?;
    tshark.args(["-n", "-T", "fields", "-E", "separator=|", "-r"]).arg(&file);
    fields.iter().for_each(|field| {
        tshark.args(["-e", field]);
    });
    let output = tshark.output()?;
    ensure!(output.status.success(), "tshark: {}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout)?;
    ensure!(said.lines().count() == rig.fabric.log.len(), "{said}");
    for line in said.lines() {
        // A length that contradicts the LRH is only in the text of the line.
        let text = line.split('|').next().unwrap_or_default();
        let is_plain = line.split('|').nth(1) == Some("") && !text.contains("Malformed");
        ensure!(is_plain && text.contains("Subn") && !text.contains("Unknown"), "{line}\n{said}");
    }
    for (kind, value) in KINDS {
        let found = said.lines().any(|line| line.contains(kind) && line.contains(value));
        ensure!(found, "tshark sees no {kind} with {value:?}\n{said}");
    }
    if let Some(keep) = std::env::var_os("IB_CAPTURE") {
        std::fs::copy(&file, keep)?;
    }
    Ok(())
}
