//! The one UDP endpoint of a ROM.

use crate::SegmentOffset;
use crate::blocks::{UdpClose, UdpOpen, UdpRead, UdpWrite};
use crate::call::{Call, answer, status, write, zeroed};
use crate::opcode::{Exit, Status};
use bootproto_core::{BufferTooSmall, UdpPath, numbered};
use core::net::{Ipv4Addr, SocketAddrV4};

/// The settings of an [`Endpoint`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    address: [u8; 4],
    gateway: [u8; 4],
    netmask: u32,
    port: u16,
    from_anyone: bool,
    buffer: SegmentOffset,
    room: u16,
    quota: u16,
}

impl Config {
    /// An endpoint at `address`, the one that the ROM's DHCP exchange gave it, with `room` bytes at `buffer` in base
    /// memory for received datagrams.
    ///
    /// # Errors
    /// [`ConfigError::BufferWraps`] if the buffer wraps its segment, [`ConfigError::NoRoom`] if it is empty.
    pub fn new(address: Ipv4Addr, buffer: SegmentOffset, room: u16) -> Result<Self, ConfigError> {
        if room == 0 {
            return Err(ConfigError::NoRoom);
        }
        buffer.range(room).ok_or(ConfigError::BufferWraps)?;
        let address = address.octets();
        Ok(Self {
            address,
            gateway: [0; 4],
            netmask: 0,
            port: 0,
            from_anyone: false,
            buffer,
            room,
            quota: 16,
        })
    }

    /// The router to whatever lies outside `netmask`, for ROMs that do not know one; by default none.
    #[must_use]
    pub const fn with_gateway(mut self, gateway: Ipv4Addr, netmask: Ipv4Addr) -> Self {
        self.gateway = gateway.octets();
        self.netmask = netmask.to_bits();
        self
    }

    /// Only datagrams to this port; by default to any, as several machines share the endpoint.
    #[must_use]
    pub const fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Also datagrams that went to other addresses than our own: broadcasts and multicasts.
    #[must_use]
    pub const fn with_any_destination(mut self, any: bool) -> Self {
        self.from_anyone = any;
        self
    }

    /// How many datagrams a round of reads gives at most; by default 16.
    #[must_use]
    pub const fn with_quota(mut self, quota: u16) -> Self {
        self.quota = if quota == 0 { 1 } else { quota };
        self
    }
}

/// What a call's return means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Nothing to do.
    Nothing,
    /// Something was left out, and why.
    Ignored(Ignored),
    /// Datagrams can be sent and received.
    Opened,
    /// The datagram was sent; its memory is free again.
    Sent,
    /// It was not.
    SendFailed(Status),
    /// A datagram lies in the buffer: hand it on before the next call.
    Received(Datagram),
    /// A round of reads has ended.
    Drained,
    /// The endpoint is closed.
    Closed,
    /// The endpoint can't be opened.
    Failed(Failure),
}

/// A received datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagram {
    /// Where it is.
    pub at: SegmentOffset,
    /// How many bytes; they fit the buffer.
    pub length: u16,
    /// From whom to whom, as `handle_datagram` wants it.
    pub path: UdpPath,
}

numbered! {
    /// Why an answer of the ROM changed nothing.
    pub enum Ignored {
        /// No call was due.
        NoCallPending = 4151, "an answer came though no call was made", "This is a fault of the program: it answers twice.";
        /// A datagram longer than the buffer that was offered.
        TooLong { /// How long the ROM says it is.
            length: u16 } = 4152, "a datagram of {length} bytes is longer than the buffer", "Give a larger buffer, or ask for smaller packets.";
    }
}

numbered! {
    /// Why there will be no datagrams.
    pub enum Failure {
        /// `UDP_OPEN` failed.
        OpenFailed { /// Why.
            status: Status } = 4241, "the ROM does not open its UDP: {status}", "Update the ROM, or use its UNDI.";
    }
}

numbered! {
    /// What a caller asked that can't be.
    pub enum ConfigError {
        /// A buffer wraps its segment.
        BufferWraps = 4341, "the buffer wraps around its segment", "Put it at a lower offset of its segment.";
        /// The buffer is empty.
        NoRoom = 4342, "there is no room for a datagram", "Give at least 1500 bytes.";
        /// The endpoint is not open, or still has one to send.
        NotReady = 4343, "the endpoint can't take this now", "Wait for the event that ends what it is doing.";
        /// The path is not IPv4.
        NotIpv4 = 4344, "the ROM speaks IPv4 only", "Use the UNDI.";
    }
}

/// What is being done; each but `Idle` and `Ended` is one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The second time after a close.
    Open {
        again: bool,
    },
    CloseOther,
    Idle,
    Write,
    Read(u16),
    Close,
    Ended,
}

/// A datagram to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Out {
    to: SocketAddrV4,
    from_port: u16,
    at: SegmentOffset,
    length: u16,
}

/// The endpoint being driven. The [module](super) says what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    config: Config,
    step: Step,
    out: Option<Out>,
    reading: bool,
    closing: bool,
}

const _: () = assert!(size_of::<Endpoint>() <= 128);

impl Endpoint {
    /// A machine that opens at once.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self { config, step: Step::Open { again: false }, out: None, reading: false, closing: false }
    }

    /// The call to make now, written into `buf`; `None` if there is none. The same answer comes until the call's
    /// return is handed in.
    ///
    /// # Errors
    /// [`BufferTooSmall`] if `buf` can't hold it; [`AREA_SIZE`](crate::AREA_SIZE) bytes always can.
    pub fn poll_call<'b>(&self, buf: &'b mut [u8]) -> Result<Option<Call<'b>>, BufferTooSmall> {
        let call = match self.step {
            Step::Open { .. } => {
                let mut block: UdpOpen = zeroed();
                block.source = self.config.address;
                write(buf, &block, &[])
            }
            Step::Write => {
                let Some(out) = self.out else { return Ok(None) };
                write(buf, &self.config.write(&out), &[])
            }
            Step::Read(_) => write(buf, &self.config.read(), &[]),
            Step::CloseOther | Step::Close => write(buf, &zeroed::<UdpClose>(), &[]),
            Step::Idle | Step::Ended => return Ok(None),
        };
        call.map(Some)
    }

    /// Takes what came back from the call that [`poll_call`](Self::poll_call) named: AX, and the parameter area.
    ///
    /// Never panics, whatever the bytes; too few count as a call that failed.
    pub fn handle_return(&mut self, exit: Exit, block: &[u8]) -> Event {
        let event = match self.step {
            Step::Open { again } => self.opened(again, exit, block),
            Step::CloseOther => {
                self.step = Step::Open { again: true };
                Event::Nothing
            }
            Step::Write => {
                (self.out, self.step) = (None, Step::Idle);
                status(exit, block).map_or_else(Event::SendFailed, |()| Event::Sent)
            }
            Step::Read(left) => self.read(left, exit, block),
            Step::Close => {
                self.step = Step::Ended;
                Event::Closed
            }
            Step::Idle | Step::Ended => return Event::Ignored(Ignored::NoCallPending),
        };
        self.next_when_idle();
        event
    }

    /// Sends `length` bytes at `at` along `path`, which is that of a machine's transmit; [`Event::Sent`] frees them.
    ///
    /// # Errors
    /// [`ConfigError::NotReady`], [`ConfigError::NotIpv4`], [`ConfigError::BufferWraps`].
    pub fn send(&mut self, path: UdpPath, at: SegmentOffset, length: u16) -> Result<(), ConfigError> {
        if !self.is_open() || self.out.is_some() {
            return Err(ConfigError::NotReady);
        }
        at.range(length).ok_or(ConfigError::BufferWraps)?;
        let to = path.remote_v4().ok_or(ConfigError::NotIpv4)?;
        let to = SocketAddrV4::new(to, path.remote.port());
        self.out = Some(Out { to, from_port: path.local.port(), at, length });
        self.next_when_idle();
        Ok(())
    }

    /// Asks for received datagrams: reads follow until there is none or the quota is used up.
    pub const fn receive(&mut self) {
        self.reading |= self.is_open() && !matches!(self.step, Step::Read(_));
        self.next_when_idle();
    }

    /// Closes the endpoint, which must be done before a TFTP call is made; [`Event::Closed`] comes last.
    pub const fn close(&mut self) {
        self.closing = true;
        self.next_when_idle();
    }

    /// Whether datagrams can be sent and received now.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.step, Step::Idle | Step::Write | Step::Read(_)) && !self.closing
    }

    const fn next_when_idle(&mut self) {
        if !matches!(self.step, Step::Idle) {
            return;
        }
        if self.closing {
            self.out = None;
            self.step = Step::Close;
        } else if self.out.is_some() {
            self.step = Step::Write;
        } else if self.reading {
            self.reading = false;
            self.step = Step::Read(self.config.quota);
        }
    }

    fn opened(&mut self, again: bool, exit: Exit, block: &[u8]) -> Event {
        match status(exit, block) {
            Ok(()) => {
                self.step = Step::Idle;
                Event::Opened
            }
            // Someone left it open, with an address that may be another.
            Err(Status::UDP_OPEN) if !again => {
                self.step = Step::CloseOther;
                Event::Nothing
            }
            Err(status) => {
                self.step = Step::Ended;
                Event::Failed(Failure::OpenFailed { status })
            }
        }
    }

    fn read(&mut self, left: u16, exit: Exit, block: &[u8]) -> Event {
        // Whatever the status, it means that there is none now.
        let Ok(block) = answer::<UdpRead>(exit, block) else {
            self.step = Step::Idle;
            return Event::Drained;
        };
        self.step = if left > 1 && !self.closing { Step::Read(left.saturating_sub(1)) } else { Step::Idle };
        let length = block.buffer_size.get();
        if length > self.config.room {
            return Event::Ignored(Ignored::TooLong { length });
        }
        let local = SocketAddrV4::new(block.destination.into(), block.destination_port.get());
        let remote = SocketAddrV4::new(block.source.into(), block.source_port.get());
        Event::Received(Datagram { at: self.config.buffer, length, path: UdpPath::v4(local, remote) })
    }
}

impl Config {
    fn write(&self, out: &Out) -> UdpWrite {
        let mut block: UdpWrite = zeroed();
        block.destination = out.to.ip().octets();
        let own = Ipv4Addr::from(self.address).to_bits();
        let neighbour = (own ^ out.to.ip().to_bits()) & self.netmask == 0;
        // ROMs send to the router whatever names one, a neighbour's datagrams too.
        block.gateway = if neighbour || out.to.ip().is_broadcast() { [0; 4] } else { self.gateway };
        block.source_port.set(out.from_port);
        block.destination_port.set(out.to.port());
        block.buffer_size.set(out.length);
        block.buffer = out.at;
        block
    }

    fn read(&self) -> UdpRead {
        let mut block: UdpRead = zeroed();
        block.destination = if self.from_anyone { [0; 4] } else { self.address };
        block.destination_port.set(self.port);
        block.buffer_size.set(self.room);
        block.buffer = self.buffer;
        block
    }
}
