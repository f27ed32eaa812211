//! The state of a multicast download (RFC 2090): which blocks are missing, and whether we drive the transfer.
//!
//! All clients of a group take what is sent to it. One of them, the master, acknowledges; its ACK of block `n` asks
//! for block `n + 1`. Whoever becomes the master later asks for what it has missed.

use core::net::Ipv4Addr;

use crate::wire;

/// How many gaps are kept account of. A block that would make one more is dropped, and asked for later.
const MAX_GAPS: usize = 8;

/// A range of blocks that are missing, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Gap {
    first: u16,
    last: u16,
}

/// Membership in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
    pub(super) master: bool,
    /// What is missing, in order. Before the last block is known, the last gap ends where numbers end.
    gaps: heapless::Vec<Gap, MAX_GAPS, u8>,
    /// The number and the length of the last block, once it was seen.
    end: Option<(u16, u16)>,
}

/// What became of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// New.
    New,
    /// Here already.
    Known,
    /// It can't be kept, or can't be.
    Unfit,
    /// Its number is the last that there is, and the file goes on.
    TooMany,
}

impl Group {
    /// From the first OACK; `None` if it names no group.
    pub(super) fn new(granted: wire::Multicast) -> Option<Self> {
        let address = granted.group.filter(Ipv4Addr::is_multicast)?;
        let mut gaps = heapless::Vec::new();
        gaps.push(Gap { first: 1, last: u16::MAX }).ok()?;
        Some(Self { address, port: granted.port?, master: granted.master, gaps, end: None })
    }

    pub(super) fn is_complete(&self) -> bool {
        self.end.is_some() && self.gaps.is_empty()
    }

    /// The block to acknowledge: the one before the first that is missing.
    pub(super) fn acknowledged(&self) -> u16 {
        match (self.gaps.first(), self.end) {
            (Some(gap), _) => gap.first.saturating_sub(1),
            (None, Some((last, _))) => last,
            (None, None) => 0,
        }
    }

    /// The bytes here in order from the start of the file.
    pub(super) fn in_order(&self, block_size: u16) -> u64 {
        let blocks = u64::from(self.acknowledged());
        match self.end.filter(|_| self.gaps.is_empty()) {
            Some((_, length)) => blocks
                .saturating_sub(1)
                .saturating_mul(u64::from(block_size))
                .saturating_add(u64::from(length)),
            None => blocks.saturating_mul(u64::from(block_size)),
        }
    }

    /// Takes in `block` of `length` bytes.
    pub(super) fn hear(&mut self, block: u16, length: u16, block_size: u16) -> Heard {
        if length > block_size || block == 0 {
            return Heard::Unfit;
        }
        let Some(index) = self.gaps.iter().position(|gap| gap.first <= block && block <= gap.last) else {
            return if self.end.is_some_and(|(last, _)| block > last) { Heard::Unfit } else { Heard::Known };
        };
        let short = length < block_size;
        let is_last = self.end.is_some_and(|(last, _)| last == block);
        if short {
            // The end lies in the last gap, or it contradicts what is here.
            let in_last_gap = self.gaps.len().saturating_sub(1) == index;
            if self.end.is_some_and(|end| end != (block, length)) || !in_last_gap {
                return Heard::Unfit;
            }
            self.end = Some((block, length));
            if let Some(gap) = self.gaps.get_mut(index) {
                gap.last = block;
            }
        } else if is_last {
            return Heard::Unfit;
        } else if block == u16::MAX {
            return Heard::TooMany;
        }
        self.close(index, block)
    }

    /// Takes `block` out of a gap.
    fn close(&mut self, index: usize, block: u16) -> Heard {
        let Some(gap) = self.gaps.get(index).copied() else {
            return Heard::Unfit;
        };
        let before = (gap.first < block).then(|| Gap { first: gap.first, last: block.saturating_sub(1) });
        let after = (block < gap.last).then(|| Gap { first: block.saturating_add(1), last: gap.last });
        match (before, after) {
            (Some(before), Some(after)) => {
                if self.gaps.insert(index.saturating_add(1), after).is_err() {
                    return Heard::Unfit;
                }
                self.set(index, before);
            }
            (Some(left), None) | (None, Some(left)) => self.set(index, left),
            (None, None) => {
                if index < self.gaps.len() {
                    self.gaps.remove(index);
                }
            }
        }
        Heard::New
    }

    fn set(&mut self, index: usize, gap: Gap) {
        if let Some(place) = self.gaps.get_mut(index) {
            *place = gap;
        }
    }
}
