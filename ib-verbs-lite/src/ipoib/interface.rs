//! The machine: groups, neighbours, ways, and what comes in.

use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

use bootproto_core::{BufferTooSmall, HighWater, Instant, Machine, Transmit};

use super::group::{Membership, State};
use super::neighbour::{Claim, Neighbours, Way};
use super::outgoing::{Outgoing, ROOM, Target};
use super::probe::Probe;
use super::{Arp, Config, ConfigError, Event, Failure, Group, Ignored, LinkAddress, NeighbourMessage};
use super::{Protocol, Request, frame};
use crate::mad::record::{McMemberRecord, PathRecord};
use crate::verbs::AddressVector;
use crate::{Gid, Mtu, Qpn};

/// How many groups are kept beside the broadcast group.
const GROUPS: usize = 8;

/// How long to wait after a refusal: groups come into being with their first member.
const PAUSE: Duration = Duration::from_secs(2);

/// Two things can't be told at the same instant: the second one follows so much later.
const NEXT: Duration = Duration::from_micros(1);

/// An address of IPv4 in use, and its surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct V4 {
    pub(super) address: Ipv4Addr,
    pub(super) prefix: u8,
    pub(super) router: Option<Ipv4Addr>,
}

/// One IPoIB interface: a port in one partition.
///
/// | the interface | on | goes to | and asks or tells |
/// |---|---|---|---|
/// | joining | | | `Request::Join` for the broadcast group |
/// | joining | [`joined`](Self::joined) | joined: Q_Key and MTU are known | |
/// | joined | [`start`](Self::start) with the queue pair | up | |
/// | up | a packet for an unknown neighbour | | ARP, then `Request::Path`, then the packet |
/// | any | [`rejoin`](Self::rejoin) | joining, its queue pair kept | `Request::Join` for every group |
///
/// Call [`poll_request`](Self::poll_request) after every other call, until it answers `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    pub(super) config: Config,
    pub(super) gid: Gid,
    pub(super) qpn: Option<Qpn>,
    pub(super) clock: HighWater,
    pub(super) broadcast: Membership,
    /// As last joined: it stays in use while the group is joined anew.
    pub(super) group: Option<Group>,
    pub(super) groups: [Option<Membership>; GROUPS],
    pub(super) v4: Option<V4>,
    pub(super) neighbours: Neighbours,
    pub(super) queue: heapless::Deque<Outgoing, ROOM>,
    /// An ARP reply that waits to be sent.
    pub(super) reply: Option<(AddressVector, Arp)>,
    pub(super) probe: Option<Probe>,
}

impl Interface {
    /// An interface of the port with this GID, that wants to join its broadcast group.
    ///
    /// # Errors
    /// [`ConfigError`] says what in `config` can't be.
    pub fn new(config: Config, gid: Gid, now: Instant) -> Result<Self, ConfigError> {
        config.check()?;
        let mut clock = HighWater::new();
        clock.advance(now);
        let broadcast = Gid::ipoib_v4(config.scope, config.p_key, Ipv4Addr::BROADCAST);
        Ok(Self {
            config,
            gid,
            qpn: None,
            clock,
            broadcast: Membership::new(broadcast, true),
            group: None,
            groups: [const { None }; GROUPS],
            v4: None,
            neighbours: Neighbours::default(),
            queue: heapless::Deque::new(),
            reply: None,
            probe: None,
        })
    }

    /// The broadcast group's record, once it is joined: what the queue pair is made with.
    #[must_use]
    pub const fn group(&self) -> Option<&Group> {
        self.group.as_ref()
    }

    /// The broadcast group's name.
    #[must_use]
    pub const fn broadcast_gid(&self) -> Gid {
        self.broadcast.gid
    }

    /// The groups that are joined, the broadcast group first: those that a queue pair must be attached to.
    pub fn attached(&self) -> impl Iterator<Item = &Group> {
        let others = self.groups.iter().flatten().filter(|member| member.full);
        self.group.iter().chain(others.filter_map(Membership::group))
    }

    /// The bytes of IP that one packet may have, once the broadcast group is joined: its MTU without the encapsulation
    /// header (RFC 4391 section 7).
    #[must_use]
    pub fn mtu(&self) -> Option<usize> {
        self.group?.mtu.bytes().map(|bytes| usize::from(bytes).saturating_sub(frame::HEADER))
    }

    /// Our own link-layer address, once there is a queue pair.
    #[must_use]
    pub fn link_address(&self) -> Option<LinkAddress> {
        self.qpn.map(|qpn| LinkAddress::new(qpn, self.gid))
    }

    /// Takes a queue pair into use: one made with the group's Q_Key, attached to the group.
    pub fn start(&mut self, now: Instant, qpn: Qpn) {
        self.clock.advance(now);
        self.qpn = Some(qpn);
    }

    /// The link-layer address of a neighbour, as far as it is known.
    #[must_use]
    pub fn neighbour(&self, address: IpAddr) -> Option<LinkAddress> {
        self.neighbours.find(address)?.link()
    }

    /// Where datagrams to a neighbour go, once address and path are known.
    #[must_use]
    pub fn way_to(&self, address: IpAddr) -> Option<AddressVector> {
        self.neighbours.find(address)?.vector()
    }

    /// Takes an address into use; ARP answers for it from now on.
    pub fn configure(&mut self, address: Ipv4Addr, prefix_length: u8, router: Option<Ipv4Addr>) {
        self.v4 = Some(V4 { address, prefix: prefix_length.min(32), router });
    }

    /// Gives the address up, and forgets all neighbours.
    pub fn unconfigure(&mut self) {
        self.v4 = None;
        self.neighbours = Neighbours::default();
    }

    /// Begins to see whether somebody uses `address` (RFC 5227). It takes 0.6 s if nobody does.
    pub fn probe(&mut self, now: Instant, address: Ipv4Addr) {
        let now = self.clock.advance(now);
        self.probe = Some(Probe::new(address, now));
    }

    /// The verdict of the probe under way, once: `Some(true)` if somebody has the address.
    pub fn probe_result(&mut self) -> Option<bool> {
        let verdict = self.probe.as_ref()?.verdict()?;
        self.probe = None;
        Some(verdict)
    }

    /// Becomes a member of an IPv4 group; what is sent to it will be delivered.
    ///
    /// # Errors
    /// [`Failure::TooManyGroups`].
    pub fn join(&mut self, group: Ipv4Addr) -> Result<(), Failure> {
        self.add_group(Gid::ipoib_v4(self.config.scope, self.config.p_key, group), true)
    }

    pub(super) fn add_group(&mut self, gid: Gid, full: bool) -> Result<(), Failure> {
        if let Some(member) = self.groups.iter_mut().flatten().find(|member| member.gid == gid) {
            if full && !member.full {
                *member = Membership::new(gid, true);
            }
            return Ok(());
        }
        let place = self.groups.iter_mut().find(|place| place.is_none()).ok_or(Failure::TooManyGroups)?;
        *place = Some(Membership::new(gid, full));
        Ok(())
    }

    pub(super) fn member(&self, gid: Gid) -> Option<&Membership> {
        if gid == self.broadcast.gid {
            return Some(&self.broadcast);
        }
        self.groups.iter().flatten().find(|member| member.gid == gid)
    }

    fn member_mut(&mut self, gid: Gid) -> Option<&mut Membership> {
        if gid == self.broadcast.gid {
            return Some(&mut self.broadcast);
        }
        self.groups.iter_mut().flatten().find(|member| member.gid == gid)
    }

    /// What is to be asked of the SA next.
    pub fn poll_request(&mut self) -> Option<Request> {
        if self.broadcast.state == State::Wanted {
            self.broadcast.state = State::Asked;
            return Some(Request::Join { group: self.broadcast.gid, full: true, like: None });
        }
        // Before the broadcast group is there, the SM may not even know the partition.
        let like = self.group?;
        let wanted = self.groups.iter_mut().flatten().find(|member| member.state == State::Wanted);
        if let Some(member) = wanted {
            member.state = State::Asked;
            let like = member.full.then_some(like);
            return Some(Request::Join { group: member.gid, full: member.full, like });
        }
        self.neighbours.take_wanted().map(|gid| Request::Path { gid })
    }

    /// The SA's answer to [`Request::Join`]. `port` is the largest payload that the port takes.
    ///
    /// # Errors
    /// [`Failure`] says why the group is none of ours; it will be asked for again.
    pub fn joined(&mut self, now: Instant, record: &McMemberRecord, port: Mtu) -> Result<(), Failure> {
        let now = self.clock.advance(now);
        let is_broadcast = record.mgid == self.broadcast.gid;
        let checked = Group::from_record(record).and_then(|group| match group.mtu {
            mtu if is_broadcast && mtu.bytes() > port.bytes() => Err(Failure::GroupMtu { group: mtu, port }),
            _ if group.p_key.base() != self.config.p_key.base() => {
                Err(Failure::GroupPartition { p_key: group.p_key })
            }
            _ => Ok(group),
        });
        let Some(member) = self.member_mut(record.mgid) else { return Ok(()) };
        match checked {
            Ok(group) => {
                member.state = State::Joined(group);
                if is_broadcast {
                    self.group = Some(group);
                }
                Ok(())
            }
            Err(failure) => {
                member.state = State::Refused { until: now.saturating_add(PAUSE) };
                Err(failure)
            }
        }
    }

    /// The SA refuses a group, or does not answer: it is asked for again after a while, and packets for it are dropped.
    pub fn refused(&mut self, now: Instant, group: Gid) {
        let now = self.clock.advance(now);
        if let Some(member) = self.member_mut(group) {
            member.state = State::Refused { until: now.saturating_add(PAUSE) };
        }
        self.drop_packets(Target::Group(group));
    }

    /// The SA's answer to [`Request::Path`].
    pub fn path(&mut self, now: Instant, gid: Gid, path: &PathRecord) {
        self.clock.advance(now);
        if let Some(group) = &self.group {
            self.neighbours.set_way(gid, path, group.q_key);
        }
    }

    /// The SA knows no way to a port: its neighbours are forgotten, and packets for them dropped. Answers the address of
    /// one of them.
    pub fn no_path(&mut self, now: Instant, gid: Gid) -> Option<Failure> {
        self.clock.advance(now);
        let mut lost = None;
        self.neighbours.retain(|entry| {
            let stays = entry.link().is_none_or(|link| link.gid != gid) || entry.way != Way::Asked;
            if !stays {
                lost = Some(entry.address);
            }
            stays
        });
        // Packets for several neighbours at one port are rare, and the others' time runs out.
        let address = lost?;
        self.drop_packets(Target::Neighbour(address));
        Some(Failure::NoPath { address })
    }

    /// The subnet manager has forgotten us, or is another one, or our LID or GID changed: every group is joined again,
    /// every way asked for again. Addresses of neighbours stay.
    pub fn rejoin(&mut self, now: Instant, gid: Gid) {
        self.clock.advance(now);
        self.gid = gid;
        self.broadcast.state = State::Wanted;
        self.groups.iter_mut().flatten().for_each(|member| member.state = State::Wanted);
        self.neighbours.forget_ways();
    }

    fn drop_packets(&mut self, to: Target) {
        for _ in 0..self.queue.len() {
            if let Some(packet) = self.queue.pop_front()
                && packet.to != to
            {
                // One was taken out before one goes in, so there is room.
                let _ = self.queue.push_back(packet);
            }
        }
    }

    /// An ARP packet came.
    fn handle_arp(
        &mut self,
        now: Instant,
        path: AddressVector,
        own: LinkAddress,
        arp: &Arp,
    ) -> Event<'static> {
        if arp.sender == own {
            return Event::Ignored(Ignored::Own);
        }
        // What an ARP packet says of its sender must be true of the packet.
        let source = path.grh.map(|route| route.source);
        if arp.sender.qpn != path.qpn
            || source.is_some_and(|gid| gid != arp.sender.gid)
            || !arp.sender.is_unicast()
        {
            return Event::Ignored(Ignored::Forged { lid: path.lid, qpn: path.qpn });
        }
        if self.probe.as_mut().is_some_and(|probe| probe.observe(arp, own)) {
            return Event::Nothing;
        }
        let ours = self.v4.map(|v4| v4.address);
        if arp.operation == Arp::REQUEST {
            if ours != Some(arp.target_ip) {
                return Event::Ignored(Ignored::NotForUs);
            }
            return self.answer(path, own, arp);
        }
        let to_us = ours.is_none_or(|ours| arp.target_ip == ours) && arp.target == own;
        if !to_us {
            return Event::Ignored(Ignored::NotForUs);
        }
        self.claim(now, arp.sender_ip.into(), arp.sender)
    }

    /// Somebody asks for our address. The answer goes back the way that the question came.
    fn answer(&mut self, path: AddressVector, own: LinkAddress, question: &Arp) -> Event<'static> {
        let Some(group) = &self.group else { return Event::Ignored(Ignored::NotStarted) };
        if self.reply.is_some() {
            return Event::Ignored(Ignored::AnswerPending);
        }
        let arp = Arp {
            operation: Arp::REPLY,
            sender: own,
            sender_ip: question.target_ip,
            target: question.sender,
            target_ip: question.sender_ip,
        };
        let to = AddressVector {
            lid: path.lid,
            qpn: question.sender.qpn,
            q_key: group.q_key,
            sl: path.sl,
            rate: group.rate,
            ..AddressVector::default()
        };
        self.reply = Some((to, arp));
        Event::Answering { address: question.sender_ip }
    }

    /// Somebody says that he has an address.
    fn claim(&mut self, now: Instant, address: IpAddr, link: LinkAddress) -> Event<'static> {
        Event::Ignored(match self.neighbours.judge(address, link) {
            Claim::Accepted => {
                self.neighbours.accept(address, link, now, &self.config);
                return Event::Resolved { address, link };
            }
            Claim::Unasked => Ignored::Unasked { address },
            Claim::Duplicate => Ignored::Duplicate,
            Claim::Alive => Ignored::Alive { address },
        })
    }

    /// An IPv6 packet came: an advertisement for us stays here.
    fn handle_ipv6<'d>(
        &mut self,
        now: Instant,
        path: AddressVector,
        packet: &'d [u8],
    ) -> Result<Event<'d>, Ignored> {
        let message = NeighbourMessage::parse(packet).map_err(|error| Ignored::Malformed { error })?;
        let Some(NeighbourMessage { is_advertisement: true, target, link: Some(link), .. }) = message else {
            return Ok(Event::Packet { protocol: Protocol::Ipv6, bytes: packet });
        };
        if link.qpn != path.qpn || !link.is_unicast() {
            return Err(Ignored::Forged { lid: path.lid, qpn: path.qpn });
        }
        Ok(self.claim(now, target.into(), link))
    }

    fn take<'d>(&mut self, now: Instant, path: AddressVector, data: &'d [u8]) -> Result<Event<'d>, Ignored> {
        let own = self.link_address().ok_or(Ignored::NotStarted)?;
        let group = path.grh.map(|route| route.destination).filter(|gid| gid.is_multicast());
        if let Some(group) = group
            && self.member(group).is_none_or(|member| !member.full)
        {
            return Err(Ignored::OtherGroup { group });
        }
        let (kind, payload) = frame::parse(data).map_err(|error| Ignored::Malformed { error })?;
        match kind {
            frame::ARP => {
                let arp = Arp::parse(payload).map_err(|error| Ignored::Malformed { error })?;
                Ok(self.handle_arp(now, path, own, &arp))
            }
            frame::IPV4 => Ok(Event::Packet { protocol: Protocol::Ipv4, bytes: payload }),
            frame::IPV6 => self.handle_ipv6(now, path, payload),
            kind => Err(Ignored::UnknownType { kind }),
        }
    }

    /// Groups whose time to be asked for again has come, packets that waited too long, the probe.
    fn age(&mut self, now: Instant) {
        for member in core::iter::once(&mut self.broadcast).chain(self.groups.iter_mut().flatten()) {
            if let State::Refused { until } = member.state
                && until <= now
            {
                member.state = State::Wanted;
            }
        }
        for _ in 0..self.queue.len() {
            if let Some(packet) = self.queue.pop_front()
                && packet.until > now
            {
                let _ = self.queue.push_back(packet);
            }
        }
        if let Some(probe) = &mut self.probe {
            probe.age(now);
        }
    }

    /// Neighbours grow old; the first that is lost is told.
    fn age_neighbours(&mut self, now: Instant) -> Option<Failure> {
        let (config, mut lost) = (&self.config, None);
        self.neighbours.retain(|entry| {
            if lost.is_some() && entry.deadline <= now && !entry.due {
                entry.deadline = now.saturating_add(NEXT);
                return true;
            }
            let stays = entry.age(now, config);
            if !stays && entry.link().is_none() {
                lost = Some(Failure::Unreachable { address: entry.address, tries: entry.asked });
            }
            stays
        });
        if let Some(Failure::Unreachable { address, .. }) = lost {
            self.drop_packets(Target::Neighbour(address));
        }
        lost
    }
}

impl Machine for Interface {
    /// In what is received, `lid` and `qpn` are the sender's.
    type Path = AddressVector;
    type Event<'d> = Event<'d>;
    const MAX_TRANSMIT: usize = super::MAX_PACKET.saturating_add(frame::HEADER);

    fn handle_datagram<'d>(&mut self, now: Instant, path: AddressVector, data: &'d [u8]) -> Event<'d> {
        let now = self.clock.advance(now);
        self.take(now, path, data).unwrap_or_else(Event::Ignored)
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event<'static>> {
        let now = self.clock.advance(now);
        if self.deadline().is_none_or(|at| at > now) {
            return None;
        }
        self.age(now);
        self.age_neighbours(now).map(Event::Failed)
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, AddressVector>>, BufferTooSmall> {
        // A poll for nothing leaves the clock alone.
        let now = now.max(self.clock.latest());
        let sent = self.next_frame(now, buf)?;
        if sent.is_some() {
            self.clock.advance(now);
        }
        Ok(sent)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.has_output() { Some(self.clock.latest()) } else { self.deadline() }
    }
}
