//! A network that tells what goes over it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::BorrowedFd;

use bootproto_core::{Instant, UdpPath};
use bootproto_dhcp::client::Lease;

use super::{Diagnosis, Joined};
use crate::Error;
use crate::drive::Network;

/// What goes over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trace {
    /// A datagram to a peer that the last one did not go to.
    Sent {
        /// To whom.
        to: SocketAddr,
        /// How many bytes.
        bytes: usize,
    },
    /// The same datagram as before: nobody answered it.
    SentAgain {
        /// To whom.
        to: SocketAddr,
        /// How many bytes.
        bytes: usize,
    },
    /// A datagram from a peer that the last one did not come from.
    Received {
        /// From whom.
        from: SocketAddr,
        /// How many bytes.
        bytes: usize,
    },
}

/// Any network, watched. Of a flow in which every datagram follows the one before, only the first is told.
pub struct Traced<'n, N> {
    network: &'n mut N,
    tell: &'n mut dyn FnMut(Trace),
    sent: Option<(SocketAddr, Vec<u8>)>,
    heard: Option<(SocketAddr, usize)>,
}

impl<'n, N> Traced<'n, N> {
    /// Watches `network`.
    pub fn new(network: &'n mut N, tell: &'n mut dyn FnMut(Trace)) -> Self {
        Self { network, tell, sent: None, heard: None }
    }
}

impl<N: Network> Network for Traced<'_, N> {
    fn send(&mut self, now: Instant, path: UdpPath, bytes: &[u8]) -> io::Result<()> {
        let (to, length) = (path.remote, bytes.len());
        let follows = self.sent.as_ref().is_some_and(|(last, _)| *last == to);
        let again = self.sent.as_ref().is_some_and(|(last, old)| *last == to && old == bytes);
        if again {
            (self.tell)(Trace::SentAgain { to, bytes: length });
        } else if !follows || is_broadcast(to) {
            (self.tell)(Trace::Sent { to, bytes: length });
        }
        self.sent = Some((to, bytes.to_vec()));
        self.network.send(now, path, bytes)
    }

    fn receive(&mut self, now: Instant, buf: &mut [u8]) -> io::Result<Option<(UdpPath, usize)>> {
        let received = self.network.receive(now, buf)?;
        if let Some((path, bytes)) = received {
            let from = path.remote;
            if self.heard.is_none_or(|(last, _)| last != from) {
                (self.tell)(Trace::Received { from, bytes });
            }
            self.heard = Some((from, bytes));
        }
        Ok(received)
    }

    fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        self.network.poll_timeout(now)
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        self.network.fds()
    }
}

impl<N: Joined> Joined for Traced<'_, N> {
    fn configure(&mut self, lease: &Lease) {
        self.network.configure(lease);
    }

    fn unconfigure(&mut self) {
        self.network.unconfigure();
    }

    fn is_in_use(&mut self, address: Ipv4Addr) -> Result<bool, Error> {
        self.network.is_in_use(address)
    }

    fn has_no_route(&self) -> bool {
        self.network.has_no_route()
    }

    fn diagnose(&mut self, peer: Option<Ipv4Addr>) -> Option<Diagnosis> {
        self.network.diagnose(peer)
    }

    fn last_received(&self) -> Option<(SocketAddr, usize)> {
        self.heard
    }
}

fn is_broadcast(to: SocketAddr) -> bool {
    to.ip() == IpAddr::V4(Ipv4Addr::BROADCAST)
}

#[cfg(test)]
mod tests {
    use super::{Trace, Traced};
    use crate::boot::Joined;
    use crate::drive::{Network, Ports};
    use bootproto_core::{Instant, UdpPath};
    use std::net::{SocketAddr, SocketAddrV4, UdpSocket};

    #[test]
    fn repetitions_and_new_peers_are_told_and_a_flow_is_not() {
        let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
        let SocketAddr::V4(address) = peer.local_addr().unwrap() else { panic!("IPv4") };
        let mut ports = Ports::new([127, 0, 0, 1].into());
        let mut told = Vec::new();
        let mut tell = |trace| told.push(trace);
        let mut traced = Traced::new(&mut ports, &mut tell);
        let now = Instant::default();
        let path = UdpPath::from_port(7, SocketAddrV4::new(*address.ip(), address.port()));
        for bytes in [&b"one"[..], b"two", b"two"] {
            traced.send(now, path, bytes).unwrap();
        }
        let mut buf = [0; 16];
        let (_, from) = peer.recv_from(&mut buf).unwrap();
        peer.send_to(b"answer", from).unwrap();
        peer.send_to(b"another", from).unwrap();
        while traced.last_received().is_none_or(|(_, length)| length != 7) {
            traced.receive(now, &mut buf).unwrap();
        }
        let to = address.into();
        let expected = [
            Trace::Sent { to, bytes: 3 },
            Trace::SentAgain { to, bytes: 3 },
            Trace::Received { from: to, bytes: 6 },
        ];
        assert_eq!(told, expected);
    }
}
