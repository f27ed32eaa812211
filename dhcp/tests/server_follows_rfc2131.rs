//! Who gets which address, who gets a NAK, and who gets silence: RFC 2131 section 4.3.

mod server_support;

use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto_dhcp::HardwareAddress;
use bootproto_dhcp::server::{Binding, Event, Ignored, Refusal, Server};
use server_support::*;

const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 5);

#[test]
fn a_client_gets_the_address_that_it_asks_for_if_it_is_free() {
    let mut server = server(config(), 4);
    let wish = Ipv4Addr::new(10, 77, 0, 105);
    let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).asking(wish));
    assert_eq!(offer.unwrap().message.yiaddr(), wish);
    // It is kept for the first: the second gets another one.
    let (_, offer) = ask(&mut server, 2, &Ask::new(DISCOVER, mac(2)).asking(wish));
    assert_ne!(offer.unwrap().message.yiaddr(), wish);
    let (_, offer) = ask(&mut server, 2, &Ask::new(DISCOVER, mac(3)).asking(ELSEWHERE));
    assert!((FIRST..=LAST).contains(&offer.unwrap().message.yiaddr()));
}

#[test]
fn a_client_that_restarts_is_offered_its_lease_and_keeps_it_meanwhile() {
    let mut server = server(config().with_lease(100, 100), 4);
    let address = lease(&mut server, 1, mac(1)).unwrap();
    let (_, offer) = ask(&mut server, 50, &Ask::new(DISCOVER, mac(1)));
    assert_eq!(offer.unwrap().message.yiaddr(), address);
    // The offer has run out after 30 s, the lease has not.
    let row = server.bindings().iter().find(|row| row.address() == address).unwrap();
    assert!(row.is_leased(at(90)));
    // And long after its end it is still this client's, as nobody else needed it.
    let (_, offer) = ask(&mut server, 5000, &Ask::new(DISCOVER, mac(1)));
    assert_eq!(offer.unwrap().message.yiaddr(), address);
}

#[test]
fn the_lease_time_is_the_clients_within_limits() {
    let mut server = server(config().with_lease(100, 1000), 4);
    for (asked, given) in [(50_u32, 50_u32), (0, 1), (1000, 1000), (u32::MAX, 1000)] {
        let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).with(51, &asked.to_be_bytes()));
        assert_eq!(offer.unwrap().option(51).unwrap(), given.to_be_bytes());
    }
    let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)));
    assert_eq!(offer.unwrap().option(51).unwrap(), 100_u32.to_be_bytes());
}

#[test]
fn an_infinite_lease_never_ends_and_has_no_t1() {
    let mut server = server(config().with_lease(u32::MAX, u32::MAX), 4);
    let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)));
    let offer = offer.unwrap();
    assert_eq!(offer.option(51).unwrap(), [255; 4]);
    assert_eq!((offer.option(58), offer.option(59)), (None, None));
    let address = lease(&mut server, 1, mac(1)).unwrap();
    let row = server.bindings().iter().find(|row| row.address() == address).unwrap();
    assert!(row.is_leased(at(10_000_000)));
    assert_eq!(row.expires(), None);
}

#[test]
fn an_offer_that_the_client_declines_in_favour_of_another_server_is_free_again() {
    let mut server = server(config(), 1);
    let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)));
    let address = offer.unwrap().message.yiaddr();
    let other = Ask::new(REQUEST, mac(1)).asking(ELSEWHERE).of_server(ELSEWHERE);
    let (event, none) = ask(&mut server, 1, &other);
    assert!(matches!(event, Event::Withdrawn { address: freed, .. } if freed == address));
    assert!(none.is_none());
    // The only row of the table is there for the next client, at once.
    let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(2)));
    assert_eq!(offer.unwrap().message.yiaddr(), address);
    // Once more it means nothing.
    let (event, _) = ask(&mut server, 1, &other);
    assert_eq!(event, Event::Ignored(Ignored::OtherServer { server: ELSEWHERE }));
}

#[test]
fn a_client_that_takes_what_it_was_not_offered_gets_a_nak() {
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.1
    //= type=test
    //# In all cases, when 'giaddr' is zero, the server broadcasts any DHCPNAK
    //# messages to 0xffffffff.
    let mut server = server(config(), 4);
    ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)));
    let (event, nak) = ask(&mut server, 1, &Ask::new(REQUEST, mac(1)).asking(ELSEWHERE).of_server(SERVER));
    assert!(matches!(event, Event::Refused { reason: Refusal::OtherAddress, .. }));
    let nak = nak.unwrap();
    assert_eq!((nak.kind(), nak.to()), (Some(6), v4(Ipv4Addr::BROADCAST, 68)));
    let (event, _) = ask(&mut server, 1, &Ask::new(REQUEST, mac(2)).asking(FIRST).of_server(SERVER));
    assert!(matches!(event, Event::Refused { reason: Refusal::NotAvailable, address: FIRST, .. }));
}

#[test]
fn a_rebooting_client_is_confirmed_refused_or_passed_over() {
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.2
    //= type=test
    //# If the DHCP server has no record of this client, then it MUST
    //# remain silent, and MAY output a warning to the network
    //# administrator.
    let mut server = server(config(), 4);
    let address = lease(&mut server, 1, mac(1)).unwrap();
    let (event, ack) = ask(&mut server, 2, &Ask::new(REQUEST, mac(1)).asking(address));
    assert!(matches!(event, Event::Acknowledged { .. }));
    assert_eq!(ack.unwrap().message.yiaddr(), address);
    let other = if address == LAST { FIRST } else { LAST };
    let (event, _) = ask(&mut server, 3, &Ask::new(REQUEST, mac(1)).asking(other));
    assert!(matches!(event, Event::Refused { reason: Refusal::OtherAddress, .. }));
    let (event, nak) = ask(&mut server, 3, &Ask::new(REQUEST, mac(9)).asking(ELSEWHERE));
    assert!(matches!(event, Event::Refused { reason: Refusal::WrongNetwork, .. }));
    assert_eq!(nak.unwrap().to(), v4(Ipv4Addr::BROADCAST, 68));
    let before = server.clone();
    let (event, none) = ask(&mut server, 3, &Ask::new(REQUEST, mac(9)).asking(other));
    assert_eq!(event, Event::Ignored(Ignored::NoRecord { address: other }));
    assert!(none.is_none());
    assert_eq!(server, before);
}

#[test]
fn the_only_server_of_a_network_tells_strangers_to_start_over() {
    let mut server = server(config().with_authoritative(true), 4);
    let (event, nak) = ask(&mut server, 3, &Ask::new(REQUEST, mac(9)).asking(FIRST));
    assert!(matches!(event, Event::Refused { reason: Refusal::NotAvailable, .. }));
    assert_eq!(nak.unwrap().kind(), Some(6));
}

#[test]
fn a_renewal_prolongs_the_lease() {
    let mut server = server(config().with_lease(100, 100), 4);
    let address = lease(&mut server, 1, mac(1)).unwrap();
    let renew = Ask::new(REQUEST, mac(1)).using(address);
    let (event, ack) = tell(&mut server, at(60), path(67, address, 68), &renew.bytes());
    assert!(matches!(event, Event::Acknowledged { .. }));
    let ack = ack.unwrap();
    assert_eq!(ack.to(), v4(address, 68));
    assert_eq!(ack.message.yiaddr(), address);
    let row = server.bindings().iter().find(|row| row.address() == address).unwrap();
    assert!(row.is_leased(at(159)));
    assert!(!row.is_leased(at(160)));
    // Too late, but nobody else took it.
    let (event, _) = tell(&mut server, at(500), path(67, address, 68), &renew.bytes());
    assert!(matches!(event, Event::Acknowledged { .. }));
}

#[test]
fn a_server_that_lost_its_table_learns_it_again_from_renewals() {
    let mut server = server(config(), 4);
    let address = Ipv4Addr::new(10, 77, 0, 103);
    let renew = Ask::new(REQUEST, mac(1)).using(address).bytes();
    let (event, _) = tell(&mut server, at(60), path(67, address, 68), &renew);
    assert!(matches!(event, Event::Acknowledged { .. }));
    // But not from somebody who claims another one's.
    let thief = Ask::new(REQUEST, mac(2)).using(address).bytes();
    let (event, none) = tell(&mut server, at(61), path(67, address, 68), &thief);
    assert_eq!(event, Event::Ignored(Ignored::NoRecord { address }));
    assert!(none.is_none());
}

#[test]
fn a_declined_address_is_not_given_out_for_a_while() {
    let mut server = server(config().with_quarantine(Duration::from_secs(60)), 20);
    let address = lease(&mut server, 1, mac(1)).unwrap();
    let decline = Ask::new(DECLINE, mac(1)).asking(address).of_server(SERVER);
    let (event, none) = ask(&mut server, 2, &decline);
    assert!(matches!(event, Event::Declined { address: found, .. } if found == address));
    assert!(none.is_none());
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.3
    //= type=test
    //# The server MUST mark the network address as not available
    for client in 1..=9 {
        assert_ne!(lease(&mut server, 3, mac(client)), Some(address));
    }
    // Nine of ten are given; the tenth client has to wait for the quarantine's end.
    let (event, _) = ask(&mut server, 4, &Ask::new(DISCOVER, mac(10)));
    assert_eq!(event, Event::Ignored(Ignored::PoolExhausted));
    assert_eq!(lease(&mut server, 62, mac(10)), Some(address));
    // Nobody may decline what is not his.
    let (event, _) = ask(&mut server, 63, &Ask::new(DECLINE, mac(11)).asking(address));
    assert_eq!(event, Event::Ignored(Ignored::NoRecord { address }));
}

#[test]
fn a_released_address_is_remembered_but_free() {
    let mut server = server(config(), 1);
    let address = lease(&mut server, 1, mac(1)).unwrap();
    let (event, _) = ask(&mut server, 2, &Ask::new(DISCOVER, mac(2)));
    assert_eq!(event, Event::Ignored(Ignored::PoolExhausted));
    let release = Ask::new(RELEASE, mac(1)).using(address).of_server(SERVER);
    let (event, none) = tell(&mut server, at(3), path(67, address, 68), &release.bytes());
    assert!(matches!(event, Event::Released { .. }));
    assert!(none.is_none());
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.4
    //= type=test
    //# Upon receipt of a DHCPRELEASE message, the server marks the
    //# network address as not allocated.
    assert_eq!(lease(&mut server, 4, mac(2)), Some(address));
    // A release by somebody else changes nothing.
    let theft = Ask::new(RELEASE, mac(1)).using(address).of_server(SERVER);
    let (event, _) = tell(&mut server, at(5), path(67, address, 68), &theft.bytes());
    assert_eq!(event, Event::Ignored(Ignored::NoRecord { address }));
}

#[test]
fn inform_gets_everything_but_an_address_and_a_time() {
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.5
    //= type=test
    //# The server MUST NOT send a lease
    //# expiration time to the client
    let mut server = server(config().with_dns(SERVER), 1);
    let own = Ipv4Addr::new(10, 77, 0, 5);
    let inform = Ask::new(INFORM, mac(1)).using(own);
    let (event, ack) = tell(&mut server, at(1), path(67, own, 68), &inform.bytes());
    assert!(matches!(event, Event::Informed { address, .. } if address == own));
    let ack = ack.unwrap();
    assert_eq!(ack.kind(), Some(5));
    assert_eq!(ack.message.yiaddr(), NOBODY);
    assert_eq!((ack.option(51), ack.option(58)), (None, None));
    assert_eq!(ack.option(6).unwrap(), SERVER.octets());
    assert_eq!(ack.to(), v4(own, 68));
    let inform = Ask::new(INFORM, mac(1)).using(ELSEWHERE);
    let (event, _) = tell(&mut server, at(1), path(67, ELSEWHERE, 68), &inform.bytes());
    assert_eq!(event, Event::Ignored(Ignored::OtherNetwork { address: ELSEWHERE }));
}

#[test]
fn bootp_clients_are_served_for_ever_if_they_are_known() {
    let known = HardwareAddress::ethernet(mac(1));
    let address = Ipv4Addr::new(10, 77, 0, 20);
    let table = vec![Binding::host(known, address), Binding::FREE];
    let mut server = Server::new(config().with_boot_file(None, b"kernel"), table).unwrap();
    let (event, reply) = ask(&mut server, 1, &Ask::bootp(mac(1)));
    assert!(matches!(event, Event::Bootp { address: given, .. } if given == address));
    let reply = reply.unwrap();
    assert_eq!(reply.kind(), None);
    assert_eq!(reply.message.yiaddr(), address);
    assert_eq!(reply.file(), "kernel");
    assert_eq!(reply.option(51), None);
    assert_eq!(reply.bytes.len(), 300);
    assert!(server.bindings()[0].is_leased(at(1_000_000_000)));
    let (event, _) = ask(&mut server, 1, &Ask::bootp(mac(2)));
    assert_eq!(event, Event::Ignored(Ignored::BootpNotServed));
    let mut server = server_support::server(config().with_dynamic_bootp(true), 1);
    let (event, _) = ask(&mut server, 1, &Ask::bootp(mac(2)));
    assert!(matches!(event, Event::Bootp { .. }));
}

#[test]
fn a_fixed_address_is_nobody_elses() {
    let fixed = FIRST;
    let mut table = vec![Binding::FREE; 20];
    table[7] = Binding::host(HardwareAddress::ethernet(mac(1)), fixed);
    table[8] = Binding::host_by_id(b"\0kitchen", LAST);
    let mut server = Server::new(config(), table).unwrap();
    let given: Vec<_> = (10..20).map(|client| lease(&mut server, 1, mac(client))).collect();
    assert_eq!(given.iter().flatten().count(), 8);
    assert!(!given.contains(&Some(fixed)) && !given.contains(&Some(LAST)));
    // With or without a client identifier of its own making.
    assert_eq!(lease(&mut server, 1, mac(1)), Some(fixed));
    let with_id = Ask::new(DISCOVER, mac(1)).with(61, b"\0whatever");
    assert_eq!(ask(&mut server, 2, &with_id).1.unwrap().message.yiaddr(), fixed);
    let kitchen = Ask::new(DISCOVER, mac(77)).with(61, b"\0kitchen");
    assert_eq!(ask(&mut server, 2, &kitchen).1.unwrap().message.yiaddr(), LAST);
}

#[test]
fn answers_go_where_the_client_can_hear_them() {
    let mut server = server(config(), 4);
    let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).broadcast());
    let offer = offer.unwrap();
    assert_eq!(offer.to(), v4(Ipv4Addr::BROADCAST, 68));
    assert!(offer.message.flags().broadcast());
    let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)));
    let offer = offer.unwrap();
    assert_eq!(offer.to(), v4(offer.message.yiaddr(), 68));
    let mut server = server_support::server(config().with_always_broadcast(true), 4);
    let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)));
    assert_eq!(offer.unwrap().to(), v4(Ipv4Addr::BROADCAST, 68));
}

#[test]
fn an_infiniband_client_is_known_by_its_identifier() {
    let id = [&[255, 0, 0, 0, 1, 0, 3, 0, 32][..], &[0xfe; 8]].concat();
    let other = [&[255, 0, 0, 0, 2, 0, 3, 0, 32][..], &[0xfe; 8]].concat();
    let ib = |kind, id: &[u8]| {
        let ask = Ask::new(kind, mac(0)).with(61, id).broadcast();
        Ask { htype: 32, hardware: Vec::new(), ..ask }
    };
    let mut server = server(config(), 4);
    let (_, offer) = ask(&mut server, 1, &ib(DISCOVER, &id));
    let offer = offer.unwrap();
    assert_eq!(offer.bytes[1..3], [32, 0]);
    assert_eq!(offer.message.chaddr(), [0_u8; 0]);
    assert_eq!(offer.option(61).unwrap(), id);
    assert_eq!(offer.to(), v4(Ipv4Addr::BROADCAST, 68));
    let (_, second) = ask(&mut server, 1, &ib(DISCOVER, &other));
    assert_ne!(second.unwrap().message.yiaddr(), offer.message.yiaddr());
    let nameless = Ask { options: vec![(53, vec![1])], ..ib(DISCOVER, &id) };
    assert_eq!(ask(&mut server, 1, &nameless).0, Event::Ignored(Ignored::NoIdentity));
    // Even if it forgets the broadcast flag, there is no hardware address to send to.
    let (_, offer) = ask(&mut server, 1, &Ask { flags: 0, ..ib(DISCOVER, &id) });
    assert_eq!(offer.unwrap().to(), v4(Ipv4Addr::BROADCAST, 68));
}

#[test]
fn a_clock_that_jumps_back_ends_no_lease_early_and_none_late() {
    let mut server = server(config().with_lease(100, 100), 1);
    let address = lease(&mut server, 1000, mac(1)).unwrap();
    assert_eq!(ask(&mut server, 10, &Ask::new(DISCOVER, mac(2))).0, Event::Ignored(Ignored::PoolExhausted));
    assert_eq!(lease(&mut server, 1101, mac(2)), Some(address));
}

#[test]
fn a_host_whose_fixed_address_is_in_use_gets_one_of_the_pool_meanwhile() {
    let fixed = Ipv4Addr::new(10, 77, 0, 20);
    let mut table = vec![Binding::FREE; 4];
    table[0] = Binding::host(HardwareAddress::ethernet(mac(1)), fixed);
    let mut server = Server::new(config().with_quarantine(Duration::from_secs(60)), table).unwrap();
    assert_eq!(lease(&mut server, 1, mac(1)), Some(fixed));
    let (event, _) = ask(&mut server, 2, &Ask::new(DECLINE, mac(1)).asking(fixed).of_server(SERVER));
    assert!(matches!(event, Event::Declined { .. }));
    let meanwhile = lease(&mut server, 3, mac(1)).unwrap();
    assert!((FIRST..=LAST).contains(&meanwhile));
    assert_eq!(lease(&mut server, 70, mac(1)), Some(fixed));
}

#[test]
fn an_offer_is_kept_for_its_time_and_then_free() {
    let mut server = server(config().with_offer_time(Duration::from_secs(5)), 1);
    let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)));
    let address = offer.unwrap().message.yiaddr();
    let (_, offer) = ask(&mut server, 7, &Ask::new(DISCOVER, mac(2)));
    assert_eq!(offer.unwrap().message.yiaddr(), address);
    // Too late: it is another client's now.
    let (event, _) = ask(&mut server, 7, &Ask::new(REQUEST, mac(1)).asking(address).of_server(SERVER));
    assert!(matches!(event, Event::Refused { reason: Refusal::NotAvailable, .. }));
}

#[test]
fn requests_that_make_no_sense_are_named() {
    let mut server = server(config(), 4);
    for (ask, ignored) in [
        (Ask::new(REQUEST, mac(1)), Ignored::MissingOption { option: 50 }),
        (Ask::new(DECLINE, mac(1)), Ignored::MissingOption { option: 50 }),
        (Ask::new(2, mac(1)), Ignored::WrongType { kind: 2 }),
        (Ask::new(99, mac(1)), Ignored::WrongType { kind: 99 }),
        (Ask::new(RELEASE, mac(1)).of_server(ELSEWHERE), Ignored::OtherServer { server: ELSEWHERE }),
        (Ask::new(RELEASE, mac(1)).using(FIRST), Ignored::NoRecord { address: FIRST }),
        (Ask::new(INFORM, mac(1)), Ignored::OtherNetwork { address: NOBODY }),
    ] {
        let before = server.clone();
        let (event, none) = server_support::ask(&mut server, 1, &ask);
        assert_eq!(event, Event::Ignored(ignored));
        assert!(none.is_none());
        assert_eq!(server, before);
    }
}
