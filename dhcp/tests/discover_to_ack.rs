//! The main road: DISCOVER, OFFER, REQUEST, ACK, and a boot file.
#![allow(clippy::std_instead_of_core, reason = "tests")]

mod common;

use std::time::Duration;

use bootproto_core::Machine;
use bootproto_dhcp::client::{Event, Failure, Ignored, Offer, OfferKind, Source};
use common::*;

#[test]
fn a_complete_offer_is_taken_without_a_microsecond_of_waiting() {
    let mut talk = Talk::new(config());
    let begin = talk.now;
    let discover = talk.sends(DISCOVER);
    assert_eq!(discover.to(), "255.255.255.255:67");
    let offer = Answer::offer(&discover).file("pxelinux.0").siaddr(OTHER);
    let offered = Offer { server: SERVER, address: ADDRESS, kind: OfferKind::Dhcp, has_boot: true };
    assert_eq!(talk.hears(&offer), Event::Offered(offered));
    let request = talk.sends(REQUEST);
    assert_eq!(request.to(), "255.255.255.255:67");
    assert_eq!(request.xid(), discover.xid());
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.2
    //= type=test
    //# Client inserts the address of the selected server in 'server
    //# identifier', 'ciaddr' MUST be zero, 'requested IP address' MUST be
    //# filled in with the yiaddr value from the chosen DHCPOFFER.
    assert_eq!(request.raw(50), Some(&ADDRESS.octets()[..]));
    assert_eq!(request.raw(54), Some(&SERVER.octets()[..]));
    assert_eq!(request.message.ciaddr(), NOBODY);
    let ack = Answer::ack(&request).file("pxelinux.0").siaddr(OTHER).option(1, &[255, 255, 255, 254]);
    assert_eq!(talk.hears(&ack), Event::Bound);
    assert_eq!(talk.now, begin);
    let lease = talk.client.lease().unwrap();
    assert_eq!((lease.address, lease.mask), (ADDRESS, Some([255, 255, 255, 254].into())));
    assert_eq!(lease.duration, Some(Duration::from_secs(3_600)));
    assert_eq!(talk.client.boot(), None);
    assert_eq!(talk.then(), Event::BootReady);
    let boot = talk.client.boot().unwrap();
    assert_eq!(
        (&boot.file[..], boot.server, boot.server_from),
        (&b"pxelinux.0"[..], OTHER, Source::DhcpSiaddr)
    );
    talk.is_silent();
    assert!(!talk.client.is_finished());
}

#[test]
fn the_request_repeats_the_secs_of_the_discover() {
    let mut talk = Talk::new(config());
    assert_eq!(talk.sends(DISCOVER).message.secs(), 0);
    let second = talk.waits_and_sends(3.0..=5.0, DISCOVER);
    assert!((3..=5).contains(&second.message.secs()));
    talk.after(Duration::from_secs(2));
    talk.hears(&Answer::offer(&second).file("x"));
    //= https://www.rfc-editor.org/rfc/rfc2131#section-3.1
    //= type=test
    //# the DHCPREQUEST
    //# message MUST use the same value in the DHCP message header's
    //# 'secs' field and be sent to the same IP broadcast address as the
    //# original DHCPDISCOVER message.
    assert_eq!(talk.sends(REQUEST).message.secs(), second.message.secs());
}

#[test]
fn silence_is_answered_by_four_discovers_with_one_xid_and_then_failure() {
    let mut talk = Talk::new(config());
    let first = talk.sends(DISCOVER);
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.1
    //= type=test
    //# The client MUST adopt a retransmission strategy that incorporates
    //# a randomized exponential backoff algorithm to determine the delay
    //# between retransmissions.
    for seconds in [4.0, 8.0, 16.0] {
        let next = talk.waits_and_sends(seconds - 1.0..=seconds + 1.0, DISCOVER);
        assert_eq!(next.xid(), first.xid());
    }
    talk.waits_and_fails(31.0..=33.0, Failure::NoOffers { tries: 4 });
}

#[test]
fn a_server_that_never_acknowledges_is_named() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::offer(&discover).file("x"));
    let first = talk.sends(REQUEST);
    for seconds in [4.0, 8.0, 16.0] {
        let next = talk.waits_and_sends(seconds - 1.0..=seconds + 1.0, REQUEST);
        assert_eq!((next.xid(), next.message.secs()), (first.xid(), first.message.secs()));
    }
    talk.waits_and_fails(31.0..=33.0, Failure::NoAcknowledgement { server: SERVER, tries: 4 });
    assert_eq!(talk.client.lease(), None);
}

#[test]
fn an_address_without_a_boot_file_is_a_lease_and_a_failure() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::offer(&discover));
    talk.is_silent();
    let request = talk.waits_and_sends(2.0..=2.0, REQUEST);
    assert_eq!(talk.hears(&Answer::ack(&request)), Event::Bound);
    assert_eq!(talk.then(), Event::Failed(Failure::NoBootFile { server: SERVER }));
    assert_eq!(talk.client.lease().map(|lease| lease.address), Some(ADDRESS));
    assert_eq!(talk.client.boot(), None);
    assert_eq!(talk.client.poll_timeout(), None);
}

#[test]
fn answers_to_others_are_ignored_with_the_reason() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    let offer = Answer::offer(&discover).file("x");
    let change = |change: fn(&mut Answer)| {
        let mut answer = offer.clone();
        change(&mut answer);
        answer
    };
    talk.ignores(&change(|answer| answer.xid ^= 1), Ignored::WrongXid);
    talk.ignores(&change(|answer| answer.chaddr[5] ^= 1), Ignored::NotForUs);
    talk.ignores(&change(|answer| answer.op = 1), Ignored::NotReply);
    talk.ignores(&change(|answer| answer.ports = (67, 69)), Ignored::WrongPort);
    talk.ignores(&change(|answer| answer.ports = (1067, 68)), Ignored::WrongPort);
    talk.ignores(&change(|answer| answer.server_id = None), Ignored::NoServerId);
    talk.ignores(&change(|answer| answer.kind = Some(5)), Ignored::Unexpected { kind: 5 });
    talk.ignores(&change(|answer| answer.kind = Some(77)), Ignored::Unexpected { kind: 77 });
    talk.ignores(&change(|answer| answer.lease = Some(0)), Ignored::ZeroLease);
    talk.ignores(&offer.clone().option(61, b"\x01another"), Ignored::NotForUs);
    for address in [[255, 255, 255, 255], [224, 0, 0, 1], [127, 0, 0, 1], [0, 0, 0, 0]] {
        let address = address.into();
        talk.ignores(&offer.clone().address(address), Ignored::BadAddress { address });
    }
    assert!(matches!(talk.hears(&offer), Event::Offered(_)));
}

#[test]
fn time_behind_a_blocked_switch_port_does_not_count() {
    let mut talk = Talk::new(config());
    let first = talk.sends(DISCOVER);
    talk.client.link_blocked(talk.now, true);
    assert_eq!(talk.client.poll_timeout(), None);
    assert!(talk.after(Duration::from_secs(45)).is_empty());
    talk.is_silent();
    talk.client.link_blocked(talk.now, false);
    let again = talk.sends(DISCOVER);
    assert_eq!((again.xid(), again.message.secs()), (first.xid(), 45));
    for seconds in [4.0, 8.0, 16.0] {
        talk.waits_and_sends(seconds - 1.0..=seconds + 1.0, DISCOVER);
    }
    talk.waits_and_fails(31.0..=33.0, Failure::NoOffers { tries: 4 });
}

#[test]
fn one_seed_gives_one_conversation_and_two_seeds_two() {
    let run = |seed| {
        let config =
            bootproto_dhcp::client::Config::new(seed, bootproto_dhcp::HardwareAddress::ethernet(MAC));
        let mut talk = Talk::new(config);
        let first = talk.sends(DISCOVER).bytes;
        (first, talk.waits().0)
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7).0, run(8).0);
    assert_ne!(run(7).1, run(8).1);
}

#[test]
fn a_flood_of_offers_behind_a_blocked_port_ends_in_one_request_once_it_opens() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    talk.client.link_blocked(talk.now, true);
    for last in 1..=200_u8 {
        let event = talk.hears(&Answer::offer(&discover).from([10, 77, 1, last].into()));
        assert_eq!(event == Event::Ignored(Ignored::Unexpected { kind: 2 }), last > 16, "{last}: {event:?}");
    }
    talk.is_silent();
    assert_eq!(talk.after(Duration::from_secs(600)), []);
    talk.client.link_blocked(talk.now, false);
    let request = talk.sends(REQUEST);
    assert_eq!((request.xid(), request.raw(54)), (discover.xid(), Some(&[10, 77, 1, 1][..])));
}
