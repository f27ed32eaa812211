//! What a server's transfer may grant.

use core::time::Duration;

use bootproto_core::Rng;

use crate::transfer::{Limits, MOST_WINDOW};
use crate::wire::{MAX_BLOCK_SIZE, MIN_BLOCK_SIZE};

/// The settings of a [`Send`](super::Send) or a [`Receive`](super::Receive).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) rng: Rng,
    pub(super) limit: u64,
    pub(super) limits: Limits,
    pub(super) max_block_size: u16,
    pub(super) max_window_size: u16,
    pub(super) in_order: bool,
}

impl Config {
    /// The defaults. `seed` is chance for the intervals.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self {
            rng: Rng::new(seed),
            limit: u64::MAX,
            limits: Limits::DEFAULT,
            max_block_size: MAX_BLOCK_SIZE,
            max_window_size: 64,
            in_order: false,
        }
    }

    /// The largest block size to grant in bytes; what is outside 8 to 65464 counts as the nearest in it. 65464 by
    /// default, which leaves it to the client.
    #[must_use]
    pub const fn with_max_block_size(mut self, bytes: u16) -> Self {
        self.max_block_size = if bytes < MIN_BLOCK_SIZE {
            MIN_BLOCK_SIZE
        } else if bytes > MAX_BLOCK_SIZE {
            MAX_BLOCK_SIZE
        } else {
            bytes
        };
        self
    }

    /// The largest window to grant in blocks; 64 by default, 0 counts as 1. What is above 32767 counts as that: in a
    /// larger one, 16 bits can't tell a late number from an early one.
    #[must_use]
    pub const fn with_max_window_size(mut self, blocks: u16) -> Self {
        self.max_window_size = match blocks {
            0 => 1,
            blocks if blocks > MOST_WINDOW => MOST_WINDOW,
            blocks => blocks,
        };
        self
    }

    /// The most bytes to take from a client; there is no limit by default.
    #[must_use]
    pub const fn with_limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// Whether incoming blocks are told strictly in order.
    #[must_use]
    pub const fn with_in_order(mut self, in_order: bool) -> Self {
        self.in_order = in_order;
        self
    }

    /// The retransmission timer: the shortest interval (20 ms by default), the longest (4 s), and the time without
    /// progress after which the transfer is given up (30 s). Senseless values leave the defaults. An interval that
    /// the client asks for takes the longest one's place.
    #[must_use]
    pub const fn with_timeouts(self, floor: Duration, ceiling: Duration, give_up: Duration) -> Self {
        let limits = self.limits.with_spans(floor, ceiling, give_up);
        self.with_limits(limits)
    }

    /// The least that must go, or come, in every `period` of at most an hour; 64 KiB in 5 minutes by default. A client
    /// that says a word whenever it is about to be given up could otherwise hold its slot for days. 0 bytes ask for
    /// nothing. Senseless values leave the defaults.
    #[must_use]
    pub const fn with_minimum_rate(self, bytes: u32, period: Duration) -> Self {
        let limits = self.limits.with_rate(bytes, period);
        self.with_limits(limits)
    }

    const fn with_limits(mut self, limits: Limits) -> Self {
        if limits.is_sound() {
            self.limits = limits;
        }
        self
    }
}
