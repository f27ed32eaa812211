//! The lease during a boot: probed, renewed, lost.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto::{Client, Step};
use bootproto_core::Instant;
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
