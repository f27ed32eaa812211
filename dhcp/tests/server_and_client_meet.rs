//! Our client against our server on a virtual link: whole boots, with nobody else's code between them. What each of
//! them does against strangers is tested elsewhere; this shows that they agree.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::missing_const_for_fn,
    reason = "tests"
)]

mod server_support;

use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto_dhcp::HardwareAddress;
use bootproto_dhcp::client::{self, Event, Source, VendorClass};
use bootproto_dhcp::server::{self, Binding, Server, Service};
use bootproto_dhcp::wire::Packet;
use server_support::{FIRST, LAST, MASK, NOBODY, SERVER, mac};
use testkit::laws::{Class, Subject};
use testkit::world::{Link, MachinePeer, World};

const PROXY: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);

testkit::wrap!(struct Client(client::Client));

impl Subject for Client {
    fn class(event: &Event<'_>) -> Class {
        if matches!(event, Event::BootReady | Event::LocalBoot | Event::Failed(_)) {
            Class::Terminal
        } else {
            Class::Other
        }
    }

    fn parses(sent: &[u8]) -> bool {
        Packet::parse(sent).is_ok()
    }
}

fn client(config: client::Config) -> Client {
    Client(client::Client::new(config, bootproto_core::Instant::from_micros(0)).unwrap())
}

fn pxe(seed: u64) -> client::Config {
    client::Config::new(seed, HardwareAddress::ethernet(mac(1))).with_uuid([7; 16])
}

fn peer(config: server::Config, rows: usize, address: Ipv4Addr) -> MachinePeer<Server<Vec<Binding>>> {
    MachinePeer::new(server_support::server(config, rows), address, |_, _, _| {})
}

fn dhcp() -> server::Config {
    server_support::config().with_dns(SERVER)
}

/// Runs a boot to its end, choosing `choice` if a menu appears.
#[track_caller]
fn boot(
    config: client::Config,
    servers: Vec<MachinePeer<Server<Vec<Binding>>>>,
    link: Link,
    choice: u16,
) -> client::Client {
    let mut world = World::new(client(config), link, 7);
    for server in servers {
        world = world.with_peer(server);
    }
    let mut log = Vec::new();
    let ended = world.run(Duration::from_secs(300), |client, now, event| {
        log.push(format!("{event:?}"));
        if matches!(event, Event::Menu) {
            assert!(client.0.choose(now, choice));
        }
    });
    assert!(ended.is_ok(), "{ended:?}");
    let machine = world.machine.0.clone();
    assert!(machine.boot().is_some(), "{log:#?}\n{}", world.trace());
    let lease = machine.lease().unwrap();
    assert!((FIRST..=LAST).contains(&lease.address));
    assert_eq!(lease.mask, Some(MASK));
    machine
}

#[track_caller]
fn boots(machine: &client::Client, file: &[u8], server: Ipv4Addr, source: Source) {
    let boot = machine.boot().unwrap();
    assert_eq!(&boot.file[..], file);
    assert_eq!((boot.server, boot.server_from), (server, source));
}

#[test]
fn one_server_gives_address_and_boot_file() {
    for arch in [0, 7, 11] {
        let server = peer(dhcp().with_boot_file(None, b"boot.0").with_config_file(b"c"), 4, SERVER);
        let machine = boot(pxe(1).with_arch(arch), vec![server], Link::perfect(), 0);
        boots(&machine, b"boot.0", SERVER, Source::DhcpSiaddr);
        assert_eq!(&machine.boot().unwrap().config_file[..], b"c");
        assert_eq!(machine.lease().unwrap().dns(), [SERVER]);
    }
}

#[test]
fn infiniband_clients_boot_by_both_dialects() {
    for config in [client::Config::ipoib(1, [1, 2, 3, 4, 5, 6, 7, 8]), client::Config::ipoib_ipxe(1, [9; 8])]
    {
        let server = peer(dhcp().with_boot_file(None, b"ib.0"), 4, SERVER);
        let machine = boot(config, vec![server], Link::perfect(), 0);
        boots(&machine, b"ib.0", SERVER, Source::DhcpSiaddr);
    }
}

#[test]
fn an_http_client_gets_its_url() {
    let server = peer(dhcp().with_http_file(None, b"http://10.77.0.1/a.efi"), 4, SERVER);
    let config = pxe(1).with_arch(16).with_vendor_class(VendorClass::Http);
    let machine = boot(config, vec![server], Link::perfect(), 0);
    assert_eq!(&machine.boot().unwrap().file[..], b"http://10.77.0.1/a.efi");
}

#[test]
fn a_proxy_beside_a_dhcp_server_says_what_to_boot() {
    for (arch, file) in [(0, &b"bios.0"[..]), (7, b"x64.efi")] {
        let proxy = server::Config::proxy(PROXY)
            .with_boot_file(Some(0), b"bios.0")
            .with_boot_file(Some(7), b"x64.efi");
        let servers = vec![peer(dhcp(), 4, SERVER), peer(proxy, 0, PROXY)];
        let machine = boot(pxe(1).with_arch(arch), servers, Link::perfect(), 0);
        let boot = machine.boot().unwrap();
        assert_eq!((&boot.file[..], boot.server), (file, PROXY));
        assert_eq!(machine.lease().unwrap().server_id, Some(SERVER));
    }
}

#[test]
fn a_person_chooses_from_the_menu_of_a_proxy_or_of_the_server_itself() {
    let menu = |config: server::Config| {
        config
            .with_service(Service::new(0x8000, b"Install", b"install.0"))
            .with_service(Service::new(0x8001, b"Rescue", b"rescue.0"))
            .with_prompt(10, b"Press F8")
    };
    for arch in [0, 7] {
        let servers = vec![peer(dhcp(), 4, SERVER), peer(menu(server::Config::proxy(PROXY)), 0, PROXY)];
        let machine = boot(pxe(1).with_arch(arch), servers, Link::perfect(), 0x8001);
        boots(&machine, b"rescue.0", PROXY, Source::BootServer);
        let machine =
            boot(pxe(1).with_arch(arch), vec![peer(menu(dhcp()), 4, SERVER)], Link::perfect(), 0x8000);
        boots(&machine, b"install.0", SERVER, Source::BootServer);
    }
}

#[test]
fn a_bad_link_delays_a_boot_and_does_not_break_it() {
    for seed in 0..40 {
        let proxy = server::Config::proxy(PROXY)
            .with_service(Service::new(0x8000, b"Install", b"install.0"))
            .with_prompt(10, b"Press F8");
        let servers = vec![peer(dhcp(), 4, SERVER), peer(proxy, 0, PROXY)];
        let config = pxe(seed).with_always_wait_for_proxy(true);
        let link = Link { loss: 20, ..Link::awful() };
        let machine = boot(config, servers, link, 0x8000);
        boots(&machine, b"install.0", PROXY, Source::BootServer);
    }
}

#[test]
fn a_lease_is_renewed_for_hours() {
    testkit::wrap!(struct Renewing(client::Client));
    impl Subject for Renewing {
        fn class(event: &Event<'_>) -> Class {
            if matches!(event, Event::Failed(_) | Event::Expired) { Class::Terminal } else { Class::Other }
        }

        fn parses(sent: &[u8]) -> bool {
            Packet::parse(sent).is_ok()
        }
    }
    let machine = client(pxe(3)).0;
    let server = peer(dhcp().with_boot_file(None, b"x").with_lease(600, 600), 4, SERVER);
    let mut world = World::new(Renewing(machine), Link::lossy(50), 5).with_peer(server);
    let mut renewals = 0;
    world
        .run(Duration::from_secs(7200), |client, _, event| {
            assert!(!matches!(event, Event::Failed(_) | Event::Expired | Event::Refused { .. }));
            if matches!(event, Event::Renewed) {
                renewals += 1;
                assert_ne!(client.0.lease().unwrap().address, NOBODY);
            }
        })
        .unwrap();
    // Every 300 s.
    assert!((20..=25).contains(&renewals), "{renewals}");
}
