//! UDP sockets behind `embedded-nal` 0.9.
//!
//! What is needed is `UdpFullStack`: a TFTP server answers from another port than the one that was asked, and a socket
//! that is connected (`UdpClientStack` alone) does not hear it.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bootproto_core::{Instant, UdpPath};
use embedded_nal::{UdpFullStack, nb};

use super::Network;

/// The local ports of a machine, each a socket of the stack.
///
/// A socket is bound when the machine first sends from its port. `N` are open at most, and the one that was silent for
/// longest is closed for a new one: one is enough for a download or for DHCP, the boot client takes 3 (DHCP, the
/// present file, the end of the last one).
///
/// A stack that has an address can fetch files. To get its address by DHCP it must send from `0.0.0.0` to the broadcast
/// address, and take what comes to port 68 without an address of its own; where it can't, do DHCP with the stack's own
/// means, or give the machines raw frames (feature `smoltcp`).
#[derive(Debug)]
pub struct Sockets<S: UdpFullStack, const N: usize> {
    stack: S,
    /// The port and its socket, the latest that sent first.
    open: heapless::Vec<(u16, S::UdpSocket), N>,
}

impl<S: UdpFullStack, const N: usize> Sockets<S, N> {
    /// No socket yet. `&mut` of a stack is a stack too.
    #[must_use]
    pub const fn new(stack: S) -> Self {
        const { assert!(N > 0, "no datagram leaves without a socket") }
        Self { stack, open: heapless::Vec::new() }
    }

    /// The stack, to be configured with a lease for instance.
    pub const fn stack(&mut self) -> &mut S {
        &mut self.stack
    }

    /// Closes all sockets, and gives the stack back.
    ///
    /// # Errors
    /// The first error of the stack; all sockets were tried.
    pub fn close(mut self) -> Result<S, S::Error> {
        let mut result = Ok(());
        while let Some((_, socket)) = self.open.pop() {
            let closed = self.stack.close(socket);
            result = result.and(closed);
        }
        result.map(|()| self.stack)
    }

    /// Makes the socket of `port` the first.
    fn select(&mut self, port: u16) -> Result<(), S::Error> {
        if let Some(at) = self.open.iter().position(|(open, _)| *open == port) {
            if let Some(until) = self.open.get_mut(..=at) {
                until.rotate_right(1);
            }
            return Ok(());
        }
        if self.open.is_full()
            && let Some((_, oldest)) = self.open.pop()
        {
            self.stack.close(oldest)?;
        }
        let mut socket = self.stack.socket()?;
        if let Err(error) = self.stack.bind(&mut socket, port) {
            // What failed first is what counts.
            let _ = self.stack.close(socket);
            return Err(error);
        }
        // There is room: one was taken away.
        let _ = self.open.insert(0, (port, socket));
        Ok(())
    }
}

impl<S: UdpFullStack, const N: usize> Network for Sockets<S, N> {
    type Error = S::Error;

    fn send(&mut self, _: Instant, path: UdpPath, bytes: &[u8]) -> Result<(), S::Error> {
        self.select(path.local.port())?;
        let Some((_, socket)) = self.open.first_mut() else { return Ok(()) };
        match self.stack.send_to(socket, path.remote, bytes) {
            // The queue is full: lost on the way.
            Ok(()) | Err(nb::Error::WouldBlock) => Ok(()),
            Err(nb::Error::Other(error)) => Err(error),
        }
    }

    fn receive(&mut self, _: Instant, buf: &mut [u8]) -> Result<Option<(UdpPath, usize)>, S::Error> {
        for (port, socket) in &mut self.open {
            match self.stack.receive(socket, buf) {
                Ok((length, remote)) => {
                    // A socket for both families names an IPv4 peer as an IPv6 one (RFC 4291 section 2.5.5.2).
                    let remote = SocketAddr::new(remote.ip().to_canonical(), remote.port());
                    let local = SocketAddr::new(unspecified_like(remote.ip()), *port);
                    return Ok(Some((UdpPath { local, remote }, length)));
                }
                Err(nb::Error::WouldBlock) => {}
                Err(nb::Error::Other(error)) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// No particular address of ours, for the stack does not tell it.
const fn unspecified_like(remote: IpAddr) -> IpAddr {
    match remote {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}
