//! The send buffers. The driver writes a packet into one, and the chip sends it when its last word is there.
//!
//! On the real card they lie in the same BAR as the registers. Behind the proxy every word written there would cost a
//! round trip to this process, 500 for a full packet. So they lie in the BAR of a second device that is plain memory
//! (`ivshmem-plain`), and the chip's register says where, relative to its own BAR; the memory is looked at often while
//! packets flow.

use super::super::memory::Memory;
use super::super::wire::Packet;
use super::registers::{Registers, SEND_AVAILABLE, SEND_BASE, SEND_COUNT, SEND_SIZE};
use std::time::{Duration, Instant};

/// Bytes of the memory that holds the buffers.
pub(crate) const WINDOW: usize = 1 << 20;

/// Small buffers, each 2 KiB and its header on a page; then large ones, 4 KiB and more on two.
const SMALL: (u64, u64) = (32, 4096);
const LARGE: (u64, u64) = (16, 8192);
const LARGE_AT: u64 = SMALL.0 * SMALL.1;
const BUFFERS: usize = 48;

/// What the buffers are filled with while nothing is in them: no length that the driver writes looks like it.
const EMPTY: u32 = 0xa5c3_96e1;

/// A packet whose last word is by chance that of an empty buffer goes out when it hasn't changed for so long.
const PATIENCE: Duration = Duration::from_millis(20);

/// The buffers.
#[derive(Debug)]
pub(super) struct Buffers {
    /// Where the guest has them, once it has.
    window: Option<u64>,
    /// Two bits each, of which the lower changes whenever the buffer is free again.
    available: [u64; 2],
    begun: [Option<Instant>; BUFFERS],
}

const fn address(window: u64, buffer: usize) -> (u64, u64) {
    let n = buffer as u64;
    if n < SMALL.0 {
        (window + n * SMALL.1, SMALL.1)
    } else {
        (window + LARGE_AT + (n - SMALL.0) * LARGE.1, LARGE.1)
    }
}

impl Default for Buffers {
    fn default() -> Self {
        Self { window: None, available: [0; 2], begun: [None; BUFFERS] }
    }
}

impl Buffers {
    /// The guest's memory is this now: finds the window and tells the driver where it is.
    pub(super) fn place(&mut self, memory: &Memory, bar: u64, registers: &mut Registers) {
        registers.set(SEND_SIZE, (4096 + 128) << 32 | (2048 + 128));
        registers.set(SEND_COUNT, LARGE.0 << 32 | SMALL.0);
        let found = memory.region(WINDOW);
        if found != self.window {
            self.window = found;
            for buffer in 0..BUFFERS {
                self.clear(memory, buffer);
            }
        }
        let offset = found.and_then(|window| window.checked_sub(bar)).filter(|offset| *offset < 1 << 32);
        registers.set(SEND_BASE, offset.map_or(0, |offset| (offset + LARGE_AT) << 32 | offset));
    }

    /// Empties a buffer.
    pub(super) fn clear(&mut self, memory: &Memory, buffer: usize) {
        let (Some(window), Some(begun)) = (self.window, self.begun.get_mut(buffer)) else { return };
        *begun = None;
        let (start, size) = address(window, buffer);
        let words: Vec<u8> = EMPTY.to_le_bytes().repeat(usize::try_from(size / 4).unwrap_or(0));
        memory.write(start, &words);
    }

    /// The packets whose last word is there.
    pub(super) fn take(&mut self, memory: &Memory, registers: &Registers, now: Instant) -> Vec<Packet> {
        let mut packets = Vec::new();
        let Some(window) = self.window else { return packets };
        for buffer in 0..BUFFERS {
            let (start, size) = address(window, buffer);
            let Some(control) = memory.word(start).filter(|word| *word != EMPTY) else { continue };
            let length = u64::from(control & 0x7ff).saturating_sub(1) * 4;
            if length == 0 || length > size - 8 {
                continue;
            }
            let complete = memory.word(start + 8 + length - 4).is_some_and(|word| word != EMPTY);
            let begun = *self.begun[buffer].get_or_insert(now);
            if !complete && now.saturating_duration_since(begun) < PATIENCE {
                continue;
            }
            let mut packet = vec![0; usize::try_from(length).unwrap_or(0)];
            memory.read(start + 8, &mut packet);
            let words: Vec<u8> = EMPTY.to_le_bytes().repeat(packet.len() / 4 + 2);
            memory.write(start, &words);
            self.begun[buffer] = None;
            self.available[buffer / 32] ^= 1 << (2 * (buffer % 32));
            packets.push(packet);
        }
        if !packets.is_empty() {
            self.tell(memory, registers);
        }
        packets
    }

    /// Writes which buffers are free to where the driver looks.
    pub(super) fn tell(&self, memory: &Memory, registers: &Registers) {
        let bytes: Vec<u8> = self.available.iter().flat_map(|word| word.to_le_bytes()).collect();
        let address = registers.get(SEND_AVAILABLE);
        if address != 0 {
            memory.write(address, &bytes);
        }
    }
}
