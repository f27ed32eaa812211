//! The operating system's monotonic clock as the machines' one.

use std::time::Instant as Monotonic;

use bootproto_core::Instant;

/// Microseconds since [`start`](Self::start).
#[derive(Debug, Clone, Copy)]
pub struct Clock(Monotonic);

impl Clock {
    /// A clock that reads zero now.
    #[must_use]
    pub fn start() -> Self {
        Self(Monotonic::now())
    }

    /// What it reads.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::from_micros(u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX))
    }
}

/// A seed that is different every time, from the operating system.
#[must_use]
pub fn seed() -> u64 {
    // Without entropy the clock still differs from run to run; the seed is not for secrets.
    getrandom::u64().unwrap_or_else(|_| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        since.as_nanos() as u64
    })
}
