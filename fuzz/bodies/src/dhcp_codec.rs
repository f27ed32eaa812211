//! DHCP messages: read in every way, written and read again, and read by dhcproto.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use bootproto_dhcp::wire::{Builder, OptionCode, OptionView, Packet};
use dhcproto::v4::{DhcpOption, Message};
use dhcproto::{Decodable, Decoder};

use crate::shared::dhcp::reading;
use crate::{Seed, seed};

/// Reads `data`, writes what was read, and reads that; and asks dhcproto what it makes of it.
pub fn run(data: &[u8]) {
    let Ok(packet) = Packet::parse(data) else { return };
    let mut pieces = 0;
    for option in packet.options() {
        pieces += option.value.pieces().count().max(1);
        reading::every_way(option.value);
        assert_eq!(option.value.bytes().count(), option.value.len(), "{:?}", option.code);
        let lengths: usize = option.value.pieces().map(<[u8]>::len).sum();
        assert_eq!(lengths, option.value.len(), "{:?}", option.code);
    }
    assert!(pieces <= packet.fragments().count(), "more pieces than there are");

    let first = written(&packet);
    let again = Packet::parse(&first).unwrap_or_else(|error| panic!("what we write we can't read: {error}"));
    assert_eq!(again.header, packet.header);
    assert_eq!((again.sname(), again.file()), (packet.sname(), packet.file()));
    assert_eq!(values(&again), values(&packet));
    assert_eq!(written(&again), first, "written twice, it is not the same");

    for (bytes, ours) in [(data, &packet), (&first, &again)] {
        if is_for_dhcproto(ours)
            && let Ok(theirs) = Message::decode(&mut Decoder::new(bytes))
        {
            agrees(ours, &theirs);
        }
    }
}

/// Whether dhcproto may be asked: of many options it panics at a length that is not theirs, or reads on behind them; and
/// it takes for options what follows another cookie than the magic one, and of an option in pieces the last for all.
fn is_for_dhcproto(ours: &Packet<'_>) -> bool {
    let is_plain = |option: OptionView<'_>| match (option.code.0, option.value.len()) {
        (1 | 28 | 50 | 51 | 54 | 58 | 59, length) => length == 4,
        (3 | 6 | 42, length) => length > 0 && length.is_multiple_of(4),
        (57 | 93, length) => length == 2,
        (53, length) => length == 1,
        (94, length) => length == 3,
        (12 | 15 | 17 | 43 | 55 | 60 | 61 | 66 | 67, length) => length > 0,
        (97, length) => length == 17,
        (code, _) => code >= 224,
    };
    let is_whole = ours.options().count() == ours.fragments().count();
    ours.has_cookie() && is_whole && ours.options().all(is_plain)
}

fn written(packet: &Packet<'_>) -> Vec<u8> {
    let mut buffer = vec![0xa5; 1 << 17];
    let mut builder = Builder::new(&mut buffer, &packet.header);
    builder.sname(packet.sname()).file(packet.file());
    for option in packet.options() {
        builder.value(option.code, &option.value);
    }
    builder.finish().unwrap_or_else(|error| panic!("{error}")).to_vec()
}

fn values(packet: &Packet<'_>) -> BTreeMap<u8, Vec<u8>> {
    packet.options().map(|option| (option.code.0, option.value.bytes().collect())).collect()
}

/// Where dhcproto reads a message too, it reads the same. It leaves the fields of an overload alone, and it takes the
/// values of many options apart, so that only those are compared that it keeps whole.
fn agrees(ours: &Packet<'_>, theirs: &Message) {
    let header = &ours.header;
    assert_eq!((header.xid, header.secs, header.hops), (theirs.xid(), theirs.secs(), theirs.hops()));
    assert_eq!(header.flags, u16::from(theirs.flags()));
    assert_eq!(header.hardware.bytes(), theirs.chaddr());
    assert_eq!(
        [header.ciaddr, header.yiaddr, header.siaddr, header.giaddr],
        [theirs.ciaddr(), theirs.yiaddr(), theirs.siaddr(), theirs.giaddr()]
    );
    if ours.is_file_overloaded() || ours.is_sname_overloaded() {
        return;
    }
    for (code, value) in values(ours) {
        let Some(option) = theirs.opts().get(code.into()) else { continue };
        if let Some(expected) = plain(option) {
            assert_eq!(value, expected, "option {code}");
        }
    }
    for (code, _) in theirs.opts().iter() {
        let code = OptionCode(u8::from(*code));
        assert!(ours.option(code).is_some(), "dhcproto finds {code:?}, and we do not");
    }
}

/// The bytes of an option that dhcproto keeps as they are.
fn plain(option: &DhcpOption) -> Option<Vec<u8>> {
    let address = |address: &Ipv4Addr| address.octets().to_vec();
    Some(match option {
        DhcpOption::Unknown(unknown) => unknown.data().to_vec(),
        DhcpOption::VendorExtensions(bytes) | DhcpOption::ClassIdentifier(bytes) => bytes.clone(),
        DhcpOption::ClientIdentifier(bytes) => bytes.clone(),
        DhcpOption::SubnetMask(mask) => address(mask),
        DhcpOption::RequestedIpAddress(one) | DhcpOption::ServerIdentifier(one) => address(one),
        DhcpOption::AddressLeaseTime(time) | DhcpOption::Renewal(time) | DhcpOption::Rebinding(time) => {
            time.to_be_bytes().to_vec()
        }
        DhcpOption::Router(list) | DhcpOption::DomainNameServer(list) => list.iter().flat_map(address).collect(),
        _ => return None,
    })
}

/// The packets of real servers, clients and relays.
pub fn seeds() -> Vec<Seed> {
    seed::vectors("dhcp")
}
