//! The end that sends blocks: a window at a time, read again from the source where something was lost.

use bootproto_core::{BufferTooSmall, Instant, Writer, num};

use super::{Limits, Part, Timer};
use crate::netascii::Encoder;
use crate::wire::{DATA_HEADER, Mode, write_data};
use crate::{Source, SourceError};

/// A file that goes out. Blocks are counted from 1 in 64 bits; the wire shows a part of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sender<S> {
    source: S,
    pub(crate) timer: Timer,
    /// The lowest block that is not acknowledged.
    base: u64,
    /// The block to send next.
    next: u64,
    /// The lowest block that was never sent.
    fresh: u64,
    /// The last block, where it is known.
    last: Option<u64>,
    /// In netascii: where `base` and `next` begin in the source.
    text: Option<[Place; 2]>,
    block_size: u16,
    window_size: u16,
    /// What follows block 65535: block 1 instead of block 0.
    rolls_to_one: bool,
    /// Whether a repeated acknowledgement of the block before `base` has been answered.
    went_back: bool,
}

/// A place in a text that is encoded on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Place {
    offset: u64,
    encoder: Encoder,
}

/// What an acknowledgement turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acknowledged {
    /// Blocks have arrived.
    Some,
    /// The last one has.
    All,
    /// The first block of the window is missing: the window goes out again.
    Missing,
    /// It was here already.
    Again,
    /// No such block was sent.
    Unknown,
}

/// Why a block could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    Buffer(BufferTooSmall),
    Source,
}

impl From<SourceError> for Broken {
    fn from(_: SourceError) -> Self {
        Self::Source
    }
}

impl<S: Source> Sender<S> {
    pub(crate) fn new(source: S, mode: Mode) -> Self {
        Self {
            source,
            timer: Timer::new(),
            base: 1,
            next: 1,
            fresh: 1,
            last: None,
            text: (mode == Mode::Netascii).then(Default::default),
            block_size: 512,
            window_size: 1,
            rolls_to_one: false,
            went_back: false,
        }
    }

    pub(crate) fn configure(&mut self, block_size: u16, window_size: u16, rolls_to_one: bool) {
        self.block_size = block_size;
        self.window_size = window_size;
        self.rolls_to_one = rolls_to_one;
        if self.text.is_none() {
            let full = self.source.len().checked_div(u64::from(block_size)).unwrap_or(0);
            self.last = Some(full.saturating_add(1));
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.source.len()
    }

    pub(crate) const fn source(&self) -> &S {
        &self.source
    }

    pub(crate) const fn block_size(&self) -> u16 {
        self.block_size
    }

    pub(crate) const fn window_size(&self) -> u16 {
        self.window_size
    }

    /// The bytes that have been acknowledged, as they look on the wire.
    pub(crate) fn acknowledged(&self) -> u64 {
        let blocks = self.base.saturating_sub(1).saturating_mul(u64::from(self.block_size));
        if self.text.is_some() { blocks } else { blocks.min(self.source.len()) }
    }

    /// How `block` looks on the wire.
    const fn wire(&self, block: u64) -> u16 {
        match block.checked_sub(1) {
            Some(before) if self.rolls_to_one => num::low_u16((before % 65535).saturating_add(1)),
            _ => num::low_u16(block),
        }
    }

    /// Takes in the acknowledgement of block `wire`.
    pub(crate) fn on_ack(&mut self, now: Instant, wire: u16, limits: Limits) -> Acknowledged {
        let before = self.wire(self.base.saturating_sub(1));
        let blocks = if self.rolls_to_one && wire < before && wire != 0 {
            wire.wrapping_sub(before).wrapping_sub(1)
        } else {
            wire.wrapping_sub(before)
        };
        if blocks == 0 {
            return self.on_repeated(now);
        }
        let base = self.base.saturating_add(u64::from(blocks));
        if base > self.fresh {
            // Far beyond means just before: an acknowledgement that took its time.
            let late = blocks > u16::MAX / 2;
            return if late { Acknowledged::Again } else { Acknowledged::Unknown };
        }
        self.timer.progress(now, limits);
        self.timer.moved(now, usize::from(blocks).saturating_mul(usize::from(self.block_size)), limits);
        self.move_text(u64::from(blocks), base);
        self.base = base;
        // RFC 7440 section 4: whatever was sent beyond the acknowledged block goes out again.
        self.next = base;
        self.went_back = false;
        if self.last.is_some_and(|last| base > last) { Acknowledged::All } else { Acknowledged::Some }
    }

    /// The acknowledgement that is here already came again. In lock-step it must not cause a block (the Sorcerer's
    /// Apprentice). In a window it says that the first block is missing, if it had the time to.
    fn on_repeated(&mut self, now: Instant) -> Acknowledged {
        //= https://www.rfc-editor.org/rfc/rfc1123#section-4.2.3.1
        //# the sender (i.e., the side originating the DATA packets) must never resend the current DATA packet on
        //# receipt of a duplicate ACK.
        if self.window_size > 1
            && !self.went_back
            && self.fresh > self.base
            && self.timer.has_round_trip()
            && self.timer.is_past(now, Part::Most)
        {
            self.went_back = true;
            self.go_back();
            return Acknowledged::Missing;
        }
        Acknowledged::Again
    }

    /// Nothing came for an interval: the window goes out again.
    pub(crate) const fn go_back(&mut self) {
        self.next = self.base;
        if let Some([base, next]) = &mut self.text {
            *next = *base;
        }
    }

    /// In netascii: moves the place of `base` on by `blocks`, and with it that of `next`.
    fn move_text(&mut self, blocks: u64, base: u64) {
        let Some([mut place, next]) = self.text else {
            return;
        };
        if base == self.next {
            place = next;
        } else {
            for _ in 0..blocks {
                // A source that can't be read now can't be read at the next block either, and fails there.
                let _ = fill(&mut self.source, &mut place, self.block_size, None);
            }
        }
        self.text = Some([place, place]);
    }

    /// Whether a block may be sent.
    pub(crate) fn has_block(&self) -> bool {
        let end = self.base.saturating_add(u64::from(self.window_size));
        self.next < end && self.last.is_none_or(|last| self.next <= last)
    }

    /// Writes the next block to the start of `buf`. Answers the packet's length, and whether it had been sent before.
    pub(crate) fn write_block(&mut self, now: Instant, buf: &mut [u8]) -> Result<(usize, bool), Broken> {
        let block = self.next;
        let (length, place) = self.measure()?;
        let needed = DATA_HEADER.saturating_add(usize::from(length));
        let Some(packet) = buf.get_mut(..needed) else {
            return Err(Broken::Buffer(BufferTooSmall { needed }));
        };
        let mut writer = Writer::new(packet);
        write_data(&mut writer, self.wire(block));
        let body = packet.get_mut(DATA_HEADER..).unwrap_or_default();
        match (self.text, place) {
            (Some([base, mut next]), _) => {
                fill(&mut self.source, &mut next, length, Some(body))?;
                self.text = Some([base, next]);
            }
            (None, offset) => {
                if self.source.read_at(offset, body)? != body.len() {
                    return Err(Broken::Source);
                }
            }
        }
        if length < self.block_size {
            self.last = Some(block);
        }
        let again = block < self.fresh;
        self.next = block.saturating_add(1);
        self.fresh = self.fresh.max(self.next);
        self.timer.sent(now, !again);
        Ok((needed, again))
    }

    /// How long the next block is, and where it begins in a source that goes out as it is.
    fn measure(&mut self) -> Result<(u16, u64), SourceError> {
        let Some([_, mut place]) = self.text else {
            let offset = self.next.saturating_sub(1).saturating_mul(u64::from(self.block_size));
            let rest = self.source.len().saturating_sub(offset);
            return Ok((u16::try_from(rest).unwrap_or(u16::MAX).min(self.block_size), offset));
        };
        Ok((fill(&mut self.source, &mut place, self.block_size, None)?, 0))
    }
}

/// Encodes up to `length` bytes from `place` on, into `out` or, without it, only to see how many there are.
fn fill<S: Source>(
    source: &mut S,
    place: &mut Place,
    length: u16,
    mut out: Option<&mut [u8]>,
) -> Result<u16, SourceError> {
    let mut done = 0_u16;
    let mut from = [0; 64];
    let mut to = [0; 128];
    while done < length {
        let room = usize::from(length.saturating_sub(done)).min(to.len());
        let read = source.read_at(place.offset, &mut from)?;
        let text = from.get(..read).unwrap_or_default();
        let (used, written) = place.encoder.encode(text, to.get_mut(..room).unwrap_or_default());
        if written == 0 {
            break;
        }
        if let Some(out) = &mut out {
            let start = usize::from(done);
            let target = out.get_mut(start..start.saturating_add(written)).unwrap_or_default();
            bootproto_core::copy_into(target, to.get(..written).unwrap_or_default());
        }
        place.offset = place.offset.saturating_add(num::u64_from_usize(used));
        done = done.saturating_add(u16::try_from(written).unwrap_or(u16::MAX));
    }
    Ok(done)
}
