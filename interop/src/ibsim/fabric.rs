//! Our program in the simulator's place: two ports, cable between them, and real programs on the first.

use super::wire::{CONTROL_BYTES, Control, Kind, LOST, PACKET_BYTES, Packet};
use crate::Outcome;
use crate::namespace::Namespace;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

/// Which of the two ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The port that programs under `umad2sim` sit on.
    Manager,
    /// The port under test.
    Node,
}

/// What answers on a port.
pub trait Agents {
    /// Takes a MAD.
    fn receive(&mut self, packet: &Packet);
    /// The next MAD to send, now.
    fn transmit(&mut self) -> Option<Packet>;
    /// The port's LID; 0 before it has one.
    fn lid(&self) -> u16;
    /// Whether a subnet manager lives behind the port.
    fn set_is_sm(&mut self, is_sm: bool);
}

/// A program on the manager's port.
#[derive(Debug)]
struct Client {
    number: u16,
    is_sm: bool,
}

/// The two ports and the programs on the first of them.
#[derive(Debug)]
pub struct Fabric<A> {
    /// The port of the real programs; its SMA is ours too.
    pub manager: A,
    /// The port under test.
    pub node: A,
    /// All that passed, in order: which side it went to.
    pub log: Vec<(Side, Packet)>,
    control: UnixDatagram,
    doors: Vec<UnixDatagram>,
    clients: Vec<Client>,
}

/// Bits 48 to 63 of the TID of what the node asks: no program has this number.
const NODE: u16 = 0xff;

const TID: std::ops::Range<usize> = 8..10;
const PERMISSIVE: u16 = 0xffff;
const SMP: u8 = 0x01;
const DIRECTED: u8 = 0x81;
const PERFORMANCE: u8 = 0x04;
const TRAP_REPRESS: u8 = 0x07;
const SM_INFO: u16 = 0x20;

fn attribute(mad: &[u8; 256]) -> u16 {
    u16::from_be_bytes([mad[16], mad[17]])
}

fn owner(mad: &[u8; 256]) -> u16 {
    u16::from_be_bytes([mad[8], mad[9]])
}

fn is_response(mad: &[u8; 256]) -> bool {
    // The R bit; TrapRepress has none and is none.
    mad[3] & 0x80 != 0
}

impl<A: Agents> Fabric<A> {
    /// Takes the simulator's sockets.
    ///
    /// # Errors
    /// Somebody has them.
    pub fn new(namespace: &Namespace, manager: A, node: A) -> Outcome<Self> {
        let control = super::socket(namespace, "ctl")?;
        let doors: Outcome<_> = (0..10).map(|at| super::socket(namespace, &format!("out{at}"))).collect();
        Ok(Self { manager, node, log: Vec::new(), control, doors: doors?, clients: Vec::new() })
    }

    /// Serves until the condition holds.
    ///
    /// # Errors
    /// It does not within the limit.
    pub fn serve_until(
        &mut self,
        limit: Duration,
        mut condition: impl FnMut(&mut Self) -> bool,
    ) -> Outcome<()> {
        let end = Instant::now() + limit;
        while !condition(self) {
            crate::ensure!(Instant::now() < end, "nothing came of it within {limit:?}");
            self.step()?;
        }
        Ok(())
    }

    /// Serves for a while.
    ///
    /// # Errors
    /// A socket fails.
    pub fn serve_for(&mut self, span: Duration) -> Outcome {
        let end = Instant::now() + span;
        while Instant::now() < end {
            self.step()?;
        }
        Ok(())
    }

    /// Takes what has arrived, after waiting a little for it, and sends what the ports have to send.
    fn step(&mut self) -> Outcome {
        self.flush()?;
        let sockets = std::iter::once(&self.control).chain(&self.doors);
        let mut waits: Vec<_> = sockets.map(|socket| PollFd::new(socket, PollFlags::IN)).collect();
        let tick = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
        poll(&mut waits, Some(&tick))?;
        let ready: Vec<bool> = waits.iter().map(|wait| wait.revents().contains(PollFlags::IN)).collect();
        drop(waits);
        if ready[0] {
            self.take_control()?;
        }
        for number in 0..10_u16 {
            if ready[usize::from(number) + 1] {
                let mut buffer = [0; PACKET_BYTES];
                match self.doors[usize::from(number)].recv(&mut buffer) {
                    Ok(length) => self.route(number, Packet::parse(&buffer[..length])?)?,
                    // The program has ended.
                    Err(_) => self.clients.retain(|client| client.number != number),
                }
            }
        }
        self.flush()
    }

    fn side(&mut self, side: Side) -> &mut A {
        match side {
            Side::Manager => &mut self.manager,
            Side::Node => &mut self.node,
        }
    }

    fn take_control(&mut self) -> Outcome {
        let mut buffer = [0; CONTROL_BYTES];
        let (length, from) = self.control.recv_from(&mut buffer)?;
        let asked = Control::parse(&buffer[..length])?;
        let answer = match asked.kind {
            Kind::CONNECT => self.connect(&asked)?,
            Kind::DISCONNECT => {
                self.clients.retain(|client| u32::from(client.number) != asked.client);
                asked
            }
            Kind::SET_ISSM => {
                let is_sm = asked.word(0) != 0;
                let found = self.clients.iter_mut().find(|client| u32::from(client.number) == asked.client);
                found.ok_or("a stranger says that it is the SM")?.is_sm = is_sm;
                self.manager.set_is_sm(is_sm);
                asked
            }
            Kind::GET_VENDOR => Control::new(asked.client, asked.kind, &[1, 0, 0, 0, 0x34, 0x12, 0, 0, 1]),
            Kind::GET_NODEINFO => self.own(&asked, 0x11, 0)?,
            Kind::GET_PORTINFO => self.own(&asked, 0x15, 1)?,
            Kind::GET_PKEYS => self.own(&asked, 0x16, 0)?,
            _ => Control::new(asked.client, Kind::ERROR, &[]),
        };
        // A program that says goodbye need not wait for the answer.
        let _ = self.control.send_to_addr(&answer.to_bytes(), &from);
        Ok(())
    }

    /// The answer of the manager's own SMA to a local Get: the simulator's answers are read from it too.
    fn own(&mut self, asked: &Control, attribute: u16, modifier: u32) -> Outcome<Control> {
        let mut mad = [0; 256];
        mad[..4].copy_from_slice(&[1, DIRECTED, 1, 1]);
        mad[16..18].copy_from_slice(&attribute.to_be_bytes());
        mad[20..24].copy_from_slice(&modifier.to_be_bytes());
        mad[32..36].fill(0xff);
        let packet = Packet { dlid: PERMISSIVE, slid: PERMISSIVE, dqp: 0, sqp: 0, status: 0, mad };
        self.manager.receive(&packet);
        let answer = self.manager.transmit().ok_or("our own SMA is silent")?;
        Ok(Control::new(asked.client, asked.kind, &answer.mad[64..128]))
    }

    fn connect(&mut self, asked: &Control) -> Outcome<Control> {
        let free = (0..10).find(|number| self.clients.iter().all(|client| client.number != *number));
        let number = free.ok_or("more than ten programs")?;
        let theirs = super::address(&format!("in{}", asked.word(0)))?;
        self.doors[usize::from(number)].connect_addr(&theirs)?;
        self.clients.push(Client { number, is_sm: asked.word(8) != 0 });
        let mut data = asked.data;
        data[0..4].copy_from_slice(&u32::from(number).to_ne_bytes());
        Ok(Control::new(number.into(), Kind::CONNECT, &data))
    }

    /// To a program; one that has ended is forgotten.
    fn deliver(&mut self, number: u16, packet: &Packet) {
        self.log.push((Side::Manager, packet.clone()));
        if self.doors[usize::from(number)].send(&packet.to_bytes()).is_err() {
            self.clients.retain(|client| client.number != number);
        }
    }

    fn manager_program(&self) -> Option<u16> {
        self.clients.iter().find(|client| client.is_sm).map(|client| client.number)
    }

    /// What a program sends.
    fn route(&mut self, number: u16, mut packet: Packet) -> Outcome {
        if packet.slid == 0 {
            packet.slid = self.manager.lid();
        }
        let answers = is_response(&packet.mad);
        if !answers {
            packet.mad[TID].copy_from_slice(&number.to_be_bytes());
        }
        match packet.mad[1] {
            DIRECTED if !answers => self.directed(number, packet),
            SMP | DIRECTED if answers => {
                self.deliver(owner(&packet.mad), &packet);
                Ok(())
            }
            _ => self.by_lid(number, packet),
        }
    }

    /// A directed-route SMP: walked to its end, answered there, and walked back.
    fn directed(&mut self, number: u16, mut packet: Packet) -> Outcome {
        let hops = packet.mad[7];
        let side = match (hops, packet.mad[128 + 1]) {
            (0, _) => Side::Manager,
            (1, 1) => Side::Node,
            _ => {
                packet.status = LOST;
                self.deliver(number, &packet);
                return Ok(());
            }
        };
        if attribute(&packet.mad) == SM_INFO
            && side == Side::Manager
            && let Some(program) = self.manager_program()
        {
            self.deliver(program, &packet);
            return Ok(());
        }
        // The cable: the sender's side has counted the hop.
        packet.mad[6] = hops;
        (packet.dlid, packet.slid) = (PERMISSIVE, PERMISSIVE);
        self.log.push((side, packet.clone()));
        self.side(side).receive(&packet);
        if let Some(mut answer) = self.side(side).transmit() {
            crate::ensure!(answer.mad[6] == hops, "the answer's hop pointer is {}", answer.mad[6]);
            crate::ensure!(answer.mad[4] & 0x80 != 0, "the answer's direction bit is not set");
            answer.mad[6] = 0;
            self.deliver(number, &answer);
        }
        Ok(())
    }

    fn by_lid(&mut self, number: u16, mut packet: Packet) -> Outcome {
        let (manager, node) = (self.manager.lid(), self.node.lid());
        let is_smp = packet.mad[1] == SMP;
        let ours = is_smp && attribute(&packet.mad) != SM_INFO || packet.mad[1] == PERFORMANCE;
        if packet.dlid == node && node != 0 {
            self.log.push((Side::Node, packet.clone()));
            self.node.receive(&packet);
        } else if packet.dlid == manager && (ours || packet.mad[3] == TRAP_REPRESS) {
            self.log.push((Side::Manager, packet.clone()));
            self.manager.receive(&packet);
        } else if packet.dlid == manager && is_response(&packet.mad) {
            self.deliver(owner(&packet.mad), &packet);
        } else if packet.dlid == manager
            && let Some(program) = self.manager_program()
        {
            self.deliver(program, &packet);
        } else {
            packet.status = LOST;
            self.deliver(number, &packet);
        }
        Ok(())
    }

    /// Sends what the two ports have to send.
    fn flush(&mut self) -> Outcome {
        for side in [Side::Manager, Side::Node] {
            while let Some(mut packet) = self.side(side).transmit() {
                if is_response(&packet.mad) {
                    self.deliver(owner(&packet.mad), &packet);
                    continue;
                }
                packet.mad[TID].copy_from_slice(&NODE.to_be_bytes());
                if let Some(program) = self.manager_program().filter(|_| packet.dlid == self.manager.lid()) {
                    self.deliver(program, &packet);
                }
            }
        }
        Ok(())
    }
}
