//! Multicast groups.

use bootproto_core::Instant;

use super::Failure;
use crate::mad::record::McMemberRecord;
use crate::verbs::{AddressVector, GlobalRoute};
use crate::{Gid, Lid, Mtu, PKey, QKey, Qpn, Rate, ServiceLevel};

/// What all members of a group must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub gid: Gid,
    /// Its LID.
    pub lid: Lid,
    /// The key of its members' queue pairs.
    pub q_key: QKey,
    /// The largest payload.
    pub mtu: Mtu,
    /// The partition.
    pub p_key: PKey,
    /// The service level.
    pub sl: ServiceLevel,
    /// Not faster than this.
    pub rate: Rate,
    /// For the GRH.
    pub traffic_class: u8,
    /// For the GRH, 20 bits.
    pub flow_label: u32,
    /// For the GRH.
    pub hop_limit: u8,
    /// How long a packet may live, as a code.
    pub packet_life_time: u8,
    /// How far it reaches.
    pub scope: u8,
}

impl Group {
    /// What the SA says of a group.
    ///
    /// # Errors
    /// [`Failure::BadGroup`] if its LID is no group's, its Q_Key only a privileged queue pair's, or its MTU none.
    pub const fn from_record(record: &McMemberRecord) -> Result<Self, Failure> {
        let group = Self {
            gid: record.mgid,
            lid: record.mlid,
            q_key: record.q_key,
            mtu: record.mtu,
            p_key: record.p_key,
            sl: record.sl,
            rate: record.rate,
            traffic_class: record.traffic_class,
            flow_label: record.flow_label,
            hop_limit: record.hop_limit,
            packet_life_time: record.packet_life_time,
            scope: record.scope,
        };
        let is_sound = group.gid.is_multicast() && group.lid.is_multicast() && group.mtu.bytes().is_some();
        if is_sound && !group.q_key.is_privileged() {
            Ok(group)
        } else {
            Err(Failure::BadGroup { group: group.gid })
        }
    }

    /// The record of a group like this one, for [`or_create_like`](crate::sa::Join::or_create_like).
    #[must_use]
    pub const fn record(&self) -> McMemberRecord {
        McMemberRecord {
            mgid: self.gid,
            port_gid: Gid([0; 16]),
            q_key: self.q_key,
            mlid: Lid::NONE,
            mtu_selector: 2,
            mtu: self.mtu,
            traffic_class: self.traffic_class,
            p_key: self.p_key,
            rate_selector: 2,
            rate: self.rate,
            packet_life_time_selector: 2,
            packet_life_time: self.packet_life_time,
            sl: self.sl,
            flow_label: self.flow_label,
            hop_limit: self.hop_limit,
            scope: self.scope,
            join_state: 0,
            proxy_join: false,
        }
    }

    /// How to send to all its members.
    #[must_use]
    pub const fn vector(&self, own: Gid) -> AddressVector {
        AddressVector {
            lid: self.lid,
            qpn: Qpn::MULTICAST,
            q_key: self.q_key,
            sl: self.sl,
            rate: self.rate,
            path_bits: 0,
            p_key_index: 0,
            grh: Some(GlobalRoute {
                destination: self.gid,
                source: own,
                flow_label: self.flow_label,
                hop_limit: self.hop_limit,
                traffic_class: self.traffic_class,
            }),
        }
    }
}

/// A group that we are in, or want to be in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Membership {
    pub(super) gid: Gid,
    /// Whether we want what is sent to it.
    pub(super) full: bool,
    pub(super) state: State,
}

/// How far a membership is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// To be asked for.
    Wanted,
    /// Asked for.
    Asked,
    /// There.
    Joined(Group),
    /// Refused; to be asked for again then.
    Refused { until: Instant },
}

impl Membership {
    pub(super) const fn new(gid: Gid, full: bool) -> Self {
        Self { gid, full, state: State::Wanted }
    }

    pub(super) const fn group(&self) -> Option<&Group> {
        match &self.state {
            State::Joined(group) => Some(group),
            State::Wanted | State::Asked | State::Refused { .. } => None,
        }
    }
}
