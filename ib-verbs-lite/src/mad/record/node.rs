//! `NodeRecord`.

use bootproto_core::{ParseError, Reader, Writer};

use super::components;
use crate::Lid;
use crate::mad::attribute::{NodeDescription, NodeInfo};

/// A port and its node (IBTA 15.2.5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NodeRecord {
    /// The port's LID.
    pub lid: Lid,
    /// Who the node is.
    pub info: NodeInfo,
    /// Its name for people.
    pub description: NodeDescription,
}

impl NodeRecord {
    /// Its length on the wire, in bytes.
    pub const LENGTH: usize = 108;

    /// Reads it from the start of `bytes`.
    ///
    /// # Errors
    /// Fewer than 108 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(Reader::new(bytes).take(Self::LENGTH)?);
        let lid = Lid(reader.u16()?);
        reader.take(2)?;
        let info = NodeInfo::parse(reader.take(NodeInfo::LENGTH)?)?;
        Ok(Self { lid, info, description: NodeDescription(reader.array()?) })
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 108] {
        let mut bytes = [0; 108];
        self.write(&mut Writer::new(&mut bytes));
        bytes
    }

    /// Writes it.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(self.lid.0);
        writer.zeros(2);
        self.info.write(writer);
        self.description.write(writer);
    }
}

components! {
    NodeRecord {
        /// `lid`.
        LID = 0,
        /// `info.node_type`.
        NODE_TYPE = 4,
        /// `info.system_image_guid`.
        SYSTEM_IMAGE_GUID = 6,
        /// `info.node_guid`.
        NODE_GUID = 7,
        /// `info.port_guid`.
        PORT_GUID = 8,
        /// `description`.
        NODE_DESCRIPTION = 14,
    }
}
