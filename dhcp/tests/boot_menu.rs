//! The menu of PXE, and the boot servers behind its lines.
#![allow(clippy::std_instead_of_core, clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::time::Duration;

use bootproto_dhcp::client::{Event, Failure, Ignored, Source};
use common::*;

const KIND: u16 = 0x8001;

/// Sub-options of option 43.
fn pxe(parts: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (code, value) in parts {
        bytes.extend([*code, u8::try_from(value.len()).unwrap()]);
        bytes.extend(*value);
    }
    bytes.push(255);
    bytes
}

const TWO_LINES: &[u8] = b"\x80\x01\x03one\x00\x00\x05local";
const ONE_LINE: &[u8] = b"\x80\x01\x03one";
/// One server for type 0x8001.
const LISTED: &[u8] = b"\x80\x01\x01\x0a\x4d\x00\x02";
const NO_BROADCAST_NO_MULTICAST: &[u8] = &[3];

/// A lease, and these sub-options in the proxy's offer.
fn bound_with(parts: &[(u8, &[u8])]) -> Talk {
    let options = pxe(parts);
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::offer(&discover));
    talk.hears(&Answer::proxy(&discover).option(43, &options));
    let request = talk.sends(REQUEST);
    assert_eq!(talk.hears(&Answer::ack(&request)), Event::Bound);
    talk
}

#[test]
fn a_prompt_of_no_time_takes_the_first_line_at_once() {
    let mut talk = bound_with(&[(6, &[3]), (10, b"\0PXE"), (8, LISTED), (9, TWO_LINES)]);
    assert_eq!(talk.then(), Event::Nothing);
    assert!(talk.client.menu().is_none());
    let request = talk.sends(REQUEST);
    assert_eq!(request.to(), "10.77.0.2:4011");
    assert_eq!(request.raw(43), Some(&b"\x47\x04\x80\x01\0\0\xff"[..]));
    assert_eq!(request.message.ciaddr(), ADDRESS);
    let ack = Answer::pxe_ack(&request).file("one.0").siaddr(OTHER);
    assert_eq!(talk.hears(&ack), Event::BootReady);
    let boot = talk.client.boot().unwrap();
    assert_eq!((&boot.file[..], boot.server, boot.server_from), (&b"one.0"[..], OTHER, Source::BootServer));
}

#[test]
fn a_menu_of_one_line_without_a_prompt_is_no_question() {
    let mut talk = bound_with(&[(6, NO_BROADCAST_NO_MULTICAST), (8, LISTED), (9, ONE_LINE)]);
    assert_eq!(talk.then(), Event::Nothing);
    talk.sends(REQUEST);
}

#[test]
fn a_menu_of_several_lines_without_a_prompt_waits_for_a_person() {
    let mut talk = bound_with(&[(6, NO_BROADCAST_NO_MULTICAST), (8, LISTED), (9, TWO_LINES)]);
    assert_eq!(talk.then(), Event::Menu);
    assert_eq!(talk.client.menu_deadline(), None);
    let lines: Vec<_> =
        talk.client.menu().unwrap().items.map(|item| (item.kind, format!("{:?}", item.text))).collect();
    assert_eq!(lines, [(KIND, "\"one\"".to_owned()), (0, "\"local\"".to_owned())]);
    assert!(talk.after(Duration::from_secs(600)).is_empty());
    assert!(!talk.client.choose(talk.now, 0x8002));
    assert!(talk.client.choose(talk.now, KIND));
    assert!(talk.client.menu().is_none());
    assert_eq!(talk.then(), Event::Nothing);
    talk.sends(REQUEST);
}

#[test]
fn the_first_line_is_taken_when_the_prompts_time_is_over() {
    let mut talk =
        bound_with(&[(6, NO_BROADCAST_NO_MULTICAST), (8, LISTED), (9, TWO_LINES), (10, b"\x03Press F8")]);
    assert_eq!(talk.then(), Event::Menu);
    let prompt = talk.client.menu().unwrap().prompt.unwrap();
    assert_eq!((prompt.timeout_seconds, prompt.text == *b"Press F8"), (3, true));
    assert_eq!(talk.waits(), (Duration::from_secs(3), None));
    talk.sends(REQUEST);
}

#[test]
fn a_person_who_is_there_stops_the_countdown() {
    let mut talk = bound_with(&[(8, LISTED), (9, TWO_LINES), (10, b"\x03Press F8")]);
    assert_eq!(talk.then(), Event::Menu);
    talk.client.hold_menu(talk.now);
    assert!(talk.after(Duration::from_secs(60)).is_empty());
    assert!(talk.client.menu().is_some());
}

#[test]
fn a_prompt_of_255_waits_for_ever_and_the_lease_is_renewed_meanwhile() {
    let mut talk = bound_with(&[(8, LISTED), (9, TWO_LINES), (10, b"\xffPress F8")]);
    assert_eq!(talk.then(), Event::Menu);
    let renewal = talk.waits_and_sends(1_799.0..=1_800.0, REQUEST);
    assert_eq!((renewal.to(), renewal.message.ciaddr()), ("10.77.0.1:67".into(), ADDRESS));
    assert_eq!(talk.hears(&Answer::ack(&renewal)), Event::Renewed);
    assert!(talk.client.menu().is_some());
}

#[test]
fn the_line_for_the_local_disk_ends_the_boot_over_the_network() {
    let mut talk = bound_with(&[(8, LISTED), (9, TWO_LINES), (10, b"\x0aPress F8")]);
    talk.then();
    assert!(talk.client.choose(talk.now, 0));
    assert_eq!(talk.then(), Event::LocalBoot);
    assert_eq!(talk.client.boot(), None);
    talk.is_silent();
}

#[test]
fn boot_servers_are_sought_by_multicast_then_broadcast_then_one_by_one() {
    let list = b"\x80\x01\x02\x0a\x4d\x00\x02\x0a\x4d\x00\x03";
    let mut talk = bound_with(&[(7, &[224, 0, 1, 2]), (8, list), (9, ONE_LINE)]);
    assert_eq!(talk.then(), Event::Nothing);
    let mut xids = Vec::new();
    for to in ["224.0.1.2:4011", "255.255.255.255:67", "10.77.0.2:4011", "10.77.0.3:4011"] {
        let first = talk.sends(REQUEST);
        assert_eq!(first.to(), to);
        let second = talk.waits_and_sends(0.8..=1.2, REQUEST);
        assert_eq!((second.to(), second.xid()), (to.into(), first.xid()));
        xids.push(first.xid());
        if to != "10.77.0.3:4011" {
            assert_eq!(talk.waits().1, None);
        }
    }
    xids.dedup();
    assert_eq!(xids.len(), 4);
    talk.waits_and_fails(1.8..=2.2, Failure::NoBootServer { kind: KIND });
}

#[test]
fn the_discovery_control_bits_forbid_ways() {
    let ways = |control: u8| {
        let mut talk = bound_with(&[(6, &[control]), (7, &[224, 0, 1, 2]), (8, LISTED), (9, ONE_LINE)]);
        talk.then();
        talk.sends(REQUEST).to()
    };
    assert_eq!(ways(0), "224.0.1.2:4011");
    assert_eq!(ways(1), "224.0.1.2:4011");
    assert_eq!(ways(2), "255.255.255.255:67");
    assert_eq!(ways(3), "10.77.0.2:4011");
}

#[test]
fn no_way_at_all_is_a_failure_that_says_what_is_missing() {
    let failure = |control: u8| {
        let mut talk = bound_with(&[(6, &[control]), (9, ONE_LINE)]);
        talk.then()
    };
    assert_eq!(failure(3), Event::Failed(Failure::NoBootServerList { kind: KIND }));
    assert_eq!(failure(1), Event::Failed(Failure::NoDiscoveryMulticast { kind: KIND }));
}

#[test]
fn bit_2_takes_only_listed_servers() {
    let mut talk = bound_with(&[(6, &[4]), (8, LISTED), (9, ONE_LINE)]);
    talk.then();
    let request = talk.sends(REQUEST);
    assert_eq!(request.to(), "255.255.255.255:67");
    let ack = Answer::pxe_ack(&request).file("one.0");
    talk.ignores(&ack.clone().from(OTHER), Ignored::NotSelected { server: OTHER });
    assert_eq!(talk.hears(&ack), Event::BootReady);
    // The boot server names no other: it is the one.
    assert_eq!(talk.client.boot().unwrap().server, PROXY);
}

#[test]
fn without_bit_2_any_boot_server_of_that_type_will_do() {
    let mut talk = bound_with(&[(8, LISTED), (9, ONE_LINE)]);
    talk.then();
    let request = talk.sends(REQUEST);
    let ack = Answer::pxe_ack(&request).from(OTHER).file("one.0");
    let other_type = pxe(&[(71, &[0x80, 2, 0, 0])]);
    talk.ignores(&ack.clone().option(43, &other_type), Ignored::NotSelected { server: OTHER });
    // An ordinary DHCP server answers the broadcast too.
    talk.ignores(&Answer::ack(&request), Ignored::NotPxe);
    assert_eq!(talk.hears(&ack.option(43, &pxe(&[(71, &[0x80, 1, 0, 0])]))), Event::BootReady);
}

#[test]
fn bit_3_means_that_the_file_is_already_named() {
    let options = pxe(&[(6, &[8]), (9, TWO_LINES), (10, b"\xffPress F8")]);
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::offer(&discover).file("at-once").option(60, b"PXEClient").option(43, &options));
    let request = talk.sends(REQUEST);
    talk.hears(&Answer::ack(&request).file("at-once").option(60, b"PXEClient").option(43, &options));
    assert_eq!(talk.then(), Event::BootReady);
}

#[test]
fn option_43_of_a_server_that_is_not_pxe_is_somebody_elses() {
    let options = pxe(&[(8, LISTED), (9, TWO_LINES)]);
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    let Event::Offered(offer) = talk.hears(&Answer::offer(&discover).option(43, &options)) else { panic!() };
    assert!(!offer.has_boot);
    talk.waits_and_sends(2.0..=2.0, REQUEST);
}

#[test]
fn broken_menus_fail_or_end_where_they_break() {
    let mut talk = bound_with(&[(6, &[3]), (8, LISTED), (9, b"\x80\x01\xffone")]);
    assert_eq!(talk.then(), Event::Failed(Failure::BadMenu));
    let mut talk = bound_with(&[(6, &[3]), (8, LISTED), (9, b"\x80\x01\x03one\x80\x02\xfftwo")]);
    assert_eq!(talk.then(), Event::Nothing);
    talk.sends(REQUEST);
}

#[test]
fn a_menu_in_the_proxys_answer_on_4011_is_followed() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::offer(&discover));
    talk.hears(&Answer::proxy(&discover));
    let request = talk.sends(REQUEST);
    talk.hears(&Answer::ack(&request));
    talk.then();
    let asked = talk.sends(REQUEST);
    let options = pxe(&[(6, &[3]), (8, LISTED), (9, TWO_LINES), (10, b"\x05Press F8")]);
    assert_eq!(talk.hears(&Answer::pxe_ack(&asked).option(43, &options)), Event::Menu);
    assert!(talk.client.choose(talk.now, KIND));
    talk.then();
    let chosen = talk.sends(REQUEST);
    assert_ne!(chosen.xid(), asked.xid());
    assert_eq!(talk.hears(&Answer::pxe_ack(&chosen).file("one.0")), Event::BootReady);
}

#[test]
fn a_list_without_addresses_means_any_server_of_the_type() {
    // PXE 2.1 table 2-1, PXE_BOOT_SERVERS: no addresses, any server of that type; bit 2 of the control limits to rows.
    for (row, expected) in [(&b"\x80\x01\x00"[..], true), (LISTED, false), (b"\x80\x02\x00", false)] {
        let mut talk = bound_with(&[(6, &[6]), (8, row), (9, ONE_LINE)]);
        assert_eq!(talk.then(), Event::Nothing);
        let request = talk.sends(REQUEST);
        assert_eq!(request.to(), "255.255.255.255:67");
        let event = talk.hears(&Answer::pxe_ack(&request).from(OTHER).file("one.0"));
        assert_eq!(event == Event::BootReady, expected, "{event:?}");
    }
}
