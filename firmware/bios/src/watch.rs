//! What can be seen of the packets: each as a line while somebody wants it, and the last ones as a capture file.

use crate::clock::Clock;
use crate::console::{Console, Key};
use crate::menu::INTERVAL;
use bootproto::trace::{Lines, Packet, Ring};
use core::fmt::Write as _;
use core::net::Ipv4Addr;
use core::time::Duration;

/// How long a failed boot waits for somebody.
const PATIENCE: Duration = Duration::from_secs(5);

/// The last packets.
#[derive(Debug)]
pub(crate) struct Watch {
    ring: Ring<'static>,
    each: bool,
    lines: Lines,
}

impl Watch {
    pub(crate) fn new(storage: &'static mut [u8]) -> Self {
        Self { ring: Ring::new(storage), each: false, lines: Lines::default() }
    }

    pub(crate) fn set_address(&mut self, address: Ipv4Addr) {
        self.ring.set_address(address);
    }

    /// From now on each packet is a line, or no longer.
    pub(crate) fn toggle(&mut self, mut console: Console) {
        self.each = !self.each;
        let _ =
            writeln!(console, "packets: {}", if self.each { "each is a line now" } else { "no more lines" });
    }

    /// A packet leaves or came.
    pub(crate) fn see(&mut self, mut console: Console, clock: Clock, packet: &Packet<'_>) {
        self.ring.record(packet);
        if self.each
            && let Some(line) = self.lines.line(*packet)
        {
            let _ = writeln!(console, "{line}");
            self.lines.wrote(packet, clock.now());
        }
    }

    /// Prints them if somebody says so in time.
    pub(crate) fn offer(&self, mut console: Console, clock: Clock) {
        if self.ring.is_empty() {
            return;
        }
        let _ = writeln!(
            console,
            "Press t in the next {} s for the last {} packets as a capture file; netboot trace reads it.",
            PATIENCE.as_secs(),
            self.ring.len()
        );
        let (begun, mut looked) = (clock.now(), clock.now());
        while clock.now().saturating_since(begun) < PATIENCE {
            if clock.now().saturating_since(looked) < INTERVAL {
                continue;
            }
            looked = clock.now();
            match console.key() {
                Some(Key::Byte(b't' | b'T')) => {
                    let _ = self.ring.write_text(&mut console);
                    return;
                }
                Some(_) => return,
                None => {}
            }
        }
    }
}
