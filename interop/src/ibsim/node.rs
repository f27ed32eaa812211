//! Our own agents and SA client on one port of a [`Fabric`](super::Fabric).

use super::fabric::Agents;
use super::wire::Packet;
use crate::Outcome;
use bootproto_core::Machine;
use bootproto_ib_verbs_lite::mad::attribute::PortInfo;
use bootproto_ib_verbs_lite::verbs::{AddressVector, LinkWidth, PortState};
use bootproto_ib_verbs_lite::{Guid, Lid, Qpn, pma, sa, sma};
use std::time::Instant;

/// The bits of a transaction identifier that a simulator leaves alone.
pub const TID_MASK: u64 = 0x0000_ffff_ffff_ffff;

/// A port with everything that this project has for it.
#[derive(Debug)]
pub struct Node {
    /// Subnet management.
    pub sma: sma::Agent,
    /// Counters.
    pub pma: pma::Agent,
    /// The client of subnet administration.
    pub sa: sa::Client,
    /// What the SMA has told.
    pub told: Vec<sma::Event>,
    /// What the SA client has told, as text.
    pub answers: Vec<String>,
    began: Instant,
}

/// The caller's clock since then.
#[must_use]
pub fn clock(began: Instant) -> bootproto_core::Instant {
    bootproto_core::Instant::from_micros(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX))
}

/// The other end of a packet that has come.
#[must_use]
pub fn sender(packet: &Packet) -> AddressVector {
    AddressVector { lid: Lid(packet.slid), qpn: Qpn::new(packet.sqp), ..AddressVector::default() }
}

/// A packet that goes there.
#[must_use]
pub fn packet_to(path: &AddressVector, own: u16, own_qp: u32, bytes: &[u8]) -> Packet {
    let mut mad = [0; 256];
    mad[..bytes.len()].copy_from_slice(bytes);
    // A directed route has permissive LIDs at both ends.
    let slid = if path.lid == Lid::PERMISSIVE { path.lid.0 } else { own };
    Packet { dlid: path.lid.0, slid, dqp: path.qpn.get(), sqp: own_qp, status: 0, mad }
}

impl Node {
    /// A port whose link is up.
    ///
    /// # Errors
    /// The configuration is wrong.
    pub fn new(config: sma::Config, port_guid: Guid) -> Outcome<Self> {
        let mut sma = sma::Agent::new(config)?;
        sma.link_up(LinkWidth::X4, 4);
        let sa = sa::Client::new(sa::Config::new(port_guid.0).with_tid_mask(TID_MASK))?;
        let (told, answers) = (Vec::new(), Vec::new());
        Ok(Self { sma, pma: pma::Agent::new(1), sa, told, answers, began: Instant::now() })
    }

    /// The caller's clock.
    #[must_use]
    pub fn now(&self) -> bootproto_core::Instant {
        clock(self.began)
    }

    /// Whether it has joined the subnet.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.sma.port_info().port_state == PortState::ACTIVE
    }

    fn changed(&mut self, changes: sma::Changes) {
        let (now, port) = (self.now(), *self.sma.port_info());
        if port.port_state == PortState::DOWN {
            // The other end of the cable is still there.
            self.sma.link_up(LinkWidth::X4, 4);
        }
        if port.port_state == PortState::ACTIVE {
            let port = sa::Port {
                gid: self.sma.gid(),
                lid: port.lid,
                sm_lid: port.master_sm_lid,
                sm_sl: port.master_sm_sl,
                p_key_index: 0,
            };
            if let Err(error) = self.sa.configure(now, port) {
                self.answers.push(error.to_string());
            }
        } else {
            self.sa.suspend();
        }
        if changes.reregister {
            self.sa.reregister(now);
        }
    }
}

impl Agents for Node {
    fn receive(&mut self, packet: &Packet) {
        let (now, path) = (self.now(), sender(packet));
        self.pma.counters.received(packet.mad.len() + 8 + 12 + 8 + 4);
        match packet.mad[1] {
            0x03 => {
                let event = self.sa.handle_datagram(now, path, &packet.mad);
                self.answers.push(format!("{event:?}"));
            }
            0x04 => {
                self.pma.handle_datagram(now, path, &packet.mad);
            }
            _ => {
                let event = self.sma.handle_datagram(now, path, &packet.mad);
                self.told.push(event);
                if let sma::Event::Changed(changes) = event {
                    self.changed(changes);
                }
            }
        }
    }

    fn transmit(&mut self) -> Option<Packet> {
        let (now, lid) = (self.now(), self.lid());
        self.sma.handle_timeout(now);
        if let Some(event) = self.sa.handle_timeout(now) {
            self.answers.push(format!("{event:?}"));
        }
        let mut buffer = [0; 256];
        let sent = if let Ok(Some(sent)) = self.sma.poll_transmit(now, &mut buffer) {
            Some(packet_to(&sent.path, lid, 0, sent.bytes))
        } else if let Ok(Some(sent)) = self.pma.poll_transmit(now, &mut buffer) {
            Some(packet_to(&sent.path, lid, 1, sent.bytes))
        } else if let Ok(Some(sent)) = self.sa.poll_transmit(now, &mut buffer) {
            Some(packet_to(&sent.path, lid, 1, sent.bytes))
        } else {
            None
        };
        if sent.is_some() {
            self.pma.counters.sent(256 + 8 + 12 + 8 + 4);
        }
        sent
    }

    fn lid(&self) -> u16 {
        self.sma.port_info().lid.0
    }

    fn set_is_sm(&mut self, is_sm: bool) {
        self.sma.set_capability(PortInfo::IS_SM, is_sm);
    }
}
