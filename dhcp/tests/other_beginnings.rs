//! Conversations that don't begin with DISCOVER and OFFER: INIT-REBOOT, INFORM, BOOTP, packets of a PXE ROM.
#![allow(clippy::std_instead_of_core, clippy::unwrap_used, reason = "tests")]

mod common;

use bootproto_core::{Instant, Machine};
use bootproto_dhcp::client::{Client, ConfigError, Event, Failure, Ignored, OfferKind, Source};
use common::*;
use dhcproto::v4::MessageType;

#[test]
fn an_address_of_old_is_asked_for_without_discover() {
    let mut talk = Talk::new(config().with_requested_address(ADDRESS));
    let request = talk.sends(REQUEST);
    assert_eq!((request.to(), request.message.ciaddr()), ("255.255.255.255:67".into(), NOBODY));
    assert_eq!(request.raw(50), Some(&ADDRESS.octets()[..]));
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.2
    //= type=test
    //# 'server identifier' MUST NOT be filled in, 'requested IP address'
    //# option MUST be filled in with client's notion of its previously
    //# assigned address.
    assert!(!request.has(54));
    assert_eq!(talk.hears(&Answer::ack(&request).file("x")), Event::Bound);
    assert_eq!(talk.then(), Event::BootReady);
}

#[test]
fn an_address_of_old_that_is_refused_or_not_answered_leads_to_discover() {
    let mut talk = Talk::new(config().with_requested_address(ADDRESS));
    let request = talk.sends(REQUEST);
    assert!(matches!(talk.hears(&Answer::nak(&request)), Event::Refused { server: SERVER, .. }));
    talk.sends(DISCOVER);

    let mut talk = Talk::new(config().with_requested_address(ADDRESS));
    let first = talk.sends(REQUEST);
    let second = talk.waits_and_sends(3.0..=5.0, REQUEST);
    assert_eq!(first.xid(), second.xid());
    assert_ne!(talk.waits_and_sends(7.0..=9.0, DISCOVER).xid(), first.xid());
}

#[test]
fn inform_asks_for_the_rest_and_never_for_an_address() {
    let mut talk = Talk::new(config().with_inform(ADDRESS));
    let inform = talk.sends(MessageType::Inform);
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.4.3
    //= type=test
    //# The client places its own network address in the 'ciaddr' field.
    assert_eq!(inform.message.ciaddr(), ADDRESS);
    assert!(!inform.has(50) && !inform.has(51) && !inform.has(54));
    let ack =
        Answer { yiaddr: NOBODY, lease: None, ..Answer::ack(&inform) }.file("x").option(3, &SERVER.octets());
    assert_eq!(talk.hears(&ack), Event::Bound);
    let lease = talk.client.lease().unwrap();
    assert_eq!((lease.address, lease.duration, lease.routers()), (ADDRESS, None, &[SERVER][..]));
    assert_eq!(talk.then(), Event::BootReady);
    assert_eq!(talk.client.poll_timeout(), None);
    // There is nothing to give back.
    talk.client.release(talk.now);
    talk.is_silent();
}

#[test]
fn inform_that_nobody_answers_fails() {
    let mut talk = Talk::new(config().with_inform(ADDRESS).with_attempts(1));
    talk.sends(MessageType::Inform);
    talk.waits_and_fails(3.0..=5.0, Failure::InformUnanswered { tries: 1 });
}

#[test]
fn a_bootp_answer_is_taken_when_no_dhcp_server_offers_and_lasts_for_ever() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    let reply = Answer::bootp(&discover).file("/boot/vmunix").siaddr(OTHER).option(1, &[255, 255, 255, 0]);
    let Event::Offered(offer) = talk.hears(&reply) else { panic!("no offer") };
    assert_eq!((offer.kind, offer.server, offer.has_boot), (OfferKind::Bootp, SERVER, true));
    let (span, event) = talk.waits();
    assert_eq!((span.as_secs(), event), (2, Some(Event::Bound)));
    let lease = talk.client.lease().unwrap();
    assert_eq!((lease.duration, lease.server_id, lease.mask), (None, None, Some([255, 255, 255, 0].into())));
    assert_eq!(talk.then(), Event::BootReady);
    assert_eq!(talk.client.boot().unwrap().server, OTHER);
    talk.is_silent();
    assert_eq!(talk.client.poll_timeout(), None);
}

#[test]
fn a_bootp_answer_without_cookie_and_without_options_will_do() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    let reply = Answer { cookie: false, ..Answer::bootp(&discover).file("x") };
    assert_eq!(reply.bytes().len(), 236);
    assert!(matches!(talk.hears(&reply), Event::Offered(_)));
    assert_eq!(talk.waits().1, Some(Event::Bound));
    assert_eq!(talk.then(), Event::BootReady);
    // Nobody said who serves: who answered does.
    assert_eq!(talk.client.boot().unwrap().server, SERVER);
}

#[test]
fn a_dhcp_offer_is_better_than_a_bootp_answer() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::bootp(&discover).from(OTHER).file("old"));
    talk.hears(&Answer::offer(&discover).file("new"));
    let request = talk.sends(REQUEST);
    assert_eq!(request.raw(54), Some(&SERVER.octets()[..]));
    let address = [255, 255, 255, 255].into();
    talk.ignores(&Answer::ack(&request).address(address), Ignored::BadAddress { address });
    assert_eq!(talk.hears(&Answer::ack(&request).file("new")), Event::Bound);
}

/// The acknowledgement that a ROM might hand over.
fn cached_ack() -> Answer {
    let sent = Talk::new(config()).sends(DISCOVER);
    Answer::ack(&sent).file("pxelinux.0").siaddr(SERVER)
}

#[test]
fn a_clients_life_can_begin_with_the_packets_of_a_rom() {
    let now = Instant::from_millis(7);
    let client = Client::from_cached(config(), now, &cached_ack().bytes(), None, None).unwrap();
    let (lease, boot) = (client.lease().unwrap(), client.boot().unwrap());
    assert_eq!((lease.address, lease.server_id, lease.received), (ADDRESS, Some(SERVER), now));
    assert_eq!((&boot.file[..], boot.server_from), (&b"pxelinux.0"[..], Source::DhcpSiaddr));
    let mut talk = Talk { client, now };
    talk.waits_and_sends(1_800.0..=1_800.0, REQUEST);
}

#[test]
fn a_roms_proxy_and_boot_server_packets_come_first() {
    let sent = Talk::new(config()).sends(DISCOVER);
    let proxy = Answer::proxy(&sent).file("from-proxy").siaddr(PROXY).bytes();
    let server = Answer::pxe_ack(&sent).file("from-boot-server").siaddr(OTHER).bytes();
    let boot = |proxy: Option<&[u8]>, server: Option<&[u8]>| {
        let now = Instant::from_millis(7);
        Client::from_cached(config(), now, &cached_ack().bytes(), proxy, server)
            .unwrap()
            .boot()
            .cloned()
            .unwrap()
    };
    let both = boot(Some(&proxy), Some(&server));
    assert_eq!(
        (&both.file[..], both.server, both.server_from),
        (&b"from-boot-server"[..], OTHER, Source::BootServer)
    );
    let one = boot(Some(&proxy), None);
    assert_eq!(
        (&one.file[..], one.server, one.server_from),
        (&b"from-proxy"[..], PROXY, Source::ProxySiaddr)
    );
    // Many ROMs hand over the acknowledgement again where there was no proxy.
    let ack = cached_ack().bytes();
    assert_eq!(boot(Some(&ack), None).server_from, Source::DhcpSiaddr);
}

#[test]
fn a_roms_packet_that_is_no_acknowledgement_is_the_callers_mistake() {
    let make =
        |bytes: &[u8]| Client::from_cached(config(), Instant::from_millis(7), bytes, None, None).unwrap_err();
    assert_eq!(make(&[]), ConfigError::BadCache);
    assert_eq!(make(&Answer { kind: Some(6), ..cached_ack() }.bytes()), ConfigError::BadCache);
    assert_eq!(make(&cached_ack().address(NOBODY).bytes()), ConfigError::BadCache);
}
