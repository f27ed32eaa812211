//! Packets that others made: the specification's sample, Linux's rdma_rxe, Linux's ib_qib and ib_ipoib.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod common;

use bootproto_core::ParseErrorKind;
use bootproto_ib_verbs_lite::packet::{Opcode, Packet, RocePacket, Trailer, crc};
use bootproto_ib_verbs_lite::{Lid, PKey, Psn, QKey, Qpn};
use common::{capture, vector};
use testkit::vectors::truncations;

#[test]
fn the_sample_packet_of_the_specification_has_its_checksum() {
    let bytes = vector("ibta-sample-packet");
    let (body, sum) = bytes.split_last_chunk::<4>().unwrap();
    assert_eq!(sum, &[0x96, 0x25, 0xb7, 0x5a]);
    assert_eq!(crc::icrc(body, false), *sum);
    assert!(Packet::check(&bytes, Trailer::Icrc));
    // Its VCRC by the algorithm that captures of real links confirmed.
    assert_eq!(crc::vcrc(&bytes), [0x45, 0xfa]);

    let packet = Packet::parse(&bytes, Trailer::Icrc).unwrap();
    assert_eq!((packet.lrh.vl, packet.lrh.dlid, packet.lrh.slid), (7, Lid(0x375c), Lid(0x17d2)));
    assert_eq!(packet.transport.bth.opcode, Opcode(0x0a));
    assert_eq!(packet.transport.bth.destination_qp, Qpn::new(0x87_b1b3));
    assert_eq!(packet.transport.bth.psn, Psn::new(0x0d_ec2a));
    assert_eq!(packet.transport.reth.unwrap().dma_length, 14);
    assert_eq!(packet.payload.len(), 14);
    let mut again = [0xa5; 128];
    assert_eq!(packet.write(Trailer::Icrc, &mut again).unwrap(), bytes);
}

#[test]
fn every_bit_counts_but_those_that_a_switch_may_change() {
    let bytes = vector("ibta-sample-packet");
    let mut free = 0;
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 0x80 >> (bit % 8);
        free += usize::from(Packet::check(&changed, Trailer::Icrc));
    }
    // Four bits of the virtual lane, and the reserved byte beside the destination queue pair.
    assert_eq!(free, 12);
}

#[test]
fn what_rdma_rxe_sent_is_read_and_written_again_byte_for_byte() {
    let mut from_the_kernel = 0;
    for (who, bytes) in capture("rxe-ud").into_iter().chain(capture("rxe-rc")) {
        let packet = RocePacket::parse(&bytes).unwrap_or_else(|error| panic!("{who}: {error}: {bytes:02x?}"));
        from_the_kernel += usize::from(who == "kernel");
        assert_eq!(packet.transport.bth.p_key, PKey::DEFAULT);
        if let Some(deth) = packet.transport.deth {
            assert_eq!(deth.q_key, QKey(0x1111_1111));
        }
        // All but the IP identification and the header's checksum, which the ICRC does not cover.
        let mut buf = [0xa5; 2048];
        let mut again = packet.write(&mut buf).unwrap().to_vec();
        again[4..6].copy_from_slice(&bytes[4..6]);
        again[10..12].copy_from_slice(&bytes[10..12]);
        let same_head = again[..bytes.len() - 4] == bytes[..bytes.len() - 4];
        // The kernel numbers its IP packets, and so did the peer not: where the numbers agree, so does the ICRC.
        assert!(same_head, "{who}\n{again:02x?}\n{bytes:02x?}");
        assert_eq!(crc::icrc_roce(&again[..again.len() - 4]), bytes[bytes.len() - 4..]);
        for cut in truncations(&bytes) {
            assert!(RocePacket::parse(cut).is_err());
        }
    }
    assert_eq!(from_the_kernel, 5 + 11);
}

#[test]
fn the_checksum_of_an_ipv4_header_is_the_kernels() {
    for (who, bytes) in capture("rxe-ud") {
        if bytes[4..6] != [0, 0] {
            continue;
        }
        let mut buf = [0; 2048];
        let again = RocePacket::parse(&bytes).unwrap().write(&mut buf).unwrap().to_vec();
        assert_eq!(again, bytes, "{who}");
    }
}

#[test]
fn a_changed_packet_is_refused() {
    let (_, bytes) = capture("rxe-ud").swap_remove(1);
    let mut changed = bytes.clone();
    changed[60] ^= 1;
    let error = RocePacket::parse(&changed).unwrap_err();
    assert_eq!((error.kind, error.offset), (ParseErrorKind::BadValue, bytes.len() - 4));
    // What an Ethernet card leaves behind a short packet is passed over.
    let mut padded = bytes;
    padded.extend([0; 9]);
    assert!(RocePacket::parse(&padded).is_ok());
}

#[test]
fn what_ib_qib_and_ipoib_sent_is_read_and_written_again() {
    let packets = capture("qib");
    let (mut smps, mut multicast) = (0, 0);
    for (_, bytes) in &packets {
        let packet = Packet::parse(bytes, Trailer::Both).unwrap();
        smps += usize::from(packet.lrh.vl == 15);
        multicast += usize::from(packet.grh.is_some_and(|grh| grh.dgid.is_multicast()));
        let mut again = [0xa5; 600];
        let again = packet.write(Trailer::Both, &mut again).unwrap();
        assert_eq!(again[..again.len() - 6], bytes[..bytes.len() - 6]);
        assert!(Packet::check(again, Trailer::Both));
        for cut in truncations(bytes) {
            assert!(Packet::parse(cut, Trailer::Both).is_err());
        }
    }
    assert_eq!((packets.len(), smps), (36, 17));
    assert!(multicast >= 9, "{multicast}");
}

/// X7 of the survey: a length in the LRH that is shorter than its own headers makes no payload of four gigabytes.
#[test]
fn a_length_that_is_too_short_is_refused_before_anything_else() {
    for name in ["ibta-sample-packet"] {
        let mut bytes = vector(name);
        for words in 0..=u16::from(u8::MAX) {
            let length = bytes.len();
            bytes[4..6].copy_from_slice(&words.to_be_bytes());
            let parsed = Packet::parse(&bytes, Trailer::Icrc);
            assert_eq!(parsed.is_ok(), usize::from(words) * 4 == length, "{words}");
            // And where the bytes are as short as the length says.
            let short = &bytes[..length.min(usize::from(words) * 4)];
            if let Ok(packet) = Packet::parse(short, Trailer::Icrc) {
                assert!(packet.payload.len() <= short.len());
            }
        }
    }
}
