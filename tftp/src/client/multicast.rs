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

impl Gap {
    /// A place that is free: it holds no block.
    const NONE: Self = Self { first: 1, last: 0 };

    const fn is_none(self) -> bool {
        self.first > self.last
    }

    const fn holds(self, block: u16) -> bool {
        self.first <= block && block <= self.last
    }
}

/// Membership in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    address: Ipv4Addr,
    port: u16,
    master: bool,
    /// What is missing, in no order. Before the last block is known, the last gap ends where numbers end.
    gaps: [Gap; MAX_GAPS],
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
        let mut gaps = [Gap::NONE; MAX_GAPS];
        *gaps.first_mut()? = Gap { first: 1, last: u16::MAX };
        Some(Self { address, port: granted.port?, master: granted.master, gaps, end: None })
    }

    pub(super) const fn address(&self) -> Ipv4Addr {
        self.address
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    pub(super) const fn is_master(&self) -> bool {
        self.master
    }

    pub(super) const fn appoint(&mut self, master: bool) {
        self.master = master;
    }

    pub(super) fn is_complete(&self) -> bool {
        self.end.is_some() && self.first_missing().is_none()
    }

    /// The block to acknowledge: the one before the first that is missing.
    pub(super) fn acknowledged(&self) -> u16 {
        match (self.first_missing(), self.end) {
            (Some(block), _) => block.saturating_sub(1),
            (None, Some((last, _))) => last,
            (None, None) => 0,
        }
    }

    fn first_missing(&self) -> Option<u16> {
        self.gaps.iter().filter(|gap| !gap.is_none()).map(|gap| gap.first).min()
    }

    /// The bytes here in order from the start of the file.
    pub(super) fn in_order(&self, block_size: u16) -> u64 {
        let blocks = u64::from(self.acknowledged());
        match self.end.filter(|_| self.is_complete()) {
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
        let Some(gap) = self.gaps.iter().copied().find(|gap| gap.holds(block)) else {
            return if self.end.is_some_and(|(last, _)| block > last) { Heard::Unfit } else { Heard::Known };
        };
        let is_last = self.end.is_some_and(|(last, _)| last == block);
        if length == block_size {
            return match (is_last, block) {
                (true, _) => Heard::Unfit,
                (false, u16::MAX) => Heard::TooMany,
                (false, _) => self.close(gap, block, gap.last),
            };
        }
        // The end lies in the last gap, or it contradicts what is here.
        let in_last_gap = self.gaps.iter().all(|other| other.is_none() || other.last <= gap.last);
        if self.end.is_some_and(|end| end != (block, length)) || !in_last_gap {
            return Heard::Unfit;
        }
        self.end = Some((block, length));
        self.close(gap, block, block)
    }

    /// Takes `block` out of `gap`, which ends with block `last` from now on.
    fn close(&mut self, gap: Gap, block: u16, last: u16) -> Heard {
        let before = Gap { first: gap.first, last: block.saturating_sub(1) };
        let after = if block < last { Gap { first: block.saturating_add(1), last } } else { Gap::NONE };
        let (here, there) = if before.is_none() { (after, Gap::NONE) } else { (before, after) };
        if !there.is_none() {
            let Some(free) = self.gaps.iter_mut().find(|gap| gap.is_none()) else {
                return Heard::Unfit;
            };
            *free = there;
        }
        if let Some(place) = self.gaps.iter_mut().find(|place| place.holds(block)) {
            *place = here;
        }
        Heard::New
    }
}
