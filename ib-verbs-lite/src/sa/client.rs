//! The client and what a caller tells it.

use bootproto_core::{HighWater, Instant, Writer};

use super::event::Question;
use super::path::Paths;
use super::task::{Group, Join, Kind, Task};
use crate::mad::attribute::Notice;
use crate::mad::record::{McMemberRecord, PathRecord};
use crate::mad::{MAD_LENGTH, SaMad};
use crate::management::ConfigError;
use crate::transaction::{Policy, Requester};
use crate::verbs::AddressVector;
use crate::{Gid, Lid, PKey, QKey, Qpn, ServiceLevel};

/// How many groups a port can be a member of.
const GROUPS: usize = 16;

/// How many questions can wait for their answers.
const QUESTIONS: usize = 8;

/// How many groups can be about to be left.
const LEAVES: usize = 8;

/// All of these at once, and the subscription: nothing that has been accepted is ever without a place.
const TASKS: usize = GROUPS + QUESTIONS + LEAVES + 1;

/// What a client is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    seed: u64,
    tid_mask: u64,
    policy: Policy,
    table_limit: u32,
}

impl Config {
    /// A client that is patient as [`Policy::DEFAULT`] says. `seed` has to be another one at every boot.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, tid_mask: u64::MAX, policy: Policy::DEFAULT, table_limit: 64 * 1024 }
    }

    /// Which bits of a transaction identifier are ours and come back unchanged, at least 32; by default all. See
    /// [`Requester::new`].
    #[must_use]
    pub const fn with_tid_mask(mut self, mask: u64) -> Self {
        self.tid_mask = mask;
        self
    }

    /// How patient it is.
    #[must_use]
    pub const fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// How many bytes of records a table may have; by default 65536.
    #[must_use]
    pub const fn with_table_limit(mut self, bytes: u32) -> Self {
        self.table_limit = bytes;
        self
    }
}

/// Where the client asks from, and whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    /// The port's GID.
    pub gid: Gid,
    /// Its LID.
    pub lid: Lid,
    /// The subnet manager's LID.
    pub sm_lid: Lid,
    /// The service level towards it.
    pub sm_sl: ServiceLevel,
    /// The place of the default partition in the port's table.
    pub p_key_index: u16,
}

/// The client of one port: up to 16 groups, 8 questions at a time, 16 remembered paths.
///
/// A plain value that is driven as [`Machine`](bootproto_core::Machine) says, on queue pair 1. It never ends; what
/// fails is told by [`Event::Failed`](super::Event::Failed).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub(super) requester: Requester,
    pub(super) table_limit: u32,
    pub(super) port: Option<Port>,
    pub(super) groups: [Option<Group>; GROUPS],
    pub(super) tasks: [Option<Task>; TASKS],
    pub(super) paths: Paths,
    pub(super) is_subscribed: bool,
    pub(super) answer: Option<(AddressVector, SaMad)>,
    pub(super) last_report: Option<(u64, Notice)>,
    pub(super) seen: HighWater,
}

const _: () = assert!(size_of::<Client>() <= 10 * 1024, "a client must fit a firmware's memory");

impl Client {
    /// A client of a port that is not active yet.
    ///
    /// # Errors
    /// [`ConfigError::TidTooNarrow`].
    pub const fn new(config: Config) -> Result<Self, ConfigError> {
        let requester = match Requester::new(config.seed, config.tid_mask, config.policy) {
            Ok(requester) => requester,
            Err(error) => return Err(error),
        };
        Ok(Self {
            requester,
            table_limit: config.table_limit,
            port: None,
            groups: [None; GROUPS],
            tasks: [None; TASKS],
            paths: Paths::new(),
            is_subscribed: false,
            answer: None,
            last_report: None,
            seen: HighWater::new(),
        })
    }

    /// The port is active, or something about it changed: its LID, its GID, the subnet manager. Paths are forgotten,
    /// groups joined again, the subscription made again, and open questions asked again, all at this subnet manager.
    /// With nothing changed, nothing happens.
    ///
    /// # Errors
    /// [`ConfigError::NoSubnetManager`] if a LID is none.
    pub fn configure(&mut self, now: Instant, port: Port) -> Result<(), ConfigError> {
        let now = self.seen.advance(now);
        if !port.lid.is_unicast() || !port.sm_lid.is_unicast() {
            return Err(ConfigError::NoSubnetManager);
        }
        if self.port == Some(port) {
            return Ok(());
        }
        self.port = Some(port);
        self.requester.cancel_all();
        self.tasks.iter_mut().flatten().for_each(|task| task.ticket = None);
        self.reregister(now);
        Ok(())
    }

    /// The subnet manager has forgotten what it was told (`ClientReregister`): groups are joined and the subscription
    /// is made again. Paths are forgotten.
    pub fn reregister(&mut self, now: Instant) {
        let now = self.seen.advance(now);
        self.paths.clear();
        self.last_report = None;
        for index in 0..GROUPS {
            let Some(group) = self.groups.get_mut(index).and_then(Option::as_mut) else {
                continue;
            };
            group.record = None;
            let mgid = group.join.mgid;
            self.again(Kind::Join { mgid });
        }
        if self.is_subscribed {
            self.again(Kind::Subscribe);
        }
        self.pump(now);
    }

    /// The port is down, or has lost its subnet manager: nothing is sent until [`configure`](Self::configure).
    pub fn suspend(&mut self) {
        self.port = None;
        self.requester.cancel_all();
        self.tasks.iter_mut().flatten().for_each(|task| task.ticket = None);
        self.answer = None;
    }

    /// Asks. The answer is an event; one question can be asked only once at a time.
    ///
    /// # Errors
    /// [`ConfigError::TooManyRequests`].
    pub fn ask(&mut self, now: Instant, question: Question) -> Result<(), ConfigError> {
        let now = self.seen.advance(now);
        let kind = Kind::Question(question);
        let open = self.tasks.iter().flatten().filter(|task| matches!(task.kind, Kind::Question(_)));
        if !self.is_open(kind) && open.count() >= QUESTIONS {
            return Err(ConfigError::TooManyRequests);
        }
        self.once(kind);
        self.pump(now);
        Ok(())
    }

    /// The path to a port if it is known; otherwise ask.
    #[must_use]
    pub fn path(&self, dgid: Gid, p_key: Option<PKey>) -> Option<&PathRecord> {
        self.paths.find(dgid, p_key)
    }

    /// Forgets the paths to a port: what was sent on them did not arrive.
    pub fn forget_path(&mut self, dgid: Gid) {
        self.paths.forget(dgid);
    }

    /// Joins a group, and again whenever the subnet manager changes, until it is left. Joining twice is joining once.
    ///
    /// # Errors
    /// [`ConfigError::NotAGroup`], [`ConfigError::TooManyGroups`].
    pub fn join(&mut self, now: Instant, join: Join) -> Result<(), ConfigError> {
        let now = self.seen.advance(now);
        let mgid = join.mgid;
        if !mgid.is_multicast() {
            return Err(ConfigError::NotAGroup);
        }
        let same = self.groups.iter().position(|group| group.is_some_and(|group| group.join.mgid == mgid));
        let free = || self.groups.iter().position(Option::is_none);
        let Some(place) = same.or_else(free).and_then(|index| self.groups.get_mut(index)) else {
            return Err(ConfigError::TooManyGroups);
        };
        match place {
            Some(group) if group.join == join => {
                if group.record.is_none() {
                    self.once(Kind::Join { mgid });
                }
            }
            _ => {
                *place = Some(Group { join, record: None });
                self.again(Kind::Join { mgid });
            }
        }
        self.pump(now);
        Ok(())
    }

    /// What the subnet manager said about a group that the port is a member of.
    #[must_use]
    pub fn membership(&self, mgid: Gid) -> Option<&McMemberRecord> {
        self.groups.iter().flatten().find(|group| group.join.mgid == mgid)?.record.as_ref()
    }

    /// Leaves a group: the subnet manager is told, even where its answer to the join is not here yet.
    ///
    /// # Errors
    /// [`ConfigError::NotAMember`]; [`ConfigError::TooManyRequests`], and the port stays a member.
    pub fn leave(&mut self, now: Instant, mgid: Gid) -> Result<(), ConfigError> {
        let now = self.seen.advance(now);
        let is_it = |group: &Option<Group>| group.is_some_and(|group| group.join.mgid == mgid);
        let Some(group) = self.groups.iter().copied().find(is_it).flatten() else {
            return Err(ConfigError::NotAMember);
        };
        let leave = Kind::Leave { mgid, join_state: group.join.join_state };
        let leaves = self.tasks.iter().flatten().filter(|task| matches!(task.kind, Kind::Leave { .. }));
        if !self.is_open(leave) && leaves.count() >= LEAVES {
            return Err(ConfigError::TooManyRequests);
        }
        self.forget_group(mgid);
        self.drop_task(Kind::Join { mgid });
        self.once(leave);
        self.pump(now);
        Ok(())
    }

    /// Subscribes to all events of the subnet, and again whenever the subnet manager changes.
    pub fn subscribe(&mut self, now: Instant) {
        let now = self.seen.advance(now);
        self.is_subscribed = true;
        self.once(Kind::Subscribe);
        self.pump(now);
    }

    pub(super) fn forget_group(&mut self, mgid: Gid) {
        for place in &mut self.groups {
            if place.is_some_and(|group| group.join.mgid == mgid) {
                *place = None;
            }
        }
    }

    fn is_open(&self, kind: Kind) -> bool {
        self.tasks.iter().flatten().any(|task| task.kind == kind)
    }

    /// Has it done, unless it is being done.
    fn once(&mut self, kind: Kind) {
        if let (false, Some(place)) = (self.is_open(kind), self.tasks.iter_mut().find(|task| task.is_none()))
        {
            *place = Some(Task { kind, ticket: None });
        }
    }

    /// Has it done from the beginning.
    fn again(&mut self, kind: Kind) {
        self.drop_task(kind);
        self.once(kind);
    }

    fn drop_task(&mut self, kind: Kind) {
        for place in &mut self.tasks {
            if let Some(Task { kind: known, ticket }) = place
                && *known == kind
            {
                if let Some(ticket) = ticket {
                    self.requester.cancel(*ticket);
                }
                *place = None;
            }
        }
    }

    /// Opens requests while there is room and something to ask.
    pub(super) fn pump(&mut self, now: Instant) {
        let Some(port) = self.port else {
            return;
        };
        let path = AddressVector {
            lid: port.sm_lid,
            qpn: Qpn::GSI,
            q_key: QKey::GSI,
            sl: port.sm_sl,
            p_key_index: port.p_key_index,
            ..AddressVector::default()
        };
        for index in 0..TASKS {
            let Some(task) = self.tasks.get(index).copied().flatten().filter(|task| task.ticket.is_none())
            else {
                continue;
            };
            if !self.requester.has_room() {
                return;
            }
            if self.must_wait(task.kind) {
                continue;
            }
            let mut mad = [0; MAD_LENGTH];
            super::ask::request(&task.kind, port.gid, &self.groups).write(&mut Writer::new(&mut mad));
            let ticket = self.requester.request(now, path, &mad, self.table_limit).ok();
            if let Some(place) = self.tasks.get_mut(index) {
                *place = Some(Task { ticket, ..task });
            }
        }
    }

    /// A group is joined only after its leaving is over, and the reverse: two requests may overtake each other.
    fn must_wait(&self, kind: Kind) -> bool {
        let Kind::Join { mgid } = kind else {
            return false;
        };
        self.tasks
            .iter()
            .flatten()
            .any(|task| matches!(task.kind, Kind::Leave { mgid: left, .. } if left == mgid))
    }
}
