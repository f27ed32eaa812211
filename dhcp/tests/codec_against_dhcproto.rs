//! Our codec against `dhcproto`, an independent one, in both directions; and against itself for whatever bytes.
#![allow(clippy::std_instead_of_core, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::arithmetic_side_effects, clippy::wildcard_enum_match_arm, reason = "tests")]

mod reading;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use bootproto_dhcp::HardwareAddress;
use bootproto_dhcp::wire::{Builder, Header, OptionCode, Packet};
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
            reading::every_way(option.value);
            prop_assert_eq!(option.value.bytes().count(), option.value.len());
            prop_assert_eq!(option.value.pieces().map(<[u8]>::len).sum::<usize>(), option.value.len());
        }
        prop_assert!(pieces <= packet.fragments().count());
    }
}

fn harmed() -> impl Strategy<Value = Vec<u8>> {
    laws::mutated(vectors::load(FOLDER).unwrap().into_iter().map(|vector| vector.bytes).collect())
}
