//! What a client says it is.
#![allow(clippy::std_instead_of_core, clippy::unwrap_used, reason = "tests")]

mod common;

use bootproto_core::{Instant, Machine};
use bootproto_dhcp::client::{Client, Config, ConfigError, Event, Ignored, VendorClass};
use bootproto_dhcp::{ClientId, HardwareAddress};
use common::*;
use testkit::vectors;

const GUID: [u8; 8] = [0x00, 0x02, 0xc9, 0x03, 0x00, 0x4e, 0x5a, 0x11];

#[test]
fn a_pxe_client_says_what_pxe_2_1_wants() {
    let config = config().with_arch(7).with_undi_version(3, 16).with_uuid([7; 16]);
    let discover = Talk::new(config).sends(DISCOVER);
    assert_eq!(discover.raw(60), Some(&b"PXEClient:Arch:00007:UNDI:003016"[..]));
    assert_eq!(discover.raw(93), Some(&[0, 7][..]));
    assert_eq!(discover.raw(94), Some(&[1, 3, 16][..]));
    assert_eq!(discover.raw(97), Some(&[[0; 1].as_slice(), &[7; 16]].concat()[..]));
    assert_eq!(discover.raw(57), Some(&[5, 192][..]));
    assert_eq!(discover.raw(61), Some(&[&[1], MAC.as_slice()].concat()[..]));
    let list = discover.raw(55).unwrap();
    for code in [1, 3, 6, 43, 54, 60, 66, 67, 97, 121, 128, 135, 150, 209, 210] {
        assert!(list.contains(&code), "{code}");
    }
    let place = |code| list.iter().position(|other| *other == code);
    //= https://www.rfc-editor.org/rfc/rfc3442
    //= type=test
    //# The
    //# Classless Static Routes option code MUST appear in the parameter
    //# request list prior to both the Router option code and the Static
    //# Routes option code, if present.
    assert!(place(121) < place(3));
    assert_eq!((discover.message.flags().broadcast(), discover.bytes.len() >= 300), (false, true));
}

#[test]
fn the_vendor_class_of_ovmf_comes_out_as_ovmf_sends_it() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");
    for (name, config) in [
        ("ovmf-discover", config().with_arch(7).with_undi_version(3, 0)),
        ("aavmf-discover", config().with_arch(11).with_undi_version(3, 0)),
        ("ipxe-rom-discover", config().with_arch(0).with_undi_version(2, 1)),
        (
            "ovmf-http-discover",
            config().with_arch(16).with_undi_version(3, 0).with_vendor_class(VendorClass::Http),
        ),
    ] {
        let theirs = vectors::named(folder, name).bytes;
        let theirs = Sent { bytes: theirs, ..Talk::new(config.clone()).sends(DISCOVER) };
        let ours = Talk::new(config).sends(DISCOVER);
        for code in [60, 93, 94] {
            assert_eq!(ours.raw(code), theirs.raw(code), "{name}, option {code}");
        }
    }
}

#[test]
fn infiniband_by_rfc_4390_has_no_hardware_address_and_wants_broadcasts() {
    let mut talk = Talk::new(Config::ipoib(1, GUID));
    let discover = talk.sends(DISCOVER);
    //= https://www.rfc-editor.org/rfc/rfc4390#section-2.1
    //= type=test
    //# "hlen" (hardware address length) MUST be 0.
    assert_eq!(discover.bytes[1..3], [32, 0]);
    assert_eq!(discover.bytes[28..44], [0; 16]);
    assert!(discover.message.flags().broadcast());
    let id = b"\xff\x00\x4e\x5a\x11\x00\x03\x00\x20\x00\x02\xc9\x03\x00\x4e\x5a\x11";
    assert_eq!(discover.raw(61), Some(&id[..]));
    // Answers are told apart by the identifier where the server returns it (RFC 6842), else by xid alone.
    let offer = Answer::offer(&discover).file("x");
    talk.ignores(&offer.clone().option(61, b"\xff\x00\x4e\x5a\x12\x00\x03"), Ignored::NotForUs);
    assert!(matches!(talk.hears(&offer.option(61, id)), Event::Offered(_)));
    let request = talk.sends(REQUEST);
    assert!(request.message.flags().broadcast());
    assert_eq!(talk.hears(&Answer::ack(&request).file("x")), Event::Bound);
}

#[test]
fn infiniband_as_ipxe_presents_it_looks_like_ethernet() {
    let discover = Talk::new(Config::ipoib_ipxe(1, GUID)).sends(DISCOVER);
    assert_eq!(discover.bytes[1..3], [1, 6]);
    assert_eq!(discover.bytes[28..34], [0x00, 0x02, 0xc9, 0x4e, 0x5a, 0x11]);
    assert_eq!(discover.raw(61), Some(&[1, 0x00, 0x02, 0xc9, 0x4e, 0x5a, 0x11][..]));
    assert!(discover.message.flags().broadcast());
}

#[test]
fn texts_and_extra_parameters_are_sent_as_given() {
    let config = config()
        .with_hostname(b"node7")
        .with_user_class(b"iPXE")
        .with_client_id(ClientId::raw(b"\0rack 3").unwrap())
        .with_vendor_class(VendorClass::Text(bootproto_dhcp::Text::new(b"lab").unwrap()))
        .with_parameters(&[7, 119]);
    let discover = Talk::new(config).sends(DISCOVER);
    assert_eq!((discover.raw(12), discover.raw(77)), (Some(&b"node7"[..]), Some(&b"iPXE"[..])));
    assert_eq!((discover.raw(61), discover.raw(60)), (Some(&b"\0rack 3"[..]), Some(&b"lab"[..])));
    assert!(discover.raw(55).unwrap().ends_with(&[7, 119]));
    assert!(!discover.has(93));
}

#[test]
fn mistakes_show_at_construction() {
    let make = |config: Config| Client::new(config, Instant::from_millis(0)).unwrap_err();
    assert_eq!(
        make(config().with_hostname(&[b'h'; 65])),
        ConfigError::TextTooLong { option: 12, length: 65 }
    );
    assert_eq!(
        make(config().with_user_class(&[b'h'; 70])),
        ConfigError::TextTooLong { option: 77, length: 70 }
    );
    assert_eq!(make(config().with_ports(0, 67, 4011)), ConfigError::PortZero);
    assert_eq!(make(config().with_parameters(&[1; 17])), ConfigError::TooManyParameters);
    assert_eq!(make(config().with_inform(NOBODY)), ConfigError::BadRequestedAddress { address: NOBODY });
    let nameless = Config::new(1, HardwareAddress::empty(32));
    assert_eq!(make(nameless), ConfigError::NoIdentity);
}

#[test]
fn the_largest_message_fits_the_promised_buffer() {
    let config = config()
        .with_hostname(&[b'h'; 64])
        .with_user_class(&[b'u'; 64])
        .with_uuid([7; 16])
        .with_client_id(ClientId::duid(1, &[9; 130]).unwrap())
        .with_arch(65_535)
        .with_undi_version(255, 255)
        .with_parameters(&[200; 16]);
    let mut talk = Talk::new(config);
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::offer(&discover).option(60, b"PXEClient").option(43, b"\x09\x04\x80\x01\x01x\xff"));
    let request = talk.sends(REQUEST);
    talk.hears(&Answer::ack(&request).option(60, b"PXEClient").option(43, b"\x09\x04\x80\x01\x01x\xff"));
    talk.then();
    let to_boot_server = talk.sends(REQUEST);
    assert!(to_boot_server.has(43));
    for sent in [discover, request, to_boot_server] {
        assert!(sent.bytes.len() <= Client::MAX_TRANSMIT, "{}", sent.bytes.len());
    }
}
