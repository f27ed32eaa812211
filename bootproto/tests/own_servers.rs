//! Whole boots from our own DHCP server and our own TFTP server, over good and bad links.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;
mod servers;

use core::net::Ipv4Addr;
use core::time::Duration;
use std::rc::Rc;

use bootproto::Client;
use bootproto_core::Instant;
use bootproto_dhcp::server;
use common::{Booter, CLIENT, Driver, SERVER};
use servers::Host;
use testkit::world::{Link, World};

fn config() -> server::Config {
    server::Config::new(SERVER)
        .with_pool(CLIENT, CLIENT, Ipv4Addr::new(255, 255, 255, 0))
        .with_boot_file(None, b"lab/pxelinux.0")
}

#[test]
fn a_line_of_the_networks_menu_is_booted() {
    let menu = config()
        .with_service(server::Service::new(0x8001, b"Install", b"lab/nowhere"))
        .with_service(server::Service::new(0x8002, b"Lab", b"lab/pxelinux.0"))
        .with_prompt(10, b"Press F8");
    let (client, driver) = boot_answering(Link::perfect(), 1, menu, 0x8002);
    assert!(client.plan().is_some(), "{:#?}", driver.log);
    assert!(driver.logged("DhcpMenu") && driver.logged("line 0x8002"), "{:#?}", driver.log);
}

fn boot(link: Link, seed: u64, config: server::Config) -> (Client, Driver) {
    boot_answering(link, seed, config, 0)
}

fn boot_answering(link: Link, seed: u64, config: server::Config, service: u16) -> (Client, Driver) {
    let client = Client::new(common::config(), Instant::default()).unwrap();
    let files = common::tftp_server().files.into_iter().map(|(name, bytes)| (name, bytes.into()));
    let host: Host<8> = Host::new(SERVER, config, Rc::new(files.collect()));
    let mut world = World::new(Booter(client), link, seed).with_address(CLIENT).with_peer(host);
    let mut driver = Driver { service, ..Driver::new() };
    world.run(Duration::from_secs(600), |booter, now, event| driver.on(&mut booter.0, now, event)).unwrap();
    (world.machine.0, driver)
}

#[test]
fn our_client_boots_from_our_servers() {
    let (client, driver) = boot(Link::perfect(), 1, config());
    assert!(client.plan().is_some(), "{:#?}", driver.log);
    assert_eq!(client.terms().map(|terms| terms.block_size), Some(1468));
}

#[test]
fn and_over_a_bad_link_too() {
    for seed in 0..5 {
        let (client, driver) = boot(Link::awful(), seed, config());
        assert!(client.plan().is_some(), "seed {seed}: {:#?}", driver.log);
        for (name, bytes) in &driver.files {
            assert_eq!(bytes, &common::tftp_server().files[name], "seed {seed}: {name}");
        }
    }
}

#[test]
fn the_mtu_that_dhcp_tells_sizes_the_blocks() {
    let (client, driver) = boot(Link { mtu: 1000, ..Link::perfect() }, 1, config().with_mtu(1000));
    assert!(client.plan().is_some(), "{:#?}", driver.log);
    assert_eq!(client.terms().map(|terms| terms.block_size), Some(968));
}
