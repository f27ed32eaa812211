//! The one shape of every protocol machine, and the small types in its signatures.

use core::fmt;

use crate::Instant;

/// A protocol exchange as a plain value: datagrams and the time go in, datagrams and events come out.
///
/// The crate documentation has the driver loop and the twelve laws that hold for every implementation. Machines are
/// values without lifetimes: `Clone` makes a snapshot, `==` compares two.
pub trait Machine {
    /// Where a datagram came from or goes to ([`UdpPath`](crate::UdpPath) for everything that speaks UDP).
    type Path: Copy + Eq;

    /// What a call tells its caller. It borrows the caller's datagram at most, never the machine.
    type Event<'d>;

    /// A transmit buffer of this many bytes never yields [`BufferTooSmall`].
    const MAX_TRANSMIT: usize;

    /// Takes one received datagram.
    ///
    /// Call this for every datagram that arrives on a path of this machine, strangers' included. Afterwards
    /// [`poll_transmit`](Self::poll_transmit) and [`poll_timeout`](Self::poll_timeout) may answer differently.
    /// Never panics, whatever the bytes.
    fn handle_datagram<'d>(&mut self, now: Instant, path: Self::Path, data: &'d [u8]) -> Self::Event<'d>;

    /// Tells the machine that time has passed.
    ///
    /// Call this when [`poll_timeout`](Self::poll_timeout) is reached; a spurious call changes nothing. `None`
    /// means that there is nothing to tell. Afterwards both polls may answer differently.
    fn handle_timeout(&mut self, now: Instant) -> Option<Self::Event<'static>>;

    /// Writes the next datagram to send into `buf`, or answers `None` when there is nothing to send.
    ///
    /// Call this until it answers `None`. What it answers changes only by the two `handle_` calls and by the
    /// machine's own methods.
    ///
    /// # Errors
    /// [`BufferTooSmall`] says how many bytes it takes; nothing has changed, call again with a larger buffer.
    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, Self::Path>>, BufferTooSmall>;

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called: `None` only when time can't matter.
    ///
    /// While something waits to be sent, this is an instant that has already passed, so that a driver that
    /// forgot to drain wakes at once instead of sleeping on it.
    #[must_use]
    fn poll_timeout(&self) -> Option<Instant>;
}

/// A datagram to send: bytes in the caller's own buffer, and where they go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transmit<'b, P> {
    /// Where it goes, and from which port.
    pub path: P,
    /// The payload of the datagram, without any header below it.
    pub bytes: &'b [u8],
}

/// The caller's buffer could not hold the datagram. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferTooSmall {
    /// How many bytes the datagram takes, exactly.
    pub needed: usize,
}

impl fmt::Display for BufferTooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the transmit buffer is too small, {} bytes are needed", self.needed)
    }
}

impl core::error::Error for BufferTooSmall {}

/// A value that does not count as state: any two compare equal.
///
/// Statistics, the clock's high-water mark and a pending courtesy reply live in one, so that laws L2 and L5 can say
/// `==` and mean what matters.
#[derive(Debug, Clone, Copy, Default)]
pub struct Uncompared<T>(pub T);

impl<T> PartialEq for Uncompared<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Uncompared<T> {}

/// The latest instant a machine has seen, so that a clock that jumps back does no harm (law L7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HighWater(Uncompared<Instant>);

impl HighWater {
    /// A mark at the origin of the caller's clock.
    #[must_use]
    pub const fn new() -> Self {
        Self(Uncompared(Instant::from_micros(0)))
    }

    /// `now`, or the latest instant already seen if that is later.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn advance(&mut self, now: Instant) -> Instant {
        if now > self.0.0 {
            self.0.0 = now;
        }
        self.0.0
    }

    /// The latest instant seen.
    #[must_use]
    pub const fn latest(&self) -> Instant {
        self.0.0
    }
}

#[cfg(test)]
mod tests {
    use super::{HighWater, Uncompared};
    use crate::Instant;

    #[test]
    fn a_clock_that_jumps_back_is_held() {
        let mut clock = HighWater::new();
        assert_eq!(clock.advance(Instant::from_micros(7)), Instant::from_micros(7));
        assert_eq!(clock.advance(Instant::from_micros(3)), Instant::from_micros(7));
        assert_eq!(clock.latest(), Instant::from_micros(7));
    }

    #[test]
    fn uncompared_values_are_equal() {
        assert_eq!(Uncompared(1), Uncompared(2));
    }
}
