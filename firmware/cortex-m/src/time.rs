//! Time: the SysTick timer, which every Cortex-M has, counts milliseconds and wakes the processor up.

use bootproto_core::Instant;
use core::cell::Cell;
use core::time::Duration;
use cortex_m::interrupt::{Mutex, free};
use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;

/// The processor's clock on this board.
pub(crate) const CORE_HZ: u32 = 25_000_000;

static MILLIS: Mutex<Cell<u64>> = Mutex::new(Cell::new(0));

#[cortex_m_rt::exception]
fn SysTick() {
    free(|alone| {
        let millis = MILLIS.borrow(alone);
        millis.set(millis.get() + 1);
    });
}

/// A monotonic clock. Milliseconds are fine enough for the boot client.
#[derive(Debug)]
pub(crate) struct Clock(());

impl Clock {
    /// Starts it at 0.
    pub(crate) fn start(mut timer: SYST) -> Self {
        timer.set_clock_source(SystClkSource::Core);
        timer.set_reload(CORE_HZ / 1000 - 1);
        timer.clear_current();
        timer.enable_counter();
        timer.enable_interrupt();
        Self(())
    }

    /// The time since the start.
    pub(crate) fn now(&self) -> Instant {
        Instant::from_millis(free(|alone| MILLIS.borrow(alone).get()))
    }

    /// Sleeps until the next interrupt, a millisecond at most. Where the controller's interrupt wakes the processor too,
    /// a frame does not wait that long.
    pub(crate) fn rest(&self) {
        cortex_m::asm::wfi();
    }

    /// Waits for a condition, but not longer than `limit`; answers whether it came.
    pub(crate) fn wait_for(&self, limit: Duration, condition: impl Fn() -> bool) -> bool {
        let until = self.now().saturating_add(limit);
        loop {
            if condition() {
                return true;
            }
            if self.now() >= until {
                return false;
            }
        }
    }
}
