//! Who has which IP address: a cache with bounds, in which only our own questions leave a trace.

use core::net::IpAddr;

use bootproto_core::Instant;

use super::{Config, LinkAddress};
use crate::Gid;
use crate::QKey;
use crate::mad::record::PathRecord;
use crate::verbs::{AddressVector, GlobalRoute};

/// How many neighbours are kept. A boot has a server, a router, and a few that ask.
const ROOM: usize = 16;

/// How long a neighbour that was used counts as in use.
const IN_USE: core::time::Duration = core::time::Duration::from_secs(60);

/// One neighbour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Neighbour {
    pub(super) address: IpAddr,
    pub(super) knowledge: Knowledge,
    pub(super) way: Way,
    /// Questions sent in the present round.
    pub(super) asked: u8,
    /// A question is to be sent now.
    pub(super) due: bool,
    /// When the next question is due, or the entry becomes old.
    pub(super) deadline: Instant,
    used: Instant,
}

/// What is known of a neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Knowledge {
    /// Everybody is asked who it is.
    Unknown,
    /// Alive: heard not long ago.
    Fresh(LinkAddress),
    /// Heard long ago; nothing was sent to it since.
    Old(LinkAddress),
    /// Heard long ago, and being asked, by itself, whether it is still there.
    Doubted(LinkAddress),
}

/// The way to the neighbour's port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The SA is to be asked.
    Wanted,
    /// The SA was asked.
    Asked,
    /// By the SA's word, without the queue pair.
    Known(AddressVector),
}

/// What comes of a claim on an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// It is the answer that was waited for.
    Accepted,
    /// Nobody asked.
    Unasked,
    /// The same as known.
    Duplicate,
    /// Something else is known, and alive.
    Alive,
}

impl Neighbour {
    /// Its link-layer address, if there is one to send to.
    pub(super) const fn link(&self) -> Option<LinkAddress> {
        match self.knowledge {
            Knowledge::Unknown => None,
            Knowledge::Fresh(link) | Knowledge::Old(link) | Knowledge::Doubted(link) => Some(link),
        }
    }

    /// Where its datagrams go, once everything is known.
    pub(super) const fn vector(&self) -> Option<AddressVector> {
        match (self.link(), self.way) {
            (Some(link), Way::Known(way)) => Some(AddressVector { qpn: link.qpn, ..way }),
            _ => None,
        }
    }

    /// Begins a round of questions.
    const fn ask(&mut self, knowledge: Knowledge, now: Instant) {
        self.knowledge = knowledge;
        (self.asked, self.due, self.deadline) = (0, true, now);
    }

    /// A question was sent.
    pub(super) const fn sent(&mut self, now: Instant, config: &Config) {
        self.due = false;
        self.asked = self.asked.saturating_add(1);
        self.deadline = now.saturating_add(config.interval);
    }

    /// Time has passed; `false` if the neighbour is lost.
    pub(super) fn age(&mut self, now: Instant, config: &Config) -> bool {
        if self.due || self.deadline > now {
            return true;
        }
        match self.knowledge {
            Knowledge::Fresh(link) => {
                self.knowledge = Knowledge::Old(link);
                self.deadline = now.saturating_add(IN_USE);
            }
            // Nobody has sent to it for long: forgotten.
            Knowledge::Old(_) => return false,
            Knowledge::Doubted(_) | Knowledge::Unknown if self.asked < config.tries => self.due = true,
            // Its owner is silent: now everybody may answer.
            Knowledge::Doubted(_) => {
                self.way = Way::Wanted;
                self.ask(Knowledge::Unknown, now);
            }
            Knowledge::Unknown => return false,
        }
        true
    }
}

/// The neighbours.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Neighbours {
    entries: [Option<Neighbour>; ROOM],
}

impl Neighbours {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Neighbour> {
        self.entries.iter().flatten()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Neighbour> {
        self.entries.iter_mut().flatten()
    }

    pub(super) fn find(&self, address: IpAddr) -> Option<&Neighbour> {
        self.iter().find(|entry| entry.address == address)
    }

    fn find_mut(&mut self, address: IpAddr) -> Option<&mut Neighbour> {
        self.iter_mut().find(|entry| entry.address == address)
    }

    /// Something is to be sent to this neighbour: finds it, or begins to ask who it is. `false` if there is no room.
    pub(super) fn want(&mut self, address: IpAddr, now: Instant) -> bool {
        if let Some(entry) = self.find_mut(address) {
            entry.used = now;
            if let Knowledge::Old(link) = entry.knowledge {
                entry.ask(Knowledge::Doubted(link), now);
            }
            return true;
        }
        let Some(place) = self.place(now) else { return false };
        *place = Some(Neighbour {
            address,
            knowledge: Knowledge::Unknown,
            way: Way::Wanted,
            asked: 0,
            due: true,
            deadline: now,
            used: now,
        });
        true
    }

    /// A free place, or that of the neighbour whose last use is longest ago, if it is in use no more.
    fn place(&mut self, now: Instant) -> Option<&mut Option<Neighbour>> {
        let oldest =
            self.iter().map(|entry| entry.used).min().filter(|_| self.entries.iter().all(Option::is_some));
        self.entries.iter_mut().find(|entry| match (entry, oldest) {
            (None, _) => true,
            (Some(entry), Some(oldest)) => entry.used == oldest && now.saturating_since(oldest) >= IN_USE,
            (Some(_), None) => false,
        })
    }

    /// Forgets neighbours; `keep` decides.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut Neighbour) -> bool) {
        for place in &mut self.entries {
            if place.as_mut().is_some_and(|entry| !keep(entry)) {
                *place = None;
            }
        }
    }

    /// What a claim on an address would do.
    pub(super) fn judge(&self, address: IpAddr, link: LinkAddress) -> Claim {
        let Some(entry) = self.find(address) else { return Claim::Unasked };
        match entry.knowledge {
            Knowledge::Unknown => Claim::Accepted,
            Knowledge::Doubted(known) if known == link => Claim::Accepted,
            Knowledge::Fresh(known) | Knowledge::Old(known) if known == link => Claim::Duplicate,
            Knowledge::Fresh(_) | Knowledge::Old(_) | Knowledge::Doubted(_) => Claim::Alive,
        }
    }

    /// Takes a claim that was accepted.
    pub(super) fn accept(&mut self, address: IpAddr, link: LinkAddress, now: Instant, config: &Config) {
        if let Some(entry) = self.find_mut(address) {
            if entry.link() != Some(link) {
                entry.way = Way::Wanted;
            }
            entry.knowledge = Knowledge::Fresh(link);
            (entry.asked, entry.due) = (0, false);
            entry.deadline = now.saturating_add(config.reachable);
        }
    }

    /// A port that is a neighbour's and whose way the SA is to be asked for.
    pub(super) fn take_wanted(&mut self) -> Option<Gid> {
        let entry = self.iter_mut().find(|entry| entry.link().is_some() && entry.way == Way::Wanted)?;
        let gid = entry.link()?.gid;
        for entry in self.iter_mut().filter(|entry| entry.link().is_some_and(|link| link.gid == gid)) {
            entry.way = Way::Asked;
        }
        Some(gid)
    }

    /// The SA's answer, for every neighbour at that port.
    pub(super) fn set_way(&mut self, gid: Gid, path: &PathRecord, q_key: QKey) {
        // Packets that pass no router need no global route (IBTA 8.3): with it they are only longer.
        let grh = (path.hop_limit > 1).then_some(GlobalRoute {
            destination: gid,
            source: path.sgid,
            flow_label: path.flow_label,
            hop_limit: path.hop_limit,
            traffic_class: path.traffic_class,
        });
        let way = AddressVector {
            lid: path.dlid,
            q_key,
            sl: path.sl,
            rate: path.rate,
            grh,
            ..AddressVector::default()
        };
        for entry in self.iter_mut().filter(|entry| entry.link().is_some_and(|link| link.gid == gid)) {
            entry.way = Way::Known(way);
        }
    }

    /// The subnet has changed: every way is asked for again. The addresses stay.
    pub(super) fn forget_ways(&mut self) {
        for entry in self.iter_mut() {
            entry.way = Way::Wanted;
        }
    }
}
