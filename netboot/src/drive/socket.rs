//! One UDP socket with what network boot needs from it.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;
use socket2::{Domain, Protocol, Socket, Type};

/// How much room is asked for datagrams that wait, in each direction. Linux grants up to `net.core.rmem_max`, and more
/// to root, and answers what it granted.
const BUFFER: usize = 4 << 20;

/// For how long a full queue is waited for. Whatever else leaves by the same interface would wait as well.
const PATIENCE: Duration = Duration::from_millis(20);

/// A bound, non-blocking UDP socket.
#[derive(Debug)]
pub struct Bound {
    socket: UdpSocket,
    local: SocketAddr,
    receive_buffer: usize,
    /// Whether the kernel cuts buffers into datagrams, as far as is known.
    cuts: AtomicBool,
}

/// Opens a socket on `address`, on one interface alone where `interface` says so; broadcasts may be sent.
///
/// # Errors
/// What the operating system answers: the port is taken, the address is not ours, there is no right.
pub fn open(address: SocketAddr, interface: Option<&str>) -> io::Result<Bound> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if let Some(name) = interface {
        socket.bind_device(Some(name.as_bytes()))?;
    }
    if address.is_ipv4() {
        socket.set_broadcast(true)?;
    }
    // A smaller buffer than asked for is no error; what it really is decides the window.
    let _ = socket.set_recv_buffer_size(BUFFER);
    let _ = socket.set_send_buffer_size(BUFFER);
    #[cfg(target_os = "linux")]
    {
        use nix::sys::socket::{setsockopt, sockopt};
        let _ = setsockopt(&socket, sockopt::RcvBufForce, &BUFFER);
        let _ = setsockopt(&socket, sockopt::SndBufForce, &BUFFER);
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    // Linux counts its own bookkeeping, and reports twice what is meant for payload.
    let receive_buffer = socket.recv_buffer_size()? / 2;
    let socket = UdpSocket::from(socket);
    let local = socket.local_addr()?;
    Ok(Bound { socket, local, receive_buffer, cuts: AtomicBool::new(cfg!(target_os = "linux")) })
}

impl Bound {
    /// The address and port it is bound to.
    #[must_use]
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// How many bytes of datagrams may wait in it.
    #[must_use]
    pub fn receive_buffer(&self) -> usize {
        self.receive_buffer
    }

    /// The next datagram that waits, `None` if there is none.
    ///
    /// # Errors
    /// What the operating system answers, except for what says nothing about this socket.
    pub fn receive(&self, buf: &mut [u8]) -> io::Result<Option<(SocketAddr, usize)>> {
        loop {
            match self.socket.recv_from(buf) {
                Ok((length, from)) => return Ok(Some((from, length))),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                // An ICMP error for an earlier datagram: the machine's own time-out is what counts.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The kernel may put datagrams together that came behind each other: from now on only an
    /// [`Inbox`](super::Inbox) may receive here. A kernel that can't is no error.
    #[must_use]
    pub fn putting_together(self) -> Self {
        #[cfg(target_os = "linux")]
        {
            use nix::sys::socket::{setsockopt, sockopt};
            let _ = setsockopt(&self.socket, sockopt::UdpGroSegment, &true);
        }
        self
    }

    /// Sends one datagram. A full queue or an unreachable peer counts as a datagram lost on the way.
    ///
    /// # Errors
    /// What the operating system answers otherwise.
    pub fn send(&self, to: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        self.insist(|| self.socket.send_to(bytes, to)).map(drop)
    }

    /// Sends `bytes` as datagrams of `segment` bytes each, the last perhaps shorter, with as few system calls as it
    /// takes: at most 64 of them, and 64 KiB.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_all(&self, to: SocketAddr, bytes: &[u8], segment: usize) -> io::Result<()> {
        if bytes.len() <= segment {
            return self.send(to, bytes);
        }
        if self.cuts.load(Ordering::Relaxed) {
            match self.insist(|| cut(&self.socket, to, bytes, segment)) {
                // The interface can't, or the datagrams don't fit the path's MTU: that is for them alone to see.
                Err(error) if is_refusal(&error) => self.cuts.store(false, Ordering::Relaxed),
                result => return result.map(drop),
            }
        }
        for datagram in bytes.chunks(segment) {
            if !self.insist(|| self.socket.send_to(datagram, to))? {
                // Nor would the next one go: the peer asks again for what is missing.
                break;
            }
        }
        Ok(())
    }

    /// Tries to send, once more when a full queue has some room again; false if it is lost all the same.
    fn insist(&self, send: impl Fn() -> io::Result<usize>) -> io::Result<bool> {
        let mut tries = 0;
        loop {
            tries += 1;
            let Err(error) = send() else { return Ok(true) };
            match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted if tries < 3 => {
                    let mut fds = [PollFd::new(self.socket.as_fd(), PollFlags::POLLOUT)];
                    // Whatever it answers, the next try shows it.
                    let _ = ppoll(&mut fds, Some(TimeSpec::from(PATIENCE)), None);
                }
                // An ICMP error for an earlier datagram: this one was not sent, and it is not its fault.
                io::ErrorKind::ConnectionRefused if tries < 3 => {}
                io::ErrorKind::WouldBlock
                | io::ErrorKind::Interrupted
                | io::ErrorKind::ConnectionRefused
                | io::ErrorKind::HostUnreachable => return Ok(false),
                _ if error.raw_os_error() == Some(libc::ENOBUFS) => return Ok(false),
                _ => return Err(error),
            }
        }
    }

    /// Receives what is sent to the multicast group too.
    ///
    /// # Errors
    /// What the operating system answers.
    pub fn join(&self, group: std::net::Ipv4Addr) -> io::Result<()> {
        let ours = match self.local.ip() {
            IpAddr::V4(address) => address,
            IpAddr::V6(_) => std::net::Ipv4Addr::UNSPECIFIED,
        };
        self.socket.join_multicast_v4(&group, &ours)
    }
}

impl AsFd for Bound {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// One system call for many datagrams.
#[cfg(target_os = "linux")]
fn cut(socket: &UdpSocket, to: SocketAddr, bytes: &[u8], segment: usize) -> io::Result<usize> {
    use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrStorage, sendmsg};
    use std::os::fd::AsRawFd;
    let segment = u16::try_from(segment).map_err(|_| io::ErrorKind::InvalidInput)?;
    let (to, parts) = (SockaddrStorage::from(to), [io::IoSlice::new(bytes)]);
    let how = [ControlMessage::UdpGsoSegments(&segment)];
    Ok(sendmsg(socket.as_raw_fd(), &parts, &how, MsgFlags::MSG_DONTWAIT, Some(&to))?)
}

#[cfg(not(target_os = "linux"))]
fn cut(_: &UdpSocket, _: SocketAddr, _: &[u8], _: usize) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether the kernel refuses to cut, and not to send. EINVAL also says that a segment exceeds the path's MTU, EIO that
/// the way out can't (IPsec, say).
fn is_refusal(error: &io::Error) -> bool {
    let refusals = [libc::EINVAL, libc::EIO, libc::EOPNOTSUPP, libc::ENOPROTOOPT, libc::EMSGSIZE];
    error.raw_os_error().is_some_and(|number| refusals.contains(&number))
        || matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput)
}

#[cfg(test)]
mod tests {
    use super::super::Inbox;
    use super::{Bound, open};
    use std::net::SocketAddr;
    use std::sync::atomic::Ordering;

    /// Sends 150 bytes as datagrams of 40, and answers what arrives.
    fn arrives(from: &Bound, to: &Bound, together: bool) -> Vec<Vec<u8>> {
        let bytes: Vec<u8> = (0..150).collect();
        from.send_all(to.local(), &bytes, 40).unwrap();
        let mut inbox = Inbox::default();
        let mut datagrams = Vec::new();
        let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while datagrams.len() < 4 && std::time::Instant::now() < end {
            if together {
                inbox.fill(to).unwrap();
            } else {
                inbox.fill_one(to).unwrap();
            }
            while let Some((sender, datagram)) = inbox.take() {
                assert_eq!(sender, from.local());
                datagrams.push(datagram.to_vec());
            }
        }
        datagrams
    }

    fn on(address: &str) -> Option<Bound> {
        open(SocketAddr::new(address.parse().unwrap(), 0), None).ok()
    }

    #[test]
    fn datagrams_arrive_as_they_were_sent_whoever_cuts_them_and_puts_them_together() {
        let expected: Vec<Vec<u8>> = [0..40, 40..80, 80..120, 120..150].map(|range| range.collect()).to_vec();
        for address in ["127.0.0.1", "::1"] {
            for cuts in [true, false] {
                for together in [true, false] {
                    // A machine without IPv6 has nothing to show.
                    let (Some(from), Some(to)) = (on(address), on(address)) else { continue };
                    from.cuts.fetch_and(cuts, Ordering::Relaxed);
                    let to = if together { to.putting_together() } else { to };
                    assert_eq!(arrives(&from, &to, together), expected, "{address} {cuts} {together}");
                }
            }
        }
    }

    #[test]
    fn what_the_kernel_does_not_cut_goes_one_by_one() {
        let (from, to) = (on("127.0.0.1").unwrap(), on("127.0.0.1").unwrap());
        // No datagram may have so many segments on any kernel.
        let bytes = vec![7; 60_000];
        from.send_all(to.local(), &bytes, 8).unwrap();
        assert!(!from.cuts.load(Ordering::Relaxed), "it was refused");
        let mut inbox = Inbox::default();
        assert!(inbox.fill(&to).unwrap());
        assert_eq!(inbox.take().unwrap().1, [7; 8]);
    }
}
