//! The verbs over the software transport.

use bootproto_core::{Instant, num};

use super::RawPort;
use super::queue::{Attachment, Events, Fifo, Qp};
use super::transport::{P_KEYS, Transport};
use crate::verbs::{
    Completion, CompletionStatus, Counters, Cq, Hca, Outcome, PortAttributes, PortControl, PortEvent,
    PortState, QpConfig, QpType, RcPath, Send, VerbsError,
};
use crate::{Gid, Lid, Mtu, PKey, Qpn, ServiceLevel};

impl<P: RawPort, const SLOTS: usize> Hca for Transport<P, SLOTS> {
    fn open_port(&mut self) -> Result<(), VerbsError> {
        if !self.is_open {
            self.port.open()?;
            self.is_open = true;
            self.refresh();
        }
        Ok(())
    }

    fn close_port(&mut self) {
        self.port.close();
        self.is_open = false;
        self.qps.fill(None);
        self.cqs.fill(false);
        self.groups.fill(None);
        self.connections.fill(None);
        self.slots.iter_mut().for_each(|slot| slot.owner = None);
        self.done = Fifo::new();
        self.events = Events::new();
        self.refresh();
    }

    fn attributes(&self) -> PortAttributes {
        let (identity, link) = (self.port.identity(), self.port.link());
        PortAttributes {
            number: identity.number,
            state: link.state,
            lid: self.lid,
            lmc: self.lmc,
            sm_lid: self.sm_lid,
            sm_sl: self.sm_sl,
            guid: identity.guid,
            node_guid: identity.node_guid,
            gid_prefix: self.prefix,
            active_mtu: self.mtu,
            max_mtu: identity.max_mtu,
            link_width: link.width,
            link_speed: link.speed,
            p_key_table_length: num::u16_from_usize_saturating(P_KEYS),
        }
    }

    fn p_key(&self, index: u16) -> Option<PKey> {
        self.p_keys.get(usize::from(index)).copied()
    }

    fn create_cq(&mut self, depth: u16) -> Result<Cq, VerbsError> {
        let _ = depth; // All queues share the slots.
        let free = self.cqs.iter().position(|used| !used).ok_or(VerbsError::NoResources)?;
        if let Some(place) = self.cqs.get_mut(free) {
            *place = true;
        }
        Ok(Cq(num::u8_from_usize_saturating(free)))
    }

    fn destroy_cq(&mut self, cq: Cq) -> Result<(), VerbsError> {
        self.has_cq(cq)?;
        let uses = |qp: &Qp| qp.config.send_cq == cq || qp.config.receive_cq == cq;
        if self.qps.iter().flatten().any(uses) {
            return Err(VerbsError::Busy);
        }
        self.done.retain(|(owner, _)| *owner != cq);
        if let Some(place) = self.cqs.get_mut(usize::from(cq.0)) {
            *place = false;
        }
        Ok(())
    }

    fn create_qp(&mut self, config: &QpConfig) -> Result<Qpn, VerbsError> {
        self.has_cq(config.send_cq)?;
        self.has_cq(config.receive_cq)?;
        let free = self.qps.iter().position(Option::is_none).ok_or(VerbsError::NoResources)?;
        let qpn = match config.qp_type {
            QpType::Smi => Qpn::SMI,
            QpType::Gsi => Qpn::GSI,
            QpType::Ud | QpType::Rc => {
                let index = config.p_key_index;
                if self.p_key(index).is_none_or(PKey::is_invalid) {
                    return Err(VerbsError::BadPKeyIndex { index });
                }
                self.unused_qpn()
            }
        };
        if self.qps.iter().flatten().any(|qp| qp.qpn == qpn) {
            return Err(VerbsError::Busy);
        }
        if let Some(place) = self.qps.get_mut(free) {
            *place = Some(Qp { qpn, config: *config, posted: 0 });
        }
        Ok(qpn)
    }

    fn connect(&mut self, qp: Qpn, path: &RcPath) -> Result<(), VerbsError> {
        self.connect_qp(qp, path)
    }

    fn destroy_qp(&mut self, qp: Qpn) -> Result<(), VerbsError> {
        self.qp(qp)?;
        for place in self.qps.iter_mut().filter(|place| place.is_some_and(|it| it.qpn == qp)) {
            *place = None;
        }
        for place in self.groups.iter_mut().filter(|place| place.is_some_and(|it| it.qpn == qp)) {
            *place = None;
        }
        for slot in self.slots.iter_mut().filter(|slot| slot.owner.is_some_and(|(_, owner)| owner == qp)) {
            slot.owner = None;
        }
        self.done.retain(|(_, completion)| completion.qp != qp);
        self.disconnect_qp(qp);
        Ok(())
    }

    fn post_send(&mut self, qp: Qpn, send: &Send<'_>) -> Result<(), VerbsError> {
        let pair = *self.qp(qp)?;
        if self.done.is_full() {
            return Err(VerbsError::QueueFull);
        }
        if pair.config.qp_type == QpType::Rc {
            return self.send_connected(qp, send);
        }
        self.send_datagram(&pair, send)?;
        let outcome = Outcome::Sent { id: send.id };
        self.done.push((pair.config.send_cq, Completion { qp, status: CompletionStatus::Success, outcome }));
        Ok(())
    }

    fn post_receive(&mut self, qp: Qpn, count: u16) -> Result<u16, VerbsError> {
        let pair = self.qp(qp)?;
        let room = pair.config.receive_depth.saturating_sub(pair.posted).min(count);
        pair.posted = pair.posted.saturating_add(room);
        if pair.config.qp_type == QpType::Rc {
            self.post_to_connection(qp, room);
        }
        Ok(room)
    }

    fn poll_cq(&mut self, now: Instant, cq: Cq, buf: &mut [u8]) -> Result<Option<Completion>, VerbsError> {
        self.has_cq(cq)?;
        self.now = self.now.max(now);
        self.time_connections(self.now);
        if let Some((_, completion)) = self.done.take(|(owner, _)| *owner == cq) {
            return Ok(Some(completion));
        }
        self.refresh();
        self.pump()?;
        if let Some((_, completion)) = self.done.take(|(owner, _)| *owner == cq) {
            return Ok(Some(completion));
        }
        let waiting = self.slots.iter_mut().filter(|slot| slot.owner.is_some_and(|(owner, _)| owner == cq));
        let Some(slot) = waiting.min_by_key(|slot| slot.order) else { return Ok(None) };
        let needed = slot.received.length;
        let (Some(to), Some((_, qp))) = (buf.get_mut(..needed), slot.owner) else {
            return Err(VerbsError::BufferTooSmall { needed });
        };
        bootproto_core::copy_into(to, &slot.data);
        slot.owner = None;
        let outcome = Outcome::Received(slot.received);
        Ok(Some(Completion { qp, status: CompletionStatus::Success, outcome }))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.connections_timeout()
    }

    fn attach_multicast(&mut self, qp: Qpn, group: Gid, lid: Lid) -> Result<(), VerbsError> {
        self.qp(qp)?;
        let wanted = Attachment { qpn: qp, group, lid };
        if self.groups.iter().flatten().any(|place| *place == wanted) {
            return Ok(());
        }
        let free = self.groups.iter_mut().find(|place| place.is_none()).ok_or(VerbsError::NoResources)?;
        self.port.set_group(group, lid, true)?;
        *free = Some(wanted);
        Ok(())
    }

    fn detach_multicast(&mut self, qp: Qpn, group: Gid, lid: Lid) -> Result<(), VerbsError> {
        self.qp(qp)?;
        let unwanted = Attachment { qpn: qp, group, lid };
        let mut found = false;
        for place in self.groups.iter_mut().filter(|place| **place == Some(unwanted)) {
            *place = None;
            found = true;
        }
        let still = self.groups.iter().flatten().any(|place| place.group == group);
        if found && !still { self.port.set_group(group, lid, false) } else { Ok(()) }
    }

    fn poll_event(&mut self) -> Option<PortEvent> {
        self.refresh();
        self.events.take(|_| true)
    }
}

impl<P: RawPort, const SLOTS: usize> Transport<P, SLOTS> {
    /// A number that no queue pair has, and that a stranger can't guess.
    fn unused_qpn(&mut self) -> Qpn {
        loop {
            let qpn = Qpn::new(self.rng.next_u32());
            let taken = self.qps.iter().flatten().any(|qp| qp.qpn == qpn);
            if qpn > Qpn::GSI && qpn != Qpn::MULTICAST && !taken {
                return qpn;
            }
        }
    }
}

impl<P: RawPort, const SLOTS: usize> PortControl for Transport<P, SLOTS> {
    fn set_addresses(&mut self, lid: Lid, lmc: u8, prefix: u64, sm_lid: Lid, sm_sl: ServiceLevel) {
        (self.lid, self.lmc, self.prefix) = (lid, lmc & 7, prefix);
        (self.sm_lid, self.sm_sl) = (sm_lid, sm_sl);
        self.port.set_lid(lid, self.lmc);
    }

    fn set_state(&mut self, state: PortState) -> Result<(), VerbsError> {
        let done = self.port.set_state(state);
        self.refresh();
        done
    }

    fn set_link(&mut self, mtu: Mtu, operational_vls: u8) {
        let _ = operational_vls; // Everything goes on lane 0, which is always there.
        self.mtu = mtu;
    }

    fn set_p_keys(&mut self, index: u16, keys: &[PKey]) {
        let places = self.p_keys.iter_mut().skip(usize::from(index));
        places.zip(keys).for_each(|(place, key)| *place = *key);
    }

    fn counters(&self) -> Counters {
        self.counters
    }

    fn raise(&mut self, event: PortEvent) {
        self.events.push(event);
    }
}
