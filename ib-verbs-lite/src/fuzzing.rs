//! The bodies of fuzz targets: any bytes in, no panic out, and what was read is written and read again the same.

use core::net::Ipv4Addr;

use bootproto_core::{Instant, Machine, Writer};

use crate::mad::record::McMemberRecord;
use crate::mad::{Gmp, MAD_LENGTH, SaMad, Smp};
use crate::packet::{Packet, RocePacket, Trailer};
use crate::verbs::{AddressVector, LinkWidth};
use crate::{Gid, Guid, Lid, Mtu, PKey, QKey, Qpn, ServiceLevel, ipoib, pma, sa, sma};

/// Reads `bytes` as every kind of MAD.
pub fn mad(bytes: &[u8]) {
    let mut buf = [0; MAD_LENGTH];
    if let Ok(smp) = Smp::parse(bytes) {
        smp.write(&mut Writer::new(&mut buf));
        assert_eq!(Smp::parse(&buf), Ok(smp), "an SMP changes as it is written");
    }
    if let Ok(mad) = SaMad::parse(bytes) {
        mad.write(&mut Writer::new(&mut buf));
        assert_eq!(SaMad::parse(&buf), Ok(mad), "a MAD of the SA changes as it is written");
    }
    if let Ok(gmp) = Gmp::parse(bytes) {
        gmp.write(&mut Writer::new(&mut buf));
        assert_eq!(Gmp::parse(&buf), Ok(gmp), "a GMP changes as it is written");
    }
}

/// Reads `bytes` as a packet of a link with each trailer, and as one of RoCEv2.
pub fn packet(bytes: &[u8]) {
    for trailer in [Trailer::None, Trailer::Icrc, Trailer::Both] {
        let _ = Packet::check(bytes, trailer);
        if let Ok(packet) = Packet::parse(bytes, trailer) {
            assert!(packet.payload.len() <= bytes.len(), "a payload longer than its packet");
            let mut buf = [0; Packet::MAX_LENGTH];
            // Hardware may carry more than the 4096 bytes that we send.
            if let Ok(written) = packet.write(trailer, &mut buf) {
                assert_eq!(Packet::parse(written, trailer), Ok(packet), "a packet changes as it is written");
            }
        }
    }
    if let Ok(packet) = RocePacket::parse(bytes) {
        assert!(packet.payload.len() <= bytes.len(), "a payload longer than its packet");
    }
}

/// Hands `bytes`, 256 at a time, to both agents and to a client that asks and is subscribed: no MAD may cost more than
/// the one that it may cause.
pub fn agents(bytes: &[u8]) {
    let now = Instant::from_millis(1);
    let config = sma::Config::new(1, Guid(1), Guid(2));
    let (Ok(mut subnet), Ok(mut client)) = (sma::Agent::new(config), sa::Client::new(sa::Config::new(1)))
    else {
        return;
    };
    let mut performance = pma::Agent::new(1);
    subnet.link_up(LinkWidth::X4, 4);
    let gid = Gid::new(Gid::DEFAULT_PREFIX, Guid(2));
    let (lid, sm_lid, sm_sl) = (Lid(2), Lid(1), ServiceLevel::new(0));
    let _ = client.configure(now, sa::Port { gid, lid, sm_lid, sm_sl, p_key_index: 0 });
    client.subscribe(now);
    let _ = client.ask(now, sa::Question::ClassPortInfo);
    while sends(&mut client, now) {}
    let path = AddressVector { lid: Lid(1), qpn: Qpn::GSI, ..AddressVector::default() };
    for mad in bytes.chunks(MAD_LENGTH) {
        let _ = subnet.handle_datagram(now, path, mad);
        let _ = performance.handle_datagram(now, path, mad);
        let _ = client.handle_datagram(now, path, mad);
        sends(&mut subnet, now);
        sends(&mut performance, now);
        sends(&mut client, now);
        assert!(!sends(&mut performance, now) && !sends(&mut client, now), "one MAD costs more than one");
    }
}

/// Hands `bytes` to an interface that is up: the first says how many make the next frame. None of them may make it send
/// more than one answer.
pub fn ipoib(bytes: &[u8]) {
    let now = Instant::from_millis(1);
    let gid = Gid::new(Gid::DEFAULT_PREFIX, Guid(2));
    let Ok(mut interface) = ipoib::Interface::new(ipoib::Config::new(PKey::DEFAULT), gid, now) else {
        return;
    };
    let group = McMemberRecord {
        mgid: interface.broadcast_gid(),
        mlid: Lid(0xc000),
        q_key: QKey(0x0b1b),
        mtu: Mtu::MTU_2048,
        p_key: PKey::DEFAULT,
        ..McMemberRecord::default()
    };
    let _ = interface.poll_request();
    let _ = interface.joined(now, &group, Mtu::MTU_4096);
    interface.start(now, Qpn::new(0x48));
    interface.configure(Ipv4Addr::new(10, 0, 0, 1), 24, None);
    let path = AddressVector { lid: Lid(2), qpn: Qpn::new(0x49), ..AddressVector::default() };
    let mut rest = bytes;
    while let Some((length, more)) = rest.split_first() {
        let length = usize::from(*length).min(more.len());
        let (frame, after) = more.split_at_checked(length).unwrap_or_default();
        rest = after;
        let _ = interface.handle_datagram(now, path, frame);
        sends(&mut interface, now);
        assert!(!sends(&mut interface, now), "one frame costs more than one");
        assert_eq!(interface.neighbour(Ipv4Addr::new(10, 0, 0, 2).into()), None, "nobody was asked for");
    }
}

fn sends<M: Machine<Path = AddressVector>>(machine: &mut M, now: Instant) -> bool {
    let mut buf = [0; MAD_LENGTH];
    matches!(machine.poll_transmit(now, &mut buf), Ok(Some(_)))
}
