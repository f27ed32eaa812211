//! The bytes of MADs, field by field, by infiniband-diags' own codec.

use bootproto_core::{Rng, Writer};
use bootproto_ib_verbs_lite::mad::attribute::{
    ClassPortInfo, GuidInfo, NodeInfo, Notice, PortCounters, PortInfo, SmInfo,
};
use bootproto_ib_verbs_lite::mad::record::{McMemberRecord, PathRecord, ServiceRecord};
use bootproto_ib_verbs_lite::mad::{Header, SaMad, Smp};
use interop::libibmad::{Libibmad, Value};
use interop::runner::Case;
use interop::{Outcome, ensure, peers};

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "mad codec, libibmad: every field of every attribute, read and written",
        peers: &[&peers::LIBIBMAD, &peers::LIBIBMAD_HEADER],
        heavy: false,
        run: attributes,
    },
    Case {
        name: "mad codec, libibmad: headers of SMPs and of the SA with RMPP, records, notices",
        peers: &[&peers::LIBIBMAD, &peers::LIBIBMAD_HEADER],
        heavy: false,
        run: frames,
    },
];

/// How many random values each structure is tried with.
const ROUNDS: u64 = 300;

/// Whether the library knows all fields, so that it must make the very same bytes.
#[derive(PartialEq)]
enum Covers {
    All,
    Some,
}

/// A structure's fields with what our parser says of them.
type Fields = Vec<(&'static str, Value)>;

/// Tries one structure: `read` parses bytes to fields and writes them again.
fn compare(
    library: &Libibmad,
    name: &str,
    length: usize,
    covers: Covers,
    prepare: impl Fn(&mut [u8]),
    read: impl Fn(&[u8]) -> Outcome<(Fields, Vec<u8>)>,
) -> Outcome {
    for round in 0..ROUNDS {
        let mut rng = Rng::new(round);
        let mut bytes: Vec<u8> =
            std::iter::repeat_with(|| rng.next_u64().to_be_bytes()[0]).take(length).collect();
        prepare(&mut bytes);
        let (fields, written) = read(&bytes)?;
        for (field, ours) in &fields {
            for bytes in [&bytes, &written] {
                let theirs = library.get(bytes, field, ours)?;
                ensure!(
                    theirs == *ours,
                    "{name}: {field} is {theirs:x?} for libibmad, {ours:x?} for us: {bytes:02x?}"
                );
            }
        }
        let theirs = library.set(length, &fields)?;
        let (again, _) = read(&theirs).map_err(|error| format!("{name}: {error}: {theirs:02x?}"))?;
        ensure!(
            again == fields,
            "{name}: libibmad writes {theirs:02x?}, we read {again:x?} in place of {fields:x?}"
        );
        ensure!(
            covers == Covers::Some || theirs == written,
            "{name}: libibmad writes\n{theirs:02x?}, we write\n{written:02x?}"
        );
    }
    Ok(())
}

/// The fields of `$value`: 32 bits, 64 bits, or bytes.
macro_rules! fields {
    (small: $($field:literal = $small:expr),* ; wide: $($wfield:literal = $wide:expr),* ; bytes: $($bfield:literal = $bytes:expr),* $(;)?) => {
        vec![
            $( ($field, Value::Small(u32::from($small))), )*
            $( ($wfield, Value::Wide($wide)), )*
            $( ($bfield, Value::Bytes($bytes.to_vec())), )*
        ]
    };
}

fn attributes() -> Outcome {
    let library = Libibmad::load()?;
    let library = &library;
    compare(
        library,
        "PortInfo",
        PortInfo::LENGTH,
        Covers::All,
        |_| {},
        |bytes| {
            let port = PortInfo::parse(bytes)?;
            Ok((port_info(&port), port.to_bytes().to_vec()))
        },
    )?;
    compare(
        library,
        "NodeInfo",
        NodeInfo::LENGTH,
        Covers::All,
        |_| {},
        |bytes| {
            let node = NodeInfo::parse(bytes)?;
            let fields = fields! {
                small: "IB_NODE_BASE_VERS_F" = node.base_version, "IB_NODE_CLASS_VERS_F" = node.class_version,
                    "IB_NODE_TYPE_F" = node.node_type.0, "IB_NODE_NPORTS_F" = node.num_ports,
                    "IB_NODE_PARTITION_CAP_F" = node.partition_cap, "IB_NODE_DEVID_F" = node.device_id,
                    "IB_NODE_REVISION_F" = node.revision, "IB_NODE_LOCAL_PORT_F" = node.local_port_num,
                    "IB_NODE_VENDORID_F" = node.vendor_id;
                wide: "IB_NODE_SYSTEM_GUID_F" = node.system_image_guid.0, "IB_NODE_GUID_F" = node.node_guid.0,
                    "IB_NODE_PORT_GUID_F" = node.port_guid.0;
                bytes:
            };
            Ok((fields, node.to_bytes().to_vec()))
        },
    )?;
    compare(
        library,
        "PortCounters",
        PortCounters::LENGTH,
        Covers::All,
        |_| {},
        |bytes| {
            let counters = PortCounters::parse(bytes)?;
            Ok((port_counters(&counters), counters.to_bytes().to_vec()))
        },
    )?;
    shared_attributes(library)
}

fn shared_attributes(library: &Libibmad) -> Outcome {
    compare(
        library,
        "ClassPortInfo",
        ClassPortInfo::LENGTH,
        Covers::All,
        |_| {},
        |bytes| {
            let info = ClassPortInfo::parse(bytes)?;
            Ok((class_port_info(&info), info.to_bytes().to_vec()))
        },
    )?;
    compare(
        library,
        "SMInfo",
        SmInfo::LENGTH,
        Covers::All,
        |_| {},
        |bytes| {
            let sm = SmInfo::parse(bytes)?;
            let fields = fields! {
                small: "IB_SMINFO_ACT_F" = sm.act_count, "IB_SMINFO_PRIO_F" = sm.priority, "IB_SMINFO_STATE_F" = sm.sm_state;
                wide: "IB_SMINFO_GUID_F" = sm.guid.0, "IB_SMINFO_KEY_F" = sm.sm_key;
                bytes:
            };
            Ok((fields, sm.to_bytes().to_vec()))
        },
    )?;
    compare(
        library,
        "GUIDInfo",
        GuidInfo::LENGTH,
        Covers::All,
        |_| {},
        |bytes| {
            const NAMES: [&str; 8] = [
                "IB_GI_GUID0_F",
                "IB_GI_GUID1_F",
                "IB_GI_GUID2_F",
                "IB_GI_GUID3_F",
                "IB_GI_GUID4_F",
                "IB_GI_GUID5_F",
                "IB_GI_GUID6_F",
                "IB_GI_GUID7_F",
            ];
            let guids = GuidInfo::parse(bytes)?;
            let fields =
                NAMES.into_iter().zip(guids.0).map(|(name, guid)| (name, Value::Wide(guid.0))).collect();
            Ok((fields, guids.to_bytes().to_vec()))
        },
    )
}

fn port_info(port: &PortInfo) -> Fields {
    fields! {
        small: "IB_PORT_LID_F" = port.lid.0, "IB_PORT_SMLID_F" = port.master_sm_lid.0,
            "IB_PORT_CAPMASK_F" = port.capability_mask, "IB_PORT_DIAG_F" = port.diag_code,
            "IB_PORT_MKEY_LEASE_F" = port.m_key_lease_period, "IB_PORT_LOCAL_PORT_F" = port.local_port_num,
            "IB_PORT_LINK_WIDTH_ENABLED_F" = port.link_width_enabled.0,
            "IB_PORT_LINK_WIDTH_SUPPORTED_F" = port.link_width_supported.0,
            "IB_PORT_LINK_WIDTH_ACTIVE_F" = port.link_width_active.0,
            "IB_PORT_LINK_SPEED_SUPPORTED_F" = port.link_speed_supported, "IB_PORT_STATE_F" = port.port_state.0,
            "IB_PORT_PHYS_STATE_F" = port.port_physical_state, "IB_PORT_LINK_DOWN_DEF_F" = port.link_down_default_state,
            "IB_PORT_MKEY_PROT_BITS_F" = port.m_key_protect_bits, "IB_PORT_LMC_F" = port.lmc,
            "IB_PORT_LINK_SPEED_ACTIVE_F" = port.link_speed_active,
            "IB_PORT_LINK_SPEED_ENABLED_F" = port.link_speed_enabled,
            "IB_PORT_NEIGHBOR_MTU_F" = port.neighbor_mtu.0, "IB_PORT_SMSL_F" = port.master_sm_sl.get(),
            "IB_PORT_VL_CAP_F" = port.vl_cap, "IB_PORT_INIT_TYPE_F" = port.init_type,
            "IB_PORT_VL_HIGH_LIMIT_F" = port.vl_high_limit,
            "IB_PORT_VL_ARBITRATION_HIGH_CAP_F" = port.vl_arbitration_high_cap,
            "IB_PORT_VL_ARBITRATION_LOW_CAP_F" = port.vl_arbitration_low_cap,
            "IB_PORT_INIT_TYPE_REPLY_F" = port.init_type_reply, "IB_PORT_MTU_CAP_F" = port.mtu_cap.0,
            "IB_PORT_VL_STALL_COUNT_F" = port.vl_stall_count, "IB_PORT_HOQ_LIFE_F" = port.hoq_life,
            "IB_PORT_OPER_VLS_F" = port.operational_vls, "IB_PORT_PART_EN_INB_F" = port.partition_enforcement_inbound,
            "IB_PORT_PART_EN_OUTB_F" = port.partition_enforcement_outbound,
            "IB_PORT_FILTER_RAW_INB_F" = port.filter_raw_inbound, "IB_PORT_FILTER_RAW_OUTB_F" = port.filter_raw_outbound,
            "IB_PORT_MKEY_VIOL_F" = port.m_key_violations, "IB_PORT_PKEY_VIOL_F" = port.p_key_violations,
            "IB_PORT_QKEY_VIOL_F" = port.q_key_violations, "IB_PORT_GUID_CAP_F" = port.guid_cap,
            "IB_PORT_CLIENT_REREG_F" = port.client_reregister,
            "IB_PORT_MCAST_PKEY_SUPR_ENAB_F" = port.multicast_p_key_trap_suppression,
            "IB_PORT_SUBN_TIMEOUT_F" = port.subnet_timeout, "IB_PORT_RESP_TIME_VAL_F" = port.resp_time_value,
            "IB_PORT_LOCAL_PHYS_ERR_F" = port.local_phy_errors, "IB_PORT_OVERRUN_ERR_F" = port.overrun_errors,
            "IB_PORT_MAX_CREDIT_HINT_F" = port.max_credit_hint,
            "IB_PORT_LINK_ROUND_TRIP_F" = port.link_round_trip_latency,
            "IB_PORT_CAPMASK2_F" = port.capability_mask2,
            "IB_PORT_LINK_SPEED_EXT_ACTIVE_F" = port.link_speed_ext_active,
            "IB_PORT_LINK_SPEED_EXT_SUPPORTED_F" = port.link_speed_ext_supported,
            "IB_PORT_LINK_SPEED_EXT_ENABLED_F" = port.link_speed_ext_enabled;
        wide: "IB_PORT_MKEY_F" = port.m_key, "IB_PORT_GID_PREFIX_F" = port.gid_prefix;
        bytes:
    }
}

fn port_counters(counters: &PortCounters) -> Fields {
    fields! {
        small: "IB_PC_PORT_SELECT_F" = counters.port_select, "IB_PC_COUNTER_SELECT_F" = counters.counter_select,
            "IB_PC_ERR_SYM_F" = counters.symbol_error, "IB_PC_LINK_RECOVERS_F" = counters.link_error_recovery,
            "IB_PC_LINK_DOWNED_F" = counters.link_downed, "IB_PC_ERR_RCV_F" = counters.port_rcv_errors,
            "IB_PC_ERR_PHYSRCV_F" = counters.port_rcv_remote_physical_errors,
            "IB_PC_ERR_SWITCH_REL_F" = counters.port_rcv_switch_relay_errors,
            "IB_PC_XMT_DISCARDS_F" = counters.port_xmit_discards,
            "IB_PC_ERR_XMTCONSTR_F" = counters.port_xmit_constraint_errors,
            "IB_PC_ERR_RCVCONSTR_F" = counters.port_rcv_constraint_errors,
            "IB_PC_COUNTER_SELECT2_F" = counters.counter_select2,
            "IB_PC_ERR_LOCALINTEG_F" = counters.local_link_integrity_errors,
            "IB_PC_ERR_EXCESS_OVR_F" = counters.excessive_buffer_overrun_errors,
            "IB_PC_VL15_DROPPED_F" = counters.vl15_dropped, "IB_PC_XMT_BYTES_F" = counters.port_xmit_data,
            "IB_PC_RCV_BYTES_F" = counters.port_rcv_data, "IB_PC_XMT_PKTS_F" = counters.port_xmit_pkts,
            "IB_PC_RCV_PKTS_F" = counters.port_rcv_pkts, "IB_PC_XMT_WAIT_F" = counters.port_xmit_wait;
        wide: ;
        bytes:
    }
}

fn class_port_info(info: &ClassPortInfo) -> Fields {
    fields! {
        small: "IB_CPI_BASEVER_F" = info.base_version, "IB_CPI_CLASSVER_F" = info.class_version,
            "IB_CPI_CAPMASK_F" = info.capability_mask, "IB_CPI_CAPMASK2_F" = info.capability_mask2,
            "IB_CPI_RESP_TIME_VALUE_F" = info.resp_time_value, "IB_CPI_REDIRECT_TC_F" = info.redirect_traffic_class,
            "IB_CPI_REDIRECT_SL_F" = info.redirect_sl.get(), "IB_CPI_REDIRECT_FL_F" = info.redirect_flow_label,
            "IB_CPI_REDIRECT_LID_F" = info.redirect_lid.0, "IB_CPI_REDIRECT_PKEY_F" = info.redirect_p_key.0,
            "IB_CPI_REDIRECT_QP_F" = info.redirect_qpn.get(), "IB_CPI_REDIRECT_QKEY_F" = info.redirect_q_key.0,
            "IB_CPI_TRAP_TC_F" = info.trap_traffic_class, "IB_CPI_TRAP_SL_F" = info.trap_sl.get(),
            "IB_CPI_TRAP_FL_F" = info.trap_flow_label, "IB_CPI_TRAP_LID_F" = info.trap_lid.0,
            "IB_CPI_TRAP_PKEY_F" = info.trap_p_key.0, "IB_CPI_TRAP_HL_F" = info.trap_hop_limit,
            "IB_CPI_TRAP_QP_F" = info.trap_qpn.get(), "IB_CPI_TRAP_QKEY_F" = info.trap_q_key.0;
        wide: ;
        bytes: "IB_CPI_REDIRECT_GID_F" = info.redirect_gid.0, "IB_CPI_TRAP_GID_F" = info.trap_gid.0;
    }
}

fn frames() -> Outcome {
    let library = Libibmad::load()?;
    let library = &library;
    compare(
        library,
        "directed-route SMP",
        256,
        Covers::All,
        |bytes| {
            (bytes[0], bytes[1]) = (1, 0x81);
            (bytes[6], bytes[7]) = (bytes[6] % 63, 62);
            // The library's field for the data has an offset of its own; infiniband-diags does not use it.
            bytes[64..128].fill(0);
        },
        |bytes| {
            let smp = Smp::parse(bytes)?;
            let route = smp.directed.ok_or("no route")?;
            let mut fields = header(&smp.header);
            fields.extend(fields! {
                small: "IB_DRSMP_HOPPTR_F" = route.hop_pointer, "IB_DRSMP_HOPCNT_F" = route.hop_count,
                    "IB_DRSMP_STATUS_F" = smp.header.status.0, "IB_DRSMP_DIRECTION_F" = route.is_returning,
                    "IB_DRSMP_DRSLID_F" = route.source.0, "IB_DRSMP_DRDLID_F" = route.destination.0;
                wide: "IB_MAD_MKEY_F" = smp.m_key;
                bytes: "IB_DRSMP_PATH_F" = route.initial_path, "IB_DRSMP_RPATH_F" = route.return_path;
            });
            Ok((fields, written(|writer| smp.write(writer))?))
        },
    )?;
    compare(
        library,
        "MAD of the SA",
        256,
        Covers::All,
        |bytes| {
            (bytes[0], bytes[1], bytes[6], bytes[7]) = (1, 3, 0, 0);
            bytes[56..].fill(0);
        },
        |bytes| {
            let mad = SaMad::parse(bytes)?;
            let mut fields = header(&mad.header);
            fields.extend(fields! {
                small: "IB_MAD_STATUS_F" = mad.header.status.0, "IB_SA_RMPP_VERS_F" = mad.rmpp.version,
                    "IB_SA_RMPP_TYPE_F" = mad.rmpp.kind, "IB_SA_RMPP_RESP_F" = mad.rmpp.response_time,
                    "IB_SA_RMPP_FLAGS_F" = mad.rmpp.flags, "IB_SA_RMPP_STATUS_F" = mad.rmpp.status,
                    "IB_SA_RMPP_SEGNUM_F" = mad.rmpp.segment, "IB_SA_RMPP_LEN_F" = mad.rmpp.length_or_window,
                    "IB_SA_ATTROFFS_F" = mad.attribute_offset;
                wide: "IB_SA_MKEY_F" = mad.sm_key, "IB_SA_COMPMASK_F" = mad.component_mask.0;
                bytes:
            });
            Ok((fields, written(|writer| mad.write(writer))?))
        },
    )?;
    records(library)
}

fn records(library: &Libibmad) -> Outcome {
    compare(
        library,
        "PathRecord",
        PathRecord::LENGTH,
        Covers::Some,
        |_| {},
        |bytes| {
            let path = PathRecord::parse(bytes)?;
            let fields = fields! {
                small: "IB_SA_PR_DLID_F" = path.dlid.0, "IB_SA_PR_SLID_F" = path.slid.0,
                    "IB_SA_PR_NPATH_F" = path.numb_path, "IB_SA_PR_SL_F" = path.sl.get();
                wide: ;
                bytes: "IB_SA_PR_DGID_F" = path.dgid.0, "IB_SA_PR_SGID_F" = path.sgid.0;
            };
            Ok((fields, path.to_bytes().to_vec()))
        },
    )?;
    compare(
        library,
        "MCMemberRecord",
        McMemberRecord::LENGTH,
        Covers::Some,
        |_| {},
        |bytes| {
            let group = McMemberRecord::parse(bytes)?;
            let fields = fields! {
                small: "IB_SA_MCM_QKEY_F" = group.q_key.0, "IB_SA_MCM_MLID_F" = group.mlid.0, "IB_SA_MCM_SL_F" = group.sl.get(),
                    "IB_SA_MCM_MTU_F" = group.mtu.0, "IB_SA_MCM_RATE_F" = group.rate.0,
                    "IB_SA_MCM_TCLASS_F" = group.traffic_class, "IB_SA_MCM_PKEY_F" = group.p_key.0,
                    "IB_SA_MCM_FLOW_LABEL_F" = group.flow_label, "IB_SA_MCM_JOIN_STATE_F" = group.join_state,
                    "IB_SA_MCM_PROXY_JOIN_F" = group.proxy_join;
                wide: ;
                bytes: "IB_SA_MCM_MGID_F" = group.mgid.0, "IB_SA_MCM_PORTGID_F" = group.port_gid.0;
            };
            Ok((fields, group.to_bytes().to_vec()))
        },
    )?;
    services_and_notices(library)
}

fn services_and_notices(library: &Libibmad) -> Outcome {
    compare(
        library,
        "ServiceRecord",
        ServiceRecord::LENGTH,
        Covers::All,
        |_| {},
        |bytes| {
            let service = ServiceRecord::parse(bytes)?;
            let fields = fields! {
                small: "IB_SA_SR_PKEY_F" = service.service_p_key.0, "IB_SA_SR_LEASE_F" = service.service_lease;
                wide: "IB_SA_SR_ID_F" = service.service_id;
                bytes: "IB_SA_SR_GID_F" = service.service_gid.0, "IB_SA_SR_KEY_F" = service.service_key,
                    "IB_SA_SR_NAME_F" = service.service_name, "IB_SA_SR_DATA_F" = service.service_data;
            };
            Ok((fields, service.to_bytes().to_vec()))
        },
    )?;
    compare(
        library,
        "Notice",
        Notice::SMP_LENGTH,
        Covers::All,
        |_| {},
        |bytes| {
            let notice = Notice::parse(bytes)?;
            let fields = fields! {
                small: "IB_NOTICE_IS_GENERIC_F" = notice.is_generic, "IB_NOTICE_TYPE_F" = notice.kind,
                    "IB_NOTICE_PRODUCER_F" = notice.producer_type, "IB_NOTICE_TRAP_NUMBER_F" = notice.trap_number,
                    "IB_NOTICE_ISSUER_LID_F" = notice.issuer_lid.0, "IB_NOTICE_TOGGLE_F" = notice.toggle,
                    "IB_NOTICE_COUNT_F" = notice.count;
                wide: ;
                bytes: "IB_NOTICE_DATA_DETAILS_F" = notice.details;
            };
            Ok((fields, notice.to_bytes()[..64].to_vec()))
        },
    )?;
    traps(library)
}

/// The details of the two traps that an adapter or a switch sends.
fn traps(library: &Libibmad) -> Outcome {
    let lid = bootproto_ib_verbs_lite::Lid(0x1234);
    let changed = Notice::local_changes(lid, 0x0251_0a68).to_bytes();
    for (field, value) in [
        ("IB_NOTICE_TRAP_NUMBER_F", 144),
        ("IB_NOTICE_DATA_144_LID_F", 0x1234),
        ("IB_NOTICE_DATA_144_CAPMASK_F", 0x0251_0a68),
        ("IB_NOTICE_PRODUCER_F", 1),
    ] {
        let theirs = library.get(&changed, field, &Value::Small(0))?;
        ensure!(theirs == Value::Small(value), "trap 144: {field} is {theirs:x?} for libibmad");
    }
    let down = Notice::link_state(lid).to_bytes();
    for (field, value) in
        [("IB_NOTICE_TRAP_NUMBER_F", 128), ("IB_NOTICE_DATA_LID_F", 0x1234), ("IB_NOTICE_PRODUCER_F", 2)]
    {
        let theirs = library.get(&down, field, &Value::Small(0))?;
        ensure!(theirs == Value::Small(value), "trap 128: {field} is {theirs:x?} for libibmad");
    }
    Ok(())
}

fn header(header: &Header) -> Fields {
    fields! {
        small: "IB_MAD_BASEVER_F" = 1_u8, "IB_MAD_MGMTCLASS_F" = header.class.0, "IB_MAD_CLASSVER_F" = header.class_version,
            "IB_MAD_METHOD_F" = header.method.0 & 0x7f, "IB_MAD_RESPONSE_F" = header.method.0 >> 7,
            "IB_MAD_ATTRID_F" = header.attribute.0, "IB_MAD_ATTRMOD_F" = header.modifier;
        wide: "IB_MAD_TRID_F" = header.tid;
        bytes:
    }
}

fn written(write: impl FnOnce(&mut Writer<'_>)) -> Outcome<Vec<u8>> {
    let mut buffer = [0xa5; 256];
    let mut writer = Writer::new(&mut buffer);
    write(&mut writer);
    Ok(writer.finish()?.to_vec())
}
