//! What the tests of the server share: requests written by hand byte by byte, and answers read by dhcproto, which has
//! no code in common with ours.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::missing_const_for_fn,
    clippy::unwrap_used,
    reason = "tests; each uses a part"
)]

use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use bootproto_core::{Instant, Machine, UdpPath};
use bootproto_dhcp::server::{Binding, Config, Event, Server};
use dhcproto::v4::{DhcpOption, Message, OptionCode};
use dhcproto::{Decodable, Decoder, Encodable, Encoder};

pub const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
pub const FIRST: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 100);
pub const LAST: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 109);
pub const MASK: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 0);
pub const NOBODY: Ipv4Addr = Ipv4Addr::UNSPECIFIED;

pub const DISCOVER: u8 = 1;
pub const REQUEST: u8 = 3;
pub const DECLINE: u8 = 4;
pub const RELEASE: u8 = 7;
pub const INFORM: u8 = 8;

/// A DHCP server with a pool of ten addresses.
pub fn config() -> Config {
    Config::new(SERVER).with_pool(FIRST, LAST, MASK).with_router(Ipv4Addr::new(10, 77, 0, 254))
}

pub fn server(config: Config, rows: usize) -> Server<Vec<Binding>> {
    Server::new(config, vec![Binding::FREE; rows]).unwrap()
}

pub fn at(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1000)
}

pub fn path(local_port: u16, from: Ipv4Addr, from_port: u16) -> UdpPath {
    UdpPath::from_port(local_port, SocketAddrV4::new(from, from_port))
}

pub fn v4(address: Ipv4Addr, port: u16) -> SocketAddr {
    SocketAddr::V4(SocketAddrV4::new(address, port))
}

pub fn mac(last: u8) -> [u8; 6] {
    [2, 0x11, 0x22, 0x33, 0x44, last]
}

pub fn vector(name: &str) -> Vec<u8> {
    testkit::vectors::named(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors"), name).bytes
}

/// A request by hand.
#[derive(Debug, Clone)]
pub struct Ask {
    pub htype: u8,
    pub hardware: Vec<u8>,
    pub xid: u32,
    pub flags: u16,
    pub ciaddr: Ipv4Addr,
    pub giaddr: Ipv4Addr,
    pub options: Vec<(u8, Vec<u8>)>,
}

impl Ask {
    /// A message of one type, from the client with this MAC.
    pub fn new(kind: u8, mac: [u8; 6]) -> Self {
        Self::bootp(mac).with(53, &[kind])
    }

    pub fn bootp(mac: [u8; 6]) -> Self {
        Self {
            htype: 1,
            hardware: mac.to_vec(),
            xid: 0x0102_0304,
            flags: 0,
            ciaddr: NOBODY,
            giaddr: NOBODY,
            options: Vec::new(),
        }
    }

    pub fn with(mut self, code: u8, value: &[u8]) -> Self {
        self.options.push((code, value.to_vec()));
        self
    }

    pub fn asking(self, address: Ipv4Addr) -> Self {
        self.with(50, &address.octets())
    }

    pub fn of_server(self, address: Ipv4Addr) -> Self {
        self.with(54, &address.octets())
    }

    pub fn using(mut self, address: Ipv4Addr) -> Self {
        self.ciaddr = address;
        self
    }

    pub fn through(mut self, relay: Ipv4Addr) -> Self {
        self.giaddr = relay;
        self
    }

    pub fn broadcast(mut self) -> Self {
        self.flags = 0x8000;
        self
    }

    /// The vendor class and architecture of a PXE client.
    pub fn pxe(self, arch: u16) -> Self {
        self.with(60, format!("PXEClient:Arch:{arch:05}:UNDI:002001").as_bytes())
            .with(93, &arch.to_be_bytes())
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![1, self.htype, self.hardware.len() as u8, 0];
        out.extend(self.xid.to_be_bytes());
        out.extend([0, 0]);
        out.extend(self.flags.to_be_bytes());
        for address in [self.ciaddr, NOBODY, NOBODY, self.giaddr] {
            out.extend(address.octets());
        }
        out.extend(&self.hardware);
        out.resize(236, 0);
        out.extend([99, 130, 83, 99]);
        for (code, value) in &self.options {
            out.extend([*code, value.len() as u8]);
            out.extend(value);
        }
        out.push(255);
        out.resize(out.len().max(300), 0);
        out
    }
}

/// An answer of the server, as dhcproto reads it.
#[derive(Debug)]
pub struct Reply {
    pub path: UdpPath,
    pub bytes: Vec<u8>,
    pub message: Message,
}

impl Reply {
    /// The value of an option, as dhcproto understood it.
    pub fn option(&self, code: u8) -> Option<Vec<u8>> {
        self.message.opts().get(OptionCode::from(code)).map(value_of)
    }

    pub fn kind(&self) -> Option<u8> {
        self.option(53).map(|value| value[0])
    }

    pub fn file(&self) -> String {
        let field = self.message.fname().unwrap_or_default();
        let name = field.split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8(name.to_vec()).unwrap()
    }

    pub fn to(&self) -> SocketAddr {
        self.path.remote
    }

    /// The PXE sub-option `code` of option 43, by hand.
    pub fn pxe(&self, code: u8) -> Option<Vec<u8>> {
        let mut rest = self.option(43)?;
        while rest.len() > 1 && rest[0] != 255 {
            let tail = rest.split_off(2 + usize::from(rest[1]));
            if rest[0] == code {
                return Some(rest.split_off(2));
            }
            rest = tail;
        }
        None
    }
}

fn value_of(option: &DhcpOption) -> Vec<u8> {
    let mut encoded = Vec::new();
    option.encode(&mut Encoder::new(&mut encoded)).unwrap();
    let mut value = Vec::new();
    while encoded.len() >= 2 {
        let tail = encoded.split_off(2 + usize::from(encoded[1]));
        value.extend(&encoded[2..]);
        encoded = tail;
    }
    value
}

/// Gives one datagram to the server and drains it: at most one answer.
pub fn tell(
    server: &mut Server<Vec<Binding>>,
    now: Instant,
    path: UdpPath,
    bytes: &[u8],
) -> (Event, Option<Reply>) {
    let event = server.handle_datagram(now, path, bytes);
    let mut buf = [0xa5; 1472];
    let sent = server.poll_transmit(now, &mut buf).unwrap().map(|transmit| {
        let message = Message::decode(&mut Decoder::new(transmit.bytes)).unwrap();
        assert_eq!(message.opcode(), dhcproto::v4::Opcode::BootReply);
        Reply { path: transmit.path, bytes: transmit.bytes.to_vec(), message }
    });
    assert!(server.poll_transmit(now, &mut [0; 1472]).unwrap().is_none(), "one answer to one datagram");
    assert_eq!(server.poll_timeout(), None);
    (event, sent)
}

/// As [`tell`], for a broadcast of a client without an address.
pub fn ask(server: &mut Server<Vec<Binding>>, seconds: u64, ask: &Ask) -> (Event, Option<Reply>) {
    tell(server, at(seconds), path(67, NOBODY, 68), &ask.bytes())
}

/// A whole DISCOVER and REQUEST; the address that came of it.
pub fn lease(server: &mut Server<Vec<Binding>>, seconds: u64, mac: [u8; 6]) -> Option<Ipv4Addr> {
    let (_, offer) = ask(server, seconds, &Ask::new(DISCOVER, mac));
    let address = offer?.message.yiaddr();
    let (_, ack) = ask(server, seconds, &Ask::new(REQUEST, mac).asking(address).of_server(SERVER));
    let ack = ack?;
    (ack.kind() == Some(5)).then(|| ack.message.yiaddr())
}
