//! The ways in which machines on InfiniBand present themselves, and the list that is tried in order.
#![allow(
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod common;

use std::net::Ipv4Addr;

use bootproto_core::{Instant, Machine};
use bootproto_dhcp::IpoibDialect;
use bootproto_dhcp::client::{Client, Config, ConfigError, Event, Failure};
use common::*;
use testkit::naive::DhcpServer;
use testkit::world::Peer;

const GUID: [u8; 8] = [0x00, 0x02, 0xc9, 0x03, 0x00, 0x4e, 0x5a, 0x11];

/// The dialect; `htype` and `hlen`; `chaddr`; option 61. See the table in `IpoibDialect` for who says so.
type Said = (IpoibDialect, [u8; 2], &'static [u8], &'static [u8]);

const SAID: [Said; 5] = [
    (
        IpoibDialect::Rfc4390,
        [32, 0],
        &[],
        b"\xff\x00\x4e\x5a\x11\x00\x03\x00\x20\x00\x02\xc9\x03\x00\x4e\x5a\x11",
    ),
    (IpoibDialect::Ipxe, [1, 6], b"\x00\x02\xc9\x4e\x5a\x11", b"\x01\x00\x02\xc9\x4e\x5a\x11"),
    (
        IpoibDialect::Mellanox,
        [32, 0],
        &[],
        b"\xff\x00\x00\x00\x00\x00\x02\x00\x00\x02\xc9\x00\x00\x02\xc9\x03\x00\x4e\x5a\x11",
    ),
    (IpoibDialect::Hardware, [32, 0], &[], b"\x20\x00\x02\xc9\x03\x00\x4e\x5a\x11"),
    (
        IpoibDialect::Grub,
        [1, 0],
        &[],
        b"\xff\x00\x4e\x5a\x11\x00\x03\x00\x20\x00\x02\xc9\x03\x00\x4e\x5a\x11",
    ),
];

#[test]
fn every_dialect_says_what_its_speakers_say() {
    for (dialect, header, chaddr, id) in SAID {
        let discover = Talk::new(Config::ipoib_dialects(1, GUID, &[dialect])).sends(DISCOVER);
        assert_eq!(discover.bytes[1..3], header, "{dialect:?}");
        let field = [chaddr, &[0; 16]].concat();
        assert_eq!(discover.bytes[28..44], field[..16], "{dialect:?}");
        assert_eq!(discover.raw(61), Some(id), "{dialect:?}");
        assert!(discover.message.flags().broadcast(), "{dialect:?}");
        // V42: whatever the length of the link-layer address, hlen is what chaddr holds.
        assert!(discover.bytes[2] <= 16);
    }
}

/// When, in seconds, and with which option 61.
type Discovers = Vec<(u64, Vec<u8>)>;

/// Lets a client talk with a server that knows only those for whom `knows` holds; answers the instants of its DISCOVERs
/// with their option 61, and how it ended.
fn talk(config: Config, knows: impl Fn(&[u8]) -> bool) -> (Discovers, Client, Vec<Event<'static>>) {
    let mut server =
        DhcpServer::new(SERVER, Ipv4Addr::new(10, 77, 0, 100)).with(|it| it.file = b"x".to_vec());
    let mut client = Client::new(config, Instant::from_millis(0)).unwrap();
    let (mut now, mut sent, mut told) = (Instant::from_millis(0), Vec::new(), Vec::new());
    let mut buf = [0; Client::MAX_TRANSMIT];
    while !client.is_finished() && client.boot().is_none() {
        let mut replies = Vec::new();
        while let Some(out) = client.poll_transmit(now, &mut buf).unwrap() {
            let found = out.bytes.windows(2).position(|window| window[0] == 61).unwrap();
            let id = out.bytes[found + 2..][..usize::from(out.bytes[found + 1])].to_vec();
            let known = knows(&id);
            if out.bytes.windows(3).any(|window| window == [53, 1, 1]) {
                sent.push((now.as_micros() / 1_000_000, id));
            }
            if known {
                replies.extend(server.receive(now, out.path.reversed(), out.bytes));
            }
        }
        for (path, bytes) in replies {
            client.handle_datagram(now, path.reversed(), &bytes);
        }
        let Some(at) = client.poll_timeout() else { break };
        now = now.max(at);
        told.extend(client.handle_timeout(now));
    }
    (sent, client, told)
}

#[test]
fn the_first_dialect_that_a_server_knows_gets_the_lease() {
    for (wanted, (dialect, .., id)) in SAID.into_iter().enumerate().filter(|(at, _)| *at != 4) {
        let config = Config::ipoib_dialects(7, GUID, &IpoibDialect::ALL);
        let (sent, client, told) = talk(config, |said| said == id);
        assert!(client.lease().is_some() && client.boot().is_some(), "{dialect:?}");
        assert_eq!(sent.len(), 2 * wanted + 1, "two DISCOVERs for each dialect before it");
        let spoken: Vec<_> = told
            .iter()
            .filter_map(|event| if let Event::Dialect(dialect) = event { Some(*dialect) } else { None })
            .collect();
        assert_eq!(spoken, IpoibDialect::ALL[1..=wanted]);
        assert_eq!(client.config().infiniband(), Some((GUID, dialect)));
    }
}

#[test]
fn a_dialect_has_its_turn_only_when_the_one_before_was_asked_often_enough() {
    let list = [IpoibDialect::Rfc4390, IpoibDialect::Ipxe];
    let config = Config::ipoib_dialects(7, GUID, &list).with_discovers_per_dialect(3);
    let (sent, client, told) = talk(config, |_| false);
    let ids: Vec<_> = sent.iter().map(|(_, id)| id[0]).collect();
    assert_eq!(ids, [255, 255, 255, 1, 1, 1, 1]);
    // 4 + 8 + 16 s, each a second more or less.
    assert!((25..=31).contains(&sent[3].0), "{sent:?}");
    assert_eq!(told.last(), Some(&Event::Failed(Failure::NoOffers { tries: 7 })));
    assert!(client.is_finished());
}

#[test]
fn an_answer_to_the_dialect_before_is_another_clients() {
    let list = [IpoibDialect::Rfc4390, IpoibDialect::Hardware];
    let mut talk = Talk::new(Config::ipoib_dialects(7, GUID, &list).with_discovers_per_dialect(1));
    let first = talk.sends(DISCOVER);
    assert_eq!(talk.waits().1, Some(Event::Dialect(IpoibDialect::Hardware)));
    let second = talk.sends(DISCOVER);
    assert_ne!(first.bytes[4..8], second.bytes[4..8], "a transaction id of its own");
    talk.ignores(&Answer::offer(&first).file("x"), bootproto_dhcp::client::Ignored::WrongXid);
    assert!(matches!(talk.hears(&Answer::offer(&second).file("x")), Event::Offered(_)));
}

#[test]
fn six_dialects_are_too_many() {
    let config = Config::ipoib_dialects(1, GUID, &[IpoibDialect::Ipxe; 6]);
    let error = Client::new(config, Instant::from_millis(0)).unwrap_err();
    assert_eq!(error, ConfigError::TooManyDialects { dialects: 6 });
}
