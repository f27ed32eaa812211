//! The agent: an SMP in, an answer out.

use bootproto_core::{BufferTooSmall, HighWater, Instant, Machine, Rng, Transmit, Writer};

use super::config::Config;
use super::event::{Changes, Event};
use super::m_key::{self, Lease, Verdict};
use super::set;
use super::tables::{Outcome, Tables};
use super::trap::Trap;
use crate::mad::attribute::{NodeDescription, NodeInfo, Notice, PortInfo};
use crate::mad::{AttributeId, Directed, Header, MAD_LENGTH, Method, Smp, Status};
use crate::management::{ConfigError, Ignored};
use crate::verbs::{AddressVector, LinkWidth, PortState};
use crate::{Gid, Guid, Lid, Mtu, PKey, Qpn};

/// The physical state of a port that looks for its neighbour.
pub(super) const POLLING: u8 = 2;
const LINK_UP: u8 = 5;

/// The part of a trap's transaction identifier that is ours: what stands before it belongs to others on some paths.
const TID_MASK: u64 = 0xffff_ffff;

/// An answer that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    path: AddressVector,
    smp: Smp,
    /// Whether it answers what took the link down: it can leave, and tell the state, only when the link is up again.
    awaits_link: bool,
}

/// The subnet management agent of one port.
///
/// A plain value that is driven as [`Machine`] says, on queue pair 0. It never ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    node: NodeInfo,
    description: NodeDescription,
    port: PortInfo,
    tables: Tables,
    lease: Lease,
    answer: Option<Answer>,
    trap: Option<Trap>,
    rng: Rng,
    seen: HighWater,
}

const _: () = assert!(size_of::<Agent>() <= 1_536, "an agent must fit a firmware's memory");

impl Agent {
    /// A port whose link is down.
    ///
    /// # Errors
    /// [`ConfigError::NoGuid`].
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let Config { seed, node, description, port } = config;
        if node.node_guid == Guid(0) || node.port_guid == Guid(0) {
            return Err(ConfigError::NoGuid);
        }
        Ok(Self {
            node,
            description,
            port,
            tables: Tables::new(node.port_guid),
            lease: Lease::default(),
            answer: None,
            trap: None,
            rng: Rng::new(seed),
            seen: HighWater::new(),
        })
    }

    /// The link has come up, with so many lanes, at this speed (a code of `LinkSpeedActive`): the port waits for a
    /// subnet manager.
    pub fn link_up(&mut self, width: LinkWidth, speed: u8) {
        if self.port.port_state == PortState::DOWN {
            self.port.port_state = PortState::INIT;
            self.port.port_physical_state = LINK_UP;
        }
        (self.port.link_width_active, self.port.link_speed_active) = (width, speed);
    }

    /// The link has gone down. LID, keys and tables stay, as the specification wants.
    pub const fn link_down(&mut self) {
        (self.port.port_state, self.port.port_physical_state) = (PortState::DOWN, POLLING);
    }

    /// Everything about the port.
    #[must_use]
    pub const fn port_info(&self) -> &PortInfo {
        &self.port
    }

    /// The port's own GID.
    #[must_use]
    pub const fn gid(&self) -> Gid {
        Gid::new(self.port.gid_prefix, self.node.port_guid)
    }

    /// The table of partitions, as large as the port has it.
    #[must_use]
    pub fn p_keys(&self) -> &[PKey] {
        self.tables.p_keys.get(..usize::from(self.node.partition_cap)).unwrap_or_default()
    }

    /// The largest payload towards the other end of the link.
    #[must_use]
    pub const fn mtu(&self) -> Mtu {
        self.port.neighbor_mtu
    }

    /// Which lane each service level uses.
    #[must_use]
    pub const fn lanes(&self) -> &[u8; 16] {
        &self.tables.sl_to_vl.0
    }

    /// A packet of a foreign partition came, or one with a wrong queue key: counts it.
    pub const fn count_violation(&mut self, of_p_key: bool) {
        let counter =
            if of_p_key { &mut self.port.p_key_violations } else { &mut self.port.q_key_violations };
        *counter = counter.saturating_add(1);
    }

    /// The port can do something more or less (a bit of `CapabilityMask`): the subnet manager is told by trap 144.
    pub fn set_capability(&mut self, bit: u32, is_on: bool) {
        let mask = if is_on { self.port.capability_mask | bit } else { self.port.capability_mask & !bit };
        if mask != self.port.capability_mask {
            self.port.capability_mask = mask;
            self.notify(Notice::local_changes(self.port.lid, mask));
        }
    }

    /// Another name for people: the subnet manager is told by trap 144.
    pub fn set_description(&mut self, name: &[u8]) {
        self.description = NodeDescription::new(name);
        let mut notice = Notice::local_changes(self.port.lid, self.port.capability_mask);
        // OtherLocalChanges, and NodeDescriptionChange.
        for at in [5, 11] {
            if let Some(byte) = notice.details.get_mut(at) {
                *byte |= 1;
            }
        }
        self.notify(notice);
    }

    /// Sends a trap to the subnet manager until it acknowledges it, in growing intervals, eight times at most. It takes
    /// the place of one that is not acknowledged yet. Before the port is active, it waits.
    pub fn notify(&mut self, notice: Notice) {
        let tid = u64::from(self.rng.next_u32()).max(1);
        self.trap = Some(Trap::new(notice, tid));
    }

    /// Where traps go, once there is somebody.
    fn trap_path(&self) -> Option<AddressVector> {
        let (lid, sl) = (self.port.master_sm_lid, self.port.master_sm_sl);
        let is_known = lid.is_unicast() && self.port.port_state == PortState::ACTIVE;
        is_known.then(|| AddressVector { lid, sl, qpn: Qpn::SMI, ..AddressVector::default() })
    }

    fn take(&mut self, now: Instant, path: AddressVector, mad: &[u8]) -> Result<Event, Ignored> {
        let mut smp = match Smp::parse(mad) {
            Ok(smp) => smp,
            Err(error) => {
                let other = Header::parse(mad)
                    .ok()
                    .filter(|_| error.kind == bootproto_core::ParseErrorKind::BadMagic);
                return Err(other.map_or(Ignored::Malformed { error }, |header| Ignored::OtherClass {
                    class: header.class,
                }));
            }
        };
        let Header { method, attribute, .. } = smp.header;
        if method.is_response() && method != Method::TRAP_REPRESS
            || smp.directed.is_some_and(|route| route.is_returning)
        {
            return Err(Ignored::UnaskedResponse { method });
        }
        if [Method::TRAP, Method::REPORT, Method::SEND].contains(&method) {
            return Err(Ignored::Unexpected { method, attribute });
        }
        if let Some(route) = &mut smp.directed {
            arrive(route, self.port.lid, self.node.local_port_num)?;
        }
        if method != Method::TRAP_REPRESS && self.answer_is_due() {
            return Err(Ignored::AnswerPending);
        }
        if smp.header.class_version != Smp::CLASS_VERSION {
            return Ok(self.reply(path, &smp, Err(Status::BAD_VERSION)));
        }
        if ![Method::GET, Method::SET, Method::TRAP_REPRESS].contains(&method) {
            return Ok(self.reply(path, &smp, Err(Status::BAD_METHOD)));
        }
        let verdict = m_key::judge(&self.port, method, smp.m_key);
        if verdict == Verdict::Violation {
            self.lease.violated(now, &mut self.port);
            return Ok(Event::MKeyViolation { violations: self.port.m_key_violations });
        }
        if method == Method::TRAP_REPRESS {
            return self.acknowledged(&path, &smp);
        }
        if self.port.m_key == smp.m_key {
            self.lease.renewed();
        }
        let outcome = self.answer(&smp, verdict);
        Ok(self.reply(path, &smp, outcome))
    }

    fn answer(&mut self, smp: &Smp, verdict: Verdict) -> Outcome {
        let new = (smp.header.method == Method::SET).then_some(&smp.data);
        let (modifier, attribute) = (smp.header.modifier, smp.header.attribute);
        match (attribute, new) {
            (AttributeId::NODE_INFO, None) => Ok((padded(&self.node.to_bytes()), Changes::default())),
            (AttributeId::NODE_DESCRIPTION, None) => Ok((self.description.to_bytes(), Changes::default())),
            (AttributeId::PORT_INFO, _) => self.port(modifier, verdict, new),
            (AttributeId::GUID_INFO, _) => self.tables.guids(modifier, self.port.guid_cap, new),
            (AttributeId::P_KEY_TABLE, _) => self.tables.p_keys(modifier, self.node.partition_cap, new),
            (AttributeId::SL_TO_VL, _) => self.tables.sl_to_vl(new),
            (AttributeId::VL_ARBITRATION, _) => self.tables.arbitration(modifier, new),
            _ => Err(Status::BAD_METHOD_ATTRIBUTE),
        }
    }

    fn port(&mut self, modifier: u32, verdict: Verdict, new: Option<&[u8; 64]>) -> Outcome {
        if modifier != 0 && modifier != u32::from(self.node.local_port_num) {
            return Err(Status::BAD_VALUE);
        }
        let mut changes = Changes::default();
        if let Some(new) = new {
            let wanted = PortInfo::parse(new).map_err(|_| Status::BAD_VALUE)?;
            (self.port, changes) = set::port_info(&self.port, &wanted)?;
        }
        let mut answer = self.port;
        // Only in the answer to the Set that had it.
        answer.client_reregister = changes.reregister;
        if verdict == Verdict::AllowedBlind {
            answer.m_key = 0;
        }
        Ok((answer.to_bytes(), changes))
    }

    fn answer_is_due(&self) -> bool {
        let is_down = self.port.port_state == PortState::DOWN;
        self.answer.as_ref().is_some_and(|answer| !(answer.awaits_link && is_down))
    }

    /// The answer with the state that the port has now: a link that a Set took down has come up again meanwhile, and
    /// opensm keeps nothing of an answer that says Down.
    fn current(&self, answer: &Smp) -> Smp {
        let is_port = answer.header.attribute == AttributeId::PORT_INFO && answer.header.status == Status::OK;
        match PortInfo::parse(&answer.data) {
            Ok(mut info) if is_port => {
                info.port_state = self.port.port_state;
                info.port_physical_state = self.port.port_physical_state;
                Smp { data: info.to_bytes(), ..*answer }
            }
            _ => *answer,
        }
    }

    /// Puts the answer in its place. What was refused goes back as it came.
    fn reply(&mut self, path: AddressVector, smp: &Smp, outcome: Outcome) -> Event {
        let (status, data, changes) = match outcome {
            Ok((data, changes)) => (Status::OK, data, changes),
            Err(status) => (status, smp.data, Changes::default()),
        };
        let mut answer = *smp;
        (answer.header.method, answer.header.status, answer.data) = (Method::GET_RESP, status, data);
        if let Some(route) = &mut answer.directed {
            route.is_returning = true;
        }
        let is_local = answer.directed.is_some_and(|route| route.hop_count == 0);
        let went_down = changes.state && self.port.port_physical_state == POLLING;
        self.answer = Some(Answer { path, smp: answer, awaits_link: went_down && !is_local });
        if changes.is_some() { Event::Changed(changes) } else { Event::Answered }
    }

    fn acknowledged(&mut self, path: &AddressVector, smp: &Smp) -> Result<Event, Ignored> {
        let is_known = self.trap.as_ref().is_some_and(|trap| {
            trap.tid == smp.header.tid & TID_MASK && path.lid == self.port.master_sm_lid && !trap.is_due()
        });
        if !is_known {
            return Err(Ignored::UnknownTrap);
        }
        self.trap = None;
        Ok(Event::TrapAcknowledged)
    }
}

/// A directed route must end here; what it needs for the way back is filled in.
fn arrive(route: &mut Directed, lid: Lid, port: u8) -> Result<(), Ignored> {
    let is_here = route.destination == Lid::PERMISSIVE || route.destination == lid;
    if route.hop_pointer != route.hop_count || !is_here {
        return Err(Ignored::NotTheEnd { hop_pointer: route.hop_pointer, hop_count: route.hop_count });
    }
    if route.hop_count > 0
        && let Some(place) = route.return_path.get_mut(usize::from(route.hop_count))
    {
        *place = port;
    }
    Ok(())
}

/// The notice with the LID that the port has now: it may have been raised before there was one.
fn signed(mut notice: Notice, lid: Lid) -> Notice {
    notice.issuer_lid = lid;
    if notice.trap_number == Notice::TRAP_LOCAL_CHANGES
        && let Some(place) = notice.details.get_mut(2..4)
    {
        bootproto_core::copy_into(place, &lid.0.to_be_bytes());
    }
    notice
}

fn padded(bytes: &[u8]) -> [u8; 64] {
    let mut padded = [0; 64];
    bootproto_core::copy_into(&mut padded, bytes);
    padded
}

impl Machine for Agent {
    /// The other end; a directed route comes from the permissive LID.
    type Path = AddressVector;
    type Event<'d> = Event;
    const MAX_TRANSMIT: usize = MAD_LENGTH;

    fn handle_datagram(&mut self, now: Instant, path: AddressVector, data: &[u8]) -> Event {
        let now = self.seen.advance(now);
        self.take(now, path, data).unwrap_or_else(Event::Ignored)
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event> {
        let now = self.seen.advance(now);
        if self.trap_path().is_some() && self.trap.as_mut().is_some_and(|trap| trap.timeout(now)) {
            self.trap = None;
        }
        self.lease.expire(now, &mut self.port).then_some(Event::LeaseExpired)
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, AddressVector>>, BufferTooSmall> {
        let mut writer = Writer::new(buf);
        if let Some(answer) = self.answer.as_ref().filter(|_| self.answer_is_due()) {
            self.current(&answer.smp).write(&mut writer);
            let (bytes, path) = (writer.finish()?, answer.path);
            self.answer = None;
            self.seen.advance(now);
            return Ok(Some(Transmit { path, bytes }));
        }
        let path = self.trap_path();
        let (Some(trap), Some(path)) = (self.trap.as_mut().filter(|trap| trap.is_due()), path) else {
            return Ok(None);
        };
        let header = Header {
            class: crate::mad::MgmtClass::SUBN_LID,
            class_version: Smp::CLASS_VERSION,
            method: Method::TRAP,
            tid: trap.tid,
            attribute: AttributeId::NOTICE,
            ..Header::default()
        };
        let mut data = [0; Notice::SMP_LENGTH];
        bootproto_core::copy_into(&mut data, &signed(trap.notice, self.port.lid).to_bytes());
        Smp { header, m_key: 0, directed: None, data }.write(&mut writer);
        let bytes = writer.finish()?;
        trap.sent(self.seen.advance(now), &mut self.rng);
        Ok(Some(Transmit { path, bytes }))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let trap = self.trap.as_ref().filter(|_| self.trap_path().is_some());
        if self.answer_is_due() || trap.is_some_and(Trap::is_due) {
            return Some(self.seen.latest());
        }
        let resend = trap.and_then(|trap| trap.next);
        resend.into_iter().chain(self.lease.end()).min()
    }
}
