//! Time for the blocking loop.

use bootproto_core::Instant;

/// What the time is, and how it is passed while nothing arrives.
pub trait Clock {
    /// The time, on any origin. It never runs backwards.
    fn now(&mut self) -> Instant;

    /// Passes some time, at most until `deadline`; without one, as long as it likes to between two looks at the
    /// network. It may return at once, and should do so when an interrupt says that a frame has come.
    fn wait(&mut self, deadline: Option<Instant>);
}

/// A function that reads a counter is a clock: nothing sleeps, the loop asks the network again and again.
impl<F: FnMut() -> Instant> Clock for F {
    fn now(&mut self) -> Instant {
        self()
    }

    fn wait(&mut self, _: Option<Instant>) {
        core::hint::spin_loop();
    }
}

/// A clock for firmware that has neither counter nor interrupts: it counts what it has slept.
///
/// The time that the program itself needs is not counted, nor that in which it stores what came, so deadlines come
/// late, never early. A machine stands that: it waits longer for a silent peer than it is told to. Each look at the
/// clock counts for a microsecond, so that time passes under a flood of datagrams too.
#[cfg(feature = "embedded-hal")]
#[derive(Debug)]
pub struct Sleeping<D> {
    delay: D,
    now: Instant,
    step_micros: u32,
}

#[cfg(feature = "embedded-hal")]
impl<D: embedded_hal::delay::DelayNs> Sleeping<D> {
    /// A clock that reads zero now, and looks at the network every 100 µs.
    #[must_use]
    pub const fn new(delay: D) -> Self {
        Self { delay, now: Instant::from_micros(0), step_micros: 100 }
    }

    /// The same with another pause between two looks at the network, at least 1 µs. The network below must hold what
    /// arrives in it: a window of TFTP is 16 datagrams by default.
    #[must_use]
    pub const fn with_step_micros(mut self, micros: u32) -> Self {
        self.step_micros = if micros == 0 { 1 } else { micros };
        self
    }

    /// Gives the delay back.
    #[must_use]
    pub fn into_inner(self) -> D {
        self.delay
    }
}

#[cfg(feature = "embedded-hal")]
impl<D: embedded_hal::delay::DelayNs> Clock for Sleeping<D> {
    fn now(&mut self) -> Instant {
        self.now = self.now.saturating_add(core::time::Duration::from_micros(1));
        self.now
    }

    fn wait(&mut self, deadline: Option<Instant>) {
        let left = deadline.map_or(u64::MAX, |at| at.as_micros().saturating_sub(self.now.as_micros()));
        let micros = u32::try_from(left).unwrap_or(u32::MAX).clamp(1, self.step_micros);
        self.delay.delay_us(micros);
        self.now = self.now.saturating_add(core::time::Duration::from_micros(u64::from(micros)));
    }
}

#[cfg(all(test, feature = "embedded-hal"))]
mod tests {
    use super::{Clock, Sleeping};
    use bootproto_core::Instant;
    use embedded_hal::delay::DelayNs;

    /// Counts what it is asked for.
    struct Counter(u64);

    impl DelayNs for Counter {
        fn delay_ns(&mut self, ns: u32) {
            self.0 = self.0.saturating_add(u64::from(ns));
        }
    }

    #[test]
    fn what_was_slept_is_the_time() {
        let mut clock = Sleeping::new(Counter(0)).with_step_micros(250);
        for _ in 0..8 {
            clock.wait(None);
        }
        assert_eq!(clock.now(), Instant::from_micros(2_001));
        assert_eq!(clock.into_inner().0, 2_000_000);
    }

    #[test]
    fn a_deadline_is_not_slept_over_and_time_never_stands() {
        let mut clock = Sleeping::new(Counter(0)).with_step_micros(0).with_step_micros(1_000);
        clock.wait(Some(Instant::from_micros(30)));
        assert_eq!(clock.now(), Instant::from_micros(31));
        clock.wait(Some(Instant::from_micros(5)));
        assert_eq!(clock.now(), Instant::from_micros(33));
        assert_eq!(clock.into_inner().0, 31_000);
    }
}
