//! When to send again, and when to give up.

use core::time::Duration;

use bootproto_core::{Instant, Rng, num};

use crate::Failure;

/// The bounds of the timer, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// No interval is shorter.
    pub(crate) floor: u32,
    /// No interval is longer.
    pub(crate) ceiling: u32,
    /// So long without progress, and the transfer is dead.
    pub(crate) give_up: u32,
    /// So many bytes must come, or go, in every period; 0 asks for none.
    pub(crate) pace: u32,
    /// The period.
    pub(crate) period: u32,
}

impl Limits {
    pub(crate) const DEFAULT: Self =
        Self { floor: 20_000, ceiling: 4_000_000, give_up: 30_000_000, pace: 65_536, period: 300_000_000 };

    /// The same with these spans; what doesn't fit becomes a value that [`is_sound`](Self::is_sound) refuses.
    pub(crate) const fn with_spans(self, floor: Duration, ceiling: Duration, give_up: Duration) -> Self {
        Self { floor: micros(floor), ceiling: micros(ceiling), give_up: micros(give_up), ..self }
    }

    /// The same with another rate to keep; likewise.
    pub(crate) const fn with_rate(self, bytes: u32, period: Duration) -> Self {
        Self { pace: bytes, period: micros(period), ..self }
    }

    /// The same, with intervals no longer than the peer asks for.
    pub(crate) fn up_to(self, interval: Option<u32>) -> Self {
        let ceiling = interval.map_or(self.ceiling, |interval| interval.max(self.floor).min(self.ceiling));
        Self { ceiling, ..self }
    }

    pub(crate) const fn is_sound(self) -> bool {
        self.floor > 0
            && self.floor <= self.ceiling
            && self.give_up > 0
            && self.give_up <= HOUR
            && self.ceiling <= HOUR
            && self.period > 0
            && self.period <= HOUR
    }
}

const HOUR: u32 = 3_600_000_000;

/// `span` in microseconds, `u32::MAX` (more than an hour) if it does not fit.
pub(crate) const fn micros(span: Duration) -> u32 {
    let micros = span.as_micros();
    if micros > u128_from(u32::MAX) { u32::MAX } else { num::low_u32(low_u64(micros)) }
}

const fn u128_from(value: u32) -> u128 {
    let [a, b, c, d] = value.to_be_bytes();
    u128::from_be_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d])
}

const fn low_u64(value: u128) -> u64 {
    let [.., a, b, c, d, e, f, g, h] = value.to_be_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// The interval before anything was measured (RFC 6298 section 2).
const INITIAL: u32 = 1_000_000;

/// What an interval is raised to at most because earlier ones were too short.
const MOST_PATIENCE: u32 = 100_000;

/// A retransmission timer from measured round trips, after RFC 6298.
///
/// TFTP's peers wait a fixed second or more. Measuring makes a lost packet cost milliseconds where the path allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timer {
    /// When there was progress last.
    progressed: Instant,
    /// When something was sent last that asks for an answer.
    sent: Instant,
    /// The present interval.
    interval: u32,
    /// The smoothed round trip; zero before the first sample.
    round_trip: u32,
    variation: u32,
    /// The interval at which it was found out that nothing had been lost, doubled: no interval is shorter any more.
    least: u32,
    /// When the pace was kept last, and how many bytes have come or gone since.
    paced: Instant,
    moved: u32,
    /// Whether the next progress is the answer to what was sent last, and to nothing else (Karn's rule).
    sampling: bool,
    /// Whether the clock has been seen at all.
    started: bool,
}

impl Timer {
    pub(crate) const fn new() -> Self {
        Self {
            progressed: Instant::from_micros(0),
            sent: Instant::from_micros(0),
            interval: INITIAL,
            round_trip: 0,
            variation: 0,
            least: 0,
            paced: Instant::from_micros(0),
            moved: 0,
            sampling: false,
            started: false,
        }
    }

    /// Begins to count towards giving up, unless it has begun.
    pub(crate) const fn start(&mut self, now: Instant) {
        if !self.started {
            self.started = true;
            self.progressed = now;
            self.paced = now;
            self.sent = now;
        }
    }

    /// Everything begins anew.
    pub(crate) const fn restart(&mut self, now: Instant) {
        *self = Self::new();
        self.start(now);
    }

    /// Something was sent; `fresh` if its answer can be told from answers to earlier packets.
    pub(crate) const fn sent(&mut self, now: Instant, fresh: bool) {
        self.start(now);
        self.sent = now;
        self.sampling = fresh;
    }

    /// The peer has turned to us: the time until giving up begins anew.
    pub(crate) const fn appointed(&mut self, now: Instant) {
        self.progressed = now;
        self.paced = now;
        self.moved = 0;
        self.sampling = false;
    }

    /// So many bytes of the file have come, or have arrived at the peer.
    #[inline]
    pub(crate) fn moved(&mut self, now: Instant, bytes: usize, limits: Limits) {
        self.moved = self.moved.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        if self.moved >= limits.pace {
            self.moved = 0;
            self.paced = now;
        }
    }

    /// Something new arrived.
    #[inline]
    pub(crate) fn progress(&mut self, now: Instant, limits: Limits) {
        if self.sampling {
            self.sampling = false;
            self.sample(now.saturating_since(self.sent), limits);
        }
        self.progressed = now;
    }

    //= https://www.rfc-editor.org/rfc/rfc1123#section-4.2.3.2
    //# A TFTP implementation MUST use an adaptive timeout.
    /// RFC 6298 section 2, in whole microseconds.
    fn sample(&mut self, span: Duration, limits: Limits) {
        // Not `clamp`, here and below: it panics where the bounds are crossed, which the compiler can't rule out.
        let span = micros(span).max(1).min(limits.ceiling);
        if self.round_trip == 0 {
            self.round_trip = span;
            self.variation = span / 2;
        } else {
            let error = self.round_trip.abs_diff(span);
            let eighth = |value: u32, part: u32| {
                (value / 8).saturating_mul(part).saturating_add((value % 8).saturating_mul(part) / 8)
            };
            self.variation = eighth(self.variation, 6).saturating_add(error / 4);
            self.round_trip = eighth(self.round_trip, 7).saturating_add(span / 8).max(1);
        }
        let interval = self.round_trip.saturating_add(self.variation.saturating_mul(4));
        self.interval = interval.max(limits.floor).max(self.least).min(limits.ceiling);
    }

    /// The peer had not lost what was sent again: it, or this machine, was only slow.
    pub(crate) fn was_early(&mut self) {
        self.least = self.interval.saturating_mul(2).min(MOST_PATIENCE).max(self.least);
        self.interval = self.interval.max(self.least);
    }

    /// No answer came in time: doubles the interval, less a little chance, so that a hall of machines spreads out.
    pub(crate) fn back_off(&mut self, limits: Limits, rng: &mut Rng) {
        let doubled = self.interval.saturating_mul(2).max(limits.floor).min(limits.ceiling);
        let less = num::low_u32(rng.below(num::u64_from_u32(doubled / 8)));
        self.interval = doubled.saturating_sub(less).max(limits.floor);
        self.sampling = false;
    }

    /// When to send again, or to give up.
    pub(crate) fn deadline(&self, limits: Limits) -> Instant {
        let interval = self.interval.min(limits.ceiling);
        let again = self.progressed.max(self.sent).saturating_add(span(interval));
        again.min(self.end(limits))
    }

    /// When to give up: after silence, or because what comes is too little.
    pub(crate) fn end(&self, limits: Limits) -> Instant {
        let silence = self.progressed.saturating_add(span(limits.give_up));
        if limits.pace == 0 { silence } else { silence.min(self.paced.saturating_add(span(limits.period))) }
    }

    /// Why a transfer that was open is given up, after `bytes` of it.
    pub(crate) fn verdict(&self, now: Instant, bytes: u64, limits: Limits) -> Failure {
        if now.saturating_since(self.progressed) >= span(limits.give_up) {
            Failure::ReadTimedOut { bytes }
        } else {
            Failure::TooSlow { bytes }
        }
    }

    pub(crate) fn has_given_up(&self, now: Instant, limits: Limits) -> bool {
        self.started && now >= self.end(limits)
    }

    /// Whether `part` of a round trip has passed since something was sent last; so it has if none was measured.
    pub(crate) fn is_past(&self, now: Instant, part: Part) -> bool {
        let wait = match part {
            Part::Half => self.round_trip / 2,
            Part::Most => (self.round_trip / 4).saturating_mul(3),
        };
        now.saturating_since(self.sent) >= span(wait)
    }

    //= https://www.rfc-editor.org/rfc/rfc1350#section-6
    //# On the other hand, dallying is encouraged.  This means that the host sending the final ACK will wait for a
    //# while before terminating in order to retransmit the final ACK if it has been lost.
    /// Until when to answer copies of the last block: a peer that missed the last acknowledgement sends that block
    /// again after its own interval, a second unless negotiated.
    pub(crate) fn dally_end(&self, peer_timeout: Option<u32>) -> Instant {
        let peer = peer_timeout.unwrap_or(1_000_000).min(2_000_000).max(self.interval);
        self.progressed.saturating_add(span(peer.saturating_mul(2).saturating_add(peer / 2)))
    }

    /// Whether a round trip has been measured.
    pub(crate) const fn has_round_trip(&self) -> bool {
        self.round_trip != 0
    }

    pub(crate) const fn round_trip(&self) -> Duration {
        span(self.round_trip)
    }
}

/// A part of the round trip.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    Half,
    Most,
}

pub(crate) const fn span(micros: u32) -> Duration {
    Duration::from_micros(num::u64_from_u32(micros))
}
