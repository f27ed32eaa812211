//! The receive queue of the first context: headers go into its entries, payloads into eager buffers.

use super::super::memory::Memory;
use super::super::wire::Headers;
use super::registers::{
    EAGER, ENTRY, HEADER_ADDRESS, HEADER_COUNT, RECEIVE_CONTROL, Registers, TAIL_ADDRESS, USER,
};

/// A packet for an ordinary queue pair, in the receive header flags.
const EXPECTED_BY_NOBODY: u64 = 2 << 11;

/// Where the chip is in the queue.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// In dwords, as the driver counts.
    tail: u64,
    eager: u64,
}

impl Queue {
    /// The tail that the driver may also read from the chip, and the eager one.
    pub(super) fn tails(&self) -> (u64, u64) {
        (self.tail, self.eager)
    }

    /// Whether a packet can be taken. A fabric loses nothing for lack of room: the sender waits.
    pub(super) fn has_room(&self, registers: &Registers) -> bool {
        let head = registers.get(USER + 8) & 0xffff_ffff;
        let eager = registers.get(USER + 24) & 0xffff_ffff;
        self.next(registers) != head && (self.eager + 1) % EAGER.1 != eager
    }

    /// Whether the driver has yet to look at something.
    pub(super) fn is_behind(&self, registers: &Registers) -> bool {
        registers.get(USER + 8) & 0xffff_ffff != self.tail
    }

    fn next(&self, registers: &Registers) -> u64 {
        let entries = match registers.get(HEADER_COUNT) & 0xffff_ffff {
            0 => EAGER.1,
            count => count,
        };
        (self.tail + ENTRY) % (entries * ENTRY)
    }

    /// Puts a packet into the queue. `false`: the driver doesn't receive, and it is lost.
    pub(super) fn put(&mut self, memory: &Memory, registers: &Registers, packet: &[u8]) -> bool {
        let Some(headers) = Headers::of(packet) else { return false };
        let payload = headers.payload();
        if registers.get(RECEIVE_CONTROL) & 1 == 0 || payload > packet.len() {
            return false;
        }
        let index = self.eager;
        // The lower bits of an eager buffer's entry are its address in units of 2 KiB.
        let buffer = (registers.get(EAGER.0 + index * 8) & 0x1fff_ffff) << 11;
        // The length counts the ICRC, but nobody looks at it, and behind a payload of the full MTU is no room for it.
        let data = &packet[payload..];
        let words = (packet.len() + 4) / 4;
        let flags = u64::try_from(words).unwrap_or(0) | EXPECTED_BY_NOBODY | index << 16;
        let mut entry = flags.to_le_bytes().to_vec();
        entry.extend_from_slice(&packet[..payload]);
        let place = registers.get(HEADER_ADDRESS) + self.tail * 4;
        if !memory.write(buffer, data) || !memory.write(place, &entry) {
            return false;
        }
        self.eager = (index + 1) % EAGER.1;
        self.tail = self.next(registers);
        let told = registers.get(TAIL_ADDRESS);
        told == 0 || memory.write(told, &self.tail.to_le_bytes())
    }
}
