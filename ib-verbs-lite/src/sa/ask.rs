//! The MADs that ask.

use super::event::Question;
use super::task::{Group, Kind};
use crate::mad::attribute::ClassPortInfo;
use crate::mad::record::{InformInfo, McMemberRecord, NodeRecord, PathRecord, ServiceRecord};
use crate::mad::{AttributeId, ComponentMask, Header, Method, MgmtClass, SaMad};
use crate::{Gid, Lid, Qpn};

/// Exactly: how a question means the value beside the selector.
const EXACTLY: u8 = 2;

/// The request for this, from the port with this GID.
pub(super) fn request(kind: &Kind, gid: Gid, groups: &[Option<Group>]) -> SaMad {
    match kind {
        Kind::Question(question) => ask(question, gid),
        Kind::Join { mgid } => {
            let group = groups.iter().flatten().find(|group| group.join.mgid == *mgid);
            let (join_state, create) = group.map_or((McMemberRecord::FULL_MEMBER, None), |group| {
                (group.join.join_state, group.join.create)
            });
            let (record, mask) = membership(*mgid, gid, join_state, create.as_ref());
            mad(Method::SET, AttributeId::MC_MEMBER_RECORD, mask, &record.to_bytes())
        }
        Kind::Leave { mgid, join_state } => {
            let (record, mask) = membership(*mgid, gid, *join_state, None);
            mad(Method::DELETE, AttributeId::MC_MEMBER_RECORD, mask, &record.to_bytes())
        }
        Kind::Subscribe => {
            let everything = InformInfo {
                lid_range_begin: Lid::PERMISSIVE,
                is_generic: 1,
                subscribe: 1,
                kind: u16::MAX,
                trap_number: u16::MAX,
                qpn: Qpn::GSI,
                resp_time_value: 18,
                producer_type: 0x00ff_ffff,
                ..InformInfo::default()
            };
            mad(Method::SET, AttributeId::INFORM_INFO, ComponentMask::NONE, &everything.to_bytes())
        }
    }
}

fn ask(question: &Question, gid: Gid) -> SaMad {
    match *question {
        Question::ClassPortInfo => {
            let nothing = ClassPortInfo::default().to_bytes();
            mad(Method::GET, AttributeId::CLASS_PORT_INFO, ComponentMask::NONE, &nothing)
        }
        Question::Path { dgid, p_key } => {
            let record = PathRecord {
                dgid,
                sgid: gid,
                reversible: true,
                numb_path: 1,
                p_key: p_key.unwrap_or_default(),
                ..PathRecord::default()
            };
            let mask = PathRecord::DGID | PathRecord::SGID | PathRecord::REVERSIBLE | PathRecord::NUMB_PATH;
            let partition = if p_key.is_some() { PathRecord::P_KEY } else { ComponentMask::NONE };
            mad(Method::GET, AttributeId::PATH_RECORD, mask | partition, &record.to_bytes())
        }
        Question::Node { lid } => {
            let record = NodeRecord { lid, ..NodeRecord::default() };
            mad(Method::GET, AttributeId::NODE_RECORD, NodeRecord::LID, &record.to_bytes())
        }
        Question::Service { id } => {
            let record = ServiceRecord { service_id: id, ..ServiceRecord::default() };
            mad(Method::GET, AttributeId::SERVICE_RECORD, ServiceRecord::SERVICE_ID, &record.to_bytes())
        }
        Question::ServiceNamed { name } => {
            let record = ServiceRecord { service_name: name, ..ServiceRecord::default() };
            mad(Method::GET, AttributeId::SERVICE_RECORD, ServiceRecord::SERVICE_NAME, &record.to_bytes())
        }
        Question::Group { mgid } => {
            let record = McMemberRecord { mgid, ..McMemberRecord::default() };
            mad(Method::GET, AttributeId::MC_MEMBER_RECORD, McMemberRecord::MGID, &record.to_bytes())
        }
        Question::Table { attribute } => mad(Method::GET_TABLE, attribute, ComponentMask::NONE, &[]),
    }
}

fn membership(
    mgid: Gid,
    port_gid: Gid,
    join_state: u8,
    create: Option<&McMemberRecord>,
) -> (McMemberRecord, ComponentMask) {
    let mask = McMemberRecord::MGID | McMemberRecord::PORT_GID | McMemberRecord::JOIN_STATE;
    let Some(like) = create else {
        return (McMemberRecord { mgid, port_gid, join_state, ..McMemberRecord::default() }, mask);
    };
    let record = McMemberRecord {
        mgid,
        port_gid,
        join_state,
        mlid: Lid::NONE,
        proxy_join: false,
        mtu_selector: EXACTLY,
        rate_selector: EXACTLY,
        packet_life_time_selector: 0,
        packet_life_time: 0,
        ..*like
    };
    let create = McMemberRecord::Q_KEY
        | McMemberRecord::MTU_SELECTOR
        | McMemberRecord::MTU
        | McMemberRecord::TRAFFIC_CLASS
        | McMemberRecord::P_KEY
        | McMemberRecord::RATE_SELECTOR
        | McMemberRecord::RATE
        | McMemberRecord::SL
        | McMemberRecord::FLOW_LABEL
        | McMemberRecord::HOP_LIMIT;
    (record, mask | create)
}

fn mad(method: Method, attribute: AttributeId, mask: ComponentMask, record: &[u8]) -> SaMad {
    let header = Header {
        class: MgmtClass::SUBN_ADM,
        class_version: SaMad::CLASS_VERSION,
        method,
        attribute,
        ..Header::default()
    };
    SaMad::new(header, mask, record)
}
