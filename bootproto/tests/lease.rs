//! The lease during a boot: probed, renewed, lost.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::disallowed_methods, reason = "a test")]

mod common;

use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto::{Client, Step};
use bootproto_core::{Instant, Machine as _};
use common::{Booter, Both, CLIENT, Driver};
use testkit::world::{Ended, Link, World};

const ASKS: &str = "PROMPT 1\nLABEL a\nKERNEL vmlinuz\n";

/// A boot that waits for a choice that nobody makes, with a lease of a minute.
fn waiting() -> (World<Booter>, Driver) {
    let dhcp = common::dhcp_server().with(|server| server.lease = Some(60));
    let tftp = common::tftp_server().with_file("lab/pxelinux.cfg/default", ASKS);
    let client = Client::new(common::config(), Instant::default()).unwrap();
    let world = World::new(Booter(client), Link::perfect(), 1).with_address(CLIENT);
    (world.with_peer(Both { dhcp, tftp }), Driver::new())
}

#[test]
fn the_lease_is_renewed_while_a_person_thinks() {
    let (mut world, mut driver) = waiting();
    let ended =
        world.run(Duration::from_secs(300), |booter, now, event| driver.on(&mut booter.0, now, event));
    assert_eq!(ended, Ok(Ended::Limit));
    let renewals = driver.log.iter().filter(|line| *line == "Renewed").count();
    assert!((9..=10).contains(&renewals), "{renewals}: {:#?}", driver.log);
    assert_eq!(world.machine.0.step(), Step::Choose);
}

//= https://www.rfc-editor.org/rfc/rfc2131#section-4.4.5
//= type=test
//# If the lease expires before the client receives a DHCPACK, the
//# client moves to INIT state, MUST immediately stop any other
//# network processing
#[test]
fn a_lease_that_ends_ends_the_boot() {
    let (mut world, mut driver) = waiting();
    let first = world.run(Duration::from_secs(10), |booter, now, event| driver.on(&mut booter.0, now, event));
    assert_eq!(first, Ok(Ended::Limit));
    world.unplug();
    let then = world.run(Duration::from_secs(120), |booter, now, event| driver.on(&mut booter.0, now, event));
    assert_eq!(then, Ok(Ended::Terminal), "{:#?}", driver.log);
    let failure = *world.machine.0.failure().unwrap();
    assert_eq!((failure.code().to_string().as_str(), failure.step), ("BP3212", Step::Configure));
    assert!(world.now().as_micros() <= 62_000_000, "an address is not used beyond its lease");
}

#[test]
fn an_address_is_probed_before_it_is_used() {
    let config = bootproto::client::Config::new(3, common::dhcp_config().with_probe_address(true));
    let driver = Driver { in_use: vec![CLIENT], ..Driver::new() };
    let run =
        common::boot_with(config, common::dhcp_server(), common::tftp_server(), Link::perfect(), 1, driver);
    assert!(run.is_ready(), "{:#?}", run.driver.log);
    assert!(run.driver.logged("ProbeAddress(10.0.0.100)"), "{:#?}", run.driver.log);
    assert_eq!(run.client.lease().unwrap().address, Ipv4Addr::new(10, 0, 0, 101));
}

/// What the client sends to the DHCP server from now on, as message types, and whether it has something for another.
fn leaves(world: &mut World<Booter>) -> (Vec<u8>, usize) {
    let mut buffer = vec![0xa5; Booter::MAX_TRANSMIT];
    let (mut types, mut others) = (Vec::new(), 0);
    while let Some(transmit) = world.machine.poll_transmit(world.now(), &mut buffer).unwrap() {
        if transmit.path.remote.port() == 67 {
            let packet = bootproto_dhcp::wire::Packet::parse(transmit.bytes).unwrap();
            types.push(packet.message_type().unwrap().0);
        } else {
            others += 1;
        }
    }
    (types, others)
}

#[test]
fn a_lease_can_be_given_back_in_the_middle_and_at_the_end() {
    let (mut world, mut driver) = waiting();
    world.run(Duration::from_secs(10), |booter, now, event| driver.on(&mut booter.0, now, event)).unwrap();
    let now = world.now();
    world.machine.0.release(now);
    assert!(world.machine.0.is_finished());
    assert!(world.machine.0.poll_timeout().is_some_and(|at| at <= now), "something waits to be sent");
    assert_eq!(leaves(&mut world), (vec![7], 0), "one DHCPRELEASE");
    assert_eq!(world.machine.0.poll_timeout(), None);
    assert!(world.machine.0.failure().is_none() && world.machine.0.plan().is_none());
    world.machine.0.release(now);
    assert_eq!(leaves(&mut world), (vec![], 0), "and only one");

    let mut run = common::boot(common::config(), common::dhcp_server(), common::tftp_server());
    assert!(run.is_ready());
    run.client.release(run.now);
    let client = run.client.clone();
    let mut world = World::new(Booter(client), Link::perfect(), 1);
    assert_eq!(leaves(&mut world).0, [7]);
    assert!(world.machine.0.plan().is_some(), "what was loaded is still there");
}

#[test]
fn a_lease_given_back_before_there_is_one_sends_nothing() {
    let mut world =
        World::new(Booter(Client::new(common::config(), Instant::default()).unwrap()), Link::perfect(), 1);
    world.machine.0.release(Instant::default());
    assert_eq!(leaves(&mut world), (vec![], 0));
    assert_eq!(world.machine.0.poll_timeout(), None);
}

#[test]
fn a_lease_given_back_in_the_middle_of_a_file_tells_the_server_of_the_file_as_well() {
    let client = Client::new(common::config(), Instant::default()).unwrap();
    let both = Both {
        dhcp: common::dhcp_server(),
        tftp: common::tftp_server().with(|server| server.stop_after = Some(2)),
    };
    let mut world = World::new(Booter(client), Link::perfect(), 1).with_address(CLIENT).with_peer(both);
    let mut driver = Driver::new();
    world.run(Duration::from_secs(5), |booter, now, event| driver.on(&mut booter.0, now, event)).unwrap();
    let now = world.now();
    world.machine.0.release(now);
    let (types, others) = leaves(&mut world);
    assert_eq!((types, others), (vec![7], 1));
}

#[test]
fn nothing_leaves_from_an_address_whose_lease_has_ended() {
    let dhcp = common::dhcp_server().with(|server| server.lease = Some(60));
    let tftp = common::tftp_server().with(|server| server.stop_after = Some(2));
    let client = Client::new(common::config(), Instant::default()).unwrap();
    let mut world =
        World::new(Booter(client), Link::perfect(), 1).with_address(CLIENT).with_peer(Both { dhcp, tftp });
    let mut driver = Driver::new();
    world.run(Duration::from_secs(5), |booter, now, event| driver.on(&mut booter.0, now, event)).unwrap();
    let client = &mut world.machine.0;
    // A driver that looks away: the transfer has something to say, nobody asks for it, and the lease ends meanwhile.
    let due = client.poll_timeout().unwrap();
    client.handle_timeout(due);
    assert!(client.poll_timeout().unwrap() <= due, "something waits to be sent");
    for minute in 1..10 {
        client.handle_timeout(due.saturating_add(Duration::from_secs(60 * minute)));
    }
    assert_eq!(client.failure().unwrap().code().to_string(), "BP3212");
    assert_eq!(client.poll_timeout(), None);
    assert_eq!(leaves(&mut world), (vec![], 0));
}
