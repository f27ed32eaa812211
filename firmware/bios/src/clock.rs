//! Time: the time stamp counter, whose pace the timer chip tells once.

use crate::port::{input, output, ticks};
use bootproto_core::Instant;

/// The timer's frequency, in Hz.
const TIMER: u64 = 1_193_182;
/// How many of its ticks one measurement takes: 10 ms.
const SPAN: u16 = 11_932;

/// A monotonic clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    begun: u64,
    per_millisecond: u64,
}

impl Clock {
    /// Finds out how fast the counter runs; takes 30 ms.
    pub(crate) fn start() -> Self {
        // An interruption (of a virtual machine) only ever makes a measurement longer.
        let span = (0..3).map(|_| measure()).min().unwrap_or(0);
        let per_millisecond = (span * TIMER / u64::from(SPAN) / 1000).max(1);
        Self { begun: ticks(), per_millisecond }
    }

    /// The time since the start.
    pub(crate) fn now(&self) -> Instant {
        let (ticks, rate) = (ticks().wrapping_sub(self.begun), self.per_millisecond);
        Instant::from_micros(ticks / rate * 1000 + ticks % rate * 1000 / rate)
    }
}

/// How far the counter runs while channel 2 of the timer, which is the loudspeaker's, counts down.
fn measure() -> u64 {
    let gate = input(0x61);
    // Gate on, loudspeaker off; mode 0: the output rises at the end.
    output(0x61, gate & 0xfc | 1);
    output(0x43, 0xb0);
    output(0x42, SPAN.to_le_bytes()[0]);
    output(0x42, SPAN.to_le_bytes()[1]);
    let begun = ticks();
    // A machine without that timer must not hang here.
    for _ in 0..10_000_000 {
        if input(0x61) & 0x20 != 0 {
            break;
        }
    }
    let span = ticks().wrapping_sub(begun);
    output(0x61, gate);
    span
}
