//! What one answer, offer or lease said must not leak into what is made of the next.
#![allow(clippy::std_instead_of_core, clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::time::Duration;

use bootproto_core::Machine;
use bootproto_dhcp::client::{Boot, Config, Event, Source};
use common::*;

/// A client that has found its boot, at the end of its lease.
fn expired(mut talk: Talk) -> Talk {
    let lost = talk.after(Duration::from_secs(3_600));
    assert_eq!(lost, [Event::Expired]);
    talk
}

fn booted(options: &[(u8, &[u8])]) -> Talk {
    let mut talk = Talk::new(config().with_renew(false));
    talk.is_bound_by(options);
    assert_eq!(talk.then(), Event::BootReady);
    talk
}

#[test]
fn what_was_found_to_boot_is_final_whoever_gives_the_next_address() {
    let mut talk = expired(booted(&[(67, b"first"), (209, b"first.cfg"), (66, b"first.example")]));
    let before = talk.client.boot().cloned().unwrap();
    let discover = talk.sends(DISCOVER);
    let others: &[(u8, &[u8])] =
        &[(67, b"second"), (209, b"second.cfg"), (210, b"/second/"), (211, &[0, 0, 0, 9])];
    talk.hears(&Answer::proxy(&discover).options(others).option(43, b"\x06\x01\x08\xff"));
    talk.hears(&Answer::offer(&discover).from(OTHER).options(others));
    let request = talk.sends(REQUEST);
    assert_eq!(talk.hears(&Answer::ack(&request).from(OTHER).options(others)), Event::Bound);
    assert_eq!(talk.client.boot(), Some(&before));
}

#[test]
fn a_client_that_knows_what_to_boot_waits_for_no_proxy() {
    let mut talk = expired(booted(&[(67, b"first")]));
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::offer(&discover));
    let request = talk.sends(REQUEST);
    assert_eq!(talk.hears(&Answer::ack(&request)), Event::Bound);
    assert_eq!(
        (talk.then(), talk.client.boot().map(|boot| boot.file.to_vec())),
        (Event::Nothing, Some(b"first".to_vec()))
    );
}

#[test]
fn the_lease_after_the_lease_has_nothing_of_the_one_before() {
    let options: &[(u8, &[u8])] = &[
        (67, b"x"),
        (1, &[255, 255, 0, 0]),
        (3, &[10, 77, 0, 1]),
        (6, &[10, 77, 0, 1]),
        (12, b"old"),
        (15, b"old.example"),
        (26, &[5, 0]),
        (28, &[10, 77, 255, 255]),
        (42, &[10, 77, 0, 1]),
        (121, &[0, 10, 77, 0, 1]),
    ];
    let mut talk = expired(booted(options));
    assert_eq!(talk.client.lease(), None);
    talk.is_bound_by(&[]);
    let lease = talk.client.lease().unwrap();
    assert_eq!((lease.mask, lease.mtu, lease.broadcast), (None, None, None));
    assert!(lease.routers().is_empty() && lease.dns().is_empty() && lease.ntp().is_empty());
    assert!(lease.routes().is_empty() && lease.domain.is_empty() && lease.host_name.is_empty());
}

#[test]
fn an_offer_that_was_not_chosen_says_nothing_about_the_boot() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    // A BOOTP answer with PXE's menu, and then a DHCP offer, which is better.
    let worse =
        Answer::bootp(&discover).from(OTHER).file("old").option(209, b"old.cfg").option(66, b"old.example");
    talk.hears(&worse.option(60, b"PXEClient").option(43, b"\x09\x04\x80\x01\x01x\xff"));
    talk.hears(&Answer::offer(&discover).file("new"));
    let request = talk.sends(REQUEST);
    assert_eq!(talk.hears(&Answer::ack(&request).file("new")), Event::Bound);
    assert_eq!(talk.then(), Event::BootReady);
    let boot = talk.client.boot().unwrap();
    assert_eq!(&boot.file[..], b"new");
    assert!(boot.config_file.is_empty() && boot.server_name.is_empty());
}

#[test]
fn a_refused_offer_says_nothing_about_the_boot() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::offer(&discover).file("old").siaddr(OTHER).option(209, b"old.cfg"));
    let request = talk.sends(REQUEST);
    assert!(matches!(talk.hears(&Answer::nak(&request)), Event::Refused { .. }));
    talk.is_bound_by(&[(67, b"new")]);
    assert_eq!(talk.then(), Event::BootReady);
    let boot = talk.client.boot().unwrap();
    assert_eq!((&boot.file[..], boot.server, boot.server_from), (&b"new"[..], SERVER, Source::DhcpServer));
    assert!(boot.config_file.is_empty());
}

/// What is booted after a proxy's offer and a DHCP server's offer and acknowledgement, in either order.
fn with_proxy(proxy_first: bool) -> Boot {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    let proxy = Answer::proxy(&discover).file("x").option(209, b"proxy.cfg").option(66, b"proxy.example");
    let own: &[(u8, &[u8])] = &[(209, b"dhcp.cfg"), (210, b"/dhcp/"), (66, b"dhcp.example")];
    let offer = Answer::offer(&discover).options(own);
    let both = if proxy_first { [proxy, offer] } else { [offer, proxy] };
    for answer in both {
        talk.hears(&answer);
    }
    let request = talk.sends(REQUEST);
    assert_eq!(talk.hears(&Answer::ack(&request).options(own)), Event::Bound);
    assert_eq!(talk.then(), Event::BootReady);
    talk.client.boot().cloned().unwrap()
}

#[test]
fn a_proxys_word_about_the_boot_goes_before_the_dhcp_servers_in_any_order() {
    let boot = with_proxy(true);
    assert_eq!((&boot.config_file[..], &boot.path_prefix[..]), (&b"proxy.cfg"[..], &b"/dhcp/"[..]));
    assert_eq!(&boot.server_name[..], b"proxy.example");
    assert_eq!(with_proxy(false), boot);
}

#[test]
fn an_address_that_is_there_is_answered_directly_so_no_broadcast_is_asked_for() {
    for config in [Config::ipoib(1, [7; 8]), config().with_broadcast(true)] {
        let mut talk = Talk::new(config);
        let request = talk.is_bound_by(&[(67, b"x")]);
        assert!(request.message.flags().broadcast());
        assert_eq!(talk.then(), Event::BootReady);
        let renewal = talk.waits_and_sends(1_799.0..=1_800.0, REQUEST);
        assert!(!renewal.message.flags().broadcast() && renewal.message.ciaddr() == ADDRESS);
        while talk.client.lease().is_some() {
            talk.waits();
            let mut room = [0; bootproto_dhcp::Client::MAX_TRANSMIT];
            let sent = talk.client.poll_transmit(talk.now, &mut room).unwrap().unwrap();
            let rediscovers = sent.bytes[12..16] == [0; 4];
            assert_eq!(sent.bytes[10] == 0x80, rediscovers);
        }
    }
}
