//! Everything that ib-verbs-lite sends, as tshark reads it: packets of a link in ERF records, RoCEv2 as IP packets.
//!
//! tshark checks no ICRC and no VCRC, and a packet that is malformed it often only names in its Info column: that is
//! why the columns are looked at too.

use bootproto_core::Writer;
use bootproto_ib_verbs_lite::cm::{Client, Config};
use bootproto_ib_verbs_lite::mad::attribute::{NodeInfo, NodeType, Notice, PortCounters, PortInfo};
use bootproto_ib_verbs_lite::mad::record::{McMemberRecord, PathRecord};
use bootproto_ib_verbs_lite::mad::{AttributeId, Directed, Gmp, Header, Method, MgmtClass, SaMad, Smp};
use bootproto_ib_verbs_lite::packet::{
    Aeth, Bth, Deth, Grh, Lrh, Opcode, Packet, Reth, RocePacket, Trailer, Transport,
};
use bootproto_ib_verbs_lite::verbs::PortState;
use bootproto_ib_verbs_lite::{Gid, Guid, Lid, Mtu, PKey, Psn, QKey, Qpn, Rate, ServiceLevel};
use interop::runner::Case;
use interop::{Outcome, ensure, peers};
use std::net::Ipv4Addr;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "packets and MADs, tshark: the fields that were meant, and nothing malformed",
        peers: &[&peers::TSHARK],
        heavy: false,
        run: link_packets,
    },
    Case {
        name: "packets of RoCEv2, tshark: the fields that were meant, and nothing malformed",
        peers: &[&peers::TSHARK],
        heavy: false,
        run: roce_packets,
    },
];

/// pcap's number for ERF records, and for packets from the IP header on.
const ERF: u32 = 197;
const RAW_IP: u32 = 101;

fn pcap(link_type: u32, packets: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 0xffff, link_type] {
        file.extend(u32::to_le_bytes(word));
    }
    for (second, packet) in (0_u32..).zip(packets) {
        let length = (packet.len() as u32).to_le_bytes();
        file.extend(second.to_le_bytes());
        file.extend([0; 4]);
        file.extend(length);
        file.extend(length);
        file.extend(packet);
    }
    file
}

/// A packet of InfiniBand in an Extensible Record Format record of type 21.
fn erf(packet: &[u8]) -> Vec<u8> {
    let length = packet.len() as u16;
    let head = [&[0; 8][..], &[21, 4], &(length + 16).to_be_bytes(), &[0, 0], &length.to_be_bytes()].concat();
    [&head, packet].concat()
}

fn tshark(file: &[u8], arguments: &[&str]) -> Outcome<String> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("ib.pcap");
    std::fs::write(&path, file)?;
    let output = peers::TSHARK
        .command()?
        // RoCEv2 leaves the checksum of UDP out, over IPv6 too.
        .args(["-n", "-o", "udp.ignore_ipv6_zero_checksum:TRUE", "-r"])
        .arg(&path)
        .args(arguments)
        .output()?;
    ensure!(output.status.success(), "tshark: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// Asks for fields of one packet (from 1 on), and compares.
fn expect(file: &[u8], number: usize, fields: &[(&str, &str)]) -> Outcome {
    let filter = format!("frame.number == {number}");
    let mut arguments = vec!["-Y", &filter, "-T", "fields", "-E", "separator=|", "-E", "occurrence=f"];
    for (field, _) in fields {
        arguments.extend(["-e", field]);
    }
    let got = tshark(file, &arguments)?;
    let values: Vec<&str> = got.trim_end_matches('\n').split('|').collect();
    let differs = |(index, (field, wanted)): (usize, &(&str, &str))| {
        let value = values.get(index).copied().unwrap_or_default();
        (value != *wanted).then(|| format!("{field} is {value:?} for tshark, {wanted:?} was meant"))
    };
    let wrong: Vec<String> = fields.iter().enumerate().filter_map(differs).collect();
    ensure!(wrong.is_empty(), "packet {number}: {}", wrong.join("; "));
    Ok(())
}

fn sound(file: &[u8], packets: usize) -> Outcome {
    let faults = tshark(file, &["-Y", "_ws.malformed || _ws.expert.severity >= 6291456"])?;
    ensure!(faults.is_empty(), "tshark complains:\n{faults}");
    let columns = tshark(file, &["-T", "fields", "-e", "_ws.col.Protocol", "-e", "_ws.col.Info"])?;
    ensure!(columns.lines().count() == packets, "{columns}");
    ensure!(!columns.contains("alformed") && !columns.contains("nvalid"), "tshark complains:\n{columns}");
    Ok(())
}

fn filled(write: impl FnOnce(&mut Writer<'_>)) -> Outcome<Vec<u8>> {
    let mut buffer = [0; 256];
    let mut writer = Writer::new(&mut buffer);
    write(&mut writer);
    Ok(writer.finish()?.to_vec())
}

fn on_the_link(lrh: Lrh, grh: Option<Grh>, transport: Transport, payload: &[u8]) -> Outcome<Vec<u8>> {
    let mut buffer = [0; Packet::MAX_LENGTH];
    let bytes = Packet { lrh, grh, transport, payload }.write(Trailer::Both, &mut buffer)?;
    Ok(erf(bytes))
}

/// A MAD from LID 2 to LID 1, on queue pair 0 or 1.
fn management(qpn: Qpn, mad: &[u8]) -> Outcome<Vec<u8>> {
    let is_smi = qpn == Qpn::SMI;
    let q_key = if is_smi { QKey(0) } else { QKey::GSI };
    let bth = Bth {
        opcode: Opcode::UD_SEND_ONLY,
        p_key: PKey::DEFAULT,
        destination_qp: qpn,
        psn: Psn::new(7),
        ..Bth::default()
    };
    let transport = Transport { bth, deth: Some(Deth { q_key, source_qp: qpn }), ..Transport::default() };
    let lrh = Lrh { vl: if is_smi { 15 } else { 0 }, dlid: Lid(1), slid: Lid(2), ..Lrh::default() };
    on_the_link(lrh, None, transport, mad)
}

fn header(class: MgmtClass, class_version: u8, method: Method, attribute: AttributeId) -> Header {
    Header {
        class,
        class_version,
        method,
        tid: 0x1122_3344_5566_7788,
        attribute,
        modifier: 1,
        ..Header::default()
    }
}

fn padded(bytes: &[u8]) -> [u8; 64] {
    let mut data = [0; 64];
    data[..bytes.len()].copy_from_slice(bytes);
    data
}

fn smps() -> Outcome<[Vec<u8>; 3]> {
    let node = NodeInfo {
        base_version: 1,
        class_version: 1,
        node_type: NodeType::CA,
        num_ports: 1,
        system_image_guid: Guid(0x10),
        node_guid: Guid(0x11),
        port_guid: Guid(0x12),
        partition_cap: 32,
        device_id: 0x10,
        revision: 0xa1,
        local_port_num: 1,
        vendor_id: 0x00_1175,
    };
    let mut route = Directed { is_returning: true, hop_pointer: 1, hop_count: 1, ..Directed::LOCAL };
    route.initial_path[1] = 3;
    let directed = Smp {
        header: header(MgmtClass::SUBN_DIRECTED, 1, Method::GET_RESP, AttributeId::NODE_INFO),
        m_key: 0xaa,
        directed: Some(route),
        data: padded(&node.to_bytes()),
    };
    let port = PortInfo {
        m_key: 0x55,
        gid_prefix: Gid::DEFAULT_PREFIX,
        lid: Lid(2),
        master_sm_lid: Lid(1),
        capability_mask: PortInfo::IS_TRAP_SUPPORTED,
        port_state: PortState::ACTIVE,
        port_physical_state: 5,
        neighbor_mtu: Mtu::MTU_2048,
        mtu_cap: Mtu::MTU_4096,
        lmc: 2,
        subnet_timeout: 18,
        m_key_lease_period: 60,
        ..PortInfo::default()
    };
    let lid_routed = Smp {
        header: header(MgmtClass::SUBN_LID, 1, Method::SET, AttributeId::PORT_INFO),
        m_key: 0x55,
        directed: None,
        data: port.to_bytes(),
    };
    let trap = Smp {
        header: header(MgmtClass::SUBN_LID, 1, Method::TRAP, AttributeId::NOTICE),
        m_key: 0,
        directed: None,
        data: padded(&Notice::local_changes(Lid(2), 0x1234).to_bytes()[..64]),
    };
    let packet = |smp: &Smp| management(Qpn::SMI, &filled(|writer| smp.write(writer))?);
    Ok([packet(&directed)?, packet(&lid_routed)?, packet(&trap)?])
}

fn port(guid: u64) -> Gid {
    Gid::new(Gid::DEFAULT_PREFIX, Guid(guid))
}

fn path() -> PathRecord {
    PathRecord {
        dgid: port(0x21),
        sgid: port(0x12),
        dlid: Lid(1),
        slid: Lid(2),
        p_key: PKey::DEFAULT,
        numb_path: 1,
        reversible: true,
        sl: ServiceLevel::new(3),
        mtu_selector: 2,
        mtu: Mtu::MTU_2048,
        rate_selector: 2,
        rate: Rate(3),
        packet_life_time_selector: 2,
        packet_life_time: 18,
        ..PathRecord::default()
    }
}

fn queries() -> Outcome<[Vec<u8>; 3]> {
    let sa = |method, attribute, mask, record: &[u8]| -> Outcome<Vec<u8>> {
        let mad =
            SaMad::new(header(MgmtClass::SUBN_ADM, SaMad::CLASS_VERSION, method, attribute), mask, record);
        management(Qpn::GSI, &filled(|writer| mad.write(writer))?)
    };
    let group = McMemberRecord {
        mgid: Gid::ipoib_v4(2, PKey::DEFAULT, Ipv4Addr::BROADCAST),
        port_gid: port(0x12),
        q_key: QKey(0x0b1b),
        mlid: Lid(0xc000),
        mtu_selector: 2,
        mtu: Mtu::MTU_2048,
        p_key: PKey::DEFAULT,
        scope: 2,
        join_state: 1,
        ..McMemberRecord::default()
    };
    let counters = PortCounters {
        port_select: 1,
        symbol_error: 0x0102,
        port_rcv_pkts: 0x0304_0506,
        ..PortCounters::default()
    };
    let perf = Gmp::new(
        header(MgmtClass::PERF, 1, Method::GET_RESP, AttributeId::PORT_COUNTERS),
        Gmp::PERF_DATA,
        &counters.to_bytes(),
    );
    Ok([
        sa(Method::GET, AttributeId::PATH_RECORD, PathRecord::DGID | PathRecord::SGID, &path().to_bytes())?,
        sa(
            Method::SET,
            AttributeId::MC_MEMBER_RECORD,
            McMemberRecord::MGID | McMemberRecord::PORT_GID,
            &group.to_bytes(),
        )?,
        management(Qpn::GSI, &filled(|writer| perf.write(writer))?)?,
    ])
}

/// A REQ of the CM, a multicast datagram, and what a reliable connection sends.
fn messages() -> Outcome<[Vec<u8>; 5]> {
    let now = bootproto_core::Instant::from_micros(0);
    let config = Config::new(1, path(), 0x0102_0304_0506_0708, Qpn::new(0x48), Guid(0x11))?;
    let mut client = Client::new(now, config)?;
    let mut buffer = [0; 256];
    let req = bootproto_core::Machine::poll_transmit(&mut client, now, &mut buffer)?
        .ok_or("no REQ")?
        .bytes
        .to_vec();
    let lrh = Lrh { sl: ServiceLevel::new(3), dlid: Lid(1), slid: Lid(2), ..Lrh::default() };
    let bth = |opcode, psn| Bth {
        opcode,
        p_key: PKey(0x8001),
        destination_qp: Qpn::new(0x99),
        psn: Psn::new(psn),
        acknowledge_request: true,
        ..Bth::default()
    };
    let group = Gid::ipoib_v4(2, PKey::DEFAULT, Ipv4Addr::BROADCAST);
    let grh = Grh {
        traffic_class: 0x20,
        flow_label: 0x12345,
        hop_limit: 9,
        sgid: port(0x12),
        dgid: group,
        ..Grh::default()
    };
    let deth = Some(Deth { q_key: QKey(0x0b1b), source_qp: Qpn::new(0x48) });
    let ud_bth = Bth { destination_qp: Qpn::MULTICAST, ..bth(Opcode::UD_SEND_ONLY_IMMEDIATE, 1) };
    let datagram = Transport { bth: ud_bth, deth, immediate: Some(0xdead_beef), ..Transport::default() };
    let send = Transport { bth: bth(Opcode::RC_SEND_ONLY, 0x0012_3456), ..Transport::default() };
    let aeth = Some(Aeth { syndrome: Aeth::NAK_SEQUENCE, msn: 0x0a0b0c });
    let nak = Transport { bth: bth(Opcode::RC_ACKNOWLEDGE, 2), aeth, ..Transport::default() };
    let reth = Some(Reth { virtual_address: 0x1000, r_key: 0xdead, dma_length: 64 });
    let write = Transport { bth: bth(Opcode::RC_RDMA_WRITE_ONLY, 3), reth, ..Transport::default() };
    Ok([
        management(Qpn::GSI, &req)?,
        on_the_link(Lrh { dlid: Lid(0xc000), ..lrh }, Some(grh), datagram, &[0xa5; 101])?,
        on_the_link(lrh, None, send, &[0x5a; 77])?,
        on_the_link(lrh, None, nak, &[])?,
        on_the_link(lrh, None, write, &[1; 64])?,
    ])
}

fn link_packets() -> Outcome {
    let packets = [smps()?.to_vec(), queries()?.to_vec(), messages()?.to_vec()].concat();
    let file = pcap(ERF, &packets);
    sound(&file, packets.len())?;
    let all = [expect_smps(&file), expect_queries(&file), expect_messages(&file)];
    let wrong: Vec<String> = all.into_iter().filter_map(|one| Some(one.err()?.to_string())).collect();
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

fn expect_smps(file: &[u8]) -> Outcome {
    expect(
        file,
        1,
        &[
            ("infiniband.lrh.vl", "0x0f"),
            ("infiniband.lrh.dlid", "1"),
            ("infiniband.lrh.slid", "2"),
            ("infiniband.mad.mgmtclass", "0x81"),
            ("infiniband.mad.method", "0x81"),
            ("infiniband.mad.transactionid", "0x1122334455667788"),
            ("infiniband.mad.attributeid", "0x0011"),
            ("infiniband.smpdirected.hopcount", "0x01"),
            ("infiniband.nodeinfo.portguid", "0x0000000000000012"),
            ("infiniband.nodeinfo.vendorid", "0x001175"),
            ("infiniband.nodeinfo.partitioncap", "0x0020"),
        ],
    )?;
    expect(
        file,
        2,
        &[
            ("infiniband.mad.mgmtclass", "0x01"),
            ("infiniband.mad.method", "0x02"),
            ("infiniband.mad.attributeid", "0x0015"),
            ("infiniband.smplid.mkey", "0x0000000000000055"),
            ("infiniband.portinfo.lid", "0x0002"),
            ("infiniband.portinfo.mastersmlid", "0x0001"),
            ("infiniband.portinfo.portstate", "0x04"),
            ("infiniband.portinfo.neighbormtu", "0x04"),
            ("infiniband.portinfo.lmc", "0x02"),
            ("infiniband.portinfo.m_keyleaseperiod", "0x003c"),
            ("infiniband.portinfo.subnettimeout", "0x12"),
        ],
    )?;
    expect(file, 3, &[("infiniband.mad.method", "0x05"), ("infiniband.mad.attributeid", "0x0002")])
}

fn expect_queries(file: &[u8]) -> Outcome {
    expect(
        file,
        4,
        &[
            ("infiniband.deth.q_key", "0x0000000080010000"),
            ("infiniband.bth.destqp", "0x000001"),
            ("infiniband.mad.mgmtclass", "0x03"),
            ("infiniband.mad.attributeid", "0x0035"),
            ("infiniband.pathrecord.dgid", "fe80::21"),
            ("infiniband.pathrecord.sgid", "fe80::12"),
            ("infiniband.pathrecord.dlid", "0x0001"),
            ("infiniband.pathrecord.numbpath", "0x01"),
            ("infiniband.pathrecord.p_key", "0xffff"),
            ("infiniband.pathrecord.sl", "0x0003"),
            ("infiniband.pathrecord.mtu", "0x04"),
            ("infiniband.pathrecord.packetlifetime", "0x12"),
        ],
    )?;
    expect(
        file,
        5,
        &[
            ("infiniband.mcmemberrecord.mgid", "ff12:401b:ffff::ffff:ffff"),
            ("infiniband.mcmemberrecord.portgid", "fe80::12"),
            ("infiniband.mcmemberrecord.q_key", "0x00000b1b"),
            ("infiniband.mcmemberrecord.mlid", "0xc000"),
            ("infiniband.mcmemberrecord.scope", "0x02"),
            ("infiniband.mcmemberrecord.joinstate", "0x01"),
        ],
    )?;
    expect(file, 6, &[("infiniband.mad.mgmtclass", "0x04"), ("infiniband.mad.attributeid", "0x0012")])
}

fn expect_messages(file: &[u8]) -> Outcome {
    expect(
        file,
        7,
        &[
            ("infiniband.mad.mgmtclass", "0x07"),
            ("infiniband.mad.attributeid", "0x0010"),
            ("infiniband.cm.req.serviceid", "0x0102030405060708"),
            ("infiniband.cm.req.localqpn", "0x000048"),
            ("infiniband.cm.req.localcaguid", "0x0000000000000011"),
            ("infiniband.cm.req.pkey", "0xffff"),
            ("infiniband.cm.req.retrcount", "0x07"),
            ("infiniband.cm.req.pppmtu", "0x04"),
            ("infiniband.cm.req.prim_locallid", "2"),
            ("infiniband.cm.req.prim_remotelid", "1"),
            ("infiniband.cm.req.prim_localgid", "fe80::12"),
            ("infiniband.cm.req.prim_remotegid", "fe80::21"),
            ("infiniband.cm.req.prim_subnetlocal", "0x01"),
            ("infiniband.cm.req.maxcmretr", "0x05"),
        ],
    )?;
    expect(
        file,
        8,
        &[
            ("infiniband.lrh.dlid", "49152"),
            ("infiniband.lrh.sl", "3"),
            ("infiniband.grh.sgid", "fe80::12"),
            ("infiniband.grh.dgid", "ff12:401b:ffff::ffff:ffff"),
            ("infiniband.grh.flowlabel", "74565"),
            ("infiniband.grh.hoplmt", "9"),
            ("infiniband.bth.opcode", "101"),
            ("infiniband.bth.padcnt", "3"),
            ("infiniband.bth.p_key", "32769"),
            ("infiniband.deth.srcqp", "0x00000048"),
            ("infiniband.immdt", "deadbeef"),
        ],
    )?;
    expect_connection(file)
}

fn expect_connection(file: &[u8]) -> Outcome {
    expect(
        file,
        9,
        &[
            ("infiniband.bth.opcode", "4"),
            ("infiniband.bth.destqp", "0x000099"),
            ("infiniband.bth.psn", "1193046"),
            ("infiniband.bth.a", "1"),
            ("infiniband.bth.padcnt", "3"),
        ],
    )?;
    expect(
        file,
        10,
        &[
            ("infiniband.bth.opcode", "17"),
            ("infiniband.aeth.syndrome", "96"),
            ("infiniband.aeth.msn", "658188"),
        ],
    )?;
    expect(
        file,
        11,
        &[
            ("infiniband.bth.opcode", "10"),
            ("infiniband.reth.va", "0x0000000000001000"),
            ("infiniband.reth.r_key", "0x0000dead"),
            ("infiniband.reth.dmalen", "64"),
        ],
    )
}

fn roce_packets() -> Outcome {
    let bth = Bth {
        opcode: Opcode::UD_SEND_ONLY,
        p_key: PKey::DEFAULT,
        destination_qp: Qpn::new(0x11),
        psn: Psn::new(5),
        ..Bth::default()
    };
    let deth = Some(Deth { q_key: QKey(0x1111_1111), source_qp: Qpn::new(0x1234) });
    let transport = Transport { bth, deth, ..Transport::default() };
    let payload = [7; 31];
    let mut packets = Vec::new();
    for (source, destination) in [("10.9.0.1", "10.9.0.2"), ("fd77::1", "fd77::2")] {
        let packet = RocePacket {
            source: source.parse()?,
            destination: destination.parse()?,
            source_port: 0xc123,
            hop_limit: 64,
            transport,
            payload: &payload,
        };
        packets.push(packet.write(&mut [0; 256])?.to_vec());
    }
    let file = pcap(RAW_IP, &packets);
    sound(&file, 2)?;
    for (number, address) in [(1, ("ip.src", "10.9.0.1")), (2, ("ipv6.src", "fd77::1"))] {
        expect(
            &file,
            number,
            &[
                address,
                ("udp.dstport", "4791"),
                ("infiniband.bth.destqp", "0x000011"),
                ("infiniband.bth.psn", "5"),
                ("infiniband.bth.padcnt", "1"),
                ("infiniband.deth.srcqp", "0x00001234"),
            ],
        )?;
    }
    let sums = tshark(&file, &["-o", "ip.check_checksum:TRUE", "-T", "fields", "-e", "ip.checksum.status"])?;
    ensure!(sums.lines().next() == Some("1"), "the IP header's checksum: {sums:?}");
    Ok(())
}
