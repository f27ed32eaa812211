//! MADs: to the agent, to the SA client, and out.

use bootproto_core::{Instant, Machine, copy_into};

use super::machine::p_key_index;
use super::{Event, Port};
use crate::mad::{Header, MAD_LENGTH, MgmtClass};
use crate::verbs::{AddressVector, Outcome, PortControl, PortState, Received, Send, VerbsError};
use crate::{PKey, QKey, Qpn, pma, sa, sma};

/// How many MADs are taken at a time.
const BATCH: usize = 32;

/// Where a message came from, as a path to answer on.
pub(super) const fn origin(received: &Received) -> AddressVector {
    AddressVector {
        lid: received.source_lid,
        qpn: received.source_qpn,
        q_key: QKey::GSI,
        sl: received.sl,
        rate: crate::Rate(0),
        path_bits: 0,
        p_key_index: received.p_key_index,
        grh: received.grh,
    }
}

impl Port {
    /// Takes notice of the link, and tells the agent.
    pub(super) fn look_at_link<H: PortControl>(&mut self, hca: &mut H, now: Instant) {
        let port = hca.attributes();
        if port.state == PortState::DOWN && self.sma.port_info().port_state != PortState::DOWN {
            self.sma.link_down();
            self.sa.suspend();
        } else if port.state >= PortState::INIT && self.sma.port_info().port_state == PortState::DOWN {
            self.sma.link_up(port.link_width, port.link_speed);
        }
        if port.state != self.state {
            self.state = port.state;
            self.tell(Event::Link(port.state));
            if port.state == PortState::ACTIVE {
                self.configure_sa(hca, now);
            }
        }
    }

    /// The port is active, or an address of it is another: the SA is asked from here on.
    fn configure_sa<H: PortControl>(&mut self, hca: &mut H, now: Instant) {
        let port = hca.attributes();
        if port.state != PortState::ACTIVE {
            return;
        }
        let from = sa::Port {
            gid: port.gid(),
            lid: port.lid,
            sm_lid: port.sm_lid,
            sm_sl: port.sm_sl,
            p_key_index: p_key_index(hca, PKey::DEFAULT).unwrap_or(0),
        };
        // Without a subnet manager's address there is nobody to ask; the next change brings it.
        if self.sa.configure(now, from).is_ok() && self.lids != (port.lid, port.sm_lid) {
            self.lids = (port.lid, port.sm_lid);
            self.tell(Event::Addresses { lid: port.lid, sm_lid: port.sm_lid, gid: port.gid() });
            self.links.iter_mut().for_each(|link| link.interface.rejoin(now, port.gid()));
        }
    }

    /// Takes the MADs that have arrived.
    pub(super) fn take_mads<H: PortControl>(&mut self, hca: &mut H, now: Instant) -> Result<(), VerbsError> {
        for _ in 0..BATCH {
            let Some(completion) = hca.poll_cq(now, self.queues.management, &mut self.message)? else {
                return Ok(());
            };
            let Outcome::Received(received) = completion.outcome else { continue };
            hca.post_receive(completion.qp, 1)?;
            let mut mad = [0; MAD_LENGTH];
            let length = copy_into(&mut mad, self.message.get(..received.length).unwrap_or_default());
            let mad = mad.get(..length).unwrap_or_default();
            let path = origin(&received);
            if completion.qp == Qpn::SMI {
                let event = self.sma.handle_datagram(now, path, mad);
                self.on_agent(hca, now, event);
                // The answer leaves before the next question is taken.
                self.send_mads(hca, now)?;
            } else if Header::parse(mad).is_ok_and(|header| header.class == MgmtClass::PERF) {
                let now_counted = hca.counters();
                self.pma.counters.add(&core::mem::replace(&mut self.counted, now_counted), &now_counted);
                if let pma::Event::Ignored(why) = self.pma.handle_datagram(now, path, mad) {
                    self.tell(Event::IgnoredMad(why));
                }
                self.send_mads(hca, now)?;
            } else {
                let event = self.sa.handle_datagram(now, path, mad);
                let followed = Followed::of(event);
                self.on_sa(hca, now, followed)?;
            }
        }
        Ok(())
    }

    /// What an SMP changed becomes the hardware's state.
    fn on_agent<H: PortControl>(&mut self, hca: &mut H, now: Instant, event: sma::Event) {
        let changes = match event {
            sma::Event::Changed(changes) => changes,
            sma::Event::Ignored(why) => return self.tell(Event::IgnoredMad(why)),
            sma::Event::Answered
            | sma::Event::TrapAcknowledged
            | sma::Event::LeaseExpired
            | sma::Event::MKeyViolation { .. } => return,
        };
        let info = *self.sma.port_info();
        if changes.addresses || changes.subnet_manager {
            hca.set_addresses(info.lid, info.lmc, info.gid_prefix, info.master_sm_lid, info.master_sm_sl);
        }
        if changes.link {
            hca.set_link(info.neighbor_mtu, info.operational_vls);
        }
        if changes.p_keys {
            hca.set_p_keys(0, self.sma.p_keys());
        }
        if changes.state
            && let Err(error) = hca.set_state(info.port_state)
        {
            self.tell(Event::Verbs(error));
        }
        self.look_at_link(hca, now);
        self.configure_sa(hca, now);
        if changes.reregister {
            self.tell(Event::Reregister);
            self.sa.reregister(now);
            let gid = hca.attributes().gid();
            self.links.iter_mut().for_each(|link| link.interface.rejoin(now, gid));
        }
    }

    /// What the SA said.
    fn on_sa<H: PortControl>(
        &mut self,
        hca: &mut H,
        now: Instant,
        event: Followed,
    ) -> Result<(), VerbsError> {
        match event {
            Followed::Joined(record) => self.on_joined(hca, now, &record),
            Followed::Path(path) => {
                self.tell(Event::Path { gid: path.dgid, lid: path.dlid });
                self.links.iter_mut().for_each(|link| link.interface.path(now, path.dgid, &path));
                Ok(())
            }
            Followed::Failed { subject: sa::Subject::Join { mgid }, failure } => {
                self.tell(Event::Refused { group: mgid, failure });
                self.links.iter_mut().for_each(|link| link.interface.refused(now, mgid));
                Ok(())
            }
            Followed::Failed { subject: sa::Subject::Question(sa::Question::Path { dgid, .. }), failure } => {
                self.tell(Event::NoPath { gid: dgid, failure });
                self.lose_path(now, dgid);
                Ok(())
            }
            Followed::Failed { .. } | Followed::Nothing => Ok(()),
            Followed::Ignored(why) => {
                self.tell(Event::IgnoredMad(why));
                Ok(())
            }
        }
    }

    /// Timers of everybody.
    pub(super) fn pass_time<H: PortControl>(&mut self, hca: &mut H, now: Instant) -> Result<(), VerbsError> {
        if let Some(event) = self.sma.handle_timeout(now) {
            self.on_agent(hca, now, event);
        }
        while let Some(event) =
            self.sa.poll_timeout().filter(|at| *at <= now).and_then(|_| self.sa.handle_timeout(now))
        {
            let followed = Followed::of(event);
            self.on_sa(hca, now, followed)?;
        }
        self.age_interfaces(now);
        Ok(())
    }

    /// Sends the agent's answers and traps, and the SA client's questions.
    pub(super) fn send_mads<H: PortControl>(&mut self, hca: &mut H, now: Instant) -> Result<(), VerbsError> {
        let mut buf = [0; MAD_LENGTH];
        while let Ok(Some(out)) = self.sma.poll_transmit(now, &mut buf) {
            send(hca, &self.queues, Qpn::SMI, &out.path, out.bytes)?;
        }
        while let Ok(Some(out)) = self.pma.poll_transmit(now, &mut buf) {
            send(hca, &self.queues, Qpn::GSI, &out.path, out.bytes)?;
        }
        while let Ok(Some(out)) = self.sa.poll_transmit(now, &mut buf) {
            send(hca, &self.queues, Qpn::GSI, &out.path, out.bytes)?;
        }
        Ok(())
    }
}

/// The events of the SA client that something follows from.
enum Followed {
    Nothing,
    Joined(crate::mad::record::McMemberRecord),
    Path(crate::mad::record::PathRecord),
    Failed { subject: sa::Subject, failure: crate::Failure },
    Ignored(crate::Ignored),
}

impl Followed {
    #[expect(clippy::wildcard_enum_match_arm, reason = "nobody here asks for the others")]
    const fn of(event: sa::Event<'_>) -> Self {
        match event {
            sa::Event::Joined(record) => Self::Joined(record),
            sa::Event::Path(path) => Self::Path(path),
            sa::Event::Failed { subject, failure } => Self::Failed { subject, failure },
            sa::Event::Ignored(why) => Self::Ignored(why),
            _ => Self::Nothing,
        }
    }
}

/// Sends a datagram. One that the link does not take just now is lost, as on any wire: everything here is sent again.
pub(super) fn send<H: PortControl>(
    hca: &mut H,
    queues: &super::machine::Queues,
    qp: Qpn,
    path: &AddressVector,
    payload: &[u8],
) -> Result<(), VerbsError> {
    // Completions of sends say nothing but that there is room again.
    while hca.poll_cq(Instant::default(), queues.sends, &mut [])?.is_some() {}
    let message = Send { id: 0, destination: Some(path), payload, immediate: None };
    match hca.post_send(qp, &message) {
        Ok(()) => Ok(()),
        Err(error @ (VerbsError::Device | VerbsError::NoSuchQp | VerbsError::NoSuchCq)) => Err(error),
        Err(_) => Ok(()),
    }
}
