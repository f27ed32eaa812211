//! The reception of an answer in several segments (IBTA 13.6), as the SA sends them.
//!
//! Segments are taken in order: a sender that misses an acknowledgement sends everything from it on again, so that
//! keeping what came too early would gain nothing.

use bootproto_core::Uncompared;

use crate::mad::{Header, Method, Rmpp, SaMad};
use crate::management::{Failure, Ignored};

/// How many segments may be under way after the first one.
const WINDOW: u32 = 8;

/// Every segment repeats the class's own header, which counts as payload.
const CLASS_HEADER: u32 = 20;

/// The data of a whole segment.
const SEGMENT: u32 = 200;

/// The receiver has no room for more.
const RESOURCES_EXHAUSTED: u8 = 1;

/// The whole transfer takes too long.
pub(super) const TOO_LONG: u8 = 118;

/// How far a long answer has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reception {
    /// The segment that is waited for.
    next: u32,
    /// How many bytes of records have come.
    received: u32,
    /// The last segment that the peer may send.
    window_end: u32,
    /// Whether the last segment has come.
    pub(super) is_complete: bool,
    /// Whether an acknowledgement has to be sent.
    pub(super) ack_due: Uncompared<bool>,
}

/// What a segment is.
pub(super) enum Segment<'d> {
    /// The next records.
    Part { offset: u32, bytes: &'d [u8], complete: bool },
    /// Nothing new.
    Ignored(Ignored),
    /// More than is allowed: tell the peer, and the caller.
    Stop(Failure),
}

/// Where the data lies in a MAD of the SA.
const DATA: usize = 56;

impl Reception {
    pub(super) const fn new() -> Self {
        Self { next: 1, received: 0, window_end: 1, is_complete: false, ack_due: Uncompared(false) }
    }

    /// A reception that consists of one segment, whose status is bad: it is acknowledged like a good one.
    pub(super) const fn refused() -> Self {
        Self { next: 2, received: 0, window_end: 1, is_complete: true, ack_due: Uncompared(true) }
    }

    /// Takes a segment that belongs to this transfer.
    pub(super) fn take<'d>(&mut self, rmpp: &Rmpp, mad: &'d [u8], limit: u32) -> Segment<'d> {
        let segment = rmpp.segment;
        if rmpp.version != 1 || rmpp.kind != Rmpp::DATA || segment == 0 {
            return Segment::Ignored(Ignored::BadSegment { segment });
        }
        if segment < self.next {
            self.ack_due.0 = true;
            return Segment::Ignored(Ignored::DuplicateSegment { segment });
        }
        if segment > self.next || self.is_complete {
            self.ack_due.0 = self.next > 1;
            return Segment::Ignored(Ignored::MissingSegment { segment, expected: self.next });
        }
        let is_last = rmpp.flags & Rmpp::LAST != 0;
        let is_first = rmpp.flags & Rmpp::FIRST != 0;
        let length = if is_last { rmpp.length_or_window.checked_sub(CLASS_HEADER) } else { Some(SEGMENT) };
        let Some(length) = length.filter(|length| *length <= SEGMENT && is_first == (segment == 1)) else {
            return Segment::Ignored(Ignored::BadSegment { segment });
        };
        let end = self.received.saturating_add(length);
        if end > limit || is_first && !is_last && announced(rmpp.length_or_window) > limit {
            return Segment::Stop(Failure::TableTooLong { limit });
        }
        let data = mad.get(DATA..).unwrap_or_default();
        let bytes = usize::try_from(length).ok().and_then(|length| data.get(..length)).unwrap_or_default();
        let offset = self.received;
        self.received = end;
        self.next = self.next.saturating_add(1);
        self.is_complete = is_last;
        if is_last || segment == self.window_end {
            self.window_end = segment.saturating_add(WINDOW);
            self.ack_due.0 = true;
        }
        Segment::Part { offset, bytes, complete: is_last }
    }

    /// The acknowledgement of everything so far, in answer to the request with this header.
    pub(super) fn acknowledgement(&self, request: &Header) -> SaMad {
        control(
            request,
            Rmpp {
                kind: Rmpp::ACK,
                segment: self.next.saturating_sub(1),
                length_or_window: self.window_end,
                ..Rmpp::default()
            },
        )
    }
}

/// How many bytes of records a first segment announces: 0 says nothing.
const fn announced(payload: u32) -> u32 {
    let segments = payload.div_ceil(SEGMENT.saturating_add(CLASS_HEADER));
    payload.saturating_sub(segments.saturating_mul(CLASS_HEADER))
}

/// The last packet of a transfer that is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parting {
    kind: u8,
    status: u8,
}

impl Parting {
    /// We take no more.
    pub(super) const STOP: Self = Self { kind: Rmpp::STOP, status: RESOURCES_EXHAUSTED };
    /// The transfer takes too long.
    pub(super) const TOO_LONG: Self = Self { kind: Rmpp::ABORT, status: TOO_LONG };

    /// The packet, in answer to the request with this header.
    pub(super) fn packet(self, request: &Header) -> SaMad {
        control(request, Rmpp { kind: self.kind, status: self.status, ..Rmpp::default() })
    }
}

fn control(request: &Header, rmpp: Rmpp) -> SaMad {
    /// No promise about how long an answer takes.
    const NO_TIME: u8 = 31;
    let rmpp = Rmpp { version: 1, flags: Rmpp::ACTIVE, response_time: NO_TIME, ..rmpp };
    let mut mad = SaMad::new(*request, crate::mad::ComponentMask::NONE, &[]);
    mad.rmpp = rmpp;
    mad
}

/// Whether an answer to this request may come in several segments.
pub(super) fn is_long(request: &Header) -> bool {
    request.class == crate::mad::MgmtClass::SUBN_ADM
        && [Method::GET_TABLE, Method::GET_MULTI, Method::GET_TRACE_TABLE].contains(&request.method)
}
