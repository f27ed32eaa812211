//! What the calls for PXE structures and IPoIB frames say about bytes that real ROMs and Linux made.

#![cfg(not(feature = "freestanding"))]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test"
)]

use bootproto_capi::{ipoib::*, pxe::*, *};

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// The `!PXE` of iPXE's ROM for e1000; its .toml says where it was recorded.
const BANG_PXE: &str = include_str!("../../pxe-api/tests/vectors/e1000-bang-pxe.hex");
const PXENV: &str = include_str!("../../pxe-api/tests/vectors/e1000-pxenv.hex");

/// The ARP request of Linux 6.1's `ib0` for 10.50.0.1, captured behind the emulated HCA of `interop`.
const LINUX_REQUEST: &str = "08060000 0020 0800 14 04 0001 80000003 fe80000000000000 00117500007e5e01 0a320002 \
    00000000 0000000000000000 0000000000000000 0a320001";

#[test]
fn a_real_stack_is_told_and_a_changed_byte_is_refused() {
    let bytes = hex(BANG_PXE);
    let mut entry = bp_pxe_entry::default();
    // SAFETY: every pointer points to a local.
    let mut read = |bytes: &[u8]| unsafe { bp_pxe_read(bytes.as_ptr(), bytes.len(), &raw mut entry) };
    assert_eq!(read(&bytes), BP_OK);
    for at in 0..usize::from(bytes[4]) {
        let mut wrong = bytes.clone();
        wrong[at] ^= 0x10;
        assert!((4101..=4105).contains(&read(&wrong).0), "byte {at}");
    }
    for length in 0..usize::from(bytes[4]) {
        assert!((4101..=4105).contains(&read(&bytes[..length]).0), "{length} bytes");
    }
    assert_eq!(entry.entry, bp_far { offset: 0x0160, segment: 0x9c48 });
    assert_eq!(entry.entry_32, bp_far { offset: 0x0168, segment: 0x9c48 });
    assert_eq!(entry.undi_data, bp_pxe_segment { physical: 0x9_ccc0, segment: 0x9ccc, size: 0x2f10 });
    assert_eq!(entry.undi_code, bp_pxe_segment { physical: 0x9_c480, segment: 0x9c48, size: 0x0812 });
}

#[test]
fn an_older_stack_names_its_successor() {
    let bytes = hex(PXENV);
    let mut entry = bp_pxe_entry::default();
    // SAFETY: every pointer points to a local.
    assert_eq!(unsafe { bp_pxenv_read(bytes.as_ptr(), bytes.len(), &raw mut entry) }, BP_OK);
    assert_eq!(entry.version, 0x0201);
    assert_eq!(entry.successor.segment, u16::from_le_bytes([bytes[42], bytes[43]]));
    assert!(entry.successor.segment != 0);
}

#[test]
fn a_rom_of_two_headers_is_told() {
    // By the PCI Firmware Specification: 55 AA, one unit of 512 bytes, PCIR at 0x1c.
    let mut rom = [0_u8; 512];
    rom[..3].copy_from_slice(&[0x55, 0xaa, 1]);
    rom[0x18] = 0x1c;
    rom[0x1c..0x34].copy_from_slice(&hex("50434952 8680 0e10 0000 1800 00 000002 0100 0000 00 80 0000"));
    rom[511] = rom.iter().fold(0_u8, |sum, byte| sum.wrapping_sub(*byte));
    let mut told = bp_rom::default();
    // SAFETY: every pointer points to a local.
    assert_eq!(unsafe { bp_rom_read(rom.as_ptr(), rom.len(), &raw mut told) }, BP_OK);
    assert_eq!((told.length, told.vendor, told.device), (512, 0x8086, 0x100e));
    assert_eq!((told.is_last, told.has_good_checksum, told.has_undi), (BP_YES, BP_YES, BP_NO));
    rom[0] = 0;
    // SAFETY: as above.
    assert_eq!(unsafe { bp_rom_read(rom.as_ptr(), rom.len(), &raw mut told) }, bp_result(4102));
}

#[test]
fn an_arp_request_of_linux_is_read_and_written() {
    let bytes = hex(LINUX_REQUEST);
    let (mut kind, mut payload, mut arp) = (0, bp_bytes::NONE, bp_ipoib_arp::default());
    let mut written = [0xa5_u8; BP_IPOIB_ARP_BYTES + 1];
    // SAFETY: every pointer points to a local, or into one where the call before says so.
    unsafe {
        let read = bp_ipoib_frame_read(bytes.as_ptr(), bytes.len(), &raw mut kind, &raw mut payload);
        assert_eq!((read, kind, payload.bytes), (BP_OK, BP_IPOIB_ARP, bytes[4..].as_ptr()));
        assert_eq!(bp_ipoib_arp_read(payload.bytes, payload.length, &raw mut arp), BP_OK);
        assert_eq!(bp_ipoib_arp_read(payload.bytes, payload.length - 1, &raw mut arp), bp_result(101));
        assert_eq!(bp_ipoib_arp_write(&raw const arp, written.as_mut_ptr(), 59), BP_BUFFER_TOO_SMALL);
        assert_eq!(written[0], 0xa5);
        assert_eq!(bp_ipoib_arp_write(&raw const arp, written.as_mut_ptr(), written.len()), BP_OK);
    }
    assert_eq!((arp.operation, arp.sender.qpn, arp.sender.flags), (BP_IPOIB_REQUEST, 3, 0x80));
    assert_eq!((arp.sender_ip.octets, arp.target_ip.octets), ([10, 50, 0, 2], [10, 50, 0, 1]));
    assert_eq!((&written[..60], written[60]), (&bytes[..], 0xa5));
}

#[test]
fn the_broadcast_group_is_that_of_rfc_4391() {
    let (everybody, mut gid) = (bp_ipv4 { octets: [255; 4] }, [0_u8; 16]);
    // SAFETY: every pointer points to a local.
    assert_eq!(unsafe { bp_ipoib_group(2, 0xffff, &raw const everybody, gid.as_mut_ptr(), 16) }, BP_OK);
    assert_eq!(gid[..], hex("ff12401bffff000000000000ffffffff"));
}
