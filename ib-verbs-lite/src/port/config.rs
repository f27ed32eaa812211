//! What a caller sets.

use heapless::Vec;

use super::ConfigError;
use crate::{PKey, ipoib};

/// How many interfaces one port can have.
pub(super) const INTERFACES: usize = 2;

/// How a port is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) seed: u64,
    pub(super) name: Vec<u8, 64>,
    pub(super) interfaces: Vec<ipoib::Config, INTERFACES>,
    pub(super) error: Option<ConfigError>,
}

impl Config {
    /// A port without interfaces. `seed` has to be another one at every boot: transaction identifiers come from it.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, name: Vec::new(), interfaces: Vec::new(), error: None }
    }

    /// The name that the subnet's administrator sees; what is longer than 64 bytes is cut.
    #[must_use]
    pub fn with_name(mut self, name: &[u8]) -> Self {
        self.name = name.iter().copied().take(64).collect();
        self
    }

    /// An IPoIB interface, at most two; the first has number 0.
    #[must_use]
    pub fn with_interface(mut self, interface: ipoib::Config) -> Self {
        if self.interfaces.push(interface).is_err() {
            self.error = Some(ConfigError::TooManyInterfaces { most: INTERFACES });
        }
        self
    }

    /// An IPoIB interface in the default partition.
    #[must_use]
    pub fn ipoib(seed: u64) -> Self {
        Self::new(seed).with_interface(ipoib::Config::new(PKey::DEFAULT))
    }
}
