//! What a connection needs to know before it starts.

use super::ConfigError;
use crate::mad::record::PathRecord;
use crate::verbs::{AddressVector, GlobalRoute};
use crate::{Guid, QKey, Qpn};

/// The connection that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Chance for names, transaction identifiers and the first packet's number; another one at every boot.
    pub seed: u64,
    /// The way to the peer, from the SA.
    pub path: PathRecord,
    /// The peer's service.
    pub service_id: u64,
    /// Our queue pair, of type RC.
    pub qpn: Qpn,
    /// Our HCA.
    pub ca_guid: Guid,
    /// The place of the path's partition in the port's table.
    pub p_key_index: u16,
    /// How long an answer may take, as a code: 4.096 us times a power of two. 19, the default, is 2.1 s.
    pub response_timeout: u8,
    /// How often a message is sent, at most. The default is 6.
    pub tries: u8,
    /// How often a packet of the connection is sent again; 7 by default.
    pub retry_count: u8,
    /// The same to a peer without a buffer; 7, the default, is for ever.
    pub rnr_retry_count: u8,
    pub(super) private_data: [u8; 92],
}

impl Config {
    /// A connection from our queue pair `qpn` over `path` to a service.
    ///
    /// # Errors
    /// [`ConfigError::BadPath`], [`ConfigError::BadQueuePair`].
    pub const fn new(
        seed: u64,
        path: PathRecord,
        service_id: u64,
        qpn: Qpn,
        ca_guid: Guid,
    ) -> Result<Self, ConfigError> {
        if !path.dlid.is_unicast() || !path.slid.is_unicast() {
            return Err(ConfigError::BadPath);
        }
        if qpn.get() <= Qpn::GSI.get() || qpn.get() == Qpn::MULTICAST.get() {
            return Err(ConfigError::BadQueuePair { qpn });
        }
        Ok(Self {
            seed,
            path,
            service_id,
            qpn,
            ca_guid,
            p_key_index: 0,
            response_timeout: 19,
            tries: 6,
            retry_count: 7,
            rnr_retry_count: 7,
            private_data: [0; 92],
        })
    }

    /// With what the peer's application wants to know.
    ///
    /// # Errors
    /// [`ConfigError::TooMuchPrivateData`] over 92 bytes.
    pub fn with_private_data(mut self, bytes: &[u8]) -> Result<Self, ConfigError> {
        if bytes.len() > self.private_data.len() {
            return Err(ConfigError::TooMuchPrivateData { length: bytes.len() });
        }
        self.private_data = [0; 92];
        bootproto_core::copy_into(&mut self.private_data, bytes);
        Ok(self)
    }

    pub(super) const fn check(&self) -> Result<(), ConfigError> {
        let counts = self.retry_count <= 7 && self.rnr_retry_count <= 7;
        if self.response_timeout > 31 || self.tries == 0 || self.tries > 15 || !counts {
            return Err(ConfigError::BadPolicy);
        }
        Ok(())
    }

    /// Where the peer's CM is: queue pair 1 of the same port.
    #[must_use]
    pub fn cm_address(&self) -> AddressVector {
        AddressVector { qpn: Qpn::GSI, q_key: QKey::GSI, ..self.address() }
    }

    /// Where the peer's port is.
    pub(super) fn address(&self) -> AddressVector {
        let path = &self.path;
        let grh = (path.hop_limit > 1).then_some(GlobalRoute {
            destination: path.dgid,
            source: path.sgid,
            flow_label: path.flow_label,
            hop_limit: path.hop_limit,
            traffic_class: path.traffic_class,
        });
        AddressVector {
            lid: path.dlid,
            sl: path.sl,
            rate: path.rate,
            p_key_index: self.p_key_index,
            grh,
            ..AddressVector::default()
        }
    }
}
