//! An InfiniBand fabric in memory: ports on one switch, or two ports on one cable.
//!
//! What belongs here: moving packets between [`Port`]s by their LRH, and showing them to a test. What does not: a
//! subnet manager; a test gives ports their LIDs itself, or runs a manager over the ports.
//!
//! The switch reads packets on its own bytes, with no code of `ib-verbs-lite`'s packet module: unicast by destination
//! LID, multicast to every port but the sender's, and the permissive LID only where the fabric has two ports.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use bootproto_ib_verbs_lite::packet::Trailer;
use bootproto_ib_verbs_lite::raw::{Identity, Link, RawPort, Transport};
use bootproto_ib_verbs_lite::verbs::{LinkWidth, PortState, VerbsError};
use bootproto_ib_verbs_lite::{Guid, Lid, Mtu};

/// The fabric; clones are handles to the same one.
#[derive(Debug, Clone, Default)]
pub struct Fabric(Rc<RefCell<Switch>>);

#[derive(Debug, Default)]
struct Switch {
    ports: Vec<Attached>,
    log: Vec<Vec<u8>>,
    loss: u32,
    chance: u64,
}

#[derive(Debug)]
struct Attached {
    lid: u16,
    lmc: u8,
    state: PortState,
    queue: VecDeque<Vec<u8>>,
}

/// A port of the fabric: dumb hardware that moves packets with both checksums.
#[derive(Debug, Clone)]
pub struct Port {
    fabric: Fabric,
    index: usize,
    guid: u64,
}

/// The HCA that the software transport makes of a port.
pub type LoopbackHca = Transport<Port>;

impl Fabric {
    /// No ports yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more port, whose link is down.
    pub fn port(&self, guid: u64) -> Port {
        let ports = &mut self.0.borrow_mut().ports;
        ports.push(Attached { lid: 0, lmc: 0, state: PortState::DOWN, queue: VecDeque::new() });
        Port { fabric: self.clone(), index: ports.len() - 1, guid }
    }

    /// One more HCA, not opened yet.
    pub fn hca(&self, guid: u64, seed: u64) -> LoopbackHca {
        Transport::new(self.port(guid), seed)
    }

    /// From now on, of 1000 packets so many are lost, by a fixed sequence of chance.
    pub fn lose(&self, of_thousand: u32) {
        self.0.borrow_mut().loss = of_thousand;
    }

    /// Every packet that was sent so far, lost ones too, from the LRH to the VCRC.
    pub fn sent(&self) -> Vec<Vec<u8>> {
        self.0.borrow().log.clone()
    }

    /// Lets any bytes arrive at port `index`, as if the wire had carried them.
    pub fn inject(&self, index: usize, bytes: &[u8]) {
        self.0.borrow_mut().ports[index].queue.push_back(bytes.to_vec());
    }

    /// Pulls the cable of port `index`, or plugs it in again.
    pub fn set_plugged(&self, index: usize, plugged: bool) {
        let state = if plugged { PortState::INIT } else { PortState::DOWN };
        self.0.borrow_mut().ports[index].state = state;
    }
}

impl Switch {
    fn is_lost(&mut self) -> bool {
        // A linear congruence: what is wanted is a fixed sequence, not good chance.
        self.chance =
            self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.chance >> 33) % 1000).unwrap_or(0) < self.loss
    }

    fn carry(&mut self, from: usize, packet: &[u8]) {
        self.log.push(packet.to_vec());
        if self.is_lost() {
            return;
        }
        let dlid = u16::from_be_bytes([packet[2], packet[3]]);
        let two = self.ports.len() == 2;
        for (index, port) in self.ports.iter_mut().enumerate() {
            let is_up = port.state >= PortState::INIT;
            let matches = match dlid {
                0xffff => two && index != from,
                0xc000.. => index != from,
                _ => port.lid != 0 && port.lid >> port.lmc == dlid >> port.lmc,
            };
            if is_up && matches {
                port.queue.push_back(packet.to_vec());
            }
        }
    }
}

impl RawPort for Port {
    const SEND_TRAILER: Trailer = Trailer::Both;
    const RECEIVE_TRAILER: Trailer = Trailer::Both;
    const CHECKS_IN_SOFTWARE: bool = true;

    fn open(&mut self) -> Result<(), VerbsError> {
        self.fabric.set_plugged(self.index, true);
        Ok(())
    }

    fn close(&mut self) {
        self.fabric.set_plugged(self.index, false);
    }

    fn identity(&self) -> Identity {
        Identity { number: 1, guid: Guid(self.guid + 1), node_guid: Guid(self.guid), max_mtu: Mtu::MTU_4096 }
    }

    fn link(&self) -> Link {
        let state = self.fabric.0.borrow().ports[self.index].state;
        Link { state, width: LinkWidth::X4, speed: 1 }
    }

    fn set_state(&mut self, state: PortState) -> Result<(), VerbsError> {
        let place = &mut self.fabric.0.borrow_mut().ports[self.index].state;
        let allowed = state == PortState::DOWN || (*place >= PortState::INIT && state >= PortState::ARMED);
        if !allowed {
            return Err(VerbsError::BadTransition { from: *place, to: state });
        }
        *place = state;
        Ok(())
    }

    fn set_lid(&mut self, lid: Lid, lmc: u8) {
        let port = &mut self.fabric.0.borrow_mut().ports[self.index];
        (port.lid, port.lmc) = (lid.0, lmc);
    }

    fn send(&mut self, packet: &[u8]) -> Result<(), VerbsError> {
        self.fabric.0.borrow_mut().carry(self.index, packet);
        Ok(())
    }

    fn receive(&mut self, buf: &mut [u8]) -> Result<Option<usize>, VerbsError> {
        let packet = self.fabric.0.borrow_mut().ports[self.index].queue.pop_front();
        Ok(packet.and_then(|packet| {
            buf.get_mut(..packet.len())?.copy_from_slice(&packet);
            Some(packet.len())
        }))
    }
}
