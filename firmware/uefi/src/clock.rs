//! The time since we were started, from the processor's own counter.

use bootproto_core::Instant;
use core::time::Duration;

/// How long the counter is watched to learn its speed.
#[cfg(target_arch = "x86_64")]
const CALIBRATION: Duration = Duration::from_millis(20);

/// A monotonic clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: u64,
    per_second: u64,
}

impl Clock {
    /// A clock that begins now.
    pub(crate) fn new() -> Self {
        let per_second = frequency().max(1);
        Self { start: counter(), per_second }
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Instant {
        let (ticks, rate) = (counter().wrapping_sub(self.start), self.per_second);
        let part = (ticks % rate).saturating_mul(1_000_000) / rate;
        Instant::from_micros((ticks / rate).saturating_mul(1_000_000).saturating_add(part))
    }
}

/// The counter as it stands.
#[cfg(target_arch = "x86_64")]
pub(crate) fn counter() -> u64 {
    // SAFETY: every x86-64 processor has the time-stamp counter, and firmware runs where it may be read.
    unsafe { core::arch::x86_64::_rdtsc() }
}

#[cfg(target_arch = "x86_64")]
fn frequency() -> u64 {
    let before = counter();
    uefi::boot::stall(CALIBRATION);
    let ticks = counter().wrapping_sub(before);
    let micros = u64::try_from(CALIBRATION.as_micros()).unwrap_or(u64::MAX);
    ticks.saturating_mul(1_000_000) / micros
}

/// The counter as it stands.
#[cfg(target_arch = "aarch64")]
pub(crate) fn counter() -> u64 {
    let ticks: u64;
    // SAFETY: the virtual counter may be read at every exception level, and reading it changes nothing.
    unsafe { core::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack)) };
    ticks
}

#[cfg(target_arch = "aarch64")]
fn frequency() -> u64 {
    let ticks: u64;
    // SAFETY: as for the counter; the firmware has set the register.
    unsafe { core::arch::asm!("mrs {}, cntfrq_el0", out(reg) ticks, options(nomem, nostack)) };
    ticks
}

/// Waits about so long, which gives the firmware's own timers room.
pub(crate) fn pause(time: Duration) {
    uefi::boot::stall(time);
}
