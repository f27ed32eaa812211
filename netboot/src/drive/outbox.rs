//! Datagrams that leave together.
//!
//! A window of blocks is many datagrams of one size to one peer, the last perhaps shorter. On Linux the kernel takes
//! them as one buffer and cuts it itself (`UDP_SEGMENT`), see [`Bound::send_all`]; elsewhere, and where the interface
//! or the path does not allow it, they go one by one.

use std::io;
use std::net::SocketAddr;

use bootproto_core::{Instant, Machine, UdpPath};

use super::Bound;

/// The most segments that every kernel takes.
const SEGMENTS: usize = 64;

/// The most bytes: what a datagram of IPv6 may have, less its header.
const BYTES: usize = 65_487;

/// The largest UDP datagram.
const LARGEST: usize = 65_536;

/// Room for datagrams that leave together.
#[derive(Debug)]
pub struct Outbox {
    buf: Vec<u8>,
    /// What is in it.
    to: Option<SocketAddr>,
    length: usize,
    /// How long each datagram but the last is.
    segment: usize,
    /// Whether none may follow: the last one is shorter.
    is_closed: bool,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { buf: vec![0; BYTES + LARGEST], to: None, length: 0, segment: 0, is_closed: false }
    }
}

impl Outbox {
    /// Sends everything that `machine` has to send.
    ///
    /// # Errors
    /// What the operating system answers.
    pub fn drain<M: Machine<Path = UdpPath>>(
        &mut self,
        machine: &mut M,
        bound: &Bound,
        now: Instant,
    ) -> io::Result<()> {
        loop {
            let start = self.length;
            let room = &mut self.buf[start..];
            let base = room.as_ptr().addr();
            // The room holds the largest datagram there is.
            let Ok(Some(transmit)) = machine.poll_transmit(now, room) else { break };
            let (to, length) = (transmit.path.remote, transmit.bytes.len());
            let at = start + (transmit.bytes.as_ptr().addr() - base);
            if !self.takes(to, length) {
                self.send(bound)?;
            }
            if at != self.length {
                self.buf.copy_within(at..at + length, self.length);
            }
            if self.to.is_none() {
                (self.to, self.segment) = (Some(to), length);
            }
            self.is_closed = length < self.segment;
            self.length += length;
        }
        self.send(bound)
    }

    /// Whether one more may leave with those that are here.
    fn takes(&self, to: SocketAddr, length: usize) -> bool {
        let Some(other) = self.to else { return true };
        // An empty datagram leaves nothing to cut.
        let fits = 0 < length && length <= self.segment && self.length + length <= BYTES;
        other == to && !self.is_closed && fits && self.length / self.segment < SEGMENTS
    }

    fn send(&mut self, bound: &Bound) -> io::Result<()> {
        let Some(to) = self.to.take() else { return Ok(()) };
        let length = std::mem::take(&mut self.length);
        self.is_closed = false;
        bound.send_all(to, &self.buf[..length], self.segment)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Inbox, open};
    use super::Outbox;
    use bootproto_core::{BufferTooSmall, Instant, Machine, Transmit, UdpPath};
    use std::collections::VecDeque;
    use std::net::SocketAddr;

    /// Sends datagrams of these lengths to these peers, each byte the datagram's number.
    struct Sender(VecDeque<(SocketAddr, usize)>, u8);

    impl Machine for Sender {
        type Path = UdpPath;
        type Event<'d> = ();
        const MAX_TRANSMIT: usize = 9_000;

        fn handle_datagram(&mut self, _: Instant, _: UdpPath, _: &[u8]) {}

        fn handle_timeout(&mut self, _: Instant) -> Option<()> {
            None
        }

        fn poll_transmit<'b>(
            &mut self,
            _: Instant,
            buf: &'b mut [u8],
        ) -> Result<Option<Transmit<'b, UdpPath>>, BufferTooSmall> {
            let Some((remote, length)) = self.0.pop_front() else { return Ok(None) };
            self.1 = self.1.wrapping_add(1);
            // Not at the start of the room: a machine may write where it likes.
            let bytes = &mut buf[3..3 + length];
            bytes.fill(self.1);
            Ok(Some(Transmit { path: UdpPath { local: remote, remote }, bytes }))
        }

        fn poll_timeout(&self) -> Option<Instant> {
            None
        }
    }

    #[test]
    fn every_datagram_arrives_once_and_in_order_whatever_leaves_together() {
        let any = || open("127.0.0.1:0".parse().unwrap(), None).unwrap();
        let (from, one, other) = (any(), any(), any());
        let (first, second) = (one.local(), other.local());
        let mut plan =
            vec![(first, 20), (first, 1400), (first, 1400), (first, 0), (first, 1400), (first, 700)];
        plan.extend([(second, 1400), (first, 1400), (first, 8_000), (first, 8_000), (first, 1), (second, 5)]);
        plan.extend([(first, 100); 150]);
        let mut sender = Sender(plan.clone().into(), 0);
        Outbox::default().drain(&mut sender, &from, Instant::default()).unwrap();
        for bound in [one.putting_together(), other] {
            let expected = plan.iter().zip(1_u8..).filter(|((to, _), _)| *to == bound.local());
            let mut inbox = Inbox::default();
            for ((_, length), number) in expected {
                let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
                while inbox.is_empty() && std::time::Instant::now() < end {
                    inbox.fill(&bound).unwrap();
                }
                let (sender, bytes) = inbox.take().unwrap();
                assert_eq!((sender, bytes), (from.local(), &vec![number; *length][..]));
            }
            assert!(!inbox.fill(&bound).unwrap(), "and nothing else");
        }
    }
}
