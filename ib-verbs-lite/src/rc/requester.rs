//! The requester: our messages, until they are acknowledged.

use bootproto_core::{Instant, Writer, num};

use super::config::{Config, rnr_timer};
use super::{Event, Failure, Ignored};
use crate::Psn;
use crate::packet::{Aeth, Bth, Opcode, Transport};
use crate::verbs::VerbsError;

/// How many packets may be under way.
const WINDOW: u32 = 8;

/// The message that is being sent.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Message {
    id: u64,
    length: usize,
    immediate: Option<u32>,
    /// How many packets it has.
    packets: u32,
    /// The number of its first packet.
    first: Psn,
    /// How many are acknowledged.
    acknowledged: u32,
    /// The next to send, counted from 0.
    next: u32,
}

/// The sending half of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Requester<const N: usize> {
    message: Option<Message>,
    bytes: [u8; N],
    /// The number of the next message's first packet.
    psn: Psn,
    retries: u8,
    rnr_retries: u8,
    /// When the oldest packet counts as lost, or the peer's pause is over.
    deadline: Option<Instant>,
    /// The peer asked for a pause.
    pausing: bool,
}

impl<const N: usize> Requester<N> {
    pub(super) const fn new(psn: Psn) -> Self {
        Self { message: None, bytes: [0; N], psn, retries: 0, rnr_retries: 0, deadline: None, pausing: false }
    }

    pub(super) fn send(
        &mut self,
        config: &Config,
        id: u64,
        bytes: &[u8],
        immediate: Option<u32>,
    ) -> Result<(), VerbsError> {
        if bytes.len() > N {
            return Err(VerbsError::TooLong { length: bytes.len(), limit: N });
        }
        if self.message.is_some() {
            return Err(VerbsError::QueueFull);
        }
        let packets = bytes.len().div_ceil(config.mtu_bytes()).max(1);
        let packets = u32::try_from(packets).unwrap_or(u32::MAX);
        bootproto_core::copy_into(&mut self.bytes, bytes);
        let first = self.psn;
        self.psn = first.after(packets);
        (self.retries, self.rnr_retries, self.pausing) = (0, 0, false);
        let length = bytes.len();
        self.message = Some(Message { id, length, immediate, packets, first, acknowledged: 0, next: 0 });
        Ok(())
    }

    /// Whether there is a packet to send.
    pub(super) fn is_ready(&self) -> bool {
        let has_more = |message: &Message| {
            message.next < message.packets && message.next.saturating_sub(message.acknowledged) < WINDOW
        };
        !self.pausing && self.message.as_ref().is_some_and(has_more)
    }

    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Writes the next packet. Call [`sent`](Self::sent) if it went out.
    pub(super) fn write(&self, config: &Config, writer: &mut Writer<'_>) {
        let Some(message) = &self.message else { return };
        let mtu = config.mtu_bytes();
        let start = num::usize_from_u32_saturating(message.next).saturating_mul(mtu);
        let end = message.length.min(start.saturating_add(mtu));
        let payload = self.bytes.get(start..end).unwrap_or_default();
        let (is_first, is_last) = (message.next == 0, message.next.saturating_add(1) == message.packets);
        let immediate = message.immediate.filter(|_| is_last);
        let opcode = match (is_first, is_last, immediate.is_some()) {
            (true, false, _) => Opcode::RC_SEND_FIRST,
            (false, false, _) => Opcode::RC_SEND_MIDDLE,
            (false, true, false) => Opcode::RC_SEND_LAST,
            (false, true, true) => Opcode::RC_SEND_LAST_IMMEDIATE,
            (true, true, false) => Opcode::RC_SEND_ONLY,
            (true, true, true) => Opcode::RC_SEND_ONLY_IMMEDIATE,
        };
        let under_way = message.next.saturating_sub(message.acknowledged).saturating_add(1);
        let bth = Bth {
            opcode,
            p_key: config.p_key,
            migration: true,
            destination_qp: config.remote_qpn,
            acknowledge_request: is_last || under_way == WINDOW,
            psn: message.first.after(message.next),
            ..Bth::default()
        };
        Transport { bth, immediate, ..Transport::default() }.write(writer, payload);
    }

    pub(super) const fn sent(&mut self, config: &Config, now: Instant) {
        if let Some(message) = &mut self.message {
            message.next = message.next.saturating_add(1);
            self.deadline = Some(now.saturating_add(config.ack_timeout));
        }
    }

    /// Takes an acknowledgement of any kind.
    pub(super) fn acknowledge(
        &mut self,
        config: &Config,
        now: Instant,
        psn: Psn,
        aeth: &Aeth,
    ) -> Result<Event<'static>, Ignored> {
        let stray = Ignored::StrayAcknowledgement { psn };
        let Some(message) = &mut self.message else { return Err(stray) };
        let place = psn.since(message.first);
        if place < message.acknowledged || place >= message.next {
            return Err(stray);
        }
        match aeth.syndrome >> 5 {
            0 => {
                let done = place.saturating_add(1);
                self.progress(config, now, done);
                Ok(self.completed().unwrap_or(Event::Progress))
            }
            1 => {
                self.progress(config, now, place);
                let limit = config.rnr_retry_count;
                if limit < 7 && self.rnr_retries >= limit {
                    return Ok(Event::Failed(Failure::RnrRetryExceeded { retries: limit }));
                }
                self.rnr_retries = self.rnr_retries.saturating_add(1);
                self.go_back();
                self.pausing = true;
                self.deadline = Some(now.saturating_add(rnr_timer(aeth.syndrome)));
                Ok(Event::Again)
            }
            3 => Ok(match aeth.syndrome {
                Aeth::NAK_SEQUENCE => {
                    self.progress(config, now, place);
                    self.go_back();
                    self.retry(config).map_or(Event::Again, Event::Failed)
                }
                Aeth::NAK_INVALID_REQUEST => Event::Failed(Failure::RemoteInvalidRequest),
                Aeth::NAK_REMOTE_ACCESS => Event::Failed(Failure::RemoteAccess),
                _ => Event::Failed(Failure::RemoteOperation),
            }),
            _ => Err(stray),
        }
    }

    /// The first `done` packets of the message are acknowledged.
    fn progress(&mut self, config: &Config, now: Instant, done: u32) {
        let Some(message) = &mut self.message else { return };
        if done > message.acknowledged {
            message.acknowledged = done;
            (self.retries, self.rnr_retries) = (0, 0);
        }
        let is_waiting = message.next > message.acknowledged;
        self.deadline = is_waiting.then(|| now.saturating_add(config.ack_timeout));
    }

    fn completed(&mut self) -> Option<Event<'static>> {
        let message = self.message.take_if(|message| message.acknowledged >= message.packets)?;
        self.deadline = None;
        Some(Event::Sent { id: message.id })
    }

    const fn go_back(&mut self) {
        if let Some(message) = &mut self.message {
            message.next = message.acknowledged;
        }
        self.deadline = None;
    }

    const fn retry(&mut self, config: &Config) -> Option<Failure> {
        if self.retries >= config.retry_count {
            return Some(Failure::RetryExceeded { retries: config.retry_count });
        }
        self.retries = self.retries.saturating_add(1);
        None
    }

    pub(super) fn time(&mut self, config: &Config, now: Instant) -> Option<Failure> {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return None;
        }
        self.deadline = None;
        if core::mem::take(&mut self.pausing) {
            return None;
        }
        self.go_back();
        self.retry(config)
    }
}
