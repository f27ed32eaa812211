extern crate std;

use core::net::Ipv4Addr;
use std::vec::Vec;

use bootproto_core::ParseErrorKind;

use super::{Builder, Header, MAGIC_COOKIE, MessageType, OptionCode, Packet, Value};
use crate::HardwareAddress;

const ETHERNET: HardwareAddress = HardwareAddress::ethernet([0x02, 0x11, 0x22, 0x33, 0x44, 0x55]);

/// A reply with an empty header and these bytes behind the cookie.
fn with_options(options: &[u8]) -> Vec<u8> {
    let mut bytes = std::vec![0; 236];
    bytes[0] = 2;
    bytes[1] = 1;
    bytes[2] = 6;
    bytes.extend(MAGIC_COOKIE);
    bytes.extend(options);
    bytes
}

#[test]
fn every_field_lies_where_rfc_2131_draws_it() {
    let mut header = Header::request(ETHERNET, 0x1011_1213);
    header.hops = 0x21;
    header.secs = 0x3132;
    header.flags = 0x8000;
    header.ciaddr = Ipv4Addr::new(0x41, 0x42, 0x43, 0x44);
    header.yiaddr = Ipv4Addr::new(0x51, 0x52, 0x53, 0x54);
    header.siaddr = Ipv4Addr::new(0x61, 0x62, 0x63, 0x64);
    header.giaddr = Ipv4Addr::new(0x71, 0x72, 0x73, 0x74);
    let mut buf = [0xa5; 400];
    let mut builder = Builder::new(&mut buf, &header);
    builder.sname(b"server").file(b"boot/file").message_type(MessageType::DISCOVER);
    builder.u16(OptionCode::MAXIMUM_MESSAGE_SIZE, 0x0102).option(OptionCode(200), &[]);
    let bytes = builder.finish().unwrap();
    let mut expected = Vec::new();
    expected.extend(b"\x01\x01\x06\x21\x10\x11\x12\x13\x31\x32\x80\x00");
    expected.extend(b"ABCDQRSTabcdqrst");
    expected.extend(b"\x02\x11\x22\x33\x44\x55\0\0\0\0\0\0\0\0\0\0");
    expected.extend(b"server");
    expected.resize(44 + 64, 0);
    expected.extend(b"boot/file");
    expected.resize(44 + 64 + 128, 0);
    expected.extend(b"\x63\x82\x53\x63\x35\x01\x01\x39\x02\x01\x02\xc8\x00\xff");
    expected.resize(300, 0);
    assert_eq!(bytes, expected);
    let packet = Packet::parse(bytes).unwrap();
    assert_eq!(packet.header, header);
    assert_eq!((packet.sname(), packet.file()), (&b"server"[..], &b"boot/file"[..]));
    assert_eq!(packet.message_type(), Some(MessageType::DISCOVER));
    assert!(packet.option(OptionCode(200)).unwrap().is_empty());
}

#[test]
fn full_name_fields_have_no_nul() {
    let mut buf = [0; 400];
    let mut builder = Builder::new(&mut buf, &Header::request(ETHERNET, 1));
    builder.sname(&[b's'; 70]).file(&[b'f'; 128]);
    let packet = Packet::parse(builder.finish().unwrap()).unwrap();
    assert_eq!((packet.sname(), packet.file()), (&[b's'; 64][..], &[b'f'; 128][..]));
    assert_eq!(packet.header.hops, 0);
}

#[test]
fn a_long_value_is_split_and_joined_again() {
    let long: Vec<u8> = (0..=255).chain(0..=255).collect();
    let mut buf = [0; 1000];
    let mut builder = Builder::new(&mut buf, &Header::request(ETHERNET, 1));
    builder.option(OptionCode(43), &long).u8(OptionCode(1), 9);
    let bytes = builder.finish().unwrap();
    let packet = Packet::parse(bytes).unwrap();
    let value = packet.option(OptionCode(43)).unwrap();
    assert_eq!((value.len(), value.as_slice()), (512, None));
    assert!(value == *long.as_slice());
    assert_eq!(value.pieces().map(<[u8]>::len).collect::<Vec<_>>(), [255, 255, 2]);
    assert_eq!(packet.options().map(|option| option.code.0).collect::<Vec<_>>(), [43, 1]);
    let mut again = [0; 1000];
    let mut copy = Builder::new(&mut again, &packet.header);
    copy.value(OptionCode(43), &value).u8(OptionCode(1), 9);
    assert_eq!(copy.finish().unwrap(), bytes);
}

#[test]
fn pads_a_missing_end_and_a_lone_tag_do_no_harm() {
    for options in
        [&b"\0\0\x35\x01\x05\0\0"[..], b"\x35\x01\x05\xff\x35\x09", b"\x35\x01\x05\x2b", b"\x35\x01\x05"]
    {
        let bytes = with_options(options);
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!(packet.options().count(), 1);
        assert_eq!(packet.message_type(), Some(MessageType::ACK));
    }
}

#[test]
fn an_option_past_the_end_is_refused_where_it_begins() {
    let bytes = with_options(b"\x35\x01\x05\x0c\x09abc");
    let error = Packet::parse(&bytes).unwrap_err();
    assert_eq!((error.kind, error.offset), (ParseErrorKind::Truncated, 243));
}

#[test]
fn a_message_without_cookie_is_bootp() {
    for length in [236, 238, 300] {
        let packet = [0x01; 300];
        let packet = Packet::parse(&packet[..length]).unwrap();
        assert!(!packet.has_cookie());
        assert_eq!(packet.options().count(), 0);
    }
    assert!(Packet::parse(&[1; 235]).is_err());
}

#[test]
fn an_address_longer_than_chaddr_is_refused() {
    let mut bytes = with_options(&[]);
    for (hlen, good) in [(0, true), (16, true), (17, false), (20, false), (255, false)] {
        bytes[2] = hlen;
        assert_eq!(Packet::parse(&bytes).is_ok(), good);
    }
    assert_eq!(Packet::parse(&bytes).unwrap_err().offset, 2);
}

#[test]
fn overloaded_fields_come_file_first_then_sname() {
    for (overload, expected) in [(0, "o"), (1, "of"), (2, "os"), (3, "ofs"), (4, "o")] {
        let mut bytes = with_options(&[52, 1, overload, 67, 1, b'o', 255, 67, 1, b'x']);
        bytes.splice(44..48, [67, 1, b's', 255]);
        bytes.splice(108..113, [0, 67, 1, b'f', 255]);
        let packet = Packet::parse(&bytes).unwrap();
        let name = packet.option(OptionCode::BOOT_FILE_NAME).unwrap();
        assert!(name == *expected.as_bytes(), "{overload}: {name:?}");
        assert!(packet.file().is_empty());
        assert_eq!(packet.sname().is_empty(), packet.is_sname_overloaded());
    }
}

#[test]
fn typed_readers_want_the_exact_length() {
    let value = |bytes: &'static [u8]| Value::new(bytes);
    assert_eq!(value(&[10, 0, 0, 1]).address(), Some(Ipv4Addr::new(10, 0, 0, 1)));
    assert_eq!(value(&[10, 0, 0]).address(), None);
    assert_eq!(value(&[10, 0, 0, 1, 2]).address(), None);
    assert!(value(&[10, 0, 0, 1, 2]).addresses().is_none());
    assert!(value(&[]).addresses().is_none());
    assert_eq!(value(&[1, 2, 3, 4, 5, 6, 7, 8]).addresses().unwrap().count(), 2);
    assert_eq!(
        (value(&[1, 2]).u16(), value(&[1]).u16(), value(&[0, 0, 1, 0]).u32()),
        (Some(258), None, Some(256))
    );
    assert!(value(b"a\0b\0\0").trim_nul() == *b"a\0b");
}

#[test]
fn routes_are_taken_whole_or_not_at_all() {
    let bytes = [24, 10, 1, 2, 10, 0, 0, 1, 0, 10, 0, 0, 2, 32, 1, 2, 3, 4, 0, 0, 0, 0];
    let routes: Vec<_> = Value::new(&bytes).routes().unwrap().collect();
    assert_eq!(routes.len(), 3);
    assert_eq!((routes[0].destination, routes[0].prefix_length), (Ipv4Addr::new(10, 1, 2, 0), 24));
    assert_eq!((routes[1].prefix_length, routes[1].router), (0, Ipv4Addr::new(10, 0, 0, 2)));
    assert_eq!(routes[2].router, Ipv4Addr::UNSPECIFIED);
    assert!(
        (1..bytes.len()).filter(|length| ![8, 13].contains(length)).all(|length| Value::new(
            &bytes[..length]
        )
        .routes()
        .is_none())
    );
    assert!(Value::new(&[33, 1, 2, 3, 4, 5, 1, 2, 3, 4]).routes().is_none());
}
