//! The twelve laws on the server, with the requests of real clients as seeds. L12 has no meaning for it: a server
//! waits for ever.
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

extern crate std;

use std::string::String;
use std::vec;
use std::vec::Vec;

use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;

use bootproto_core::{BufferTooSmall, Instant, Machine, UdpPath};
use proptest::prelude::*;
use testkit::laws::{Class, Op, Subject, check, scripts};

use super::{Binding, ClientKey, Config, Event, Server, Service};
use crate::HardwareAddress;
use crate::wire::Packet;

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);

impl Subject for Server<Vec<Binding>> {
    fn class(event: &Event) -> Class {
        if matches!(event, Event::Ignored(_)) { Class::Ignored } else { Class::Other }
    }

    fn parses(sent: &[u8]) -> bool {
        Packet::parse(sent).is_ok()
    }

    fn burst(&self) -> usize {
        1
    }
}

fn net(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, 0, last)
}

fn dhcp() -> Server<Vec<Binding>> {
    let config = Config::new(SERVER)
        .with_pool(net(105), net(110), Ipv4Addr::new(255, 255, 255, 0))
        .with_lease(60, 600)
        .with_boot_file(None, b"pxelinux.0")
        .with_service(Service::new(0x8000, b"One", b"one.0").with_arch(0))
        .with_prompt(3, b"Press F8");
    let mut table = vec![Binding::FREE; 5];
    table[4] = Binding::host(HardwareAddress::ethernet([0x52, 0x54, 0, 0x12, 0x34, 0x56]), net(107));
    Server::new(config, table).unwrap()
}

fn proxy() -> Server<Vec<Binding>> {
    let config = Config::proxy(SERVER).with_boot_file(None, b"pxelinux.0");
    Server::new(config, Vec::new()).unwrap()
}

/// What clients sent, each on the port that it was sent to.
fn requests() -> Vec<(u16, Vec<u8>)> {
    let all = testkit::vectors::load(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors")).unwrap();
    let requests = all.into_iter().filter(|vector| vector.bytes.first() == Some(&1));
    requests
        .map(|vector| {
            let port = if vector.about.get("to").is_some_and(|to| to.ends_with(":4011")) { 4011 } else { 67 };
            (port, vector.bytes)
        })
        .collect()
}

fn paths() -> Vec<UdpPath> {
    let client = |port, address, from| UdpPath::from_port(port, SocketAddrV4::new(address, from));
    vec![
        client(67, Ipv4Addr::UNSPECIFIED, 68),
        client(4011, net(107), 68),
        client(4011, net(107), 4011),
        client(67, net(50), 68),
        client(70, net(50), 68),
    ]
}

fn seeds() -> Vec<Vec<u8>> {
    requests().into_iter().map(|(_, bytes)| bytes).collect()
}

/// Real requests on the ports where they belong, in an order of chance, with time in between.
fn conversations() -> impl Strategy<Value = Vec<Op<UdpPath>>> {
    let requests = requests();
    prop::collection::vec((0..requests.len(), 0_u64..40, any::<bool>()), 1..30).prop_map(move |steps| {
        let mut ops = Vec::new();
        for (index, seconds, drain) in steps {
            let (port, bytes) = requests[index].clone();
            let path = if port == 67 { paths()[0] } else { paths()[1] };
            ops.push(Op::Datagram { path, bytes });
            ops.push(Op::Advance(Duration::from_secs(seconds)));
            if drain {
                ops.push(Op::Drain);
            }
        }
        ops
    })
}

fn passes(result: Result<(), String>) -> Result<(), TestCaseError> {
    result.map_err(TestCaseError::fail)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_dhcp_server_keeps_the_laws(script in scripts(seeds(), paths(), 40)) {
        passes(check(dhcp(), &script))?;
    }

    #[test]
    fn a_proxy_keeps_the_laws(script in scripts(seeds(), paths(), 40)) {
        passes(check(proxy(), &script))?;
    }

    #[test]
    fn the_laws_hold_in_real_conversations(script in conversations()) {
        passes(check(dhcp(), &script))?;
        passes(check(proxy(), &script))?;
    }

    #[test]
    fn no_address_is_two_clients_whatever_arrives(script in conversations()) {
        let mut server = dhcp();
        let mut now = Instant::from_millis(1_000);
        for op in script {
            match op {
                Op::Datagram { path, bytes } => {
                    let _event = server.handle_datagram(now, path, &bytes);
                }
                Op::Advance(span) => now = now.saturating_add(span),
                Op::Back(_) | Op::Timeout | Op::Spurious | Op::Poll(_) | Op::Drain => {
                    let _sent = server.poll_transmit(now, &mut [0; 1472]);
                }
            }
            let mut held: Vec<Ipv4Addr> =
                server.bindings().iter().map(Binding::address).filter(|held| !held.is_unspecified()).collect();
            let rows = held.len();
            held.sort_unstable();
            held.dedup();
            prop_assert_eq!(held.len(), rows);
        }
    }
}

#[test]
fn a_table_may_be_an_array_or_a_slice() {
    let config = || Config::new(SERVER).with_pool(net(2), net(9), Ipv4Addr::new(255, 255, 255, 0));
    let (port, discover) = requests().into_iter().find(|(port, _)| *port == 67).unwrap();
    let path = UdpPath::from_port(port, SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68));
    let mut array = Server::new(config(), [Binding::FREE; 4]).unwrap();
    let mut rows = [Binding::FREE; 4];
    let mut slice = Server::new(config(), &mut rows[..]).unwrap();
    let now = Instant::from_millis(5);
    assert_eq!(array.handle_datagram(now, path, &discover), slice.handle_datagram(now, path, &discover));
    let BufferTooSmall { needed } = array.poll_transmit(now, &mut []).unwrap_err();
    let mut exact = vec![0; needed];
    assert!(array.poll_transmit(now, &mut exact).unwrap().is_some());
    assert_eq!(array.bindings(), slice.bindings());
    drop(slice);
    assert!(rows.iter().any(|row| !row.address().is_unspecified()));
}

#[test]
fn keys_tell_clients_apart() {
    let hardware = ClientKey::hardware(HardwareAddress::ethernet([1, 2, 3, 4, 5, 6]));
    let identifier = ClientKey::identifier(&[1, 1, 2, 3, 4, 5, 6]);
    assert_ne!(hardware, identifier, "the same bytes, but of another kind");
    let (mut long, other) = (vec![7_u8; 135], vec![7_u8; 134]);
    assert_ne!(ClientKey::identifier(&long), ClientKey::identifier(&other));
    let key = ClientKey::identifier(&long);
    long[134] = 8;
    assert_ne!(ClientKey::identifier(&long), key);
    assert_ne!(
        ClientKey::hardware(HardwareAddress::empty(32)),
        ClientKey::hardware(HardwareAddress::new(32, &[0]).unwrap())
    );
}

#[test]
fn a_row_kept_from_an_earlier_run_counts() {
    let hardware = HardwareAddress::ethernet([2, 2, 2, 2, 2, 2]);
    let end = Instant::from_millis(9_000);
    let row = Binding::leased(ClientKey::hardware(hardware), hardware, net(105), Some(end));
    assert!(row.is_leased(Instant::from_millis(8_999)));
    assert!(!row.is_leased(end));
    assert_eq!(row.expires(), Some(end));
    assert_eq!(row.idle_since(Instant::from_millis(8_999)), None);
    assert_eq!(row.idle_since(end), Some(end));
}

#[test]
fn numbers_are_unique_and_of_this_room() {
    use bootproto_core::Numbered;
    let ignored = super::Ignored::TABLE.iter().map(|entry| entry.code.0);
    let config = super::ConfigError::TABLE.iter().map(|entry| entry.code.0);
    let mut all: Vec<u16> = ignored.chain(config).collect();
    assert!(all.iter().all(|code| (1151..1200).contains(code) || (1351..1400).contains(code)));
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
}

#[test]
fn events_print_as_lines_of_a_log() {
    use std::string::ToString;
    let hardware = HardwareAddress::ethernet([2, 0, 0, 0, 0, 1]);
    let address = net(105);
    let reason = super::Refusal::WrongNetwork;
    let none = super::LeftOut::NOTHING;
    for (event, line) in [
        (Event::Acknowledged { hardware, address, left_out: none }, "gave 10.77.0.105 to 02:00:00:00:00:01"),
        (
            Event::Refused { hardware, address, reason },
            "refused 10.77.0.105 to 02:00:00:00:00:01: wrong network",
        ),
        (Event::Ignored(super::Ignored::PoolExhausted), "ignored: no address is free"),
        (
            Event::BootServed { hardware, item: Some(7), left_out: none },
            "told 02:00:00:00:00:01 the boot file of type 7",
        ),
    ] {
        assert_eq!(event.to_string(), line);
    }
}
