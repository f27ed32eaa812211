//! The responder: the peer's messages, in order.

use bootproto_core::Writer;

use super::config::Config;
use super::{Event, Failure, Ignored};
use crate::Psn;
use crate::packet::{Aeth, Bth, Opcode, Transport};

/// The receiving half of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Responder {
    /// The number of the next packet.
    expected: Psn,
    /// How many messages are complete.
    msn: u32,
    /// How many bytes of an unfinished message have come; `None` between messages.
    received: Option<usize>,
    /// How many messages there are buffers for.
    credits: u16,
    /// What waits to be said.
    answer: Option<(Psn, u8)>,
    /// A lost packet has been asked for, and nothing came since.
    asked: bool,
}

impl Responder {
    pub(super) const fn new(expected: Psn) -> Self {
        Self { expected, msn: 0, received: None, credits: 0, answer: None, asked: false }
    }

    pub(super) const fn post(&mut self, count: u16) {
        self.credits = self.credits.saturating_add(count);
    }

    pub(super) const fn answer(&self) -> Option<(Psn, u8)> {
        self.answer
    }

    pub(super) const fn answered(&mut self) {
        self.answer = None;
    }

    pub(super) fn write(&self, config: &Config, (psn, syndrome): (Psn, u8), writer: &mut Writer<'_>) {
        let bth = Bth {
            opcode: Opcode::RC_ACKNOWLEDGE,
            p_key: config.p_key,
            migration: true,
            destination_qp: config.remote_qpn,
            psn,
            ..Bth::default()
        };
        let aeth = Some(Aeth { syndrome, msn: self.msn });
        Transport { bth, aeth, ..Transport::default() }.write(writer, &[]);
    }

    /// Takes a request.
    pub(super) fn take<'d>(
        &mut self,
        config: &Config,
        headers: &Transport,
        payload: &'d [u8],
    ) -> Result<Event<'d>, Ignored> {
        let psn = headers.bth.psn;
        let ahead = psn.since(self.expected);
        if ahead >= 0x0080_0000 {
            self.answer = Some((self.expected.after(0x00ff_ffff), Aeth::ACK));
            return Err(Ignored::Duplicate { psn });
        }
        if ahead > 0 {
            if core::mem::replace(&mut self.asked, true) {
                return Err(Ignored::BehindTheGap { psn });
            }
            self.answer = Some((self.expected, Aeth::NAK_SEQUENCE));
            return Ok(Event::Lost { expected: self.expected, got: psn });
        }
        self.asked = false;
        let opcode = headers.bth.opcode;
        let Some((is_first, is_last)) = place(opcode) else {
            return Ok(self.refuse(Failure::InvalidRequest { opcode }));
        };
        let mtu = config.mtu_bytes();
        let fits = if is_last { payload.len() <= mtu } else { payload.len() == mtu };
        if is_first == self.received.is_some() || !fits {
            return Ok(self.refuse(Failure::InvalidRequest { opcode }));
        }
        if is_first && self.credits == 0 {
            self.answer = Some((psn, Aeth::RNR_NAK | (config.min_rnr_timer & 0x1f)));
            return Ok(Event::NoBuffer);
        }
        let offset = self.received.unwrap_or(0);
        let length = offset.saturating_add(payload.len());
        if length > config.max_message {
            return Ok(self.refuse(Failure::TooLong { limit: config.max_message }));
        }
        self.expected = self.expected.after(1);
        self.received = (!is_last).then_some(length);
        if is_last {
            self.credits = self.credits.saturating_sub(1);
            self.msn = self.msn.wrapping_add(1) & 0x00ff_ffff;
        }
        if headers.bth.acknowledge_request {
            self.answer = Some((psn, Aeth::ACK));
        }
        Ok(Event::Data { offset, bytes: payload, immediate: headers.immediate, last: is_last })
    }

    const fn refuse(&mut self, failure: Failure) -> Event<'static> {
        self.answer = Some((self.expected, Aeth::NAK_INVALID_REQUEST));
        Event::Failed(failure)
    }
}

/// Whether a SEND starts a message, and whether it ends one; `None` for everything else.
const fn place(opcode: Opcode) -> Option<(bool, bool)> {
    Some(match opcode {
        Opcode::RC_SEND_FIRST => (true, false),
        Opcode::RC_SEND_MIDDLE => (false, false),
        Opcode::RC_SEND_LAST | Opcode::RC_SEND_LAST_IMMEDIATE => (false, true),
        Opcode::RC_SEND_ONLY | Opcode::RC_SEND_ONLY_IMMEDIATE => (true, true),
        _ => return None,
    })
}
