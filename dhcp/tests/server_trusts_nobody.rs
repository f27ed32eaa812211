//! Requests that lie about where they come from, clients that move, and tables that contradict the configuration.

mod server_support;

use core::net::Ipv4Addr;

use bootproto_dhcp::server::{Binding, ClientKey, Config, ConfigError, Event, Ignored, Refusal, Server};
use bootproto_dhcp::{ClientId, HardwareAddress, MAX_CLIENT_ID};
use server_support::*;

const FAR: Ipv4Addr = Ipv4Addr::new(172, 16, 0, 7);
/// A relay agent of a network that this server knows nothing of.
const FAR_RELAY: Ipv4Addr = Ipv4Addr::new(172, 16, 0, 1);
const NET_BROADCAST: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 255);

fn leased(client: u8, address: Ipv4Addr) -> Binding {
    let hardware = HardwareAddress::ethernet(mac(client));
    Binding::leased(ClientKey::hardware(hardware), hardware, address, Some(at(3_600)))
}

#[test]
fn a_relay_agent_that_cannot_be_one_is_answered_nothing() {
    for relay in [Ipv4Addr::BROADCAST, Ipv4Addr::new(224, 0, 0, 1)] {
        let mut server = server(config().with_boot_file(None, b"x"), 4);
        for ask in [
            Ask::new(DISCOVER, mac(1)),
            Ask::new(REQUEST, mac(1)).asking(FIRST).of_server(SERVER),
            Ask::new(INFORM, mac(1)).using(FIRST),
            Ask::new(REQUEST, mac(1)).pxe(0).with(43, b"\x47\x04\0\0\0\0\xff"),
        ] {
            let before = server.clone();
            let (event, none) = server_support::ask(&mut server, 1, &ask.through(relay));
            assert_eq!(event, Event::Ignored(Ignored::BadRelay { address: relay }));
            assert!(none.is_none());
            assert_eq!(server, before);
        }
    }
}

#[test]
fn nobody_can_have_our_answers_sent_to_a_stranger() {
    let mut server = server(config(), 4);
    // An offer goes to `ciaddr` if that is of this network, to the address offered or to all otherwise.
    for (claimed, to) in [(FAR, None), (Ipv4Addr::BROADCAST, None), (NET_BROADCAST, None), (LAST, Some(LAST))]
    {
        let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).using(claimed));
        let offer = offer.unwrap();
        assert_eq!(offer.to(), v4(to.unwrap_or_else(|| offer.message.yiaddr()), 68), "{claimed}");
    }
    for claimed in [FAR, NET_BROADCAST, SERVER, Ipv4Addr::new(10, 77, 0, 0)] {
        let (event, none) = ask(&mut server, 1, &Ask::new(INFORM, mac(1)).using(claimed));
        assert_eq!(event, Event::Ignored(Ignored::OtherNetwork { address: claimed }));
        assert!(none.is_none());
    }
    // Our netmask and routers are of no use behind another network's relay agent.
    let (event, _) = ask(&mut server, 1, &Ask::new(INFORM, mac(1)).using(LAST).through(FAR_RELAY));
    assert_eq!(event, Event::Ignored(Ignored::OtherNetwork { address: LAST }));
}

#[test]
fn a_client_that_moved_behind_another_relay_agent_is_told_that_its_address_is_wrong_there() {
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.2
    //= type=test
    //# Server SHOULD send a DHCPNAK message to the client if the 'requested
    //# IP address' is incorrect, or is on the wrong network.
    let mut server = server(config(), 4);
    let address = lease(&mut server, 1, mac(1)).unwrap();
    for ask in [Ask::new(REQUEST, mac(1)).asking(address), Ask::new(REQUEST, mac(1)).using(address)] {
        let (event, nak) = server_support::ask(&mut server, 2, &ask.through(FAR_RELAY));
        assert!(matches!(event, Event::Refused { reason: Refusal::WrongNetwork, .. }), "{event}");
        //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.2
        //= type=test
        //# If 'giaddr' is set in the DHCPREQUEST message, the client is on a
        //# different subnet.  The server MUST set the broadcast bit in the
        //# DHCPNAK
        let nak = nak.unwrap();
        assert_eq!((nak.to(), nak.message.flags().broadcast()), (v4(FAR_RELAY, 67), true));
    }
}

#[test]
fn a_client_that_got_an_address_elsewhere_is_left_to_the_server_there() {
    let mut server = server(config(), 4);
    lease(&mut server, 1, mac(1)).unwrap();
    // It has a lease with us still, and one behind that relay agent from the server there.
    for ask in [Ask::new(REQUEST, mac(1)).asking(FAR), Ask::new(REQUEST, mac(1)).using(FAR)] {
        let (event, none) = server_support::ask(&mut server, 2, &ask.through(FAR_RELAY));
        assert_eq!(event, Event::Ignored(Ignored::NoRecord { address: FAR }));
        assert!(none.is_none());
    }
}

#[test]
fn a_record_that_ran_out_refuses_nobody_who_has_an_address_from_another_server() {
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.2
    //= type=test
    //# If the DHCP server has no record of this client, then it MUST
    //# remain silent, and MAY output a warning to the network
    //# administrator.  This behavior is necessary for peaceful
    //# coexistence of non-communicating DHCP servers on the same wire.
    let mut server = server(config().with_lease(100, 100), 4);
    let own = lease(&mut server, 1, mac(1)).unwrap();
    let theirs = Ipv4Addr::new(10, 77, 0, 40);
    for (seconds, refused) in [(50, true), (500, false)] {
        for ask in [Ask::new(REQUEST, mac(1)).asking(theirs), Ask::new(REQUEST, mac(1)).using(theirs)] {
            let (event, _) = server_support::ask(&mut server, seconds, &ask);
            assert_eq!(
                matches!(event, Event::Refused { reason: Refusal::OtherAddress, .. }),
                refused,
                "{event}"
            );
        }
    }
    // What is ours is still confirmed.
    let (event, _) = ask(&mut server, 500, &Ask::new(REQUEST, mac(1)).asking(own));
    assert!(matches!(event, Event::Acknowledged { .. }));
}

#[test]
fn a_lease_of_a_pool_that_is_no_more_moves_into_the_new_one() {
    let old = Ipv4Addr::new(10, 77, 0, 20);
    let table = vec![leased(1, old), Binding::FREE, Binding::FREE];
    let mut server = Server::new(config(), table).unwrap();
    let (event, _) = ask(&mut server, 1, &Ask::new(REQUEST, mac(1)).using(old));
    assert!(matches!(event, Event::Refused { reason: Refusal::OtherAddress, .. }), "{event}");
    let given = lease(&mut server, 2, mac(1)).expect("what was offered is given");
    assert!((FIRST..=LAST).contains(&given));
    let (event, _) = ask(&mut server, 3, &Ask::new(REQUEST, mac(1)).using(given));
    assert!(matches!(event, Event::Acknowledged { .. }), "{event}");
}

#[test]
fn a_table_from_an_earlier_run_gives_no_address_twice() {
    let mut table = vec![leased(2, FIRST), leased(3, LAST), leased(4, LAST), Binding::FREE];
    table.push(Binding::host(HardwareAddress::ethernet(mac(1)), FIRST));
    let mut server = Server::new(config(), table).unwrap();
    assert_eq!(lease(&mut server, 1, mac(1)), Some(FIRST), "the host entry counts");
    let (event, _) = ask(&mut server, 1, &Ask::new(REQUEST, mac(2)).using(FIRST));
    assert_eq!(event, Event::Ignored(Ignored::NoRecord { address: FIRST }));
    assert!(lease(&mut server, 1, mac(2)).is_some_and(|other| other != FIRST && other != LAST));
    assert_eq!(lease(&mut server, 1, mac(3)), Some(LAST));
    assert_ne!(lease(&mut server, 1, mac(4)), Some(LAST));
}

#[test]
fn a_short_lease_has_t1_before_t2_before_its_end_or_neither() {
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.4.5
    //= type=test
    //# T1 MUST be
    //# earlier than T2, which, in turn, MUST be earlier than the time at
    //# which the client's lease will expire.
    for seconds in 1..100_u32 {
        let mut server = server(config().with_lease(seconds, seconds), 1);
        let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)));
        let offer = offer.unwrap();
        let time = |code| offer.option(code).map(|bytes| u32::from_be_bytes(bytes.try_into().unwrap()));
        match (time(58), time(59)) {
            (Some(t1), Some(t2)) => assert!(0 < t1 && t1 < t2 && t2 < seconds, "{seconds}: {t1} {t2}"),
            neither => assert!(neither == (None, None) && seconds < 3, "{seconds}: {neither:?}"),
        }
    }
}

#[test]
fn a_lease_does_not_become_endless_by_a_bootp_request() {
    let mut server = server(config().with_lease(100, 100), 4);
    let address = lease(&mut server, 1, mac(1)).unwrap();
    let (event, _) = ask(&mut server, 2, &Ask::bootp(mac(1)));
    assert_eq!(event, Event::Ignored(Ignored::BootpNotServed));
    assert!(!server.bindings().iter().any(|row| row.address() == address && row.is_leased(at(101))));
}

#[test]
fn addresses_that_are_no_hosts_are_neither_given_nor_confirmed() {
    let config = config().with_pool(Ipv4Addr::new(10, 77, 0, 0), NET_BROADCAST, MASK);
    let mut server = server(config.with_authoritative(true), 300);
    for wish in [Ipv4Addr::new(10, 77, 0, 0), NET_BROADCAST, SERVER, Ipv4Addr::BROADCAST, NOBODY] {
        let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).asking(wish));
        assert_ne!(offer.unwrap().message.yiaddr(), wish);
        let mut fresh = server.clone();
        for ask in
            [Ask::new(REQUEST, mac(9)).asking(wish), Ask::new(REQUEST, mac(9)).asking(wish).of_server(SERVER)]
        {
            let (event, nak) = server_support::ask(&mut fresh, 1, &ask);
            assert!(matches!(event, Event::Refused { .. }), "{wish}: {event}");
            assert_eq!(nak.unwrap().message.yiaddr(), NOBODY);
        }
    }
}

#[test]
fn a_network_without_a_broadcast_address_is_told_none() {
    let point = Ipv4Addr::new(10, 77, 0, 3);
    for (mask, broadcast) in
        [(Ipv4Addr::new(255, 255, 255, 254), false), (Ipv4Addr::BROADCAST, false), (MASK, true)]
    {
        let mut server = server(Config::new(Ipv4Addr::new(10, 77, 0, 2)).with_pool(point, point, mask), 1);
        let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)));
        let offer = offer.unwrap();
        assert_eq!((offer.message.yiaddr(), offer.option(28).is_some()), (point, broadcast));
    }
}

#[test]
fn one_identifier_is_one_client_whatever_its_hardware_address() {
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.2
    //= type=test
    //# If the client does not provide a 'client identifier' option,
    //# the server MUST use the contents of the 'chaddr' field to identify
    //# the client.
    let mut server = server(config(), 4);
    let (_, first) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).with(61, b"\0one"));
    let (_, second) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(2)).with(61, b"\0one"));
    assert_eq!(first.unwrap().message.yiaddr(), second.unwrap().message.yiaddr());
    let (_, other) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).with(61, b"\0two"));
    let (_, plain) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)));
    let given = [other.unwrap().message.yiaddr(), plain.unwrap().message.yiaddr()];
    assert_ne!(given[0], given[1]);
    // Without any identity there is no client, in BOOTP either.
    let nobody = Ask { hardware: Vec::new(), ..Ask::bootp(mac(0)) };
    assert_eq!(ask(&mut server, 1, &nobody).0, Event::Ignored(Ignored::NoIdentity));
}

#[test]
fn what_cannot_be_returned_whole_is_not_answered() {
    let mut server = server(config(), 4);
    // RFC 3396: the pieces of one option are one value.
    let with = |code, pieces: usize| {
        (0..pieces).fold(Ask::new(DISCOVER, mac(1)), |ask, _| ask.with(code, &[7; 200]))
    };
    for (code, pieces) in [(61, 2), (82, 3)] {
        let before = server.clone();
        let (event, none) = ask(&mut server, 1, &with(code, pieces));
        assert_eq!(event, Event::Ignored(Ignored::TooLongToReturn { option: code }));
        assert!(none.is_none());
        assert_eq!(server, before);
    }
    assert!(ClientId::raw(&[7; MAX_CLIENT_ID]).is_some(), "ours are short enough");
}

#[test]
fn a_message_of_two_types_is_of_none() {
    let mut server = server(config().with_dynamic_bootp(true), 4);
    let (event, none) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).with(53, &[DISCOVER]));
    assert!(matches!(event, Event::Ignored(Ignored::Malformed { .. })), "{event}");
    assert!(none.is_none());
}

#[test]
fn a_pool_of_addresses_that_no_host_can_have_is_refused() {
    for (first, last) in [([224, 0, 0, 1], [224, 0, 0, 9]), ([255, 255, 255, 1], [255, 255, 255, 255])] {
        let (first, last) = (first.into(), last.into());
        let wrong = Server::new(Config::new(SERVER).with_pool(first, last, MASK), vec![Binding::FREE]);
        assert_eq!(wrong.unwrap_err(), ConfigError::BadPool { first, last });
    }
}
