//! The answer to a write request: the file comes in.

use bootproto_core::{
    BufferTooSmall, HighWater, Instant, Machine, Rng, Transmit, UdpPath, Uncompared, Writer,
};

use super::grant::Grant;
use super::{Config, Event};
use crate::negotiated::Counters;
use crate::transfer::{Incoming, Limits, Pending, Reply, Taken, farewell, meaning, span, with_port};
use crate::wire::{Direction, ErrorCode, Mode, Opcode, Packet, Request, write_ack};
use crate::{Failure, Ignored, Negotiated, Phase, Statistics};

/// Answers one write request: OACK or ACK 0, then acknowledgements until every block is here.
///
/// Store first, poll after: the acknowledgement leaves only when the caller polls for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receive {
    rng: Rng,
    path: UdpPath,
    limits: Limits,
    grant: Grant,
    in_order: bool,
    clock: HighWater,
    incoming: Incoming,
    state: State,
    reply: Uncompared<Option<Reply>>,
    counters: Uncompared<Counters>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Receiving,
    /// Everything is here; the last acknowledgement may be lost.
    Dallying,
    /// Over, and well.
    Done,
    /// Over, and not well.
    Dead,
}

const _: () = assert!(size_of::<Receive>() <= 512, "a server holds many of these");

impl Receive {
    /// Answers `request` on `path`, which leads from the transfer's own port to the client.
    ///
    /// # Errors
    /// The code to [`refuse`](super::refuse()) the request with: it is no write request, or it announces more than the
    /// limit.
    pub fn new(config: Config, path: UdpPath, request: &Request<'_>) -> Result<Self, ErrorCode> {
        if request.direction != Direction::Write {
            return Err(ErrorCode::ILLEGAL_OPERATION);
        }
        let grant = Grant::new(&config, request, None);
        if grant.size.is_some_and(|size| size > config.limit) {
            return Err(ErrorCode::DISK_FULL);
        }
        let most = grant.size.unwrap_or(config.limit);
        let mut incoming = Incoming::new(grant.block_size(), grant.window_size(), most).trusting();
        incoming.announced = grant.size;
        Ok(Self {
            rng: config.rng,
            path,
            limits: config.limits.up_to(grant.timeout()),
            grant,
            in_order: config.in_order || request.mode == Mode::Netascii,
            clock: HighWater::new(),
            incoming,
            state: State::Receiving,
            reply: Uncompared(None),
            counters: Uncompared(Counters::default()),
        })
    }

    /// What the transfer runs with.
    #[must_use]
    pub fn negotiated(&self) -> Negotiated {
        Negotiated {
            block_size: self.incoming.receiver.block_size(),
            window_size: self.incoming.receiver.window_size(),
            size: self.grant.size,
            timeout: self.grant.timeout().map(span),
            multicast: false,
        }
    }

    /// What has happened so far.
    #[must_use]
    pub const fn statistics(&self) -> Statistics {
        self.counters.0.with_round_trip(self.incoming.timer.round_trip())
    }

    /// Whether every byte has been told.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        matches!(self.state, State::Dallying | State::Done)
    }

    /// The bytes received in order from the start of the file.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.incoming.receiver.in_order()
    }

    /// The client's end and ours.
    #[must_use]
    pub const fn path(&self) -> UdpPath {
        self.path
    }

    /// Breaks the transfer off: the caller can't store what comes, say. An ERROR with `code` waits to be sent; the
    /// machine is dead.
    pub const fn abort(&mut self, code: ErrorCode) -> Failure {
        if !self.is_over() {
            self.part(code);
        }
        Failure::Aborted
    }

    const fn transition(&mut self, to: State) {
        self.state = to;
    }

    const fn part(&mut self, code: ErrorCode) {
        self.reply.0 = Some(Reply { port: self.path.remote.port(), code });
        self.finish();
    }

    const fn finish(&mut self) {
        self.incoming.pending = None;
        self.transition(if self.is_complete() { State::Done } else { State::Dead });
    }

    /// How long a client may wait before it sends its last window again. The granted interval is the least of it: what a
    /// client measures of the round trip, and doubles after a loss, is longer.
    fn peer_interval(&self) -> Option<u32> {
        self.grant.timeout().map(|timeout| timeout.max(1_000_000))
    }

    const fn is_over(&self) -> bool {
        matches!(self.state, State::Done | State::Dead)
    }

    fn on_data<'d>(&mut self, now: Instant, wire: u16, bytes: &'d [u8]) -> Event<'d> {
        let block = (wire, bytes.len());
        match self.incoming.on_data(now, block, self.in_order, self.limits, &mut self.counters.0) {
            Taken::Data { offset } => Event::Data { offset, bytes },
            Taken::Complete { offset } => {
                self.transition(State::Dallying);
                Event::Data { offset, bytes }
            }
            Taken::Nothing | Taken::Stuck => Event::Nothing,
            Taken::Ignored(why) => Event::Ignored(why),
            Taken::Failed(failure) | Taken::FirstTooShort(failure) => {
                self.part(farewell(failure));
                Event::Failed(failure)
            }
        }
    }
}

impl Machine for Receive {
    type Path = UdpPath;
    type Event<'d> = Event<'d>;
    const MAX_TRANSMIT: usize = 128;

    fn handle_datagram<'d>(&mut self, now: Instant, path: UdpPath, data: &'d [u8]) -> Event<'d> {
        let now = self.clock.advance(now);
        self.counters.0.received();
        if self.is_over() {
            return Event::Ignored(Ignored::Finished);
        }
        if path.local.port() != self.path.local.port() {
            return Event::Ignored(Ignored::WrongPort { port: path.local.port() });
        }
        if path.remote.ip() != self.path.remote.ip() {
            return Event::Ignored(Ignored::WrongAddress);
        }
        let packet = match Packet::parse(data) {
            Ok(packet) => packet,
            Err(error) => return Event::Ignored(Ignored::Malformed { error }),
        };
        let port = path.remote.port();
        if port != self.path.remote.port() {
            if packet.opcode() != Opcode::ERROR {
                self.reply.0 = Some(Reply { port, code: ErrorCode::UNKNOWN_TRANSFER });
            }
            return Event::Ignored(Ignored::UnknownTransfer { port });
        }
        match packet {
            Packet::Data { block, bytes } => self.on_data(now, block, bytes),
            Packet::Error { code, message } => {
                self.finish();
                if self.is_complete() {
                    // The client missed our last acknowledgement and complains; the file is whole all the same.
                    return Event::Done { size: self.incoming.receiver.in_order() };
                }
                Event::PeerError { code, message, failure: meaning(code, Phase::Transferring) }
            }
            Packet::Request(_) | Packet::Ack { .. } | Packet::OptionAck(_) => {
                Event::Ignored(Ignored::Unexpected { opcode: packet.opcode() })
            }
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event<'static>> {
        let now = self.clock.advance(now);
        if self.is_over() {
            return None;
        }
        let given_up = self.incoming.timer.has_given_up(now, self.limits);
        if self.poll_timeout().is_none_or(|deadline| now < deadline) {
            return None;
        }
        if !given_up && (self.incoming.pending.is_some() || self.reply.0.is_some()) {
            self.incoming.timer.start(now);
            return None;
        }
        if self.state == State::Dallying {
            self.finish();
            return Some(Event::Done { size: self.incoming.receiver.in_order() });
        }
        if given_up {
            let bytes = self.incoming.receiver.in_order();
            let failure = self.incoming.timer.verdict(now, bytes, self.limits);
            self.part(ErrorCode::NOT_DEFINED);
            return Some(Event::Failed(failure));
        }
        self.incoming.timer.back_off(self.limits, &mut self.rng);
        self.incoming.on_silence();
        self.incoming.pending = Some(Pending::Again);
        None
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, UdpPath>>, BufferTooSmall> {
        let mut writer = Writer::new(buf);
        let path = if let Some(reply) = self.reply.0 {
            reply.write(&mut writer);
            with_port(self.path, reply.port)
        } else if self.incoming.pending.is_some() {
            if self.incoming.receiver.is_fresh() && !self.grant.is_empty() {
                self.grant.write(&mut writer);
            } else {
                write_ack(&mut writer, self.incoming.receiver.acknowledged());
            }
            self.path
        } else {
            return Ok(None);
        };
        let bytes = writer.finish()?;
        let now = self.clock.advance(now);
        if self.reply.0.take().is_none()
            && let Some(pending) = self.incoming.pending.take()
        {
            self.incoming.timer.sent(now, pending == Pending::Fresh);
            self.counters.0.sent_own(pending == Pending::Again);
        }
        self.counters.0.sent();
        Ok(Some(Transmit { path, bytes }))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.incoming.pending.is_some() || self.reply.0.is_some() {
            return Some(self.clock.latest());
        }
        match self.state {
            State::Receiving => Some(self.incoming.timer.deadline(self.limits)),
            State::Dallying => Some(self.incoming.timer.dally_end(self.peer_interval())),
            State::Done | State::Dead => None,
        }
    }
}
