//! Answers that real servers gave to real ROMs, given to our client: whole, and cut off at every byte.
#![allow(clippy::std_instead_of_core, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::net::{Ipv4Addr, SocketAddrV4};

use bootproto_core::UdpPath;
use bootproto_dhcp::client::{Config, Event, Failure, Ignored, Source, VendorClass};
use bootproto_dhcp::wire::Packet;
use common::*;
use testkit::vectors::{self, Vector};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");
const SLIRP: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);

/// A captured answer with the transaction id and hardware address of `to`.
fn answer(name: &str, to: &Sent) -> Vec<u8> {
    let mut bytes = vectors::named(FOLDER, name).bytes;
    bytes.splice(4..8, to.xid().to_be_bytes());
    bytes.splice(28..44, to.bytes[28..44].iter().copied());
    bytes
}

const fn path(from: Ipv4Addr, port: u16) -> UdpPath {
    UdpPath::from_port(68, SocketAddrV4::new(from, port))
}

/// The client hears a captured answer.
fn hears(talk: &mut Talk, name: &str, to: &Sent) -> Event<'static> {
    let source = match name {
        name if name.starts_with("slirp") => path(SLIRP, 67),
        name if name.contains("4011") => path(PROXY, 4011),
        name if name.contains("proxy") => path(PROXY, 67),
        _ => path(SERVER, 67),
    };
    talk.hears_bytes(&answer(name, to), source)
}

/// DISCOVER to the lease with these captured answers.
fn bound_by(config: Config, answers: &[&str]) -> Talk {
    let mut talk = Talk::new(config);
    let discover = talk.sends(DISCOVER);
    let (ack, offers) = answers.split_last().unwrap();
    for offer in offers {
        assert!(matches!(hears(&mut talk, offer, &discover), Event::Offered(_)), "{offer}");
    }
    let request = talk.sends(REQUEST);
    assert_eq!(hears(&mut talk, ack, &request), Event::Bound);
    talk
}

#[test]
fn dnsmasq_counts_a_nul_into_the_boot_file() {
    let mut talk = bound_by(config(), &["dnsmasq-offer-to-ipxe-rom", "dnsmasq-ack-to-ipxe-rom"]);
    assert_eq!(talk.then(), Event::BootReady);
    let boot = talk.client.boot().unwrap();
    assert_eq!(
        (&boot.file[..], boot.server, boot.server_from),
        (&b"pxelinux.0"[..], SERVER, Source::DhcpSiaddr)
    );
    let lease = talk.client.lease().unwrap();
    assert_eq!(lease.mask, Some([255, 255, 255, 0].into()));
    assert!(!lease.routers().is_empty());
}

#[test]
fn slirp_fills_its_answer_with_zeros() {
    let mut talk = bound_by(config(), &["slirp-offer", "slirp-ack"]);
    assert_eq!(talk.then(), Event::BootReady);
    assert_eq!(&talk.client.boot().unwrap().file[..], b"pxelinux.0");
}

#[test]
fn an_http_client_gets_a_url() {
    let config = config().with_arch(16).with_vendor_class(VendorClass::Http);
    let mut talk = bound_by(config, &["dnsmasq-offer-to-ovmf-http", "dnsmasq-ack-http-boot-file"]);
    assert_eq!(talk.then(), Event::BootReady);
    assert!(talk.client.boot().unwrap().file.starts_with(b"http://"));
}

#[test]
fn dnsmasq_as_proxy_leads_through_a_menu_of_one_line_to_its_boot_server() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    for offer in ["dnsmasq-offer-without-boot-file", "dnsmasq-proxy-offer-one-item"] {
        assert!(matches!(hears(&mut talk, offer, &discover), Event::Offered(_)), "{offer}");
    }
    let request = talk.sends(REQUEST);
    // The plain server's own acknowledgement was not captured: one made by hand.
    talk.hears(&Answer::ack(&request));
    assert_eq!(talk.then(), Event::Nothing);
    let to_boot_server = talk.sends(REQUEST);
    assert_eq!(to_boot_server.to(), "10.77.0.2:4011");
    assert_eq!(to_boot_server.raw(43), Some(&b"\x47\x04\x80\x00\0\0\xff"[..]));
    assert_eq!(hears(&mut talk, "dnsmasq-4011-ack-to-ipxe-rom", &to_boot_server), Event::BootReady);
    let boot = talk.client.boot().unwrap();
    assert_eq!(
        (&boot.file[..], boot.server, boot.server_from),
        (&b"pxelinux.0"[..], PROXY, Source::BootServer)
    );
}

#[test]
fn dnsmasqs_menu_shows_a_prompt_and_the_local_disk() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    hears(&mut talk, "dnsmasq-proxy-offer-menu", &discover);
    hears(&mut talk, "dnsmasq-offer-without-boot-file", &discover);
    let request = talk.sends(REQUEST);
    talk.hears(&Answer::ack(&request));
    assert_eq!(talk.then(), Event::Menu);
    let menu = talk.client.menu().unwrap();
    let kinds: Vec<u16> = menu.items.map(|item| item.kind).collect();
    assert_eq!(kinds, [0x8000, 0x8001, 0]);
    assert_eq!(menu.prompt.unwrap().timeout_seconds, 3);
    assert!(menu.prompt.unwrap().text == *b"Press F8 for boot menu");
    assert!(talk.client.choose(talk.now, 0));
    assert_eq!(talk.then(), Event::LocalBoot);
}

#[test]
fn dnsmasq_answers_uefi_on_port_4011_only() {
    let mut talk = Talk::new(config().with_arch(7));
    let discover = talk.sends(DISCOVER);
    hears(&mut talk, "dnsmasq-offer-without-boot-file", &discover);
    hears(&mut talk, "dnsmasq-proxy-offer-to-ovmf", &discover);
    let request = talk.sends(REQUEST);
    talk.hears(&Answer::ack(&request));
    assert_eq!(talk.then(), Event::Nothing);
    let asked = talk.sends(REQUEST);
    assert_eq!(asked.to(), "10.77.0.2:4011");
    assert_eq!(hears(&mut talk, "dnsmasq-proxy-4011-ack-to-ovmf", &asked), Event::BootReady);
    let boot = talk.client.boot().unwrap();
    assert_eq!((boot.server, boot.server_from), (PROXY, Source::ProxySiaddr));
}

#[test]
fn a_boot_server_that_is_not_there_is_given_up_after_its_time() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    hears(&mut talk, "dnsmasq-offer-without-boot-file", &discover);
    hears(&mut talk, "dnsmasq-proxy-offer-absent-server", &discover);
    let request = talk.sends(REQUEST);
    talk.hears(&Answer::ack(&request));
    assert_eq!(talk.then(), Event::Menu);
    assert_eq!(talk.waits().1, None);
    talk.sends(REQUEST);
    talk.waits_and_sends(0.8..=1.2, REQUEST);
    talk.waits_and_fails(1.8..=2.2, Failure::NoBootServer { kind: 0x8000 });
}

#[test]
fn dnsmasqs_refusal_is_told_with_its_words() {
    let mut talk = bound_by(config(), &["dnsmasq-offer-to-ipxe-rom", "dnsmasq-ack-to-ipxe-rom"]);
    talk.then();
    let (_, event) = talk.waits();
    assert_eq!(event, None);
    let renewal = talk.sends(REQUEST);
    let Event::Refused { message, .. } = hears(&mut talk, "dnsmasq-nak", &renewal) else {
        panic!("not refused")
    };
    assert!(!message.is_empty());
}

#[test]
fn every_captured_packet_cut_off_at_every_byte_is_parsed_or_refused_and_nothing_else() {
    for Vector { name, bytes, .. } in vectors::load(FOLDER).unwrap() {
        let whole = Packet::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let count = whole.options().count();
        for length in 0..bytes.len() {
            match Packet::parse(&bytes[..length]) {
                Ok(packet) => {
                    assert!(length >= 236, "{name} cut to {length}");
                    assert!(packet.options().count() <= count);
                    for option in packet.options() {
                        let _ = (option.value.addresses(), option.value.routes().map(Iterator::count));
                        let _ = option.value.pxe().count();
                    }
                }
                Err(error) => assert!(error.offset <= length, "{name} cut to {length}: {error}"),
            }
        }
    }
}

#[test]
fn a_client_survives_every_captured_answer_cut_off_at_every_byte() {
    for name in ["slirp-offer", "dnsmasq-offer-to-ipxe-rom", "dnsmasq-proxy-offer-menu"] {
        let mut talk = Talk::new(config());
        let discover = talk.sends(DISCOVER);
        let bytes = answer(name, &discover);
        let fresh = talk.client.clone();
        for length in 0..bytes.len() {
            talk.client = fresh.clone();
            let event = talk.hears_bytes(&bytes[..length], path(SERVER, 67));
            if length < 236 {
                assert!(matches!(event, Event::Ignored(Ignored::Malformed { .. })), "{name} cut to {length}");
            }
            assert!(!matches!(event, Event::Failed(_)));
        }
    }
}
