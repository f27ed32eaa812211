//! A packet socket and a stack of our own as the network of one machine.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, BorrowedFd};

use bootproto::net::{SendError, Stack, Storage};
use bootproto_core::{Instant, UdpPath, copy_into};

use super::Device;
use crate::drive::{Clock, Network, wait};
use crate::{Error, link};

/// One interface with a hardware address of our own.
#[derive(Debug)]
pub struct Wire {
    device: Device,
    stack: Stack<'static>,
    undelivered: Option<SendError>,
    clock: Clock,
    interface: String,
    /// Our address, its mask and the router.
    network: Option<(Ipv4Addr, Option<Ipv4Addr>, Option<Ipv4Addr>)>,
}

impl Wire {
    /// Opens `interface`; `own` is a unicast hardware address.
    ///
    /// # Errors
    /// See [`Device::open`].
    pub fn open(interface: &str, own: [u8; 6], seed: u64, clock: Clock) -> Result<Self, Error> {
        let mut device = Device::open(interface)?;
        // One stack per run of the program: its few kilobytes live until the end.
        let storage = Box::leak(Box::<Storage<'_>>::default());
        let stack = Stack::new(&mut device, own, seed, clock.now(), storage);
        Ok(Self { device, stack, undelivered: None, clock, interface: interface.to_owned(), network: None })
    }

    /// The stack: tell it the address, let it probe.
    pub fn stack(&mut self) -> &mut Stack<'static> {
        &mut self.stack
    }

    /// The device below: MTU and receive buffer.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Why the last datagram that could not be sent could not.
    #[must_use]
    pub fn undelivered(&self) -> Option<SendError> {
        self.undelivered
    }

    /// Whether the interface still has a link.
    #[must_use]
    pub fn has_link(&self) -> bool {
        link::has_link(&self.interface).unwrap_or(false)
    }

    /// To whom a datagram for `peer` goes on this wire: to itself or to the router.
    #[must_use]
    pub fn next_hop(&self, peer: Ipv4Addr) -> Option<Ipv4Addr> {
        let (own, mask, router) = self.network?;
        let mask = u32::from(mask.unwrap_or(Ipv4Addr::BROADCAST));
        let is_near = u32::from(own) & mask == u32::from(peer) & mask;
        if is_near { Some(peer) } else { router }
    }

    /// Whether somebody on the wire has `address` already, by ARP (RFC 5227). It takes 0.6 s if nobody has.
    ///
    /// Datagrams that come meanwhile are lost, as on a wire: whoever waits for an answer asks again.
    ///
    /// # Errors
    /// The operating system can't wait.
    pub fn probe(&mut self, address: Ipv4Addr) -> Result<bool, Error> {
        self.stack.probe(address, self.clock.now());
        loop {
            let now = self.clock.now();
            while self.stack.receive(&mut self.device, now, |_, _| {}) {}
            self.stack.transmit(&mut self.device, now);
            if let Some(verdict) = self.stack.probe_result(now) {
                return Ok(verdict);
            }
            let timeout = self.stack.poll_timeout(now).map(|at| at.saturating_since(now));
            wait([self.device.as_fd()].into_iter(), timeout)?;
        }
    }

    /// Takes an address into use; without a mask the network is the host alone, behind the router if there is one.
    pub fn configure(&mut self, address: Ipv4Addr, mask: Option<Ipv4Addr>, router: Option<Ipv4Addr>) {
        self.network = Some((address, mask, router));
        let prefix = mask.map_or(32, |mask| u32::from(mask).leading_ones());
        self.stack.configure(address, u8::try_from(prefix).unwrap_or(32), router);
    }

    /// The address is no longer ours.
    pub fn unconfigure(&mut self) {
        self.network = None;
        self.stack.unconfigure();
    }
}

impl Network for Wire {
    fn send(&mut self, now: Instant, path: UdpPath, bytes: &[u8]) -> io::Result<()> {
        self.undelivered = self.stack.send(path, bytes).err();
        self.stack.transmit(&mut self.device, now);
        Ok(())
    }

    fn receive(&mut self, now: Instant, buf: &mut [u8]) -> io::Result<Option<(UdpPath, usize)>> {
        let mut got = None;
        while got.is_none() {
            let deliver = |path, payload: &[u8]| got = Some((path, copy_into(buf, payload)));
            if !self.stack.receive(&mut self.device, now, deliver) {
                break;
            }
        }
        // An ARP answer may have opened the way for what waits; probes fall due here as well.
        self.stack.transmit(&mut self.device, now);
        Ok(got)
    }

    fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        self.stack.poll_timeout(now)
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        vec![self.device.as_fd()]
    }
}
