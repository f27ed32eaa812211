//! The port and a stack of our own as the network of one machine.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::time::Duration;

use bootproto::net::{SendError, Stack, Storage};
use bootproto_core::{Instant, UdpPath, copy_into};
use bootproto_ib_verbs_lite::ipoib::{self, Interface};
use bootproto_ib_verbs_lite::port::{Config, Device, Event, Port};
use bootproto_ib_verbs_lite::raw::Transport;
use bootproto_ib_verbs_lite::{PKey, verbs::VerbsError};

use super::Cable;
use super::story::news;
use crate::boot::News;
use crate::drive::{Clock, Network, seed, wait};
use crate::{Error, Mistake};

/// How many messages may wait in the transport: four windows of TFTP.
const SLOTS: usize = 64;

/// How long a neighbour is looked for; a third question has gone unanswered then.
const LOOK: Duration = Duration::from_secs(2);

/// One port with one IPoIB interface.
pub struct Wire {
    pub(super) hca: Box<Transport<Cable, SLOTS>>,
    pub(super) port: Box<Port>,
    stack: Stack<'static>,
    pub(super) clock: Clock,
    undelivered: Option<SendError>,
    pub(super) news: Vec<News>,
    /// What kept the interface from coming up last.
    pub(super) trouble: Option<Event>,
}

impl Wire {
    /// Plugs a port with this GUID into the fabric at `path`, with an interface in a partition.
    ///
    /// # Errors
    /// See [`Cable::plug`]; the partition is none.
    pub fn open(path: &Path, guid: [u8; 8], p_key: u16, clock: Clock) -> Result<Self, Error> {
        let cable = Cable::plug(path, guid)?;
        let mut hca = Box::new(Transport::new(cable, seed()));
        let config =
            Config::new(seed()).with_name(b"netboot").with_interface(ipoib::Config::new(PKey(p_key)));
        let port = Port::open(&mut *hca, config, clock.now())
            .map_err(|error| Error::mistake(Mistake::Argument, "the port's settings").because(error))?;
        let mut port = Box::new(port);
        // One stack per run of the program: its few kilobytes live until the end.
        let storage = Box::leak(Box::<Storage<'_>>::default());
        let stack = Stack::ip(&mut Device::new(&mut port, &mut *hca, 0), seed(), clock.now(), storage);
        Ok(Self { hca, port, stack, clock, undelivered: None, news: Vec::new(), trouble: None })
    }

    /// The bytes of IP in one packet, once the interface is up.
    #[must_use]
    pub fn mtu(&self) -> Option<u16> {
        self.port.interface(0).and_then(Interface::mtu).and_then(|mtu| u16::try_from(mtu).ok())
    }

    /// How many bytes of datagrams may wait.
    #[must_use]
    pub fn receive_buffer(&self) -> u32 {
        // Half of it, for frames that are ours to answer come between.
        (SLOTS / 2 * usize::from(self.mtu().unwrap_or(2044))) as u32
    }

    /// Does what is due below IP, and takes note of what happened.
    pub(super) fn service(&mut self, now: Instant) -> io::Result<()> {
        self.port.service(&mut *self.hca, now).map_err(failed)?;
        while let Some(event) = self.port.poll_event() {
            match event {
                Event::Refused { .. }
                | Event::NoPartition { .. }
                | Event::Failed { .. }
                | Event::Verbs(_) => {
                    self.trouble = Some(event);
                }
                Event::Up { .. } => self.trouble = None,
                _ => {}
            }
            self.news.extend(news(event));
        }
        Ok(())
    }

    /// When the port or the stack wants to be looked after.
    fn deadline(&mut self, now: Instant) -> Option<Instant> {
        let port = self.port.poll_timeout(&*self.hca);
        self.stack.poll_timeout(now).into_iter().chain(port).min()
    }

    /// Goes on, without taking datagrams, until `done` says so or the time is up.
    ///
    /// # Errors
    /// The operating system can't wait.
    fn look<T>(
        &mut self,
        limit: Duration,
        mut done: impl FnMut(&mut Interface) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let end = self.clock.now().saturating_add(limit);
        loop {
            let now = self.clock.now();
            while self.stack.receive(&mut Device::new(&mut self.port, &mut *self.hca, 0), now, |_, _| {}) {}
            self.service(now).map_err(|error| Error::network("the fabric", &error))?;
            let found = self.port.interface_mut(0).and_then(&mut done);
            if found.is_some() || now >= end {
                return Ok(found);
            }
            let wake = self.port.poll_timeout(&*self.hca).map_or(end, |at| at.min(end));
            wait([self.hca.port().as_fd()].into_iter(), Some(wake.saturating_since(now)))?;
        }
    }

    /// Whether somebody in the partition has `address` already, by ARP (RFC 5227). It takes 0.6 s if nobody has.
    ///
    /// # Errors
    /// The operating system can't wait.
    pub(crate) fn probe(&mut self, address: Ipv4Addr) -> Result<bool, Error> {
        let now = self.clock.now();
        if let Some(interface) = self.port.interface_mut(0) {
            interface.probe(now, address);
        }
        Ok(self.look(LOOK, Interface::probe_result)?.unwrap_or(false))
    }

    /// Finds who has `address`, or the router towards it, and the way there; `false` if nobody answers.
    ///
    /// # Errors
    /// The operating system can't wait.
    pub(crate) fn find(&mut self, address: Ipv4Addr) -> Result<bool, Error> {
        let now = self.clock.now();
        let hop = self.port.interface_mut(0).and_then(|interface| interface.resolve(now, address).ok());
        let Some(hop) = hop else { return Ok(false) };
        Ok(self.look(LOOK, |interface| interface.way_to(hop.into()))?.is_some())
    }

    /// What happened since this was called last.
    pub(crate) fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    pub(crate) fn undelivered(&self) -> Option<SendError> {
        self.undelivered
    }

    /// Takes an address into use.
    pub(crate) fn configure(&mut self, address: Ipv4Addr, mask: Option<Ipv4Addr>, router: Option<Ipv4Addr>) {
        let prefix = mask.map_or(32, |mask| u32::from(mask).leading_ones());
        let prefix = u8::try_from(prefix).unwrap_or(32);
        self.stack.configure(address, prefix, router);
        if let Some(interface) = self.port.interface_mut(0) {
            interface.configure(address, prefix, router);
        }
    }

    /// The address is no longer ours.
    pub(crate) fn unconfigure(&mut self) {
        self.stack.unconfigure();
        if let Some(interface) = self.port.interface_mut(0) {
            interface.unconfigure();
        }
    }
}

fn failed(error: VerbsError) -> io::Error {
    io::Error::other(error)
}

impl Network for Wire {
    fn send(&mut self, now: Instant, path: UdpPath, bytes: &[u8]) -> io::Result<()> {
        self.undelivered = self.stack.send(path, bytes).err();
        self.stack.transmit(&mut Device::new(&mut self.port, &mut *self.hca, 0), now);
        self.service(now)
    }

    fn receive(&mut self, now: Instant, buf: &mut [u8]) -> io::Result<Option<(UdpPath, usize)>> {
        let mut got = None;
        while got.is_none() {
            let deliver = |path, payload: &[u8]| got = Some((path, copy_into(buf, payload)));
            let mut device = Device::new(&mut self.port, &mut *self.hca, 0);
            if !self.stack.receive(&mut device, now, deliver) {
                break;
            }
        }
        // What a frame has opened the way for, or asked for, leaves now.
        self.stack.transmit(&mut Device::new(&mut self.port, &mut *self.hca, 0), now);
        self.service(now)?;
        Ok(got)
    }

    fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        self.deadline(now)
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        vec![self.hca.port().as_fd()]
    }
}
