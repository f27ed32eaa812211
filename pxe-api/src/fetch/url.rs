//! The machine that fetches a URL through iPXE's FILE calls.

use super::event::{ConfigError, Event, Failure, Ignored};
use crate::SegmentOffset;
use crate::blocks::{
    Block, FILE_API_MAGIC, FileApiCheck, FileClose, FileOpen, FileRead, GetFileSize, file_name,
};
use crate::call::{AREA_SIZE, Call, answer, write, zeroed};
use crate::layout::Layout;
use crate::opcode::{Exit, Opcode, Status};
use bootproto_core::{BufferTooSmall, num, trim_nul};

/// The settings of a [`UrlFetch`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlConfig {
    url: [u8; 128],
    area: SegmentOffset,
    buffer: SegmentOffset,
    buffer_size: u16,
    limit: u64,
}

impl UrlConfig {
    /// The file at `url`, such as `http://192.0.2.1/vmlinuz`, piece by piece through a buffer of 1456 bytes at `buffer`
    /// in base memory. The parameter area of [`AREA_SIZE`] bytes must be at `area`, for the ROM reads the URL there.
    ///
    /// # Errors
    /// [`ConfigError::BadName`] if it has no or more than 127 bytes or a NUL, [`ConfigError::BufferWraps`].
    pub fn new(url: &[u8], area: SegmentOffset, buffer: SegmentOffset) -> Result<Self, ConfigError> {
        let url = file_name(url).ok_or(ConfigError::BadName)?;
        area.range(num::u16_from_usize_saturating(AREA_SIZE)).ok_or(ConfigError::BufferWraps)?;
        let this = Self { url, area, buffer, buffer_size: 0, limit: u64::from(u32::MAX) };
        this.with_buffer_size(1456)
    }

    /// How large the buffer is; by default 1456 bytes.
    ///
    /// # Errors
    /// [`ConfigError::BadPacketSize`] if it is 0, [`ConfigError::BufferWraps`].
    pub fn with_buffer_size(mut self, size: u16) -> Result<Self, ConfigError> {
        if size == 0 {
            return Err(ConfigError::BadPacketSize);
        }
        self.buffer.range(size).ok_or(ConfigError::BufferWraps)?;
        self.buffer_size = size;
        Ok(self)
    }

    /// The largest file to take; by default 4 GiB. It bounds what a server that never ends can do.
    #[must_use]
    pub const fn with_limit(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }
}

/// A URL being fetched. The [module](super) has the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlFetch {
    config: UrlConfig,
    step: Step,
    handle: u16,
    /// There is a call for the size.
    has_sizes: bool,
    size: Option<u32>,
    got: u64,
    /// Why there will be no file; nothing while all is well.
    failure: Option<Failure>,
}

const _: () = assert!(size_of::<UrlFetch>() <= 256);

/// What is being done; each but `Ended` is one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Check,
    Open,
    Size,
    Read,
    Close,
    Ended,
}

/// The calls that there must be, as bits of the mask: open, close, read; and the one for the size.
const NEEDED: u32 = 0b01011;
const SIZES: u32 = 0b10000;

impl UrlFetch {
    /// A machine that begins with its first call at once.
    #[must_use]
    pub const fn new(config: UrlConfig) -> Self {
        Self { config, step: Step::Check, handle: 0, has_sizes: false, size: None, got: 0, failure: None }
    }

    /// The call to make now, written into `buf`; `None` when the fetch has ended. The same answer comes until the
    /// call's return is handed in.
    ///
    /// # Errors
    /// [`BufferTooSmall`] if `buf` can't hold it; [`AREA_SIZE`] bytes always can.
    pub fn poll_call<'b>(&self, buf: &'b mut [u8]) -> Result<Option<Call<'b>>, BufferTooSmall> {
        let call = match self.step {
            Step::Check => {
                let mut block: FileApiCheck = zeroed();
                block.size.set(num::u16_from_usize_saturating(FileApiCheck::SIZE));
                block.magic.set(FILE_API_MAGIC.0);
                write(buf, &block, &[])
            }
            Step::Open => {
                let mut block: FileOpen = zeroed();
                // The URL lies behind the block, with a NUL at its end; the area does not wrap its segment.
                let behind = num::u16_from_usize_saturating(FileOpen::SIZE);
                block.file_name = self.config.area.checked_add(behind).unwrap_or(SegmentOffset::NULL);
                let url = trim_nul(&self.config.url).len().saturating_add(1);
                write(buf, &block, self.config.url.get(..url).unwrap_or(&self.config.url))
            }
            Step::Size => {
                let mut block: GetFileSize = zeroed();
                block.file_handle.set(self.handle);
                write(buf, &block, &[])
            }
            Step::Read => {
                let mut block: FileRead = zeroed();
                block.file_handle.set(self.handle);
                block.buffer_size.set(self.config.buffer_size);
                block.buffer = self.config.buffer;
                write(buf, &block, &[])
            }
            Step::Close => {
                let mut block: FileClose = zeroed();
                block.file_handle.set(self.handle);
                write(buf, &block, &[])
            }
            Step::Ended => return Ok(None),
        };
        call.map(Some)
    }

    /// Takes what came back from the call that [`poll_call`](Self::poll_call) named: AX, and the parameter area.
    ///
    /// Never panics, whatever the bytes; too few count as a call that failed.
    pub fn handle_return(&mut self, exit: Exit, block: &[u8]) -> Event {
        let event = match self.step {
            Step::Check => self.checked(exit, block),
            Step::Open => self.opened(exit, block),
            Step::Size => self.sized(exit, block),
            Step::Read => self.read(exit, block),
            Step::Close => {
                self.step = Step::Ended;
                Event::Nothing
            }
            Step::Ended => return Event::Ignored(Ignored::NoCallPending),
        };
        if self.step == Step::Ended { self.ended() } else { event }
    }

    /// Ends the fetch; a file that is open is closed first, so a call may still be due. A call that is on must have
    /// returned.
    pub fn end(&mut self) -> Event {
        match self.step {
            Step::Ended => Event::Ignored(Ignored::NoCallPending),
            // The outcome is decided already.
            Step::Close => Event::Nothing,
            Step::Check | Step::Open | Step::Size | Step::Read => {
                self.fail(Failure::Ended);
                if self.step == Step::Ended { self.ended() } else { Event::Nothing }
            }
        }
    }

    /// How many bytes came so far, and how many there are if the server told.
    #[must_use]
    pub const fn progress(&self) -> (u64, Option<u32>) {
        (self.got, self.size)
    }

    const fn ended(&self) -> Event {
        match self.failure {
            Some(failure) => Event::Failed(failure),
            None => Event::Done { size: self.got, placed: false },
        }
    }

    const fn fail(&mut self, failure: Failure) -> Event {
        self.failure = Some(failure);
        // Only what was opened is closed.
        self.step = if matches!(self.step, Step::Size | Step::Read) { Step::Close } else { Step::Ended };
        Event::Nothing
    }

    fn checked(&mut self, exit: Exit, block: &[u8]) -> Event {
        match answer::<FileApiCheck>(exit, block) {
            Ok(block) if block.magic.get() == FILE_API_MAGIC.1 && block.api_mask.get() & NEEDED == NEEDED => {
                self.has_sizes = block.api_mask.get() & SIZES != 0;
                self.step = Step::Open;
                Event::Nothing
            }
            _ => self.fail(Failure::NoFileApi),
        }
    }

    fn opened(&mut self, exit: Exit, block: &[u8]) -> Event {
        match answer::<FileOpen>(exit, block) {
            Ok(block) => {
                self.handle = block.file_handle.get();
                self.step = if self.has_sizes { Step::Size } else { Step::Read };
                Event::Nothing
            }
            Err(status) => self.fail(Failure::from_status(FileOpen::OPCODE, status)),
        }
    }

    fn sized(&mut self, exit: Exit, block: &[u8]) -> Event {
        // iPXE says 0 where a server did not tell.
        let size = match answer::<GetFileSize>(exit, block).map(|block| block.file_size.get()) {
            Ok(0) => None,
            Ok(size) => Some(size),
            Err(status) => {
                self.step = Step::Read;
                return Event::Ignored(Ignored::Refused { opcode: Opcode::GET_FILE_SIZE, status });
            }
        };
        self.size = size;
        match size {
            Some(size) if u64::from(size) > self.config.limit => {
                self.fail(Failure::TooBig { size: size.into() })
            }
            Some(size) => {
                self.step = Step::Read;
                Event::Size(size)
            }
            None => {
                self.step = Step::Read;
                Event::Nothing
            }
        }
    }

    fn read(&mut self, exit: Exit, block: &[u8]) -> Event {
        let length = match answer::<FileRead>(exit, block) {
            Ok(block) => block.buffer_size.get(),
            // How iPXE says that nothing has come yet.
            Err(Status::TFTP_OPEN) => return Event::Waiting,
            Err(status) => return self.fail(Failure::from_status(FileRead::OPCODE, status)),
        };
        if length > self.config.buffer_size {
            return self.fail(Failure::Misbehaved { opcode: FileRead::OPCODE });
        }
        let (offset, expected) = (self.got, self.size.map(u64::from));
        self.got = offset.saturating_add(length.into());
        match expected {
            Some(expected) if self.got > expected || (length == 0 && self.got < expected) => {
                return self.fail(Failure::WrongSize { expected, got: self.got });
            }
            _ if self.got > self.config.limit => return self.fail(Failure::TooBig { size: self.got }),
            _ => {}
        }
        if length == 0 {
            self.step = Step::Close;
            return Event::Nothing;
        }
        Event::Data { at: self.config.buffer, length, offset }
    }
}
