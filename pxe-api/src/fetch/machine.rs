//! The machine that fetches a file through the ROM.

use super::config::{Config, Way, check_place};
use super::event::{ConfigError, Event, Failure, Ignored};
use crate::blocks::{Block, TftpClose, TftpGetFsize, TftpOpen, TftpRead, TftpReadFile, UdpClose};
use crate::call::{Call, answer, write, zeroed};
use crate::opcode::{Exit, Opcode, Status};
use bootproto_core::BufferTooSmall;

/// A file being fetched. The [module](super) has the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    config: Config,
    step: Step,
    /// The size that the server told.
    size: Option<u32>,
    /// The packet size granted.
    granted: u16,
    /// What came, and which packet is next.
    got: u64,
    next: u16,
    /// The ROM counts its packets from 1, so that its count can be relied on.
    counts: bool,
    /// How often in a row the same packet came.
    duplicates: u8,
    /// UDP, and another file, were closed once to make way.
    made_way: [bool; 2],
    outcome: Option<Outcome>,
}

const _: () = assert!(size_of::<Fetch>() <= 256);

/// How often in a row a ROM may hand out the packet before: one that goes on is stuck.
const DUPLICATES: u8 = 16;

/// What is being done; each but `Place` and `Ended` is one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Size,
    /// No call: the caller names the place.
    Place,
    Whole,
    Open,
    Read,
    Close,
    /// Something else is closed, and this comes after it.
    CloseUdp(Then),
    CloseOther(Then),
    Ended,
}

/// The calls that may have to wait for another to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Size,
    Whole,
    Open,
}

impl From<Then> for Step {
    fn from(then: Then) -> Self {
        match then {
            Then::Size => Self::Size,
            Then::Whole => Self::Whole,
            Then::Open => Self::Open,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done { placed: bool },
    Failed(Failure),
}

impl Fetch {
    /// A machine that begins with its first call at once.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        let sized = config.ask_size || matches!(config.way, Way::WholeOnceSized);
        let step = if sized { Step::Size } else { config.first() };
        Self {
            config,
            step,
            size: None,
            granted: 0,
            got: 0,
            next: 1,
            counts: false,
            duplicates: 0,
            made_way: [false; 2],
            outcome: None,
        }
    }

    /// Names the place for the whole file, after [`Event::Size`] with [`Way::WholeOnceSized`]: `room` bytes at physical
    /// `address`, which are all that the ROM is told of.
    ///
    /// # Errors
    /// [`ConfigError::NoRoom`], [`ConfigError::DoesNotFit`], [`ConfigError::NoPlaceWanted`]; nothing has changed then.
    pub const fn place(&mut self, address: u32, room: u32) -> Result<(), ConfigError> {
        let (Step::Place, Some(size)) = (self.step, self.size) else {
            return Err(ConfigError::NoPlaceWanted);
        };
        if let Err(error) = check_place(address, room) {
            return Err(error);
        }
        if size > room {
            return Err(ConfigError::DoesNotFit { size });
        }
        self.config.way = Way::Whole { address, room };
        self.step = Step::Whole;
        Ok(())
    }

    /// The call to make now, written into `buf`; `None` when the fetch has ended, or waits for its
    /// [`place`](Self::place). The same answer comes until the call's return is handed in.
    ///
    /// # Errors
    /// [`BufferTooSmall`] if `buf` can't hold it; [`AREA_SIZE`](crate::AREA_SIZE) bytes always can.
    pub fn poll_call<'b>(&self, buf: &'b mut [u8]) -> Result<Option<Call<'b>>, BufferTooSmall> {
        let call = match self.step {
            Step::Size => write(buf, &self.config.get_fsize(), &[]),
            Step::Whole => write(buf, &self.config.read_file(), &[])
                .map(|call| Call { opcode: self.config.read_file_opcode(), ..call }),
            Step::Open => write(buf, &self.config.open(), &[]),
            Step::Read => {
                let mut block: TftpRead = zeroed();
                block.buffer = self.config.buffer;
                // No answer of the specification, but some ROMs take it for the room there is.
                block.buffer_size.set(self.granted);
                write(buf, &block, &[])
            }
            Step::Close | Step::CloseOther(_) => write(buf, &zeroed::<TftpClose>(), &[]),
            Step::CloseUdp(_) => write(buf, &zeroed::<UdpClose>(), &[]),
            Step::Place | Step::Ended => return Ok(None),
        };
        call.map(Some)
    }

    /// Takes what came back from the call that [`poll_call`](Self::poll_call) named: AX, and the parameter area.
    ///
    /// Never panics, whatever the bytes; too few count as a call that failed.
    pub fn handle_return(&mut self, exit: Exit, block: &[u8]) -> Event {
        let event = match self.step {
            Step::Size => self.sized(exit, block),
            Step::Whole => self.whole(exit, block),
            Step::Open => self.opened(exit, block),
            Step::Read => self.read(exit, block),
            Step::Close => {
                self.step = Step::Ended;
                Event::Nothing
            }
            Step::CloseUdp(then) | Step::CloseOther(then) => {
                self.step = then.into();
                Event::Nothing
            }
            Step::Place | Step::Ended => return Event::Ignored(Ignored::NoCallPending),
        };
        if self.step == Step::Ended { self.ended() } else { event }
    }

    /// Ends the fetch; a file that is open is closed first, so calls may still be due. A call that is on must have
    /// returned.
    pub fn end(&mut self) -> Event {
        match self.step {
            Step::Ended => return Event::Ignored(Ignored::NoCallPending),
            // The outcome is decided already.
            Step::Close => return Event::Nothing,
            Step::Read => self.step = Step::Close,
            Step::Size | Step::Place | Step::Whole | Step::Open | Step::CloseUdp(_) | Step::CloseOther(_) => {
                self.step = Step::Ended
            }
        }
        self.outcome = Some(Outcome::Failed(Failure::Ended));
        if self.step == Step::Ended { self.ended() } else { Event::Nothing }
    }

    /// How many bytes came so far, and how many there are if the server told.
    #[must_use]
    pub const fn progress(&self) -> (u64, Option<u32>) {
        (self.got, self.size)
    }

    const fn ended(&self) -> Event {
        match self.outcome {
            Some(Outcome::Done { placed }) => Event::Done { size: self.got, placed },
            Some(Outcome::Failed(failure)) => Event::Failed(failure),
            None => Event::Failed(Failure::Ended),
        }
    }

    fn fail(&mut self, failure: Failure) -> Event {
        self.outcome = Some(Outcome::Failed(failure));
        // Only what was opened is closed.
        self.step = if self.step == Step::Read { Step::Close } else { Step::Ended };
        Event::Nothing
    }

    /// Something else is open: it is closed, once, and the call made again.
    const fn makes_way(&mut self, status: Status, then: Then) -> bool {
        let [udp, other] = &mut self.made_way;
        let (made, step) = match status {
            Status::UDP_OPEN => (udp, Step::CloseUdp(then)),
            Status::TFTP_OPEN => (other, Step::CloseOther(then)),
            _ => return false,
        };
        if *made {
            return false;
        }
        *made = true;
        self.step = step;
        true
    }

    fn sized(&mut self, exit: Exit, block: &[u8]) -> Event {
        match answer::<TftpGetFsize>(exit, block) {
            Ok(block) => {
                let size = block.file_size.get();
                self.size = Some(size);
                if u64::from(size) > self.config.room() {
                    return self.fail(Failure::TooBig { size: size.into() });
                }
                self.step = self.config.first_for(size);
                Event::Size(size)
            }
            Err(status) if self.makes_way(status, Then::Size) => Event::Nothing,
            Err(status) => {
                let failure = Failure::from_status(Opcode::TFTP_GET_FSIZE, status);
                // A server that has no sizes says so as an error; whether it has the file, the next call tells.
                let is_final = failure.is_final() && failure != Failure::ServerError;
                if is_final || self.config.first() == Step::Place {
                    return self.fail(failure);
                }
                self.step = self.config.first();
                Event::Ignored(Ignored::Refused { opcode: Opcode::TFTP_GET_FSIZE, status })
            }
        }
    }

    fn whole(&mut self, exit: Exit, block: &[u8]) -> Event {
        let (room, opcode) = (self.config.whole_room(), self.config.read_file_opcode());
        match answer::<TftpReadFile>(exit, block) {
            Ok(block) => {
                let size = block.buffer_size.get();
                if size > room {
                    return self.fail(Failure::Misbehaved { opcode });
                }
                self.got = size.into();
                self.finish(true)
            }
            Err(status) if self.makes_way(status, Then::Whole) => Event::Nothing,
            // The real-mode call may be there where the other is not.
            Err(status) if self.config.protected_mode && is_missing(status) => {
                self.config.protected_mode = false;
                Event::Ignored(Ignored::Refused { opcode, status })
            }
            Err(status) => {
                let failure = Failure::from_status(opcode, status);
                if failure.is_final() || !self.config.has_packets() {
                    return self.fail(failure);
                }
                self.step = Step::Open;
                Event::Ignored(Ignored::Refused { opcode, status })
            }
        }
    }

    fn opened(&mut self, exit: Exit, block: &[u8]) -> Event {
        match answer::<TftpOpen>(exit, block) {
            Ok(block) => {
                self.step = Step::Read;
                // A ROM that leaves the field empty gives packets of the usual size.
                self.granted = match block.packet_size.get() {
                    0 => 512,
                    granted => granted,
                };
                if self.granted > self.config.packet_size {
                    return self.fail(Failure::Misbehaved { opcode: TftpOpen::OPCODE });
                }
                Event::Nothing
            }
            Err(status) if self.makes_way(status, Then::Open) => Event::Nothing,
            Err(status) => self.fail(Failure::from_status(TftpOpen::OPCODE, status)),
        }
    }

    fn read(&mut self, exit: Exit, block: &[u8]) -> Event {
        let block = match answer::<TftpRead>(exit, block) {
            Ok(block) => block,
            Err(status) => return self.fail(Failure::from_status(TftpRead::OPCODE, status)),
        };
        let (packet, length) = (block.packet_number.get(), block.buffer_size.get());
        if length > self.granted {
            return self.fail(Failure::Misbehaved { opcode: TftpRead::OPCODE });
        }
        if self.got == 0 && self.next == 1 {
            self.counts = packet == 1;
        }
        if self.counts && packet != self.next {
            if packet == self.next.wrapping_sub(1) && self.duplicates < DUPLICATES {
                self.duplicates = self.duplicates.saturating_add(1);
                return Event::Ignored(Ignored::Duplicate { packet });
            }
            return self.fail(Failure::Misbehaved { opcode: TftpRead::OPCODE });
        }
        let offset = self.got;
        self.got = offset.saturating_add(length.into());
        self.next = self.next.wrapping_add(1);
        self.duplicates = 0;
        if let Some(expected) = self.size.map(u64::from)
            && self.got > expected
        {
            return self.fail(Failure::WrongSize { expected, got: self.got });
        }
        if self.got > self.config.limit {
            return self.fail(Failure::TooBig { size: self.got });
        }
        if length < self.granted {
            self.finish(false);
        }
        if length == 0 {
            return Event::Nothing;
        }
        Event::Data { at: self.config.buffer, length, offset }
    }

    /// All is there, if the server told the size rightly.
    fn finish(&mut self, placed: bool) -> Event {
        let wrong = self.size.map(u64::from).filter(|expected| *expected != self.got);
        self.outcome = Some(match wrong {
            Some(expected) => Outcome::Failed(Failure::WrongSize { expected, got: self.got }),
            None => Outcome::Done { placed },
        });
        self.step = if placed { Step::Ended } else { Step::Close };
        Event::Nothing
    }
}

impl Config {
    const fn first(&self) -> Step {
        match self.way {
            Way::Whole { .. } | Way::WholeOrPackets { .. } => Step::Whole,
            Way::WholeOnceSized => Step::Place,
            Way::Packets => Step::Open,
        }
    }

    /// A file that does not fit the physical room may still come as packets.
    const fn first_for(&self, size: u32) -> Step {
        if size > self.whole_room() { Step::Open } else { self.first() }
    }

    const fn has_packets(&self) -> bool {
        matches!(self.way, Way::Packets | Way::WholeOrPackets { .. })
    }

    const fn read_file_opcode(&self) -> Opcode {
        if self.protected_mode { Opcode::TFTP_READ_FILE_PMODE } else { Opcode::TFTP_READ_FILE }
    }

    const fn whole_room(&self) -> u32 {
        match self.way {
            Way::Whole { room, .. } | Way::WholeOrPackets { room, .. } => room,
            // Whatever its size, the caller says whether there is room.
            Way::WholeOnceSized => u32::MAX,
            Way::Packets => 0,
        }
    }

    fn room(&self) -> u64 {
        let whole = u64::from(self.whole_room());
        if self.has_packets() { self.limit.max(whole) } else { whole }
    }

    fn get_fsize(&self) -> TftpGetFsize {
        let mut block: TftpGetFsize = zeroed();
        (block.server, block.gateway, block.file_name) = (self.server, self.gateway, self.name);
        block
    }

    fn open(&self) -> TftpOpen {
        let mut block: TftpOpen = zeroed();
        (block.server, block.gateway, block.file_name) = (self.server, self.gateway, self.name);
        block.port.set(self.port);
        block.packet_size.set(self.packet_size);
        block
    }

    fn read_file(&self) -> TftpReadFile {
        let mut block: TftpReadFile = zeroed();
        (block.server, block.gateway, block.file_name) = (self.server, self.gateway, self.name);
        if let Way::Whole { address, room } | Way::WholeOrPackets { address, room } = self.way {
            block.buffer.set(address);
            block.buffer_size.set(room);
        }
        block.server_port.set(self.port);
        // Read by ROMs that try multicast first, which a group of 0.0.0.0 turns off.
        block.open_timeout.set(5);
        block.reopen_delay.set(1);
        block
    }
}

/// Whether a status says that the ROM has not got the call.
const fn is_missing(status: Status) -> bool {
    matches!(status, Status::UNSUPPORTED | Status::BAD_FUNC | Status::NOT_AVAILABLE_IN_PMODE)
}
