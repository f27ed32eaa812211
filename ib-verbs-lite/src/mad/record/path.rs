//! `PathRecord`.

use super::components;
use crate::layout::layout;
use crate::{Gid, Lid, Mtu, PKey, Rate, ServiceLevel};

layout! {
    /// The way from one port to another (IBTA 15.2.5.16).
    ///
    /// A selector says how a question means the value beside it: 0 greater than, 1 less than, 2 exactly, 3 the
    /// largest there is. In answers it is 2.
    pub struct PathRecord[64] {
        /// The service that the path is for; 0 for any.
        service_id: u64 = [0, 0, 64],
        /// The far end.
        dgid: Gid = [8, 0, 128],
        /// The near end.
        sgid: Gid = [24, 0, 128],
        /// The far end's LID.
        dlid: Lid = [40, 0, 16],
        /// The near end's LID.
        slid: Lid = [42, 0, 16],
        /// Whether it is for raw packets.
        raw_traffic: bool = [44, 0, 1],
        /// For the GRH, 20 bits.
        flow_label: u32 = [44, 4, 20],
        /// For the GRH; over 1 where routers are between.
        hop_limit: u8 = [47, 0, 8],
        /// For the GRH.
        traffic_class: u8 = [48, 0, 8],
        /// Whether the way back is the same.
        reversible: bool = [49, 0, 1],
        /// How many paths a question wants at most, seven bits.
        numb_path: u8 = [49, 1, 7],
        /// The partition of both ends.
        p_key: PKey = [50, 0, 16],
        /// A class of the quality of service, 12 bits.
        qos_class: u16 = [52, 0, 12],
        /// The service level.
        sl: ServiceLevel = [53, 4, 4],
        /// How a question means `mtu`.
        mtu_selector: u8 = [54, 0, 2],
        /// The largest payload.
        mtu: Mtu = [54, 2, 6],
        /// How a question means `rate`.
        rate_selector: u8 = [55, 0, 2],
        /// Not faster than this.
        rate: Rate = [55, 2, 6],
        /// How a question means `packet_life_time`.
        packet_life_time_selector: u8 = [56, 0, 2],
        /// How long a packet may live, as a code: 4.096 us times a power of two.
        packet_life_time: u8 = [56, 2, 6],
        /// Among several answers, 0 is the best.
        preference: u8 = [57, 0, 8],
    }
}

components! {
    PathRecord {
        /// `dgid`.
        DGID = 2,
        /// `sgid`.
        SGID = 3,
        /// `dlid`.
        DLID = 4,
        /// `slid`.
        SLID = 5,
        /// `raw_traffic`.
        RAW_TRAFFIC = 6,
        /// `flow_label`.
        FLOW_LABEL = 8,
        /// `hop_limit`.
        HOP_LIMIT = 9,
        /// `traffic_class`.
        TRAFFIC_CLASS = 10,
        /// `reversible`.
        REVERSIBLE = 11,
        /// `numb_path`.
        NUMB_PATH = 12,
        /// `p_key`.
        P_KEY = 13,
        /// `qos_class`.
        QOS_CLASS = 14,
        /// `sl`.
        SL = 15,
        /// `mtu_selector`.
        MTU_SELECTOR = 16,
        /// `mtu`.
        MTU = 17,
        /// `rate_selector`.
        RATE_SELECTOR = 18,
        /// `rate`.
        RATE = 19,
        /// `packet_life_time_selector`.
        PACKET_LIFE_TIME_SELECTOR = 20,
        /// `packet_life_time`.
        PACKET_LIFE_TIME = 21,
        /// `preference`.
        PREFERENCE = 22,
    }
}
