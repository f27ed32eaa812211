//! The fabric: one switch, whose ports are the connections to a socket.
//!
//! Whoever connects (`AF_UNIX`, `SOCK_SEQPACKET`) has plugged a cable in: the link is up, the subnet manager hears of it
//! by a trap, and as long as the connection lives each message on it is one packet, from its LRH to its padded payload
//! without checksums. The switch is an ordinary one to the subnet manager, which gives it a LID, walks through it by
//! directed routes, and fills its forwarding tables; until it has, nothing but management passes. What belongs here: what
//! the IBTA's chapters 14 and 18 say of switches. What does not: anything that a subnet manager or a node does.

mod agent;
mod attributes;
mod directed;

use super::capture::Capture;
use super::wire::{Headers, MULTICAST, PERMISSIVE, Packet, mad, smp};
use crate::Outcome;
use agent::Agent;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use socket2::{Domain, SockAddr, Socket, Type};
use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Ports for cables; the switch itself is port 0.
pub const PORTS: usize = 4;

/// How long a port is asked in vain before it counts as gone, in packets that wait for it.
const BACKLOG: usize = 4096;

/// The running switch. It ends when this is dropped.
#[derive(Debug)]
pub struct Switch {
    address: PathBuf,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Switch {
    /// Starts it at an address, with a file for all that comes in, and what the switch itself says.
    ///
    /// # Errors
    /// The address is taken, or the file can't be written.
    pub fn start(address: &Path, capture: &Path) -> Outcome<Self> {
        let listener = Socket::new(Domain::UNIX, Type::SEQPACKET, None)?;
        listener.bind(&SockAddr::unix(address)?)?;
        listener.listen(8)?;
        let ends = Arc::new(AtomicBool::new(false));
        let mut fabric = Fabric {
            listener,
            ports: std::iter::repeat_with(Port::default).take(PORTS).collect(),
            agent: Agent::new(),
            capture: Capture::create(capture)?,
        };
        let asked = Arc::clone(&ends);
        let thread = std::thread::Builder::new().name("switch".to_owned()).spawn(move || {
            while !asked.load(Ordering::Relaxed) {
                if let Err(error) = fabric.turn() {
                    eprintln!("the switch fails: {error}");
                    return;
                }
            }
        })?;
        Ok(Self { address: address.to_owned(), ends, thread: Some(thread) })
    }

    /// Where to plug in.
    #[must_use]
    pub fn address(&self) -> &Path {
        &self.address
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Plugs a cable into the switch at an address.
///
/// # Errors
/// There is none, or all its ports are taken.
pub fn plug(address: &Path) -> io::Result<Socket> {
    let cable = Socket::new(Domain::UNIX, Type::SEQPACKET, None)?;
    cable.connect(&SockAddr::unix(address)?)?;
    Ok(cable)
}

/// Sends a packet; waits while the other end is busy.
///
/// # Errors
/// The other end is gone.
pub fn put(cable: &Socket, packet: &[u8]) -> io::Result<()> {
    send(cable, packet, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Takes a packet if one is there; 0 bytes once the other end is gone.
///
/// # Errors
/// `WouldBlock`: there is none.
pub fn take(cable: &Socket, buffer: &mut [u8]) -> io::Result<usize> {
    let (received, _) = recv(cable, buffer, RecvFlags::DONTWAIT)?;
    Ok(received)
}

#[derive(Debug, Default)]
struct Port {
    cable: Option<Socket>,
    waiting: VecDeque<Packet>,
}

#[derive(Debug)]
struct Fabric {
    listener: Socket,
    ports: Vec<Port>,
    agent: Agent,
    capture: Capture,
}

impl Fabric {
    /// Waits for something and deals with it.
    fn turn(&mut self) -> Outcome {
        let (plugs, readable) = self.wait()?;
        if plugs {
            self.accept()?;
        }
        let mut buffer = [0; 4200];
        for number in readable {
            while let Some(cable) = &self.ports[number - 1].cable {
                match take(cable, &mut buffer) {
                    Ok(0) => self.unplug(number),
                    Ok(length) => {
                        self.capture.write(number, &buffer[..length])?;
                        self.arrive(number, &buffer[..length])?;
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(_) => self.unplug(number),
                }
            }
        }
        if let Some(trap) = self.agent.trap(Instant::now()) {
            self.say(&trap)?;
        }
        for number in self.agent.bounced() {
            self.unplug(number);
        }
        self.flush();
        Ok(())
    }

    /// Whether somebody plugs in, and the ports with packets.
    fn wait(&self) -> Outcome<(bool, Vec<usize>)> {
        let mut wanted = vec![PollFd::from_borrowed_fd(self.listener.as_fd(), PollFlags::IN)];
        let mut numbers = Vec::new();
        for (number, port) in (1..).zip(&self.ports) {
            if let Some(cable) = &port.cable {
                let out = if port.waiting.is_empty() { PollFlags::empty() } else { PollFlags::OUT };
                wanted.push(PollFd::new(cable, PollFlags::IN | out));
                numbers.push(number);
            }
        }
        match poll(&mut wanted, Some(&Timespec { tv_sec: 0, tv_nsec: 50_000_000 })) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut ready = wanted.iter().map(|wanted| !wanted.revents().difference(PollFlags::OUT).is_empty());
        let plugs = ready.next().unwrap_or(false);
        Ok((plugs, numbers.into_iter().zip(ready).filter_map(|(number, is)| is.then_some(number)).collect()))
    }

    fn accept(&mut self) -> Outcome {
        let (cable, _) = self.listener.accept()?;
        // Where all ports are taken, the connection is closed again: nothing there.
        if let Some(at) = self.ports.iter().position(|port| port.cable.is_none()) {
            self.ports[at].cable = Some(cable);
            self.agent.link(at + 1, true);
        }
        Ok(())
    }

    fn unplug(&mut self, number: usize) {
        self.ports[number - 1] = Port::default();
        self.agent.link(number, false);
    }

    /// A packet came in at a port.
    fn arrive(&mut self, from: usize, packet: &[u8]) -> Outcome {
        let Some(headers) = Headers::of(packet) else { return Ok(()) };
        let is_management = headers.lane == 15 && headers.qpn == 0;
        if !is_management {
            if self.agent.passes_in(from) {
                self.forward(from, packet);
            }
            return Ok(());
        }
        if headers.dlid != PERMISSIVE && headers.dlid != self.agent.lid() {
            self.forward(from, packet);
            return Ok(());
        }
        let Some(mut mad) = mad(packet, &headers) else { return Ok(()) };
        if mad[1] == directed::CLASS {
            let mut ends_here = false;
            let to = directed::step(&mut mad, from, |mad| {
                ends_here = true;
                self.agent.answer(mad, from)
            });
            if let Some(to) = to {
                let next = smp(PERMISSIVE, PERMISSIVE, &mad);
                if ends_here {
                    self.capture.write(to, &next)?;
                }
                self.send(to, next);
            }
        } else if self.agent.answer(&mut mad, from) {
            self.say(&smp(self.agent.lid(), headers.slid, &mad))?;
        }
        Ok(())
    }

    /// Sends a packet of the switch's own.
    fn say(&mut self, packet: &[u8]) -> Outcome {
        self.capture.write(0, packet)?;
        self.forward(0, packet);
        Ok(())
    }

    /// By the tables: to one port, or to those of a group.
    fn forward(&mut self, from: usize, packet: &[u8]) {
        let Some(headers) = Headers::of(packet) else { return };
        let is_management = headers.lane == 15;
        let to = match headers.dlid {
            PERMISSIVE => return,
            MULTICAST.. => self.agent.group(headers.dlid),
            unicast => self.agent.route(unicast).into_iter().collect(),
        };
        for number in to {
            if number != from && self.agent.passes_out(number, is_management) {
                self.send(number, packet.to_vec());
            }
        }
    }

    fn send(&mut self, number: usize, packet: Packet) {
        let Some(port) = number.checked_sub(1).and_then(|at| self.ports.get_mut(at)) else { return };
        if port.cable.is_some() && port.waiting.len() < BACKLOG {
            port.waiting.push_back(packet);
        }
    }

    /// Sends what waits, as far as the other ends take it.
    fn flush(&mut self) {
        for number in 1..=self.ports.len() {
            let port = &mut self.ports[number - 1];
            while let (Some(cable), Some(packet)) = (&port.cable, port.waiting.front()) {
                match send(cable, packet, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
                    Ok(_) => {
                        port.waiting.pop_front();
                    }
                    Err(Errno::AGAIN) => break,
                    // Gone: its end is read as such.
                    Err(_) => port.waiting.clear(),
                }
            }
        }
    }
}

/// How long a trap waits for its answer.
const TRAP_INTERVAL: Duration = Duration::from_millis(500);
