//! The agent: a MAD in, an answer out.

use bootproto_core::{BufferTooSmall, HighWater, Instant, Machine, Transmit, Writer};

use super::counters::Counters;
use crate::mad::attribute::{ClassPortInfo, PortCounters};
use crate::mad::{AttributeId, Gmp, Header, MAD_LENGTH, Method, MgmtClass, Status};
use crate::management::Ignored;
use crate::verbs::AddressVector;

/// What a MAD meant to the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// It is answered.
    Answered,
    /// It is answered, and counters were written.
    Cleared,
    /// The MAD changed nothing.
    Ignored(Ignored),
}

/// The performance management agent of one port.
///
/// A plain value that is driven as [`Machine`] says, on queue pair 1. It never ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// What it has to tell; the transport counts here.
    pub counters: Counters,
    port: u8,
    answer: Option<(AddressVector, Gmp)>,
    seen: HighWater,
}

/// The class's version.
const CLASS_VERSION: u8 = 1;

/// All ports of a node at once.
const ALL_PORTS: u8 = 255;

impl Agent {
    /// The agent of the port with this number, with counters at zero.
    #[must_use]
    pub fn new(port: u8) -> Self {
        Self { counters: Counters::default(), port, answer: None, seen: HighWater::new() }
    }

    fn take(&mut self, path: AddressVector, mad: &[u8]) -> Result<Event, Ignored> {
        let gmp = Gmp::parse(mad).map_err(|error| Ignored::Malformed { error })?;
        let Header { class, class_version, method, attribute, .. } = gmp.header;
        if class != MgmtClass::PERF {
            return Err(Ignored::OtherClass { class });
        }
        if method.is_response() {
            return Err(Ignored::UnaskedResponse { method });
        }
        if [Method::TRAP, Method::REPORT, Method::SEND].contains(&method) {
            return Err(Ignored::Unexpected { method, attribute });
        }
        if self.answer.is_some() {
            return Err(Ignored::AnswerPending);
        }
        let mut event = Event::Answered;
        let outcome = match (class_version, method, attribute) {
            (CLASS_VERSION, Method::GET, AttributeId::CLASS_PORT_INFO) => Ok(class_port_info()),
            (CLASS_VERSION, Method::GET, AttributeId::PORT_COUNTERS) => self.counters(&gmp, false),
            (CLASS_VERSION, Method::SET, AttributeId::PORT_COUNTERS) => {
                event = Event::Cleared;
                self.counters(&gmp, true)
            }
            (CLASS_VERSION, Method::GET | Method::SET, _) => Err(Status::BAD_METHOD_ATTRIBUTE),
            (CLASS_VERSION, ..) => Err(Status::BAD_METHOD),
            _ => Err(Status::BAD_VERSION),
        };
        let header = Header { method: Method::GET_RESP, status: Status::OK, ..gmp.header };
        let answer = match outcome {
            Ok(attribute) => Gmp::new(header, Gmp::PERF_DATA, &attribute),
            Err(status) => {
                event = Event::Answered;
                Gmp { header: Header { status, ..header }, data: gmp.data }
            }
        };
        self.answer = Some((path, answer));
        Ok(event)
    }

    /// The counters, written first if that is wanted.
    fn counters(&mut self, gmp: &Gmp, is_set: bool) -> Result<[u8; 72], Status> {
        let wanted = PortCounters::parse(gmp.attribute(Gmp::PERF_DATA)).map_err(|_| Status::BAD_VALUE)?;
        if ![self.port, ALL_PORTS].contains(&wanted.port_select) {
            return Err(Status::BAD_VALUE);
        }
        if is_set {
            self.counters.set(&wanted);
        }
        let select = (wanted.port_select, wanted.counter_select, wanted.counter_select2);
        let (port_select, counter_select, counter_select2) = select;
        let values = PortCounters { port_select, counter_select, counter_select2, ..*self.counters.values() };
        Ok(padded(&values.to_bytes()))
    }
}

/// What this agent says about itself: nothing beyond the specification's minimum.
fn class_port_info() -> [u8; 72] {
    let about = ClassPortInfo {
        base_version: 1,
        class_version: CLASS_VERSION,
        resp_time_value: 16,
        ..ClassPortInfo::default()
    };
    about.to_bytes()
}

fn padded(bytes: &[u8]) -> [u8; 72] {
    let mut padded = [0; 72];
    bootproto_core::copy_into(&mut padded, bytes);
    padded
}

impl Machine for Agent {
    /// The other end.
    type Path = AddressVector;
    type Event<'d> = Event;
    const MAX_TRANSMIT: usize = MAD_LENGTH;

    fn handle_datagram(&mut self, now: Instant, path: AddressVector, data: &[u8]) -> Event {
        self.seen.advance(now);
        self.take(path, data).unwrap_or_else(Event::Ignored)
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event> {
        self.seen.advance(now);
        None
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, AddressVector>>, BufferTooSmall> {
        let Some((path, gmp)) = &self.answer else {
            return Ok(None);
        };
        let mut writer = Writer::new(buf);
        gmp.write(&mut writer);
        let (bytes, path) = (writer.finish()?, *path);
        self.answer = None;
        self.seen.advance(now);
        Ok(Some(Transmit { path, bytes }))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.answer.is_some().then(|| self.seen.latest())
    }
}
