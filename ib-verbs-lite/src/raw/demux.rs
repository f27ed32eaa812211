//! The receiving half: from a packet to the queue pair that it is for.

use super::queue::Qp;
use super::transport::Transport;
use super::{RawPort, queue::Slot};
use crate::packet::{Bth, Grh, Lrh, Opcode, Packet};
use crate::verbs::{GlobalRoute, PortState, QpType, Received, VerbsError};
use crate::{Gid, Lid, PKey, QKey, Qpn};

/// How many packets one poll takes from the hardware at most.
const BATCH: usize = 32;

/// The bytes of a packet that passed all checks, and where its payload is in them.
struct Accepted {
    qpn: Qpn,
    received: Received,
    payload: core::ops::Range<usize>,
}

impl<P: RawPort, const SLOTS: usize> Transport<P, SLOTS> {
    /// Takes packets from the hardware as long as there is a slot for them.
    pub(super) fn pump(&mut self) -> Result<(), VerbsError> {
        for _ in 0..BATCH {
            let Some(slot) = self.free_slot() else { break };
            let Some(length) = self.port.receive(&mut self.packet)? else { break };
            if length > self.packet.len() {
                return Err(VerbsError::Device);
            }
            if let Some(accepted) = self.judge(length, slot) {
                self.keep(slot, &accepted);
            }
        }
        Ok(())
    }

    /// An empty slot in which nothing is being put together.
    fn free_slot(&self) -> Option<usize> {
        let mut slots = self.slots.iter().enumerate();
        slots
            .find(|(index, slot)| slot.owner.is_none() && !self.is_assembling(*index))
            .map(|(index, _)| index)
    }

    fn keep(&mut self, slot: usize, accepted: &Accepted) {
        let Some(qp) = self.qps.iter_mut().flatten().find(|qp| qp.qpn == accepted.qpn) else { return };
        let Some(posted) = qp.posted.checked_sub(1) else {
            let dropped = &mut self.counters.no_buffer;
            *dropped = dropped.saturating_add(1);
            if qp.config.qp_type == QpType::Smi {
                self.counters.vl15_dropped = self.counters.vl15_dropped.saturating_add(1);
            }
            return;
        };
        qp.posted = posted;
        let owner = Some((qp.config.receive_cq, qp.qpn));
        self.order = self.order.saturating_add(1);
        if let (Some(slot), Some(payload)) =
            (self.slots.get_mut(slot), self.packet.get(accepted.payload.clone()))
        {
            let Slot { data, .. } = slot;
            bootproto_core::copy_into(data, payload);
            (slot.owner, slot.order, slot.received) = (owner, self.order, accepted.received);
        }
    }

    /// Reads the packet in the buffer; `None` for one that is nobody's, which has then been counted.
    fn judge(&mut self, length: usize, free: usize) -> Option<Accepted> {
        let bytes = self.packet.get(..length).unwrap_or_default();
        let parsed = Packet::parse(bytes, P::RECEIVE_TRAILER);
        let good = !P::CHECKS_IN_SOFTWARE || Packet::check(bytes, P::RECEIVE_TRAILER);
        let Some(packet) = parsed.ok().filter(|_| good) else {
            self.counters.rcv_errors = self.counters.rcv_errors.saturating_add(1);
            return None;
        };
        let counters = &mut self.counters;
        counters.rcv_packets = counters.rcv_packets.saturating_add(1);
        counters.rcv_words = counters.rcv_words.saturating_add(packet.lrh.length.into());
        let (lrh, grh, headers, length) = (packet.lrh, packet.grh, packet.transport, packet.payload.len());
        let start = packet.payload_offset();
        let payload = start..start.saturating_add(length);
        let qpn = self.receiver(&lrh, grh.as_ref(), &headers.bth)?;
        let qp = self.qps.iter().flatten().find(|qp| qp.qpn == qpn).copied()?;
        if qp.config.qp_type == QpType::Rc {
            let begin = start.saturating_sub(headers.length(0));
            let end = payload.end.saturating_add(headers.bth.pad_count.into());
            self.take_connected(qpn, &lrh, begin..end, free);
            return None;
        }
        let deth = headers.deth?;
        if !matches!(headers.bth.opcode, Opcode::UD_SEND_ONLY | Opcode::UD_SEND_ONLY_IMMEDIATE) {
            return None;
        }
        if length > self.limit(&qp) {
            self.counters.rcv_errors = self.counters.rcv_errors.saturating_add(1);
            return None;
        }
        let p_key_index = self.admit(&qp, headers.bth.p_key)?;
        if !self.opens(&qp, deth.q_key) {
            return None;
        }
        let received = Received {
            length,
            source_lid: lrh.slid,
            destination_lid: lrh.dlid,
            source_qpn: deth.source_qp,
            sl: lrh.sl,
            p_key: headers.bth.p_key,
            p_key_index,
            grh: grh.map(seen),
            immediate: headers.immediate,
        };
        Some(Accepted { qpn, received, payload })
    }

    fn limit(&self, qp: &Qp) -> usize {
        match qp.config.qp_type {
            QpType::Smi | QpType::Gsi => crate::mad::MAD_LENGTH,
            QpType::Ud | QpType::Rc => self.port.identity().max_mtu.bytes().map_or(256, usize::from),
        }
    }

    /// The queue pair that a packet is for, by its routes; the keys are judged later.
    fn receiver(&self, lrh: &Lrh, grh: Option<&Grh>, bth: &Bth) -> Option<Qpn> {
        let is_smi = bth.destination_qp == Qpn::SMI;
        // Lane 15 is for subnet management alone, and nothing else passes before the port is armed (IBTA 7.6.3, 7.2.3).
        if (lrh.vl == 15) != is_smi || (!is_smi && self.link.state < PortState::ARMED) {
            return None;
        }
        if lrh.dlid.is_multicast() {
            let group = grh?.dgid;
            let is_wanted = bth.destination_qp == Qpn::MULTICAST;
            let mut attached = self.groups.iter().flatten();
            return attached
                .find(|place| is_wanted && place.group == group && place.lid == lrh.dlid)
                .map(|place| place.qpn);
        }
        if lrh.dlid == Lid::PERMISSIVE {
            return is_smi.then_some(Qpn::SMI);
        }
        let low = 1_u16.checked_shl(self.lmc.into()).unwrap_or(0).saturating_sub(1);
        let is_ours = self.lid.is_unicast() && lrh.dlid.0 & !low == self.lid.0 & !low;
        (is_ours && grh.is_none_or(|grh| self.is_own_gid(grh.dgid))).then_some(bth.destination_qp)
    }

    fn is_own_gid(&self, gid: Gid) -> bool {
        let guid = self.port.identity().guid;
        gid == Gid::new(self.prefix, guid) || gid == Gid::new(Gid::DEFAULT_PREFIX, guid)
    }

    /// The place of the partition table that lets the packet in.
    fn admit(&mut self, qp: &Qp, p_key: PKey) -> Option<u16> {
        let found = match qp.config.qp_type {
            QpType::Smi => return Some(0),
            QpType::Gsi => self.p_keys.iter().position(|own| own.admits(p_key)),
            QpType::Ud | QpType::Rc => {
                let index = usize::from(qp.config.p_key_index);
                self.p_keys.get(index).filter(|own| own.admits(p_key)).map(|_| index)
            }
        };
        if found.is_none() {
            self.counters.p_key_violations = self.counters.p_key_violations.saturating_add(1);
        }
        found.and_then(|index| u16::try_from(index).ok())
    }

    fn opens(&mut self, qp: &Qp, q_key: QKey) -> bool {
        let opens = match qp.config.qp_type {
            QpType::Smi => true,
            QpType::Gsi => q_key == QKey::GSI,
            QpType::Ud | QpType::Rc => q_key == qp.config.q_key,
        };
        if !opens {
            self.counters.q_key_violations = self.counters.q_key_violations.saturating_add(1);
        }
        opens
    }
}

const fn seen(grh: Grh) -> GlobalRoute {
    GlobalRoute {
        destination: grh.dgid,
        source: grh.sgid,
        flow_label: grh.flow_label,
        hop_limit: grh.hop_limit,
        traffic_class: grh.traffic_class,
    }
}
