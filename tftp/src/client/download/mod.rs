//! A file from the server: RRQ.
//!
//! What belongs here: the states of a download, its contract as a machine (`machine`), and what is different when the
//! data comes by multicast (`grouped`). What does not: windows and block numbers, which both directions share.

mod grouped;
mod machine;

use bootproto_core::{BufferTooSmall, HighWater, Instant, Machine, Transmit, UdpPath, Uncompared, Writer};

use crate::client::multicast::{Group, Heard};
use crate::client::oack;
use crate::client::{Config, Event, Rung};
use crate::negotiated::Counters;
use crate::transfer::{Incoming, Part, Pending, Receiver, Reply, Taken, endpoint, farewell, meaning, span};
use crate::wire::{
    self, DEFAULT_BLOCK_SIZE, Direction, ErrorCode, Mode, Opcode, OptionList, OptionName, Packet, Request,
    write_ack,
};
use crate::{ConfigError, Failure, Ignored, Negotiated, Phase, Statistics};

/// A window that does not come through is halved down to this many blocks; then there is none.
const LEAST_WINDOW: u16 = 4;

/// More often than this no transfer steps down from a window of 64.
const FORMERS: usize = 6;

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
    incoming: Incoming,
    /// The interval that the server granted, in microseconds.
    peer_timeout: Option<u32>,
    reply: Uncompared<Option<Reply>>,
    counters: Uncompared<Counters>,
    tries: u32,
    /// The port of the server's transfer, once it has answered.
    peer_port: Option<u16>,
    /// The ports of the transfers before the last steps down, whose late packets mean nothing; 0 where there is none.
    former_ports: [u16; FORMERS],
    state: State,
    rung: Rung,
    /// Whether the server has sent an OACK.
    has_oack: bool,
    /// Where the data comes by multicast.
    group: Option<Group>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Opening,
    Receiving,
    Dallying,
    /// Over, and well.
    Done,
    /// Over, and not well.
    Dead,
}

// Nearly half of it is the file's name; the gaps of a multicast are what exceeds 512 bytes most.
const _: () = assert!(size_of::<Download>() <= 608, "a download must fit a small stack");

impl Download {
    /// A download that is about to send its request.
    ///
    /// # Errors
    /// [`ConfigError`] if a setting is out of its bounds.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        config.check()?;
        let most = config.limit;
        let rung = config.lowest_like(Rung::Everything);
        Ok(Self {
            config,
            clock: HighWater::new(),
            incoming: Incoming::new(DEFAULT_BLOCK_SIZE, 1, most),
            peer_timeout: None,
            reply: Uncompared(None),
            counters: Uncompared(Counters::default()),
            tries: 0,
            peer_port: None,
            former_ports: [0; FORMERS],
            state: State::Opening,
            rung,
            has_oack: false,
            group: None,
        })
    }

    /// What the transfer runs with; [`Negotiated::PLAIN`] until the server has answered.
    #[must_use]
    pub fn negotiated(&self) -> Negotiated {
        Negotiated {
            block_size: self.incoming.receiver.block_size(),
            window_size: self.incoming.receiver.window_size(),
            size: self.incoming.announced,
            timeout: self.peer_timeout.map(span),
            multicast: self.group.is_some(),
        }
    }

    /// What has happened so far.
    #[must_use]
    pub const fn statistics(&self) -> Statistics {
        self.counters.0.with_round_trip(self.incoming.timer.round_trip())
    }

    /// Whether every byte has been told. Only the last acknowledgement may still be lost, which concerns the server
    /// alone: a caller in a hurry sends what is pending and drops the machine.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        matches!(self.state, State::Dallying | State::Done)
    }

    /// The bytes received in order from the start of the file.
    #[must_use]
    pub fn received(&self) -> u64 {
        match &self.group {
            Some(group) => group.in_order(self.incoming.receiver.block_size()),
            None => self.incoming.receiver.in_order(),
        }
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
    pub const fn abort(&mut self) -> Failure {
        if !self.is_over() {
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
            State::Receiving | State::Dallying | State::Done | State::Dead => Phase::Transferring,
        }
    }

    /// Ends the machine; the server is told, if there is one.
    const fn part(&mut self, code: ErrorCode) {
        if let Some(port) = self.peer_port {
            self.reply.0 = Some(Reply { port, code });
        }
        self.finish();
    }

    const fn finish(&mut self) {
        self.incoming.pending = None;
        self.transition(if self.is_complete() { State::Done } else { State::Dead });
    }

    const fn is_over(&self) -> bool {
        matches!(self.state, State::Done | State::Dead)
    }

    const fn fail(&mut self, failure: Failure, code: ErrorCode) -> Event<'static> {
        self.part(code);
        Event::Failed(failure)
    }

    /// No window comes through whole: something on the way holds less than one. Half of it may fit.
    fn on_stuck(&mut self, now: Instant) -> Option<Event<'static>> {
        let window_size = self.incoming.receiver.window_size();
        if window_size > LEAST_WINDOW {
            self.config.window_size = window_size / 2;
            return Some(self.begin_anew(now, Some(ErrorCode::NOT_DEFINED)));
        }
        self.fall_back(now, Some(ErrorCode::NOT_DEFINED))
    }

    /// Asks for less. `None` if there is nothing left to leave out.
    fn fall_back(&mut self, now: Instant, code: Option<ErrorCode>) -> Option<Event<'static>> {
        let below = self.rung.below()?;
        self.rung = self.config.lowest_like(below);
        Some(self.begin_anew(now, code))
    }

    /// The request again, as a new transfer.
    fn begin_anew(&mut self, now: Instant, code: Option<ErrorCode>) -> Event<'static> {
        if let (Some(port), Some(code)) = (self.peer_port, code) {
            self.reply.0 = Some(Reply { port, code });
        }
        if let Some(port) = self.peer_port.take() {
            // A server that does everything from one port has no former ones.
            if port != self.config.server.port() {
                self.former_ports.rotate_right(1);
                self.former_ports[0] = port;
            }
        }
        self.incoming = Incoming::new(DEFAULT_BLOCK_SIZE, 1, self.config.limit);
        self.incoming.timer.start(now);
        self.peer_timeout = None;
        self.tries = 0;
        self.has_oack = false;
        self.group = None;
        self.transition(State::Opening);
        Event::FellBack(self.rung)
    }

    fn on_packet<'d>(&mut self, now: Instant, port: u16, packet: Packet<'d>) -> Event<'d> {
        let opcode = packet.opcode();
        let known = match self.peer_port {
            Some(peer) => peer == port,
            None => !self.former_ports.contains(&port),
        };
        if !known {
            //= https://www.rfc-editor.org/rfc/rfc1350#section-4
            //# If a source TID does not match, the packet should be discarded as erroneously sent from somewhere
            //# else.  An error packet should be sent to the source of the incorrect packet, while not disturbing the
            //# transfer.
            if opcode != Opcode::ERROR {
                self.reply.0 = Some(Reply { port, code: ErrorCode::UNKNOWN_TRANSFER });
            }
            return Event::Ignored(Ignored::UnknownTransfer { port });
        }
        if self.group.is_some() && self.state != State::Opening {
            if let Packet::OptionAck(options) = packet {
                return self.on_appointment(now, options);
            }
            if let Packet::Data { block, bytes } = packet {
                return self.on_group_data(now, block, bytes);
            }
        }
        match (self.state, packet) {
            (_, Packet::Error { code, message }) => self.on_error(now, code, message),
            (State::Opening, Packet::OptionAck(options)) => {
                self.peer_port = Some(port);
                self.on_options(now, oack::check(options, self.config.asked(self.rung)))
            }
            (State::Opening, Packet::Data { block: 1, bytes }) if bytes.len() <= 512 => {
                self.peer_port = Some(port);
                self.transition(State::Receiving);
                self.on_data(now, 1, bytes)
            }
            (State::Receiving, Packet::OptionAck(_))
                if self.has_oack && self.incoming.receiver.is_fresh() =>
            {
                // Our ACK 0 was lost. What the list says was settled by the first one.
                self.counters.0.duplicate();
                self.incoming.pending = Some(Pending::Again);
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
        let failure = meaning(code, self.phase());
        self.finish();
        if self.is_complete() {
            // The server missed our last acknowledgement and complains; the file is whole all the same.
            return Event::Done { size: self.received() };
        }
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
        //= https://www.rfc-editor.org/rfc/rfc2349
        //# If the file is too large for the client to handle, it may abort the transfer with an Error packet (error
        //# code 3).
        if granted.size.is_some_and(|size| size > self.config.limit) {
            return self.fail(Failure::TooLarge { limit: self.config.limit }, ErrorCode::DISK_FULL);
        }
        self.incoming.timer.progress(now, self.config.limits);
        self.incoming.receiver = Receiver::new(granted.block_size, granted.window_size);
        // Some servers give the 0 of the request back where they don't know the size.
        self.incoming.announced = granted.size.filter(|size| *size > 0);
        self.incoming.most = self.incoming.announced.unwrap_or(self.config.limit);
        self.peer_timeout = granted.timeout;
        self.has_oack = true;
        self.incoming.pending = Some(Pending::Fresh);
        self.transition(State::Receiving);
        match granted.multicast {
            Some(multicast) => self.join(now, multicast),
            None => Event::Opened(self.negotiated()),
        }
    }

    /// One block. This is what happens for every packet of a long transfer: keep it short.
    #[inline]
    fn on_data<'d>(&mut self, now: Instant, wire: u16, bytes: &'d [u8]) -> Event<'d> {
        let in_order_only = self.config.in_order || self.config.mode == Mode::Netascii;
        let block = (wire, bytes.len());
        let limits = self.config.limits;
        match self.incoming.on_data(now, block, in_order_only, limits, &mut self.counters.0) {
            Taken::Data { offset } => Event::Data { offset, bytes },
            Taken::Complete { offset } => {
                self.transition(State::Dallying);
                Event::Data { offset, bytes }
            }
            Taken::Nothing => Event::Nothing,
            Taken::Ignored(why) => Event::Ignored(why),
            rare @ (Taken::Stuck | Taken::Failed(_) | Taken::FirstTooShort(_)) => self.on_trouble(now, rare),
        }
    }

    #[cold]
    fn on_trouble(&mut self, now: Instant, what: Taken) -> Event<'static> {
        let failure = match what {
            Taken::Failed(failure) => failure,
            // A server that grants a block size and sends smaller blocks all the same ends the file with its first
            // one. Of 512 bytes it has one notion only.
            Taken::FirstTooShort(failure) => {
                if self.rung < Rung::NoBlockSize {
                    self.rung = Rung::NoWindow;
                    if let Some(event) = self.fall_back(now, Some(ErrorCode::NOT_DEFINED)) {
                        return event;
                    }
                }
                failure
            }
            Taken::Stuck
            | Taken::Data { .. }
            | Taken::Complete { .. }
            | Taken::Nothing
            | Taken::Ignored(_) => {
                return self.on_stuck(now).unwrap_or(Event::Nothing);
            }
        };
        self.fail(failure, farewell(failure))
    }

    fn on_time(&mut self, now: Instant) -> Option<Event<'static>> {
        match self.state {
            State::Done | State::Dead => None,
            State::Dallying => {
                self.finish();
                Some(Event::Done { size: self.received() })
            }
            State::Opening | State::Receiving
                if self.incoming.timer.has_given_up(now, self.config.limits) =>
            {
                let failure = if self.state == State::Opening {
                    Failure::OpenTimedOut { tries: self.tries }
                } else {
                    self.incoming.timer.verdict(now, self.received(), self.config.limits)
                };
                Some(self.fail(failure, ErrorCode::NOT_DEFINED))
            }
            State::Opening | State::Receiving => {
                self.incoming.timer.back_off(self.config.limits, &mut self.config.rng);
                let stuck = self.incoming.on_silence();
                if stuck { self.on_stuck(now) } else { None }
            }
        }
    }

    fn write(&self, writer: &mut Writer<'_>) {
        if self.state != State::Opening {
            let receiver = || self.incoming.receiver.acknowledged();
            write_ack(writer, self.group.as_ref().map_or_else(receiver, Group::acknowledged));
            return;
        }
        Request::write_head(writer, Direction::Read, self.config.file(), self.config.mode);
        self.config.asked(self.rung).write(writer, 0);
    }
}
