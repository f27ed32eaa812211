//! The machine itself: its state, and what a caller asks of it.

use super::config::{Attach, Config, Keep, Receive};
use super::control::Asked;
use super::event::{Event, Information, Kept};
use super::failure::{ConfigError, Failure, Ignored};
use super::frame::Frame;
use super::quirks::{Effect, QUIRKS, Quirk};
use super::receive::Round;
use super::step::{Level, Step};
use crate::call::Call;
use crate::opcode::{Exit, Opcode};
use bootproto_core::{BufferTooSmall, HighWater, Instant};

/// A UNDI being driven. The [module](super) has the driver loop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub(super) config: Config,
    pub(super) clock: HighWater,
    pub(super) step: Step,
    pub(super) level: Level,
    pub(super) information: Option<Information>,
    pub(super) round: Round,
    frame: Option<Frame>,
    pub(super) asked: Asked,
    closing: Option<Keep>,
    pub(super) kept: Kept,
    pub(super) failure: Option<Failure>,
}

const _: () = assert!(size_of::<Client>() <= 512);

/// Why the caller wants to know about received frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// The interrupt handler asked the ROM with [`FuncFlag::IN_START`](crate::blocks::FuncFlag::IN_START) and it was
    /// the ROM's.
    Interrupt,
    /// No reason: it is time to look.
    Poll,
}

impl Client {
    /// A machine that begins with its first call at once.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let step = if config.cached { Step::Cached(1) } else { config.first_step() };
        Self {
            clock: HighWater::new(),
            step,
            level: config.first_level(),
            information: None,
            round: Round::new(&config),
            frame: None,
            asked: Asked::default(),
            closing: None,
            kept: Kept::default(),
            failure: None,
            config,
        }
    }

    /// The call to make now, written into `buf`; `None` if there is none. The same answer comes until the call's
    /// return is handed in.
    ///
    /// # Errors
    /// [`BufferTooSmall`] if `buf` can't hold it; [`AREA_SIZE`](crate::AREA_SIZE) bytes always can.
    pub fn poll_call<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Call<'b>>, BufferTooSmall> {
        let now = self.clock.advance(now);
        if let Step::Wait(tries, until) = self.step
            && now >= until
        {
            self.transition(Step::Initialize(tries));
        }
        self.step.write(&self.config, self.information.as_ref(), self.frame.as_ref(), buf)
    }

    /// When [`poll_call`](Self::poll_call) has something to say: in the past while a call is due, later while the
    /// link is waited for, `None` while it depends on the caller alone.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Instant> {
        if let Step::Wait(_, until) = self.step {
            return Some(until);
        }
        if matches!(self.step, Step::Idle | Step::Ended) { None } else { Some(self.clock.latest()) }
    }

    /// Takes what came back from the call that [`poll_call`](Self::poll_call) named: AX, and the parameter area.
    ///
    /// Never panics, whatever the bytes; too few count as a call that failed.
    pub fn handle_return(&mut self, now: Instant, exit: Exit, block: &[u8]) -> Event {
        let now = self.clock.advance(now);
        if self.step == Step::Ended {
            return Event::Ignored(Ignored::Ended);
        }
        if matches!(self.step, Step::Idle | Step::Wait(..)) {
            return Event::Ignored(Ignored::NoCallPending);
        }
        let event = self.answered(now, exit, block);
        self.next_when_idle();
        if self.step == Step::Ended { self.ended() } else { event }
    }

    /// Asks for received frames: a round of calls follows, at whose end [`Event::Drained`] comes. Call this on every
    /// interrupt, and as often as you can between.
    ///
    /// Nothing happens while a round is on, or where an interrupt is awaited and has not come; the watchdog's time
    /// excepted.
    pub fn receive(&mut self, now: Instant, signal: Signal) {
        let now = self.clock.advance(now);
        let round_is_on = matches!(self.step, Step::IsrStart | Step::IsrProcess | Step::IsrNext);
        if self.is_open() && !(round_is_on && signal == Signal::Poll) {
            self.round.signal(now, signal, self.config.watchdog);
        }
        self.next_when_idle();
    }

    /// Sends a frame; [`Event::Sent`] frees its memory.
    ///
    /// # Errors
    /// [`ConfigError::NotReady`] if the driver is not open, or still has one to send.
    pub fn transmit(&mut self, frame: Frame) -> Result<(), ConfigError> {
        if !self.is_open() || self.frame.is_some() {
            return Err(ConfigError::NotReady);
        }
        self.frame = Some(frame);
        self.next_when_idle();
        Ok(())
    }

    /// Ends: what is going on is finished, then everything is undone but what `keep` says. [`Event::Closed`] comes
    /// last, whatever the ROM answers: from here if nothing is to be done, else from
    /// [`handle_return`](Self::handle_return).
    pub fn close(&mut self, keep: Keep) -> Event {
        if self.is_closing() || self.step == Step::Ended {
            return Event::Nothing;
        }
        self.closing = Some(keep);
        if matches!(self.step, Step::Wait(..) | Step::Idle) {
            self.begin_end();
        }
        if self.step == Step::Ended { self.ended() } else { Event::Nothing }
    }

    /// What the ROM told about the adapter, once it did.
    #[must_use]
    pub const fn information(&self) -> Option<&Information> {
        self.information.as_ref()
    }

    /// Whether frames can be sent and received now.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        let at_work = matches!(
            self.step,
            Step::Idle
                | Step::Transmit
                | Step::IsrStart
                | Step::IsrProcess
                | Step::IsrNext
                | Step::Statistics
                | Step::ClearStatistics
                | Step::Filter
                | Step::Groups
                | Step::Reset
                | Step::GroupAddress(_)
        );
        at_work && !self.is_closing()
    }

    /// Whether the last round ended at its quota, with frames still waiting: call [`receive`](Self::receive) again.
    #[must_use]
    pub const fn has_more(&self) -> bool {
        self.round.is_processing() && matches!(self.step, Step::Idle)
    }

    /// The interrupt line to hook, or `None` where frames are asked for. Ask again after [`Event::Polling`].
    #[must_use]
    pub fn interrupt(&self) -> Option<u8> {
        let irq = self.information.as_ref()?.irq?;
        self.round.waits_for_interrupt().then_some(irq)
    }

    /// The rows of the table of quirks that apply to this adapter.
    pub fn quirks(&self) -> impl Iterator<Item = &'static Quirk> + '_ {
        let applies = |quirk: &&Quirk| {
            let (device, express) = (self.config.device, self.config.pci_express);
            self.information.as_ref().is_some_and(|information| quirk.matches(information, device, express))
        };
        QUIRKS.iter().filter(applies)
    }

    pub(super) const fn transition(&mut self, to: Step) {
        self.step = to;
    }

    /// All is known about the adapter: how frames will be noticed.
    pub(super) fn decide(&mut self) {
        let poll = match self.config.receive {
            Receive::Automatic => self.quirks().any(|quirk| quirk.effect == Effect::Poll),
            Receive::Polled => true,
            Receive::Interrupt => false,
        };
        let again = self.quirks().any(|quirk| quirk.effect == Effect::LookAgain);
        self.round.decide(poll, again);
    }

    pub(super) const fn sent(&mut self) {
        self.frame = None;
        self.transition(Step::Idle);
    }

    pub(super) const fn is_closing(&self) -> bool {
        self.closing.is_some() || self.failure.is_some()
    }

    /// Nothing is going on: what comes next? The end first, then frames to send, then frames to receive.
    pub(super) fn next_when_idle(&mut self) {
        if self.step != Step::Idle {
            return;
        }
        if self.is_closing() {
            self.begin_end();
        } else if self.frame.is_some() {
            self.transition(Step::Transmit);
        } else if let Some(step) = self.round.begin(self.config.quota) {
            self.transition(step);
        } else if let Some(step) = self.asked_for() {
            self.transition(step);
        }
    }

    /// The level at which the end stops.
    const fn floor(&self) -> Level {
        let first = self.config.first_level();
        match self.closing {
            Some(Keep::Nothing) => Level::Loaded,
            Some(Keep::Undi) => Level::Started,
            // After a failure, what we did not do we do not undo.
            Some(Keep::Everything) | None => first,
        }
    }

    /// Leaves the ROM's interrupt first, then down from the present level.
    pub(super) fn begin_end(&mut self) {
        self.frame = None;
        let to =
            if self.round.is_processing() { Step::Drain(DRAIN_LIMIT) } else { self.next_end(Step::Idle) };
        self.transition(to);
    }

    /// The first step of the end that is due and comes after `done`.
    pub(super) fn next_end(&self, done: Step) -> Step {
        let floor = self.floor();
        let undoes = |level: Level| self.level >= level && floor < level;
        let rest = THE_END.iter().position(|step| *step == done).map_or(0, |at| at.saturating_add(1));
        let due = |step: &Step| {
            *step == Step::Open && floor == Level::Opened && self.level < floor
                || *step == Step::Close && undoes(Level::Opened)
                || *step == Step::Shutdown && undoes(Level::Initialized)
                || *step == Step::Cleanup && undoes(Level::Up)
                || *step == Step::UnloadStack && floor == Level::Loaded && self.has_base()
                || *step == Step::StopUndi && undoes(Level::Started) && !self.kept.undi
        };
        THE_END.iter().skip(rest).copied().find(due).unwrap_or(Step::Ended)
    }

    /// The last event; what is kept by choice is kept too.
    pub(super) fn ended(&mut self) -> Event {
        let floor = self.floor();
        self.kept.undi |= floor > Level::Loaded && self.level > Level::Loaded;
        self.kept.base |= floor > Level::Loaded && self.has_base();
        self.failure.map_or(Event::Closed(self.kept), Event::Failed)
    }

    const fn has_base(&self) -> bool {
        matches!(self.config.attach, Attach::BootProgram)
    }

    pub(super) fn refused(&mut self, opcode: Opcode, status: crate::Status) {
        self.kept.refused = self.kept.refused.or(Some((opcode, status)));
    }
}

/// The steps of the end, in order. What was found open and is closed for a moment is opened first.
const THE_END: [Step; 6] =
    [Step::Open, Step::Close, Step::Shutdown, Step::Cleanup, Step::UnloadStack, Step::StopUndi];

/// How many calls the ROM gets to leave its interrupt.
pub(super) const DRAIN_LIMIT: u8 = 64;
