//! The answer to a read request: the file goes out.

use bootproto_core::{
    BufferTooSmall, HighWater, Instant, Machine, Rng, Transmit, UdpPath, Uncompared, Writer,
};

use super::grant::Grant;
use super::{Config, Event};
use crate::negotiated::Counters;
use crate::transfer::{Acknowledged, Broken, Limits, Reply, Sender, meaning, span, with_port};
use crate::wire::{DATA_HEADER, Direction, ErrorCode, MAX_BLOCK_SIZE, Opcode, Packet, Request};
use crate::{Failure, Ignored, Negotiated, Phase, Source, Statistics};

/// Answers one read request: OACK where options were asked for, then blocks until the last is acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Send<S> {
    rng: Rng,
    path: UdpPath,
    limits: Limits,
    grant: Grant,
    clock: HighWater,
    sender: Sender<S>,
    state: State,
    /// Whether the OACK waits to be sent, and whether it has been before.
    oack: Option<bool>,
    reply: Uncompared<Option<Reply>>,
    counters: Uncompared<Counters>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The OACK is out, ACK 0 is awaited.
    Opening,
    Sending,
    /// The source has failed; nobody has been told yet.
    Broken,
    Finished,
}

impl<S: Source> Send<S> {
    /// Answers `request` on `path`, which leads from the transfer's own port to the client.
    ///
    /// # Errors
    /// The code to [`refuse`](super::refuse()) the request with: it is no read request.
    pub fn new(config: Config, path: UdpPath, request: &Request<'_>, source: S) -> Result<Self, ErrorCode> {
        if request.direction != Direction::Read {
            return Err(ErrorCode::ILLEGAL_OPERATION);
        }
        let grant = Grant::new(&config, request, Some(source.len()));
        let mut sender = Sender::new(source, request.mode);
        sender.configure(grant.block_size(), grant.window_size(), grant.rolls_to_one());
        let plain = grant.is_empty();
        Ok(Self {
            rng: config.rng,
            path,
            limits: config.limits.up_to(grant.timeout()),
            grant,
            clock: HighWater::new(),
            sender,
            state: if plain { State::Sending } else { State::Opening },
            oack: if plain { None } else { Some(false) },
            reply: Uncompared(None),
            counters: Uncompared(Counters::default()),
        })
    }

    /// What the transfer runs with.
    #[must_use]
    pub fn negotiated(&self) -> Negotiated {
        Negotiated {
            block_size: self.sender.block_size(),
            window_size: self.sender.window_size(),
            size: self.grant.size,
            timeout: self.grant.timeout().map(span),
            multicast: false,
        }
    }

    /// What has happened so far.
    #[must_use]
    pub const fn statistics(&self) -> Statistics {
        self.counters.0.with_round_trip(self.sender.timer.round_trip())
    }

    /// The bytes that the client has acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.sender.acknowledged()
    }

    /// The client's end and ours.
    #[must_use]
    pub const fn path(&self) -> UdpPath {
        self.path
    }

    /// What is read from.
    #[must_use]
    pub const fn source(&self) -> &S {
        self.sender.source()
    }

    /// Breaks the transfer off. An ERROR to the client waits to be sent; the machine is dead.
    pub const fn abort(&mut self) -> Failure {
        if !matches!(self.state, State::Finished) {
            self.part(ErrorCode::NOT_DEFINED);
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
        self.oack = None;
        self.transition(State::Finished);
    }

    const fn phase(&self) -> Phase {
        match self.state {
            State::Opening => Phase::Opening,
            State::Sending | State::Broken | State::Finished => Phase::Transferring,
        }
    }

    fn has_output(&self) -> bool {
        self.oack.is_some()
            || self.reply.0.is_some()
            || (self.state == State::Sending && self.sender.has_block())
    }

    fn on_ack(&mut self, now: Instant, block: u16) -> Event<'static> {
        match self.state {
            State::Opening if block == 0 => {
                self.sender.timer.progress(now, self.limits);
                self.oack = None;
                self.transition(State::Sending);
                Event::Nothing
            }
            State::Sending => match self.sender.on_ack(now, block, self.limits) {
                Acknowledged::Some | Acknowledged::Missing => Event::Nothing,
                Acknowledged::All => {
                    self.finish();
                    Event::Done { size: self.sender.size() }
                }
                Acknowledged::Again => {
                    self.counters.0.duplicate();
                    Event::Ignored(Ignored::Duplicate { block })
                }
                Acknowledged::Unknown => Event::Ignored(Ignored::OutOfWindow { block }),
            },
            State::Opening | State::Broken | State::Finished => {
                Event::Ignored(Ignored::Unexpected { opcode: Opcode::ACK })
            }
        }
    }
}

impl<S: Source> Machine for Send<S> {
    type Path = UdpPath;
    type Event<'d> = Event<'d>;
    const MAX_TRANSMIT: usize =
        DATA_HEADER.saturating_add(bootproto_core::num::usize_from_u16(MAX_BLOCK_SIZE));

    fn handle_datagram<'d>(&mut self, now: Instant, path: UdpPath, data: &'d [u8]) -> Event<'d> {
        let now = self.clock.advance(now);
        self.counters.0.received();
        if self.state == State::Finished {
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
            Packet::Ack { block } => self.on_ack(now, block),
            Packet::Error { code, message } => {
                let failure = meaning(code, self.phase());
                self.finish();
                Event::PeerError { code, message, failure }
            }
            Packet::Request(_) | Packet::Data { .. } | Packet::OptionAck(_) => {
                Event::Ignored(Ignored::Unexpected { opcode: packet.opcode() })
            }
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event<'static>> {
        let now = self.clock.advance(now);
        if self.state == State::Finished {
            return None;
        }
        if self.state == State::Broken {
            self.finish();
            return Some(Event::Failed(Failure::Source));
        }
        if self.sender.timer.has_given_up(now, self.limits) {
            let bytes = self.sender.acknowledged();
            let failure = self.sender.timer.verdict(now, bytes, self.limits);
            self.part(ErrorCode::NOT_DEFINED);
            return Some(Event::Failed(failure));
        }
        if self.has_output() {
            self.sender.timer.start(now);
        } else if now >= self.sender.timer.deadline(self.limits) {
            self.sender.timer.back_off(self.limits, &mut self.rng);
            if self.state == State::Opening {
                self.oack = Some(true);
            } else {
                self.sender.go_back();
            }
        }
        None
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, UdpPath>>, BufferTooSmall> {
        if let Some(reply) = self.reply.0 {
            let mut writer = Writer::new(buf);
            reply.write(&mut writer);
            let bytes = writer.finish()?;
            self.reply.0 = None;
            self.clock.advance(now);
            self.counters.0.sent();
            return Ok(Some(Transmit { path: with_port(self.path, reply.port), bytes }));
        }
        if let Some(again) = self.oack {
            let mut writer = Writer::new(buf);
            self.grant.write(&mut writer);
            let bytes = writer.finish()?;
            let now = self.clock.advance(now);
            self.sender.timer.sent(now, !again);
            self.oack = None;
            self.counters.0.sent();
            self.counters.0.sent_own(again);
            return Ok(Some(Transmit { path: self.path, bytes }));
        }
        if self.state != State::Sending || !self.sender.has_block() {
            return Ok(None);
        }
        let at = now.max(self.clock.latest());
        let length = match self.sender.write_block(at, buf) {
            Ok((length, again)) => {
                self.counters.0.sent_own(again);
                length
            }
            Err(Broken::Buffer(error)) => return Err(error),
            Err(Broken::Source) => {
                let length = Reply::source_failed(self.path.remote.port()).write_to(buf)?;
                self.transition(State::Broken);
                length
            }
        };
        self.clock.advance(now);
        self.counters.0.sent();
        Ok(Some(Transmit { path: self.path, bytes: buf.get(..length).unwrap_or_default() }))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.has_output() || self.state == State::Broken {
            return Some(self.clock.latest());
        }
        match self.state {
            State::Opening | State::Sending => Some(self.sender.timer.deadline(self.limits)),
            State::Broken | State::Finished => None,
        }
    }
}
