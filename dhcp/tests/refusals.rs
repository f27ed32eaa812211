//! Addresses that are refused, or turn out to be somebody else's.
#![allow(
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod common;

use std::time::Duration;

use bootproto_dhcp::client::{Event, Failure, Ignored};
use common::*;
use dhcproto::v4::MessageType;

#[test]
fn only_the_selected_server_may_refuse() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::offer(&discover).file("x"));
    let request = talk.sends(REQUEST);
    let nak = Answer::nak(&request).option(56, b"wrong network\0");
    talk.ignores(&nak.clone().from(OTHER), Ignored::NotSelected { server: OTHER });
    talk.ignores(&Answer { server_id: None, source: OTHER, ..nak.clone() }, Ignored::NoServerId);
    assert_eq!(talk.hears(&nak), Event::Refused { server: SERVER, message: b"wrong network" });
    let again = talk.sends(DISCOVER);
    assert_ne!(again.xid(), discover.xid());
}

#[test]
fn a_storm_of_refusals_slows_down_and_ends() {
    let mut talk = Talk::new(config());
    let begin = talk.now;
    let mut refusals = 0;
    let last = loop {
        let discover = talk.sends(DISCOVER);
        talk.hears(&Answer::offer(&discover).file("x"));
        let request = talk.sends(REQUEST);
        match talk.hears(&Answer::nak(&request)) {
            Event::Refused { .. } => refusals += 1,
            event => break event,
        }
        if refusals > 1 {
            assert_eq!(talk.waits().1, None);
        }
        assert!(refusals < 20);
    };
    assert_eq!(last, Event::Failed(Failure::Refused { server: SERVER }));
    assert_eq!(refusals, 5);
    assert_eq!(talk.now.saturating_since(begin), Duration::from_secs(4 + 8 + 12 + 16));
}

#[test]
fn a_refused_renewal_takes_the_address_away_at_once() {
    let mut talk = Talk::new(config());
    talk.is_bound_by(&[(67, b"x")]);
    talk.then();
    let renewal = talk.waits_and_sends(1_700.0..=1_800.0, REQUEST);
    talk.ignores(&Answer::nak(&renewal).from(OTHER), Ignored::NotSelected { server: OTHER });
    assert!(matches!(talk.hears(&Answer::nak(&renewal)), Event::Refused { server: SERVER, .. }));
    assert_eq!(talk.client.lease(), None);
    talk.sends(DISCOVER);
}

#[test]
fn an_address_in_use_is_declined_and_another_asked_for_ten_seconds_later() {
    let mut talk = Talk::new(config().with_probe_address(true));
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::offer(&discover).file("x"));
    let request = talk.sends(REQUEST);
    let ack = Answer::ack(&request).file("x");
    assert_eq!(talk.hears(&ack), Event::ProbeAddress(ADDRESS));
    assert_eq!(talk.client.lease(), None);
    talk.ignores(&ack, Ignored::Duplicate);
    talk.client.probe_result(talk.now, true);
    //= https://www.rfc-editor.org/rfc/rfc2131#section-3.1
    //= type=test
    //# If the client detects that the address is already in use (e.g.,
    //# through the use of ARP), the client MUST send a DHCPDECLINE
    //# message to the server and restarts the configuration process.
    let decline = talk.sends(MessageType::Decline);
    assert_eq!((decline.to(), decline.message.ciaddr()), ("255.255.255.255:67".into(), NOBODY));
    assert_eq!((decline.raw(50), decline.raw(54)), (Some(&ADDRESS.octets()[..]), Some(&SERVER.octets()[..])));
    assert!(decline.has(61) && !decline.has(55) && !decline.has(57) && !decline.has(60));
    //= https://www.rfc-editor.org/rfc/rfc2131#section-3.1
    //= type=test
    //# The client SHOULD wait a minimum of ten seconds before
    //# restarting the configuration process to avoid excessive network
    //# traffic in case of looping.
    talk.waits_and_sends(10.0..=10.0, DISCOVER);
}

#[test]
fn a_free_address_is_bound_and_so_is_one_that_nobody_probes() {
    let probing = || {
        let mut talk = Talk::new(config().with_probe_address(true));
        let discover = talk.sends(DISCOVER);
        talk.hears(&Answer::offer(&discover).file("x"));
        let request = talk.sends(REQUEST);
        talk.hears(&Answer::ack(&request).file("x"));
        talk
    };
    let mut talk = probing();
    talk.client.probe_result(talk.now, false);
    assert_eq!(talk.then(), Event::Bound);
    assert_eq!(talk.then(), Event::BootReady);
    let mut talk = probing();
    assert_eq!(talk.waits(), (Duration::from_secs(10), Some(Event::Bound)));
}

#[test]
fn a_server_that_has_only_used_addresses_is_given_up() {
    let mut talk = Talk::new(config().with_probe_address(true));
    for round in 1..=6 {
        let discover = talk.sends(DISCOVER);
        talk.hears(&Answer::offer(&discover).file("x"));
        let request = talk.sends(REQUEST);
        assert_eq!(talk.hears(&Answer::ack(&request).file("x")), Event::ProbeAddress(ADDRESS));
        talk.client.probe_result(talk.now, true);
        talk.sends(MessageType::Decline);
        let (_, event) = talk.waits();
        if round == 6 {
            assert_eq!(event, Some(Event::Failed(Failure::AddressInUse { address: ADDRESS })));
        } else {
            assert_eq!(event, None);
        }
    }
}
