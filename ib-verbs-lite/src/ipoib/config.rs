//! What a caller sets.

use core::time::Duration;

use super::ConfigError;
use crate::PKey;

/// How an interface is to be. Every knob has a default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) p_key: PKey,
    pub(super) scope: u8,
    pub(super) reachable: Duration,
    pub(super) interval: Duration,
    pub(super) tries: u8,
}

impl Config {
    /// An interface in this partition.
    #[must_use]
    pub const fn new(p_key: PKey) -> Self {
        Self {
            p_key,
            scope: 2,
            reachable: Duration::from_secs(60),
            interval: Duration::from_millis(500),
            tries: 3,
        }
    }

    /// How far the groups reach (RFC 4291 section 2.7): 2 the subnet, which is the default, 5 the site.
    #[must_use]
    pub const fn with_scope(mut self, scope: u8) -> Self {
        self.scope = scope;
        self
    }

    /// For how long a neighbour's address is taken for true after it was heard. Default 60 s.
    #[must_use]
    pub const fn with_reachable(mut self, span: Duration) -> Self {
        self.reachable = span;
        self
    }

    /// The time between two questions for the same neighbour, and how many are asked, 1 to 255. Default 0.5 s, 3.
    #[must_use]
    pub const fn with_questions(mut self, interval: Duration, tries: u8) -> Self {
        self.interval = interval;
        self.tries = if tries == 0 { 1 } else { tries };
        self
    }

    /// The partition.
    #[must_use]
    pub const fn p_key(&self) -> PKey {
        self.p_key
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.p_key.is_invalid() {
            return Err(ConfigError::NoPartition { p_key: self.p_key });
        }
        if !(1..=14).contains(&self.scope) {
            return Err(ConfigError::BadScope { scope: self.scope });
        }
        if self.interval < Duration::from_millis(1) {
            return Err(ConfigError::NoInterval);
        }
        Ok(())
    }
}
