//! A lease from its first second to its last.
#![allow(clippy::std_instead_of_core, clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::time::Duration;

use bootproto_core::Machine;
use bootproto_dhcp::client::{Event, Ignored};
use common::*;
use dhcproto::v4::MessageType;

const HOUR: Duration = Duration::from_secs(3_600);

/// A lease with these times, and something to boot.
fn bound(lease: u32, t1: Option<u32>, t2: Option<u32>) -> Talk {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::offer(&discover).file("x"));
    let request = talk.sends(REQUEST);
    let mut ack = Answer::ack(&request)
        .file("x")
        .lease(lease)
        .option(1, &[255, 255, 255, 0])
        .option(3, &SERVER.octets());
    for (code, value) in [(58, t1), (59, t2)] {
        if let Some(value) = value {
            ack = ack.option(code, &value.to_be_bytes());
        }
    }
    assert_eq!(talk.hears(&ack), Event::Bound);
    assert_eq!(talk.then(), Event::BootReady);
    talk
}

fn times(talk: &Talk) -> (u64, u64, u64) {
    let lease = talk.client.lease().unwrap();
    let seconds = |span: Option<Duration>| span.unwrap().as_secs();
    (seconds(lease.renew_after), seconds(lease.rebind_after), seconds(lease.duration))
}

#[test]
fn t1_and_t2_are_a_half_and_seven_eighths_unless_the_server_says_otherwise() {
    assert_eq!(times(&bound(3_600, None, None)), (1_800, 3_150, 3_600));
    assert_eq!(times(&bound(3_600, Some(600), Some(1_200))), (600, 1_200, 3_600));
    assert_eq!(times(&bound(3_600, None, Some(1_200))), (1_200, 1_200, 3_600));
}

#[test]
fn times_that_make_no_sense_are_replaced() {
    assert_eq!(times(&bound(3_600, Some(5_000), Some(4_000))), (1_800, 3_150, 3_600));
    assert_eq!(times(&bound(3_600, Some(3_000), Some(2_000))), (1_800, 2_000, 3_600));
    assert_eq!(times(&bound(3_600, Some(0), Some(0))), (1_800, 3_150, 3_600));
    assert_eq!(times(&bound(3_600, Some(u32::MAX), Some(u32::MAX))), (1_800, 3_150, 3_600));
}

#[test]
fn an_endless_lease_needs_no_clock() {
    let talk = bound(u32::MAX, Some(10), Some(20));
    assert_eq!(talk.client.lease().unwrap().duration, None);
    assert_eq!(talk.client.poll_timeout(), None);
}

#[test]
fn a_server_that_says_no_time_means_an_hour() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer { lease: None, ..Answer::offer(&discover).file("x") });
    let request = talk.sends(REQUEST);
    talk.hears(&Answer { lease: None, ..Answer::ack(&request).file("x") });
    assert_eq!(talk.client.lease().unwrap().duration, Some(HOUR));
}

#[test]
fn renewal_asks_the_server_directly_and_keeps_what_the_answer_leaves_out() {
    let mut talk = bound(3_600, None, None);
    let renewal = talk.waits_and_sends(1_799.9..=1_800.0, REQUEST);
    assert_eq!(
        (renewal.to(), renewal.path.local.to_string()),
        ("10.77.0.1:67".into(), "10.77.0.107:68".into())
    );
    assert_eq!(renewal.message.ciaddr(), ADDRESS);
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.2
    //= type=test
    //# 'server identifier' MUST NOT be filled in, 'requested IP address'
    //# option MUST NOT be filled in, 'ciaddr' MUST be filled in with
    //# client's IP address.
    assert!(!renewal.has(50) && !renewal.has(54));
    let ack = Answer::ack(&renewal);
    talk.ignores(&ack.clone().from(OTHER), Ignored::NotSelected { server: OTHER });
    talk.ignores(&ack.clone().address(OTHER), Ignored::BadAddress { address: OTHER });
    talk.ignores(&ack.clone().lease(0), Ignored::ZeroLease);
    assert_eq!(talk.hears(&ack), Event::Renewed);
    talk.ignores(&ack, Ignored::Duplicate);
    let lease = talk.client.lease().unwrap();
    assert_eq!((lease.mask, lease.routers()), (Some([255, 255, 255, 0].into()), &[SERVER][..]));
    assert_eq!(talk.client.boot().unwrap().file[..], b"x"[..]);
    // The new lease counts from the renewal.
    talk.waits_and_sends(1_799.9..=1_800.0, REQUEST);
}

#[test]
fn a_silent_server_is_asked_at_halves_of_the_time_left_then_any_server_then_the_lease_is_over() {
    let mut talk = bound(3_600, None, None);
    let first = talk.waits_and_sends(1_799.9..=1_800.0, REQUEST);
    // T2 is at 3150 s: 1350 s are left.
    for wait in [675.0, 337.5, 168.75, 84.375, 60.0] {
        let again = talk.waits_and_sends(wait - 0.01..=wait + 0.01, REQUEST);
        assert_eq!((again.to(), again.xid()), ("10.77.0.1:67".into(), first.xid()));
    }
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.2
    //= type=test
    //# This message MUST be broadcast to the 0xffffffff IP broadcast
    //# address.
    let any = talk.waits_and_sends(24.0..=24.8, REQUEST);
    assert_eq!((any.to(), any.message.ciaddr()), ("255.255.255.255:67".into(), ADDRESS));
    assert_ne!(any.xid(), first.xid());
    for wait in [225.0, 112.5, 60.0] {
        assert_eq!(talk.waits_and_sends(wait - 0.01..=wait + 0.01, REQUEST).to(), "255.255.255.255:67");
    }
    let (wait, event) = talk.waits();
    assert!((52.0..53.0).contains(&wait.as_secs_f64()), "{wait:?}");
    assert_eq!((event, talk.client.lease()), (Some(Event::Expired), None));
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.4.5
    //= type=test
    //# If the lease expires before the client receives a DHCPACK, the
    //# client moves to INIT state, MUST immediately stop any other
    //# network processing and requests network initialization parameters
    //# as if the client were uninitialized.
    let discover = talk.sends(DISCOVER);
    assert_eq!((discover.message.ciaddr(), discover.message.secs()), (NOBODY, 0));
    // What to boot stays known.
    assert!(talk.client.boot().is_some());
    talk.hears(&Answer::offer(&discover).file("y"));
    let request = talk.sends(REQUEST);
    assert_eq!(talk.hears(&Answer::ack(&request).file("y")), Event::Bound);
    assert_eq!(talk.then(), Event::Nothing);
    assert_eq!(talk.client.boot().unwrap().file[..], b"x"[..]);
}

#[test]
fn any_server_may_prolong_the_lease_after_t2() {
    let mut talk = bound(3_600, Some(3_000), Some(3_001));
    talk.waits_and_sends(2_999.0..=3_000.0, REQUEST);
    let any = talk.waits_and_sends(0.5..=1.0, REQUEST);
    assert_eq!(talk.hears(&Answer::ack(&any).from(OTHER)), Event::Renewed);
    assert_eq!(talk.client.lease().unwrap().server_id, Some(OTHER));
}

#[test]
fn without_renewal_the_end_of_the_lease_is_still_told() {
    let mut talk = Talk::new(config().with_renew(false));
    talk.is_bound_by(&[(67, b"x")]);
    talk.then();
    let (wait, event) = talk.waits();
    assert!(wait > HOUR - Duration::from_secs(1) && wait <= HOUR);
    assert_eq!(event, Some(Event::Expired));
}

#[test]
fn release_sends_one_message_and_is_the_end() {
    let mut talk = bound(3_600, None, None);
    talk.client.release(talk.now);
    let release = talk.sends(MessageType::Release);
    assert_eq!((release.to(), release.message.ciaddr()), ("10.77.0.1:67".into(), ADDRESS));
    assert_eq!(release.raw(54), Some(&SERVER.octets()[..]));
    //= https://www.rfc-editor.org/rfc/rfc2131#section-3.1
    //= type=test
    //# If the client used a 'client identifier' when it obtained the
    //# lease, it MUST use the same 'client identifier' in the DHCPRELEASE
    //# message.
    assert!(release.has(61) && !release.has(55) && !release.has(50) && !release.has(60));
    assert!(talk.client.is_finished());
    assert_eq!((talk.client.poll_timeout(), talk.client.lease()), (None, None));
    talk.ignores(&Answer::ack(&release), Ignored::Finished);
}

#[test]
fn release_without_a_lease_says_nothing() {
    let mut talk = Talk::new(config());
    talk.sends(DISCOVER);
    talk.client.release(talk.now);
    talk.is_silent();
    assert!(talk.client.is_finished());
}
