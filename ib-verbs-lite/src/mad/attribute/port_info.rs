//! `PortInfo`.

use crate::layout::layout;
use crate::verbs::{LinkWidth, PortState};
use crate::{Lid, Mtu, ServiceLevel};

layout! {
    /// Everything about a port (IBTA 14.2.5.6).
    pub struct PortInfo[64] {
        /// The key without which nobody may set anything; 0 for none.
        m_key: u64 = [0, 0, 64],
        /// The subnet's prefix.
        gid_prefix: u64 = [8, 0, 64],
        /// The port's LID.
        lid: Lid = [16, 0, 16],
        /// The subnet manager's.
        master_sm_lid: Lid = [18, 0, 16],
        /// What the port can do, [`PortInfo::IS_SM`] and others.
        capability_mask: u32 = [20, 0, 32],
        /// What a self-test found; 0 for nothing.
        diag_code: u16 = [24, 0, 16],
        /// For how many seconds the key holds after a wrong one was shown; 0 for ever.
        m_key_lease_period: u16 = [26, 0, 16],
        /// The number of the port that took the request.
        local_port_num: u8 = [28, 0, 8],
        /// Lanes that may be used; a set.
        link_width_enabled: LinkWidth = [29, 0, 8],
        /// Lanes that can be used; a set.
        link_width_supported: LinkWidth = [30, 0, 8],
        /// Lanes in use.
        link_width_active: LinkWidth = [31, 0, 8],
        /// Speeds that can be used; a set: 1, 2, 4 for 2.5, 5, 10 Gbit/s.
        link_speed_supported: u8 = [32, 0, 4],
        /// The logical state.
        port_state: PortState = [32, 4, 4],
        /// The physical state: 2 polling, 3 disabled, 5 link up.
        port_physical_state: u8 = [33, 0, 4],
        /// What it does when the link goes down: 1 sleep, 2 poll.
        link_down_default_state: u8 = [33, 4, 4],
        /// How far the key protects, 0 to 3 (IBTA 14.2.4).
        m_key_protect_bits: u8 = [34, 0, 2],
        /// How many low bits of the LID are free.
        lmc: u8 = [34, 5, 3],
        /// The speed in use.
        link_speed_active: u8 = [35, 0, 4],
        /// Speeds that may be used; a set.
        link_speed_enabled: u8 = [35, 4, 4],
        /// The largest payload towards the other end of the link.
        neighbor_mtu: Mtu = [36, 0, 4],
        /// The service level towards the subnet manager.
        master_sm_sl: ServiceLevel = [36, 4, 4],
        /// How many data lanes there are: 1, 2, 3, 4, 5 for 1, 2, 4, 8, 15.
        vl_cap: u8 = [37, 0, 4],
        /// What kind of initialization is asked for.
        init_type: u8 = [37, 4, 4],
        /// The limit of high priority.
        vl_high_limit: u8 = [38, 0, 8],
        /// Places in the table of high priority.
        vl_arbitration_high_cap: u8 = [39, 0, 8],
        /// Places in the table of low priority.
        vl_arbitration_low_cap: u8 = [40, 0, 8],
        /// What kind of initialization was done.
        init_type_reply: u8 = [41, 0, 4],
        /// The largest payload that the port takes.
        mtu_cap: Mtu = [41, 4, 4],
        /// After how many discarded packets a lane is stalled.
        vl_stall_count: u8 = [42, 0, 3],
        /// How long a packet may wait at the head of the queue.
        hoq_life: u8 = [42, 3, 5],
        /// How many data lanes are used, as `vl_cap`.
        operational_vls: u8 = [43, 0, 4],
        /// Whether partitions are enforced on what comes in.
        partition_enforcement_inbound: bool = [43, 4, 1],
        /// And on what goes out.
        partition_enforcement_outbound: bool = [43, 5, 1],
        /// Whether raw packets are kept out.
        filter_raw_inbound: bool = [43, 6, 1],
        /// And in.
        filter_raw_outbound: bool = [43, 7, 1],
        /// How often a wrong management key was shown.
        m_key_violations: u16 = [44, 0, 16],
        /// How often a packet of a foreign partition came.
        p_key_violations: u16 = [46, 0, 16],
        /// How often a packet with a wrong queue key came.
        q_key_violations: u16 = [48, 0, 16],
        /// How many GUIDs the port can have.
        guid_cap: u8 = [50, 0, 8],
        /// In a Set: the subnet manager has forgotten what clients told it.
        client_reregister: bool = [51, 0, 1],
        /// Which P_Key traps of multicast are held back.
        multicast_p_key_trap_suppression: u8 = [51, 1, 2],
        /// The longest way through the subnet, as a code: 4.096 us times a power of two.
        subnet_timeout: u8 = [51, 3, 5],
        /// How long the port's agent takes to answer, as a code likewise.
        resp_time_value: u8 = [52, 3, 5],
        /// After how many bad packets the link counts as faulty.
        local_phy_errors: u8 = [53, 0, 4],
        /// After how many overruns.
        overrun_errors: u8 = [53, 4, 4],
        /// A hint for the flow control of the link.
        max_credit_hint: u16 = [54, 0, 16],
        /// The time over the link and back, 24 bits, in units of 4 ns.
        link_round_trip_latency: u32 = [57, 0, 24],
        /// What else the port can do.
        capability_mask2: u16 = [60, 0, 16],
        /// The extended speed in use: 1, 2 for 14, 25 Gbit/s.
        link_speed_ext_active: u8 = [62, 0, 4],
        /// Extended speeds that can be used; a set.
        link_speed_ext_supported: u8 = [62, 4, 4],
        /// Extended speeds that may be used; a set.
        link_speed_ext_enabled: u8 = [63, 3, 5],
    }
}

impl PortInfo {
    /// Capability: a subnet manager runs here.
    pub const IS_SM: u32 = 1 << 1;
    /// Capability: notices.
    pub const IS_NOTICE_SUPPORTED: u32 = 1 << 2;
    /// Capability: traps.
    pub const IS_TRAP_SUPPORTED: u32 = 1 << 3;
    /// Capability: automatic path migration.
    pub const IS_AUTOMATIC_MIGRATION_SUPPORTED: u32 = 1 << 5;
    /// Capability: service levels map to lanes.
    pub const IS_SL_MAPPING_SUPPORTED: u32 = 1 << 6;
    /// Capability: the system's image GUID.
    pub const IS_SYSTEM_IMAGE_GUID_SUPPORTED: u32 = 1 << 11;
    /// Capability: communication management.
    pub const IS_COMMUNICATION_MANAGEMENT_SUPPORTED: u32 = 1 << 16;
    /// Capability: `ClientReregister`.
    pub const IS_CLIENT_REREGISTRATION_SUPPORTED: u32 = 1 << 25;
}
