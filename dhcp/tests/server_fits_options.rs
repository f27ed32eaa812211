//! Relay agents, long options, and clients with little room: RFC 3046, 3396, 2131 section 4.1 and 2132 section 9.3.

mod server_support;

use core::net::Ipv4Addr;

use bootproto_dhcp::server::{Event, Ignored, LeftOut, Refusal};
use bootproto_dhcp::wire::{OptionCode, Packet};
use server_support::*;

const RELAY: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 253);

#[test]
fn a_relay_agent_gets_the_answer_with_its_own_option() {
    let circuit = b"\x01\x04eth0\x02\x03\x01\x02\x03";
    let mut server = server(config(), 4);
    let discover = Ask::new(DISCOVER, mac(1)).through(RELAY).with(82, circuit);
    let (_, offer) = tell(&mut server, at(1), path(67, RELAY, 67), &discover.bytes());
    let offer = offer.unwrap();
    assert_eq!(offer.to(), v4(RELAY, 67));
    assert_eq!(offer.message.giaddr(), RELAY);
    assert_eq!(offer.option(82).unwrap(), circuit);
    // It is the last option, as RFC 3046 wants.
    let at_82 = offer.bytes.windows(circuit.len()).position(|window| window == circuit).unwrap();
    assert_eq!(offer.bytes[at_82 + circuit.len()], 255);
    let nak = Ask::new(REQUEST, mac(2)).through(RELAY).with(82, circuit).asking(Ipv4Addr::new(1, 2, 3, 4));
    let (event, nak) = tell(&mut server, at(1), path(67, RELAY, 67), &nak.bytes());
    assert!(matches!(event, Event::Refused { reason: Refusal::WrongNetwork, .. }));
    let nak = nak.unwrap();
    assert_eq!(nak.to(), v4(RELAY, 67));
    assert!(nak.message.flags().broadcast(), "the relay agent must broadcast it");
    assert_eq!(nak.option(82).unwrap(), circuit);
}

#[test]
fn a_relay_agent_of_another_network_gets_silence() {
    let mut server = server(config(), 4);
    let before = server.clone();
    let far = Ipv4Addr::new(172, 16, 0, 1);
    let (event, none) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).through(far));
    assert_eq!(event, Event::Ignored(Ignored::OtherNetwork { address: far }));
    assert!(none.is_none());
    assert_eq!(server, before);
}

#[test]
fn the_option_of_a_relay_agent_comes_back_in_pieces_if_it_came_in_pieces_and_takes_no_room_from_the_client() {
    //= https://www.rfc-editor.org/rfc/rfc3046#section-2.2
    //= type=test
    //# DHCP servers claiming to support the Relay Agent Information option
    //# SHALL echo the entire contents of the Relay Agent Information option
    //# in all replies.
    let circuit: Vec<u8> = (0..500_u16).map(|number| number.to_be_bytes()[1]).collect();
    let mut server = server(config().with_option(OptionCode(224), &[1; 200]), 4);
    let discover = Ask::new(DISCOVER, mac(1)).through(RELAY);
    let (_, plain) = tell(&mut server, at(1), path(67, RELAY, 67), &discover.bytes());
    let discover = discover.with(82, &circuit[..250]).with(82, &circuit[250..]);
    let (event, offer) = tell(&mut server, at(1), path(67, RELAY, 67), &discover.bytes());
    let offer = offer.unwrap();
    let echo = [&[82, 255], &circuit[..255], &[82, 245], &circuit[255..], &[255]].concat();
    assert!(offer.bytes.ends_with(&echo), "last, whole, in two pieces");
    assert_eq!(offer.bytes.len() - plain.unwrap().bytes.len(), 255 + 2 + 245 + 2);
    assert!(matches!(event, Event::Offered { left_out: LeftOut::NOTHING, .. }), "{event}");
    // A NAK too.
    let nak = Ask::new(REQUEST, mac(2)).through(RELAY).asking(Ipv4Addr::new(1, 2, 3, 4));
    let nak = nak.with(82, &circuit[..255]).with(82, &circuit[255..]);
    let (_, nak) = tell(&mut server, at(1), path(67, RELAY, 67), &nak.bytes());
    assert!(nak.unwrap().bytes.ends_with(&echo));
}

#[test]
fn a_long_option_is_split() {
    let long: Vec<u8> = (0..600_u16).map(|number| number.to_be_bytes()[1]).collect();
    let mut server = server(config().with_option(OptionCode(224), &long), 4);
    let wide = Ask::new(DISCOVER, mac(1)).with(57, &1500_u16.to_be_bytes());
    let (_, offer) = ask(&mut server, 1, &wide);
    let offer = offer.unwrap();
    assert_eq!(offer.option(224).unwrap(), long, "dhcproto joins what we split");
    let heads: Vec<_> = offer.bytes.windows(2).filter(|pair| pair == &[224, 255]).collect();
    assert_eq!(heads.len(), 2);
}

#[test]
fn a_small_client_finds_options_in_file_and_sname() {
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.1
    //= type=test
    //# If the options in a DHCP message extend into the 'sname' and 'file'
    //# fields, the 'option overload' option MUST appear in the 'options'
    //# field, with value 1, 2 or 3
    let config = config()
        .with_option(OptionCode(224), &[0x11; 240])
        .with_option(OptionCode(225), &[0x22; 100])
        .with_option(OptionCode(226), &[0x33; 50])
        .with_option(OptionCode(227), &[0x44; 200]);
    let mut server = server(config, 4);
    let circuit = b"\x01\x04eth0";
    let small = Ask::new(DISCOVER, mac(1)).through(RELAY).with(82, circuit);
    let (event, offer) = ask(&mut server, 1, &small);
    let offer = offer.unwrap();
    let relayed = 2 + circuit.len();
    assert!(offer.bytes.len() <= 548 + relayed, "{}", offer.bytes.len());
    // The operator reads what the client does not get.
    let Event::Offered { left_out, .. } = event else { panic!("{event}") };
    assert_eq!(left_out.codes().collect::<Vec<_>>(), [OptionCode(227)]);
    assert!(event.to_string().ends_with(", without options 227 for want of room"), "{event}");
    assert_eq!(offer.option(52).unwrap(), [3]);
    // dhcproto reads the field `options` only; what it doesn't find there lies in the other two.
    assert_eq!(offer.option(53).unwrap(), [2]);
    assert_eq!(offer.option(82).unwrap(), circuit);
    assert_eq!(offer.option(224).unwrap(), [0x11; 240]);
    assert_eq!((offer.option(225), offer.option(226)), (None, None));
    assert_eq!(offer.bytes[108..110], [225, 100]);
    assert_eq!(offer.bytes[108 + 102], 255);
    assert_eq!(offer.bytes[44..46], [226, 50]);
    assert_eq!(offer.bytes[44 + 52], 255);
    assert_eq!(offer.option(227), None, "there is no room for it anywhere");
    let packet = Packet::parse(&offer.bytes).unwrap();
    for (code, byte, length) in [(224, 0x11, 240), (225, 0x22, 100), (226, 0x33, 50)] {
        let value = packet.option(OptionCode(code)).unwrap();
        assert!(value.len() == length && value.bytes().all(|found| found == byte));
    }
}

#[test]
fn an_option_too_long_for_any_field_is_spread_over_them_in_order() {
    let long: Vec<u8> = (0..300_u16).map(|number| number.to_be_bytes()[1]).collect();
    let mut server = server(config().with_option(OptionCode(224), &long), 4);
    let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)));
    let offer = offer.unwrap();
    assert!(offer.bytes.len() <= 548);
    let packet = Packet::parse(&offer.bytes).unwrap();
    assert!(packet.option(OptionCode(224)).unwrap().bytes().eq(long.iter().copied()));
}

#[test]
fn the_field_file_is_not_overloaded_while_it_names_the_boot_file() {
    let config = config().with_boot_file(None, b"boot.0").with_option(OptionCode(224), &[0x11; 250]);
    let config = config.with_option(OptionCode(225), &[0x22; 60]).with_option(OptionCode(226), &[0x33; 55]);
    let mut server = server(config, 4);
    let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).with(55, &[1]));
    let offer = offer.unwrap();
    assert_eq!(offer.file(), "boot.0");
    assert_eq!(offer.option(52).unwrap(), [2]);
}

#[test]
fn an_identifier_of_any_length_comes_back_and_tells_clients_apart() {
    //= https://www.rfc-editor.org/rfc/rfc6842#section-3
    //= type=test
    //# the server MUST return the 'client identifier' option, unaltered,
    //# in its response message.
    let mut server = server(config(), 8);
    let mut first = vec![0_u8; 200];
    let mut given = Vec::new();
    for last in 0..3 {
        first[199] = last;
        let ask = Ask::new(DISCOVER, mac(1)).with(61, &first).with(57, &1500_u16.to_be_bytes());
        let (_, offer) = server_support::ask(&mut server, 1, &ask);
        let offer = offer.unwrap();
        assert_eq!(offer.option(61).unwrap(), first);
        given.push(offer.message.yiaddr());
    }
    given.dedup();
    assert_eq!(given.len(), 3);
}
