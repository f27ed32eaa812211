//! A file that comes in: blocks, their acknowledgements and the limits of size, for either side.

use bootproto_core::{Instant, num};

use super::{Limits, Part, Receiver, Timer, Verdict};
use crate::negotiated::Counters;
use crate::{Failure, Ignored};

/// So often a window may be begun again before a whole one has come through.
const MAX_RESTARTS: u8 = 2;

/// So often a window may be begun again in the first [`FIRST_WINDOWS`]; more is not chance, but something on the way that
/// holds less than a window.
const MANY_RESTARTS: u8 = 16;

/// As long as no more has come than these, to begin the file anew costs little.
const FIRST_WINDOWS: u16 = 8;

/// No smaller window is taken for too large because blocks were lost: chance would do it.
const SMALL_WINDOW: u16 = 8;

/// So many windows in a row may end in silence before acknowledgements go out earlier.
const MAX_SILENCES: u8 = 3;

/// Why the transfer's own packet is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pending {
    /// For the first time: the answer to it measures the round trip.
    Fresh,
    /// Something was lost, or may have been.
    Again,
}

/// What became of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Its bytes belong here.
    Data {
        /// In bytes from the start.
        offset: u64,
    },
    /// Its bytes belong here, and nothing is missing any more.
    Complete {
        /// In bytes from the start.
        offset: u64,
    },
    /// It only showed that something is missing.
    Nothing,
    /// It changed nothing.
    Ignored(Ignored),
    /// No window comes through whole.
    Stuck,
    /// The size is wrong.
    Failed(Failure),
    /// The very first block ends the file, and more was announced.
    FirstTooShort(Failure),
}

/// A file that comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Incoming {
    pub(crate) timer: Timer,
    pub(crate) receiver: Receiver,
    /// The size that the peer announced.
    pub(crate) announced: Option<u64>,
    /// What may not be exceeded: the caller's limit or the announced size.
    pub(crate) most: u64,
    /// Whether the transfer's own packet waits to be sent.
    pub(crate) pending: Option<Pending>,
    /// How often a window was begun again before a whole one came through.
    restarts: u8,
    /// How often it had to be begun again at all, as long as little has come; the most that fits where it is not counted any more.
    gaps: u8,
    /// Whether a whole window has come through.
    proven: bool,
    /// How many windows in a row have ended in silence.
    silences: u8,
    /// Whether anything new has come since the last silence.
    stirred: bool,
    /// Whether an acknowledgement went out again in silence, and nothing has come since.
    hastened: bool,
    /// Whether that seems to have been too early.
    was_early: bool,
    /// The last of the blocks that come a second time now, and whether the first of them came too early to be the
    /// peer's answer to silence.
    train: Option<(u16, bool)>,
}

impl Incoming {
    pub(crate) const fn new(block_size: u16, window_size: u16, most: u64) -> Self {
        Self {
            timer: Timer::new(),
            receiver: Receiver::new(block_size, window_size),
            announced: None,
            most,
            pending: Some(Pending::Fresh),
            restarts: 0,
            gaps: 0,
            proven: false,
            silences: 0,
            stirred: false,
            hastened: false,
            was_early: false,
            train: None,
        }
    }

    /// For an end that can't ask for less: whatever comes through is taken.
    pub(crate) const fn trusting(mut self) -> Self {
        self.proven = true;
        self.gaps = u8::MAX;
        self
    }

    /// One block. This is what happens for every packet of a long transfer: keep it short.
    #[inline]
    pub(crate) fn on_data(
        &mut self,
        now: Instant,
        (wire, length): (u16, usize),
        in_order_only: bool,
        limits: Limits,
        counters: &mut Counters,
    ) -> Taken {
        match self.receiver.accept(wire, length, in_order_only) {
            Verdict::InOrder { offset, due } => {
                if core::mem::take(&mut self.hastened) {
                    // What comes sooner than a round trip later was on its way before.
                    self.was_early = !self.timer.is_past(now, Part::Most);
                }
                self.timer.progress(now, limits);
                self.timer.moved(now, length, limits);
                self.stirred = true;
                self.train = None;
                if due {
                    self.proven = true;
                    self.silences = 0;
                    self.receiver.window_was_whole();
                    self.receiver.begin_window();
                    self.pending = Some(Pending::Fresh);
                    if self.receiver.is_complete() {
                        return self.on_last(offset, length);
                    }
                }
                self.on_bytes(offset, length)
            }
            Verdict::Ahead { offset } => {
                self.timer.progress(now, limits);
                self.timer.moved(now, length, limits);
                self.stirred = true;
                self.train = None;
                if self.on_gap(now, wire) { Taken::Stuck } else { self.on_bytes(offset, length) }
            }
            verdict
            @ (Verdict::Gap | Verdict::Duplicate { .. } | Verdict::OutOfWindow | Verdict::TooLong) => {
                self.on_old(now, wire, verdict, counters)
            }
        }
    }

    const fn on_bytes(&self, offset: u64, length: usize) -> Taken {
        if offset.saturating_add(num::u64_from_usize(length)) > self.most {
            return Taken::Failed(self.excess());
        }
        Taken::Data { offset }
    }

    #[cold]
    pub(crate) const fn excess(&self) -> Failure {
        match self.announced {
            Some(announced) => Failure::LargerThanAnnounced { announced },
            None => Failure::TooLarge { limit: self.most },
        }
    }

    /// The block that completes the file.
    const fn on_last(&self, offset: u64, length: usize) -> Taken {
        let received = self.receiver.in_order();
        if received > self.most {
            return Taken::Failed(self.excess());
        }
        match self.announced {
            Some(announced) if received < announced => {
                let failure = Failure::SmallerThanAnnounced { announced, received };
                if received == num::u64_from_usize(length) {
                    Taken::FirstTooShort(failure)
                } else {
                    Taken::Failed(failure)
                }
            }
            _ => Taken::Complete { offset },
        }
    }

    /// Something before block `wire` is missing: the peer is told the last block in order, once per gap, and once
    /// more whenever it has begun its window again and the block is still missing. Whether that has failed too often.
    fn on_gap(&mut self, now: Instant, wire: u16) -> bool {
        let told = self.receiver.told();
        if told > 0 {
            if !self.receiver.is_again() || !self.timer.is_past(now, Part::Most) {
                return false;
            }
            if self.count_restart() {
                return true;
            }
        }
        if self.count_gap() {
            return true;
        }
        self.receiver.tell_gap(wire);
        self.receiver.begin_window();
        self.pending = Some(Pending::Again);
        false
    }

    /// The peer begins its window again, without having been told to: before a whole one has come through, that may
    /// mean that none ever will.
    const fn count_restart(&mut self) -> bool {
        if self.proven || self.receiver.window_size() == 1 {
            return false;
        }
        self.restarts = self.restarts.saturating_add(1);
        self.restarts >= MAX_RESTARTS
    }

    /// The peer has to begin its window again. Whether that is so frequent that the window must be too large.
    fn count_gap(&mut self) -> bool {
        if self.receiver.window_size() <= SMALL_WINDOW || self.gaps == u8::MAX {
            return false;
        }
        if self.receiver.is_beyond(FIRST_WINDOWS) {
            // Some windows have come through; from now on it is worth more than what a smaller one would gain.
            self.gaps = u8::MAX;
            return false;
        }
        self.gaps = self.gaps.saturating_add(1);
        self.gaps >= MANY_RESTARTS
    }

    /// A block that brings nothing new.
    #[cold]
    fn on_old(&mut self, now: Instant, wire: u16, verdict: Verdict, counters: &mut Counters) -> Taken {
        match verdict {
            Verdict::Gap => {
                if self.on_gap(now, wire) {
                    return Taken::Stuck;
                }
                Taken::Nothing
            }
            Verdict::Duplicate { acknowledged } => {
                counters.duplicate();
                let is_early = self.follow_train(now, wire);
                if acknowledged {
                    self.on_repeated(is_early);
                } else if self.receiver.told() > 0 && self.receiver.is_again() && self.on_gap(now, wire) {
                    return Taken::Stuck;
                }
                Taken::Ignored(Ignored::Duplicate { block: wire })
            }
            Verdict::TooLong => Taken::Ignored(Ignored::TooLong { block: wire }),
            Verdict::OutOfWindow | Verdict::InOrder { .. } | Verdict::Ahead { .. } => {
                Taken::Ignored(Ignored::OutOfWindow { block: wire })
            }
        }
    }

    /// Blocks come a second time, one behind the other. Whether the first of them came so soon after our last
    /// acknowledgement that the peer had sent it before.
    fn follow_train(&mut self, now: Instant, wire: u16) -> bool {
        let is_early = match self.train {
            Some((last, is_early)) if wire.wrapping_sub(last).wrapping_sub(1) < u16::MAX / 2 => is_early,
            _ => !self.timer.is_past(now, Part::Half),
        };
        self.train = Some((wire, is_early));
        is_early
    }

    /// The last block of the window that was acknowledged last has come again.
    ///
    /// Sorcerer's Apprentice: an answer is due only if the peer sent it because our acknowledgement did not come. Not if
    /// the network made the copy, or if an acknowledgement too many had the peer send the window twice: where taking
    /// in a window takes longer than the round trip, that would double every window to the end of the file.
    fn on_repeated(&mut self, is_early: bool) {
        if !is_early {
            self.pending = Some(Pending::Again);
        } else if core::mem::take(&mut self.was_early) {
            self.timer.was_early();
        }
    }

    /// Nothing came for an interval: the last acknowledgement goes out again. Whether that has failed too often.
    pub(crate) fn on_silence(&mut self) -> bool {
        if self.receiver.is_partial() && (self.count_restart() || self.count_gap()) {
            return true;
        }
        // A window whose end is lost every time, by a buffer that overflows on the way: the file need not begin anew,
        // for an acknowledgement in its middle ends it as well (RFC 7440 section 4).
        if core::mem::take(&mut self.stirred) && self.receiver.is_partial() {
            self.silences = self.silences.saturating_add(1);
            if self.silences >= MAX_SILENCES {
                self.silences = 1;
                self.receiver.narrow();
            }
        }
        self.receiver.begin_again();
        self.hastened = true;
        self.pending = Some(Pending::Again);
        false
    }
}
