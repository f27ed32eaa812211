//! Proof that `laws` catches what it is for: one small machine that keeps the laws, and one flaw for each law.

use core::time::Duration;
use std::sync::atomic::{AtomicU8, Ordering};

use bootproto_core::{BufferTooSmall, HighWater, Instant, Machine, Transmit, Uncompared};
use proptest::prelude::*;
use testkit::laws::{Class, Op, Subject, check, check_silent_peer, ops_from_bytes, scripts};

/// What is wrong with the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    /// Indexes what it didn't measure.
    Panics,
    /// Every `handle_timeout` counts as a try.
    CountsEarlyTimeouts,
    /// A due timeout doesn't move the deadline.
    Spins,
    /// Output is pending, and the deadline is a later one.
    Sleeps,
    /// Never runs dry.
    Endless,
    /// A poll for nothing changes something.
    PollCounts,
    /// Counts strangers in its state.
    CountsStrangers,
    /// Takes the packet as sent although the buffer was too small.
    LosesSmall,
    /// Asks for fewer bytes than it needs.
    AsksTooLittle,
    /// Uses a clock that jumped back.
    TrustsClock,
    /// Takes chance from outside.
    Unseeded,
    /// Accepts answers after the end.
    Undead,
    /// Waits for something after the end.
    WaitsOn,
    /// Answers a repeated datagram twice.
    Doubles,
    /// Repeats itself when it is polled long enough after the last packet, without a timeout.
    Repeats,
    /// Sends what does not parse.
    Garbles,
    /// Sends more than `MAX_TRANSMIT`.
    TooLong,
    /// Never gives up.
    Hopes,
    /// Gives up by waiting for ever.
    Forgets,
}

const INTERVAL: Duration = Duration::from_secs(1);
const TRIES: u8 = 4;
static OUTSIDE: AtomicU8 = AtomicU8::new(0);

/// Asks `Q n`, and repeats it every second; `A n` lets it ask the next question, `A 255` ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Quiz {
    flaw: Flaw,
    clock: HighWater,
    question: u8,
    tries: u8,
    to_send: u8,
    due: Instant,
    finished: bool,
    strangers: u8,
    courtesy: Uncompared<Option<u8>>,
}

impl Quiz {
    const fn new(flaw: Flaw) -> Self {
        Self {
            flaw,
            clock: HighWater::new(),
            question: 0,
            tries: 0,
            to_send: 1,
            due: Instant::from_micros(0),
            finished: false,
            strangers: 0,
            courtesy: Uncompared(None),
        }
    }

    fn is(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    fn message(&self) -> Vec<u8> {
        let question =
            if self.is(Flaw::Unseeded) { OUTSIDE.fetch_add(1, Ordering::Relaxed) } else { self.question };
        match (self.courtesy.0, self.flaw) {
            (Some(_), _) => vec![b'E'],
            (None, Flaw::Garbles) => vec![b'?', question],
            (None, Flaw::TooLong) => vec![b'Q'; 40],
            (None, _) => vec![b'Q', question, 0, 0],
        }
    }
}

impl Machine for Quiz {
    type Path = u8;
    type Event<'d> = Class;
    const MAX_TRANSMIT: usize = 16;

    fn handle_datagram(&mut self, now: Instant, path: u8, data: &[u8]) -> Class {
        let high = self.clock.advance(now);
        let now = if self.is(Flaw::TrustsClock) { now } else { high };
        if self.is(Flaw::Panics) && data[0] == b'A' {
            return Class::Ignored;
        }
        if self.finished && !self.is(Flaw::Undead) {
            return Class::Ignored;
        }
        if path != 0 {
            self.courtesy = Uncompared(Some(path));
            self.strangers += u8::from(self.is(Flaw::CountsStrangers));
            return Class::Ignored;
        }
        match data {
            [b'A', 255] => {
                self.finished = true;
                Class::Terminal
            }
            [b'A', n] if *n == self.question => {
                self.question = self.question.wrapping_add(1);
                (self.tries, self.to_send, self.due) = (0, 1, now);
                Class::Other
            }
            [b'A', n] if *n == self.question.wrapping_sub(1) => {
                self.to_send = if self.is(Flaw::Doubles) { 2 } else { 1 };
                Class::Duplicate
            }
            _ => Class::Ignored,
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Class> {
        let now = self.clock.advance(now);
        let early = now < self.due && !self.is(Flaw::CountsEarlyTimeouts);
        if self.finished || early || self.to_send > 0 || self.is(Flaw::Spins) {
            return None;
        }
        self.tries += u8::from(!self.is(Flaw::Hopes));
        if self.tries > TRIES {
            self.finished = true;
            return Some(if self.is(Flaw::Forgets) { Class::Other } else { Class::Terminal });
        }
        self.to_send = 1;
        None
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, u8>>, BufferTooSmall> {
        let now = self.clock.advance(now);
        let repeats = self.is(Flaw::Repeats) && now > self.due.saturating_add(10 * INTERVAL);
        if self.finished || (self.to_send == 0 && self.courtesy.0.is_none() && !repeats) {
            self.strangers += u8::from(self.is(Flaw::PollCounts));
            return Ok(None);
        }
        let message = self.message();
        let needed = message.len();
        if buf.len() < needed {
            self.to_send -= u8::from(self.is(Flaw::LosesSmall));
            return Err(BufferTooSmall { needed: needed - usize::from(self.is(Flaw::AsksTooLittle)) });
        }
        buf[..needed].clone_from_slice(&message);
        let path = self.courtesy.0.take();
        if path.is_none() {
            self.to_send = self.to_send.saturating_sub(u8::from(!self.is(Flaw::Endless)));
            self.due = now.saturating_add(INTERVAL);
        }
        Ok(Some(Transmit { path: path.unwrap_or(0), bytes: &buf[..needed] }))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let pending = self.to_send > 0 || self.courtesy.0.is_some();
        match self.finished {
            true if self.is(Flaw::WaitsOn) => Some(self.due),
            true => None,
            false if pending && !self.is(Flaw::Sleeps) => Some(Instant::from_micros(0)),
            false => Some(self.due),
        }
    }
}

impl Subject for Quiz {
    fn class(event: &Class) -> Class {
        *event
    }

    fn parses(sent: &[u8]) -> bool {
        matches!(sent, [b'Q', ..] | [b'E'])
    }
}

fn seeds() -> Vec<Vec<u8>> {
    vec![vec![b'A', 0], vec![b'A', 1], vec![b'A', 2], vec![b'A', 1], vec![b'A', 255]]
}

/// A script that goes everywhere the sound machine can go.
fn tour() -> Vec<Op<u8>> {
    let datagram = |path, bytes: &[u8]| Op::Datagram { path, bytes: bytes.to_vec() };
    vec![
        Op::Drain,
        Op::Spurious,
        Op::Timeout,
        Op::Poll(1),
        Op::Drain,
        Op::Advance(Duration::from_millis(300)),
        datagram(0, b"A\x00"),
        Op::Drain,
        datagram(0, b"A\x00"),
        Op::Drain,
        datagram(1, b"A\x01"),
        Op::Drain,
        Op::Back(Duration::from_secs(30)),
        datagram(0, b"A\x01"),
        Op::Drain,
        Op::Advance(Duration::from_secs(60)),
        Op::Drain,
        Op::Drain,
        Op::Drain,
        datagram(0, b""),
        datagram(0, b"A\xff"),
        Op::Drain,
        datagram(0, b"A\x02"),
        datagram(0, b"A\xff"),
        Op::Timeout,
    ]
}

#[test]
fn a_sound_machine_passes() {
    assert_eq!(check(Quiz::new(Flaw::None), &tour()), Ok(()));
    assert_eq!(check_silent_peer(Quiz::new(Flaw::None), Duration::from_secs(5)), Ok(Duration::from_secs(5)));
}

#[test]
fn each_flaw_breaks_its_law() {
    let flaws = [
        (Flaw::Panics, "L1"),
        (Flaw::CountsEarlyTimeouts, "L2"),
        (Flaw::Spins, "L3"),
        (Flaw::Sleeps, "L3"),
        (Flaw::Endless, "L4"),
        (Flaw::PollCounts, "L4"),
        (Flaw::CountsStrangers, "L5"),
        (Flaw::LosesSmall, "L6"),
        (Flaw::AsksTooLittle, "L6"),
        (Flaw::TrustsClock, "L7"),
        (Flaw::Unseeded, "L8"),
        (Flaw::Undead, "L9"),
        (Flaw::WaitsOn, "L9"),
        (Flaw::Doubles, "L10"),
        (Flaw::Garbles, "L11"),
        (Flaw::TooLong, "L11"),
    ];
    for (flaw, law) in flaws {
        let error = check(Quiz::new(flaw), &tour()).expect_err(&format!("{flaw:?} is not caught"));
        assert!(error.starts_with(&format!("{law}:")), "{flaw:?} should break {law}: {error}");
    }
}

#[test]
fn a_machine_that_does_not_end_breaks_the_last_law() {
    for flaw in [Flaw::Hopes, Flaw::Forgets] {
        let error =
            check_silent_peer(Quiz::new(flaw), Duration::from_secs(60)).expect_err("it should not end");
        assert!(error.starts_with("L12:"), "{error}");
    }
    let error =
        check_silent_peer(Quiz::new(Flaw::None), Duration::from_secs(4)).expect_err("it takes longer");
    assert!(error.starts_with("L12:"), "{error}");
}

#[test]
fn a_machine_that_repeats_itself_runs_out_of_credit() {
    // Each drain is well-formed by itself; only the sum gives it away.
    let script: Vec<Op<u8>> = (0..20).flat_map(|_| [Op::Drain, Op::Advance(60 * INTERVAL)]).collect();
    let error = check(Quiz::new(Flaw::Repeats), &script).expect_err("it repeats itself");
    assert!(error.starts_with("L10:"), "{error}");
    assert_eq!(check(Quiz::new(Flaw::None), &script), Ok(()));
}

#[test]
fn an_error_names_the_operation() {
    let error = check(Quiz::new(Flaw::CountsStrangers), &tour()).expect_err("a stranger is counted");
    assert!(error.contains("operation 10: Datagram { path: 1, bytes: [65, 1] }"), "{error}");
}

#[test]
fn the_same_bytes_are_the_same_operations() {
    let data: Vec<u8> = (0..=255).collect();
    assert_eq!(ops_from_bytes(&data, &seeds(), &[0, 1]), ops_from_bytes(&data, &seeds(), &[0, 1]));
    assert_eq!(ops_from_bytes(&[], &seeds(), &[0u8]), vec![]);
    assert!(ops_from_bytes(&data, &[], &[0u8]).len() > 30, "no seeds are needed");
}

#[test]
fn a_script_of_chance_finds_the_flaws_too() {
    let mut found = Vec::new();
    for flaw in [Flaw::Panics, Flaw::CountsStrangers, Flaw::TrustsClock, Flaw::Undead, Flaw::Doubles] {
        let mut runner = proptest::test_runner::TestRunner::new_with_rng(
            ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() },
            proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
        );
        let result = runner.run(&scripts(seeds(), vec![0, 1], 40), |script| {
            check(Quiz::new(flaw), &script).map_err(TestCaseError::fail)
        });
        found.push((flaw, result.is_err()));
    }
    assert!(found.iter().all(|(_, caught)| *caught), "{found:?}");
}

proptest! {
    #[test]
    fn a_sound_machine_passes_every_script(script in scripts(seeds(), vec![0, 1], 60)) {
        prop_assert_eq!(check(Quiz::new(Flaw::None), &script), Ok(()));
    }
}
