//! Requests that real clients sent, and what the server answers to them, field by field.

mod server_support;

use core::net::Ipv4Addr;

use bootproto_dhcp::HardwareAddress;
use bootproto_dhcp::server::{Binding, ClientKey, Event, Ignored, Server, Service};
use server_support::*;

fn booting() -> Server<Vec<Binding>> {
    let config = config()
        .with_boot_file(None, b"pxelinux.0")
        .with_boot_file(Some(7), b"grubx64.efi")
        .with_http_file(Some(16), b"http://10.77.0.1:8080/grub.efi");
    server(config, 16)
}

#[test]
fn an_ipxe_rom_is_offered_its_file_and_told_not_to_wait_for_a_proxy() {
    // The one address that the REQUEST of the capture asks for, of the same server.
    let address = Ipv4Addr::new(10, 77, 0, 107);
    let config = config().with_pool(address, address, MASK).with_boot_file(None, b"pxelinux.0");
    let mut server = server(config, 16);
    let (event, offer) = tell(&mut server, at(1), path(67, NOBODY, 68), &vector("ipxe-rom-discover"));
    let offer = offer.unwrap();
    assert_eq!(offer.message.yiaddr(), address);
    assert!(matches!(event, Event::Offered { address: offered, .. } if offered == address));
    assert_eq!(event.to_string(), format!("offered {address} to 52:54:00:12:34:56"));
    assert_eq!(offer.kind(), Some(2));
    assert_eq!(offer.message.xid(), 0x213b_721c);
    assert_eq!(offer.message.chaddr(), [0x52, 0x54, 0, 0x12, 0x34, 0x56]);
    assert_eq!(offer.message.siaddr(), SERVER);
    assert_eq!(offer.message.ciaddr(), NOBODY);
    assert_eq!(offer.file(), "pxelinux.0");
    // It takes an answer at its new address: no broadcast flag.
    assert_eq!(offer.to(), v4(address, 68));
    assert_eq!(offer.path.local, v4(SERVER, 67));
    assert_eq!(offer.option(54).unwrap(), SERVER.octets());
    assert_eq!(offer.option(51).unwrap(), 3600_u32.to_be_bytes());
    assert_eq!(offer.option(58).unwrap(), 1800_u32.to_be_bytes());
    assert_eq!(offer.option(59).unwrap(), 3150_u32.to_be_bytes());
    assert_eq!(offer.option(1).unwrap(), MASK.octets());
    assert_eq!(offer.option(3).unwrap(), [10, 77, 0, 254]);
    assert_eq!(offer.option(28), None, "it did not list 28");
    assert_eq!(offer.option(60).unwrap(), b"PXEClient");
    assert_eq!(offer.option(61).unwrap(), [1, 0x52, 0x54, 0, 0x12, 0x34, 0x56]);
    assert_eq!(offer.option(66).unwrap(), b"10.77.0.1");
    assert_eq!(offer.option(67).unwrap(), b"pxelinux.0");
    assert_eq!(offer.option(97).unwrap()[..5], [0, 0x44, 0x33, 0x22, 0x11]);
    assert_eq!(offer.pxe(6).unwrap(), [8], "the boot file is in this very answer");

    let (event, ack) = tell(&mut server, at(4), path(67, NOBODY, 68), &vector("ipxe-rom-request"));
    let ack = ack.unwrap();
    assert!(matches!(event, Event::Acknowledged { .. }), "{event}");
    assert_eq!(ack.kind(), Some(5));
    assert_eq!(ack.message.yiaddr(), address);
    assert_eq!(ack.option(43), offer.option(43));
    assert_eq!(ack.option(67), offer.option(67));
}

#[test]
fn an_ipxe_rom_gets_what_it_remembers() {
    let host = Binding::host(
        HardwareAddress::ethernet([0x52, 0x54, 0, 0x12, 0x34, 0x56]),
        Ipv4Addr::new(10, 77, 0, 107),
    );
    let mut table = vec![Binding::FREE; 4];
    table[3] = host;
    let config = config().with_boot_file(None, b"pxelinux.0");
    let mut server = Server::new(config, table).unwrap();
    for (seconds, name, kind) in
        [(1, "ipxe-rom-discover", 2), (2, "ipxe-rom-second-discover", 2), (4, "ipxe-rom-request", 5)]
    {
        let (_, reply) = tell(&mut server, at(seconds), path(67, NOBODY, 68), &vector(name));
        let reply = reply.unwrap();
        assert_eq!(reply.kind(), Some(kind), "{name}");
        assert_eq!(reply.message.yiaddr(), Ipv4Addr::new(10, 77, 0, 107), "{name}");
        assert_eq!(reply.file(), "pxelinux.0");
    }
    assert!(server.bindings()[3].is_leased(at(5)));
    assert!(!server.bindings()[3].is_leased(at(4 + 3600)));
}

#[test]
fn ovmf_gets_a_plain_answer_by_broadcast() {
    let mut server = booting();
    let (_, offer) = tell(&mut server, at(1), path(67, NOBODY, 68), &vector("ovmf-discover"));
    let offer = offer.unwrap();
    assert_eq!(offer.to(), v4(Ipv4Addr::BROADCAST, 68), "it set the flag");
    assert_eq!(offer.file(), "grubx64.efi");
    assert_eq!(offer.option(67).unwrap(), b"grubx64.efi");
    // An answer that says PXEClient would send EDK2 to port 4011.
    assert_eq!(offer.option(60), None);
    assert_eq!(offer.option(43), None);
    assert_eq!(offer.option(61), None, "it sent none");
    // EDK2 writes a NUL behind option 67, so nothing may follow it.
    assert!(offer.bytes.windows(12).any(|window| window == b"grubx64.efi\xff"));
}

#[test]
fn ovmf_claims_any_size_and_gets_no_more_than_a_frame() {
    let filler = [0x5a; 250];
    let config = config().with_option(bootproto_dhcp::wire::OptionCode(224), &filler);
    let mut server = server(config, 4);
    let mut request = vector("ovmf-discover");
    let at_57 = request.windows(3).position(|w| w == [57, 2, 5]).unwrap();
    request[at_57 + 2] = 255;
    let (_, offer) = tell(&mut server, at(1), path(67, NOBODY, 68), &request);
    assert!(offer.unwrap().bytes.len() <= 1472);
}

#[test]
fn ovmf_http_gets_a_url() {
    let mut server = booting();
    let (_, offer) = tell(&mut server, at(1), path(67, NOBODY, 68), &vector("ovmf-http-discover"));
    let offer = offer.unwrap();
    assert_eq!(offer.option(60).unwrap(), b"HTTPClient");
    assert_eq!(offer.option(67).unwrap(), b"http://10.77.0.1:8080/grub.efi");
    assert_eq!(offer.option(43), None);
}

#[test]
fn u_boot_gets_a_short_answer() {
    let mut server = booting();
    let (_, offer) = tell(&mut server, at(1), path(67, NOBODY, 68), &vector("u-boot-discover"));
    let offer = offer.unwrap();
    assert_eq!(offer.file(), "pxelinux.0");
    assert_eq!(offer.option(60), None);
    assert!(offer.bytes.len() <= 548);
    assert_eq!(offer.option(67), None, "it did not list 67");
}

#[test]
fn udhcpc_goes_through_its_whole_life() {
    let mut server = booting();
    let broadcast = path(67, NOBODY, 68);
    let (_, offer) = tell(&mut server, at(1), broadcast, &vector("udhcpc-discover"));
    let offered = offer.unwrap();
    assert_eq!(offered.option(60), None);
    // It asks for 10.77.0.50, which is not ours to give.
    let (event, nak) = tell(&mut server, at(2), broadcast, &vector("udhcpc-request-selecting"));
    assert!(matches!(event, Event::Refused { .. }), "{event}");
    let nak = nak.unwrap();
    assert_eq!(nak.kind(), Some(6));
    assert_eq!(nak.message.yiaddr(), NOBODY);
    assert_eq!(nak.to(), v4(Ipv4Addr::BROADCAST, 68));
    assert!(nak.option(51).is_none() && nak.option(1).is_none());
    assert!(nak.option(56).is_some());
}

#[test]
fn udhcpc_renews_and_releases_the_address_of_its_host_entry() {
    let renew = vector("udhcpc-request-renewing");
    let mut table = vec![Binding::FREE; 2];
    let id_at = renew.windows(2).position(|w| w == [61, 7]).unwrap();
    let id = renew[id_at + 2..id_at + 9].to_vec();
    table[0] = Binding::host_by_id(&id, Ipv4Addr::new(10, 77, 0, 50));
    let mut server = Server::new(config(), table).unwrap();
    let from = path(67, Ipv4Addr::new(10, 77, 0, 50), 68);
    let (event, ack) = tell(&mut server, at(10), from, &renew);
    assert!(matches!(event, Event::Acknowledged { .. }), "{event}");
    let ack = ack.unwrap();
    assert_eq!(ack.to(), v4(Ipv4Addr::new(10, 77, 0, 50), 68));
    assert_eq!(ack.message.ciaddr(), Ipv4Addr::new(10, 77, 0, 50));
    assert_eq!(ack.message.yiaddr(), Ipv4Addr::new(10, 77, 0, 50));
    assert!(server.bindings()[0].is_leased(at(11)));
    let (event, none) = tell(&mut server, at(12), from, &vector("udhcpc-release"));
    assert!(matches!(event, Event::Released { .. }), "{event}");
    assert!(none.is_none());
    assert!(!server.bindings()[0].is_leased(at(13)));
}

#[test]
fn answers_of_other_servers_are_passed_over() {
    let mut server = booting();
    for name in ["dnsmasq-offer-to-ipxe-rom", "dnsmasq-nak", "slirp-ack", "dnsmasq-proxy-offer-menu"] {
        let before = server.clone();
        let (event, none) = tell(&mut server, at(1), path(67, SERVER, 67), &vector(name));
        assert_eq!(event, Event::Ignored(Ignored::NotARequest), "{name}");
        assert!(none.is_none());
        assert_eq!(server, before);
    }
}

#[test]
fn ovmf_asks_port_4011_from_port_4011_and_is_answered_there() {
    let config = bootproto_dhcp::server::Config::proxy(Ipv4Addr::new(10, 77, 0, 2))
        .with_boot_file(Some(7), b"grubx64.efi");
    let mut server = Server::new(config, Vec::new()).unwrap();
    let (event, offer) = tell(&mut server, at(1), path(67, NOBODY, 68), &vector("ovmf-discover"));
    assert!(matches!(event, Event::ProxyOffered { .. }));
    let offer = offer.unwrap();
    // As dnsmasq does: nothing but who we are, so that EDK2 comes to port 4011.
    let theirs = vector("dnsmasq-proxy-offer-to-ovmf");
    assert_eq!(offer.message.yiaddr(), NOBODY);
    assert_eq!(offer.message.siaddr().octets(), theirs[20..24]);
    assert_eq!(offer.option(60).unwrap(), b"PXEClient");
    assert_eq!(offer.option(43), None);
    assert_eq!(offer.option(51), None);
    assert_eq!(offer.file(), "");
    assert_eq!(offer.to(), v4(Ipv4Addr::BROADCAST, 68));

    let from = path(4011, Ipv4Addr::new(10, 77, 0, 107), 4011);
    let (event, ack) = tell(&mut server, at(3), from, &vector("ovmf-4011-request"));
    assert!(matches!(event, Event::BootServed { item: None, .. }));
    let ack = ack.unwrap();
    assert_eq!(ack.kind(), Some(5));
    assert_eq!(ack.message.xid(), 0xf93b_b7c5);
    assert_eq!(ack.to(), v4(Ipv4Addr::new(10, 77, 0, 107), 4011));
    assert_eq!(ack.path.local, v4(Ipv4Addr::new(10, 77, 0, 2), 4011));
    assert_eq!(ack.message.ciaddr(), Ipv4Addr::new(10, 77, 0, 107));
    assert_eq!(ack.message.siaddr(), Ipv4Addr::new(10, 77, 0, 2));
    assert_eq!(ack.file(), "grubx64.efi");
    assert_eq!(ack.option(60).unwrap(), b"PXEClient");
    assert!(ack.option(97).is_some());
}

#[test]
fn an_ipxe_rom_chooses_from_a_menu_with_xid_0() {
    let config = bootproto_dhcp::server::Config::proxy(Ipv4Addr::new(10, 77, 0, 2))
        .with_service(Service::new(0x8000, b"Boot pxelinux", b"pxelinux.0"))
        .with_service(Service::new(0x8001, b"Boot grub", b"grub.0"))
        .with_service(Service::new(0, b"Boot from local disk", b""))
        .with_prompt(3, b"Press F8 for boot menu");
    let mut server = Server::new(config, Vec::new()).unwrap();
    let (_, offer) = tell(&mut server, at(1), path(67, NOBODY, 68), &vector("ipxe-rom-discover"));
    let offer = offer.unwrap();
    // dnsmasq was given the same menu.
    let theirs = vector("dnsmasq-proxy-offer-menu");
    let begin = theirs.windows(2).position(|w| w == [43, 0x62]).unwrap() + 2;
    assert_eq!(offer.option(43).unwrap(), theirs[begin..begin + 0x62], "byte for byte as dnsmasq's");
    assert_eq!(offer.to(), v4(Ipv4Addr::BROADCAST, 68));

    let from = path(4011, Ipv4Addr::new(10, 77, 0, 107), 68);
    let (event, ack) = tell(&mut server, at(3), from, &vector("ipxe-rom-4011-request"));
    assert!(matches!(event, Event::BootServed { item: Some(0x8000), .. }));
    let ack = ack.unwrap();
    assert_eq!(ack.message.xid(), 0);
    assert_eq!(ack.to(), v4(Ipv4Addr::new(10, 77, 0, 107), 68));
    assert_eq!(ack.file(), "pxelinux.0");
    assert_eq!(ack.pxe(71).unwrap(), [0x80, 0, 0, 0]);
    assert_eq!(ack.message.siaddr(), Ipv4Addr::new(10, 77, 0, 2));
}

#[test]
fn a_real_relay_agent_gets_its_option_back_and_an_address_of_its_network() {
    let net = |last| Ipv4Addr::new(10, 78, 0, last);
    let (relay, agent) = (net(1), Ipv4Addr::new(10, 77, 0, 2));
    let mut server = server(config().with_pool(net(100), net(109), MASK), 4);
    let discover = vector("dhcrelay-discover");
    let (event, offer) = tell(&mut server, at(1), path(67, agent, 67), &discover);
    let offer = offer.unwrap();
    assert!(matches!(event, Event::Offered { address, .. } if address == net(100)), "{event}");
    // To the agent's address in the client's network, not to where the datagram came from.
    assert_eq!(offer.to(), v4(relay, 67));
    assert_eq!(offer.message.giaddr(), relay);
    let theirs = discover.windows(2).position(|head| head == [82, 5]).unwrap();
    assert_eq!(offer.option(82).unwrap(), discover[theirs + 2..theirs + 7]);
    let (event, ack) = tell(&mut server, at(2), path(67, agent, 67), &vector("dhcrelay-request"));
    assert!(matches!(event, Event::Acknowledged { address, .. } if address == net(100)), "{event}");
    assert_eq!(ack.unwrap().kind(), Some(5));
}

#[test]
fn udhcpc_declines_an_address_that_answers_to_arp() {
    let decline = vector("udhcpc-decline");
    let id_at = decline.windows(2).position(|head| head == [61, 7]).unwrap();
    let key = ClientKey::identifier(&decline[id_at + 2..id_at + 9]);
    let address = Ipv4Addr::new(10, 77, 0, 102);
    let hardware = HardwareAddress::ethernet(decline[28..34].try_into().unwrap());
    let table = vec![Binding::leased(key, hardware, address, Some(at(100)))];
    let mut server = Server::new(config(), table).unwrap();
    let (event, none) = tell(&mut server, at(1), path(67, NOBODY, 68), &decline);
    assert_eq!(event, Event::Declined { hardware, address });
    assert!(none.is_none());
    // The row stays taken for ten minutes.
    let other = Ask::new(DISCOVER, mac(1));
    assert_eq!(ask(&mut server, 600, &other).0, Event::Ignored(Ignored::PoolExhausted));
    assert!(matches!(ask(&mut server, 601, &other).0, Event::Offered { .. }));
}
