//! Options that real servers spread over pieces and fields, put together again: RFC 3396, RFC 2131 section 4.1.
#![allow(clippy::unwrap_used, reason = "tests")]

use bootproto_dhcp::wire::{OptionCode, Packet, Value};

fn vector(name: &str) -> Vec<u8> {
    testkit::vectors::named(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors"), name).bytes
}

fn bytes(value: Option<Value<'_>>) -> Vec<u8> {
    value.unwrap().bytes().collect()
}

#[test]
fn kea_splits_what_is_longer_than_255_bytes() {
    let datagram = vector("kea-offer-split-option");
    let packet = Packet::parse(&datagram).unwrap();
    let expected: Vec<u8> = (0..=250).chain(0..49).collect();
    assert_eq!(bytes(packet.option(OptionCode(224))), expected);
    assert_eq!(packet.file(), b"pxelinux.0");
    assert_eq!(packet.sname(), b"bootserver");
    let codes: Vec<u8> = packet.options().map(|option| option.code.0).collect();
    assert_eq!(codes, [53, 1, 3, 6, 15, 51, 54, 58, 59, 61, 224], "each option once");
}

#[test]
fn isc_dhcpd_fills_file_and_sname_with_options() {
    let datagram = vector("isc-dhcpd-offer-overload");
    let packet = Packet::parse(&datagram).unwrap();
    assert_eq!(packet.file(), b"", "the field holds options");
    assert_eq!(packet.sname(), b"");
    assert_eq!(bytes(packet.option(OptionCode(225))), [b'x'; 228]);
    assert_eq!(bytes(packet.option(OptionCode(226))), [b'y'; 90]);
    assert_eq!(bytes(packet.option(OptionCode(227))), [b'z'; 40]);
    assert_eq!(bytes(packet.option(OptionCode::BOOT_FILE_NAME)), b"pxelinux.0");
}
