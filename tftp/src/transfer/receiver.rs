//! The end that receives blocks: which are here, where they belong, and when an acknowledgement is due.

/// What follows block 65535 on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rollover {
    /// Not seen yet; with how often block 1 came where 0 or 1 may follow.
    Unknown(u8),
    /// Block 0, as most do.
    Zero,
    /// Block 1, as tftp-hpa can and a few old servers do.
    One,
}

/// How often block 1 must lead a window after block 65535 before it counts as a rollover to 1. A server that rolls
/// over to 0 would have to lose its block 0 as often in a row.
const EVIDENCE: u8 = 4;

/// After so many windows that came through whole, acknowledgements go out less often again.
const ENOUGH: u8 = 32;

/// The first block whose number does not fit 16 bits.
const BOUNDARY: u64 = 65536;

/// The blocks received so far. Blocks are counted from 1 in 64 bits; the wire shows a part of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Receiver {
    /// The lowest block that is missing.
    next: u64,
    /// Where it belongs.
    offset: u64,
    /// Bit `i`: block `next + 1 + i` is here.
    ahead: u64,
    /// The last block, once it was seen.
    last: Option<u64>,
    /// How long the last block is.
    last_length: u16,
    /// `next` as it will look on the wire.
    next_wire: u16,
    block_size: u16,
    window_size: u16,
    /// Blocks from `next` on that belong to the peer's window.
    left: u16,
    /// Blocks from `next` on until an acknowledgement is due.
    due_in: u16,
    /// So many blocks are acknowledged together: the window, or a part of it that comes through.
    stride: u16,
    /// How many windows have come through whole since `stride` changed.
    whole: u8,
    rollover: Rollover,
    /// How often an acknowledgement has answered the gap at `next`.
    told: u8,
    /// How far beyond `next` the latest block was: when that falls, the peer has begun its window again.
    reached: u16,
    /// Whether it has begun again since the gap was answered.
    again: bool,
}

/// What a block turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// New, and in order.
    InOrder {
        /// Where its bytes belong.
        offset: u64,
        /// Whether an acknowledgement is due.
        due: bool,
    },
    /// New, but something before it is missing.
    Ahead {
        /// Where its bytes belong.
        offset: u64,
    },
    /// It can't be kept, but it shows that something before it is missing.
    Gap,
    /// It was here already.
    Duplicate {
        /// It is the last block acknowledged: that acknowledgement may have been lost.
        acknowledged: bool,
    },
    /// The peer can't have sent it yet.
    OutOfWindow,
    /// It is longer than negotiated.
    TooLong,
}

impl Receiver {
    pub(crate) const fn new(block_size: u16, window_size: u16) -> Self {
        Self {
            next: 1,
            offset: 0,
            ahead: 0,
            last: None,
            last_length: 0,
            next_wire: 1,
            block_size,
            window_size,
            left: window_size,
            due_in: window_size,
            stride: window_size,
            whole: 0,
            rollover: Rollover::Unknown(0),
            told: 0,
            reached: 0,
            again: false,
        }
    }

    pub(crate) const fn block_size(&self) -> u16 {
        self.block_size
    }

    pub(crate) const fn window_size(&self) -> u16 {
        self.window_size
    }

    /// The bytes received in order.
    pub(crate) const fn in_order(&self) -> u64 {
        self.offset
    }

    /// Whether more than `windows` have come.
    pub(crate) fn is_beyond(&self, windows: u16) -> bool {
        self.next > u64::from(self.window_size).saturating_mul(u64::from(windows))
    }

    /// Whether no block has arrived.
    pub(crate) const fn is_fresh(&self) -> bool {
        self.next == 1 && self.ahead == 0
    }

    /// Whether every block has arrived.
    pub(crate) const fn is_complete(&self) -> bool {
        match self.last {
            Some(last) => self.next > last,
            None => false,
        }
    }

    /// The block to acknowledge, as the wire shows it.
    pub(crate) const fn acknowledged(&self) -> u16 {
        match (self.rollover, self.next_wire) {
            (Rollover::One, 1) if self.next > 1 => u16::MAX,
            (_, wire) => wire.wrapping_sub(1),
        }
    }

    /// An acknowledgement goes out: the peer begins a window at `next`.
    pub(crate) const fn begin_window(&mut self) {
        self.left = self.window_size;
        self.due_in = self.stride;
    }

    /// Acknowledgements go out earlier from now on.
    pub(crate) const fn narrow(&mut self) {
        self.stride = if self.stride < 2 { 1 } else { self.stride / 2 };
        self.whole = 0;
    }

    /// As many blocks as are acknowledged together have come through: some day they may be more again.
    pub(crate) const fn window_was_whole(&mut self) {
        if self.stride == self.window_size {
            return;
        }
        self.whole = self.whole.saturating_add(1);
        if self.whole >= ENOUGH {
            self.whole = 0;
            let doubled = self.stride.saturating_mul(2);
            self.stride = if doubled < self.window_size { doubled } else { self.window_size };
        }
    }

    /// How often the gap at `next` has been answered.
    pub(crate) const fn told(&self) -> u8 {
        self.told
    }

    /// Whether the peer has begun its window again since the gap was answered.
    pub(crate) const fn is_again(&self) -> bool {
        self.again
    }

    /// Whether part of a window is here.
    pub(crate) const fn is_partial(&self) -> bool {
        self.left != self.window_size || self.ahead != 0 || self.reached != 0
    }

    /// Nothing came for too long: an acknowledgement goes out, and whatever gap there is may be answered anew.
    pub(crate) const fn begin_again(&mut self) {
        self.begin_window();
        self.told = 0;
        self.reached = 0;
        self.again = false;
    }

    /// An acknowledgement answers the gap that block `wire` has shown.
    pub(crate) const fn tell_gap(&mut self, wire: u16) {
        self.told = self.told.saturating_add(1);
        self.again = false;
        if let Rollover::Unknown(seen) = self.rollover
            && self.next == BOUNDARY
            && wire == 1
        {
            self.rollover = Rollover::Unknown(seen.saturating_add(1));
        }
    }

    /// How far block `wire` is beyond `next`; large if it is before. `None` if the wire can't show it.
    const fn distance(&self, wire: u16) -> Option<u16> {
        match self.rollover {
            Rollover::Unknown(_) | Rollover::Zero => Some(wire.wrapping_sub(self.next_wire)),
            Rollover::One if wire == 0 => None,
            Rollover::One if wire >= self.next_wire => Some(wire.wrapping_sub(self.next_wire)),
            Rollover::One => Some(wire.wrapping_sub(self.next_wire).wrapping_sub(1)),
        }
    }

    /// Takes in block `wire` of `length` bytes. With `in_order_only`, blocks beyond a gap are not kept.
    #[inline]
    pub(crate) fn accept(&mut self, wire: u16, length: usize, in_order_only: bool) -> Verdict {
        // The common case first: the next block, full, with nothing kept beyond it.
        if wire == self.next_wire
            && length == usize::from(self.block_size)
            && self.ahead == 0
            && self.last.is_none()
            && self.next != BOUNDARY
        {
            let offset = self.offset;
            self.advance(1);
            return Verdict::InOrder { offset, due: self.due_in == 0 };
        }
        self.accept_any(wire, length, in_order_only)
    }

    fn accept_any(&mut self, wire: u16, length: usize, in_order_only: bool) -> Verdict {
        let Ok(length) = u16::try_from(length) else {
            return Verdict::TooLong;
        };
        if length > self.block_size {
            return Verdict::TooLong;
        }
        if self.next == BOUNDARY && !self.settle_rollover(wire) {
            self.note(1);
            return Verdict::Gap;
        }
        let Some(distance) = self.distance(wire) else {
            return Verdict::OutOfWindow;
        };
        if distance > u16::MAX / 2 {
            let acknowledged = wire == self.acknowledged() && self.left == self.window_size;
            return Verdict::Duplicate { acknowledged };
        }
        let block = self.next.saturating_add(u64::from(distance));
        if self.last.is_some_and(|last| block > last) || distance >= self.left {
            return Verdict::OutOfWindow;
        }
        match distance.checked_sub(1) {
            None => self.take_next(block, length),
            Some(bit) => {
                let verdict = self.take_ahead(block, u32::from(bit), length, in_order_only);
                if verdict != Verdict::OutOfWindow {
                    self.note(distance);
                }
                verdict
            }
        }
    }

    /// Notes how far beyond `next` a block was.
    const fn note(&mut self, distance: u16) {
        if distance <= self.reached {
            self.again = true;
        }
        self.reached = distance;
    }

    fn take_next(&mut self, block: u64, length: u16) -> Verdict {
        if !self.ends_consistently(block, length) {
            return Verdict::OutOfWindow;
        }
        let offset = self.offset;
        let beyond = self.ahead.trailing_ones();
        self.ahead = self.ahead.checked_shr(beyond.saturating_add(1)).unwrap_or(0);
        self.advance(u16::try_from(beyond).unwrap_or(u16::MAX).saturating_add(1));
        Verdict::InOrder { offset, due: self.due_in == 0 || self.is_complete() }
    }

    fn take_ahead(&mut self, block: u64, bit: u32, length: u16, in_order_only: bool) -> Verdict {
        let Some(mask) = 1_u64.checked_shl(bit) else {
            return Verdict::Gap;
        };
        // Beyond a rollover that is not settled, a number on the wire could mean either of two blocks.
        let unsettled = matches!(self.rollover, Rollover::Unknown(_)) && block > u64::from(u16::MAX);
        if in_order_only || unsettled {
            return Verdict::Gap;
        }
        if self.ahead & mask != 0 {
            return Verdict::Duplicate { acknowledged: false };
        }
        if !self.ends_consistently(block, length) {
            return Verdict::OutOfWindow;
        }
        self.ahead |= mask;
        let blocks = u64::from(bit).saturating_add(1);
        Verdict::Ahead {
            offset: self.offset.saturating_add(blocks.saturating_mul(u64::from(self.block_size))),
        }
    }

    /// Notes the end of the file if `block` is short; `false` if that contradicts a block that is here already.
    fn ends_consistently(&mut self, block: u64, length: u16) -> bool {
        if length < self.block_size {
            let highest =
                self.next.saturating_add(u64::from(64_u32.saturating_sub(self.ahead.leading_zeros())));
            let beyond = self.ahead != 0 && highest > block;
            if beyond || self.last.is_some_and(|last| last != block) {
                return false;
            }
            self.last = Some(block);
            self.last_length = length;
            return true;
        }
        self.last != Some(block)
    }

    /// Moves `next` on by `blocks`.
    #[inline]
    fn advance(&mut self, blocks: u16) {
        self.next = self.next.saturating_add(u64::from(blocks));
        let (wire, wrapped) = self.next_wire.overflowing_add(blocks);
        self.next_wire = match self.rollover {
            Rollover::One if wrapped => wire.wrapping_add(1),
            Rollover::One | Rollover::Zero | Rollover::Unknown(_) => wire,
        };
        self.offset = match self.last {
            Some(last) if self.next > last => {
                let full = u64::from(blocks).saturating_sub(1).saturating_mul(u64::from(self.block_size));
                self.offset.saturating_add(full).saturating_add(u64::from(self.last_length))
            }
            _ => self.offset.saturating_add(u64::from(blocks).saturating_mul(u64::from(self.block_size))),
        };
        self.left = self.left.saturating_sub(blocks);
        self.due_in = self.due_in.saturating_sub(blocks);
        self.told = 0;
        self.reached = 0;
        self.again = false;
    }

    /// `next` is the first block that 16 bits can't show. `false` while what follows is not certain.
    const fn settle_rollover(&mut self, wire: u16) -> bool {
        let Rollover::Unknown(seen) = self.rollover else {
            return true;
        };
        match wire {
            0 => self.rollover = Rollover::Zero,
            // In lock-step it can be nothing else. In a window, block 0 may have been lost before it.
            1 if self.window_size == 1 || seen >= EVIDENCE => {
                self.rollover = Rollover::One;
                self.next_wire = 1;
            }
            1 => return false,
            // A duplicate from before; `distance` tells.
            _ => return wire > u16::MAX / 2,
        }
        true
    }
}
