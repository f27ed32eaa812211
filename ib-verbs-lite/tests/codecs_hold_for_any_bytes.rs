//! What is written is read again as the same value, whatever the value; and no bytes at all make a parser panic.
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

use bootproto_core::Writer;
use bootproto_ib_verbs_lite::fuzzing;
use bootproto_ib_verbs_lite::mad::attribute::{
    GuidInfo, NodeDescription, Notice, PKeyTable, PortInfo, SlToVl, VlArbitration,
};
use bootproto_ib_verbs_lite::mad::cm::{Rep, Req};
use bootproto_ib_verbs_lite::mad::record::{McMemberRecord, NodeRecord, PathRecord, ServiceRecord};
use bootproto_ib_verbs_lite::mad::{Header, SaMad, Smp};
use bootproto_ib_verbs_lite::packet::{
    Aeth, Bth, Deth, Grh, Lrh, NextHeader, Opcode, Packet, Reth, Trailer, Transport,
};
use bootproto_ib_verbs_lite::verbs::VerbsError;
use proptest::prelude::*;

/// Reads any bytes, writes what was read, and reads that: nothing may change any more.
macro_rules! fixed_point {
    ($($name:ident),+ $(,)?) => { $(
        proptest!(|(bytes in prop::collection::vec(any::<u8>(), $name::LENGTH))| {
            let read = $name::parse(&bytes).unwrap();
            prop_assert_eq!($name::parse(&read.to_bytes()).unwrap(), read);
            for length in 0..$name::LENGTH.min(64) {
                // A notice has a short form.
                prop_assert!($name::parse(&bytes[..length]).is_err());
            }
        });
    )+ };
}

#[test]
fn structures_are_fixed_points() {
    fixed_point!(
        PortInfo,
        PathRecord,
        McMemberRecord,
        NodeRecord,
        ServiceRecord,
        Req,
        Rep,
        GuidInfo,
        PKeyTable,
        SlToVl
    );
    fixed_point!(VlArbitration, NodeDescription, Notice, Lrh, Grh, Bth, Deth, Reth, Aeth);
}

/// Any packet that the opcode allows.
fn packet(has_grh: bool, opcode: u8, heads: &[u8]) -> (Lrh, Option<Grh>, Transport) {
    let opcode = Opcode(opcode);
    let place = opcode.0 & 0x1f;
    let bth = Bth { opcode, transport_version: 0, pad_count: 0, ..Bth::parse(&heads[48..]).unwrap() };
    let reth = matches!(place, 0x06 | 0x0a | 0x0b | 0x0c).then(|| Reth::parse(&heads[60..]).unwrap());
    let aeth = matches!(place, 0x0d | 0x0f..=0x11).then(|| Aeth::parse(&heads[60..]).unwrap());
    let immediate = matches!(place, 0x03 | 0x05 | 0x09 | 0x0b).then_some(0x0102_0304);
    let deth = (opcode.0 >> 5 == 3).then(|| Deth::parse(&heads[60..]).unwrap());
    let next_header = if has_grh { NextHeader::GRH } else { NextHeader::BTH };
    let lrh = Lrh { version: 0, length: 0, next_header, ..Lrh::parse(heads).unwrap() };
    let grh =
        Grh { version: 6, next_header: Grh::IBA, payload_length: 0, ..Grh::parse(&heads[8..]).unwrap() };
    (lrh, has_grh.then_some(grh), Transport { bth, deth, reth, aeth, immediate })
}

const OPCODES: [u8; 14] = [0, 1, 2, 3, 4, 5, 0x0a, 0x0b, 0x0c, 0x10, 0x11, 0x24, 0x64, 0x65];

proptest! {
    #[test]
    fn packets_are_read_as_they_were_written(
        has_grh: bool, opcode in prop::sample::select(&OPCODES[..]), heads in prop::collection::vec(any::<u8>(), 80),
        payload in prop::collection::vec(any::<u8>(), 0..300), flip: prop::sample::Index
    ) {
        let (lrh, grh, transport) = packet(has_grh, opcode, &heads);
        let packet = Packet { lrh, grh, transport, payload: &payload };
        for trailer in [Trailer::None, Trailer::Icrc, Trailer::Both] {
            let mut buf = [0xa5; Packet::MAX_LENGTH];
            let bytes = packet.write(trailer, &mut buf).unwrap().to_vec();
            prop_assert_eq!(bytes.len(), packet.length(trailer));
            let read = Packet::parse(&bytes, trailer).unwrap();
            prop_assert_eq!(read.payload, &payload[..]);
            prop_assert_eq!((read.lrh.slid, read.lrh.dlid, read.lrh.vl), (lrh.slid, lrh.dlid, lrh.vl));
            prop_assert_eq!(read.grh.map(|grh| (grh.sgid, grh.dgid)), grh.map(|grh| (grh.sgid, grh.dgid)));
            let bth = Bth { pad_count: read.transport.bth.pad_count, ..transport.bth };
            prop_assert_eq!(read.transport, Transport { bth, ..transport });
            prop_assert_eq!(&bytes[read.payload_offset()..][..payload.len()], &payload[..]);
            prop_assert!(Packet::check(&bytes, trailer));
            let small = packet.write(trailer, &mut buf[..bytes.len() - 1]).unwrap_err();
            prop_assert_eq!(small, VerbsError::BufferTooSmall { needed: bytes.len() });
            for length in 0..bytes.len() {
                prop_assert!(Packet::parse(&bytes[..length], trailer).is_err());
            }
            if trailer == Trailer::Both {
                let mut damaged = bytes.clone();
                let bit = flip.index(damaged.len() * 8);
                damaged[bit / 8] ^= 1 << (bit % 8);
                prop_assert!(!Packet::check(&damaged, trailer));
            }
        }
    }

    #[test]
    fn mads_are_read_as_they_were_written(mut bytes in prop::collection::vec(any::<u8>(), 256), class in 0..3_usize) {
        (bytes[0], bytes[1]) = (1, [0x01, 0x81, 0x03][class]);
        (bytes[6], bytes[7]) = (bytes[6] % 63, 62);
        let mut buf = [0xa5; 256];
        let mut writer = Writer::new(&mut buf);
        if class == 2 {
            let read = SaMad::parse(&bytes).unwrap();
            read.write(&mut writer);
            prop_assert_eq!(SaMad::parse(writer.finish().unwrap()).unwrap(), read);
        } else {
            let read = Smp::parse(&bytes).unwrap();
            read.write(&mut writer);
            prop_assert_eq!(Smp::parse(writer.finish().unwrap()).unwrap(), read);
        }
        prop_assert!(Header::parse(&buf).is_ok());
    }

    #[test]
    fn no_bytes_at_all_make_a_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), head in 0..8_u8) {
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut() {
            *first = head;
        }
        fuzzing::mad(&bytes);
        fuzzing::packet(&bytes);
        fuzzing::ipoib(&bytes);
    }
}
