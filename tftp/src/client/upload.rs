//! A file to the server: WRQ.

use bootproto_core::{BufferTooSmall, HighWater, Instant, Machine, Transmit, UdpPath, Uncompared, Writer};

use super::oack;
use super::{Config, Event, Rung};
use crate::negotiated::Counters;
use crate::transfer::{Acknowledged, Broken, Reply, Sender, endpoint, meaning, span};
use crate::wire::{
    DATA_HEADER, DEFAULT_BLOCK_SIZE, Direction, ErrorCode, MAX_BLOCK_SIZE, Opcode, Packet, Request,
};
use crate::{ConfigError, Failure, Ignored, Negotiated, Phase, Source, Statistics};

/// Writes one file to a server (WRQ). It is over with the acknowledgement of the last block.
///
/// Of the settings, those of receiving mean nothing here: the limit, the receive buffer (but for the window asked
/// for), the order, multicast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload<S> {
    config: Config,
    clock: HighWater,
    sender: Sender<S>,
    reply: Uncompared<Option<Reply>>,
    counters: Uncompared<Counters>,
    tries: u32,
    peer_timeout: Option<u32>,
    peer_port: Option<u16>,
    former_port: Option<u16>,
    state: State,
    rung: Rung,
    /// Whether the request waits to be sent, and whether it has been before.
    request: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Opening,
    Sending,
    /// The source has failed; the caller doesn't know yet.
    Broken,
    Finished,
}

impl<S: Source> Upload<S> {
    /// An upload of `source` that is about to send its request.
    ///
    /// # Errors
    /// [`ConfigError`] if a setting is out of its bounds.
    pub fn new(config: Config, source: S) -> Result<Self, ConfigError> {
        config.check()?;
        let mut sender = Sender::new(source, config.mode);
        sender.configure(DEFAULT_BLOCK_SIZE, 1, false);
        let rung = config.lowest_like(Rung::Everything);
        Ok(Self {
            config,
            clock: HighWater::new(),
            sender,
            reply: Uncompared(None),
            counters: Uncompared(Counters::default()),
            tries: 0,
            peer_timeout: None,
            peer_port: None,
            former_port: None,
            state: State::Opening,
            rung,
            request: Some(false),
        })
    }

    /// What the transfer runs with; [`Negotiated::PLAIN`] but for the size until the server has answered.
    #[must_use]
    pub fn negotiated(&self) -> Negotiated {
        Negotiated {
            block_size: self.sender.block_size(),
            window_size: self.sender.window_size(),
            size: Some(self.sender.size()),
            timeout: self.peer_timeout.map(span),
            multicast: false,
        }
    }

    /// What has happened so far.
    #[must_use]
    pub const fn statistics(&self) -> Statistics {
        self.counters.0.with_round_trip(self.sender.timer.round_trip())
    }

    /// The bytes that the server has acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.sender.acknowledged()
    }

    /// How much is asked of the server at present.
    #[must_use]
    pub const fn rung(&self) -> Rung {
        self.rung
    }

    /// What is read from.
    #[must_use]
    pub const fn source(&self) -> &S {
        self.sender.source()
    }

    /// The settings.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Breaks the transfer off. An ERROR to the server waits to be sent; the machine is dead.
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
        if let Some(port) = self.peer_port {
            self.reply.0 = Some(Reply { port, code });
        }
        self.finish();
    }

    const fn finish(&mut self) {
        self.request = None;
        self.transition(State::Finished);
    }

    const fn phase(&self) -> Phase {
        match self.state {
            State::Opening => Phase::Opening,
            State::Sending | State::Broken | State::Finished => Phase::Transferring,
        }
    }

    fn has_output(&self) -> bool {
        self.request.is_some()
            || self.reply.0.is_some()
            || (self.state == State::Sending && self.sender.has_block())
    }

    /// Asks for less. `None` if there is nothing left to leave out.
    fn fall_back(&mut self, now: Instant, code: Option<ErrorCode>) -> Option<Event<'static>> {
        self.rung = self.config.lowest_like(self.rung.below()?);
        if let (Some(port), Some(code)) = (self.peer_port, code) {
            self.reply.0 = Some(Reply { port, code });
        }
        if let Some(port) = self.peer_port.take() {
            self.former_port = Some(port).filter(|port| *port != self.config.server.port());
        }
        self.sender.timer.restart(now);
        self.tries = 0;
        self.request = Some(false);
        self.transition(State::Opening);
        Some(Event::FellBack(self.rung))
    }

    fn on_packet<'d>(&mut self, now: Instant, port: u16, packet: Packet<'d>) -> Event<'d> {
        let opcode = packet.opcode();
        let known = match self.peer_port {
            Some(peer) => peer == port,
            None => self.former_port != Some(port),
        };
        if !known {
            if opcode != Opcode::ERROR {
                self.reply.0 = Some(Reply { port, code: ErrorCode::UNKNOWN_TRANSFER });
            }
            return Event::Ignored(Ignored::UnknownTransfer { port });
        }
        match (self.state, packet) {
            (_, Packet::Error { code, message }) => self.on_error(now, code, message),
            (State::Opening, Packet::OptionAck(options)) => {
                self.peer_port = Some(port);
                let mut granted = oack::check(options, self.config.asked(self.rung));
                // RFC 2349: in a write request the server gives the size back as it was told.
                granted =
                    granted.filter(|granted| granted.size.is_none_or(|size| size == self.sender.size()));
                self.on_options(now, granted)
            }
            (State::Opening, Packet::Ack { block: 0 }) => {
                self.peer_port = Some(port);
                self.open(now, oack::Granted::NOTHING)
            }
            (State::Sending, Packet::Ack { block }) => self.on_ack(now, block),
            _ => Event::Ignored(Ignored::Unexpected { opcode }),
        }
    }

    fn on_error<'d>(&mut self, now: Instant, code: ErrorCode, message: &'d [u8]) -> Event<'d> {
        let stumbled =
            matches!(code, ErrorCode::NOT_DEFINED | ErrorCode::ILLEGAL_OPERATION | ErrorCode::OPTION_REFUSED);
        if self.state == State::Opening
            && stumbled
            && let Some(event) = self.fall_back(now, None)
        {
            return event;
        }
        let failure = meaning(code, self.phase());
        self.finish();
        Event::PeerError { code, message, failure }
    }

    fn on_options(&mut self, now: Instant, granted: Option<oack::Granted>) -> Event<'static> {
        if let Some(granted) = granted {
            return self.open(now, granted);
        }
        let refused = ErrorCode::OPTION_REFUSED;
        if let Some(event) = self.fall_back(now, Some(refused)) {
            return event;
        }
        self.part(refused);
        Event::Failed(Failure::BadOptions)
    }

    fn open(&mut self, now: Instant, granted: oack::Granted) -> Event<'static> {
        self.sender.timer.progress(now, self.config.limits);
        self.sender.configure(granted.block_size, granted.window_size, false);
        self.peer_timeout = granted.timeout;
        self.request = None;
        self.transition(State::Sending);
        Event::Opened(self.negotiated())
    }

    fn on_ack(&mut self, now: Instant, block: u16) -> Event<'static> {
        match self.sender.on_ack(now, block, self.config.limits) {
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
        }
    }

    fn write_request(&self, writer: &mut Writer<'_>) {
        Request::write_head(writer, Direction::Write, self.config.file(), self.config.mode);
        self.config.asked(self.rung).write(writer, self.sender.size());
    }
}

impl<S: Source> Machine for Upload<S> {
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
        if path.local.port() != self.config.local_port {
            return Event::Ignored(Ignored::WrongPort { port: path.local.port() });
        }
        if path.remote.ip() != self.config.server.ip() {
            return Event::Ignored(Ignored::WrongAddress);
        }
        match Packet::parse(data) {
            Ok(packet) => self.on_packet(now, path.remote.port(), packet),
            Err(error) => Event::Ignored(Ignored::Malformed { error }),
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
        if self.sender.timer.has_given_up(now, self.config.limits) {
            let failure = match self.phase() {
                Phase::Opening => Failure::OpenTimedOut { tries: self.tries },
                Phase::Transferring => {
                    self.sender.timer.verdict(now, self.sender.acknowledged(), self.config.limits)
                }
            };
            self.part(ErrorCode::NOT_DEFINED);
            return Some(Event::Failed(failure));
        }
        if self.has_output() {
            self.sender.timer.start(now);
        } else if now >= self.sender.timer.deadline(self.config.limits) {
            self.sender.timer.back_off(self.config.limits, &mut self.config.rng);
            if self.state == State::Opening {
                self.request = Some(true);
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
        let at = now.max(self.clock.latest());
        let mut port = self.peer_port.unwrap_or_else(|| self.config.server.port());
        let length = if let Some(reply) = self.reply.0 {
            let length = reply.write_to(buf)?;
            self.reply.0 = None;
            port = reply.port;
            length
        } else if let Some(again) = self.request {
            let mut writer = Writer::new(buf);
            self.write_request(&mut writer);
            let length = writer.finish()?.len();
            self.sender.timer.sent(at, !again);
            self.request = None;
            self.tries = self.tries.saturating_add(1);
            self.counters.0.sent_own(again);
            length
        } else if self.state == State::Sending && self.sender.has_block() {
            match self.sender.write_block(at, buf) {
                Ok((length, again)) => {
                    self.counters.0.sent_own(again);
                    length
                }
                Err(Broken::Buffer(error)) => return Err(error),
                Err(Broken::Source) => {
                    let length = Reply::source_failed(port).write_to(buf)?;
                    self.transition(State::Broken);
                    length
                }
            }
        } else {
            return Ok(None);
        };
        self.clock.advance(now);
        self.counters.0.sent();
        let path = endpoint(self.config.server, port, self.config.local_port);
        Ok(Some(Transmit { path, bytes: buf.get(..length).unwrap_or_default() }))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.has_output() || self.state == State::Broken {
            return Some(self.clock.latest());
        }
        match self.state {
            State::Opening | State::Sending => Some(self.sender.timer.deadline(self.config.limits)),
            State::Broken | State::Finished => None,
        }
    }
}
