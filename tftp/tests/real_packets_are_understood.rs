//! The codec and the machines on packets of programs that nobody here wrote, whole and cut at every byte.
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

use core::time::Duration;

use bootproto_core::{ParseErrorKind, Writer};
use bootproto_tftp::client::Event;
use bootproto_tftp::server::{self, Send};
use bootproto_tftp::wire::{Direction, ErrorCode, Mode, Multicast, OptionName, Packet, Request, decimal};
use bootproto_tftp::{Download, Failure, Ignored};
use common::{Talk, ack, config, data, path, server_path};
use proptest::prelude::*;
use testkit::{laws, vectors};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");

fn vector(name: &str) -> Vec<u8> {
    vectors::named(FOLDER, name).bytes
}

/// What each vector is, written down from its bytes by hand: opcode and, where there are strings, the strings.
const EXPECTED: [(&str, u16, &str); 27] = [
    ("atftp-rrq-four-options", 1, "f20k octet tsize 0 timeout 2 blksize 1468 windowsize 4"),
    ("atftpd-data-of-empty-file", 3, ""),
    ("atftpd-empty-last-block", 3, ""),
    ("atftpd-oack-four-options", 6, "tsize 20000 timeout 2 blksize 1468 windowsize 4"),
    ("atftpd-oack-to-wrq", 6, "blksize 1024"),
    ("atftpd-oack-windowsize", 6, "tsize 577536 blksize 1468 windowsize 4"),
    ("atftpd-short-last-block", 3, ""),
    ("busybox-rrq", 1, "f20k octet blksize 1400 tsize 0"),
    ("curl-rrq", 1, "f20k octet tsize 0 blksize 1468 timeout 6"),
    ("dnsmasq-error-not-found", 5, ""),
    ("dnsmasq-oack-refuses-windowsize", 6, "blksize 1468"),
    ("dnsmasq-oack-to-ipxe-rom", 6, "blksize 1432 tsize 42430"),
    ("edk2-error-8-abort", 5, ""),
    ("edk2-rrq-windowsize", 1, "grubmk.efi octet tsize 0 blksize 1468 windowsize 4"),
    ("edk2-second-rrq", 1, "grubmk.efi octet blksize 1468 windowsize 4"),
    ("grub-rrq", 1, "/vmlinuz octet blksize 1024 tsize 0"),
    ("ipxe-rom-ack-0", 4, ""),
    ("ipxe-rom-rrq", 1, "pxelinux.0 octet blksize 1432 tsize 0"),
    ("pxelinux-rrq", 1, "pxelinux.cfg/44332211-6655-8877-99aa-bbccddeeff00 octet tsize 0 blksize 1408"),
    ("rs-tftpd-oack", 6, "blksize 1468 tsize 200000 windowsize 8 timeout 5"),
    ("slirp-error-not-found", 5, ""),
    ("slirp-oack-smaller-blksize", 6, "blksize 1428 tsize 42430"),
    ("tftp-hpa-rrq-netascii", 1, "f20k netascii"),
    ("tftp-hpa-rrq-plain", 1, "f20k octet"),
    ("tftp-hpa-wrq-plain", 2, "up2 octet"),
    ("u-boot-rrq-windowsize", 1, "initrd-small.img octet timeout 5 blksize 1468 windowsize 16"),
    ("wrq-blksize", 2, "up1 octet blksize 1024"),
];

fn strings(packet: &Packet<'_>) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (mut words, options) = match packet {
        Packet::Request(request) => {
            (vec![text(request.file), text(request.mode.as_bytes())], request.options)
        }
        Packet::OptionAck(options) => (Vec::new(), *options),
        _ => return String::new(),
    };
    words.extend(options.iter().flat_map(|(name, value)| [text(name), text(value)]));
    words.join(" ")
}

#[test]
fn every_vector_is_read_as_what_it_is() {
    let all = vectors::load(FOLDER).unwrap();
    for vector in &all {
        let Some((_, opcode, words)) = EXPECTED.iter().find(|(name, ..)| *name == vector.name) else {
            continue;
        };
        let packet = Packet::parse(&vector.bytes).unwrap();
        assert_eq!(packet.opcode().0, *opcode, "{}", vector.name);
        assert_eq!(strings(&packet), *words, "{}", vector.name);
    }
    for (name, ..) in EXPECTED {
        assert!(all.iter().any(|vector| vector.name == name), "{name} is gone");
    }
}

#[test]
fn errors_and_data_of_real_servers() {
    let bytes = vector("slirp-error-not-found");
    assert_eq!(
        Packet::parse(&bytes),
        Ok(Packet::Error { code: ErrorCode::NOT_FOUND, message: b"File not found" })
    );
    let bytes = vector("atftpd-data-of-empty-file");
    assert_eq!(Packet::parse(&bytes), Ok(Packet::Data { block: 1, bytes: b"" }));
    let bytes = vector("ipxe-rom-ack-0");
    assert_eq!(Packet::parse(&bytes), Ok(Packet::Ack { block: 0 }));
}

#[test]
fn a_packet_cut_anywhere_is_refused_or_is_a_shorter_packet() {
    for vector in vectors::load(FOLDER).unwrap() {
        let opcode = u16::from_be_bytes([vector.bytes[0], vector.bytes[1]]);
        for cut in vectors::truncations(&vector.bytes) {
            match (Packet::parse(cut), opcode) {
                (Ok(packet), 3..=6) => assert_eq!(packet.opcode().0, opcode),
                // A request cut between two options is a request with fewer options.
                (Ok(packet), _) => assert!(vector.bytes.starts_with(&emit(&packet)), "{}", vector.name),
                // V31: shorter than its fixed part.
                (Err(error), 3..=6) => {
                    assert!(cut.len() < 4 && error.kind == ParseErrorKind::Truncated);
                }
                (Err(error), _) => {
                    assert!(matches!(error.kind, ParseErrorKind::Truncated | ParseErrorKind::Unterminated));
                }
            }
        }
    }
}

/// A request, written again.
fn emit(packet: &Packet<'_>) -> Vec<u8> {
    let Packet::Request(request) = packet else { panic!() };
    let mut buffer = [0; 600];
    let mut writer = Writer::new(&mut buffer);
    Request::write_head(&mut writer, request.direction, request.file, request.mode);
    for (name, value) in &request.options {
        for text in [name, value] {
            writer.bytes(text);
            writer.u8(0);
        }
    }
    writer.finish().unwrap().to_vec()
}

#[test]
fn a_malformed_request_is_refused() {
    use ParseErrorKind as K;
    let refused = |bytes: &[u8], kind, offset| {
        let error = Request::parse(bytes).unwrap_err();
        assert_eq!((error.kind, error.offset), (kind, offset), "{bytes:?}");
    };
    // V32: a missing NUL, an empty name, an option without a name, a value without an end, a name without end.
    refused(b"\0\x01file", K::Unterminated, 2);
    refused(b"\0\x01\0octet\0", K::BadLength, 2);
    refused(b"\0\x01f\0octet", K::Unterminated, 4);
    refused(b"\0\x01f\0octet\0\x00512\0", K::BadLength, 10);
    refused(b"\0\x01f\0octet\0blksize\0", K::Unterminated, 18);
    refused(b"\0\x01f\0octet\0blksize\x00512", K::Unterminated, 18);
    refused(b"\0\x01f\0mail\0", K::BadValue, 4);
    refused(b"\0\x01f\0\0", K::BadValue, 4);
    refused(b"\0\x03f\0octet\0", K::BadMagic, 0);
    refused(b"\0", K::Truncated, 0);
    // V38.
    let long = [b"\0\x01", &[b'a'; 256][..], b"\0octet\0"].concat();
    refused(&long, K::TooLong, 2);
    let longest = [b"\0\x01", &[b'a'; 255][..], b"\0octet\0"].concat();
    assert_eq!(Request::parse(&longest).unwrap().file.len(), 255);
    assert_eq!(Packet::parse(&[0, 7, 0, 0]).unwrap_err().kind, K::BadMagic);
}

#[test]
fn modes_and_option_names_have_no_case() {
    let request = Request::parse(b"\0\x02f\0NeTaScIi\0BlkSize\x00512\0").unwrap();
    assert_eq!((request.direction, request.mode), (Direction::Write, Mode::Netascii));
    let (name, value) = request.options.iter().next().unwrap();
    assert_eq!((OptionName::from_bytes(name), decimal(value)), (Some(OptionName::BlockSize), Some(512)));
}

#[test]
fn numbers_and_groups_are_read_strictly() {
    assert_eq!(decimal(b"18446744073709551615"), Some(u64::MAX));
    for text in [&b""[..], b"18446744073709551616", b"+1", b" 1", b"1 ", b"0x1"] {
        assert_eq!(decimal(text), None);
    }
    let group = Multicast::parse(b"224.1.2.3,1758,1").unwrap();
    assert_eq!((group.group, group.port, group.master), (Some([224, 1, 2, 3].into()), Some(1758), true));
    assert_eq!(Multicast::parse(b",,0"), Some(Multicast { group: None, port: None, master: false }));
    for text in [&b""[..], b",,", b",,2", b"224.1.2,1,1", b",0,1", b",65536,1", b",,1,"] {
        assert_eq!(Multicast::parse(text), None);
    }
}

/// A download that has asked for what the peer in the vector was asked for, and its answer.
fn answered(oack: &str, file: &str, block_size: u16, window_size: u16, timeout: u64) -> Talk<Download> {
    let config = config(file)
        .with_block_size(block_size)
        .with_window_size(window_size)
        .with_peer_timeout(Duration::from_secs(timeout));
    let mut talk = Talk::new(Download::new(config).unwrap());
    talk.sent();
    let packet = vector(oack);
    assert!(matches!(talk.from(1024, &packet), Event::Opened(_)), "{oack}");
    assert_eq!(talk.sent(), [(1024, ack(0))]);
    talk
}

#[test]
fn the_oacks_of_real_servers_open_a_transfer() {
    let of = |talk: &Talk<Download>| {
        let negotiated = talk.machine.negotiated();
        (negotiated.block_size, negotiated.window_size, negotiated.size)
    };
    assert_eq!(of(&answered("dnsmasq-oack-refuses-windowsize", "f", 1468, 16, 5)), (1468, 1, None));
    assert_eq!(of(&answered("dnsmasq-oack-to-ipxe-rom", "f", 1432, 1, 0)), (1432, 1, Some(42_430)));
    assert_eq!(of(&answered("slirp-oack-smaller-blksize", "f", 1432, 1, 0)), (1428, 1, Some(42_430)));
    assert_eq!(of(&answered("atftpd-oack-four-options", "f", 1468, 4, 2)), (1468, 4, Some(20_000)));
    assert_eq!(of(&answered("atftpd-oack-windowsize", "f", 1468, 4, 0)), (1468, 4, Some(577_536)));
    assert_eq!(of(&answered("rs-tftpd-oack", "f", 1468, 8, 5)), (1468, 8, Some(200_000)));
}

#[test]
fn an_empty_file_of_a_real_server_is_whole() {
    let mut talk = Talk::new(Download::new(config("empty")).unwrap());
    talk.sent();
    let packet = vector("atftpd-data-of-empty-file");
    assert_eq!(talk.from(1024, &packet), Event::Data { offset: 0, bytes: b"" });
    assert!(talk.machine.is_complete());
    assert_eq!(talk.sent(), [(1024, ack(1))]);
}

#[test]
fn a_missing_file_of_a_real_server_has_its_code_and_words() {
    for name in ["dnsmasq-error-not-found", "slirp-error-not-found"] {
        let mut talk = Talk::new(Download::new(config("empty")).unwrap());
        talk.sent();
        let packet = vector(name);
        let Event::PeerError { failure, message, .. } = talk.from(69, &packet) else { panic!() };
        assert_eq!(failure, Failure::NotFound);
        assert!(message.ends_with(b"ound") || message.ends_with(b"10.77.0.107"));
        assert_eq!(bootproto_core::Numbered::entry(&failure).pxe, Some("PXE-E3B"));
    }
}

#[test]
fn the_requests_of_real_clients_are_answered() {
    let file: &'static [u8] = common::content(20_000).leak();
    for (name, first) in [
        ("ipxe-rom-rrq", &b"\0\x06blksize\x001432\0tsize\x0020000\0"[..]),
        ("edk2-second-rrq", b"\0\x06blksize\x001468\0windowsize\x004\0"),
        ("u-boot-rrq-windowsize", b"\0\x06blksize\x001468\0timeout\x005\0windowsize\x0016\0"),
        ("curl-rrq", b"\0\x06blksize\x001468\0tsize\x0020000\0timeout\x006\0"),
        ("tftp-hpa-rrq-plain", &data(1, &file[..512])),
    ] {
        let packet = vector(name);
        let request = Request::parse(&packet).unwrap();
        let mut talk =
            Talk::new(Send::new(server::Config::new(1), server_path(4000), &request, file).unwrap());
        assert_eq!(talk.sent()[0].1, first, "{name}");
    }
    // EDK2 asks for the size first, and breaks off.
    let packet = vector("edk2-rrq-windowsize");
    let request = Request::parse(&packet).unwrap();
    let mut talk = Talk::new(Send::new(server::Config::new(1), server_path(4000), &request, file).unwrap());
    talk.sent();
    let abort = vector("edk2-error-8-abort");
    assert!(matches!(talk.on(server_path(4000), &abort), server::Event::PeerError { .. }));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_bytes_are_a_trap(bytes in laws::garbage()) {
        let _ = Packet::parse(&bytes);
        let _ = Request::parse(&bytes);
        let mut talk = Talk::new(Download::new(config("f")).unwrap());
        let before = talk.machine.clone();
        if matches!(talk.on(path(9), &bytes), Event::Ignored(Ignored::Malformed { .. })) {
            prop_assert_eq!(&talk.machine, &before);
        }
    }

    #[test]
    fn a_harmed_request_that_still_parses_reads_the_same_when_written_again(
        bytes in laws::mutated(vectors::load(FOLDER).unwrap().into_iter().map(|vector| vector.bytes).collect())
    ) {
        if let Ok(packet @ Packet::Request(_)) = Packet::parse(&bytes) {
            let again = emit(&packet);
            prop_assert_eq!(Packet::parse(&again).map(|packet| strings(&packet)), Ok(strings(&packet)));
        }
    }
}
