//! What carries a machine's datagrams: sockets of the operating system, or frames with a stack of our own.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use bootproto_core::{Instant, UdpPath};

use super::Ports;

/// Sends and receives the datagrams of one machine.
pub trait Network {
    /// Sends a datagram; one that can't be sent just now may be dropped, for machines send again.
    ///
    /// # Errors
    /// What the operating system answers.
    fn send(&mut self, now: Instant, path: UdpPath, bytes: &[u8]) -> io::Result<()>;

    /// The next datagram that waits: its path and how many bytes of `buf` it takes.
    ///
    /// # Errors
    /// What the operating system answers.
    fn receive(&mut self, now: Instant, buf: &mut [u8]) -> io::Result<Option<(UdpPath, usize)>>;

    /// Whether a datagram has been taken from the operating system that [`receive`](Self::receive) has not answered yet.
    fn has_received(&self) -> bool {
        false
    }

    /// When the network itself wants to be looked after.
    fn poll_timeout(&mut self, now: Instant) -> Option<Instant>;

    /// What to wait on until something arrives.
    fn fds(&self) -> Vec<BorrowedFd<'_>>;
}

impl Network for Ports {
    fn send(&mut self, _: Instant, path: UdpPath, bytes: &[u8]) -> io::Result<()> {
        Self::send(self, path, bytes)
    }

    fn receive(&mut self, _: Instant, buf: &mut [u8]) -> io::Result<Option<(UdpPath, usize)>> {
        Self::receive(self, buf)
    }

    fn has_received(&self) -> bool {
        Self::has_received(self)
    }

    fn poll_timeout(&mut self, _: Instant) -> Option<Instant> {
        None
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        self.sockets().map(AsFd::as_fd).collect()
    }
}
