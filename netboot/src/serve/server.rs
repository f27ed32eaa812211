//! The loop over all sockets.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::time::Duration;

use bootproto_core::{Numbered, UdpPath};
use bootproto_tftp::server::{Config as TransferConfig, Receive, Send, refuse};
use bootproto_tftp::wire::{self, Direction, ErrorCode, Mode, OptionName, Request};

use super::dhcp::Dhcp;
use super::slot::{End, Incoming, Slot, Work, error_code};
use super::{Config, Event, Root, Service, Totals};
use crate::drive::{Bound, Clock, Inbox, Outbox, Stop, open, seed, wait};
use crate::error::printable;
use crate::{Error, Trouble};

/// A client that was silent for so long and asks anew from the same port has begun again: ROMs use few ports.
const REBORN: Duration = Duration::from_secs(2);

/// The largest window that is granted. It is the client's to know what it can take; a window costs nothing here, for a
/// lost block is read again.
const WINDOW: u16 = 4096;

/// For how long a transfer must have been silent before its slot may go to a machine that has none.
const CROWDED: Duration = Duration::from_millis(500);

/// A server whose ports are open.
#[derive(Debug)]
pub struct Server {
    config: Config,
    root: Root,
    tftp: Bound,
    dhcp: Option<Dhcp>,
    slots: Vec<Slot>,
    totals: Totals,
    clock: Clock,
    buf: Vec<u8>,
    input: Inbox,
    output: Outbox,
}

impl Server {
    /// Opens the root and all ports.
    ///
    /// # Errors
    /// The root is no directory, a port is taken or not allowed, the DHCP settings contradict each other.
    pub fn bind(config: Config) -> Result<Self, Error> {
        let root = Root::open(&config.root)?;
        let dhcp = Dhcp::bind(&config)?;
        let address = SocketAddr::new(IpAddr::V4(config.listen.address), config.tftp_port);
        let tftp = open(address, None)
            .map_err(|error| Error::open_socket(format!("listening on UDP {address}"), &error))?;
        let (slots, totals) = (Vec::new(), Totals::default());
        Ok(Self {
            config,
            root,
            tftp,
            dhcp,
            slots,
            totals,
            clock: Clock::start(),
            buf: vec![0; 65_536],
            input: Inbox::default(),
            output: Outbox::default(),
        })
    }

    /// The open ports.
    pub fn listening(&self) -> impl Iterator<Item = (Service, SocketAddr)> {
        let dhcp = self.dhcp.iter().flat_map(Dhcp::sockets).map(|(service, bound)| (service, bound.local()));
        dhcp.chain([(Service::Tftp, self.tftp.local())])
    }

    /// How many transfers run.
    #[must_use]
    pub fn running(&self) -> usize {
        self.slots.len()
    }

    /// Serves until `stop` is stopped. `report` hears of everything that happens.
    ///
    /// # Errors
    /// The operating system can't wait for datagrams. Whatever concerns one client ends only that client's transfer.
    pub fn run(&mut self, stop: &Stop, report: &mut dyn FnMut(&Event)) -> Result<(), Error> {
        for (service, address) in self.listening().collect::<Vec<_>>() {
            report(&Event::Listening { service, address });
        }
        while !stop.is_stopped() {
            self.sleep(stop)?;
            if let Some(dhcp) = &mut self.dhcp {
                dhcp.serve(&self.clock, &mut self.buf, report);
            }
            self.requests(report);
            self.transfers(report);
        }
        let now = self.clock.now();
        for mut slot in std::mem::take(&mut self.slots) {
            let end = slot.abort(now, &mut self.output);
            self.count(slot.close(end, now), report);
        }
        report(&Event::Stopped(self.totals));
        Ok(())
    }

    fn sleep(&self, stop: &Stop) -> Result<(), Error> {
        let now = self.clock.now();
        let timeout =
            self.slots.iter().filter_map(Slot::poll_timeout).min().map(|at| at.saturating_since(now));
        let dhcp = self.dhcp.iter().flat_map(Dhcp::sockets).map(|(_, bound)| bound.as_fd());
        let slots = self.slots.iter().map(|slot| slot.bound().as_fd());
        wait([stop.as_fd(), self.tftp.as_fd()].into_iter().chain(dhcp).chain(slots), timeout).map(drop)
    }

    /// Takes new requests; bounded, so that a flood of them does not starve the transfers.
    fn requests(&mut self, report: &mut dyn FnMut(&Event)) {
        for _ in 0..16 {
            let mut buf = std::mem::take(&mut self.buf);
            let received = self.tftp.receive(&mut buf);
            if let Ok(Some((client, length))) = received {
                self.request(client, &buf[..length], report);
            }
            self.buf = buf;
            match received {
                Ok(Some(_)) => {}
                Ok(None) => return,
                Err(error) => return report(&Event::Trouble(Error::network("receiving TFTP", &error))),
            }
        }
    }

    fn request(&mut self, client: SocketAddr, datagram: &[u8], report: &mut dyn FnMut(&Event)) {
        if !is_request(datagram) {
            return;
        }
        if let Some(at) = self.slots.iter().position(|slot| slot.client == client) {
            let now = self.clock.now();
            if self.slots[at].silence(now) < REBORN {
                // The same request again: its answer is under way, or will be sent again.
                return;
            }
            let end = End::Failed { code: Trouble::Replaced.code(), why: Trouble::Replaced.to_string() };
            let slot = self.slots.swap_remove(at);
            self.count(slot.close(end, now), report);
        }
        if Request::parse(datagram).is_ok() {
            self.make_room(client, report);
        }
        let refused = match Request::parse(datagram) {
            Ok(request) => match self.open(client, &request) {
                Ok(slot) => {
                    report(&slot.started());
                    self.slots.push(slot);
                    return;
                }
                Err(trouble) => Event::Refused { client, file: printable(request.file), trouble },
            },
            Err(_) => Event::Refused { client, file: String::new(), trouble: Trouble::BadRequest },
        };
        if let Event::Refused { trouble, .. } = &refused {
            self.refuse(client, *trouble);
        }
        self.count(refused, report);
    }

    /// Where one machine holds more than half of all slots, and they are all in use, a machine that has none gets that
    /// one's most silent: a flood from one place does not keep the others from booting.
    fn make_room(&mut self, client: SocketAddr, report: &mut dyn FnMut(&Event)) {
        let held = |ip: IpAddr| self.slots.iter().filter(|slot| slot.client.ip() == ip).count();
        if self.slots.len() < self.config.max_transfers || held(client.ip()) > 0 {
            return;
        }
        let now = self.clock.now();
        let greedy =
            self.slots.iter().enumerate().filter(|(_, slot)| held(slot.client.ip()) * 2 > self.slots.len());
        let Some((at, _)) = greedy.max_by_key(|(_, slot)| slot.silence(now)) else { return };
        // A transfer that is alive is nobody's to take.
        if self.slots[at].silence(now) < CROWDED {
            return;
        }
        let slot = self.slots.swap_remove(at);
        let end =
            End::Failed { code: Trouble::Busy.code(), why: "its machine held most of the slots".to_owned() };
        self.count(slot.close(end, now), report);
    }

    /// Opens the file and a port for it.
    fn open(&self, client: SocketAddr, request: &Request<'_>) -> Result<Slot, Trouble> {
        if self.slots.len() >= self.config.max_transfers {
            return Err(Trouble::Busy);
        }
        let now = self.clock.now();
        if request.direction == Direction::Write {
            if !self.config.allow_upload {
                return Err(Trouble::ReadOnly);
            }
            let upload = self.root.write(request.file, self.config.overwrite)?;
            let (bound, path) = self.port(client)?;
            let settings = self
                .settings()
                .with_limit(self.config.max_upload)
                .with_max_window_size(window(request, bound.receive_buffer()))
                .with_in_order(request.mode == Mode::Netascii);
            let machine = Receive::new(settings, path, request).map_err(refusal)?;
            let work = Work::Receive(Box::new(Incoming::new(machine, upload, request.mode)));
            return Ok(Slot::new(client, bound, work, request, now));
        }
        let source = self.root.read(request.file)?;
        let (bound, path) = self.port(client)?;
        let machine = Send::new(self.settings(), path, request, source).map_err(refusal)?;
        Ok(Slot::new(client, bound, Work::Send(Box::new(machine)), request, now))
    }

    /// A port of its own for one transfer (RFC 1350 section 4).
    fn port(&self, client: SocketAddr) -> Result<(Bound, UdpPath), Trouble> {
        let bound = open(SocketAddr::new(self.tftp.local().ip(), 0), None).map_err(|_| Trouble::Network)?;
        let bound = bound.putting_together();
        let path = UdpPath { local: bound.local(), remote: client };
        Ok((bound, path))
    }

    fn settings(&self) -> TransferConfig {
        let second = Duration::from_secs(1);
        let settings =
            TransferConfig::new(seed()).with_timeouts(second / 50, 4 * second, self.config.give_up);
        let settings = settings.with_max_window_size(WINDOW);
        // IPv4, UDP and TFTP take 32 bytes; fragments of a larger block are more than many a ROM can put together.
        match self.config.listen.mtu {
            Some(mtu) => settings.with_max_block_size(mtu.saturating_sub(32)),
            None => settings,
        }
    }

    /// Tells the client why there is no transfer, from the port it asked: there is no other.
    fn refuse(&self, client: SocketAddr, trouble: Trouble) {
        let path = UdpPath { local: self.tftp.local(), remote: client };
        let mut buf = [0; 512];
        if let Ok(refusal) = refuse(path, error_code(trouble), trouble.to_string().as_bytes(), &mut buf) {
            // If it is lost the client asks again.
            let _ = self.tftp.send(client, refusal.bytes);
        }
    }

    fn transfers(&mut self, report: &mut dyn FnMut(&Event)) {
        let now = self.clock.now();
        let mut at = 0;
        while at < self.slots.len() {
            match self.slots[at].step(now, &mut self.input, &mut self.output) {
                None => at += 1,
                Some(end) => {
                    let slot = self.slots.swap_remove(at);
                    self.count(slot.close(end, now), report);
                }
            }
        }
    }

    fn count(&mut self, event: Event, report: &mut dyn FnMut(&Event)) {
        match &event {
            Event::Done { bytes, .. } => {
                self.totals.done += 1;
                self.totals.bytes += bytes;
            }
            Event::Failed { .. } => self.totals.failed += 1,
            Event::Refused { .. } => self.totals.refused += 1,
            _ => {}
        }
        report(&event);
    }
}

/// Whether it calls itself a request. Anything else on this port gets no answer: an ERROR must not answer an ERROR.
fn is_request(datagram: &[u8]) -> bool {
    matches!(datagram, [0, 1 | 2, ..])
}

fn refusal(code: ErrorCode) -> Trouble {
    if code == ErrorCode::DISK_FULL { Trouble::TooLarge } else { Trouble::BadRequest }
}

/// The largest window of blocks of the size that the client asks for that fits the receive buffer.
fn window(request: &Request<'_>, receive_buffer: usize) -> u16 {
    let asked =
        request.options.iter().find(|(name, _)| OptionName::from_bytes(name) == Some(OptionName::BlockSize));
    let block = asked.and_then(|(_, value)| wire::decimal(value)).unwrap_or(512).min(65_464);
    // What the system keeps beside each datagram counts too.
    let blocks = receive_buffer as u64 / (block + 1024);
    u16::try_from(blocks.clamp(1, 64)).unwrap_or(64)
}
