//! A line for each packet, as long as the lines are not what takes the time.

use core::fmt;

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
    /// The line of `packet`, if it gets one: print it, then tell [`wrote`](Self::wrote).
    pub fn line<'p>(&mut self, packet: Packet<'p>) -> Option<Line<'p>> {
        let is_bulk = matches!((packet.layer, packet.bytes), (Layer::Datagram(_), [0, 3 | 4, ..]));
        if is_bulk && self.free_at.is_some_and(|free_at| packet.at < free_at) {
            self.left_out = self.left_out.saturating_add(1);
            return None;
        }
        Some(Line { packet, left_out: core::mem::take(&mut self.left_out) })
    }

    /// The line of `packet` took until `now`.
    pub const fn wrote(&mut self, packet: &Packet<'_>, now: Instant) {
        self.free_at = Some(now.saturating_add(now.saturating_since(packet.at)));
    }
}

/// A packet's line, behind one that says how many before it got none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'p> {
    packet: Packet<'p>,
    left_out: u32,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.left_out > 0 {
            writeln!(f, "packets: {} without a line, or the lines would delay them", self.left_out)?;
        }
        write!(f, "{}", self.packet)
    }
}
