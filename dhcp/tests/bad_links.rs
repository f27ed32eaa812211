//! Whole boots over links that lose, double and reorder, from servers that share no code with ours.
#![allow(clippy::std_instead_of_core, clippy::unwrap_used, clippy::panic, reason = "tests")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests")]

mod common;

use std::time::Duration;

use bootproto_dhcp::HardwareAddress;
use bootproto_dhcp::client::{Boot, Client, Config, Event, Failure, Source};
use bootproto_dhcp::wire::Packet;
use common::{ADDRESS, MAC, OTHER, PROXY, SERVER};
use proptest::prelude::*;
use testkit::laws::{Class, Subject};
use testkit::naive::{DhcpServer, ProxyDhcp};
use testkit::world::{Link, World};

testkit::wrap!(struct Booting(Client));

impl Subject for Booting {
    fn class(event: &Event<'_>) -> Class {
        match event {
            Event::BootReady | Event::Failed(_) => Class::Terminal,
            Event::Ignored(_) => Class::Ignored,
            _ => Class::Other,
        }
    }

    fn parses(sent: &[u8]) -> bool {
        Packet::parse(sent).is_ok()
    }
}

fn booting(seed: u64) -> Booting {
    let config = Config::new(seed, HardwareAddress::ethernet(MAC)).with_attempts(12);
    Booting(Client::new(config, bootproto_core::Instant::from_micros(0)).unwrap())
}

/// How a boot ends, and after how long.
fn run(mut world: World<Booting>) -> (Result<Boot, Failure>, Duration) {
    let mut failure = None;
    let ended = world.run(Duration::from_secs(3_600), |_, _, event| {
        if let Event::Failed(reason) = event {
            failure = Some(*reason);
        }
    });
    assert!(ended.is_ok(), "{ended:?}");
    let took = world.now().saturating_since(bootproto_core::Instant::from_micros(0));
    let boot = world.machine.0.boot().cloned();
    (boot.ok_or_else(|| failure.unwrap_or_else(|| panic!("no end\n{}", world.trace()))), took)
}

fn plain(address: std::net::Ipv4Addr) -> DhcpServer {
    DhcpServer::new(address, ADDRESS)
}

#[test]
fn on_a_good_link_a_complete_answer_takes_two_round_trips_and_no_more() {
    let server = plain(SERVER).with(|server| server.file = b"pxelinux.0".to_vec());
    let link = Link { delay: Duration::from_millis(1), ..Link::perfect() };
    let (boot, took) = run(World::new(booting(1), link, 1).with_peer(server));
    assert_eq!(&boot.unwrap().file[..], b"pxelinux.0");
    assert!(took < Duration::from_millis(5), "{took:?}");
}

#[test]
fn with_a_proxy_it_takes_three() {
    let link = Link { delay: Duration::from_millis(1), ..Link::perfect() };
    let world =
        World::new(booting(1), link, 1).with_peer(plain(SERVER)).with_peer(ProxyDhcp::new(PROXY, "grub.0"));
    let (boot, took) = run(world);
    let boot = boot.unwrap();
    assert_eq!((&boot.file[..], boot.server, boot.server_from), (&b"grub.0"[..], PROXY, Source::ProxySiaddr));
    assert!(took < Duration::from_millis(10), "{took:?}");
}

#[test]
fn a_server_without_option_54_never_gets_a_client() {
    let server = plain(SERVER).with(|server| {
        server.file = b"x".to_vec();
        server.leaves_out = vec![54];
    });
    let (boot, _) = run(World::new(booting(1), Link::perfect(), 1).with_peer(server));
    assert_eq!(boot, Err(Failure::NoOffers { tries: 12 }));
}

#[test]
fn a_server_that_refuses_twice_and_then_agrees_is_used() {
    let server = plain(SERVER).with(|server| {
        server.file = b"x".to_vec();
        server.refuse = 2;
    });
    let (boot, took) = run(World::new(booting(1), Link::perfect(), 1).with_peer(server));
    assert!(boot.is_ok());
    assert!(took >= Duration::from_secs(4) && took < Duration::from_secs(6), "{took:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_boot_comes_through_loss_duplicates_and_disorder(seed: u64, luck: u64) {
        let server = plain(SERVER).with(|server| {
            server.file = b"pxelinux.0".to_vec();
            server.next_server = Some(OTHER);
        });
        let (boot, _) = run(World::new(booting(seed), Link::awful(), luck).with_peer(server));
        let boot = boot.unwrap();
        prop_assert_eq!((&boot.file[..], boot.server), (&b"pxelinux.0"[..], OTHER));
    }

    #[test]
    fn a_boot_through_a_proxy_comes_through_or_says_who_was_silent(seed: u64, luck: u64) {
        let world = World::new(booting(seed), Link::awful(), luck);
        let (boot, _) = run(world.with_peer(plain(SERVER)).with_peer(ProxyDhcp::new(PROXY, "grub.0")));
        match boot {
            Ok(boot) => prop_assert_eq!(&boot.file[..], b"grub.0"),
            // The proxy's offer was lost, or all its answers on port 4011.
            Err(failure) => prop_assert!(
                matches!(failure, Failure::NoBootFile { server: SERVER } | Failure::ProxySilent { server: PROXY }),
                "{}", failure
            ),
        }
    }
}
