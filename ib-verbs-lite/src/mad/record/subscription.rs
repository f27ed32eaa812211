//! `InformInfo` and `ServiceRecord`.

use bootproto_core::{ParseError, Reader, Writer};

use super::components;
use crate::layout::{get, layout, put};
use crate::{Gid, Lid, PKey, Qpn};

layout! {
    /// A subscription to events (IBTA 13.4.8.3).
    pub struct InformInfo[36] {
        /// The port whose events are meant; zero for a range of LIDs.
        gid: Gid = [0, 0, 128],
        /// The first LID; 0xffff for all.
        lid_range_begin: Lid = [16, 0, 16],
        /// The last LID.
        lid_range_end: Lid = [18, 0, 16],
        /// Whether events of the specification are meant.
        is_generic: u8 = [22, 0, 8],
        /// 1 subscribes, 0 unsubscribes.
        subscribe: u8 = [23, 0, 8],
        /// The kind of event, as in a notice; 0xffff for all.
        kind: u16 = [24, 0, 16],
        /// The trap's number; 0xffff for all.
        trap_number: u16 = [26, 0, 16],
        /// The queue pair that reports go to.
        qpn: Qpn = [28, 0, 24],
        /// How long we take to answer a report, as a code: 4.096 us times a power of two.
        resp_time_value: u8 = [31, 3, 5],
        /// The kind of node it comes from, 24 bits; 0xffffff for all.
        producer_type: u32 = [33, 0, 24],
    }
}

/// A service that somebody offers (IBTA 15.2.5.14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceRecord {
    /// The service's number.
    pub service_id: u64,
    /// Where it is.
    pub service_gid: Gid,
    /// In which partition.
    pub service_p_key: PKey,
    /// For how many seconds; 0xffffffff for ever.
    pub service_lease: u32,
    /// The key that protects the record.
    pub service_key: [u8; 16],
    /// Its name: UTF-8, and NULs to the end.
    pub service_name: [u8; 64],
    /// What the service has to say.
    pub service_data: [u8; 64],
}

impl ServiceRecord {
    /// Its length on the wire, in bytes.
    pub const LENGTH: usize = 176;

    /// Reads it from the start of `bytes`.
    ///
    /// # Errors
    /// Fewer than 176 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let bytes = Reader::new(bytes).take(Self::LENGTH)?;
        let mut reader = Reader::new(bytes);
        reader.take(32)?;
        Ok(Self {
            service_id: get(bytes, 0, 0, 64),
            service_gid: get(bytes, 8, 0, 128),
            service_p_key: get(bytes, 24, 0, 16),
            service_lease: get(bytes, 28, 0, 32),
            service_key: reader.array()?,
            service_name: reader.array()?,
            service_data: reader.array()?,
        })
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 176] {
        let mut bytes = [0; 176];
        put(&mut bytes, 0, 0, 64, self.service_id);
        put(&mut bytes, 8, 0, 128, self.service_gid);
        put(&mut bytes, 24, 0, 16, self.service_p_key);
        put(&mut bytes, 28, 0, 32, self.service_lease);
        let mut writer = Writer::new(bytes.get_mut(32..).unwrap_or_default());
        writer.bytes(&self.service_key);
        writer.bytes(&self.service_name);
        writer.bytes(&self.service_data);
        bytes
    }

    /// Writes it.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.bytes(&self.to_bytes());
    }
}

impl Default for ServiceRecord {
    fn default() -> Self {
        Self {
            service_id: 0,
            service_gid: Gid::default(),
            service_p_key: PKey::default(),
            service_lease: 0,
            service_key: [0; 16],
            service_name: [0; 64],
            service_data: [0; 64],
        }
    }
}

components! {
    ServiceRecord {
        /// `service_id`.
        SERVICE_ID = 0,
        /// `service_gid`.
        SERVICE_GID = 1,
        /// `service_p_key`.
        SERVICE_P_KEY = 2,
        /// `service_lease`.
        SERVICE_LEASE = 4,
        /// `service_key`.
        SERVICE_KEY = 5,
        /// `service_name`.
        SERVICE_NAME = 6,
    }
}
