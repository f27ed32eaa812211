//! The DHCP server under the laws, with the requests of real clients; and its table, which has no address twice.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::LazyLock;

use bootproto_core::{Instant, UdpPath};
use bootproto_dhcp::HardwareAddress;
use bootproto_dhcp::server::{Binding, Config, Event, Server, Service};
use bootproto_dhcp::wire::{OptionCode, Packet};
use testkit::laws::{Class, Subject};

use crate::{Seed, seed, shared};

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);

testkit::wrap!(pub(crate) struct Tested(Server<Vec<Binding>>));

impl Subject for Tested {
    fn class(event: &Event) -> Class {
        if matches!(event, Event::Ignored(_)) { Class::Ignored } else { Class::Other }
    }

    fn parses(sent: &[u8]) -> bool {
        Packet::parse(sent).is_ok()
    }

    fn burst(&self) -> usize {
        1
    }

    fn react(&mut self, _: Instant, _: &Event) {
        let addresses = self.0.bindings().iter().map(Binding::address);
        let mut held: Vec<_> = addresses.filter(|held| !held.is_unspecified()).collect();
        let rows = held.len();
        held.sort_unstable();
        held.dedup();
        assert_eq!(held.len(), rows, "an address is two clients'");
    }
}

fn net(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, 0, last)
}

/// A server with what `kind` says: a proxy or a pool, small or large, with a menu, with options that hardly fit.
fn server(kind: u8) -> Tested {
    let base = if kind & 1 == 0 { Config::new(SERVER) } else { Config::proxy(SERVER) };
    let mut config = base
        .with_pool(net(105), net(if kind & 2 == 0 { 110 } else { 105 }), Ipv4Addr::new(255, 255, 255, 0))
        .with_router(net(254))
        .with_lease(60, if kind & 4 == 0 { 600 } else { u32::MAX })
        .with_authoritative(kind & 8 != 0)
        .with_dynamic_bootp(kind & 16 != 0)
        .with_boot_file(None, b"pxelinux.0");
    if kind & 32 != 0 {
        config = config.with_option(OptionCode(224), &[7; 600]);
    }
    if kind & 64 != 0 {
        let service = Service::new(0x8000, b"One", b"one.0").with_arch(0);
        config = config.with_service(service).with_prompt(3, b"Press F8");
    }
    let mut table = vec![Binding::FREE; if kind & 128 == 0 { 5 } else { 1 }];
    table.push(Binding::host(HardwareAddress::ethernet([0x52, 0x54, 0, 0x12, 0x34, 0x56]), net(107)));
    Tested(Server::new(config, table).unwrap_or_else(|error| panic!("{error}")))
}

static REQUESTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let all = seed::vectors("dhcp").into_iter().map(|vector| vector.bytes);
    all.filter(|bytes| bytes.first() == Some(&1)).collect()
});

/// The first byte says which server, the rest is a script.
pub fn run(data: &[u8]) {
    let Some((kind, script)) = data.split_first() else { return };
    let client = |port, address, from| UdpPath::from_port(port, SocketAddrV4::new(address, from));
    let paths = [
        client(67, Ipv4Addr::UNSPECIFIED, 68),
        client(4011, net(107), 68),
        client(4011, net(107), 4011),
        client(67, net(50), 68),
        client(70, net(50), 68),
    ];
    shared::obey(server(*kind), script, &REQUESTS, &paths);
}

/// All requests to some of the servers.
pub fn seeds() -> Vec<Seed> {
    let kinds = [0_u8, 1, 2, 28, 32, 64, 128, 255];
    kinds.into_iter().flat_map(|kind| seed::scripts(kind, &format!("server-{kind}"), REQUESTS.len())).collect()
}
