//! More clients than addresses, and clients that mean harm.

mod server_support;

use core::net::Ipv4Addr;
use core::time::Duration;
use std::collections::BTreeSet;

use bootproto_dhcp::server::{Event, Ignored};
use server_support::*;

const fn stranger(number: u32) -> [u8; 6] {
    let [a, b, c, d] = number.to_be_bytes();
    [6, 6, a, b, c, d]
}

#[test]
fn ten_thousand_discovers_evict_no_live_lease() {
    let mut server = server(config(), 10);
    let own: Vec<_> = (0..5).map(|client| lease(&mut server, 1, mac(client)).unwrap()).collect();
    let mut offered = BTreeSet::new();
    for number in 0..10_000_u32 {
        // A thousand a second, for ten seconds.
        let now = bootproto_core::Instant::from_millis(2_000 + u64::from(number));
        let (event, offer) =
            tell(&mut server, now, path(67, NOBODY, 68), &Ask::new(DISCOVER, stranger(number)).bytes());
        match offer {
            Some(offer) => assert!(offered.insert(number) && !own.contains(&offer.message.yiaddr())),
            None => assert_eq!(event, Event::Ignored(Ignored::PoolExhausted)),
        }
    }
    // An offer stands for a second at least, so at most five a second got through, and somebody always did.
    assert!((5..=60).contains(&offered.len()), "{}", offered.len());
    for (client, address) in (0..5).zip(own) {
        let (event, _) = tell(
            &mut server,
            at(13),
            path(67, address, 68),
            &Ask::new(REQUEST, mac(client)).using(address).bytes(),
        );
        assert!(matches!(event, Event::Acknowledged { .. }), "{event}");
    }
    // Once it is over, the pool is there for honest clients.
    let mut given: Vec<_> = (5..10).map(|client| lease(&mut server, 60, mac(client)).unwrap()).collect();
    given.sort();
    given.dedup();
    assert_eq!(given.len(), 5);
}

#[test]
fn an_honest_client_gets_its_lease_in_the_middle_of_a_flood() {
    let mut server = server(config(), 10);
    for number in 0..1_000 {
        ask(&mut server, 1, &Ask::new(DISCOVER, stranger(number)));
    }
    assert_eq!(ask(&mut server, 1, &Ask::new(DISCOVER, mac(1))).0, Event::Ignored(Ignored::PoolExhausted));
    // Its next try, four seconds later as RFC 2131 has it.
    let (_, offer) = ask(&mut server, 5, &Ask::new(DISCOVER, mac(1)));
    let address = offer.unwrap().message.yiaddr();
    for number in 1_000..2_000 {
        ask(&mut server, 5, &Ask::new(DISCOVER, stranger(number)));
    }
    let (event, _) = ask(&mut server, 5, &Ask::new(REQUEST, mac(1)).asking(address).of_server(SERVER));
    assert!(matches!(event, Event::Acknowledged { .. }), "{event}");
}

#[test]
fn the_lease_that_ended_first_is_reused_first() {
    let mut server = server(config().with_lease(10, 10), 10);
    let given: Vec<_> = (0..10).map(|n| lease(&mut server, 1 + u64::from(n), mac(n)).unwrap()).collect();
    assert_eq!(given.iter().collect::<BTreeSet<_>>().len(), 10, "ten clients, ten addresses");
    // The third comes back in time; of the others the first ended first, then the second, then the fourth.
    let renew = Ask::new(REQUEST, mac(2)).using(given[2]).bytes();
    tell(&mut server, at(12), path(67, given[2], 68), &renew);
    let reused: Vec<_> = (20..23).map(|client| lease(&mut server, 21, mac(client)).unwrap()).collect();
    assert_eq!(reused, [given[0], given[1], given[3]]);
    assert_eq!(lease(&mut server, 21, mac(2)), Some(given[2]));
}

#[test]
fn a_table_smaller_than_the_pool_bounds_the_clients_and_the_reverse() {
    let mut small = server(config(), 3);
    assert_eq!((0..10).filter_map(|client| lease(&mut small, 1, mac(client))).count(), 3);
    let mut large = server(config(), 50);
    let given: BTreeSet<_> = (0..20).filter_map(|client| lease(&mut large, 1, mac(client))).collect();
    assert_eq!(given.len(), 10);
    assert!(given.iter().all(|address| (FIRST..=LAST).contains(address)));
}

#[test]
fn own_address_router_network_and_broadcast_are_never_given() {
    let net = |last| Ipv4Addr::new(10, 77, 0, last);
    let config = config().with_pool(net(0), net(255), MASK).with_offer_time(Duration::from_secs(5));
    let mut server = server(config, 300);
    let given: BTreeSet<_> =
        (0..300_u32).filter_map(|number| lease(&mut server, 1, stranger(number))).collect();
    let expected: BTreeSet<_> = (2..=253).map(net).collect();
    assert_eq!(given, expected);
}

#[test]
fn a_large_pool_is_given_out_to_the_last_address() {
    let config = config().with_pool(
        Ipv4Addr::new(10, 77, 4, 0),
        Ipv4Addr::new(10, 77, 11, 255),
        Ipv4Addr::new(255, 255, 0, 0),
    );
    let mut server = server(config, 2048);
    let given: BTreeSet<_> =
        (0..2100_u32).filter_map(|number| lease(&mut server, 1, stranger(number))).collect();
    assert_eq!(given.len(), 2048);
}

#[test]
fn a_client_gets_the_same_address_from_an_empty_table() {
    let mut first = server(config(), 10);
    let mut second = server(config(), 10);
    ask(&mut second, 1, &Ask::new(DISCOVER, stranger(1)));
    let mut same = 0;
    for client in 0..4 {
        same += u32::from(lease(&mut first, 1, mac(client)) == lease(&mut second, 1, mac(client)));
    }
    assert!(same >= 3, "{same}");
}

#[test]
fn every_truncation_of_every_real_message_is_taken_calmly() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");
    let mut server = server(config().with_boot_file(None, b"a"), 10);
    for vector in testkit::vectors::load(folder).unwrap() {
        for cut in testkit::vectors::truncations(&vector.bytes) {
            for port in [67, 4011] {
                let before = server.clone();
                let (event, reply) = tell(&mut server, at(1), path(port, NOBODY, 68), cut);
                if let Event::Ignored(_) = event {
                    assert_eq!(server, before, "{} at {}", vector.name, cut.len());
                    assert!(reply.is_none());
                }
                if cut.len() < 236 {
                    assert!(matches!(event, Event::Ignored(Ignored::Malformed { .. })));
                }
            }
        }
    }
}
