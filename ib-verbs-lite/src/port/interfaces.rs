//! Interfaces: their groups, their queue pairs, their frames.

use bootproto_core::{Instant, Machine};
use heapless::Vec;

use super::machine::p_key_index;
use super::management::send;
use super::{Event, Port};
use crate::ipoib::{self, Interface, Request};
use crate::mad::record::McMemberRecord;
use crate::verbs::{PortControl, PortState, QpConfig, QpType, VerbsError};
use crate::{Gid, Lid, PKey, QKey, Qpn, sa};

/// How many frames may arrive between two steps: more than two windows of TFTP.
pub(super) const DEPTH: u16 = 64;

/// How many groups one queue pair is attached to.
const GROUPS: usize = 9;

/// An interface and what it has of the HCA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) interface: Interface,
    pub(super) p_key: PKey,
    pub(super) qp: Option<Qpn>,
    q_key: QKey,
    attached: Vec<(Gid, Lid), GROUPS>,
    /// Whether it was told that the port is not in the partition.
    is_outside: bool,
}

impl Link {
    pub(super) const fn new(interface: Interface, p_key: PKey) -> Self {
        Self { interface, p_key, qp: None, q_key: QKey(0), attached: Vec::new(), is_outside: false }
    }

    /// Makes the queue pair that the group asks for, or keeps the one there is.
    fn open<H: PortControl>(
        &mut self,
        hca: &mut H,
        now: Instant,
        queues: &super::machine::Queues,
        q_key: QKey,
    ) -> Result<(), VerbsError> {
        if let Some(qp) = self.qp.filter(|_| self.q_key != q_key) {
            hca.destroy_qp(qp)?;
            self.attached.clear();
            self.qp = None;
        }
        if self.qp.is_none() {
            let index = p_key_index(hca, self.p_key).ok_or(VerbsError::BadPKeyIndex { index: 0 })?;
            let qp = hca.create_qp(&QpConfig {
                qp_type: QpType::Ud,
                send_cq: queues.sends,
                receive_cq: queues.data,
                send_depth: DEPTH,
                receive_depth: DEPTH,
                q_key,
                p_key_index: index,
            })?;
            hca.post_receive(qp, DEPTH)?;
            (self.qp, self.q_key) = (Some(qp), q_key);
            self.interface.start(now, qp);
        }
        Ok(())
    }

    /// Attaches the queue pair to the groups that are joined, and to no others.
    fn attach<H: PortControl>(&mut self, hca: &mut H) -> Result<(), VerbsError> {
        let Some(qp) = self.qp else { return Ok(()) };
        let wanted: Vec<(Gid, Lid), GROUPS> =
            self.interface.attached().map(|group| (group.gid, group.lid)).take(GROUPS).collect();
        for (group, lid) in self.attached.iter().filter(|known| !wanted.contains(known)) {
            hca.detach_multicast(qp, *group, *lid)?;
        }
        for (group, lid) in wanted.iter().filter(|new| !self.attached.contains(new)) {
            hca.attach_multicast(qp, *group, *lid)?;
        }
        self.attached = wanted;
        Ok(())
    }
}

impl Port {
    /// Passes on what the interfaces want of the SA.
    pub(super) fn serve_interfaces<H: PortControl>(
        &mut self,
        hca: &mut H,
        now: Instant,
    ) -> Result<(), VerbsError> {
        if self.state != PortState::ACTIVE {
            return Ok(());
        }
        for number in 0..self.links.len() {
            if !self.is_in_partition(hca, number) {
                continue;
            }
            while let Some(request) = self.interface_mut(number).and_then(Interface::poll_request) {
                match request {
                    Request::Join { group, full, like } => self.join(now, group, full, like.as_ref()),
                    Request::Path { gid } => self.find_path(now, number, gid),
                }
            }
        }
        Ok(())
    }

    /// Whether the port is in the partition of the interface; tells once if not.
    fn is_in_partition<H: PortControl>(&mut self, hca: &H, number: usize) -> bool {
        let Some(link) = self.links.get_mut(number) else { return false };
        let is_inside = p_key_index(hca, link.p_key).is_some();
        let (p_key, was_outside) = (link.p_key, core::mem::replace(&mut link.is_outside, !is_inside));
        if !is_inside && !was_outside {
            self.tell(Event::NoPartition { interface: number, p_key });
        }
        is_inside
    }

    fn join(&mut self, now: Instant, mgid: Gid, full: bool, like: Option<&ipoib::Group>) {
        let join_state =
            if full { McMemberRecord::FULL_MEMBER } else { McMemberRecord::SEND_ONLY_NON_MEMBER };
        let create = like.map(|group| McMemberRecord { join_state, ..group.record() });
        if self.sa.join(now, sa::Join { mgid, join_state, create }).is_err() {
            self.links.iter_mut().for_each(|link| link.interface.refused(now, mgid));
        } else if let Some(record) = self.sa.membership(mgid).copied() {
            // It was a member all the time, and no event says so.
            let limit = self.sma.port_info().mtu_cap;
            for link in &mut self.links {
                let _ = link.interface.joined(now, &record, limit);
            }
        }
    }

    fn find_path(&mut self, now: Instant, number: usize, gid: Gid) {
        let Some(p_key) = self.links.get(number).map(|link| link.p_key) else { return };
        if let Some(path) = self.sa.path(gid, Some(p_key)).copied() {
            self.links.iter_mut().for_each(|link| link.interface.path(now, gid, &path));
        } else if self.sa.ask(now, sa::Question::Path { dgid: gid, p_key: Some(p_key) }).is_err() {
            self.lose_path(now, gid);
        }
    }

    pub(super) fn lose_path(&mut self, now: Instant, gid: Gid) {
        for number in 0..self.links.len() {
            let lost = self.interface_mut(number).and_then(|interface| interface.no_path(now, gid));
            if let Some(failure) = lost {
                self.tell(Event::Failed { interface: number, failure });
            }
        }
    }

    /// The SA let us into a group.
    pub(super) fn on_joined<H: PortControl>(
        &mut self,
        hca: &mut H,
        now: Instant,
        record: &McMemberRecord,
    ) -> Result<(), VerbsError> {
        let limit = hca.attributes().max_mtu;
        let queues = self.queues;
        for number in 0..self.links.len() {
            let Some(link) = self.links.get_mut(number) else { continue };
            if let Err(failure) = link.interface.joined(now, record, limit) {
                self.tell(Event::Failed { interface: number, failure });
                continue;
            }
            let Some(group) = link.interface.group().copied() else { continue };
            let is_broadcast = record.mgid == link.interface.broadcast_gid();
            let opened = link.open(hca, now, &queues, group.q_key).and_then(|()| link.attach(hca));
            let event = match (opened, link.qp) {
                (Err(error), _) => Event::Verbs(error),
                (Ok(()), Some(qpn)) if is_broadcast => Event::Up {
                    interface: number,
                    group: group.gid,
                    lid: group.lid,
                    q_key: group.q_key,
                    mtu: group.mtu,
                    qpn,
                },
                (Ok(()), _) => Event::Joined { interface: number, group: record.mgid, lid: record.mlid },
            };
            self.tell(event);
        }
        Ok(())
    }

    pub(super) fn age_interfaces(&mut self, now: Instant) {
        for number in 0..self.links.len() {
            while let Some(ipoib::Event::Failed(failure)) =
                self.interface_mut(number).and_then(|interface| interface.handle_timeout(now))
            {
                self.tell(Event::Failed { interface: number, failure });
            }
        }
    }

    /// Sends the interfaces' frames.
    pub(super) fn send_frames<H: PortControl>(
        &mut self,
        hca: &mut H,
        now: Instant,
    ) -> Result<(), VerbsError> {
        let mut buf = [0; super::machine::MESSAGE];
        for link in &mut self.links {
            let Some(qp) = link.qp else { continue };
            while let Ok(Some(out)) = link.interface.poll_transmit(now, &mut buf) {
                send(hca, &self.queues, qp, &out.path, out.bytes)?;
            }
        }
        Ok(())
    }
}
