//! What both ends agreed on, and what happened.

use core::time::Duration;

/// What a transfer runs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Negotiated {
    /// Bytes in a full block (`blksize`, RFC 2348); 512 unless negotiated.
    pub block_size: u16,
    /// Blocks per acknowledgement (`windowsize`, RFC 7440); 1 unless negotiated.
    pub window_size: u16,
    /// The file's size in bytes as announced (`tsize`, RFC 2349), if it was.
    pub size: Option<u64>,
    /// The retransmission interval asked of the peer (`timeout`, RFC 2349, or tftp-hpa's `utimeout`), if granted.
    pub timeout: Option<Duration>,
    /// Whether the data comes by multicast (RFC 2090).
    pub multicast: bool,
}

impl Negotiated {
    /// RFC 1350 without any option.
    pub const PLAIN: Self =
        Self { block_size: 512, window_size: 1, size: None, timeout: None, multicast: false };
}

/// What a transfer has seen so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Statistics {
    /// Datagrams sent.
    pub sent: u32,
    /// Datagrams received on a path of this transfer.
    pub received: u32,
    /// Datagrams sent again because an answer was missing.
    pub retransmissions: u32,
    /// Blocks or acknowledgements that had been here already.
    pub duplicates: u32,
    /// The smoothed round trip, zero until one was measured.
    pub round_trip: Duration,
}

/// The counters of a running transfer, small enough to live in it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counters {
    sent: u32,
    received: u32,
    retransmissions: u32,
    duplicates: u32,
}

impl Counters {
    pub(crate) const fn sent(&mut self) {
        self.sent = self.sent.saturating_add(1);
    }

    /// One of the transfer's own packets; `again` if it went out because an answer was missing.
    pub(crate) const fn sent_own(&mut self, again: bool) {
        if again {
            self.retransmissions = self.retransmissions.saturating_add(1);
        }
    }

    pub(crate) const fn received(&mut self) {
        self.received = self.received.saturating_add(1);
    }

    pub(crate) const fn duplicate(&mut self) {
        self.duplicates = self.duplicates.saturating_add(1);
    }

    pub(crate) const fn with_round_trip(&self, round_trip: Duration) -> Statistics {
        Statistics {
            sent: self.sent,
            received: self.received,
            retransmissions: self.retransmissions,
            duplicates: self.duplicates,
            round_trip,
        }
    }
}
