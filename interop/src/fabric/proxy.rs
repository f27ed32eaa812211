//! QEMU's side of a device that lives in another process (`x-pci-proxy-dev`): the messages of "multi-process QEMU"
//! (docs/devel/multi-process.rst and include/hw/remote/mpqemu-link.h in QEMU).

use super::memory::Memory;
use crate::Outcome;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use std::io::{IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

/// Regions that one message can tell of.
const REGIONS: usize = 8;

/// What QEMU wants. All but [`Request::Memory`] and [`Request::Nothing`] wait for [`Link::answer`].
#[derive(Debug)]
pub(super) enum Request {
    /// The machine's memory is this from now on.
    Memory(Memory),
    /// Write to the configuration space: address, value, bytes.
    ConfigWrite(u32, u32, usize),
    /// Read from it.
    ConfigRead(u32, usize),
    /// Write to the device's memory: guest address, value, bytes.
    Write(u64, u64, usize),
    /// Read from it.
    Read(u64, usize),
    /// The machine was reset.
    Reset,
    /// Nothing that this device uses.
    Nothing,
}

/// The socket.
#[derive(Debug)]
pub(super) struct Link {
    stream: UnixStream,
}

impl Link {
    /// Over our end of a pair.
    #[must_use]
    pub(super) fn new(stream: UnixStream) -> Self {
        Self { stream }
    }

    /// Waits for the next message; `None` once QEMU is gone.
    ///
    /// # Errors
    /// A message that no QEMU sends, or memory that can't be mapped.
    pub(super) fn request(&mut self) -> Outcome<Option<Request>> {
        let mut head = [0; 16];
        let mut files = Vec::new();
        if !self.fill(&mut head, &mut files)? {
            return Ok(None);
        }
        let command = i32::from_le_bytes(head[..4].try_into()?);
        let size = usize::try_from(u64::from_le_bytes(head[8..].try_into()?))?;
        let mut body = [0; 256];
        let body = body.get_mut(..size).ok_or("a message of QEMU's that is too long")?;
        if !self.fill(body, &mut files)? {
            return Ok(None);
        }
        request(command, body, files).map(Some)
    }

    /// Answers a request; writes are answered with 0.
    ///
    /// # Errors
    /// QEMU is gone.
    pub(super) fn answer(&mut self, value: u64) -> Outcome {
        let mut message = [0; 24];
        message[0] = 1;
        message[8] = 8;
        message[16..].copy_from_slice(&value.to_le_bytes());
        Ok(self.stream.write_all(&message)?)
    }

    /// Reads all of it, and files that came with it. `false`: the other end is closed.
    fn fill(&mut self, buffer: &mut [u8], files: &mut Vec<OwnedFd>) -> Outcome<bool> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(REGIONS))];
        let mut filled = 0;
        while filled < buffer.len() {
            let mut ancillary = RecvAncillaryBuffer::new(&mut space);
            let mut parts = [IoSliceMut::new(&mut buffer[filled..])];
            let received = match recvmsg(&self.stream, &mut parts, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
                Ok(received) => received.bytes,
                Err(rustix::io::Errno::INTR) => continue,
                Err(rustix::io::Errno::CONNRESET) => 0,
                Err(error) => return Err(error.into()),
            };
            for message in ancillary.drain() {
                if let RecvAncillaryMessage::ScmRights(received) = message {
                    files.extend(received);
                }
            }
            if received == 0 {
                return Ok(false);
            }
            filled += received;
        }
        Ok(true)
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

fn request(command: i32, body: &[u8], files: Vec<OwnedFd>) -> Outcome<Request> {
    let mut fields = body;
    let mut word = || -> Outcome<u32> {
        let mut bytes = [0; 4];
        fields.read_exact(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    };
    let mut long = || -> Outcome<u64> { Ok(u64::from(word()?) | u64::from(word()?) << 32) };
    Ok(match command {
        0 => {
            let mut table = Vec::new();
            for _ in 0..3 * REGIONS {
                table.push(long()?);
            }
            let regions = files
                .into_iter()
                .enumerate()
                .map(|(n, file)| (table[n], table[REGIONS + n], table[2 * REGIONS + n], file));
            Request::Memory(Memory::map(regions)?)
        }
        2 => Request::ConfigWrite(word()?, word()?, usize::try_from(word()?)?),
        3 => {
            let (address, _) = (word()?, word()?);
            Request::ConfigRead(address, usize::try_from(word()?)?)
        }
        4 => Request::Write(long()?, long()?, usize::try_from(word()?)?),
        5 => {
            let (address, _) = (long()?, long()?);
            Request::Read(address, usize::try_from(word()?)?)
        }
        7 => Request::Reset,
        _ => Request::Nothing,
    })
}
