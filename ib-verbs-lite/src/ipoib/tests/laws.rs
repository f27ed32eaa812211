//! The laws, over an interface that is up and whose SA answers.

extern crate std;

use bootproto_core::{BufferTooSmall, Instant, Machine, Transmit};
use core::net::Ipv4Addr;
use proptest::prelude::*;
use testkit::laws::{self, Class, Op, Subject};

use super::lab::*;
use crate::ipoib::{Arp, Event, Interface, Request, frame};
use crate::mad::record::PathRecord;
use crate::verbs::AddressVector;
use crate::{Lid, Mtu};

/// An interface with its SA, whose every answer comes at once.
#[derive(Debug, Clone, PartialEq)]
struct Served(Interface);

impl Served {
    fn serve(&mut self, now: Instant) {
        while let Some(request) = self.0.poll_request() {
            match request {
                Request::Join { group, .. } => {
                    let _ = self.0.joined(now, &record(group, gid(1)), Mtu::MTU_4096);
                }
                Request::Path { gid: dgid } => {
                    let dlid = Lid(u16::from(dgid.0[15]));
                    self.0.path(now, dgid, &PathRecord { dgid, dlid, ..PathRecord::default() });
                }
            }
        }
    }
}

impl Machine for Served {
    type Path = AddressVector;
    type Event<'d> = Event<'d>;
    const MAX_TRANSMIT: usize = Interface::MAX_TRANSMIT;

    fn handle_datagram<'d>(&mut self, now: Instant, path: AddressVector, data: &'d [u8]) -> Event<'d> {
        let event = self.0.handle_datagram(now, path, data);
        self.serve(now);
        event
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event<'static>> {
        let event = self.0.handle_timeout(now);
        self.serve(now);
        event
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, AddressVector>>, BufferTooSmall> {
        self.0.poll_transmit(now, buf)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.0.poll_timeout()
    }
}

impl Subject for Served {
    fn class(event: &Event<'_>) -> Class {
        match event {
            Event::Ignored(_) => Class::Ignored,
            _ => Class::Other,
        }
    }

    fn parses(sent: &[u8]) -> bool {
        match frame::parse(sent) {
            Ok((frame::ARP, payload)) => Arp::parse(payload).is_ok(),
            Ok((kind, _)) => kind == frame::IPV4,
            Err(_) => false,
        }
    }

    fn burst(&self) -> usize {
        // A reply, a question for each neighbour, the packets that wait.
        8
    }
}

/// What a host hears that talks with another, and an interface that waits for it.
fn conversation() -> (Served, std::vec::Vec<std::vec::Vec<u8>>, std::vec::Vec<AddressVector>) {
    let mut a = Host::with_address(1, ADDRESS_A);
    let mut b = Host::with_address(2, ADDRESS_B);
    for to in [ADDRESS_B, Ipv4Addr::new(10, 0, 0, 3), Ipv4Addr::BROADCAST] {
        a.interface.send(laws::START, &packet(to, 60)).unwrap();
    }
    b.interface.send(laws::START, &packet(ADDRESS_A, 60)).unwrap();
    let start = Served(a.interface.clone());
    settle(&mut a, &mut b, laws::START);
    let paths = b.sent.iter().map(|(to, _)| {
        let grh = to.grh.map(|route| crate::verbs::GlobalRoute { source: gid(2), ..route });
        AddressVector { lid: Lid(2), qpn: qpn(2), grh, ..AddressVector::default() }
    });
    let paths = paths.chain([AddressVector::default()]).collect();
    (start, b.sent.iter().map(|(_, frame)| frame.clone()).collect(), paths)
}

proptest! {
    #[test]
    fn every_law_holds(script in {
        let (_, frames, paths) = conversation();
        laws::scripts(frames, paths, 40)
    }) {
        prop_assert_eq!(laws::check(conversation().0, &script), Ok(()));
    }
}

#[test]
fn the_good_conversation_itself_keeps_the_laws() {
    let (start, frames, paths) = conversation();
    assert!(frames.len() >= 3, "a question, an answer, a packet");
    let mut script = std::vec![Op::Drain];
    for (bytes, path) in frames.into_iter().zip(paths) {
        script.extend([Op::Datagram { path, bytes }, Op::Drain, Op::Timeout, Op::Drain]);
    }
    script.extend(std::iter::repeat_n([Op::Timeout, Op::Drain], 20).flatten());
    assert_eq!(laws::check(start, &script), Ok(()));
}
