//! `MCMemberRecord`.

use super::components;
use crate::layout::layout;
use crate::{Gid, Lid, Mtu, PKey, QKey, Rate, ServiceLevel};

layout! {
    /// A port's membership in a multicast group (IBTA 15.2.5.17). Selectors are those of `PathRecord`.
    pub struct McMemberRecord[52] {
        /// The group.
        mgid: Gid = [0, 0, 128],
        /// The member.
        port_gid: Gid = [16, 0, 128],
        /// The queue key of all members.
        q_key: QKey = [32, 0, 32],
        /// The group's LID, from 0xc000.
        mlid: Lid = [36, 0, 16],
        /// How a question means `mtu`.
        mtu_selector: u8 = [38, 0, 2],
        /// The largest payload.
        mtu: Mtu = [38, 2, 6],
        /// For the GRH.
        traffic_class: u8 = [39, 0, 8],
        /// The partition of all members.
        p_key: PKey = [40, 0, 16],
        /// How a question means `rate`.
        rate_selector: u8 = [42, 0, 2],
        /// Not faster than this.
        rate: Rate = [42, 2, 6],
        /// How a question means `packet_life_time`.
        packet_life_time_selector: u8 = [43, 0, 2],
        /// How long a packet may live, as a code: 4.096 us times a power of two.
        packet_life_time: u8 = [43, 2, 6],
        /// The service level.
        sl: ServiceLevel = [44, 0, 4],
        /// For the GRH, 20 bits.
        flow_label: u32 = [44, 4, 20],
        /// For the GRH.
        hop_limit: u8 = [47, 0, 8],
        /// How far the group reaches; 2 for the subnet.
        scope: u8 = [48, 0, 4],
        /// What kind of member: [`McMemberRecord::FULL_MEMBER`] and others, a set.
        join_state: u8 = [48, 4, 4],
        /// Whether somebody joined for the member.
        proxy_join: bool = [49, 0, 1],
    }
}

impl McMemberRecord {
    /// Join state: sends and receives; the group lives as long as it has one.
    pub const FULL_MEMBER: u8 = 1;
    /// Join state: sends and receives.
    pub const NON_MEMBER: u8 = 2;
    /// Join state: sends.
    pub const SEND_ONLY_NON_MEMBER: u8 = 4;
    /// Join state: sends; the group lives as long as it has one.
    pub const SEND_ONLY_FULL_MEMBER: u8 = 8;
}

components! {
    McMemberRecord {
        /// `mgid`.
        MGID = 0,
        /// `port_gid`.
        PORT_GID = 1,
        /// `q_key`.
        Q_KEY = 2,
        /// `mlid`.
        MLID = 3,
        /// `mtu_selector`.
        MTU_SELECTOR = 4,
        /// `mtu`.
        MTU = 5,
        /// `traffic_class`.
        TRAFFIC_CLASS = 6,
        /// `p_key`.
        P_KEY = 7,
        /// `rate_selector`.
        RATE_SELECTOR = 8,
        /// `rate`.
        RATE = 9,
        /// `packet_life_time_selector`.
        PACKET_LIFE_TIME_SELECTOR = 10,
        /// `packet_life_time`.
        PACKET_LIFE_TIME = 11,
        /// `sl`.
        SL = 12,
        /// `flow_label`.
        FLOW_LABEL = 13,
        /// `hop_limit`.
        HOP_LIMIT = 14,
        /// `scope`.
        SCOPE = 15,
        /// `join_state`.
        JOIN_STATE = 16,
        /// `proxy_join`.
        PROXY_JOIN = 17,
    }
}
