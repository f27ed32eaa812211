//! An address from one server, what to boot from another.
#![allow(clippy::std_instead_of_core, clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::time::Duration;

use bootproto_dhcp::client::{Config, Event, Failure, Ignored, OfferKind, Source, VendorClass};
use common::*;

/// From DISCOVER to the lease, with this proxy's offer beside a DHCP server's that names nothing.
fn bound_beside(proxy: impl FnOnce(Answer) -> Answer) -> Talk {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::offer(&discover));
    talk.is_silent();
    talk.hears(&proxy(Answer::proxy(&discover)));
    let request = talk.sends(REQUEST);
    assert_eq!(talk.hears(&Answer::ack(&request)), Event::Bound);
    talk
}

#[test]
fn a_proxy_that_names_the_file_in_its_offer_is_not_asked_again() {
    let mut talk = bound_beside(|proxy| proxy.file("grub.pxe").siaddr(OTHER));
    assert_eq!(talk.then(), Event::BootReady);
    let boot = talk.client.boot().unwrap();
    assert_eq!(
        (&boot.file[..], boot.server, boot.server_from),
        (&b"grub.pxe"[..], OTHER, Source::ProxySiaddr)
    );
}

#[test]
fn a_proxy_that_names_nothing_is_asked_on_port_4011_with_the_leased_address() {
    let mut talk = bound_beside(|proxy| proxy);
    assert_eq!(talk.then(), Event::Nothing);
    let request = talk.sends(REQUEST);
    assert_eq!(
        (request.to(), request.path.local.to_string()),
        ("10.77.0.2:4011".into(), "10.77.0.107:68".into())
    );
    assert_eq!(request.message.ciaddr(), ADDRESS);
    assert!(request.has(60) && request.has(93) && request.has(94) && request.has(55));
    assert!(!request.has(50) && !request.has(54) && !request.has(43));
    let ack = Answer::pxe_ack(&request).file("grub.pxe").siaddr(PROXY);
    assert_eq!(talk.hears(&ack), Event::BootReady);
    assert_eq!(talk.client.boot().unwrap().server_from, Source::ProxySiaddr);
    assert_eq!(talk.hears(&ack), Event::Ignored(Ignored::WrongXid));
}

#[test]
fn only_the_proxy_that_was_asked_may_answer_and_only_as_a_pxe_server() {
    let mut talk = bound_beside(|proxy| proxy);
    talk.then();
    let request = talk.sends(REQUEST);
    let ack = Answer::pxe_ack(&request).file("grub.pxe");
    talk.ignores(&ack.clone().from(OTHER), Ignored::NotSelected { server: OTHER });
    talk.ignores(&Answer { options: vec![], ..ack.clone() }, Ignored::NotPxe);
    talk.ignores(&Answer { file: vec![], ..ack.clone() }, Ignored::Useless);
    talk.ignores(&Answer { kind: Some(6), ..ack.clone() }, Ignored::Unexpected { kind: 6 });
    assert_eq!(talk.hears(&ack), Event::BootReady);
}

#[test]
fn a_proxy_silent_on_4011_is_a_failure_after_three_requests() {
    let mut talk = bound_beside(|proxy| proxy);
    talk.then();
    let first = talk.sends(REQUEST);
    for seconds in [1.0, 2.0] {
        let again = talk.waits_and_sends(seconds - 0.2..=seconds + 0.2, REQUEST);
        assert_eq!(again.xid(), first.xid());
    }
    talk.waits_and_fails(3.8..=4.2, Failure::ProxySilent { server: PROXY });
    assert!(talk.client.lease().is_some());
}

#[test]
fn a_proxy_silent_on_4011_does_not_matter_where_the_dhcp_server_names_a_file() {
    let mut talk = Talk::new(config().with_always_wait_for_proxy(true));
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::offer(&discover).file("plan-b"));
    talk.is_silent();
    talk.hears(&Answer::proxy(&discover));
    let request = talk.sends(REQUEST);
    talk.hears(&Answer::ack(&request).file("plan-b"));
    talk.then();
    talk.sends(REQUEST);
    let events = talk.after(Duration::ZERO);
    assert!(events.is_empty());
    talk.waits_and_sends(0.8..=1.2, REQUEST);
    talk.waits_and_sends(1.8..=2.2, REQUEST);
    let (_, event) = talk.waits();
    assert_eq!(event, Some(Event::BootReady));
    let boot = talk.client.boot().unwrap();
    assert_eq!((&boot.file[..], boot.server, boot.server_from), (&b"plan-b"[..], SERVER, Source::DhcpServer));
}

#[test]
fn a_dhcp_server_that_is_its_own_proxy_is_asked_on_4011_without_waiting() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::offer(&discover).option(60, b"PXEClient"));
    let request = talk.sends(REQUEST);
    assert_eq!(talk.hears(&Answer::ack(&request).option(60, b"PXEClient")), Event::Bound);
    assert_eq!(talk.then(), Event::Nothing);
    let asked = talk.sends(REQUEST);
    assert_eq!(asked.to(), "10.77.0.1:4011");
    let ack = Answer::pxe_ack(&asked).from(SERVER).file("wdsnbp.com");
    assert_eq!(talk.hears(&ack), Event::BootReady);
    assert_eq!(&talk.client.boot().unwrap().file[..], b"wdsnbp.com");
}

#[test]
fn a_proxys_offer_that_comes_first_waits_for_an_address() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    let proxy = Answer::proxy(&discover).file("grub.pxe").siaddr(PROXY);
    let Event::Offered(offer) = talk.hears(&proxy) else { panic!("no offer") };
    assert_eq!((offer.kind, offer.server, offer.has_boot), (OfferKind::Proxy, PROXY, true));
    talk.ignores(&proxy, Ignored::Duplicate);
    talk.is_silent();
    let again = talk.waits_and_sends(3.0..=5.0, DISCOVER);
    talk.hears(&Answer::offer(&again));
    talk.sends(REQUEST);
}

#[test]
fn proxies_without_a_dhcp_server_are_a_failure_of_their_own() {
    let mut talk = Talk::new(config().with_attempts(1));
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::proxy(&discover).file("x"));
    talk.waits_and_fails(3.0..=5.0, Failure::ProxyOnly { tries: 1 });
}

#[test]
fn a_client_that_seeks_nothing_to_boot_does_not_wait_for_proxies() {
    let config =
        Config::new(1, bootproto_dhcp::HardwareAddress::ethernet(MAC)).with_vendor_class(VendorClass::None);
    let mut talk = Talk::new(config);
    let discover = talk.sends(DISCOVER);
    assert!(!discover.has(60) && !discover.has(93) && !discover.has(94));
    talk.ignores(&Answer::proxy(&discover), Ignored::Useless);
    talk.hears(&Answer::offer(&discover));
    let request = talk.sends(REQUEST);
    assert_eq!(talk.hears(&Answer::ack(&request)), Event::Bound);
    assert_eq!(talk.then(), Event::Nothing);
    assert!(!talk.client.is_finished());
}

#[test]
fn sixteen_offers_are_looked_at_and_then_one_is_taken() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    for last in 1..=15 {
        talk.hears(&Answer::offer(&discover).from([10, 77, 1, last].into()));
        talk.is_silent();
    }
    talk.hears(&Answer::offer(&discover).from([10, 77, 1, 16].into()));
    let request = talk.sends(REQUEST);
    assert_eq!(request.raw(54), Some(&[10, 77, 1, 1][..]));
}

#[test]
fn ten_thousand_proxies_change_nothing_after_the_sixteenth() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    let proxy = |number: u16| {
        let [high, low] = number.to_be_bytes();
        Answer::proxy(&discover).from([10, 78, high, low].into())
    };
    for number in 1..=16 {
        assert!(matches!(talk.hears(&proxy(number)), Event::Offered(_)));
    }
    for number in 17..10_000 {
        talk.ignores(&proxy(number), Ignored::TooManyOffers);
    }
    talk.ignores(&Answer::offer(&discover), Ignored::TooManyOffers);
    // The next DISCOVER has its own sixteen.
    let again = talk.waits_and_sends(3.0..=5.0, DISCOVER);
    talk.hears(&Answer::offer(&again));
    talk.sends(REQUEST);
}
