//! The machine.

use bootproto_core::{BufferTooSmall, HighWater, Instant, Machine, Reader, Transmit, Writer};

use super::requester::Requester;
use super::responder::Responder;
use super::{Config, Event, Ignored};
use crate::packet::{Opcode, Transport};
use crate::verbs::VerbsError;

/// One connection, driven as [`Machine`] says. A datagram is a packet from the BTH to the last byte of padding; there
/// is one path, so it has no name.
///
/// `N` is how long our messages may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection<const N: usize = 4096> {
    config: Config,
    requester: Requester<N>,
    responder: Responder,
    is_dead: bool,
    seen: HighWater,
}

impl<const N: usize> Connection<N> {
    /// A connection on which nothing has been sent.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            requester: Requester::new(config.send_psn),
            responder: Responder::new(config.receive_psn),
            is_dead: false,
            seen: HighWater::new(),
        }
    }

    /// Sends one message, of which a copy is kept. [`Event::Sent`] has `id`.
    ///
    /// # Errors
    /// [`VerbsError::TooLong`] over `N` bytes; [`VerbsError::QueueFull`] until the message before is acknowledged;
    /// [`VerbsError::NotConnected`] on a dead connection.
    pub fn send(&mut self, id: u64, bytes: &[u8], immediate: Option<u32>) -> Result<(), VerbsError> {
        if self.is_dead {
            return Err(VerbsError::NotConnected);
        }
        self.requester.send(&self.config, id, bytes, immediate)
    }

    /// There are buffers for `count` more messages of the peer.
    pub const fn post_receive(&mut self, count: u16) {
        self.responder.post(count);
    }

    /// Whether the connection has failed.
    #[must_use]
    pub const fn is_dead(&self) -> bool {
        self.is_dead
    }

    fn judge<'d>(&mut self, now: Instant, data: &'d [u8]) -> Result<Event<'d>, Ignored> {
        if self.is_dead {
            return Err(Ignored::Finished);
        }
        let mut reader = Reader::new(data);
        let malformed = |error| Ignored::Malformed { error };
        let (headers, length) = Transport::parse(&mut reader).map_err(malformed)?;
        let payload = reader.take(length).map_err(malformed)?;
        let (bth, opcode) = (&headers.bth, headers.bth.opcode);
        if bth.destination_qp != self.config.local_qpn {
            return Err(Ignored::OtherQueuePair { qpn: bth.destination_qp });
        }
        if !self.config.p_key.admits(bth.p_key) {
            return Err(Ignored::OtherPartition { p_key: bth.p_key });
        }
        match (opcode.0 >> 5, opcode, headers.aeth) {
            (0, Opcode::RC_ACKNOWLEDGE, Some(aeth)) => {
                self.requester.acknowledge(&self.config, now, bth.psn, &aeth)
            }
            // Responses to reads, which we never ask for.
            (0, _, Some(_)) | (1.., _, _) | (0, Opcode(0x0e), _) => Err(Ignored::NotConnected { opcode }),
            (0, _, None) => self.responder.take(&self.config, &headers, payload),
        }
    }
}

impl<const N: usize> Machine for Connection<N> {
    type Path = ();
    type Event<'d> = Event<'d>;
    const MAX_TRANSMIT: usize = Transport::MAX_LENGTH + 4096;

    fn handle_datagram<'d>(&mut self, now: Instant, (): (), data: &'d [u8]) -> Event<'d> {
        let now = self.seen.advance(now);
        let event = self.judge(now, data).unwrap_or_else(Event::Ignored);
        self.is_dead |= matches!(event, Event::Failed(_));
        event
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event<'static>> {
        let now = self.seen.advance(now);
        if self.is_dead {
            return None;
        }
        let failure = self.requester.time(&self.config, now)?;
        self.is_dead = true;
        Some(Event::Failed(failure))
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, ()>>, BufferTooSmall> {
        let now = self.seen.advance(now);
        let mut writer = Writer::new(buf);
        if let Some(answer) = self.responder.answer() {
            self.responder.write(&self.config, answer, &mut writer);
            let bytes = writer.finish()?;
            self.responder.answered();
            return Ok(Some(Transmit { path: (), bytes }));
        }
        if self.is_dead || !self.requester.is_ready() {
            return Ok(None);
        }
        self.requester.write(&self.config, &mut writer);
        let bytes = writer.finish()?;
        self.requester.sent(&self.config, now);
        Ok(Some(Transmit { path: (), bytes }))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.responder.answer().is_some() || (!self.is_dead && self.requester.is_ready()) {
            return Some(self.seen.latest());
        }
        if self.is_dead { None } else { self.requester.deadline() }
    }
}
