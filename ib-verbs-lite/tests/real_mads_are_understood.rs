//! MADs of real agents: opensm and ibsim. What they mean, and that we would write the same bytes.
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

mod common;

use bootproto_core::{ParseError, ParseErrorKind, Writer};
use bootproto_ib_verbs_lite::mad::attribute::{ClassPortInfo, NodeInfo, NodeType, PortInfo, SmInfo};
use bootproto_ib_verbs_lite::mad::record::{InformInfo, McMemberRecord, NodeRecord, PathRecord};
use bootproto_ib_verbs_lite::mad::{AttributeId, Header, Method, MgmtClass, SaMad, Smp, Status};
use bootproto_ib_verbs_lite::verbs::{LinkWidth, PortState};
use bootproto_ib_verbs_lite::{Gid, Guid, Lid, Mtu, PKey, QKey, Qpn, Rate};
use common::{all, vector};
use testkit::vectors::truncations;

fn written(write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut buf = [0xa5; 256];
    let mut writer = Writer::new(&mut buf);
    write(&mut writer);
    writer.finish().unwrap().to_vec()
}

fn sa(name: &str) -> SaMad {
    SaMad::parse(&vector(name)).unwrap()
}

const fn port(number: u64) -> Gid {
    Gid::new(Gid::DEFAULT_PREFIX, Guid(number))
}

#[test]
fn every_mad_is_written_again_byte_for_byte() {
    let (mut smps, mut sas) = (0, 0);
    for vector in all().iter().filter(|vector| vector.bytes.len() == 256) {
        let bytes = &vector.bytes;
        let again = match Header::parse(bytes).unwrap().class {
            MgmtClass::SUBN_ADM => {
                sas += 1;
                written(|writer| SaMad::parse(bytes).unwrap().write(writer))
            }
            _ => {
                smps += 1;
                written(|writer| Smp::parse(bytes).unwrap().write(writer))
            }
        };
        assert_eq!(again, *bytes, "{}", vector.name);
    }
    assert_eq!((smps, sas), (8, 20));
}

#[test]
fn a_path_is_what_opensm_says() {
    let mad = sa("sa-pathrecord-response");
    assert_eq!(
        (mad.header.method, mad.header.status, mad.attribute_offset),
        (Method::GET_RESP, Status::OK, 8)
    );
    let path = PathRecord::parse(&mad.data).unwrap();
    assert_eq!((path.dgid, path.sgid), (port(0x10_0001), port(0x10_0003)));
    assert_eq!((path.dlid, path.slid, path.p_key), (Lid(1), Lid(3), PKey::DEFAULT));
    assert_eq!((path.mtu_selector, path.mtu, path.rate_selector, path.rate), (2, Mtu::MTU_2048, 2, Rate(3)));
    assert_eq!((path.packet_life_time_selector, path.packet_life_time, path.reversible), (2, 18, true));
    assert_eq!(path.to_bytes(), mad.data[..64]);

    let question = sa("sa-pathrecord-request");
    assert_eq!(question.component_mask, PathRecord::DGID | PathRecord::SGID | PathRecord::NUMB_PATH);
    assert_eq!(question.header.attribute, AttributeId::PATH_RECORD);
    assert_eq!(sa("sa-pathrecord-unknown-dgid-response").header.status, Status::SA_NO_RECORDS);
}

#[test]
fn a_group_is_what_opensm_says() {
    let mad = sa("sa-mcm-join-broadcast-response");
    let group = McMemberRecord::parse(&mad.data).unwrap();
    assert_eq!(group.mgid.to_string(), "ff12:401b:ffff::ffff:ffff");
    assert_eq!((group.port_gid, group.q_key, group.mlid), (port(0x10_0003), QKey(0x0b1b), Lid(0xc000)));
    assert_eq!(
        (group.mtu, group.rate, group.packet_life_time, group.p_key),
        (Mtu::MTU_2048, Rate(3), 18, PKey::DEFAULT)
    );
    assert_eq!((group.scope, group.join_state), (2, McMemberRecord::FULL_MEMBER));
    assert_eq!(group.to_bytes(), mad.data[..52]);

    let join = McMemberRecord::MGID | McMemberRecord::PORT_GID | McMemberRecord::JOIN_STATE;
    assert_eq!(sa("sa-mcm-join-broadcast-request").component_mask, join);
    let create = [
        McMemberRecord::Q_KEY,
        McMemberRecord::TRAFFIC_CLASS,
        McMemberRecord::P_KEY,
        McMemberRecord::SL,
        McMemberRecord::FLOW_LABEL,
    ]
    .into_iter()
    .fold(join, core::ops::BitOr::bitor);
    assert_eq!(sa("sa-mcm-create-allhosts-request").component_mask, create);
    let created = McMemberRecord::parse(&sa("sa-mcm-create-allhosts-response").data).unwrap();
    assert_eq!((created.mlid, created.mgid.to_string()), (Lid(0xc001), "ff12:401b:ffff::1".to_owned()));
    let refused = sa("sa-mcm-join-nonexistent-insufficient-response").header.status;
    assert_eq!(refused.to_string(), "insufficient components");
    assert_eq!(sa("sa-mcm-leave-broadcast-response").header.method, Method::DELETE_RESP);
}

#[test]
fn nodes_are_what_the_agents_say() {
    let node = NodeRecord::parse(&sa("sa-noderecord-response").data).unwrap();
    assert_eq!((node.lid, node.description.name()), (Lid(3), &b"Hca2"[..]));
    assert_eq!((node.info.node_guid, node.info.port_guid), (Guid(0x10_0002), Guid(0x10_0003)));
    assert_eq!((node.info.node_type, node.info.partition_cap, node.info.num_ports), (NodeType::CA, 64, 1));

    let switch = Smp::parse(&vector("drsmp-nodeinfo-switch-response")).unwrap();
    let info = NodeInfo::parse(&switch.data).unwrap();
    assert_eq!((info.node_type, info.num_ports, info.node_guid), (NodeType::SWITCH, 4, Guid(0x20_0000)));
    assert_eq!(info.local_port_num, 2);
    let route = switch.directed.unwrap();
    assert!(route.is_returning);
    assert_eq!((route.hop_count, route.initial_path[1], switch.header.status), (1, 1, Status::OK));

    let cpi = ClassPortInfo::parse(&sa("sa-classportinfo-response").data).unwrap();
    assert_eq!((cpi.class_version, cpi.redirect_qpn, cpi.redirect_q_key), (2, Qpn::GSI, QKey::GSI));
    assert_eq!((cpi.capability_mask, cpi.resp_time_value), (0x2602, 16));
    let sm = SmInfo::parse(&Smp::parse(&vector("smp-sminfo-response")).unwrap().data).unwrap();
    assert_eq!((sm.guid, sm.sm_state), (Guid(0x10_0001), 3));
    let inform = InformInfo::parse(&sa("sa-informinfo-set-request").data).unwrap();
    assert_eq!((inform.lid_range_begin, inform.subscribe, inform.trap_number), (Lid(0xffff), 1, 0xffff));
    assert_eq!((inform.qpn, inform.resp_time_value), (Qpn::GSI, 0x12));
}

#[test]
fn a_port_is_what_ibsim_says() {
    let smp = Smp::parse(&vector("smp-portinfo-lid1-response")).unwrap();
    let info = PortInfo::parse(&smp.data).unwrap();
    assert_eq!((info.lid, info.master_sm_lid, info.gid_prefix), (Lid(1), Lid(1), Gid::DEFAULT_PREFIX));
    assert_eq!((info.port_state, info.port_physical_state), (PortState::ACTIVE, 5));
    assert_eq!(
        (info.link_width_active, info.mtu_cap, info.neighbor_mtu),
        (LinkWidth::X4, Mtu::MTU_2048, Mtu::MTU_2048)
    );
    assert!(info.capability_mask & PortInfo::IS_SM != 0);
    assert_eq!(info.to_bytes(), smp.data);
}

/// V45 of the survey: 255 and 257 bytes, base version 2, hop pointers and counts that can't be, each byte cut.
#[test]
fn what_is_no_mad_is_refused_with_the_place() {
    for vector in all().iter().filter(|vector| vector.bytes.len() == 256) {
        for cut in truncations(&vector.bytes) {
            let error = Header::parse(cut).unwrap_err();
            assert_eq!(error.kind, ParseErrorKind::Truncated);
            assert!(Smp::parse(cut).is_err() && SaMad::parse(cut).is_err());
        }
        let longer = [&vector.bytes[..], &[0]].concat();
        assert_eq!(Header::parse(&longer), Err(ParseError { kind: ParseErrorKind::BadLength, offset: 256 }));
        let mut version = vector.bytes.clone();
        version[0] = 2;
        assert_eq!(Header::parse(&version), Err(ParseError { kind: ParseErrorKind::BadMagic, offset: 0 }));
    }
    let good = vector("drsmp-nodeinfo-hca1-request");
    for (pointer, count) in [(0, 64), (64, 64), (200, 255), (3, 1), (255, 63)] {
        let mut bad = good.clone();
        (bad[6], bad[7]) = (pointer, count);
        assert_eq!(Smp::parse(&bad), Err(ParseError { kind: ParseErrorKind::BadValue, offset: 6 }));
    }
    assert!(SaMad::parse(&good).is_err());
    assert!(Smp::parse(&vector("sa-noderecord-request")).is_err());
}
