//! What stands at the other end of the link.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use bootproto_core::{Instant, Machine, UdpPath};

/// A datagram that a peer sends: the path as the peer sees it, and the payload.
pub type Reply = (UdpPath, Vec<u8>);

/// One host on the link. Paths are its own: `local` is the peer's end.
pub trait Peer {
    /// The address that unicasts to this peer go to.
    fn address(&self) -> Ipv4Addr;

    /// Whether something listens on `port`; a datagram to another port vanishes.
    fn listens(&self, port: u16) -> bool {
        let _ = port;
        true
    }

    /// Takes a datagram and answers it. Its `path.local` is where it was sent to, a broadcast address perhaps.
    fn receive(&mut self, now: Instant, path: UdpPath, data: &[u8]) -> Vec<Reply>;

    /// When the peer wants to be woken.
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// Time has passed.
    fn handle_timeout(&mut self, now: Instant) -> Vec<Reply> {
        let _ = now;
        Vec::new()
    }
}

/// What becomes of a [`MachinePeer`]'s events.
type Sink<M> = Box<dyn FnMut(&mut M, Instant, &<M as Machine>::Event<'_>)>;

/// A second machine as the peer of the first: a server of ours.
pub struct MachinePeer<M: Machine<Path = UdpPath>> {
    /// The machine.
    pub machine: M,
    address: Ipv4Addr,
    sink: Sink<M>,
}

impl<M: Machine<Path = UdpPath>> MachinePeer<M> {
    /// `machine` at `address`; its events go to `sink`.
    pub fn new(
        machine: M,
        address: Ipv4Addr,
        sink: impl FnMut(&mut M, Instant, &M::Event<'_>) + 'static,
    ) -> Self {
        Self { machine, address, sink: Box::new(sink) }
    }

    fn drain(&mut self, now: Instant) -> Vec<Reply> {
        let mut buffer = vec![0xa5; M::MAX_TRANSMIT];
        let mut replies = Vec::new();
        while let Ok(Some(transmit)) = self.machine.poll_transmit(now, &mut buffer) {
            let mut path = transmit.path;
            if path.local.ip().is_unspecified() {
                path.local = SocketAddr::new(IpAddr::V4(self.address), path.local.port());
            }
            replies.push((path, transmit.bytes.to_vec()));
            assert!(replies.len() < 1000, "L4: a drain does not end");
        }
        replies
    }
}

impl<M: Machine<Path = UdpPath>> Peer for MachinePeer<M> {
    fn address(&self) -> Ipv4Addr {
        self.address
    }

    fn receive(&mut self, now: Instant, path: UdpPath, data: &[u8]) -> Vec<Reply> {
        let event = self.machine.handle_datagram(now, path, data);
        (self.sink)(&mut self.machine, now, &event);
        self.drain(now)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.machine.poll_timeout()
    }

    fn handle_timeout(&mut self, now: Instant) -> Vec<Reply> {
        if let Some(event) = self.machine.handle_timeout(now) {
            (self.sink)(&mut self.machine, now, &event);
        }
        self.drain(now)
    }
}

impl<M: Machine<Path = UdpPath> + fmt::Debug> fmt::Debug for MachinePeer<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MachinePeer").field("machine", &self.machine).finish_non_exhaustive()
    }
}
