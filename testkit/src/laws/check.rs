//! The run of a script: every operation on the machine itself, with the checks around it.

use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bootproto_core::{Instant, Transmit};

use super::probe::{self, Input, Packets, ensure};
use super::{Class, Op, Subject};

/// The instant of a script's first operation: late enough that the clock can jump back.
pub const START: Instant = Instant::from_millis(1_000_000);

/// Runs `script` on `machine` from [`START`] and checks L1 to L11 after every operation.
///
/// # Errors
/// The broken law, the operation that showed it, and what happened.
pub fn check<M: Subject>(machine: M, script: &[Op<M::Path>]) -> Result<(), String> {
    check_from(machine, START, script)
}

/// As [`check`], for a machine whose caller's clock stands at `now`.
///
/// # Errors
/// As [`check`].
pub fn check_from<M: Subject>(machine: M, now: Instant, script: &[Op<M::Path>]) -> Result<(), String> {
    let mut observed = Run::new(machine.clone(), now);
    guarded(|| observed.examine(None)).map_err(|text| format!("{text}\nbefore the first operation"))?;
    for (index, op) in script.iter().enumerate() {
        guarded(|| observed.observed(op)).map_err(|text| format!("{text}\nat operation {index}: {op:?}"))?;
    }
    let mut alone = Run::new(machine, now);
    for op in script {
        guarded(|| alone.apply(op, |_, _| Ok(())))?;
    }
    let differs = observed.transcript.iter().zip(&alone.transcript).position(|(one, other)| one != other);
    ensure(observed.transcript == alone.transcript, "L8", || {
        let at = differs.unwrap_or_default();
        let (one, other) = (observed.transcript.get(at), alone.transcript.get(at));
        format!("same start, same inputs, and another outcome: {one:02x?} or {other:02x?}")
    })
}

/// L1: a panic becomes an error.
fn guarded<T>(action: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(action)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        Err(format!("L1: panic: {}", text.unwrap_or_default()))
    })
}

/// One thing that came out of a machine.
#[derive(Debug, PartialEq)]
enum Outcome<P> {
    Event(Option<Class>),
    Sent(P, Vec<u8>),
    Quiet,
    TooSmall(usize),
    Deadline(Option<Instant>),
}

/// A machine on its way through a script.
struct Run<M: Subject> {
    machine: M,
    /// What the caller's clock says.
    clock: Instant,
    /// The latest instant the machine has seen: in an input, or when it sent. A poll for nothing need not count.
    seen: Instant,
    /// The latest instant that a machine may count as seen or not: that of its making, or of a poll for nothing.
    polled: Instant,
    /// How many bytes may still be sent.
    credit: usize,
    /// Once there was a terminal event: how many packets may still leave.
    parting: Option<usize>,
    transcript: Vec<Outcome<M::Path>>,
}

impl<M: Subject> Run<M> {
    fn new(machine: M, clock: Instant) -> Self {
        let credit = machine.burst() * M::MAX_TRANSMIT;
        Self {
            machine,
            clock,
            seen: Instant::default(),
            polled: clock,
            credit,
            parting: None,
            transcript: Vec::new(),
        }
    }

    /// The instant that counts.
    fn now(&self) -> Instant {
        self.clock.max(self.seen)
    }

    /// One operation with nothing but L9 to L11 watched.
    fn apply(
        &mut self,
        op: &Op<M::Path>,
        judge: impl FnOnce(&M, Option<Class>) -> Result<(), String>,
    ) -> Result<(), String> {
        match op {
            Op::Datagram { path, bytes } => {
                self.credit = self.credit.saturating_add(self.machine.reply_bytes(bytes.len()));
                self.give(&Input::Datagram(*path, bytes), judge)?;
            }
            Op::Advance(span) => self.clock = self.clock.saturating_add(*span),
            Op::Back(span) => {
                let span = Instant::default().saturating_add(*span).as_micros();
                self.clock = Instant::from_micros(self.clock.as_micros().saturating_sub(span));
            }
            Op::Timeout | Op::Spurious => self.timeout(matches!(op, Op::Timeout), judge)?,
            Op::Poll(size) => {
                self.poll(*size)?;
            }
            Op::Drain => while self.poll(M::MAX_TRANSMIT)? {},
        }
        self.transcript.push(Outcome::Deadline(self.machine.poll_timeout()));
        Ok(())
    }

    /// `handle_timeout`, after a wait until the deadline if there is one in this millennium.
    fn timeout(
        &mut self,
        wait: bool,
        judge: impl FnOnce(&M, Option<Class>) -> Result<(), String>,
    ) -> Result<(), String> {
        let deadline = self.machine.poll_timeout().filter(|deadline| deadline.as_micros() < u64::MAX / 4);
        if let Some(deadline) = deadline.filter(|_| wait) {
            self.clock = self.clock.max(deadline);
        }
        if deadline.is_some_and(|deadline| deadline <= self.now().max(self.polled)) {
            self.credit = self.credit.saturating_add(self.machine.burst() * M::MAX_TRANSMIT);
        }
        self.give(&Input::Timeout, judge)
    }

    fn give(
        &mut self,
        input: &Input<'_, M::Path>,
        judge: impl FnOnce(&M, Option<Class>) -> Result<(), String>,
    ) -> Result<(), String> {
        let class = input.give(&mut self.machine, self.clock, judge)?;
        self.seen = self.now();
        self.transcript.push(Outcome::Event(class));
        if class == Some(Class::Terminal) && self.parting.is_none() {
            self.parting = Some(probe::drain(&self.machine, self.now())?.len());
        }
        Ok(())
    }

    /// One poll; whether a packet left.
    fn poll(&mut self, size: usize) -> Result<bool, String> {
        let mut buffer = vec![0xa5; size.min(M::MAX_TRANSMIT)];
        let answer = self.machine.poll_transmit(self.clock, &mut buffer);
        self.polled = self.polled.max(self.clock);
        match answer {
            Ok(Some(Transmit { path, bytes })) => {
                self.seen = self.seen.max(self.clock);
                probe::judge_packet::<M>(bytes)?;
                self.credit = self.credit.checked_sub(bytes.len()).ok_or_else(|| {
                    format!("L10: {} bytes are sent that no datagram and no timeout paid for", bytes.len())
                })?;
                self.transcript.push(Outcome::Sent(path, bytes.to_vec()));
                Ok(true)
            }
            Ok(None) => {
                self.transcript.push(Outcome::Quiet);
                Ok(false)
            }
            Err(error) if size < M::MAX_TRANSMIT => {
                self.transcript.push(Outcome::TooSmall(error.needed));
                Ok(false)
            }
            Err(error) => Err(format!("L6: BufferTooSmall({}) with a buffer of MAX_TRANSMIT", error.needed)),
        }
    }

    /// One operation with all the checks around it.
    fn observed(&mut self, op: &Op<M::Path>) -> Result<(), String> {
        let before = self.machine.clone();
        let pending = probe::drain(&self.machine, self.now())?;
        let input = match op {
            Op::Datagram { path, bytes } => Some(Input::Datagram(*path, bytes)),
            Op::Timeout | Op::Spurious => Some(Input::Timeout),
            _ => None,
        };
        if let Some(input) = &input {
            let jump = self.seen.saturating_since(self.clock);
            for span in [Duration::ZERO, jump, Duration::from_micros(1), Duration::from_secs(7)] {
                probe::back(&self.machine, input, self.seen, span)?;
            }
        }
        let finished = self.parting.is_some();
        let mut class = None;
        self.apply(op, |machine, told| {
            class = told;
            judge_event(machine, &before, told, matches!(input, Some(Input::Datagram(..))), finished)
        })?;
        self.examine(class)?;
        let Op::Datagram { bytes, .. } = op else {
            return Ok(());
        };
        let after = probe::drain(&self.machine, self.now())?;
        judge_reply(&self.machine, class, bytes.len(), &pending, &after)
    }

    /// The laws that hold at any time.
    fn examine(&mut self, class: Option<Class>) -> Result<(), String> {
        let now = self.now();
        let pending = probe::drain(&self.machine, now)?;
        probe::wakes(&self.machine, now.max(self.polled), &pending)?;
        // Where the deadline lies before such an instant, a timeout may or may not be early.
        if self.machine.poll_timeout().is_none_or(|deadline| deadline > self.polled || deadline <= now) {
            probe::spurious(&self.machine, now)?;
        }
        if class != Some(Class::Terminal) {
            probe::due(&self.machine, now)?;
        }
        let Some(parting) = self.parting else {
            return Ok(());
        };
        ensure(pending.len() <= parting, "L9", || "a finished machine has something new to send".into())?;
        self.parting = Some(pending.len());
        let waits = pending.is_empty() && self.machine.poll_timeout().is_some();
        ensure(!waits, "L9", || format!("a finished machine waits for {:?}", self.machine.poll_timeout()))
    }
}

/// L5 and L9 for one event.
fn judge_event<M: Subject>(
    machine: &M,
    before: &M,
    class: Option<Class>,
    datagram: bool,
    finished: bool,
) -> Result<(), String> {
    let unchanged = machine == before;
    if finished {
        let quiet =
            if datagram { matches!(class, Some(Class::Ignored | Class::Duplicate)) } else { class.is_none() };
        ensure(quiet, "L9", || format!("a finished machine tells {class:?}"))?;
        ensure(unchanged, "L9", || format!("a finished machine changes to {machine:?}"))?;
    }
    ensure(unchanged || class != Some(Class::Ignored), "L5", || {
        format!("the datagram is ignored, and the state changes\nfrom {before:?}\nto   {machine:?}")
    })
}

/// L10 for one datagram: what is pending after it, beyond what was pending before it.
fn judge_reply<M: Subject>(
    machine: &M,
    class: Option<Class>,
    received: usize,
    before: &Packets<M>,
    after: &Packets<M>,
) -> Result<(), String> {
    let bytes = |packets: &Packets<M>| packets.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
    let limit = machine.reply_bytes(received);
    ensure(bytes(after) <= bytes(before).saturating_add(limit), "L10", || {
        format!("{received} bytes received cause {} bytes to be sent, {limit} are allowed", bytes(after))
    })?;
    let once = !matches!(class, Some(Class::Ignored | Class::Duplicate));
    ensure(once || after.len() <= before.len() + 1, "L10", || {
        format!("a datagram that is {class:?} causes {} packets, one is allowed", after.len() - before.len())
    })
}
