//! A network that tells what goes over it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::BorrowedFd;

use bootproto::trace::{Direction, Packet};
use bootproto_core::{Instant, UdpPath};
use bootproto_dhcp::client::Lease;

use super::{Diagnosis, Joined, News};
use crate::Error;
use crate::drive::Network;

/// A datagram that went over it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trace {
    /// Which way.
    pub way: Way,
    /// To whom, or from whom.
    pub peer: SocketAddr,
    /// How many bytes.
    pub bytes: usize,
    /// What it is, in the words of `bootproto::trace`.
    pub what: String,
}

/// Which way a datagram went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// To a peer that the last one did not go to.
    Sent,
    /// The same as before: nobody answered it.
    SentAgain,
    /// From a peer that the last one did not come from.
    Received,
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
        let way = if again { Way::SentAgain } else { Way::Sent };
        if again || !follows || is_broadcast(to) {
            let what = Packet::datagram(now, Direction::Sent, path, bytes).what().to_string();
            (self.tell)(Trace { way, peer: to, bytes: length, what });
        }
        self.sent = Some((to, bytes.to_vec()));
        self.network.send(now, path, bytes)
    }

    fn has_received(&self) -> bool {
        self.network.has_received()
    }

    fn receive(&mut self, now: Instant, buf: &mut [u8]) -> io::Result<Option<(UdpPath, usize)>> {
        let received = self.network.receive(now, buf)?;
        if let Some((path, bytes)) = received {
            let from = path.remote;
            if self.heard.is_none_or(|(last, _)| last != from) {
                let payload = buf.get(..bytes).unwrap_or_default();
                let what = Packet::datagram(now, Direction::Received, path, payload).what().to_string();
                (self.tell)(Trace { way: Way::Received, peer: from, bytes, what });
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

    fn news(&mut self) -> Vec<News> {
        self.network.news()
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
    use super::{Trace, Traced, Way};
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
        for bytes in [&b"\0\x01a\0???"[..], b"two", b"two"] {
            traced.send(now, path, bytes).unwrap();
        }
        let mut buf = [0; 16];
        let (_, from) = peer.recv_from(&mut buf).unwrap();
        peer.send_to(b"\0\x04\0\x07", from).unwrap();
        peer.send_to(b"another", from).unwrap();
        while traced.last_received().is_none_or(|(_, length)| length != 7) {
            traced.receive(now, &mut buf).unwrap();
        }
        let peer = address.into();
        let trace = |way, bytes, what: &str| Trace { way, peer, bytes, what: what.into() };
        let expected = [
            trace(Way::Sent, 7, "TFTP RRQ a, 7 bytes"),
            trace(Way::SentAgain, 3, "UDP, 3 bytes"),
            trace(Way::Received, 4, "TFTP ACK 7"),
        ];
        assert_eq!(told, expected);
    }
}
