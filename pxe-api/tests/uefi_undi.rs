//! The UNDI of UEFI: bytes laid out by hand after appendix E of the specification, and what is refused.
#![allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests"
)]

use bootproto_pxe_api::uefi::{
    Cdb, CpbTransmit, DbReceive, Implementation, OpFlags, Opcode, SoftwareUndi, StatCode, bus_types, checked,
};
use bootproto_pxe_api::{Layout, Refusal, byte_sum};
use proptest::prelude::*;
use zerocopy::IntoBytes;

/// A software UNDI for PCI and USB.
fn software() -> Vec<u8> {
    let mut head = SoftwareUndi::zeroed();
    head.signature = *b"!PXE";
    (head.revision, head.major, head.minor) = (3, 3, 1);
    head.implementation.set(Implementation::STATISTICS.0 | Implementation::BROADCAST.0);
    head.entry_point.set(0x7fff_1234_5678);
    head.seal(&[*b"PCIR", *b"USBR"]);
    [head.as_bytes(), b"PCIRUSBR"].concat()
}

#[test]
fn a_software_undi_is_laid_out_as_the_specification_has_it() {
    let bytes = software();
    let mut expected =
        b"!PXE\x24\0\x03\0\x03\x01\0\0\x20\x02\0\0\x78\x56\x34\x12\xff\x7f\0\0\0\0\0\x02PCIRUSBR".to_vec();
    expected[5] = byte_sum(&expected).wrapping_neg();
    assert_eq!(bytes, expected);
    let head = checked(&bytes).unwrap();
    assert_eq!((head.major, head.minor, head.interfaces()), (3, 1, 1));
    assert_eq!(bus_types(&bytes).collect::<Vec<_>>(), [*b"PCIR", *b"USBR"]);
}

#[test]
fn what_is_no_undi_is_refused() {
    let good = software();
    let with = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        checked(&bytes).err()
    };
    assert_eq!(with(0, b'?'), Some(Refusal::BadSignature));
    assert_eq!(with(4, 27), Some(Refusal::BadLength));
    assert_eq!(with(4, 37), Some(Refusal::Unreadable));
    assert_eq!(with(5, good[5] ^ 1), Some(Refusal::BadChecksum));
    for length in 0..good.len() {
        assert!(checked(&good[..length]).is_err());
    }
    let mut headless = SoftwareUndi::zeroed();
    headless.signature = *b"!PXE";
    headless.seal(&[]);
    assert_eq!(checked(headless.as_bytes()), Err(Refusal::BadEntryPoint));
    // The list is bounded by the structure's length, whatever its count says.
    let mut many = good;
    many[27] = 255;
    assert_eq!(bus_types(&many).count(), 2);
}

#[test]
fn a_command_is_thirty_two_bytes_in_the_order_of_the_specification() {
    let cpb = CpbTransmit {
        frame_address: 0x1122_3344_5566.into(),
        data_length: 1_500.into(),
        media_header_length: 14.into(),
        reserved: 0.into(),
    };
    assert_eq!(cpb.as_bytes(), b"\x66\x55\x44\x33\x22\x11\0\0\xdc\x05\0\0\x0e\0\0\0");
    let cdb = Cdb::new(Opcode::TRANSMIT, OpFlags::TRANSMIT_BLOCK, 2).with_cpb(0x1000, 16).with_db(0x2000, 80);
    let expected = b"\x10\0\x01\0\x10\0\x50\0\0\x10\0\0\0\0\0\0\0\x20\0\0\0\0\0\0\0\0\0\0\x02\0\0\0";
    assert_eq!(cdb.as_bytes(), expected);
    let mut answered = *expected;
    answered[24..28].copy_from_slice(b"\x13\0\0\x80");
    let answered = Cdb::parse(&answered).unwrap();
    assert_eq!(answered.stat_code(), StatCode::NO_DATA);
    assert!(answered.stat_flags().is_failed() && !answered.stat_flags().is_complete());
    assert_eq!(answered.stat_code().to_string(), "no data");
}

#[test]
fn a_received_frame_has_room_for_an_address_of_infiniband() {
    let mut bytes = vec![0; 80];
    bytes[..20].copy_from_slice(&(1..=20).collect::<Vec<u8>>());
    bytes[64..72].copy_from_slice(b"\x00\x08\0\0\x08\x00\x04\x00");
    bytes[72] = 2;
    let block = DbReceive::parse(&bytes).unwrap();
    assert_eq!((block.source[19], block.frame_length.get(), block.protocol), (20, 2_048, [8, 0]));
    assert_eq!((block.media_header_length.get(), block.kind), (4, 2));
    assert!(DbReceive::parse(&bytes[..79]).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_a_verdict(bytes in proptest::collection::vec(any::<u8>(), 0..64), patch: bool) {
        let mut bytes = bytes;
        if patch && bytes.len() > 4 {
            bytes[..4].copy_from_slice(b"!PXE");
        }
        let _ = (checked(&bytes), bus_types(&bytes).count());
    }
}
