//! Two stacks on one wire in memory.

extern crate std;

mod wire;

use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::vec::Vec;

use bootproto_core::{Instant, UdpPath};

use super::{SendError, Stack, Storage};
use wire::Wire;

const A: [u8; 6] = [2, 0, 0, 0, 0, 1];
const B: [u8; 6] = [2, 0, 0, 0, 0, 2];
const ADDRESS_A: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const ADDRESS_B: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

struct Host<'s> {
    wire: Wire,
    stack: Stack<'s>,
    got: Vec<(UdpPath, Vec<u8>)>,
}

impl<'s> Host<'s> {
    fn new(own: [u8; 6], storage: &'s mut Storage<'s>) -> Self {
        let mut wire = Wire::default();
        let stack = Stack::new(&mut wire, own, 1, Instant::from_micros(0), storage);
        Self { wire, stack, got: Vec::new() }
    }

    /// Over a link that takes IP packets.
    fn over_ip(storage: &'s mut Storage<'s>) -> Self {
        let mut wire = Wire { is_ip: true, ..Wire::default() };
        let stack = Stack::ip(&mut wire, 1, Instant::from_micros(0), storage);
        Self { wire, stack, got: Vec::new() }
    }

    fn pump(&mut self, now: Instant) {
        self.stack.transmit(&mut self.wire, now);
        let got = &mut self.got;
        while self.stack.receive(&mut self.wire, now, |path, payload| got.push((path, payload.to_vec()))) {}
    }
}

/// Lets both hosts talk until the wire is silent.
fn settle(a: &mut Host<'_>, b: &mut Host<'_>, now: Instant) {
    for _ in 0..10 {
        a.pump(now);
        b.pump(now);
        b.wire.incoming.extend(a.wire.outgoing.drain(..));
        a.wire.incoming.extend(b.wire.outgoing.drain(..));
    }
}

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn to(address: Ipv4Addr, port: u16) -> UdpPath {
    UdpPath::from_port(68, SocketAddrV4::new(address, port))
}

#[test]
fn a_host_without_an_address_broadcasts_and_hears_what_is_sent_to_its_hardware_address() {
    let (mut memory_a, mut memory_b) = (Storage::default(), Storage::default());
    let (mut a, mut b) = (Host::new(A, &mut memory_a), Host::new(B, &mut memory_b));
    b.stack.configure(ADDRESS_B, 24, None);
    a.stack.send(to(Ipv4Addr::BROADCAST, 67), b"discover").unwrap();
    settle(&mut a, &mut b, at(1));
    let (path, payload) = b.got.pop().unwrap();
    assert_eq!(payload, b"discover");
    assert_eq!(path.remote, SocketAddr::from((Ipv4Addr::UNSPECIFIED, 68)));
    assert_eq!(path.local, SocketAddr::from((Ipv4Addr::BROADCAST, 67)));
}

#[test]
fn configured_hosts_find_each_other_by_arp() {
    let (mut memory_a, mut memory_b) = (Storage::default(), Storage::default());
    let (mut a, mut b) = (Host::new(A, &mut memory_a), Host::new(B, &mut memory_b));
    a.stack.configure(ADDRESS_A, 24, None);
    b.stack.configure(ADDRESS_B, 24, None);
    a.stack.send(to(ADDRESS_B, 69), b"hello").unwrap();
    settle(&mut a, &mut b, at(1));
    assert!(a.stack.poll_timeout(at(1)).is_none(), "nothing waits any more");
    let (path, payload) = b.got.pop().unwrap();
    assert_eq!((path.remote_v4(), payload.as_slice()), (Some(ADDRESS_A), &b"hello"[..]));
}

#[test]
fn a_configured_host_passes_over_what_is_for_others() {
    let (mut memory_a, mut memory_b) = (Storage::default(), Storage::default());
    let (mut a, mut b) = (Host::new(A, &mut memory_a), Host::new(B, &mut memory_b));
    b.stack.configure(ADDRESS_B, 24, None);
    a.stack.configure(ADDRESS_A, 24, None);
    a.stack.send(to(Ipv4Addr::new(239, 1, 1, 1), 1758), b"group").unwrap();
    settle(&mut a, &mut b, at(1));
    assert!(b.got.is_empty());
    assert!(b.stack.join(Ipv4Addr::new(239, 1, 1, 1)));
    a.stack.send(to(Ipv4Addr::new(239, 1, 1, 1), 1758), b"group").unwrap();
    settle(&mut a, &mut b, at(2));
    assert_eq!(b.got.len(), 1);
}

#[test]
fn what_has_no_route_is_refused_with_its_number() {
    let mut memory = Storage::default();
    let mut host = Host::new(A, &mut memory);
    let far = Ipv4Addr::new(192, 0, 2, 1);
    host.stack.configure(ADDRESS_A, 24, None);
    assert_eq!(host.stack.send(to(far, 69), b""), Err(SendError::NoRoute { to: far }));
    host.stack.configure(ADDRESS_A, 24, Some(ADDRESS_B));
    assert_eq!(host.stack.send(to(far, 69), b""), Ok(()));
    host.stack.unconfigure();
    assert_eq!(host.stack.send(to(far, 69), b""), Err(SendError::NoRoute { to: far }));
}

#[test]
fn a_full_queue_is_an_answer() {
    let mut memory = Storage::default();
    let mut host = Host::new(A, &mut memory);
    let sent =
        (0..100).take_while(|_| host.stack.send(to(Ipv4Addr::BROADCAST, 67), &[0; 300]).is_ok()).count();
    assert!((4..100).contains(&sent), "{sent}");
    assert_eq!(host.stack.send(to(Ipv4Addr::BROADCAST, 67), &[0; 300]), Err(SendError::QueueFull));
}

/// An ARP packet as RFC 826 lays it out, by hand: (operation, sender hardware, sender address, target address).
fn arp(operation: u8, hardware: [u8; 6], sender: Ipv4Addr, target: Ipv4Addr) -> Vec<u8> {
    let mut frame = [&[0xff; 6][..], &hardware, &[8, 6, 0, 1, 8, 0, 6, 4, 0, operation], &hardware].concat();
    frame.extend(sender.octets());
    frame.extend([0; 6]);
    frame.extend(target.octets());
    frame
}

// smoltcp itself does not answer probes, whose sender address is 0.0.0.0; Linux does.
#[test]
fn a_probe_finds_the_owner_of_an_address_and_a_rival_for_it() {
    let mut memory = Storage::default();
    let mut host = Host::new(A, &mut memory);
    for (answer, conflict) in [
        (arp(2, B, ADDRESS_B, Ipv4Addr::UNSPECIFIED), true),
        (arp(1, B, Ipv4Addr::UNSPECIFIED, ADDRESS_B), true),
        (arp(1, A, Ipv4Addr::UNSPECIFIED, ADDRESS_B), false),
        (arp(2, B, ADDRESS_A, Ipv4Addr::UNSPECIFIED), false),
    ] {
        host.stack.probe(ADDRESS_B, at(0));
        host.pump(at(0));
        assert_eq!(host.wire.outgoing.pop(), Some(arp(1, A, Ipv4Addr::UNSPECIFIED, ADDRESS_B)));
        host.wire.incoming.push_back(answer);
        host.pump(at(1));
        assert_eq!(host.stack.probe_result(at(1)), conflict.then_some(true));
    }
}

#[test]
fn a_probe_that_nobody_answers_frees_the_address_after_its_third_packet() {
    let mut memory = Storage::default();
    let mut host = Host::new(A, &mut memory);
    host.stack.probe(ADDRESS_A, at(1_000));
    for millis in (1_000..1_600).step_by(50) {
        host.pump(at(millis));
        assert_eq!(host.stack.probe_result(at(millis)), None);
    }
    assert_eq!(host.wire.outgoing.len(), 3);
    assert_eq!(host.stack.poll_timeout(at(1_599)), Some(at(1_600)));
    assert_eq!(host.stack.probe_result(at(1_600)), Some(false));
}

#[test]
fn broken_frames_are_passed_over() {
    let (mut memory_a, mut memory_b) = (Storage::default(), Storage::default());
    let (mut a, mut b) = (Host::new(A, &mut memory_a), Host::new(B, &mut memory_b));
    a.stack.send(to(Ipv4Addr::BROADCAST, 67), b"discover").unwrap();
    a.stack.transmit(&mut a.wire, at(1));
    let frame = a.wire.outgoing.pop().unwrap();
    for length in 0..frame.len() {
        b.wire.incoming.push_back(frame[..length].to_vec());
    }
    for byte in 14..frame.len() {
        let mut broken = frame.clone();
        broken[byte] ^= 0x10;
        b.wire.incoming.push_back(broken);
    }
    settle(&mut a, &mut b, at(2));
    assert!(b.got.is_empty(), "{:?}", b.got);
}

#[test]
fn over_ip_there_is_neither_header_nor_arp() {
    let (mut memory_a, mut memory_b) = (Storage::default(), Storage::default());
    let (mut a, mut b) = (Host::over_ip(&mut memory_a), Host::over_ip(&mut memory_b));
    a.stack.send(to(Ipv4Addr::BROADCAST, 67), b"discover").unwrap();
    settle(&mut a, &mut b, at(1));
    assert_eq!(b.got.pop().unwrap().1, b"discover");
    b.stack.configure(ADDRESS_B, 24, None);
    // An offer to an address that is not there yet.
    b.stack.send(UdpPath::from_port(67, SocketAddrV4::new(ADDRESS_A, 68)), b"offer").unwrap();
    b.stack.transmit(&mut b.wire, at(2));
    let packet = b.wire.outgoing.first().unwrap();
    assert_eq!((packet[0], packet.len()), (0x45, 28 + 5), "an IPv4 packet from its first byte");
    settle(&mut a, &mut b, at(2));
    assert_eq!(a.got.pop().unwrap().1, b"offer");
    a.stack.configure(ADDRESS_A, 24, None);
    a.stack.send(to(ADDRESS_B, 69), &[7; 2012]).unwrap();
    settle(&mut a, &mut b, at(3));
    assert_eq!(b.got.pop().unwrap().1.len(), 2012, "IPoIB's largest block");
    // For others, and broken: passed over.
    a.stack.send(to(Ipv4Addr::new(10, 0, 0, 3), 69), b"x").unwrap();
    settle(&mut a, &mut b, at(4));
    a.stack.send(to(ADDRESS_B, 69), b"whole").unwrap();
    a.stack.transmit(&mut a.wire, at(5));
    let packet = a.wire.outgoing.pop().unwrap();
    b.wire.incoming.extend((0..packet.len()).map(|length| packet[..length].to_vec()));
    settle(&mut a, &mut b, at(5));
    assert!(b.got.is_empty(), "{:?}", b.got);
    assert!(!a.stack.probe(ADDRESS_B, at(6)), "that is the link's business");
    assert_eq!(a.stack.probe_result(at(7)), None);
}

#[test]
fn checksums_are_told_as_smoltcp_tells_them() {
    use super::demux;
    use smoltcp::wire::{EthernetAddress, IpAddress, UdpPacket};
    let [from, to] = [ADDRESS_B, Ipv4Addr::BROADCAST].map(IpAddress::Ipv4);
    for length in (0..40_usize).chain([1467, 1468]) {
        // The emitted frame, and the same with each of some bytes changed.
        let mut wire = Wire::default();
        let mut storage = Storage::default();
        let mut stack = Stack::new(&mut wire, B, 1, at(0), &mut storage);
        let payload: Vec<u8> = (0..length).map(|at| (at * 7 + length).to_le_bytes()[0]).collect();
        let local = SocketAddrV4::new(ADDRESS_B, 69);
        stack.send(UdpPath::v4(local, SocketAddrV4::new(Ipv4Addr::BROADCAST, 2070)), &payload).unwrap();
        stack.transmit(&mut wire, at(0));
        let frame = wire.outgoing.pop().unwrap();
        let told = |frame: &[u8]| demux::in_frame(frame, EthernetAddress(A), true).is_some();
        assert!(told(&frame), "{length} bytes");
        for at in (34..frame.len()).step_by(5).filter(|at| !(38..40).contains(at)) {
            let mut bad = frame.clone();
            bad[at] ^= 0x10;
            let sound = UdpPacket::new_checked(&bad[34..]).is_ok_and(|udp| udp.verify_checksum(&from, &to));
            assert_eq!(told(&bad), sound, "{length} bytes, byte {at} changed");
        }
    }
}
