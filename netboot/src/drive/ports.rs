//! The local ports of a machine, each an operating system's socket.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bootproto_core::UdpPath;

use super::Inbox;
use super::socket::{Bound, open};

/// Maps the local ports a machine names to sockets.
///
/// A socket is opened when the machine first sends from its port, on the same port if that is free and allowed, on
/// any other if not: what the machine calls its port then stays an inner name.
#[derive(Debug)]
pub struct Ports {
    address: IpAddr,
    interface: Option<String>,
    broadcast: Vec<IpAddr>,
    open: Vec<(u16, Bound)>,
    /// Which of them was looked at last; what has arrived there is in `inbox`.
    next: usize,
    inbox: Inbox,
}

impl Ports {
    /// Sockets on `address`; unspecified means any.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        Self {
            address,
            interface: None,
            broadcast: Vec::new(),
            open: Vec::new(),
            next: 0,
            inbox: Inbox::default(),
        }
    }

    /// The same, on one interface alone.
    #[must_use]
    pub fn on_interface(mut self, name: &str) -> Self {
        self.interface = Some(name.to_owned());
        self
    }

    /// The same, where a datagram to 255.255.255.255 goes to each of these: loopback has no broadcast.
    #[must_use]
    pub fn broadcast_to(mut self, addresses: &[IpAddr]) -> Self {
        self.broadcast = addresses.to_vec();
        self
    }

    /// The socket behind a port of the machine, opened if it is not yet.
    ///
    /// # Errors
    /// What the operating system answers.
    pub fn port(&mut self, port: u16) -> io::Result<&Bound> {
        if let Some(at) = self.open.iter().position(|(machine, _)| *machine == port) {
            return Ok(&self.open[at].1);
        }
        let interface = self.interface.as_deref();
        let bound = match open(SocketAddr::new(self.address, port), interface) {
            Err(error)
                if matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied) =>
            {
                open(SocketAddr::new(self.address, 0), interface)?
            }
            result => result?,
        };
        self.open.push((port, bound.putting_together()));
        Ok(&self.open[self.open.len() - 1].1)
    }

    /// Opens a socket on any port, and answers the port and how many bytes may wait in it.
    ///
    /// # Errors
    /// What the operating system answers.
    pub fn ephemeral(&mut self) -> io::Result<(u16, usize)> {
        let bound = open(SocketAddr::new(self.address, 0), self.interface.as_deref())?;
        let (port, buffer) = (bound.local().port(), bound.receive_buffer());
        self.open.push((port, bound.putting_together()));
        Ok((port, buffer))
    }

    /// Sends from a port of the machine.
    ///
    /// # Errors
    /// What the operating system answers.
    pub fn send(&mut self, path: UdpPath, bytes: &[u8]) -> io::Result<()> {
        let broadcast = path.remote.ip() == IpAddr::V4(Ipv4Addr::BROADCAST) && !self.broadcast.is_empty();
        let targets = if broadcast { self.broadcast.clone() } else { vec![path.remote.ip()] };
        let bound = self.port(path.local.port())?;
        for target in targets {
            bound.send(SocketAddr::new(target, path.remote.port()), bytes)?;
        }
        Ok(())
    }

    /// The next datagram that waits on any port, and its path as the machine names it.
    ///
    /// # Errors
    /// What the operating system answers.
    pub fn receive(&mut self, buf: &mut [u8]) -> io::Result<Option<(UdpPath, usize)>> {
        // In turn, so that a busy port does not starve the others.
        for _ in 0..=self.open.len() {
            if let Some((remote, bytes)) = self.inbox.take() {
                let (port, bound) = &self.open[self.next];
                let local = SocketAddr::new(bound.local().ip(), *port);
                return Ok(Some((UdpPath { local, remote }, bootproto_core::copy_into(buf, bytes))));
            }
            let Some(next) = (self.next + 1).checked_rem(self.open.len()) else { break };
            self.next = next;
            self.inbox.fill(&self.open[next].1)?;
        }
        Ok(None)
    }

    /// Whether a datagram has been taken from the operating system that [`receive`](Self::receive) has not answered yet.
    #[must_use]
    pub fn has_received(&self) -> bool {
        !self.inbox.is_empty()
    }

    /// The sockets, to wait on.
    pub fn sockets(&self) -> impl Iterator<Item = &Bound> {
        self.open.iter().map(|(_, bound)| bound)
    }

    /// Joins a multicast group on a port of its own.
    ///
    /// # Errors
    /// What the operating system answers.
    pub fn join(&mut self, group: Ipv4Addr, port: u16) -> io::Result<()> {
        // Bound to the group itself, so that unicast to this port is not taken for the group's.
        let bound = open(SocketAddr::new(IpAddr::V4(group), port), self.interface.as_deref())?;
        bound.join(group)?;
        self.open.push((port, bound.putting_together()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Ports;
    use bootproto_core::UdpPath;
    use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};

    #[test]
    fn a_taken_port_is_replaced_and_keeps_its_inner_name() {
        let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let mut ports = Ports::new(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let real = ports.port(port).unwrap().local();
        assert_ne!(real.port(), port);
        taken.send_to(b"hello", real).unwrap();
        let mut buf = [0; 16];
        let (path, length) = ports.receive(&mut buf).unwrap().unwrap();
        assert_eq!((path.local.port(), &buf[..length]), (port, &b"hello"[..]));
    }

    #[test]
    fn a_broadcast_reaches_every_stand_in() {
        let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
        let SocketAddr::V4(address) = peer.local_addr().unwrap() else { panic!("IPv4") };
        let mut ports =
            Ports::new(IpAddr::V4(Ipv4Addr::LOCALHOST)).broadcast_to(&[IpAddr::V4(*address.ip())]);
        let everyone = SocketAddrV4::new(Ipv4Addr::BROADCAST, address.port());
        ports.send(UdpPath::from_port(0, everyone), b"discover").unwrap();
        let mut buf = [0; 16];
        assert_eq!(peer.recv(&mut buf).unwrap(), 8);
    }
}
