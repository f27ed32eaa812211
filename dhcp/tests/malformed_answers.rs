//! Answers that broke other clients. The numbers are those of the project's survey of defects; each test names the
//! defect that its bytes come from.
#![allow(clippy::std_instead_of_core, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use bootproto_core::ParseErrorKind;
use bootproto_dhcp::client::{Event, Ignored, Lease};
use bootproto_dhcp::wire::{OptionCode, Packet, Value};
use common::*;

/// A reply with these bytes after the cookie, and no END.
fn reply(options: &[u8]) -> Vec<u8> {
    let sent = Talk::new(config()).sends(DISCOVER);
    let mut bytes = Answer { cookie: false, ..Answer::offer(&sent) }.bytes();
    bytes.extend([99, 130, 83, 99]);
    bytes.extend(options);
    bytes
}

/// What a fresh client, which always has the same transaction id, tells of these bytes.
fn told(bytes: &[u8]) -> Event<'static> {
    let mut talk = Talk::new(config());
    talk.sends(DISCOVER);
    let path = Answer::offer(&Talk::new(config()).sends(DISCOVER)).path();
    talk.hears_bytes(bytes, path)
}

fn is_malformed(bytes: &[u8]) -> bool {
    matches!(told(bytes), Event::Ignored(Ignored::Malformed { .. }))
}

/// The lease after an acknowledgement with these options.
fn lease(options: &[(u8, &[u8])]) -> Lease {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::offer(&discover).file("x"));
    let request = talk.sends(REQUEST);
    assert_eq!(talk.hears(&Answer::ack(&request).file("x").options(options)), Event::Bound);
    talk.client.lease().cloned().unwrap()
}

#[test]
fn v10_a_length_past_the_datagram_reads_nothing_beyond_it() {
    // CVE-2024-42040, U-Boot.
    assert!(is_malformed(&reply(b"\x35\x01\x02\x36\x04\x0a\x4d\x00\x01\x43\xffabc")));
    assert!(is_malformed(&reply(b"\x43\xff")));
}

#[test]
fn v11_many_long_options_without_end_and_without_type() {
    // U-Boot f4478872388: the scan ran past the vendor area.
    let mut options = Vec::new();
    while options.len() < 312 {
        options.extend([200, 250]);
        options.extend([7; 100]);
    }
    options.truncate(312);
    assert!(is_malformed(&reply(&options)));
}

#[test]
fn v23_an_address_list_of_three_bytes_is_no_list() {
    // CVE-2016-2148, CVE-2018-20679, CVE-2019-5747, busybox udhcpc.
    let lease = lease(&[(6, &[10, 0, 1]), (3, &[10, 0, 0, 1, 9]), (28, &[1]), (26, &[5])]);
    assert!(lease.dns().is_empty() && lease.routers().is_empty());
    assert_eq!((lease.broadcast, lease.mtu), (None, None));
}

#[test]
fn v24_a_subnet_mask_of_255_bytes_is_no_mask() {
    // CVE-2009-0692, ISC dhclient.
    assert_eq!(lease(&[(1, &[255; 255])]).mask, None);
    assert_eq!(lease(&[(1, &[])]).mask, None);
}

#[test]
fn v25_text_is_kept_as_bytes_and_never_expanded() {
    // CVE-2018-5732, ISC dhclient.
    let lease = lease(&[(12, &[0xfe; 253]), (15, &[0xfe; 64])]);
    assert!(lease.host_name.is_empty());
    assert_eq!(&lease.domain[..], [0xfe; 64]);
}

#[test]
fn v26_a_loop_of_compression_pointers_ends() {
    // CVE-2020-7461, FreeBSD dhclient.
    let mut name = [0; 255];
    let list = Value::new(&[0x02, 0xc0, 0x01, 0x00, 0x01, 0x41, 0xc0, 0x01]);
    // The first two bytes of the loop make a label; the name after it jumps back into it and would go round.
    assert_eq!(list.domain_name(0, &mut name), Some((2, 4)));
    assert_eq!(list.domain_name(4, &mut name), None);
    for bytes in
        [&[0xc0, 0x00][..], &[0x01, 0x41, 0xc0, 0x00], &[0xc0], &[0xc0, 0x05, 0, 0, 0, 0], &[0x80, 0x01]]
    {
        assert_eq!(Value::new(bytes).domain_name(0, &mut name), None, "{bytes:?}");
    }
    // 255 bytes are the most; this one goes on for 300.
    let long = [&[60; 61][..]; 5].concat();
    assert_eq!(Value::new(&long).domain_name(0, &mut name), None);
}

#[test]
fn v29_routes_that_would_take_all_traffic_are_shown_and_not_obeyed() {
    // CVE-2024-3661, TunnelVision.
    let lease = lease(&[(3, &[10, 77, 0, 1]), (121, &[1, 0, 10, 77, 0, 66, 1, 128, 10, 77, 0, 66])]);
    assert_eq!(lease.routers(), [SERVER]);
    assert_eq!(lease.routes().len(), 2);
    assert_eq!(lease.routes()[1].prefix_length, 1);
}

#[test]
fn v30_and_v35_anything_shorter_than_the_header_is_refused() {
    // CVE-2021-3592, libslirp; iPXE 12fd76759.
    let whole = reply(&[]);
    for length in 0..236 {
        let Event::Ignored(Ignored::Malformed { error }) = told(&whole[..length]) else { panic!("{length}") };
        assert_eq!(error.kind, ParseErrorKind::Truncated);
        assert!(error.offset <= length);
    }
}

#[test]
fn v36_a_lone_tag_at_the_end_is_the_end() {
    // iPXE 9f7e0c97c.
    let bytes = reply(b"\x35\x01\x02\x36\x04\x0a\x4d\x00\x01\x33\x04\x00\x00\x0e\x10\x2b");
    assert!(matches!(told(&bytes), Event::Offered(_)));
}

#[test]
fn v39_a_file_field_without_nul_ends_where_the_field_ends() {
    // barebox 77929b00dc.
    let sent = Talk::new(config()).sends(DISCOVER);
    let bytes = Answer { file: vec![b'f'; 128], ..Answer::offer(&sent) }.bytes();
    assert_eq!(Packet::parse(&bytes).unwrap().file(), [b'f'; 128]);
    assert!(matches!(told(&bytes), Event::Offered(_)));
}

#[test]
fn v40_options_end_where_the_datagram_ends() {
    // barebox 6199b24196; U-Boot counted from the header's size.
    let bytes = reply(b"\x35\x01\x02");
    assert_eq!(bytes.len(), 243);
    assert_eq!(told(&bytes), Event::Ignored(Ignored::NoServerId));
}

#[test]
fn v41_a_boot_file_without_nul_does_not_eat_the_next_option() {
    // EDK2 wrote the missing NUL over the tag of option 43. Our input can't be written to; both are there.
    let bytes = reply(b"\x35\x01\x02\x43\x03abc\x2b\x03\x06\x01\x08\xff");
    let packet = Packet::parse(&bytes).unwrap();
    assert!(packet.option(OptionCode::BOOT_FILE_NAME).unwrap() == *b"abc");
    assert!(packet.option(OptionCode::VENDOR_SPECIFIC).unwrap().pxe().discovery().boot_file_is_here());
}

#[test]
fn v42_a_hardware_address_of_twenty_bytes_is_refused() {
    // EDK2 over IPoIB.
    let mut bytes = reply(b"\x35\x01\x02");
    bytes[2] = 20;
    let Event::Ignored(Ignored::Malformed { error }) = told(&bytes) else { panic!("not refused") };
    assert_eq!((error.kind, error.offset), (ParseErrorKind::BadLength, 2));
}

#[test]
fn v43_nested_and_overlong_sub_options_end_the_list() {
    let count = |bytes: &'static [u8]| Value::new(bytes).pxe().count();
    assert_eq!(count(b"\x2b\x04\x2b\x02\x2b\x00\xff"), 1);
    assert_eq!(count(b"\x06\x01\x03\x08\xff\x80"), 1);
    assert_eq!(count(b"\0\0\x06\x01\x03\0\xff\x07\x01\x01"), 1);
    assert_eq!(count(b"\x06"), 0);
    let menu = |bytes: &'static [u8]| Value::new(bytes).pxe().menu().count();
    assert_eq!(menu(b"\x09\x07\x80\x00\x01a\x80\x01\xff"), 1);
    assert_eq!(menu(b"\x09\x02\x80\x00"), 0);
    let servers = |bytes: &'static [u8]| Value::new(bytes).pxe().boot_servers().count();
    assert_eq!(servers(b"\x08\x07\x80\x00\x02\x0a\x00\x00\x01"), 0);
    assert_eq!(servers(b"\x08\x03\x80\x00\x00"), 1);
    assert!(Value::new(b"\x0a\x00").pxe().prompt().is_none());
}

#[test]
fn two_overloads_and_an_overload_inside_an_overloaded_field_count_once() {
    let sent = Talk::new(config()).sends(DISCOVER);
    let mut answer = Answer::offer(&sent).option(52, &[1]);
    answer.file = b"\x34\x01\x03\x43\x01f\xff".to_vec();
    answer.sname = b"\x43\x01s\xff".to_vec();
    let bytes = answer.bytes();
    let packet = Packet::parse(&bytes).unwrap();
    assert!(packet.option(OptionCode::BOOT_FILE_NAME).unwrap() == *b"f");
    assert_eq!(packet.sname(), b"C\x01s\xff");
    // An overloaded field that is cut short is as bad as options that are.
    let mut broken = Answer::offer(&sent).option(52, &[1]);
    broken.file = b"\x0c\xff".to_vec();
    assert!(is_malformed(&broken.bytes()));
}

#[test]
fn an_overload_in_two_pieces_is_joined_before_it_is_read() {
    // RFC 3396: an empty piece and one of one byte are one byte; two pieces of a byte are two, which mean nothing.
    let sent = Talk::new(config()).sends(DISCOVER);
    for (pieces, overloaded) in [([&b""[..], b"\x01"], true), ([b"\x01", b"\x01"], false)] {
        let mut answer = Answer::offer(&sent).option(52, pieces[0]).option(52, pieces[1]);
        answer.file = b"\x43\x01f\xff".to_vec();
        let bytes = answer.bytes();
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!(packet.is_file_overloaded(), overloaded);
        assert_eq!(packet.option(OptionCode::BOOT_FILE_NAME).is_some(), overloaded);
    }
}

#[test]
fn a_message_type_of_another_length_is_no_bootp() {
    // Two options 53, which RFC 3396 makes one of two bytes; one without a value. As BOOTP either would be a lease for
    // ever.
    for options in [&b"\x35\x01\x02\x36\x04\x0a\x4d\x00\x01\x35\x01\x02\xff"[..], b"\x35\x00\xff"] {
        let Event::Ignored(Ignored::Malformed { error }) = told(&reply(options)) else { panic!("taken") };
        assert_eq!((error.kind, error.offset), (ParseErrorKind::BadLength, 240));
    }
}
