//! The state of the software transport, and its sending half.

use bootproto_core::{Instant, Rng};

use super::connected::{BODY, CONNECTIONS, Connected};
use super::queue::{Attachment, Done, Events, Fifo, Qp, Slot};
use super::{Link, RawPort};
use crate::packet::{Bth, Deth, Grh, Lrh, Opcode, Packet, Transport as Headers};
use crate::verbs::{
    AddressVector, Counters, Cq, GlobalRoute, PortEvent, PortState, QpType, Send, VerbsError,
};
use crate::{Gid, Lid, Mtu, PKey, Psn, QKey, Qpn, ServiceLevel};

/// How many partitions the table has room for.
pub(super) const P_KEYS: usize = 32;
/// How many queue pairs there can be, SMI and GSI included.
pub(super) const QPS: usize = 8;
/// How many groups can be attached.
pub(super) const GROUPS: usize = 16;
/// How many completion queues there can be.
pub(super) const CQS: usize = 4;

/// An HCA made of a [`RawPort`].
///
/// `SLOTS` is how many received messages may wait to be polled, 4 KiB each.
#[derive(Debug, Clone)]
pub struct Transport<P, const SLOTS: usize = 16> {
    pub(super) port: P,
    pub(super) rng: Rng,
    pub(super) is_open: bool,
    pub(super) link: Link,
    pub(super) lid: Lid,
    pub(super) lmc: u8,
    pub(super) prefix: u64,
    pub(super) sm_lid: Lid,
    pub(super) sm_sl: ServiceLevel,
    pub(super) mtu: Mtu,
    pub(super) p_keys: [PKey; P_KEYS],
    pub(super) qps: [Option<Qp>; QPS],
    pub(super) cqs: [bool; CQS],
    pub(super) groups: [Option<Attachment>; GROUPS],
    pub(super) slots: [Slot; SLOTS],
    pub(super) order: u64,
    pub(super) done: Fifo<Done, 32>,
    pub(super) events: Events,
    pub(super) counters: Counters,
    pub(super) packet: [u8; Packet::MAX_LENGTH],
    pub(super) connections: [Option<Connected>; CONNECTIONS],
    /// What a connection sends, before its routes.
    pub(super) body: [u8; BODY],
    /// The latest time that the caller told.
    pub(super) now: Instant,
}

impl<P: RawPort, const SLOTS: usize> Transport<P, SLOTS> {
    /// A transport over `port`, which is not opened yet. `seed` makes the numbers of queue pairs: a different one at
    /// every boot keeps packets of the boot before away.
    #[must_use]
    pub fn new(port: P, seed: u64) -> Self {
        let mut p_keys = [PKey(0); P_KEYS];
        // The table of a port that no subnet manager has seen yet (IBTA 10.9.2).
        let [first, ..] = &mut p_keys;
        *first = PKey::DEFAULT;
        let link = port.link();
        Self {
            port,
            rng: Rng::new(seed),
            is_open: false,
            link,
            lid: Lid::NONE,
            lmc: 0,
            prefix: Gid::DEFAULT_PREFIX,
            sm_lid: Lid::NONE,
            sm_sl: ServiceLevel::default(),
            mtu: Mtu::MTU_256,
            p_keys,
            qps: [None; QPS],
            cqs: [false; CQS],
            groups: [None; GROUPS],
            slots: [const { Slot::EMPTY }; SLOTS],
            order: 0,
            done: Fifo::new(),
            events: Events::new(),
            counters: Counters::default(),
            packet: [0; Packet::MAX_LENGTH],
            connections: [const { None }; CONNECTIONS],
            body: [0; BODY],
            now: Instant::from_micros(0),
        }
    }

    /// The hardware.
    pub const fn port(&self) -> &P {
        &self.port
    }

    /// The hardware, for what only its driver knows.
    pub const fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    pub(super) fn qp(&mut self, qpn: Qpn) -> Result<&mut Qp, VerbsError> {
        self.qps.iter_mut().flatten().find(|qp| qp.qpn == qpn).ok_or(VerbsError::NoSuchQp)
    }

    pub(super) fn has_cq(&self, cq: Cq) -> Result<(), VerbsError> {
        let known = self.cqs.get(usize::from(cq.0)).copied().unwrap_or(false);
        if known { Ok(()) } else { Err(VerbsError::NoSuchCq) }
    }

    /// Takes notice of what became of the link.
    pub(super) fn refresh(&mut self) {
        let link = self.port.link();
        if link.state != self.link.state {
            self.events.push(PortEvent::State(link.state));
        }
        self.link = link;
    }

    /// Builds the packet of a datagram and sends it.
    pub(super) fn send_datagram(&mut self, qp: &Qp, send: &Send<'_>) -> Result<(), VerbsError> {
        let to = send.destination.ok_or(VerbsError::NoDestination)?;
        let is_smi = qp.config.qp_type == QpType::Smi;
        let limit = match qp.config.qp_type {
            QpType::Smi | QpType::Gsi => crate::mad::MAD_LENGTH,
            QpType::Ud | QpType::Rc => self.mtu.bytes().map_or(256, usize::from),
        };
        if send.payload.len() > limit {
            return Err(VerbsError::TooLong { length: send.payload.len(), limit });
        }
        self.refresh();
        let state = self.link.state;
        if state < PortState::INIT || (!is_smi && state != PortState::ACTIVE) {
            return Err(VerbsError::PortDown { state });
        }
        let opcode = send.immediate.map_or(Opcode::UD_SEND_ONLY, |_| Opcode::UD_SEND_ONLY_IMMEDIATE);
        let bth = Bth {
            opcode,
            p_key: self.sending_p_key(qp, to)?,
            destination_qp: to.qpn,
            migration: true,
            psn: Psn::new(self.rng.next_u32()),
            ..Bth::default()
        };
        let q_key = if is_smi { QKey(0) } else { to.q_key };
        let deth = Some(Deth { q_key, source_qp: qp.qpn });
        let transport = Headers { bth, deth, immediate: send.immediate, ..Headers::default() };
        let (lrh, grh) = (self.local_route(is_smi, to), to.grh.map(|route| self.global_route(route)));
        self.transmit(&Packet { lrh, grh, transport, payload: send.payload })
    }

    pub(super) fn transmit(&mut self, packet: &Packet<'_>) -> Result<(), VerbsError> {
        let bytes = packet.write(P::SEND_TRAILER, &mut self.packet)?;
        self.port.send(bytes)?;
        self.counters.xmit_packets = self.counters.xmit_packets.saturating_add(1);
        // From the LRH to the ICRC, in units of 4 bytes, as the counters have it.
        let words = bootproto_core::num::u64_from_usize(packet.length(crate::packet::Trailer::Icrc)) / 4;
        self.counters.xmit_words = self.counters.xmit_words.saturating_add(words);
        Ok(())
    }

    fn sending_p_key(&self, qp: &Qp, to: &AddressVector) -> Result<PKey, VerbsError> {
        let index = match qp.config.qp_type {
            QpType::Smi => return Ok(PKey::DEFAULT),
            QpType::Gsi => to.p_key_index,
            QpType::Ud | QpType::Rc => qp.config.p_key_index,
        };
        let key = self.p_keys.get(usize::from(index)).copied().unwrap_or_default();
        if key.is_invalid() { Err(VerbsError::BadPKeyIndex { index }) } else { Ok(key) }
    }

    pub(super) fn local_route(&self, is_smi: bool, to: &AddressVector) -> Lrh {
        let low = 1_u16.checked_shl(self.lmc.into()).unwrap_or(0).saturating_sub(1);
        let slid = if to.lid == Lid::PERMISSIVE {
            to.lid
        } else {
            Lid(self.lid.0 | (u16::from(to.path_bits) & low))
        };
        Lrh { vl: if is_smi { 15 } else { 0 }, sl: to.sl, dlid: to.lid, slid, ..Lrh::default() }
    }

    pub(super) fn global_route(&self, route: GlobalRoute) -> Grh {
        Grh {
            traffic_class: route.traffic_class,
            flow_label: route.flow_label,
            hop_limit: route.hop_limit,
            sgid: Gid::new(self.prefix, self.port.identity().guid),
            dgid: route.destination,
            ..Grh::default()
        }
    }
}
