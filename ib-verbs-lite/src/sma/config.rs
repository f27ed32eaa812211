//! What a port is made of.

use crate::mad::attribute::{NodeDescription, NodeInfo, NodeType, PortInfo};
use crate::management::ConfigError;
use crate::verbs::{LinkWidth, PortState};
use crate::{Gid, Guid, Mtu};

/// What a port is made of, as its maker and its user know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) seed: u64,
    pub(super) node: NodeInfo,
    pub(super) description: NodeDescription,
    pub(super) port: PortInfo,
}

/// How many P_Keys the agent has room for.
pub(super) const P_KEYS: usize = 128;

impl Config {
    /// Port 1 of an adapter with one port. `seed` has to be another one at every boot.
    ///
    /// The link is 4X at 2.5, 5 or 10 Gbit/s with payloads up to 2048 bytes and one data lane; the table of
    /// partitions has 32 places.
    #[must_use]
    pub fn new(seed: u64, node_guid: Guid, port_guid: Guid) -> Self {
        let node = NodeInfo {
            base_version: 1,
            class_version: 1,
            node_type: NodeType::CA,
            num_ports: 1,
            system_image_guid: node_guid,
            node_guid,
            port_guid,
            partition_cap: 32,
            local_port_num: 1,
            ..NodeInfo::default()
        };
        let port = PortInfo {
            gid_prefix: Gid::DEFAULT_PREFIX,
            capability_mask: PortInfo::IS_TRAP_SUPPORTED
                | PortInfo::IS_SL_MAPPING_SUPPORTED
                | PortInfo::IS_CLIENT_REREGISTRATION_SUPPORTED,
            local_port_num: 1,
            link_width_enabled: LinkWidth(3),
            link_width_supported: LinkWidth(3),
            link_width_active: LinkWidth::X4,
            link_speed_supported: 7,
            link_speed_enabled: 7,
            link_speed_active: 4,
            port_state: PortState::DOWN,
            port_physical_state: super::agent::POLLING,
            link_down_default_state: super::agent::POLLING,
            neighbor_mtu: Mtu::MTU_2048,
            mtu_cap: Mtu::MTU_2048,
            vl_cap: 1,
            operational_vls: 1,
            guid_cap: 1,
            resp_time_value: 16,
            ..PortInfo::default()
        };
        Self { seed, node, description: NodeDescription::default(), port }
    }

    /// The name that an administrator sees, at most 64 bytes of UTF-8.
    #[must_use]
    pub fn with_description(mut self, name: &[u8]) -> Self {
        self.description = NodeDescription::new(name);
        self
    }

    /// Who made the adapter: OUI, number of the device, revision.
    #[must_use]
    pub const fn with_device(mut self, vendor_id: u32, device_id: u16, revision: u32) -> Self {
        (self.node.vendor_id, self.node.device_id, self.node.revision) = (vendor_id, device_id, revision);
        self
    }

    /// Which port of how many.
    #[must_use]
    pub const fn with_port(mut self, number: u8, of: u8) -> Self {
        (self.node.local_port_num, self.node.num_ports) = (number, of);
        self.port.local_port_num = number;
        self
    }

    /// The largest payload that the hardware takes.
    #[must_use]
    pub const fn with_mtu(mut self, mtu: Mtu) -> Self {
        (self.port.mtu_cap, self.port.neighbor_mtu) = (mtu, mtu);
        self
    }

    /// Data lanes, as the code of `VLCap`, and the places of the two arbitration tables, at most 64 each.
    #[must_use]
    pub const fn with_lanes(mut self, vl_cap: u8, arbitration_high: u8, arbitration_low: u8) -> Self {
        self.port.vl_cap = vl_cap;
        (self.port.vl_arbitration_high_cap, self.port.vl_arbitration_low_cap) =
            (arbitration_high, arbitration_low);
        self
    }

    /// The size of the table of partitions: 32, 64, 96 or 128.
    ///
    /// # Errors
    /// [`ConfigError::BadTableSize`].
    pub fn with_p_keys(mut self, size: u16) -> Result<Self, ConfigError> {
        if size == 0 || !size.is_multiple_of(32) || usize::from(size) > P_KEYS {
            return Err(ConfigError::BadTableSize { size });
        }
        self.node.partition_cap = size;
        Ok(self)
    }

    /// More of `PortInfo.CapabilityMask`, such as communication management where somebody answers it.
    #[must_use]
    pub const fn with_capabilities(mut self, mask: u32) -> Self {
        self.port.capability_mask |= mask;
        self
    }
}
