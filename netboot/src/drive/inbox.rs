//! Datagrams that have arrived, as many as one system call brings.
//!
//! On Linux that is several messages (`recvmmsg`), each of which may be several datagrams of one sender and one size
//! that the kernel has put together (`UDP_GRO`): here they come apart again. Elsewhere it is one.

use std::io;
use std::net::SocketAddr;

use super::Bound;

/// How many messages one call takes.
const MESSAGES: usize = 16;

/// The largest UDP datagram, and the most that the kernel puts together.
const LARGEST: usize = 65_536;

/// Datagrams of one socket that wait to be looked at.
#[derive(Debug)]
pub struct Inbox {
    buf: Vec<u8>,
    /// What is in `buf`, the next one last.
    messages: Vec<Message>,
}

/// One message: datagrams of `segment` bytes each, the last perhaps shorter.
#[derive(Debug, Clone, Copy)]
struct Message {
    from: SocketAddr,
    start: usize,
    length: usize,
    segment: usize,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { buf: vec![0; MESSAGES * LARGEST], messages: Vec::with_capacity(MESSAGES) }
    }
}

impl Inbox {
    /// Takes what waits in `bound`, in place of whatever was not looked at; false if nothing does.
    ///
    /// # Errors
    /// What the operating system answers.
    pub fn fill(&mut self, bound: &Bound) -> io::Result<bool> {
        self.messages.clear();
        #[cfg(target_os = "linux")]
        self.fill_many(bound)?;
        #[cfg(not(target_os = "linux"))]
        self.fill_one(bound)?;
        Ok(!self.is_empty())
    }

    /// Whether everything was looked at.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// The next datagram, and who sent it.
    pub fn take(&mut self) -> Option<(SocketAddr, &[u8])> {
        let message = self.messages.last_mut()?;
        let (from, start) = (message.from, message.start);
        let length = message.segment.min(message.length);
        message.start += length;
        message.length -= length;
        if message.length == 0 {
            self.messages.pop();
        }
        Some((from, &self.buf[start..start + length]))
    }

    /// One datagram: every system can.
    #[cfg(any(test, not(target_os = "linux")))]
    pub(super) fn fill_one(&mut self, bound: &Bound) -> io::Result<()> {
        if let Some((from, length)) = bound.receive(&mut self.buf)? {
            self.messages.push(Message { from, start: 0, length, segment: length });
        }
        Ok(())
    }

    #[cfg(target_os = "linux")]
    fn fill_many(&mut self, bound: &Bound) -> io::Result<()> {
        use nix::sys::socket::{ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg};
        use std::io::IoSliceMut;
        use std::os::fd::{AsFd, AsRawFd};
        // Made anew each time: the kernel leaves the length of what it wrote where the room for the next is told.
        let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(MESSAGES, Some(nix::cmsg_space!(i32)));
        let mut slices: Vec<_> =
            self.buf.chunks_exact_mut(LARGEST).map(|chunk| [IoSliceMut::new(chunk)]).collect();
        let fd = bound.as_fd().as_raw_fd();
        let received = match recvmmsg(fd, &mut headers, slices.iter_mut(), MsgFlags::MSG_DONTWAIT, None) {
            Ok(received) => received,
            // Nothing; or an ICMP error for an earlier datagram, where the machine's own time-out is what counts.
            Err(nix::Error::EAGAIN | nix::Error::ECONNREFUSED | nix::Error::EINTR) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        for (index, message) in received.enumerate() {
            let Some(from) = message.address.as_ref().and_then(address) else { continue };
            let mut segment = message.bytes;
            for control in message.cmsgs()? {
                if let ControlMessageOwned::UdpGroSegments(size) = control {
                    segment = usize::try_from(size).unwrap_or(0).clamp(1, segment.max(1));
                }
            }
            self.messages.push(Message { from, start: index * LARGEST, length: message.bytes, segment });
        }
        self.messages.reverse();
        Ok(())
    }
}

#[cfg(target_os = "linux")]
fn address(storage: &nix::sys::socket::SockaddrStorage) -> Option<SocketAddr> {
    let four = storage.as_sockaddr_in().map(|address| SocketAddr::V4((*address).into()));
    four.or_else(|| storage.as_sockaddr_in6().map(|address| SocketAddr::V6((*address).into())))
}
