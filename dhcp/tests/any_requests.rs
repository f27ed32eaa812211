//! Requests of chance from a handful of clients and through a handful of relay agents, whatever they claim: no address
//! is two clients', no lease is lost by another's words, no answer goes where nobody asked.
#![allow(
    clippy::too_many_lines,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::as_conversions,
    reason = "tests"
)]

mod server_support;

use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto_core::{Instant, Machine, Rng};
use bootproto_dhcp::HardwareAddress;
use bootproto_dhcp::server::{Binding, Config, Event, Server, Service};
use bootproto_dhcp::wire::{OptionCode, Packet};
use proptest::prelude::*;
use server_support::*;

const RELAY: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 253);
const FAR: Ipv4Addr = Ipv4Addr::new(172, 16, 0, 1);
const FIXED: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 20);

struct Chance(Rng);

impl Chance {
    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.0.below(all.len() as u64)).unwrap()].clone()
    }

    const fn one_in(&mut self, count: u64) -> bool {
        self.0.below(count) == 0
    }
}

fn any_server(chance: &mut Chance) -> Server<Vec<Binding>> {
    let base = if chance.one_in(4) { Config::proxy(SERVER) } else { Config::new(SERVER) };
    let last = chance.one_of(&[LAST, Ipv4Addr::new(10, 77, 0, 255)]);
    let (seconds, most) = chance.one_of(&[(1, 1), (60, 600), (u32::MAX, u32::MAX), (3_600, u32::MAX)]);
    let config = base
        .with_pool(chance.one_of(&[FIRST, Ipv4Addr::new(10, 77, 0, 0)]), last, MASK)
        .with_router(Ipv4Addr::new(10, 77, 0, 254))
        .with_lease(seconds, most)
        .with_offer_time(chance.one_of(&[Duration::ZERO, Duration::from_secs(30), Duration::MAX]))
        .with_authoritative(chance.one_in(2))
        .with_dynamic_bootp(chance.one_in(2))
        .with_boot_file(None, b"boot.0")
        .with_option(OptionCode(224), &vec![7; chance.one_of(&[0, 100, 300, 900])]);
    let menu = Service::new(0x8001, b"one", b"one.0");
    let config = if chance.one_in(3) { config.with_service(menu) } else { config };
    let mut table = vec![Binding::FREE; chance.one_of(&[1, 3, 20])];
    table.push(Binding::host(HardwareAddress::ethernet(mac(1)), FIXED));
    Server::new(config, table).unwrap()
}

fn any_ask(chance: &mut Chance, given: &[Ipv4Addr]) -> Ask {
    let kind = chance.one_of(&[1, 1, 1, 3, 3, 3, 3, 4, 7, 8, 9]);
    let who = mac(chance.one_of(&[1, 2, 3, 4, 5]));
    let mut ask = if chance.one_in(8) { Ask::bootp(who) } else { Ask::new(kind, who) };
    let wishes = [given, &[FIRST, LAST, FIXED, SERVER, Ipv4Addr::BROADCAST, NOBODY, FAR]].concat();
    if !chance.one_in(3) {
        ask = ask.asking(chance.one_of(&wishes));
    }
    if chance.one_in(2) {
        ask = ask.of_server(chance.one_of(&[SERVER, SERVER, SERVER, FAR]));
    }
    if chance.one_in(3) {
        ask = ask.using(chance.one_of(&wishes));
    }
    if chance.one_in(3) {
        ask = ask.through(chance.one_of(&[RELAY, RELAY, FAR, Ipv4Addr::BROADCAST]));
    }
    if chance.one_in(3) {
        ask = ask.with(61, &chance.one_of(&[vec![0, 1], vec![0, 2], vec![7; 200], vec![1]]));
    }
    if chance.one_in(3) {
        ask = ask.pxe(chance.one_of(&[0, 7]));
        ask = if chance.one_in(2) { ask.with(43, b"\x47\x04\x80\x01\0\0\xff") } else { ask };
    }
    if chance.one_in(3) {
        ask = ask.with(57, &chance.one_of(&[0_u16, 576, 1_500, u16::MAX]).to_be_bytes());
    }
    if chance.one_in(3) {
        ask = ask.with(82, &vec![3; chance.one_of(&[0, 8, 255])]);
    }
    if chance.one_in(3) {
        ask = ask.with(51, &chance.one_of(&[0, 1, 2, 8, u32::MAX]).to_be_bytes());
    }
    if chance.one_in(9) {
        ask.hardware.clear();
    }
    ask
}

/// What must hold of the table after a message that `server` answered with `event`.
fn check_table(before: &Server<Vec<Binding>>, server: &Server<Vec<Binding>>, event: &Event, now: Instant) {
    let mut held: Vec<_> = server.bindings().iter().map(Binding::address).collect();
    held.retain(|address| !address.is_unspecified());
    let rows = held.len();
    held.sort_unstable();
    held.dedup();
    assert_eq!(held.len(), rows, "an address twice");
    let changed = before.bindings().iter().zip(server.bindings()).filter(|(old, new)| old != new);
    let changed: Vec<_> = changed.collect();
    assert!(changed.len() <= 1, "one message, one row");
    for (old, new) in changed {
        // A lease that runs is touched by its own client only.
        assert!(!old.is_leased(now) || old.key() == new.key() || matches!(event, Event::Declined { .. }));
        assert!(new.is_fixed() == old.is_fixed() && (!old.is_fixed() || new.address() == old.address()));
    }
}

fn converse(seed: u64, steps: u32) {
    let mut chance = Chance(Rng::new(seed));
    let mut server = any_server(&mut chance);
    let mut now = Instant::from_micros(chance.one_of(&[0, 5_000_000, u64::MAX - 9_000_000]));
    let mut given = Vec::new();
    for _ in 0..steps {
        now = now.saturating_add(Duration::from_millis(chance.one_of(&[0, 0, 0, 900, 40_000, 4_000_000])));
        let ask = any_ask(&mut chance, &given);
        let source = chance.one_of(&[NOBODY, NOBODY, ask.ciaddr, ask.giaddr]);
        let from = path(chance.one_of(&[67, 67, 67, 4011]), source, 68);
        let before = server.clone();
        let (event, reply) = tell(&mut server, now, from, &ask.bytes());
        check_table(&before, &server, &event, now);
        if let Event::Ignored(_) = event {
            assert!(server == before && reply.is_none(), "{event}");
        }
        let Some(reply) = reply else { continue };
        let packet = Packet::parse(&reply.bytes).unwrap();
        let address = packet.header.yiaddr;
        if !address.is_unspecified() {
            assert!(
                address == FIXED || (address != SERVER && address.octets()[..3] == [10, 77, 0]),
                "{address}"
            );
            assert!(!matches!(address.octets()[3], 0 | 254 | 255), "{address}");
            given.push(address);
        }
        let to = match reply.to() {
            core::net::SocketAddr::V4(to) => *to.ip(),
            core::net::SocketAddr::V6(_) => unreachable!(),
        };
        let is_claimed = [ask.giaddr, source].contains(&to);
        let is_local = to.octets()[..3] == [10, 77, 0];
        assert!(is_claimed || is_local || to.is_broadcast(), "{event} to {to}");
        // Whoever came without a relay agent's or an own source address can't point our answers at others.
        assert!(!to.is_unspecified() && !to.is_multicast());
        // What has to come back does; only BOOTP's 64 bytes have no room for an identifier of 200.
        let said =
            |code| ask.options.iter().any(|(found, value)| *found == code && (code == 82 || value.len() > 1));
        let is_bootp = matches!(event, Event::Bootp { .. });
        let has = |code| packet.option(OptionCode(code)).is_some();
        assert_eq!(has(82), said(82), "{event}");
        assert!(
            has(61) == said(61) || (is_bootp && event.left_out().codes().any(|code| code.0 == 61)),
            "{event}"
        );
        assert!(event.left_out().codes().all(|code| !has(code.0)), "{event}");
        let lease = packet.option(OptionCode::LEASE_TIME).map(|time| time.u32().unwrap());
        assert_ne!(lease, Some(0));
        assert!(reply.bytes.len() <= Server::<Vec<Binding>>::MAX_TRANSMIT);
    }
}

proptest! {
    #[test]
    fn whatever_is_asked_the_table_stays_whole_and_answers_go_home(seed: u64) {
        converse(seed, 80);
    }
}
