//! The world with a machine in it: a DHCP client by hand against the naive servers.

mod common;

use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto_core::Instant;
use common::{CHADDR, Client, Event};
use proptest::prelude::*;
use testkit::laws::{Class, Subject, check, check_silent_peer, garbage, scripts};
use testkit::naive::{DhcpServer, ProxyDhcp, Request};
use testkit::world::{Ended, Fate, Link, MachinePeer, World};

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const PROXY: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 3);
const FIRST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 100);
const LIMIT: Duration = Duration::from_secs(300);

fn server() -> DhcpServer {
    DhcpServer::new(SERVER, FIRST)
}

/// Runs `world` and collects what the client tells.
fn run(world: &mut World<Client>) -> (Ended, Vec<Event>) {
    let mut events = Vec::new();
    let ended = world.run(LIMIT, |_, _, event| events.push(*event)).unwrap_or_else(|error| panic!("{error}"));
    (ended, events)
}

/// The options of a server's reply.
fn options(reply: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut request = reply.to_vec();
    request[0] = 1;
    Request::parse(&request).expect("a reply has the layout of a request").options
}

#[test]
fn a_lease_is_given_and_every_packet_is_on_record() {
    let server = server().with_option(66, "tftp.example").with_option(3, SERVER.octets());
    let heard = server.heard.clone();
    let mut world = World::new(Client::new(), Link::perfect(), 1).with_peer(server);
    assert_eq!(run(&mut world), (Ended::Terminal, vec![Event::Offered(FIRST), Event::Bound(FIRST)]));
    assert_eq!(world.now(), Instant::from_millis(4), "four packets, a millisecond each");
    let types: Vec<u8> = heard.borrow().iter().map(Request::message_type).collect();
    assert_eq!(types, [1, 3]);
    let client = [&[1][..], &CHADDR].concat();
    assert!(heard.borrow().iter().all(|request| request.client() == client && request.wants_broadcast()));
    assert_eq!(world.records().len(), 4);
    let offer = &world.received()[0].1;
    assert!(options(offer).contains(&(66, b"tftp.example".to_vec())));
    assert!(options(offer).contains(&(51, vec![0, 0, 14, 16])));
    assert_eq!(&offer[4..8], &[0xde, 0xad, 0xbe, 0xef]);
    assert_eq!(&offer[28..34], &CHADDR);
}

#[test]
fn an_awful_link_only_takes_longer() {
    let mut slow = 0;
    for seed in 0..100 {
        let mut world =
            World::new(Client::new(), Link { loss: 200, ..Link::awful() }, seed).with_peer(server());
        let (ended, events) = run(&mut world);
        assert_eq!((ended, events.last()), (Ended::Terminal, Some(&Event::Bound(FIRST))), "seed {seed}");
        slow += usize::from(world.now() > Instant::from_millis(2000));
    }
    assert!((40..80).contains(&slow), "0.8^4 of the runs lose nothing they need: {slow}");
}

#[test]
fn a_server_refuses_and_forgets_as_told() {
    let refusing = server().with(|server| server.refuse = 1);
    let mut world = World::new(Client::new(), Link::perfect(), 1).with_peer(refusing);
    assert_eq!(run(&mut world).1, [Event::Offered(FIRST), Event::Refused]);

    let deaf = server().with(|server| server.deaf_to = vec![3]);
    let mut world = World::new(Client::new(), Link::perfect(), 1).with_peer(deaf);
    assert_eq!(run(&mut world).1, [Event::Offered(FIRST), Event::TimedOut]);

    let careless = server().with(|server| server.leaves_out = vec![54, 51]);
    let mut world = World::new(Client::new(), Link::perfect(), 1).with_peer(careless);
    run(&mut world);
    let codes: Vec<u8> = options(&world.received()[0].1).iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [53, 1]);
}

#[test]
fn a_bootp_server_sends_no_options() {
    let bootp = server().with(|server| (server.bootp, server.file) = (true, b"kernel".to_vec()));
    let mut world = World::new(Client::new(), Link::perfect(), 1).with_peer(bootp);
    assert_eq!(run(&mut world).0, Ended::Terminal);
    let reply = &world.received()[0].1;
    assert_eq!(reply.len(), 300);
    assert_eq!(&reply[108..115], b"kernel\0");
    assert!(reply[236..].iter().all(|byte| *byte == 0));
    assert_eq!(&reply[16..20], &FIRST.octets());
}

#[test]
fn a_proxy_offers_beside_the_server_and_answers_on_its_own_port() {
    let proxy = ProxyDhcp::new(PROXY, "boot.efi").with_option(43, [6, 1, 8, 255]);
    let (heard, direct) = (proxy.heard.clone(), proxy.clone());
    let mut world = World::new(Client::new(), Link::perfect(), 1).with_peer(server()).with_peer(proxy);
    assert_eq!(run(&mut world).1.last(), Some(&Event::Bound(FIRST)));
    assert_eq!(heard.borrow().len(), 2, "a broadcast reaches both");
    let offer = world.received().iter().find(|(path, _)| path.remote_v4() == Some(PROXY)).expect("an offer");
    assert_eq!(&offer.1[16..20], &[0; 4], "a proxy gives no address");
    assert!(options(&offer.1).contains(&(60, b"PXEClient".to_vec())));
    assert!(options(&offer.1).contains(&(43, vec![6, 1, 8, 255])));
    assert_eq!(offer.1[108], 0);

    let ends = ["10.0.0.3:4011", "10.0.0.100:68"].map(|end| end.parse().expect("an end"));
    let path = bootproto_core::UdpPath::v4(ends[0], ends[1]);
    let request = world.machine.message();
    let replies = testkit::world::Peer::receive(&mut direct.clone(), world.now(), path, &request);
    assert_eq!(replies.len(), 1);
    assert_eq!((replies[0].0, &replies[0].1[108..117]), (path, &b"boot.efi\0"[..]));
}

#[test]
fn an_unplugged_world_is_silent_and_says_when_time_is_up() {
    let mut world = World::new(Client::new(), Link::perfect(), 1).with_peer(server());
    world.unplug();
    assert_eq!(run(&mut world), (Ended::Terminal, vec![Event::TimedOut]));
    assert_eq!(world.now(), Instant::from_millis(20_000));
    assert_eq!(check_silent_peer(Client::new(), LIMIT), Ok(Duration::from_secs(20)));

    let mut world = World::new(Client::new(), Link::perfect(), 1);
    assert_eq!(world.run(Duration::from_secs(5), |_, _, _| {}), Ok(Ended::Limit));
    assert_eq!(world.now(), Instant::from_millis(5000));
}

#[test]
fn what_does_not_fit_the_link_is_an_error_for_us_and_a_loss_for_a_peer() {
    let mut client = Client::new();
    client.padding = 1500 - 28 - 300 + 1;
    let error = World::new(client, Link::perfect(), 1).run(LIMIT, |_, _, _| {}).expect_err("too long");
    assert!(error.starts_with("MTU"), "{error}");

    let chatty = server().with_option(224, vec![7; 1400]);
    let mut world = World::new(Client::new(), Link::perfect(), 1).with_peer(chatty);
    assert_eq!(run(&mut world).1, [Event::TimedOut]);
    assert!(world.records().iter().any(|record| !record.ours && record.fate == Fate::TooLong));
}

#[test]
fn a_machine_can_be_the_peer_of_a_machine() {
    // Two clients hear each other and ignore it; the second one's events go to its own sink.
    let told = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let log = told.clone();
    let other = MachinePeer::new(Client::new(), PROXY, move |_, _, event| log.borrow_mut().push(*event));
    let mut world = World::new(Client::new(), Link::perfect(), 1).with_peer(server()).with_peer(other);
    assert_eq!(run(&mut world).1.last(), Some(&Event::Bound(FIRST)));
    assert!(told.borrow().contains(&Event::Offered(FIRST)), "the same hardware address gets the same offer");
}

testkit::wrap!(struct Wrapped(Client));

impl Subject for Wrapped {
    fn class(event: &Event) -> Class {
        Client::class(event)
    }

    fn parses(sent: &[u8]) -> bool {
        Client::parses(sent)
    }
}

#[test]
fn a_wrapped_machine_is_the_same_machine() {
    let mut plain = World::new(Client::new(), Link::awful(), 5).with_peer(server());
    let mut wrapped = World::new(Wrapped(Client::new()), Link::awful(), 5).with_peer(server());
    run(&mut plain);
    assert_eq!(wrapped.run(LIMIT, |_, _, _| {}), Ok(Ended::Terminal));
    assert_eq!(plain.records(), wrapped.records());
    assert_eq!(plain.machine, wrapped.machine.0);
}

/// What the client receives in a good run: seeds for scripts.
fn seeds() -> (Vec<Vec<u8>>, Vec<bootproto_core::UdpPath>) {
    let mut world = World::new(Client::new(), Link::perfect(), 1).with_peer(server());
    run(&mut world);
    (world.received().iter().map(|(_, data)| data.clone()).collect(), vec![world.received()[0].0])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn the_laws_hold_for_the_client(script in scripts(seeds().0, seeds().1, 40)) {
        prop_assert_eq!(check(Client::new(), &script), Ok(()));
    }

    #[test]
    fn the_naive_parser_takes_garbage(bytes in garbage()) {
        if let Some(request) = Request::parse(&bytes) {
            prop_assert!(request.options.iter().all(|(code, _)| (1..255).contains(code)));
        }
    }
}
