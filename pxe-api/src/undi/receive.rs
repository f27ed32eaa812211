//! Receiving: rounds of interrupt calls, and frames put together from pieces.

use super::client::{Client, Signal};
use super::config::Config;
use super::event::{Event, Fragment};
use super::failure::Ignored;
use super::step::Step;
use crate::blocks::{FuncFlag, PacketKind, Protocol, UndiIsr};
use crate::call::answer;
use crate::opcode::Exit;
use bootproto_core::Instant;
use core::time::Duration;

/// How often in a row the watchdog must find a frame that nothing announced before it is believed.
const CONVICTION: u8 = 3;

/// A round of calls, and what is remembered between rounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Round {
    /// An interrupt is waited for.
    interrupts: bool,
    /// A round starts with "was it yours?".
    start: bool,
    /// DONE is not to be believed.
    again: bool,
    /// A round is wanted.
    wanted: Option<Reason>,
    /// The round that is on.
    reason: Reason,
    /// The ROM has not said DONE yet.
    processing: bool,
    /// Frames that this round may still give, and calls that it may still make.
    frames_left: u16,
    calls_left: u16,
    frames: u16,
    /// Some piece came in this round.
    progress: bool,
    partial: Option<Partial>,
    /// When something last came, or was looked for.
    last: Instant,
    /// How often in a row a frame came unannounced.
    unannounced: u8,
}

/// Why a round is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Interrupt,
    Poll,
    /// Nothing announced anything for a while.
    Watchdog,
}

/// A frame of which a part has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Partial {
    length: u16,
    got: u16,
    /// It is not wanted; its pieces are only counted.
    discard: bool,
}

impl Round {
    pub(super) const fn new(config: &Config) -> Self {
        Self {
            interrupts: false,
            start: config.isr_start,
            again: false,
            wanted: None,
            reason: Reason::Poll,
            processing: false,
            frames_left: 0,
            calls_left: 0,
            frames: 0,
            progress: false,
            partial: None,
            last: Instant::from_micros(0),
            unannounced: 0,
        }
    }

    pub(super) const fn decide(&mut self, poll: bool, again: bool) {
        self.interrupts = !poll;
        self.again = again;
    }

    /// The adapter starts anew: what was under way is gone.
    pub(super) const fn forget(&mut self) {
        (self.processing, self.partial) = (false, None);
    }

    pub(super) const fn waits_for_interrupt(&self) -> bool {
        self.interrupts
    }

    pub(super) const fn is_processing(&self) -> bool {
        self.processing
    }

    pub(super) fn signal(&mut self, now: Instant, signal: Signal, watchdog: Duration) {
        let quiet = now.saturating_since(self.last) >= watchdog;
        let reason = match signal {
            Signal::Interrupt => Some(Reason::Interrupt),
            // A round that ended at its quota goes on, whoever asks.
            Signal::Poll if self.processing => Some(self.reason),
            Signal::Poll if quiet && (self.interrupts || self.start) => Some(Reason::Watchdog),
            Signal::Poll if self.interrupts => None,
            Signal::Poll => Some(Reason::Poll),
        };
        if self.wanted != Some(Reason::Interrupt) && reason.is_some() {
            self.wanted = reason;
        }
    }

    /// The first step of a round, if one is wanted.
    pub(super) const fn begin(&mut self, quota: u16) -> Option<Step> {
        let Some(reason) = self.wanted.take() else { return None };
        self.reason = reason;
        self.frames = 0;
        self.progress = false;
        self.frames_left = quota;
        self.calls_left = quota.saturating_mul(4).saturating_add(16);
        if self.processing {
            return Some(Step::IsrNext);
        }
        Some(match reason {
            // The handler has asked already.
            Reason::Interrupt => Step::IsrProcess,
            Reason::Poll | Reason::Watchdog if self.start => Step::IsrStart,
            Reason::Poll | Reason::Watchdog => Step::IsrProcess,
        })
    }

    /// Takes a piece; what it gives the caller.
    fn piece(&mut self, isr: &UndiIsr, max_frame: u16) -> Event {
        let (frame, piece) = (isr.frame_length.get(), isr.buffer_length.get());
        if frame == 0 || piece == 0 || piece > frame {
            self.partial = None;
            return Event::Ignored(Ignored::InsaneLength { frame, piece });
        }
        let fresh = Partial { length: frame, got: 0, discard: frame > max_frame };
        // A piece of another frame, or a whole frame, starts anew; the rest of the one before never came.
        let partial =
            self.partial.filter(|partial| partial.length == frame && piece < frame).unwrap_or(fresh);
        let length = piece.min(frame.saturating_sub(partial.got));
        let got = partial.got.saturating_add(length);
        let last = got == frame;
        let lost = partial.discard || isr.frame.range(length).is_none();
        self.partial = if last { None } else { Some(Partial { got, discard: lost, ..partial }) };
        if partial.discard {
            return Event::Ignored(Ignored::FrameTooLong { frame });
        }
        if lost {
            return Event::Ignored(Ignored::BadAddress);
        }
        if last {
            self.frames = self.frames.saturating_add(1);
            self.frames_left = self.frames_left.saturating_sub(1);
        }
        Event::Received(Fragment {
            at: isr.frame,
            length,
            offset: partial.got,
            frame_length: frame,
            header_length: isr.frame_header_length.get().min(frame),
            protocol: Protocol(isr.prot_type),
            kind: PacketKind(isr.pkt_type),
            last,
        })
    }

    /// The round ends. `true` if the watchdog has been right often enough.
    fn end(&mut self, now: Instant) -> bool {
        let found = self.frames > 0;
        self.last = now;
        match (self.reason, found) {
            (Reason::Watchdog, true) => self.unannounced = self.unannounced.saturating_add(1),
            (Reason::Interrupt | Reason::Poll, true) => self.unannounced = 0,
            (_, false) => {}
        }
        if self.again && found && !self.processing {
            self.wanted = self.wanted.or(Some(Reason::Interrupt));
        }
        let convicted = self.unannounced >= CONVICTION && (self.interrupts || self.start);
        if convicted {
            (self.interrupts, self.start, self.unannounced) = (false, false, 0);
        }
        convicted
    }
}

impl Client {
    /// What START answered.
    pub(super) fn isr_started(&mut self, now: Instant, exit: Exit, block: &[u8]) -> Event {
        match answer::<UndiIsr>(exit, block) {
            Ok(isr) if FuncFlag(isr.func_flag.get()) == FuncFlag::OUT_OURS => {
                if !self.round.interrupts {
                    // It was announced after all, only not to us.
                    self.round.reason = Reason::Poll;
                }
                self.transition(Step::IsrProcess);
                Event::Nothing
            }
            // Not its own, it says. After a quiet while it is asked what it has all the same.
            Ok(_) if self.round.reason == Reason::Watchdog => {
                self.transition(Step::IsrProcess);
                Event::Nothing
            }
            Ok(isr) if FuncFlag(isr.func_flag.get()) == FuncFlag::OUT_NOT_OURS => {
                self.transition(Step::Idle);
                Event::Drained { frames: 0 }
            }
            Ok(isr) => self.round_broken(now, Ignored::UnknownFlag { flag: isr.func_flag.get() }),
            Err(status) => self.round_broken(now, Ignored::IsrFailed { status }),
        }
    }

    /// What PROCESS or `GET_NEXT` answered.
    pub(super) fn isr_answered(&mut self, now: Instant, exit: Exit, block: &[u8]) -> Event {
        let isr = match answer::<UndiIsr>(exit, block) {
            Ok(isr) => isr,
            Err(status) => return self.round_broken(now, Ignored::IsrFailed { status }),
        };
        self.round.calls_left = self.round.calls_left.saturating_sub(1);
        self.round.processing = true;
        match FuncFlag(isr.func_flag.get()) {
            FuncFlag::OUT_DONE => self.round_done(now),
            FuncFlag::OUT_TRANSMIT => self.round_goes_on(now, Event::Nothing),
            FuncFlag::OUT_RECEIVE => {
                let event = self.round.piece(&isr, self.config.max_frame);
                self.round_goes_on(now, event)
            }
            FuncFlag::OUT_BUSY => self.round_broken(now, Ignored::Busy),
            FuncFlag(flag) => self.round_broken(now, Ignored::UnknownFlag { flag }),
        }
    }

    fn round_goes_on(&mut self, now: Instant, event: Event) -> Event {
        self.transition(Step::IsrNext);
        self.round.progress |= matches!(event, Event::Received(_));
        if self.round.frames_left > 0 && self.round.calls_left > 0 {
            return event;
        }
        if self.round.calls_left == 0 && !self.round.progress {
            return self.round_broken(now, Ignored::RoundTooLong);
        }
        // What the ROM still has waits for the next round, the rest of a frame too.
        self.round.end(now);
        self.transition(Step::Idle);
        event
    }

    fn round_done(&mut self, now: Instant) -> Event {
        self.round.processing = false;
        let polling = self.round.end(now);
        self.transition(Step::Idle);
        if let Some(partial) = self.round.partial.take() {
            return Event::Ignored(Ignored::Unfinished { frame: partial.length, got: partial.got });
        }
        if polling { Event::Polling } else { Event::Drained { frames: self.round.frames } }
    }

    fn round_broken(&mut self, now: Instant, why: Ignored) -> Event {
        self.round.processing = false;
        self.round.partial = None;
        self.round.end(now);
        self.transition(Step::Idle);
        Event::Ignored(why)
    }

    /// The ROM leaves its interrupt at the end; what it still has is thrown away.
    pub(super) fn drained(&mut self, left: u8, exit: Exit, block: &[u8]) -> Event {
        let more = answer::<UndiIsr>(exit, block).is_ok_and(|isr| {
            matches!(FuncFlag(isr.func_flag.get()), FuncFlag::OUT_TRANSMIT | FuncFlag::OUT_RECEIVE)
        });
        self.round.processing = more && left > 1;
        let to = if self.round.processing {
            Step::Drain(left.saturating_sub(1))
        } else if self.is_closing() {
            self.next_end(Step::Idle)
        } else {
            // The interrupt was left so that the driver can be closed and opened again.
            Step::CloseFirst
        };
        self.transition(to);
        Event::Nothing
    }
}
