//! A line for each packet, as long as the lines are not what takes the time.

use core::time::Duration;

use bootproto_core::Instant;

use super::{Layer, Packet};

/// Decides which packets get a line.
///
/// A screen or a serial line takes milliseconds for one. A window of blocks with a line each would take longer than the
/// server waits before it sends the window again, and the transfer would get nowhere. So at most half of the time goes
/// into lines: blocks and acknowledgements of a file that come too soon after a line get none, and are counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    free_at: Option<Instant>,
    left_out: u32,
}

impl Lines {
    /// Whether `packet` gets a line. If so, write [`take_left_out`](Self::take_left_out) and the packet, then tell
    /// [`wrote`](Self::wrote).
    pub fn is_due(&mut self, packet: &Packet<'_>) -> bool {
        let is_bulk = matches!((packet.layer, packet.bytes), (Layer::Datagram(_), [0, 3 | 4, ..]));
        let is_due = !is_bulk || self.free_at.is_none_or(|free_at| packet.at >= free_at);
        if !is_due {
            self.left_out = self.left_out.saturating_add(1);
        }
        is_due
    }

    /// How many packets since the last line got none.
    pub const fn take_left_out(&mut self) -> u32 {
        core::mem::replace(&mut self.left_out, 0)
    }

    /// The line of `packet` took until `now`.
    pub const fn wrote(&mut self, packet: &Packet<'_>, now: Instant) {
        let took: Duration = now.saturating_since(packet.at);
        self.free_at = Some(now.saturating_add(took));
    }
}
