//! The table of open requests.

use core::time::Duration;

use bootproto_core::{
    Backoff, BufferTooSmall, HighWater, Instant, Machine, Rng, Transmit, Writer, copy_into,
};

use super::rmpp::{self, Parting, Reception, Segment};
use super::slot::{Slot, State};
use crate::mad::{Header, MAD_LENGTH, Rmpp, SaMad, Status};
use crate::management::{ConfigError, Failure, Ignored};
use crate::verbs::AddressVector;

/// How many requests can be open at the same time.
const OPEN: usize = 8;

/// How long a long answer may pause, and how long its end is still acknowledged.
const PAUSE: Duration = Duration::from_secs(10);

/// How far an interval is moved, either way.
const JITTER: Duration = Duration::from_millis(50);

/// Two things can't be told at the same instant: the second one follows so much later.
const NEXT: Duration = Duration::from_micros(1);

/// How patient requests are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How long the first answer may take; each further one twice as long.
    pub first: Duration,
    /// The longest such time.
    pub ceiling: Duration,
    /// How often a request is sent, at most.
    pub tries: u8,
}

impl Policy {
    /// Half a second, doubling up to four, eight times: an SM that restarts is waited for, 23.5 s altogether.
    pub const DEFAULT: Self =
        Self { first: Duration::from_millis(500), ceiling: Duration::from_secs(4), tries: 8 };
}

/// The name of an open request; no two are the same while both are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(u64);

/// What a MAD or the time means to the open requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'d> {
    /// The answer, whatever its status. The request is over.
    Answer {
        /// To what.
        ticket: Ticket,
        /// All of it.
        mad: &'d [u8],
    },
    /// The next records of a long answer.
    Part {
        /// To what.
        ticket: Ticket,
        /// How many bytes of records came before.
        offset: u32,
        /// More of them; a record may go over the end.
        bytes: &'d [u8],
        /// How many bytes it is from one record to the next.
        distance: u16,
        /// Whether these are the last. The request is over then.
        complete: bool,
    },
    /// The request is over, without an answer that is of use.
    Failed {
        /// Which.
        ticket: Ticket,
        /// Why.
        failure: Failure,
    },
    /// The MAD changed nothing.
    Ignored(Ignored),
}

/// The open requests of one port, up to eight of them.
///
/// A plain value that is driven as [`Machine`] says. What [`poll_transmit`](Machine::poll_transmit) writes is sent on
/// queue pair 0 if its class is subnet management, and on queue pair 1 otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    rng: Rng,
    tid_mask: u64,
    policy: Policy,
    slots: [Option<Slot>; OPEN],
    seen: HighWater,
}

const _: () =
    assert!(size_of::<Requester>() <= 3_584, "eight requests of 256 bytes, and what is known of them");

impl Requester {
    /// No open requests. `seed` has to be another one at every boot.
    ///
    /// `tid_mask` has the bits of the transaction identifier that are ours and come back unchanged: all of them
    /// where the driver owns the wire; under Linux's `umad` the low 32; on ibsim the low 48.
    ///
    /// # Errors
    /// [`ConfigError::TidTooNarrow`] for fewer than 32 bits.
    pub const fn new(seed: u64, tid_mask: u64, policy: Policy) -> Result<Self, ConfigError> {
        let bits = tid_mask.count_ones();
        if bits < 32 {
            return Err(ConfigError::TidTooNarrow { bits });
        }
        let slots = [const { None }; OPEN];
        Ok(Self { rng: Rng::new(seed), tid_mask, policy, slots, seen: HighWater::new() })
    }

    /// Opens a request. Its transaction identifier is filled in; a long answer may have `limit` bytes of records.
    ///
    /// # Errors
    /// [`ConfigError::NotAMad`], [`ConfigError::NotARequest`], [`ConfigError::TooManyRequests`].
    pub fn request(
        &mut self,
        now: Instant,
        path: AddressVector,
        mad: &[u8],
        limit: u32,
    ) -> Result<Ticket, ConfigError> {
        let now = self.seen.advance(now);
        let mut header = Header::parse(mad).map_err(|error| ConfigError::NotAMad { error })?;
        if header.method.response().is_none() {
            return Err(ConfigError::NotARequest { method: header.method });
        }
        let free = self.slots.iter().position(Option::is_none);
        let index =
            free.or_else(|| self.slots.iter().position(|slot| slot.as_ref().is_some_and(Slot::is_answered)));
        let Some(index) = index else {
            return Err(ConfigError::TooManyRequests);
        };
        let tid = self.unused_tid();
        header.tid = tid;
        let mut request = [0; MAD_LENGTH];
        copy_into(&mut request, mad);
        header.write(&mut Writer::new(&mut request));
        let Policy { first, ceiling, tries } = self.policy;
        let state = State::Due { tries, backoff: Backoff::new(first, ceiling, JITTER) };
        if let Some(slot) = self.slots.get_mut(index) {
            *slot = Some(Slot { path, request, header, limit, state, deadline: now });
        }
        Ok(Ticket(tid))
    }

    /// Forgets a request. An answer to it is a stranger's from now on.
    pub fn cancel(&mut self, ticket: Ticket) {
        for slot in &mut self.slots {
            if slot.as_ref().is_some_and(|slot| slot.header.tid == ticket.0) {
                *slot = None;
            }
        }
    }

    /// Forgets all of them.
    pub const fn cancel_all(&mut self) {
        self.slots = [const { None }; OPEN];
    }

    /// Whether another request can be opened.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.slots.iter().any(|slot| slot.as_ref().is_none_or(Slot::is_answered))
    }

    /// An identifier that no open request has. The lower halves of the draws stay secret, so that one identifier
    /// does not give the next one away.
    fn unused_tid(&mut self) -> u64 {
        loop {
            let draws = [self.rng.next_u32(), self.rng.next_u32()];
            let tid =
                draws.iter().fold(0_u64, |tid, draw| tid.wrapping_shl(32) | u64::from(*draw)) & self.tid_mask;
            if tid != 0 && self.slots.iter().flatten().all(|slot| slot.header.tid != tid) {
                return tid;
            }
        }
    }

    /// The place of the request that a MAD of this header from there answers.
    fn find(&self, path: &AddressVector, header: &Header) -> Result<usize, Ignored> {
        if !header.method.is_response() {
            return Err(Ignored::NotAnAnswer { method: header.method });
        }
        let known = self
            .slots
            .iter()
            .position(|slot| slot.as_ref().is_some_and(|slot| slot.header.tid == header.tid & self.tid_mask));
        let slot = known.and_then(|index| self.slots.get(index)).and_then(Option::as_ref);
        let (Some(index), Some(slot)) = (known, slot) else {
            return Err(Ignored::UnknownTransaction { lid: path.lid });
        };
        if slot.path.lid != path.lid || slot.path.qpn != path.qpn {
            return Err(Ignored::WrongSource { lid: path.lid, qpn: path.qpn });
        }
        let asked = &slot.header;
        if asked.class != header.class
            || asked.attribute != header.attribute
            || asked.method.response() != Some(header.method)
        {
            let Header { class, method, attribute, .. } = *header;
            return Err(Ignored::WrongAnswer { class, method, attribute });
        }
        Ok(index)
    }

    fn take<'d>(&mut self, now: Instant, path: &AddressVector, mad: &'d [u8]) -> Result<Event<'d>, Ignored> {
        let header = Header::parse(mad).map_err(|error| Ignored::Malformed { error })?;
        let index = self.find(path, &header)?;
        let Some(place) = self.slots.get_mut(index) else {
            return Err(Ignored::UnknownTransaction { lid: path.lid });
        };
        let Some(slot) = place else {
            return Err(Ignored::UnknownTransaction { lid: path.lid });
        };
        let ticket = Ticket(slot.header.tid);
        let long = rmpp::is_long(&slot.header).then(|| SaMad::parse(mad).ok()).flatten();
        if let Some(long) = long.filter(|long| long.rmpp.is_active()) {
            return take_segment(place, ticket, now, &long, mad);
        }
        match slot.state {
            State::Due { .. } | State::Asked { .. } => {}
            // The end of a long answer was seen, or is still to come: this is neither.
            State::Receiving(_) | State::Parting(_) => {
                return Err(Ignored::UnknownTransaction { lid: path.lid });
            }
        }
        if header.status.0 & Status::BUSY.0 != 0 {
            return Err(Ignored::Busy);
        }
        *place = None;
        Ok(Event::Answer { ticket, mad })
    }
}

/// A segment of a long answer, from the right peer.
fn take_segment<'d>(
    place: &mut Option<Slot>,
    ticket: Ticket,
    now: Instant,
    long: &SaMad,
    mad: &'d [u8],
) -> Result<Event<'d>, Ignored> {
    let Some(slot) = place else {
        return Err(Ignored::BadSegment { segment: long.rmpp.segment });
    };
    let is_new = matches!(slot.state, State::Due { .. } | State::Asked { .. });
    if is_new && [Rmpp::ABORT, Rmpp::STOP].contains(&long.rmpp.kind)
        || matches!(&slot.state, State::Receiving(reception) if !reception.is_complete)
            && [Rmpp::ABORT, Rmpp::STOP].contains(&long.rmpp.kind)
    {
        let failure = Failure::Aborted { status: long.rmpp.status };
        *place = None;
        return Ok(Event::Failed { ticket, failure });
    }
    if is_new && long.header.status != Status::OK {
        if long.header.status.0 & Status::BUSY.0 != 0 {
            return Err(Ignored::Busy);
        }
        slot.state = State::Receiving(Reception::refused());
        slot.deadline = now.saturating_add(PAUSE);
        return Ok(Event::Answer { ticket, mad });
    }
    let mut fresh = Reception::new();
    let reception = match &mut slot.state {
        State::Receiving(reception) => reception,
        State::Due { .. } | State::Asked { .. } => &mut fresh,
        State::Parting(_) => return Err(Ignored::BadSegment { segment: long.rmpp.segment }),
    };
    match reception.take(&long.rmpp, mad, slot.limit) {
        Segment::Part { offset, bytes, complete } => {
            if is_new {
                slot.state = State::Receiving(fresh);
            }
            slot.deadline = now.saturating_add(PAUSE);
            let distance = long.attribute_offset.saturating_mul(8);
            Ok(Event::Part { ticket, offset, bytes, distance, complete })
        }
        Segment::Ignored(why) => Err(why),
        Segment::Stop(failure) => {
            slot.state = State::Parting(Parting::STOP);
            Ok(Event::Failed { ticket, failure })
        }
    }
}

impl Machine for Requester {
    /// The other end: its LID and queue pair.
    type Path = AddressVector;
    type Event<'d> = Event<'d>;
    const MAX_TRANSMIT: usize = MAD_LENGTH;

    fn handle_datagram<'d>(&mut self, now: Instant, path: AddressVector, data: &'d [u8]) -> Event<'d> {
        let now = self.seen.advance(now);
        self.take(now, &path, data).unwrap_or_else(Event::Ignored)
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event<'static>> {
        let now = self.seen.advance(now);
        let mut told = None;
        for place in &mut self.slots {
            let Some(slot) = place.as_mut().filter(|slot| slot.deadline <= now && !slot.is_due()) else {
                continue;
            };
            if told.is_some() {
                slot.deadline = now.saturating_add(NEXT);
                continue;
            }
            let ticket = Ticket(slot.header.tid);
            match &mut slot.state {
                State::Asked { tries: 0, .. } => {
                    told = Some(Event::Failed {
                        ticket,
                        failure: Failure::NoAnswer { tries: self.policy.tries },
                    });
                    *place = None;
                }
                State::Asked { tries, backoff } => {
                    slot.state = State::Due { tries: *tries, backoff: backoff.clone() };
                }
                State::Receiving(reception) if reception.is_complete => *place = None,
                State::Receiving(_) => {
                    told =
                        Some(Event::Failed { ticket, failure: Failure::Aborted { status: rmpp::TOO_LONG } });
                    slot.state = State::Parting(Parting::TOO_LONG);
                }
                State::Due { .. } | State::Parting(_) => {}
            }
        }
        told
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, AddressVector>>, BufferTooSmall> {
        let Some(place) = self.slots.iter_mut().find(|slot| slot.as_ref().is_some_and(Slot::is_due)) else {
            return Ok(None);
        };
        let Some(slot) = place else {
            return Ok(None);
        };
        let mut writer = Writer::new(buf);
        match &slot.state {
            State::Parting(parting) => parting.packet(&slot.header).write(&mut writer),
            State::Receiving(reception) => reception.acknowledgement(&slot.header).write(&mut writer),
            State::Due { .. } | State::Asked { .. } => writer.bytes(&slot.request),
        }
        let bytes = writer.finish()?;
        let now = self.seen.advance(now);
        let path = slot.path;
        match &mut slot.state {
            State::Due { tries, backoff } => {
                slot.deadline = now.saturating_add(backoff.next_interval(&mut self.rng));
                slot.state = State::Asked { tries: tries.saturating_sub(1), backoff: backoff.clone() };
            }
            State::Receiving(reception) => reception.ack_due.0 = false,
            State::Parting(_) => *place = None,
            State::Asked { .. } => {}
        }
        Ok(Some(Transmit { path, bytes }))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.slots.iter().flatten().any(Slot::is_due) {
            return Some(self.seen.latest());
        }
        self.slots.iter().flatten().map(|slot| slot.deadline).min()
    }
}
