//! Our codec against `dhcproto`, an independent one, in both directions; and against itself for whatever bytes.
#![allow(clippy::std_instead_of_core, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::arithmetic_side_effects, clippy::wildcard_enum_match_arm, reason = "tests")]

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use bootproto_dhcp::HardwareAddress;
use bootproto_dhcp::wire::{Builder, Header, OptionCode, OptionKind, Packet};
use dhcproto::v4::{self, DhcpOption, Message, UnknownOption};
use dhcproto::{Decodable, Decoder, Encodable, Encoder};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use testkit::{laws, vectors};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");

prop_compose! {
    fn headers()(
        address in vec(any::<u8>(), 0..=16), htype: u8, hops: u8, xid: u32, secs: u16, flags: u16,
        ciaddr: u32, yiaddr: u32, siaddr: u32, giaddr: u32
    ) -> Header {
        let mut header = Header::request(HardwareAddress::new(htype, &address).unwrap(), xid);
        (header.hops, header.secs, header.flags) = (hops, secs, flags);
        (header.ciaddr, header.yiaddr) = (ciaddr.into(), yiaddr.into());
        (header.siaddr, header.giaddr) = (siaddr.into(), giaddr.into());
        header
    }
}

/// Options without a type, in any number of pieces. `dhcproto` knows some codes' types; these it takes as bytes.
fn opaque() -> impl Strategy<Value = BTreeMap<u8, Vec<u8>>> {
    let code = prop_oneof![Just(43_u8), 224..=254_u8];
    btree_map(code, vec(any::<u8>(), 1..600), 0..5)
}

fn ours(header: &Header, options: &BTreeMap<u8, Vec<u8>>) -> Vec<u8> {
    let mut buf = vec![0xa5; 8_192];
    let mut builder = Builder::new(&mut buf, header);
    builder.sname(b"host").file(b"file");
    for (code, value) in options {
        builder.option(OptionCode(*code), value);
    }
    builder.finish().unwrap().to_vec()
}

proptest! {
    #[test]
    fn dhcproto_reads_what_we_write(header in headers(), options in opaque()) {
        let bytes = ours(&header, &options);
        let message = Message::decode(&mut Decoder::new(&bytes)).unwrap();
        prop_assert_eq!(message.xid(), header.xid);
        prop_assert_eq!(message.secs(), header.secs);
        prop_assert_eq!(u8::from(message.htype()), header.hardware.htype);
        prop_assert_eq!(message.hlen(), header.hardware.hlen());
        prop_assert_eq!(message.chaddr(), header.hardware.bytes());
        prop_assert_eq!(message.hops(), header.hops);
        prop_assert_eq!(u16::from(message.flags()), header.flags);
        prop_assert_eq!(
            [message.ciaddr(), message.yiaddr(), message.siaddr(), message.giaddr()],
            [header.ciaddr, header.yiaddr, header.siaddr, header.giaddr]
        );
        prop_assert_eq!(message.sname_str().unwrap().unwrap().trim_end_matches('\0'), "host");
        prop_assert_eq!(message.fname_str().unwrap().unwrap().trim_end_matches('\0'), "file");
        for (code, value) in &options {
            match message.opts().get(v4::OptionCode::from(*code)).unwrap() {
                DhcpOption::VendorExtensions(found) => prop_assert_eq!(found, value),
                DhcpOption::Unknown(found) => prop_assert_eq!(found.data(), &value[..]),
                other => prop_assert!(false, "{:?}", other),
            }
        }
        prop_assert_eq!(message.opts().iter().count(), options.len());
    }

    #[test]
    fn we_read_what_dhcproto_writes(
        options in opaque(), lease: u32, server: u32, routers in vec(any::<u32>(), 1..60), name in "[a-z]{1,60}", xid: u32
    ) {
        let any_address = Ipv4Addr::UNSPECIFIED;
        let mut message = Message::new_with_id(xid, any_address, any_address, any_address, any_address, &[1, 2, 3, 4, 5, 6]);
        message.set_fname_str("pxelinux.0").set_opcode(v4::Opcode::BootReply);
        let routers: Vec<Ipv4Addr> = routers.into_iter().map(Ipv4Addr::from).collect();
        let opts = message.opts_mut();
        opts.insert(DhcpOption::MessageType(v4::MessageType::Offer));
        opts.insert(DhcpOption::AddressLeaseTime(lease));
        opts.insert(DhcpOption::ServerIdentifier(server.into()));
        opts.insert(DhcpOption::Router(routers.clone()));
        opts.insert(DhcpOption::Hostname(name.clone()));
        for (code, value) in &options {
            opts.insert(match code {
                43 => DhcpOption::VendorExtensions(value.clone()),
                code => DhcpOption::Unknown(UnknownOption::new(v4::OptionCode::from(*code), value.clone())),
            });
        }
        let mut bytes = Vec::new();
        message.encode(&mut Encoder::new(&mut bytes)).unwrap();
        let packet = Packet::parse(&bytes).unwrap();
        prop_assert_eq!((packet.header.xid, packet.header.hardware.bytes()), (xid, &[1, 2, 3, 4, 5, 6][..]));
        prop_assert_eq!(packet.file(), b"pxelinux.0");
        let value = |code| packet.option(code).unwrap();
        prop_assert_eq!(value(OptionCode::LEASE_TIME).u32(), Some(lease));
        prop_assert_eq!(value(OptionCode::SERVER_ID).address(), Some(server.into()));
        prop_assert_eq!(value(OptionCode::ROUTERS).addresses().unwrap().collect::<Vec<_>>(), routers);
        prop_assert!(value(OptionCode::HOST_NAME) == *name.as_bytes());
        for (code, bytes) in &options {
            prop_assert!(value(OptionCode(*code)) == *bytes.as_slice());
        }
        prop_assert_eq!(packet.options().count(), options.len() + 5);
    }

    #[test]
    fn what_we_read_we_write_the_same(header in headers(), options in opaque()) {
        let bytes = ours(&header, &options);
        let packet = Packet::parse(&bytes).unwrap();
        prop_assert_eq!(packet.header, header);
        let mut buf = vec![0xa5; 8_192];
        let mut again = Builder::new(&mut buf, &packet.header);
        again.sname(packet.sname()).file(packet.file());
        for option in packet.options() {
            again.value(option.code, &option.value);
        }
        prop_assert_eq!(again.finish().unwrap(), &bytes[..]);
    }

    #[test]
    fn a_buffer_of_the_bytes_needed_is_enough_and_one_less_is_not(header in headers(), options in opaque()) {
        let bytes = ours(&header, &options);
        let write = |buf: &mut [u8]| {
            let mut builder = Builder::new(buf, &header);
            builder.sname(b"host").file(b"file");
            for (code, value) in &options {
                builder.option(OptionCode(*code), value);
            }
            builder.finish().map(<[u8]>::len)
        };
        prop_assert_eq!(write(&mut vec![0; bytes.len()]), Ok(bytes.len()));
        prop_assert_eq!(write(&mut vec![0; bytes.len() - 1]).unwrap_err().needed, bytes.len());
    }

    #[test]
    fn no_bytes_make_any_reader_panic(bytes in prop_oneof![harmed(), laws::garbage()]) {
        let Ok(packet) = Packet::parse(&bytes) else { return Ok(()) };
        let mut pieces = 0;
        for option in packet.options() {
            pieces += option.value.pieces().count().max(1);
            read_every_way(option.value);
            prop_assert_eq!(option.value.bytes().count(), option.value.len());
            prop_assert_eq!(option.value.pieces().map(<[u8]>::len).sum::<usize>(), option.value.len());
        }
        prop_assert!(pieces <= packet.fragments().count());
    }
}

fn harmed() -> impl Strategy<Value = Vec<u8>> {
    laws::mutated(vectors::load(FOLDER).unwrap().into_iter().map(|vector| vector.bytes).collect())
}

/// Reads a value as everything it can't be.
fn read_every_way(value: bootproto_dhcp::wire::Value<'_>) {
    let _ = (value.u8(), value.u16(), value.u32(), value.address(), value.trim_nul(), value.as_slice());
    let _ = (value.addresses().map(Iterator::count), value.routes().map(Iterator::count));
    let pxe = value.pxe();
    let _ =
        (pxe.count(), pxe.menu().count(), pxe.prompt(), pxe.boot_item(), pxe.multicast(), pxe.discovery());
    for server in pxe.boot_servers() {
        let _ = server.addresses.count();
    }
    let (mut position, mut name) = (0, [0; 255]);
    while let Some((_, next)) = value.domain_name(position, &mut name) {
        assert!(next > position, "a name ends before it begins");
        position = next;
    }
    let _ = format!("{value:?}");
}

#[test]
fn the_captured_packets_read_the_same_with_both_codecs() {
    for vector in vectors::load(FOLDER).unwrap() {
        let ours = Packet::parse(&vector.bytes).unwrap();
        let theirs = Message::decode(&mut Decoder::new(&vector.bytes)).unwrap();
        if ours.is_file_overloaded() || ours.is_sname_overloaded() {
            // dhcproto leaves the overloaded fields alone.
            assert!(ours.options().count() > theirs.opts().iter().count(), "{}", vector.name);
            continue;
        }
        assert_eq!(ours.header.xid, theirs.xid(), "{}", vector.name);
        assert_eq!(ours.header.hardware.bytes(), theirs.chaddr(), "{}", vector.name);
        assert_eq!(
            ours.message_type().map(|kind| kind.0),
            theirs.opts().msg_type().map(u8::from),
            "{}",
            vector.name
        );
        let mut codes: Vec<u8> = ours.options().map(|option| option.code.0).collect();
        let mut their_codes: Vec<u8> = theirs.opts().iter().map(|(code, _)| u8::from(*code)).collect();
        // dhcproto drops udhcpc's option 81 (client FQDN), whose name is not in DNS form.
        codes.retain(|code| *code != 81);
        codes.sort_unstable();
        their_codes.sort_unstable();
        assert_eq!(codes, their_codes, "{}", vector.name);
        for (code, option) in theirs.opts().iter() {
            let value = ours.option(OptionCode(u8::from(*code))).unwrap();
            match option {
                DhcpOption::ServerIdentifier(address) | DhcpOption::SubnetMask(address) => {
                    assert_eq!(value.address(), Some(*address));
                }
                DhcpOption::AddressLeaseTime(time)
                | DhcpOption::Renewal(time)
                | DhcpOption::Rebinding(time) => {
                    assert_eq!(value.u32(), Some(*time));
                }
                DhcpOption::Router(list) | DhcpOption::DomainNameServer(list) => {
                    assert_eq!(&value.addresses().unwrap().collect::<Vec<_>>(), list);
                }
                DhcpOption::VendorExtensions(bytes) | DhcpOption::ClassIdentifier(bytes) => {
                    assert!(value == *bytes.as_slice());
                }
                _ => {}
            }
        }
    }
}

#[test]
fn the_table_of_options_is_in_order_and_whole() {
    let codes: Vec<u8> = OptionCode::TABLE.iter().map(|entry| entry.code.0).collect();
    assert!(codes.is_sorted_by(|one, other| one < other));
    // RFC 2132 knows all codes up to 61 and 64 to 76.
    assert!((0..=61).chain(64..=76).all(|code| codes.contains(&code)));
    assert_eq!(format!("{:?} {:?}", OptionCode(60), OptionCode(199)), "VENDOR_CLASS(60) OptionCode(199)");
    assert_eq!((OptionCode(3).kind(), OptionCode(199).kind()), (OptionKind::Addresses, OptionKind::Opaque));
}

#[test]
fn the_example_of_rfc_3397_reads_as_its_two_names() {
    // RFC 3397 section 3: "eng.apple.com." and "marketing.apple.com.", split over two options in the same section.
    let bytes = b"\x03eng\x05apple\x03com\x00\x09marketing\xc0\x04";
    let mut message = vec![0; 236];
    message.extend([99, 130, 83, 99, 119, 9]);
    message.extend(&bytes[..9]);
    message.extend([119, 18]);
    message.extend(&bytes[9..]);
    message.push(255);
    let packet = Packet::parse(&message).unwrap();
    let value = packet.option(OptionCode::DOMAIN_SEARCH).unwrap();
    let mut name = [0; 255];
    let (length, next) = value.domain_name(0, &mut name).unwrap();
    assert_eq!((&name[..length], next), (&b"eng.apple.com"[..], 15));
    let (length, next) = value.domain_name(next, &mut name).unwrap();
    assert_eq!((&name[..length], next), (&b"marketing.apple.com"[..], 27));
    assert_eq!(value.domain_name(next, &mut name), None);
}
