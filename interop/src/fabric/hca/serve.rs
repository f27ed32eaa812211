//! The card at work: QEMU's requests, the driver's packets and the fabric's, one after another in one thread.

use super::super::proxy::{Link as Proxy, Request};
use super::super::switch;
use super::config::{BAR, Config};
use super::registers::{
    ERROR_CLEAR, ERROR_LINK, ERROR_STATUS, EXT_CONTROL, EXT_STATUS, HARDWARE_ERROR, INT_CLEAR, INT_ERROR,
    INT_MASK, INT_RECEIVED, INT_SENT, INT_STATUS, LINK_CONTROL, LINK_STATUS, Registers, SEND_CONTROL, USER,
};
use super::{Card, Link, Sockets};
use crate::Outcome;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::ErrorKind;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

/// How often the send buffers are looked at while packets flow, and otherwise.
const BUSY: i64 = 50_000;
const QUIET: i64 = 2_000_000;
/// How long after a packet more are expected.
const FLOW: Duration = Duration::from_millis(20);
/// How long a link trains.
const TRAINING: Duration = Duration::from_millis(20);

/// Is the card until QEMU ends.
///
/// # Errors
/// QEMU says something that it never does.
pub(crate) fn serve(guid: [u8; 8], sockets: Sockets) -> Outcome {
    let mut proxy = Proxy::new(sockets.proxy);
    let mut card = Card::new(guid, sockets.qtest, sockets.fabric)?;
    let mut flows = Instant::now();
    loop {
        let now = Instant::now();
        let pause = if now.saturating_duration_since(flows) < FLOW { BUSY } else { QUIET };
        let (asked, arrived) = card.wait(&proxy, pause)?;
        if asked {
            let Some(request) = proxy.request()? else { return Ok(()) };
            if let Some(answer) = card.handle(request) {
                proxy.answer(answer)?;
            }
        }
        let now = Instant::now();
        if (arrived && card.receive()) | card.transmit(now) {
            flows = now;
        }
        card.train(now);
        let high = card.status & card.registers.get(INT_MASK) != 0;
        if card.interrupt.set(card.config.line(), high).is_err() {
            // QEMU is on its way out: the proxy's socket says so next.
            card.link = Link::Down;
        }
    }
}

impl Card {
    /// Waits for QEMU, the fabric or the end of the pause.
    fn wait(&self, proxy: &Proxy, pause: i64) -> Outcome<(bool, bool)> {
        let mut wanted = vec![PollFd::from_borrowed_fd(proxy.as_fd(), PollFlags::IN)];
        let cable = self.cable.as_ref().filter(|_| self.queue.has_room(&self.registers));
        if let Some(cable) = cable {
            wanted.push(PollFd::new(cable, PollFlags::IN));
        }
        let pause = Timespec { tv_sec: 0, tv_nsec: pause };
        match poll(&mut wanted, Some(&pause)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready = |at: usize| wanted.get(at).is_some_and(|wanted| !wanted.revents().is_empty());
        Ok((ready(0), ready(1)))
    }

    fn handle(&mut self, request: Request) -> Option<u64> {
        match request {
            Request::Memory(memory) => {
                self.memory = memory;
                self.send.place(&self.memory, self.config.bar(), &mut self.registers);
                return None;
            }
            Request::Nothing => return None,
            Request::ConfigRead(address, length) => return Some(self.config.read(address, length)),
            Request::ConfigWrite(address, value, length) => {
                self.config.write(address, value, length);
                self.send.place(&self.memory, self.config.bar(), &mut self.registers);
            }
            Request::Read(address, length) => return Some(self.read(address & (BAR - 1), length)),
            Request::Write(address, value, length) => self.write(address & (BAR - 1), value, length),
            Request::Reset => {
                self.config = Config::new();
                self.registers = Registers::new();
                self.queue = Default::default();
                (self.status, self.errors) = (0, 0);
                self.set_link(Link::Down);
                self.train = None;
            }
        }
        Some(0)
    }

    fn read(&self, address: u64, length: usize) -> u64 {
        let register = address & !7;
        let (clock, data) = self.eeprom.lines();
        let value = match register {
            INT_STATUS => self.status & self.registers.get(INT_MASK),
            ERROR_STATUS => self.errors,
            HARDWARE_ERROR => 0,
            LINK_STATUS => match self.link {
                Link::Down => 0x02,
                // Trained; transmitter ready, with credit.
                Link::Init => 0x11 | 3 << 30,
                Link::Armed => 0x21 | 3 << 30,
                Link::Active => 0x31 | 3 << 30,
            },
            // The built-in memory test is over; the EEPROM's lines.
            EXT_STATUS => 1 << 14 | u64::from(clock) << 48 | u64::from(data) << 49,
            _ if register == USER => self.queue.tails().0,
            _ if register == USER + 16 => self.queue.tails().1,
            _ => self.registers.get(register),
        };
        if address & 4 != 0 && length == 4 { value >> 32 } else { value }
    }

    fn write(&mut self, address: u64, value: u64, length: usize) {
        let register = address & !7;
        let value = match address & 4 != 0 && length == 4 {
            true => self.registers.get(register) & 0xffff_ffff | value << 32,
            false => value,
        };
        self.registers.set(register, value);
        match register {
            INT_CLEAR => self.status &= !value,
            ERROR_CLEAR => self.errors &= !value,
            // Open drain: a line that is an output is low.
            EXT_CONTROL => self.eeprom.drive(value >> 48 & 1 == 0, value >> 49 & 1 == 0),
            SEND_CONTROL => {
                if value >> 31 & 1 == 1 {
                    self.send.clear(&self.memory, usize::try_from(value & 0x7f).unwrap_or(0));
                }
                if value & 2 != 0 {
                    self.send.tell(&self.memory, &self.registers);
                }
            }
            INT_MASK if value != 0 && self.link == Link::Down => {
                self.train = Some(Instant::now() + TRAINING);
            }
            LINK_CONTROL => self.control_link(value),
            _ if register == USER + 8 && self.queue.is_behind(&self.registers) => {
                self.status |= INT_RECEIVED;
            }
            _ => {}
        }
    }

    /// The driver's commands: a state of the link (down, armed, active), or of its training (disable, poll, sleep).
    fn control_link(&mut self, value: u64) {
        let (command, training) = (value >> 18 & 3, value >> 16 & 3);
        match command {
            1 => self.set_link(Link::Down),
            2 => self.set_link(Link::Armed),
            3 => self.set_link(Link::Active),
            _ => {}
        }
        match training {
            1 => {
                self.set_link(Link::Down);
                self.train = None;
            }
            2 if self.link == Link::Down => self.train = Some(Instant::now() + TRAINING),
            _ => {}
        }
    }

    fn set_link(&mut self, to: Link) {
        if to == Link::Down {
            self.cable = None;
        } else if self.cable.is_none() {
            return;
        }
        if to != self.link {
            self.link = to;
            self.errors |= ERROR_LINK;
            self.status |= INT_ERROR;
        }
    }

    /// Tries to find somebody at the other end, when it is time.
    fn train(&mut self, now: Instant) {
        if self.link != Link::Down || self.train.is_none_or(|at| now < at) {
            return;
        }
        match switch::plug(&self.fabric) {
            Ok(cable) => {
                self.cable = Some(cable);
                self.train = None;
                self.set_link(Link::Init);
            }
            Err(_) => self.train = Some(now + TRAINING),
        }
    }

    /// Takes what the fabric has. Whether it was anything.
    fn receive(&mut self) -> bool {
        let mut any = false;
        let mut buffer = [0; 4200];
        while self.queue.has_room(&self.registers)
            && let Some(cable) = &self.cable
        {
            match switch::take(cable, &mut buffer) {
                Ok(length @ 1..) => {
                    if self.queue.put(&self.memory, &self.registers, &buffer[..length]) {
                        self.status |= INT_RECEIVED;
                        any = true;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Ok(0) | Err(_) => {
                    // Unplugged. The chip polls again by itself.
                    self.set_link(Link::Down);
                    self.train = Some(Instant::now() + TRAINING);
                }
            }
        }
        any
    }

    /// Sends what the driver has written. Whether it was anything.
    fn transmit(&mut self, now: Instant) -> bool {
        let packets = self.send.take(&self.memory, &self.registers, now);
        for packet in &packets {
            if let Some(cable) = &self.cable {
                // The fabric takes everything: it waits only while it is behind.
                let _ = switch::put(cable, packet);
            }
        }
        if !packets.is_empty() && self.registers.get(SEND_CONTROL) & 4 != 0 {
            self.status |= INT_SENT;
        }
        !packets.is_empty()
    }
}
