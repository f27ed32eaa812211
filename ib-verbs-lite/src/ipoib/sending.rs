//! What goes out: packets to groups and neighbours, questions, answers.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bootproto_core::{BufferTooSmall, Instant, Reader, Transmit, Writer, copy_into};

use super::group::{Membership, State};
use super::neighbour::Knowledge;
use super::outgoing::{Outgoing, PATIENCE, ROOM, Target};
use super::probe::Probe;
use super::{Arp, Failure, Interface, LinkAddress, MAX_PACKET, NeighbourMessage, frame};
use crate::Gid;
use crate::verbs::AddressVector;

impl Interface {
    /// Whether another packet may be handed over.
    #[must_use]
    pub const fn has_room(&self) -> bool {
        self.queue.len() < ROOM
    }

    /// Takes a whole IP packet to send. It leaves when its neighbour, or its group, is known, or is dropped after five
    /// seconds.
    ///
    /// # Errors
    /// [`Failure`] says why it will never leave; to drop it is safe, for every protocol sends again.
    pub fn send(&mut self, now: Instant, packet: &[u8]) -> Result<(), Failure> {
        self.send_with(now, packet.len(), |place| {
            copy_into(place, packet);
        })
    }

    /// The same for a packet of `length` bytes that `fill` writes.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_with(
        &mut self,
        now: Instant,
        length: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<(), Failure> {
        let now = self.clock.advance(now);
        let limit = self.mtu().unwrap_or(MAX_PACKET).min(MAX_PACKET);
        let mut bytes = heapless::Vec::new();
        if length > limit || bytes.resize(length, 0).is_err() {
            return Err(Failure::TooLong { length, limit });
        }
        fill(&mut bytes);
        let to = self.target(&bytes)?;
        match to {
            Target::Group(gid) if self.member(gid).is_none() => self.add_group(gid, false)?,
            Target::Group(gid) => {
                if let Some(Membership { state: State::Refused { .. }, .. }) = self.member(gid) {
                    return Err(Failure::GroupRefused { group: gid });
                }
            }
            Target::Neighbour(address) if !self.neighbours.want(address, now) => {
                return Err(Failure::TooManyNeighbours { address });
            }
            Target::Neighbour(_) => {}
        }
        let packet = Outgoing { bytes, to, until: now.saturating_add(PATIENCE) };
        self.queue.push_back(packet).map_err(|_| Failure::QueueFull)
    }

    /// Begins to find who has an address, or the router towards it, without a packet to send. Answers whom.
    ///
    /// # Errors
    /// [`Failure::NoRoute`], [`Failure::TooManyNeighbours`].
    pub fn resolve(&mut self, now: Instant, address: Ipv4Addr) -> Result<Ipv4Addr, Failure> {
        let now = self.clock.advance(now);
        match self.target_v4(address)? {
            Target::Neighbour(IpAddr::V4(hop)) if self.neighbours.want(hop.into(), now) => Ok(hop),
            Target::Neighbour(address) => Err(Failure::TooManyNeighbours { address }),
            Target::Group(_) => Err(Failure::NoRoute { to: address }),
        }
    }

    /// Where on this link a packet goes.
    fn target(&self, packet: &[u8]) -> Result<Target, Failure> {
        let mut reader = Reader::new(packet);
        let mut skip = |count| reader.take(count).map_err(|_| Failure::NotIp);
        let not_ip = |_| Failure::NotIp;
        match packet.first().map(|byte| byte >> 4) {
            Some(4) => {
                skip(16)?;
                let to = Ipv4Addr::from(reader.array::<4>().map_err(not_ip)?);
                self.target_v4(to)
            }
            Some(6) => {
                skip(24)?;
                let to = Ipv6Addr::from(reader.array::<16>().map_err(not_ip)?);
                if to.is_multicast() {
                    return Ok(Target::Group(Gid::ipoib_v6(self.config.scope, self.config.p_key, to)));
                }
                // Without routers, every address is looked for on the link.
                Ok(Target::Neighbour(to.into()))
            }
            _ => Err(Failure::NotIp),
        }
    }

    fn target_v4(&self, to: Ipv4Addr) -> Result<Target, Failure> {
        if to.is_broadcast() {
            return Ok(Target::Group(self.broadcast.gid));
        }
        if to.is_multicast() {
            return Ok(Target::Group(Gid::ipoib_v4(self.config.scope, self.config.p_key, to)));
        }
        let v4 = self.v4.ok_or(Failure::NoRoute { to })?;
        let mask = u32::MAX.checked_shl(32_u32.saturating_sub(v4.prefix.into())).unwrap_or(0);
        let near = u32::from(to) & mask == u32::from(v4.address) & mask;
        if near && v4.prefix < 31 && u32::from(to) | mask == u32::MAX {
            return Ok(Target::Group(self.broadcast.gid));
        }
        let hop = if near { Some(to) } else { v4.router };
        hop.map(|hop| Target::Neighbour(hop.into())).ok_or(Failure::NoRoute { to })
    }

    /// How to send to a target, if everything is known.
    fn vector(&self, to: Target) -> Option<AddressVector> {
        match to {
            // While the broadcast group is joined anew, its old record still serves.
            Target::Group(gid) if gid == self.broadcast.gid => Some(self.group?.vector(self.gid)),
            Target::Group(gid) => Some(self.member(gid)?.group()?.vector(self.gid)),
            Target::Neighbour(address) => self.neighbours.find(address)?.vector(),
        }
    }

    /// Where a question for a neighbour goes now: to itself while it is only doubted, else to everybody.
    fn question_vector(&self, address: IpAddr) -> Option<AddressVector> {
        let entry = self.neighbours.find(address)?;
        match (entry.knowledge, address) {
            (Knowledge::Doubted(_), _) => {
                entry.vector().or_else(|| self.vector(Target::Group(self.broadcast.gid)))
            }
            (_, IpAddr::V4(_)) => self.vector(Target::Group(self.broadcast.gid)),
            // Who is in the group of the node alone may be nobody's group yet: all nodes hear the broadcast group.
            (_, IpAddr::V6(_)) => self.vector(Target::Group(self.broadcast.gid)),
        }
    }

    /// Whether something can be sent now.
    pub(super) fn has_output(&self) -> bool {
        if self.qpn.is_none() || self.group.is_none() {
            return false;
        }
        self.reply.is_some()
            || self.probe.as_ref().is_some_and(|probe| probe.due)
            || self.neighbours.iter().any(|entry| entry.due)
            || self.queue.iter().any(|packet| self.vector(packet.to).is_some())
    }

    /// When something happens by itself.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let members = core::iter::once(&self.broadcast).chain(self.groups.iter().flatten());
        let refused = members.filter_map(|member| match member.state {
            State::Refused { until } => Some(until),
            State::Wanted | State::Asked | State::Joined(_) => None,
        });
        let neighbours = self.neighbours.iter().filter(|entry| !entry.due).map(|entry| entry.deadline);
        refused
            .chain(neighbours)
            .chain(self.queue.iter().map(|packet| packet.until))
            .chain(self.probe.as_ref().and_then(Probe::deadline))
            .min()
    }

    /// Writes the next frame.
    pub(super) fn next_frame<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, AddressVector>>, BufferTooSmall> {
        let (Some(own), Some(group)) = (self.link_address(), self.group) else { return Ok(None) };
        if let Some((path, arp)) = self.reply {
            let bytes = write_arp(&arp, buf)?;
            self.reply = None;
            return Ok(Some(Transmit { path, bytes }));
        }
        if let Some(probe) = self.probe.as_mut().filter(|probe| probe.due) {
            let bytes = write_arp(&question(own, Ipv4Addr::UNSPECIFIED, probe.address), buf)?;
            probe.sent(now);
            return Ok(Some(Transmit { path: group.vector(self.gid), bytes }));
        }
        let asked = self.neighbours.iter().find(|entry| entry.due).map(|entry| entry.address);
        if let Some(address) = asked
            && let Some(path) = self.question_vector(address)
        {
            let bytes = self.write_question(own, address, buf)?;
            for entry in self.neighbours.iter_mut().filter(|entry| entry.address == address) {
                entry.sent(now, &self.config);
            }
            return Ok(Some(Transmit { path, bytes }));
        }
        self.next_packet(buf)
    }

    /// The first packet in the queue whose way is known.
    fn next_packet<'b>(
        &mut self,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, AddressVector>>, BufferTooSmall> {
        let ready =
            self.queue.iter().zip(0_usize..).find_map(|(packet, at)| Some((at, self.vector(packet.to)?)));
        let Some((at, path)) = ready else { return Ok(None) };
        let mut writer = Writer::new(buf);
        if let Some(packet) = self.queue.iter().nth(at) {
            let is_v6 = packet.bytes.first().is_some_and(|byte| byte >> 4 == 6);
            frame::write_header(if is_v6 { frame::IPV6 } else { frame::IPV4 }, &mut writer);
            writer.bytes(&packet.bytes);
        }
        let bytes = writer.finish()?;
        for index in 0..self.queue.len() {
            if let Some(packet) = self.queue.pop_front()
                && index != at
            {
                // One was taken out before one goes in, so there is room.
                let _ = self.queue.push_back(packet);
            }
        }
        Ok(Some(Transmit { path, bytes }))
    }

    fn write_question<'b>(
        &self,
        own: LinkAddress,
        address: IpAddr,
        buf: &'b mut [u8],
    ) -> Result<&'b [u8], BufferTooSmall> {
        match address {
            IpAddr::V4(address) => {
                let sender = self.v4.map_or(Ipv4Addr::UNSPECIFIED, |v4| v4.address);
                write_arp(&question(own, sender, address), buf)
            }
            IpAddr::V6(target) => {
                let message = NeighbourMessage {
                    source: NeighbourMessage::link_local(self.gid.guid()),
                    destination: NeighbourMessage::solicited_node(target),
                    is_advertisement: false,
                    is_solicited: false,
                    target,
                    link: Some(own),
                };
                let mut writer = Writer::new(buf);
                frame::write_header(frame::IPV6, &mut writer);
                message.write(&mut writer);
                writer.finish()
            }
        }
    }
}

const fn question(own: LinkAddress, sender_ip: Ipv4Addr, target_ip: Ipv4Addr) -> Arp {
    Arp { operation: Arp::REQUEST, sender: own, sender_ip, target: LinkAddress::ZERO, target_ip }
}

fn write_arp<'b>(arp: &Arp, buf: &'b mut [u8]) -> Result<&'b [u8], BufferTooSmall> {
    let mut writer = Writer::new(buf);
    frame::write_header(frame::ARP, &mut writer);
    arp.write(&mut writer);
    writer.finish()
}
