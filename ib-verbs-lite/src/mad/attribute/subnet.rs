//! `NodeInfo`, `NodeDescription` and `SMInfo`.

use core::fmt;

use bootproto_core::{ParseError, Reader, Writer, trim_nul};

use crate::Guid;
use crate::address::newtype_field;
use crate::layout::layout;

/// What kind of node it is (IBTA 14.2.5.3, `NodeType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NodeType(pub u8);

impl NodeType {
    /// A channel adapter.
    pub const CA: Self = Self(1);
    /// A switch.
    pub const SWITCH: Self = Self(2);
    /// A router.
    pub const ROUTER: Self = Self(3);
}

newtype_field!(NodeType(u8));

impl fmt::Display for NodeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::CA => "Channel Adapter",
            Self::SWITCH => "Switch",
            Self::ROUTER => "Router",
            Self(other) => return write!(f, "node type {other}"),
        })
    }
}

layout! {
    /// Who a node is (IBTA 14.2.5.3).
    pub struct NodeInfo[40] {
        /// The version of MADs, 1.
        base_version: u8 = [0, 0, 8],
        /// The version of subnet management, 1.
        class_version: u8 = [1, 0, 8],
        /// Adapter, switch or router.
        node_type: NodeType = [2, 0, 8],
        /// How many ports it has.
        num_ports: u8 = [3, 0, 8],
        /// The system that the node is part of.
        system_image_guid: Guid = [4, 0, 64],
        /// The node.
        node_guid: Guid = [12, 0, 64],
        /// The port that took the request.
        port_guid: Guid = [20, 0, 64],
        /// The size of the partition table.
        partition_cap: u16 = [28, 0, 16],
        /// The maker's number of the device.
        device_id: u16 = [30, 0, 16],
        /// The maker's revision.
        revision: u32 = [32, 0, 32],
        /// The number of the port that took the request.
        local_port_num: u8 = [36, 0, 8],
        /// The maker's OUI, 24 bits.
        vendor_id: u32 = [37, 0, 24],
    }
}

layout! {
    /// A subnet manager (IBTA 14.2.5.13).
    pub struct SmInfo[24] {
        /// Its port.
        guid: Guid = [0, 0, 64],
        /// Its key.
        sm_key: u64 = [8, 0, 64],
        /// A counter that shows that it lives.
        act_count: u32 = [16, 0, 32],
        /// Who wins, 0 to 15.
        priority: u8 = [20, 0, 4],
        /// 0 not active, 1 discovering, 2 standby, 3 master.
        sm_state: u8 = [20, 4, 4],
    }
}

/// A node's name for people (IBTA 14.2.5.2): UTF-8, and NULs to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeDescription(pub [u8; 64]);

impl NodeDescription {
    /// Its length, in bytes.
    pub const LENGTH: usize = 64;

    /// As much of `name` as fits.
    #[must_use]
    pub fn new(name: &[u8]) -> Self {
        let mut bytes = [0; 64];
        bootproto_core::copy_into(&mut bytes, name);
        Self(bytes)
    }

    /// The name without the NULs at its end.
    #[must_use]
    pub const fn name(&self) -> &[u8] {
        trim_nul(&self.0)
    }

    /// Reads it from the start of `bytes`.
    ///
    /// # Errors
    /// Fewer than 64 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        Reader::new(bytes).array().map(Self)
    }

    /// Its bytes.
    #[must_use]
    pub const fn to_bytes(&self) -> [u8; 64] {
        self.0
    }

    /// Writes it.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.bytes(&self.0);
    }
}

impl Default for NodeDescription {
    fn default() -> Self {
        Self([0; 64])
    }
}
