//! Queue pairs of type RC: a software connection each, and the slots that their messages are put together in.

use bootproto_core::{Instant, Machine as _, Reader};

use super::RawPort;
use super::transport::Transport;
use crate::Qpn;
use crate::packet::{Lrh, Packet, Transport as Headers};
use crate::rc::{Connection, Event};
use crate::verbs::{Completion, CompletionStatus, Outcome, QpType, RcPath, Received, Send, VerbsError};

/// How many connections there can be.
pub(super) const CONNECTIONS: usize = 2;
/// The longest packet of a connection, from the BTH on.
pub(super) const BODY: usize = Headers::MAX_LENGTH + Packet::MAX_PAYLOAD;

/// A connected queue pair.
#[derive(Debug, Clone)]
pub(super) struct Connected {
    pub(super) qpn: Qpn,
    path: RcPath,
    connection: Connection<4096>,
    /// The caller's number of the message that is under way.
    sending: Option<u64>,
    /// The slot in which a message is put together.
    slot: Option<usize>,
}

impl<P: RawPort, const SLOTS: usize> Transport<P, SLOTS> {
    pub(super) fn connect_qp(&mut self, qpn: Qpn, path: &RcPath) -> Result<(), VerbsError> {
        let qp = *self.qp(qpn)?;
        if qp.config.qp_type != QpType::Rc {
            return Err(VerbsError::Unsupported);
        }
        let p_key = self.p_keys.get(usize::from(qp.config.p_key_index)).copied().unwrap_or_default();
        self.disconnect_qp(qpn);
        let free =
            self.connections.iter_mut().find(|place| place.is_none()).ok_or(VerbsError::NoResources)?;
        let mut connection = Connection::new(crate::rc::Config::new(qpn, p_key, path));
        connection.post_receive(qp.posted);
        *free = Some(Connected { qpn, path: *path, connection, sending: None, slot: None });
        Ok(())
    }

    /// Forgets a connection, and frees the slot of an unfinished message.
    pub(super) fn disconnect_qp(&mut self, qpn: Qpn) {
        for place in &mut self.connections {
            if place.as_ref().is_some_and(|one| one.qpn == qpn) {
                *place = None;
            }
        }
    }

    pub(super) fn post_to_connection(&mut self, qpn: Qpn, count: u16) {
        if let Some(one) = self.connections.iter_mut().flatten().find(|one| one.qpn == qpn) {
            one.connection.post_receive(count);
        }
    }

    pub(super) fn send_connected(&mut self, qpn: Qpn, send: &Send<'_>) -> Result<(), VerbsError> {
        if send.destination.is_some() {
            return Err(VerbsError::NoDestination);
        }
        let found = self.connections.iter_mut().flatten().find(|one| one.qpn == qpn);
        let one = found.ok_or(VerbsError::NotConnected)?;
        one.connection.send(send.id, send.payload, send.immediate)?;
        one.sending = Some(send.id);
        self.drain_connections(self.now);
        Ok(())
    }

    /// Whether a message is being put together in this slot.
    pub(super) fn is_assembling(&self, slot: usize) -> bool {
        self.connections.iter().flatten().any(|one| one.slot == Some(slot))
    }

    /// Takes a packet of `length` bytes that is for a connection, from the BTH at `start` on; `free` is an empty slot.
    pub(super) fn take_connected(&mut self, qpn: Qpn, lrh: &Lrh, body: core::ops::Range<usize>, free: usize) {
        let now = self.now;
        let Self { connections, packet, slots, .. } = self;
        let Some(one) = connections.iter_mut().flatten().find(|one| one.qpn == qpn) else { return };
        if lrh.slid != one.path.destination.lid {
            return;
        }
        let bytes = packet.get(body).unwrap_or_default();
        match one.connection.handle_datagram(now, (), bytes) {
            Event::Data { offset, bytes, immediate, last } => {
                let index = *one.slot.get_or_insert(free);
                let Some(slot) = slots.get_mut(index) else { return };
                if let Some(place) = slot.data.get_mut(offset..) {
                    bootproto_core::copy_into(place, bytes);
                }
                if last {
                    one.slot = None;
                    let length = offset.saturating_add(bytes.len());
                    let source_lid = lrh.slid;
                    slot.received = Received {
                        length,
                        source_lid,
                        destination_lid: lrh.dlid,
                        immediate,
                        ..Received::default()
                    };
                    self.deliver(qpn, index);
                }
            }
            Event::Sent { id } => {
                one.sending = None;
                self.complete(qpn, id, CompletionStatus::Success);
            }
            Event::Failed(failure) => self.fail(qpn, failure.into()),
            Event::Progress | Event::Again | Event::NoBuffer | Event::Lost { .. } | Event::Ignored(_) => {}
        }
        self.drain_connections(now);
    }

    fn deliver(&mut self, qpn: Qpn, index: usize) {
        self.order = self.order.saturating_add(1);
        let order = self.order;
        let Ok(qp) = self.qp(qpn) else { return };
        qp.posted = qp.posted.saturating_sub(1);
        let owner = Some((qp.config.receive_cq, qpn));
        if let Some(slot) = self.slots.get_mut(index) {
            (slot.owner, slot.order) = (owner, order);
        }
    }

    fn complete(&mut self, qpn: Qpn, id: u64, status: CompletionStatus) {
        let Ok(qp) = self.qp(qpn) else { return };
        let cq = qp.config.send_cq;
        self.done.push((cq, Completion { qp: qpn, status, outcome: Outcome::Sent { id } }));
    }

    /// The connection is dead: what was under way is lost.
    fn fail(&mut self, qpn: Qpn, status: CompletionStatus) {
        let found = self.connections.iter_mut().flatten().find(|one| one.qpn == qpn);
        let Some(one) = found else { return };
        one.slot = None;
        if let Some(id) = one.sending.take() {
            self.complete(qpn, id, status);
        }
    }

    /// Lets time pass for all connections.
    pub(super) fn time_connections(&mut self, now: Instant) {
        for index in 0..CONNECTIONS {
            let Some(Some(one)) = self.connections.get_mut(index) else { continue };
            let qpn = one.qpn;
            if let Some(Event::Failed(failure)) = one.connection.handle_timeout(now) {
                self.fail(qpn, failure.into());
            }
        }
        self.drain_connections(now);
    }

    pub(super) fn connections_timeout(&self) -> Option<Instant> {
        self.connections.iter().flatten().filter_map(|one| one.connection.poll_timeout()).min()
    }

    /// Sends what waits. A packet that the hardware has no room for counts as lost, and is sent again later.
    fn drain_connections(&mut self, now: Instant) {
        for index in 0..CONNECTIONS {
            loop {
                let Self { connections, body, .. } = self;
                let Some(Some(one)) = connections.get_mut(index) else { break };
                let to = one.path.destination;
                let Ok(Some(transmit)) = one.connection.poll_transmit(now, body) else { break };
                let length = transmit.bytes.len();
                let _ = self.ship(length, &to);
            }
        }
    }

    /// Puts routes before the first `length` bytes of `body`, and sends them.
    fn ship(&mut self, length: usize, to: &crate::verbs::AddressVector) -> Result<(), VerbsError> {
        let (lrh, grh) = (self.local_route(false, to), to.grh.map(|route| self.global_route(route)));
        let body = self.body;
        let mut reader = Reader::new(body.get(..length).unwrap_or_default());
        let (transport, length) = Headers::parse(&mut reader).map_err(|_| VerbsError::Device)?;
        let payload = reader.take(length).map_err(|_| VerbsError::Device)?;
        self.transmit(&Packet { lrh, grh, transport, payload })
    }
}
