//! One OFFER read and one DISCOVER written, by each library as its documentation shows it.

use bootproto_dhcp::HardwareAddress;
use bootproto_dhcp::wire::{self, Builder, Header, MessageType, OptionCode};
use dhcparse::dhcpv4 as parse;
use dhcproto::v4::{self as proto, DhcpOption};
use dhcproto::{Decodable, Decoder, Encodable, Encoder};
use smoltcp::wire as smol;
use std::hint::black_box;
use std::net::Ipv4Addr;

/// A real OFFER of 386 bytes with 16 options.
#[must_use]
pub fn offer() -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../dhcp/tests/vectors");
    let bytes = testkit::vectors::named(folder, "dnsmasq-offer-sixteen-options").bytes;
    let options = wire::Packet::parse(&bytes).expect("a message").options().count();
    assert_eq!((bytes.len(), options), (386, 16));
    bytes
}

/// What a machine that boots wants to know of an OFFER.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Answer<'a> {
    /// Option 53.
    pub kind: u8,
    /// Option 54.
    pub server: [u8; 4],
    /// Option 51, in seconds.
    pub lease: u32,
    /// Option 1.
    pub mask: [u8; 4],
    /// The first address of option 3.
    pub router: [u8; 4],
    /// Option 67.
    pub boot_file: &'a [u8],
}

/// Takes the answer: it may live no longer than a library's own values.
pub type Take<'t> = &'t mut dyn FnMut(Answer<'_>);

/// A way to read it: what it is called, how, and whether it gets at the boot file.
pub type Reader = (&'static str, fn(&[u8], Take<'_>) -> Option<()>, bool);

/// All of them, ours first.
pub const READERS: [Reader; 7] = [
    ("bootproto-dhcp", ours, true),
    ("bootproto-dhcp, each option by its code", ours_by_code, true),
    ("dhcparse 1", dhcparse, true),
    ("smoltcp 0.14, its options", smoltcp, true),
    ("smoltcp 0.14, its Repr, without boot file", smoltcp_repr, false),
    ("edge-dhcp 0.8", edge_dhcp, true),
    ("dhcproto 0.15", dhcproto, true),
];

/// Has every reader read the OFFER.
///
/// # Panics
/// One answers something else than what dnsmasq was configured with.
pub fn check_readers(offer: &[u8]) {
    let answer = Answer {
        kind: 2,
        server: [10, 77, 0, 1],
        lease: 3600,
        mask: [255, 255, 255, 0],
        router: [10, 77, 0, 1],
        boot_file: BOOT_FILE,
    };
    for (name, read, is_whole) in READERS {
        let boot_file = if is_whole { BOOT_FILE } else { b"" };
        let mut told = 0;
        let done = read(offer, &mut |found| {
            told += 1;
            assert_eq!(found, Answer { boot_file, ..answer }, "{name}");
        });
        assert_eq!((done, told), (Some(()), 1), "{name}");
        assert_eq!(read(&offer[..100], &mut |found| panic!("{name}: {found:?}")), None, "{name}");
    }
}

/// With the NUL that dnsmasq counts into it.
const BOOT_FILE: &[u8] = b"boot/x86_64/pxelinux.0\0";

fn ours(bytes: &[u8], take: Take<'_>) -> Option<()> {
    let mut answer = Answer::default();
    for option in wire::Packet::parse(bytes).ok()?.options() {
        let value = option.value;
        match option.code {
            OptionCode::MESSAGE_TYPE => answer.kind = value.u8()?,
            OptionCode::SERVER_ID => answer.server = value.array()?,
            OptionCode::LEASE_TIME => answer.lease = value.u32()?,
            OptionCode::SUBNET_MASK => answer.mask = value.array()?,
            OptionCode::ROUTERS => answer.router = value.addresses()?.next()?.octets(),
            OptionCode::BOOT_FILE_NAME => answer.boot_file = value.as_slice()?,
            _ => {}
        }
    }
    take(answer);
    Some(())
}

fn ours_by_code(bytes: &[u8], take: Take<'_>) -> Option<()> {
    let packet = wire::Packet::parse(bytes).ok()?;
    take(Answer {
        kind: packet.message_type()?.0,
        server: packet.option(OptionCode::SERVER_ID)?.array()?,
        lease: packet.option(OptionCode::LEASE_TIME)?.u32()?,
        mask: packet.option(OptionCode::SUBNET_MASK)?.array()?,
        router: packet.option(OptionCode::ROUTERS)?.addresses()?.next()?.octets(),
        boot_file: packet.option(OptionCode::BOOT_FILE_NAME)?.as_slice()?,
    });
    Some(())
}

fn dhcparse(bytes: &[u8], take: Take<'_>) -> Option<()> {
    let message = parse::Message::new(bytes).ok()?;
    let mut answer = Answer::default();
    // Its macro for several options knows none for the boot file.
    for option in message.options().ok()? {
        match option.ok()?.0 {
            parse::DhcpOption::MessageType(kind) => answer.kind = u8::from(kind),
            parse::DhcpOption::ServerIdentifier(server) => answer.server = server.0,
            parse::DhcpOption::AddressLeaseTime(lease) => answer.lease = lease,
            parse::DhcpOption::SubnetMask(mask) => answer.mask = mask.0,
            parse::DhcpOption::Router(routers) => answer.router = routers.first()?.0,
            parse::DhcpOption::Unknown(67, file) => answer.boot_file = file,
            _ => {}
        }
    }
    take(answer);
    Some(())
}

fn smoltcp(bytes: &[u8], take: Take<'_>) -> Option<()> {
    let packet = smol::DhcpPacket::new_checked(bytes).ok()?;
    let mut answer = Answer::default();
    for option in packet.options() {
        match option.kind {
            53 => answer.kind = *option.data.first()?,
            54 => answer.server = option.data.try_into().ok()?,
            51 => answer.lease = u32::from_be_bytes(option.data.try_into().ok()?),
            1 => answer.mask = option.data.try_into().ok()?,
            3 => answer.router = *option.data.first_chunk()?,
            67 => answer.boot_file = option.data,
            _ => {}
        }
    }
    take(answer);
    Some(())
}

fn smoltcp_repr(bytes: &[u8], take: Take<'_>) -> Option<()> {
    let packet = smol::DhcpPacket::new_checked(bytes).ok()?;
    let packet = smol::DhcpRepr::parse(&packet).ok()?;
    take(Answer {
        kind: packet.message_type.into(),
        server: packet.server_identifier?.octets(),
        lease: packet.lease_duration?,
        mask: packet.subnet_mask?.octets(),
        router: packet.router?.octets(),
        boot_file: b"",
    });
    Some(())
}

fn edge_dhcp(bytes: &[u8], take: Take<'_>) -> Option<()> {
    use edge_dhcp::DhcpOption;
    let packet = edge_dhcp::Packet::decode(bytes).ok()?;
    let mut answer = Answer::default();
    for option in packet.options.iter() {
        match option {
            DhcpOption::MessageType(kind) => answer.kind = kind as u8,
            DhcpOption::ServerIdentifier(server) => answer.server = server.octets(),
            DhcpOption::IpAddressLeaseTime(lease) => answer.lease = lease,
            DhcpOption::SubnetMask(mask) => answer.mask = mask.octets(),
            DhcpOption::Router(routers) => answer.router = routers.iter().next()?.octets(),
            DhcpOption::Unrecognized(67, file) => answer.boot_file = file,
            _ => {}
        }
    }
    take(answer);
    Some(())
}

fn dhcproto(bytes: &[u8], take: Take<'_>) -> Option<()> {
    let message = proto::Message::decode(&mut Decoder::new(bytes)).ok()?;
    let options = message.opts();
    let mut answer = Answer::default();
    if let Some(DhcpOption::MessageType(kind)) = options.get(proto::OptionCode::MessageType) {
        answer.kind = u8::from(*kind);
    }
    if let Some(DhcpOption::ServerIdentifier(server)) = options.get(proto::OptionCode::ServerIdentifier) {
        answer.server = server.octets();
    }
    if let Some(DhcpOption::AddressLeaseTime(lease)) = options.get(proto::OptionCode::AddressLeaseTime) {
        answer.lease = *lease;
    }
    if let Some(DhcpOption::SubnetMask(mask)) = options.get(proto::OptionCode::SubnetMask) {
        answer.mask = mask.octets();
    }
    if let Some(DhcpOption::Router(routers)) = options.get(proto::OptionCode::Router) {
        answer.router = routers.first()?.octets();
    }
    if let Some(DhcpOption::BootfileName(file)) = options.get(proto::OptionCode::BootfileName) {
        answer.boot_file = file;
    }
    take(answer);
    Some(())
}

/// The largest message that a writer writes.
pub const ROOM: usize = 576;

/// A way to write a DISCOVER: what it is called, and how.
pub type Writer = (&'static str, fn(&mut [u8; ROOM]) -> Option<usize>);

/// All of them, ours first.
pub const WRITERS: [Writer; 4] = [
    ("bootproto-dhcp", write_ours),
    ("smoltcp 0.14", write_smoltcp),
    ("edge-dhcp 0.8", write_edge_dhcp),
    ("dhcproto 0.15", write_dhcproto),
];

const MAC: [u8; 6] = [0x52, 0x54, 0, 1, 2, 3];
const XID: u32 = 0x1234_5678;
const WANTED: [u8; 10] = [1, 3, 6, 15, 51, 54, 58, 59, 66, 67];
const CLASS: &[u8] = b"PXEClient:Arch:00000:UNDI:002001";
const SIZE: u16 = 1472;

/// Has every writer write, and reads what it wrote with a library that is not its own.
///
/// # Panics
/// One says something else than the others.
pub fn check_writers() {
    for (name, write) in WRITERS {
        let mut buffer = [0xa5; ROOM];
        let length = write(&mut buffer).expect(name);
        let message = proto::Message::decode(&mut Decoder::new(&buffer[..length])).expect(name);
        let options = message.opts();
        assert_eq!((message.xid(), message.chaddr()), (XID, &MAC[..]), "{name}");
        assert_eq!(options.msg_type(), Some(proto::MessageType::Discover), "{name}");
        let has = |code, is: fn(&DhcpOption) -> bool| {
            assert!(options.get(code).is_some_and(is), "{name}: {code:?}")
        };
        has(proto::OptionCode::ParameterRequestList, |option| {
            let DhcpOption::ParameterRequestList(list) = option else { return false };
            list.iter().map(|code| u8::from(*code)).eq(WANTED)
        });
        has(
            proto::OptionCode::ClassIdentifier,
            |option| matches!(option, DhcpOption::ClassIdentifier(class) if class == CLASS),
        );
        has(proto::OptionCode::MaxMessageSize, |option| *option == DhcpOption::MaxMessageSize(SIZE));
        // Which is its own reader in the last row alone, so ours looks there too.
        let ours = wire::Packet::parse(&buffer[..length]).expect(name);
        assert_eq!(ours.option(OptionCode::VENDOR_CLASS).expect(name), *CLASS, "{name}");
    }
}

fn write_ours(buffer: &mut [u8; ROOM]) -> Option<usize> {
    let header = Header::request(HardwareAddress::ethernet(black_box(MAC)), black_box(XID));
    let mut builder = Builder::new(buffer, &header);
    builder
        .message_type(MessageType::DISCOVER)
        .option(OptionCode::PARAMETER_LIST, black_box(&WANTED))
        .u16(OptionCode::MAXIMUM_MESSAGE_SIZE, SIZE)
        .option(OptionCode::VENDOR_CLASS, black_box(CLASS));
    builder.finish().ok().map(<[u8]>::len)
}

fn write_smoltcp(buffer: &mut [u8; ROOM]) -> Option<usize> {
    let any = Ipv4Addr::UNSPECIFIED;
    let options = [smol::DhcpOption { kind: 60, data: black_box(CLASS) }];
    let message = smol::DhcpRepr {
        message_type: smol::DhcpMessageType::Discover,
        transaction_id: black_box(XID),
        secs: 0,
        client_hardware_address: smol::EthernetAddress(black_box(MAC)),
        client_ip: any,
        your_ip: any,
        server_ip: any,
        router: None,
        subnet_mask: None,
        relay_agent_ip: any,
        broadcast: false,
        requested_ip: None,
        client_identifier: None,
        server_identifier: None,
        parameter_request_list: Some(black_box(&WANTED)),
        dns_servers: None,
        max_size: Some(SIZE),
        lease_duration: None,
        renew_duration: None,
        rebind_duration: None,
        additional_options: &options,
    };
    let length = message.buffer_len();
    let mut packet = smol::DhcpPacket::new_checked(buffer.get_mut(..length)?).ok()?;
    message.emit(&mut packet).ok()?;
    Some(length)
}

fn write_edge_dhcp(buffer: &mut [u8; ROOM]) -> Option<usize> {
    use edge_dhcp::{DhcpOption, MessageType, Options, Packet};
    let options = [
        DhcpOption::MessageType(MessageType::Discover),
        DhcpOption::ParameterRequestList(black_box(&WANTED)),
        DhcpOption::MaximumMessageSize(SIZE),
        DhcpOption::Unrecognized(60, black_box(CLASS)),
    ];
    let message = Packet::new_request(black_box(MAC), black_box(XID), 0, None, false, Options::new(&options));
    message.encode(buffer).ok().map(<[u8]>::len)
}

fn write_dhcproto(buffer: &mut [u8; ROOM]) -> Option<usize> {
    let any = Ipv4Addr::UNSPECIFIED;
    let mut message = proto::Message::new_with_id(black_box(XID), any, any, any, any, black_box(&MAC));
    let options = message.opts_mut();
    options.insert(DhcpOption::MessageType(proto::MessageType::Discover));
    options.insert(DhcpOption::ParameterRequestList(black_box(WANTED).into_iter().map(Into::into).collect()));
    options.insert(DhcpOption::MaxMessageSize(SIZE));
    options.insert(DhcpOption::ClassIdentifier(black_box(CLASS).to_vec()));
    let mut bytes = Vec::with_capacity(ROOM);
    message.encode(&mut Encoder::new(&mut bytes)).ok()?;
    buffer.get_mut(..bytes.len())?.copy_from_slice(&bytes);
    Some(bytes.len())
}
