//! One UDP socket with what network boot needs from it.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use socket2::{Domain, Protocol, Socket, Type};

/// How much receive buffer is asked for. Linux grants up to `net.core.rmem_max` and answers what it granted.
const RECEIVE_BUFFER: usize = 4 << 20;

/// A bound, non-blocking UDP socket.
#[derive(Debug)]
pub struct Bound {
    socket: UdpSocket,
    local: SocketAddr,
    receive_buffer: usize,
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
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    let _ = socket.set_send_buffer_size(RECEIVE_BUFFER);
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    // Linux counts its own bookkeeping, and reports twice what is meant for payload.
    let receive_buffer = socket.recv_buffer_size()? / 2;
    let socket = UdpSocket::from(socket);
    let local = socket.local_addr()?;
    Ok(Bound { socket, local, receive_buffer })
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

    /// Sends one datagram. A full queue or an unreachable peer counts as a datagram lost on the way.
    ///
    /// # Errors
    /// What the operating system answers otherwise.
    pub fn send(&self, to: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        match self.socket.send_to(bytes, to) {
            Ok(_) => Ok(()),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock
                | io::ErrorKind::Interrupted
                | io::ErrorKind::ConnectionRefused
                | io::ErrorKind::HostUnreachable => Ok(()),
                _ => Err(error),
            },
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
