//! What a machine adds so that the laws can be checked.

use core::fmt::Debug;

use bootproto_core::{Instant, Machine};

/// What an event means to the laws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The datagram changed nothing (L5).
    Ignored,
    /// The datagram has been seen before; it may cause one resend (L10).
    Duplicate,
    /// The machine is done, well or badly (L9).
    Terminal,
    /// Anything else.
    Other,
}

/// A machine that the laws can be checked on.
pub trait Subject: Machine<Path: Debug> + Clone + PartialEq + Debug {
    /// What `event` means to the laws.
    fn class(event: &Self::Event<'_>) -> Class;

    /// Whether the protocol's own parser accepts a datagram that this machine sent.
    fn parses(sent: &[u8]) -> bool;

    /// How many packets one drain may yield: two, except for what sends a window of blocks.
    fn burst(&self) -> usize {
        2
    }

    /// How many bytes one received datagram of `received` bytes may cause to be sent.
    fn reply_bytes(&self, received: usize) -> usize {
        let _ = received;
        self.burst().saturating_mul(Self::MAX_TRANSMIT)
    }

    /// What the caller does on `event` through the machine's own methods: choose from a menu, answer a probe.
    fn react(&mut self, now: Instant, event: &Self::Event<'_>) {
        let _ = (now, event);
    }
}

/// Declares a new type around a machine of another crate, so that an integration test may implement [`Subject`] on it.
///
/// A trait of one crate can't be implemented in a third crate for a type of another. `wrap!(pub struct Client(dhcp::Client));`
/// makes a type of the test's own that is a [`Machine`] and derives what [`Subject`] asks for; field 0 is the machine.
#[macro_export]
macro_rules! wrap {
    ($vis:vis struct $name:ident($machine:ty)) => {
        /// A machine of another crate, as the laws want it.
        #[derive(Debug, Clone, PartialEq)]
        $vis struct $name($vis $machine);

        impl $crate::core::Machine for $name {
            type Path = <$machine as $crate::core::Machine>::Path;
            type Event<'d> = <$machine as $crate::core::Machine>::Event<'d>;
            const MAX_TRANSMIT: usize = <$machine as $crate::core::Machine>::MAX_TRANSMIT;

            fn handle_datagram<'d>(
                &mut self,
                now: $crate::core::Instant,
                path: Self::Path,
                data: &'d [u8],
            ) -> Self::Event<'d> {
                $crate::core::Machine::handle_datagram(&mut self.0, now, path, data)
            }

            fn handle_timeout(&mut self, now: $crate::core::Instant) -> Option<Self::Event<'static>> {
                $crate::core::Machine::handle_timeout(&mut self.0, now)
            }

            fn poll_transmit<'b>(
                &mut self,
                now: $crate::core::Instant,
                buf: &'b mut [u8],
            ) -> Result<Option<$crate::core::Transmit<'b, Self::Path>>, $crate::core::BufferTooSmall> {
                $crate::core::Machine::poll_transmit(&mut self.0, now, buf)
            }

            fn poll_timeout(&self) -> Option<$crate::core::Instant> {
                $crate::core::Machine::poll_timeout(&self.0)
            }
        }
    };
}
