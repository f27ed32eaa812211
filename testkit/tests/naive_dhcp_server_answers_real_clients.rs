//! The naive DHCP server with packets of a real client: its parser is checked with bytes that we didn't make.

use core::net::{Ipv4Addr, SocketAddr};

use bootproto_core::{Instant, UdpPath};
use testkit::naive::{DhcpServer, Request};
use testkit::vectors;
use testkit::world::{Peer, Reply};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
const LEASED: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 50);

fn bytes(name: &str) -> Vec<u8> {
    vectors::named(FOLDER, name).bytes
}

fn give(server: &mut DhcpServer, name: &str) -> Vec<Reply> {
    let ends = ["255.255.255.255:67", "0.0.0.0:68"].map(|end| end.parse().expect("an end"));
    server.receive(Instant::default(), UdpPath::v4(ends[0], ends[1]), &bytes(name))
}

#[test]
fn the_fields_are_those_that_a_dissector_shows() {
    let discover = Request::parse(&bytes("udhcpc-discover")).expect("a request");
    let codes: Vec<u8> = discover.options.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [53, 57, 55, 12, 60, 61, 81]);
    assert_eq!(discover.option(55), Some(&[1, 3, 6, 12, 15, 28, 42, 66, 67][..]));
    assert_eq!(discover.client(), [1, 2, 0, 0, 0, 0, 0x77]);
    assert!(!discover.wants_broadcast());
    let request = Request::parse(&bytes("udhcpc-request")).expect("a request");
    assert_eq!((request.address(50), request.address(54)), (Some(LEASED), Some(SERVER)));
    let release = Request::parse(&bytes("udhcpc-release")).expect("a request");
    assert_eq!((release.message_type(), release.ciaddr()), (7, LEASED));
}

#[test]
fn a_lease_is_offered_given_and_released() {
    let mut server = DhcpServer::new(SERVER, LEASED);
    let offer = give(&mut server, "udhcpc-discover");
    assert_eq!(
        offer[0].0.remote,
        SocketAddr::new(LEASED.into(), 68),
        "no broadcast flag: to the offered address"
    );
    assert_eq!(offer[0].1[4..8], [0x2d, 0x35, 0x4f, 0x46], "the transaction id that the capture has");
    assert_eq!(offer[0].1[240..243], [53, 1, 2]);
    assert_eq!(give(&mut server, "udhcpc-request")[0].1[240..243], [53, 1, 5]);
    assert_eq!(give(&mut server, "udhcpc-release"), []);
    let refusal = give(&mut server, "udhcpc-request");
    assert_eq!(refusal[0].1[240..243], [53, 1, 6], "the lease is gone");
    assert_eq!(refusal[0].0.remote, SocketAddr::new(Ipv4Addr::BROADCAST.into(), 68));
}

#[test]
fn a_request_for_another_server_is_not_answered() {
    let mut other = DhcpServer::new(Ipv4Addr::new(10, 77, 0, 2), LEASED);
    assert_eq!(give(&mut other, "udhcpc-discover").len(), 1);
    assert_eq!(give(&mut other, "udhcpc-request"), []);
}

#[test]
fn a_packet_cut_short_is_never_more_than_the_whole() {
    let whole = Request::parse(&bytes("udhcpc-request")).expect("a request");
    for cut in vectors::truncations(&bytes("udhcpc-request")) {
        let options = Request::parse(cut).map(|request| request.options).unwrap_or_default();
        assert!(whole.options.starts_with(&options), "{} bytes", cut.len());
    }
}
