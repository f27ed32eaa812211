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
