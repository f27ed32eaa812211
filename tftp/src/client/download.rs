//! A file from the server: RRQ.

use bootproto_core::{BufferTooSmall, HighWater, Instant, Machine, Transmit, UdpPath, Uncompared, Writer};

use super::oack::{self, Asked};
use super::{Config, Event, Rung};
use crate::negotiated::Counters;
use crate::transfer::{Part, Receiver, Reply, Timer, Verdict, endpoint, span};
use crate::wire::{
    DEFAULT_BLOCK_SIZE, Direction, ErrorCode, Mode, Opcode, OptionName, Packet, Request, write_ack,
};
use crate::{ConfigError, Failure, Ignored, Negotiated, Phase, Statistics};

/// Reads one file from a server (RRQ), as a plain value without I/O or clock.
///
/// | state | input | goes to | sends |
/// |---|---|---|---|
/// | opening | OACK that keeps the rules | receiving | ACK 0 |
/// | opening | OACK that breaks them, ERROR 0, 4 or 8 | opening, one [`Rung`] down | ERROR 8, RRQ |
/// | opening | DATA 1 | receiving | ACK 1 |
/// | opening | time | opening, or dead | RRQ |
/// | receiving | the same OACK, before any block | receiving | ACK 0 |
/// | receiving | DATA | receiving, or dallying after the last | ACK at the end of a window, and at a gap |
/// | receiving | time | receiving, or dead | ACK |
/// | dallying | the last DATA again | dallying | ACK |
/// | dallying | time | done | |
/// | any | ERROR of the server | dead | |
/// | any | anything from another port of the server | the same | ERROR 5 |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    config: Config,
    clock: HighWater,
    timer: Timer,
    receiver: Receiver,
    /// The size that the server announced.
    announced: Option<u64>,
    /// What may not be exceeded: the caller's limit or the announced size.
    most: u64,
    /// The interval that the server granted, in microseconds.
    peer_timeout: Option<u32>,
    reply: Uncompared<Option<Reply>>,
    counters: Uncompared<Counters>,
    tries: u32,
    /// The port of the server's transfer, once it has answered.
    peer_port: Option<u16>,
    /// The port of the transfer before the last step down, whose late packets mean nothing.
    former_port: Option<u16>,
    state: State,
    rung: Rung,
    /// Whether the transfer's own packet waits to be sent: the request or an acknowledgement, by the state.
    pending: Option<Pending>,
    /// Whether the server has sent an OACK.
    has_oack: bool,
    /// How often a window was begun again before a whole one came through.
    restarts: u8,
    /// Whether a whole window has come through.
    proven: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Opening,
    Receiving,
    Dallying,
    Finished,
}

/// Why the transfer's own packet is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pending {
    /// For the first time: the answer to it measures the round trip.
    Fresh,
    /// Something was lost, or may have been.
    Again,
}

/// So often a window may be begun again before a whole one has come through.
const MAX_RESTARTS: u8 = 2;

const _: () = assert!(size_of::<Download>() <= 512, "a download must fit a small stack");

impl Download {
    /// A download that is about to send its request.
    ///
    /// # Errors
    /// [`ConfigError`] if a setting is out of its bounds.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        config.check()?;
        let most = config.limit;
        let mut download = Self {
            config,
            clock: HighWater::new(),
            timer: Timer::new(),
            receiver: Receiver::new(DEFAULT_BLOCK_SIZE, 1),
            announced: None,
            most,
            peer_timeout: None,
            reply: Uncompared(None),
            counters: Uncompared(Counters::default()),
            tries: 0,
            peer_port: None,
            former_port: None,
            state: State::Opening,
            rung: Rung::Everything,
            pending: Some(Pending::Fresh),
            has_oack: false,
            restarts: 0,
            proven: false,
        };
        download.rung = download.lowest_like(Rung::Everything);
        Ok(download)
    }

    /// What the transfer runs with; [`Negotiated::PLAIN`] until the server has answered.
    #[must_use]
    pub fn negotiated(&self) -> Negotiated {
        Negotiated {
            block_size: self.receiver.block_size(),
            window_size: self.receiver.window_size(),
            size: self.announced,
            timeout: self.peer_timeout.map(span),
            multicast: false,
        }
    }

    /// What has happened so far.
    #[must_use]
    pub const fn statistics(&self) -> Statistics {
        self.counters.0.with_round_trip(self.timer.round_trip())
    }

    /// Whether every byte has been told. Only the last acknowledgement may still be lost, which concerns the server
    /// alone: a caller in a hurry sends what is pending and drops the machine.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.receiver.is_complete()
    }

    /// The bytes received in order from the start of the file.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.receiver.in_order()
    }

    /// How much is asked of the server at present.
    #[must_use]
    pub const fn rung(&self) -> Rung {
        self.rung
    }

    /// The settings.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Breaks the transfer off. An ERROR to the server waits to be sent; the machine is dead.
    pub fn abort(&mut self) -> Failure {
        if self.state != State::Finished {
            self.part(ErrorCode::NOT_DEFINED);
        }
        Failure::Aborted
    }

    const fn transition(&mut self, to: State) {
        self.state = to;
    }

    const fn phase(&self) -> Phase {
        match self.state {
            State::Opening => Phase::Opening,
            State::Receiving => Phase::Transferring,
            State::Dallying | State::Finished => Phase::Closing,
        }
    }

    /// Ends the machine; the server is told, if there is one.
    fn part(&mut self, code: ErrorCode) {
        if let Some(port) = self.peer_port {
            self.reply.0 = Some(Reply { port, code });
        }
        self.finish();
    }

    const fn finish(&mut self) {
        self.pending = None;
        self.transition(State::Finished);
    }

    fn fail(&mut self, failure: Failure, code: ErrorCode) -> Event<'static> {
        self.part(code);
        Event::Failed(failure)
    }

    fn asked(&self) -> Asked {
        let config = &self.config;
        let window = (self.rung == Rung::Everything).then(|| config.asked_window());
        let block_size = (self.rung <= Rung::NoWindow).then_some(config.block_size);
        let timed = self.rung <= Rung::NoBlockSize && config.peer_timeout > 0;
        Asked {
            block_size: block_size.filter(|size| *size != DEFAULT_BLOCK_SIZE),
            window_size: window.filter(|size| *size > 1),
            // In netascii the size on the wire is not that of the file, and servers differ in which one they tell.
            size: self.rung <= Rung::NoBlockSize && config.mode == Mode::Octet,
            seconds: timed.then(|| config.asked_seconds()),
            micros: timed.then_some(config.peer_timeout),
            multicast: false,
        }
    }

    /// The lowest rung that asks for the same as `rung`, so that no step down changes nothing.
    fn lowest_like(&mut self, rung: Rung) -> Rung {
        let mut lowest = rung;
        self.rung = rung;
        let asked = self.asked();
        while let Some(below) = lowest.below() {
            self.rung = below;
            if self.asked() != asked {
                break;
            }
            lowest = below;
        }
        lowest
    }

    /// Asks for less. `None` if there is nothing left to leave out.
    fn fall_back(&mut self, now: Instant, code: Option<ErrorCode>) -> Option<Event<'static>> {
        let below = self.rung.below()?;
        self.rung = self.lowest_like(below);
        if let (Some(port), Some(code)) = (self.peer_port, code) {
            self.reply.0 = Some(Reply { port, code });
        }
        self.former_port = self.peer_port.take().filter(|port| *port != self.config.server.port());
        self.receiver = Receiver::new(DEFAULT_BLOCK_SIZE, 1);
        self.timer = Timer::new();
        self.timer.start(now);
        self.announced = None;
        self.most = self.config.limit;
        self.peer_timeout = None;
        self.tries = 0;
        self.has_oack = false;
        self.restarts = 0;
        self.pending = Some(Pending::Fresh);
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
            //= https://www.rfc-editor.org/rfc/rfc1350#section-4
            //# If a source TID does not match, the packet should be discarded as erroneously sent from somewhere
            //# else.
            if opcode != Opcode::ERROR {
                self.reply.0 = Some(Reply { port, code: ErrorCode::UNKNOWN_TRANSFER });
            }
            return Event::Ignored(Ignored::UnknownTransfer { port });
        }
        match (self.state, packet) {
            (_, Packet::Error { code, message }) => self.on_error(now, code, message),
            (State::Opening, Packet::OptionAck(options)) => {
                self.peer_port = Some(port);
                self.on_options(now, oack::check(options, self.asked()))
            }
            (State::Opening, Packet::Data { block: 1, bytes }) if bytes.len() <= 512 => {
                self.peer_port = Some(port);
                self.transition(State::Receiving);
                self.on_data(now, 1, bytes)
            }
            (State::Receiving, Packet::OptionAck(_)) if self.has_oack && self.receiver.is_fresh() => {
                // Our ACK 0 was lost. What the list says was settled by the first one.
                self.counters.0.duplicate();
                self.pending = Some(Pending::Again);
                Event::Ignored(Ignored::Duplicate { block: 0 })
            }
            (State::Receiving | State::Dallying, Packet::Data { block, bytes }) => {
                self.on_data(now, block, bytes)
            }
            _ => Event::Ignored(Ignored::Unexpected { opcode }),
        }
    }

    fn on_error<'d>(&mut self, now: Instant, code: ErrorCode, message: &'d [u8]) -> Event<'d> {
        // What an old server says to a request whose end it doesn't understand, and what RFC 2347 says.
        let stumbled =
            matches!(code, ErrorCode::NOT_DEFINED | ErrorCode::ILLEGAL_OPERATION | ErrorCode::OPTION_REFUSED);
        if self.state == State::Opening
            && stumbled
            && let Some(event) = self.fall_back(now, None)
        {
            return event;
        }
        let phase = self.phase();
        self.finish();
        let failure = match code {
            ErrorCode::NOT_FOUND => Failure::NotFound,
            ErrorCode::ACCESS_VIOLATION => Failure::AccessViolation,
            code => Failure::Peer { code, phase },
        };
        Event::PeerError { code, message, failure }
    }

    fn on_options(&mut self, now: Instant, granted: Option<oack::Granted>) -> Event<'static> {
        let Some(granted) = granted else {
            let refused = ErrorCode::OPTION_REFUSED;
            return match self.fall_back(now, Some(refused)) {
                Some(event) => event,
                None => self.fail(Failure::BadOptions, refused),
            };
        };
        if let Some(size) = granted.size {
            if size > self.config.limit {
                return self.fail(Failure::TooLarge { limit: self.config.limit }, ErrorCode::DISK_FULL);
            }
            self.announced = Some(size);
            self.most = size;
        }
        self.receiver = Receiver::new(granted.block_size, granted.window_size);
        self.peer_timeout = granted.timeout;
        self.has_oack = true;
        self.timer.progress(now, self.config.limits);
        self.pending = Some(Pending::Fresh);
        self.transition(State::Receiving);
        Event::Opened(self.negotiated())
    }

    /// One block. This is what happens for every packet of a long transfer: keep it short.
    #[inline]
    fn on_data<'d>(&mut self, now: Instant, wire: u16, bytes: &'d [u8]) -> Event<'d> {
        let in_order_only = self.config.in_order || self.config.mode == Mode::Netascii;
        match self.receiver.accept(wire, bytes.len(), in_order_only) {
            Verdict::InOrder { offset, due } => {
                self.timer.progress(now, self.config.limits);
                if due {
                    self.proven = true;
                    self.receiver.begin_window();
                    self.pending = Some(Pending::Fresh);
                    if self.receiver.is_complete() {
                        return self.on_last(now, offset, bytes);
                    }
                }
                self.on_bytes(offset, bytes)
            }
            Verdict::Ahead { offset } => {
                self.timer.progress(now, self.config.limits);
                match self.on_gap(now, wire) {
                    Some(event) => event,
                    None => self.on_bytes(offset, bytes),
                }
            }
            verdict
            @ (Verdict::Gap | Verdict::Duplicate { .. } | Verdict::OutOfWindow | Verdict::TooLong) => {
                self.on_old(now, wire, verdict)
            }
        }
    }

    fn on_bytes<'d>(&mut self, offset: u64, bytes: &'d [u8]) -> Event<'d> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if offset.saturating_add(length) > self.most {
            return self.on_excess();
        }
        Event::Data { offset, bytes }
    }

    #[cold]
    fn on_excess(&mut self) -> Event<'static> {
        let failure = match self.announced {
            Some(announced) => Failure::LargerThanAnnounced { announced },
            None => Failure::TooLarge { limit: self.most },
        };
        self.fail(failure, ErrorCode::DISK_FULL)
    }

    /// The block that completes the file.
    fn on_last<'d>(&mut self, now: Instant, offset: u64, bytes: &'d [u8]) -> Event<'d> {
        let received = self.receiver.in_order();
        if let Some(announced) = self.announced.filter(|announced| received < *announced) {
            // A server that grants a block size and sends smaller blocks all the same ends the file with its first.
            // With 512 bytes asked for, both mean the same.
            let first = received == u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if first
                && self.rung < Rung::NoBlockSize
                && let Some(event) = self.fall_back_to_small_blocks(now)
            {
                return event;
            }
            return self.fail(Failure::SmallerThanAnnounced { announced, received }, ErrorCode::NOT_DEFINED);
        }
        self.transition(State::Dallying);
        self.on_bytes(offset, bytes)
    }

    fn fall_back_to_small_blocks(&mut self, now: Instant) -> Option<Event<'static>> {
        self.rung = Rung::NoWindow;
        self.fall_back(now, Some(ErrorCode::NOT_DEFINED))
    }

    /// Something before block `wire` is missing: the server is told the last block in order, once per gap, and once
    /// more whenever it has begun its window again and the block is still missing.
    fn on_gap(&mut self, now: Instant, wire: u16) -> Option<Event<'static>> {
        let told = self.receiver.told();
        if told > 0 && !(self.receiver.is_again() && self.timer.is_past(now, Part::Most)) {
            return None;
        }
        if told > 0
            && let Some(event) = self.count_restart(now)
        {
            return Some(event);
        }
        self.receiver.tell_gap(wire);
        self.receiver.begin_window();
        self.pending = Some(Pending::Again);
        None
    }

    /// The server begins its window again. Before a whole one has come through, that may mean that none ever will.
    fn count_restart(&mut self, now: Instant) -> Option<Event<'static>> {
        if self.proven || self.receiver.window_size() == 1 {
            return None;
        }
        self.restarts = self.restarts.saturating_add(1);
        if self.restarts < MAX_RESTARTS {
            return None;
        }
        self.fall_back(now, Some(ErrorCode::NOT_DEFINED))
    }

    /// A block that brings nothing new.
    #[cold]
    fn on_old(&mut self, now: Instant, wire: u16, verdict: Verdict) -> Event<'static> {
        match verdict {
            Verdict::Gap => self.on_gap(now, wire).unwrap_or(Event::Nothing),
            Verdict::Duplicate { acknowledged } => {
                self.counters.0.duplicate();
                if acknowledged {
                    // Sorcerer's Apprentice: not for a copy that the network made, only for one that the server
                    // sent because our acknowledgement did not come.
                    if self.timer.is_past(now, Part::Half) {
                        self.pending = Some(Pending::Again);
                    }
                } else if let Some(event) = self.on_known_beyond_gap(now, wire) {
                    return event;
                }
                Event::Ignored(Ignored::Duplicate { block: wire })
            }
            Verdict::TooLong => Event::Ignored(Ignored::TooLong { block: wire }),
            Verdict::OutOfWindow | Verdict::InOrder { .. } | Verdict::Ahead { .. } => {
                Event::Ignored(Ignored::OutOfWindow { block: wire })
            }
        }
    }

    fn on_known_beyond_gap(&mut self, now: Instant, wire: u16) -> Option<Event<'static>> {
        if self.receiver.told() == 0 || !self.receiver.is_again() { None } else { self.on_gap(now, wire) }
    }

    fn on_time(&mut self, now: Instant) -> Option<Event<'static>> {
        match self.state {
            State::Finished => None,
            State::Dallying => {
                self.finish();
                Some(Event::Done { size: self.receiver.in_order() })
            }
            State::Opening | State::Receiving if self.timer.has_given_up(now, self.config.limits) => {
                let failure = if self.state == State::Opening {
                    Failure::OpenTimedOut { tries: self.tries }
                } else {
                    Failure::ReadTimedOut { bytes: self.receiver.in_order() }
                };
                Some(self.fail(failure, ErrorCode::NOT_DEFINED))
            }
            State::Opening | State::Receiving => {
                self.timer.back_off(self.config.limits, &mut self.config.rng);
                if self.state == State::Receiving {
                    if self.receiver.is_partial()
                        && let Some(event) = self.count_restart(now)
                    {
                        return Some(event);
                    }
                    self.receiver.begin_again();
                }
                self.pending = Some(Pending::Again);
                None
            }
        }
    }

    fn write(&self, writer: &mut Writer<'_>) {
        if self.state != State::Opening {
            write_ack(writer, self.receiver.acknowledged());
            return;
        }
        let asked = self.asked();
        Request::write_head(writer, Direction::Read, self.config.file(), self.config.mode);
        asked.write(writer, 0);
    }
}

impl Machine for Download {
    type Path = UdpPath;
    type Event<'d> = Event<'d>;
    const MAX_TRANSMIT: usize = 384;

    #[inline]
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
        let port = path.remote.port();
        // The common case first: a block of the transfer that runs.
        if let [0, 3, high, low, bytes @ ..] = data
            && self.peer_port == Some(port)
            && self.state == State::Receiving
        {
            return self.on_data(now, u16::from_be_bytes([*high, *low]), bytes);
        }
        match Packet::parse(data) {
            Ok(packet) => self.on_packet(now, port, packet),
            Err(error) => Event::Ignored(Ignored::Malformed { error }),
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event<'static>> {
        let now = self.clock.advance(now);
        if self.state != State::Finished && (self.pending.is_some() || self.reply.0.is_some()) {
            // What waits to be sent waits for the caller; only giving up does not.
            if !self.timer.has_given_up(now, self.config.limits) {
                self.timer.start(now);
                return None;
            }
        } else if self.poll_timeout().is_none_or(|deadline| now < deadline) {
            return None;
        }
        self.on_time(now)
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, UdpPath>>, BufferTooSmall> {
        let server = self.config.server;
        let (port, bytes) = if let Some(reply) = self.reply.0 {
            let mut writer = Writer::new(buf);
            reply.write(&mut writer);
            let bytes = writer.finish()?;
            self.reply.0 = None;
            self.clock.advance(now);
            (reply.port, bytes)
        } else if let Some(pending) = self.pending {
            let mut writer = Writer::new(buf);
            self.write(&mut writer);
            let bytes = writer.finish()?;
            let now = self.clock.advance(now);
            self.timer.sent(now, pending == Pending::Fresh);
            self.pending = None;
            self.tries = self.tries.saturating_add(1);
            self.counters.0.sent_own(pending == Pending::Again);
            (self.peer_port.map_or_else(|| server.port(), |port| port), bytes)
        } else {
            return Ok(None);
        };
        self.counters.0.sent();
        Ok(Some(Transmit { path: endpoint(server, port, self.config.local_port), bytes }))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.pending.is_some() || self.reply.0.is_some() {
            return Some(self.clock.latest());
        }
        match self.state {
            State::Opening | State::Receiving => Some(self.timer.deadline(self.config.limits)),
            State::Dallying => Some(self.timer.dally_end(self.peer_timeout)),
            State::Finished => None,
        }
    }
}
