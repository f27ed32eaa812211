//! Time as an input: an instant on the caller's own clock.

use core::time::Duration;

/// A point on a monotonic clock whose origin the caller chooses, in microseconds.
///
/// There is no `now()`, no operator and no sentinel: all arithmetic saturates, and 2^64 microseconds are half a
/// million years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(u64);

impl Instant {
    /// The instant `micros` microseconds after the origin.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// The instant `millis` milliseconds after the origin; the last representable one if that overflows.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// The earlier one of two instants that there may be.
    #[must_use]
    #[cfg_attr(feature = "small", inline(never))]
    pub fn earliest(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// Microseconds since the origin.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// This instant and `span`; the last representable one if that overflows.
    #[must_use]
    #[cfg_attr(feature = "small", inline(never))]
    pub const fn saturating_add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros(span)))
    }

    /// The span from `earlier` to this instant; zero if `earlier` is later.
    #[must_use]
    #[cfg_attr(feature = "small", inline(never))]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

/// `span` in whole microseconds, `u64::MAX` if it does not fit.
const fn micros(span: Duration) -> u64 {
    let whole = span.as_secs().saturating_mul(1_000_000);
    whole.saturating_add(crate::num::u64_from_u32(span.subsec_micros()))
}

#[cfg(test)]
mod tests {
    use super::Instant;
    use core::time::Duration;

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        let end = Instant::from_micros(u64::MAX);
        assert_eq!(end.saturating_add(Duration::from_secs(1)), end);
        assert_eq!(Instant::from_micros(0).saturating_add(Duration::MAX), end);
        assert_eq!(Instant::from_micros(1).saturating_since(end), Duration::ZERO);
        assert_eq!(Instant::from_millis(u64::MAX), end);
    }

    #[test]
    fn spans_add_and_subtract() {
        let start = Instant::from_millis(1_500);
        let later = start.saturating_add(Duration::from_micros(2_500_001));
        assert_eq!(later.as_micros(), 4_000_001);
        assert_eq!(later.saturating_since(start), Duration::from_micros(2_500_001));
    }
}
