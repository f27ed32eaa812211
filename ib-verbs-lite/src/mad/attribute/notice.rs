//! `ClassPortInfo` and Notice, which all classes share.

use bootproto_core::{ParseError, Reader, Writer};

use crate::layout::{get, layout, put};
use crate::{Gid, Lid, PKey, QKey, Qpn, ServiceLevel};

layout! {
    /// What a class's agent can do, and where it wants to be asked (IBTA 13.4.8.1).
    pub struct ClassPortInfo[72] {
        /// The version of MADs, 1.
        base_version: u8 = [0, 0, 8],
        /// The version of the class.
        class_version: u8 = [1, 0, 8],
        /// What the agent can do; the high byte is the class's own.
        capability_mask: u16 = [2, 0, 16],
        /// What else, 27 bits.
        capability_mask2: u32 = [4, 0, 27],
        /// How long it takes to answer, as a code: 4.096 us times a power of two.
        resp_time_value: u8 = [7, 3, 5],
        /// Whom to ask instead; zero for nobody.
        redirect_gid: Gid = [8, 0, 128],
        /// With which traffic class.
        redirect_traffic_class: u8 = [24, 0, 8],
        /// With which service level.
        redirect_sl: ServiceLevel = [25, 0, 4],
        /// With which flow label.
        redirect_flow_label: u32 = [25, 4, 20],
        /// Under which LID.
        redirect_lid: Lid = [28, 0, 16],
        /// In which partition.
        redirect_p_key: PKey = [30, 0, 16],
        /// At which queue pair.
        redirect_qpn: Qpn = [33, 0, 24],
        /// With which queue key.
        redirect_q_key: QKey = [36, 0, 32],
        /// Where traps go; zero for nowhere.
        trap_gid: Gid = [40, 0, 128],
        /// With which traffic class.
        trap_traffic_class: u8 = [56, 0, 8],
        /// With which service level.
        trap_sl: ServiceLevel = [57, 0, 4],
        /// With which flow label.
        trap_flow_label: u32 = [57, 4, 20],
        /// Under which LID.
        trap_lid: Lid = [60, 0, 16],
        /// In which partition.
        trap_p_key: PKey = [62, 0, 16],
        /// Over how many routers.
        trap_hop_limit: u8 = [64, 0, 8],
        /// At which queue pair.
        trap_qpn: Qpn = [65, 0, 24],
        /// With which queue key.
        trap_q_key: QKey = [68, 0, 32],
    }
}

/// An event (IBTA 13.4.8.2). On the wire it has 80 bytes, of which an SMP carries the first 64: all but the issuer's
/// GID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// Whether the event is one that the specification defines.
    pub is_generic: bool,
    /// 0 fatal, 1 urgent, 2 security, 3 subnet management, 4 informational. Seven bits.
    pub kind: u8,
    /// Generic: the kind of node it comes from. Otherwise the maker. 24 bits.
    pub producer_type: u32,
    /// Generic: the trap's number. Otherwise the maker's number of the device.
    pub trap_number: u16,
    /// Where it happened.
    pub issuer_lid: Lid,
    /// Changes when the same event happens again.
    pub toggle: bool,
    /// How many there are in the log, 15 bits.
    pub count: u16,
    /// What each trap has its own layout for.
    pub details: [u8; 54],
    /// Who forwards it; zero in an SMP.
    pub issuer_gid: Gid,
}

impl Notice {
    /// Its length in a MAD of the SA, in bytes.
    pub const LENGTH: usize = 80;
    /// Its length in an SMP.
    pub const SMP_LENGTH: usize = 64;
    /// A port has appeared.
    pub const TRAP_GID_IN_SERVICE: u16 = 64;
    /// A port has gone.
    pub const TRAP_GID_OUT_OF_SERVICE: u16 = 65;
    /// A multicast group has been created.
    pub const TRAP_MULTICAST_CREATED: u16 = 66;
    /// A multicast group has gone.
    pub const TRAP_MULTICAST_DELETED: u16 = 67;
    /// A link of a switch changed its state.
    pub const TRAP_LINK_STATE: u16 = 128;
    /// A port's capabilities, or other local things, changed.
    pub const TRAP_LOCAL_CHANGES: u16 = 144;
    /// Kind: urgent.
    pub const URGENT: u8 = 1;
    /// Kind: informational.
    pub const INFORMATIONAL: u8 = 4;

    /// Reads it from the start of `bytes`; with fewer than 80 of them the issuer's GID stays zero.
    ///
    /// # Errors
    /// Fewer than 64 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let head = Reader::new(bytes).take(Self::SMP_LENGTH)?;
        let mut details = [0; 54];
        bootproto_core::copy_into(&mut details, head.get(10..).unwrap_or_default());
        Ok(Self {
            is_generic: get(head, 0, 0, 1),
            kind: get(head, 0, 1, 7),
            producer_type: get(head, 1, 0, 24),
            trap_number: get(head, 4, 0, 16),
            issuer_lid: get(head, 6, 0, 16),
            toggle: get(head, 8, 0, 1),
            count: get(head, 8, 1, 15),
            details,
            issuer_gid: bytes.get(64..80).map_or(Gid([0; 16]), |gid| get(gid, 0, 0, 128)),
        })
    }

    /// Its 80 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 80] {
        let mut bytes = [0; 80];
        put(&mut bytes, 0, 0, 1, self.is_generic);
        put(&mut bytes, 0, 1, 7, self.kind);
        put(&mut bytes, 1, 0, 24, self.producer_type);
        put(&mut bytes, 4, 0, 16, self.trap_number);
        put(&mut bytes, 6, 0, 16, self.issuer_lid);
        put(&mut bytes, 8, 0, 1, self.toggle);
        put(&mut bytes, 8, 1, 15, self.count);
        if let Some(place) = bytes.get_mut(10..64) {
            bootproto_core::copy_into(place, &self.details);
        }
        put(&mut bytes, 64, 0, 128, self.issuer_gid);
        bytes
    }

    /// Writes its 80 bytes.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.bytes(&self.to_bytes());
    }

    /// Trap 128: some link of the switch with this LID changed its state.
    #[must_use]
    pub fn link_state(switch: Lid) -> Self {
        let mut details = [0; 54];
        put(&mut details, 0, 0, 16, switch);
        Self {
            kind: Self::URGENT,
            producer_type: 2,
            trap_number: Self::TRAP_LINK_STATE,
            details,
            ..Self::generic(switch)
        }
    }

    /// Trap 144: the capabilities of the adapter port with this LID changed to `capability_mask`.
    #[must_use]
    pub fn local_changes(port: Lid, capability_mask: u32) -> Self {
        let mut details = [0; 54];
        put(&mut details, 2, 0, 16, port);
        put(&mut details, 6, 0, 32, capability_mask);
        Self {
            kind: Self::INFORMATIONAL,
            producer_type: 1,
            trap_number: Self::TRAP_LOCAL_CHANGES,
            details,
            ..Self::generic(port)
        }
    }

    /// The port or group that traps 64 to 67 are about.
    #[must_use]
    pub fn gid(&self) -> Gid {
        get(&self.details, 6, 0, 128)
    }

    const fn generic(issuer_lid: Lid) -> Self {
        Self {
            is_generic: true,
            kind: 0,
            producer_type: 0,
            trap_number: 0,
            issuer_lid,
            toggle: false,
            count: 0,
            details: [0; 54],
            issuer_gid: Gid([0; 16]),
        }
    }
}
