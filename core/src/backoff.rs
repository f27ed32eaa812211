//! Retransmission intervals that double up to a ceiling, with jitter from the seed.

use core::time::Duration;

use crate::{Rng, num};

/// Doubling intervals with jitter, as RFC 2131 section 4.1 asks: 4, 8, 16, 32 s, each plus or minus 1 s.
///
/// Jitter keeps a hall of machines that were switched on together from asking together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    /// All in microseconds: the arithmetic of `Duration` has panics that the compiler can't always rule out.
    next: u32,
    ceiling: u32,
    jitter: u32,
}

impl Backoff {
    /// Intervals of `first`, twice that, and so on up to `ceiling`, each moved by at most `jitter` either way. None is
    /// longer than 71 minutes.
    #[must_use]
    pub const fn new(first: Duration, ceiling: Duration, jitter: Duration) -> Self {
        Self { next: micros(first), ceiling: micros(ceiling), jitter: micros(jitter) }
    }

    /// The next interval. Never shorter than a millisecond, so that a deadline always moves.
    pub fn next_interval(&mut self, rng: &mut Rng) -> Duration {
        let (base, jitter) = (u64::from(self.next), u64::from(self.jitter));
        self.next = self.next.saturating_mul(2).min(self.ceiling);
        let offset = rng.below(jitter.saturating_mul(2).saturating_add(1));
        Duration::from_micros(base.saturating_add(offset).saturating_sub(jitter).max(1_000))
    }
}

/// In microseconds, `u32::MAX` where that is too small.
const fn micros(span: Duration) -> u32 {
    let whole = span.as_secs().saturating_mul(1_000_000);
    let micros = whole.saturating_add(num::u64_from_u32(span.subsec_micros()));
    if micros > num::u64_from_u32(u32::MAX) { u32::MAX } else { num::low_u32(micros) }
}

#[cfg(test)]
mod tests {
    use super::Backoff;
    use crate::Rng;
    use core::time::Duration;

    #[test]
    fn doubles_within_the_jitter_and_stops_at_the_ceiling() {
        let mut rng = Rng::new(42);
        for _ in 0..1_000 {
            let second = Duration::from_secs(1);
            let mut backoff = Backoff::new(4 * second, 32 * second, second);
            for expected in [4_u32, 8, 16, 32, 32] {
                let interval = backoff.next_interval(&mut rng);
                assert!(interval >= expected * second - second && interval <= expected * second + second);
            }
        }
    }

    #[test]
    fn an_interval_is_never_zero() {
        let mut backoff = Backoff::new(Duration::ZERO, Duration::ZERO, Duration::ZERO);
        assert_eq!(backoff.next_interval(&mut Rng::new(0)), Duration::from_millis(1));
    }
}
