//! Time: the time stamp counter, whose pace the timer chip tells once.

use crate::memory::word;
use crate::port::{input, output, ticks};
use crate::real::{Registers, interrupt};
use bootproto_core::Instant;

/// The timer's frequency, in Hz.
const TIMER: u64 = 1_193_182;
/// How many of its ticks one measurement takes: 10 ms.
const SPAN: u16 = 11_932;
/// So often a timer is looked at before it counts as missing: at least 100 ms.
const LOOKS: u32 = 1_000_000;
/// Ticks of the BIOS's clock, each 65536 of the timer's, that one measurement takes.
const TICKS: u16 = 2;
/// Ticks of the counter in a millisecond where no timer works at all.
const GUESS: u64 = 2_000_000;

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
        let span = (0..3).map_while(|_| measure()).min();
        let per_millisecond = span.map(|span| span * TIMER / u64::from(SPAN) / 1000);
        let per_millisecond = per_millisecond.filter(|rate| *rate > 0).unwrap_or_else(measure_by_bios);
        Self { begun: ticks(), per_millisecond }
    }

    /// The time since the start.
    pub(crate) fn now(&self) -> Instant {
        let (ticks, rate) = (ticks().wrapping_sub(self.begun), self.per_millisecond);
        Instant::from_micros(ticks / rate * 1000 + ticks % rate * 1000 / rate)
    }
}

/// How far the counter runs while channel 2 of the timer, which is the loudspeaker's, counts down. Nothing on a machine
/// without that timer.
fn measure() -> Option<u64> {
    let gate = input(0x61);
    // Gate on, loudspeaker off; mode 0: the output rises at the end.
    output(0x61, gate & 0xfc | 1);
    output(0x43, 0xb0);
    output(0x42, SPAN.to_le_bytes()[0]);
    output(0x42, SPAN.to_le_bytes()[1]);
    let begun = ticks();
    let ended = (0..LOOKS).any(|_| input(0x61) & 0x20 != 0);
    let span = ticks().wrapping_sub(begun);
    output(0x61, gate);
    ended.then_some(span)
}

/// The counter's pace by the BIOS's clock, whose interrupt comes while a BIOS call ends; takes a quarter of a second.
fn measure_by_bios() -> u64 {
    let mut span = 0;
    for _ in 0..2 {
        let (tick, begun) = (word(0x46c), ticks());
        let mut looks = 0..LOOKS / 4;
        // The first time it is in the middle of a tick.
        while word(0x46c).wrapping_sub(tick) < TICKS && looks.next().is_some() {
            interrupt(0x16, Registers { eax: 0x0100, ..Registers::default() });
        }
        if looks.next().is_none() {
            return GUESS;
        }
        span = ticks().wrapping_sub(begun);
    }
    (span * TIMER / (65_536 * u64::from(TICKS)) / 1000).max(1)
}
