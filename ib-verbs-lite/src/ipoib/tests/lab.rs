//! Two interfaces, an SA that knows everything, and no wires.

extern crate std;

use std::vec::Vec;

use bootproto_core::{Instant, Machine};
use core::net::Ipv4Addr;

use crate::ipoib::{Config, Event, Interface, Request};
use crate::mad::record::{McMemberRecord, PathRecord};
use crate::verbs::{AddressVector, GlobalRoute};
use crate::{Gid, Guid, Lid, Mtu, PKey, QKey, Qpn};

pub(super) const ADDRESS_A: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
pub(super) const ADDRESS_B: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
pub(super) const Q_KEY: QKey = QKey(0x0000_0b1b);

pub(super) fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

/// The port with this number: its LID, its queue pair and its GUID end in it.
pub(super) fn gid(number: u16) -> Gid {
    Gid::new(Gid::DEFAULT_PREFIX, Guid(0x0002_c903_0000_0000 | u64::from(number)))
}

pub(super) fn qpn(number: u16) -> Qpn {
    Qpn::new(0x40 + u32::from(number))
}

/// What opensm says of a group (capture of a real join: Q_Key 0b1b, MTU 2048, scope 2).
pub(super) fn record(group: Gid, member: Gid) -> McMemberRecord {
    McMemberRecord {
        mgid: group,
        port_gid: member,
        q_key: Q_KEY,
        mlid: Lid(0xc000 | u16::from(group.0[15] & 0x0f)),
        mtu_selector: 2,
        mtu: Mtu::MTU_2048,
        p_key: PKey::DEFAULT,
        scope: 2,
        join_state: 1,
        ..McMemberRecord::default()
    }
}

/// One port with an interface.
pub(super) struct Host {
    pub(super) number: u16,
    pub(super) interface: Interface,
    /// What the SA is asked.
    pub(super) asked: Vec<Request>,
    /// Packets that came.
    pub(super) got: Vec<Vec<u8>>,
    /// Everything else that was told.
    pub(super) told: Vec<Event<'static>>,
    /// What was sent: where to, and the frame.
    pub(super) sent: Vec<(AddressVector, Vec<u8>)>,
    /// Ports that the SA knows no way to.
    pub(super) lost: Vec<Gid>,
}

impl Host {
    pub(super) fn new(number: u16) -> Self {
        let interface = Interface::new(Config::new(PKey::DEFAULT), gid(number), at(0)).unwrap();
        let (asked, got, told, sent, lost) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut host = Self { number, interface, asked, got, told, sent, lost };
        host.ask_sa(at(0));
        host.interface.start(at(0), qpn(number));
        host
    }

    pub(super) fn with_address(number: u16, address: Ipv4Addr) -> Self {
        let mut host = Self::new(number);
        host.interface.configure(address, 24, Some(Ipv4Addr::new(10, 0, 0, 254)));
        host
    }

    /// Answers what the interface wants of the SA.
    pub(super) fn ask_sa(&mut self, now: Instant) {
        while let Some(request) = self.interface.poll_request() {
            self.asked.push(request);
            match request {
                Request::Join { group, .. } => {
                    self.interface.joined(now, &record(group, gid(self.number)), Mtu::MTU_4096).unwrap();
                }
                Request::Path { gid } if self.lost.contains(&gid) => {
                    let failure = self.interface.no_path(now, gid).unwrap();
                    self.told.push(Event::Failed(failure));
                }
                Request::Path { gid: dgid } => {
                    let dlid = Lid(u16::from(dgid.0[15]));
                    let path = PathRecord { dgid, sgid: gid(self.number), dlid, ..PathRecord::default() };
                    self.interface.path(now, dgid, &path);
                }
            }
        }
    }

    /// Takes what there is to send.
    pub(super) fn drain(&mut self, now: Instant) -> Vec<(AddressVector, Vec<u8>)> {
        let mut buf = [0xa5; Interface::MAX_TRANSMIT];
        let mut out = Vec::new();
        self.ask_sa(now);
        while let Some(frame) = self.interface.poll_transmit(now, &mut buf).unwrap() {
            out.push((frame.path, frame.bytes.to_vec()));
        }
        self.sent.extend(out.iter().cloned());
        out
    }

    /// A frame comes from the port with this number, as an HCA would tell it.
    pub(super) fn hears(
        &mut self,
        now: Instant,
        from: u16,
        to: &AddressVector,
        frame: &[u8],
    ) -> Event<'static> {
        let grh = to.grh.map(|route| GlobalRoute { source: gid(from), ..route });
        let path = AddressVector { lid: Lid(from), qpn: qpn(from), grh, ..AddressVector::default() };
        let event = match self.interface.handle_datagram(now, path, frame) {
            Event::Packet { bytes, .. } => {
                self.got.push(bytes.to_vec());
                Event::Nothing
            }
            Event::Nothing => Event::Nothing,
            Event::Ignored(why) => Event::Ignored(why),
            Event::Resolved { address, link } => Event::Resolved { address, link },
            Event::Answering { address } => Event::Answering { address },
            Event::Failed(failure) => Event::Failed(failure),
        };
        self.told.push(event);
        self.ask_sa(now);
        event
    }

    /// Time goes on to an instant, deadline by deadline.
    pub(super) fn wait_until(&mut self, end: Instant) {
        while let Some(next) = self.interface.poll_timeout().filter(|next| *next <= end) {
            self.told.extend(self.interface.handle_timeout(next));
            self.drain(next);
        }
    }
}

/// Lets two hosts talk until both are silent. What goes to a group goes to the other one.
pub(super) fn settle(a: &mut Host, b: &mut Host, now: Instant) {
    for _ in 0..20 {
        for (path, frame) in a.drain(now) {
            if reaches(&path, b) {
                b.hears(now, a.number, &path, &frame);
            }
        }
        for (path, frame) in b.drain(now) {
            if reaches(&path, a) {
                a.hears(now, b.number, &path, &frame);
            }
        }
    }
}

/// Whether the fabric delivers it there, with the key of the queue pair.
fn reaches(path: &AddressVector, host: &Host) -> bool {
    let group = path.qpn == Qpn::MULTICAST && path.lid.is_multicast() && path.grh.is_some();
    let own = path.lid == Lid(host.number) && path.qpn == qpn(host.number);
    assert_eq!(path.q_key, Q_KEY);
    group || own
}

/// An IPv4 packet of no particular protocol.
pub(super) fn packet(to: Ipv4Addr, length: usize) -> Vec<u8> {
    let mut packet = std::vec![0x5a; length];
    packet[0] = 0x45;
    packet[16..20].clone_from_slice(&to.octets());
    packet
}
