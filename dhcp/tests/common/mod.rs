//! A small language for conversations: what the client sends, what it hears, what it tells, and when.
//!
//! Answers are made here byte by byte and what the client sends is read with `dhcproto`, so that our own codec is never
//! its own judge.
#![allow(dead_code, reason = "no test needs every word of the language")]
#![allow(unreachable_pub, missing_debug_implementations, reason = "shared by the tests of this folder only")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
    reason = "tests"
)]
#![allow(
    clippy::missing_const_for_fn,
    clippy::std_instead_of_core,
    clippy::must_use_candidate,
    reason = "tests"
)]
#![allow(
    clippy::missing_panics_doc,
    clippy::new_without_default,
    clippy::wrong_self_convention,
    reason = "tests"
)]

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use bootproto_core::{Instant, Machine, UdpPath};
use bootproto_dhcp::HardwareAddress;
use bootproto_dhcp::client::{Client, Config, Event, Failure, Ignored};
use dhcproto::v4::{DhcpOption, Message, MessageType, OptionCode};
use dhcproto::{Decodable, Decoder};

pub const MAC: [u8; 6] = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
/// The DHCP server.
pub const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
/// The ProxyDHCP server.
pub const PROXY: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
/// A third machine.
pub const OTHER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 3);
/// The address offered.
pub const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 107);
pub const NOBODY: Ipv4Addr = Ipv4Addr::UNSPECIFIED;

pub const DISCOVER: MessageType = MessageType::Discover;
pub const REQUEST: MessageType = MessageType::Request;

pub fn config() -> Config {
    Config::new(42, HardwareAddress::ethernet(MAC))
}

/// A client and the time.
pub struct Talk {
    pub client: Client,
    pub now: Instant,
}

/// A datagram that the client sent.
#[derive(Debug, Clone)]
pub struct Sent {
    pub bytes: Vec<u8>,
    pub path: UdpPath,
    pub message: Message,
}

impl Talk {
    pub fn new(config: Config) -> Self {
        let now = Instant::from_millis(5_000);
        Self { client: Client::new(config, now).unwrap(), now }
    }

    /// The client sends exactly one message, of this type.
    #[track_caller]
    pub fn sends(&mut self, kind: MessageType) -> Sent {
        assert_eq!(self.client.poll_timeout(), Some(self.now), "nothing to send");
        let mut buf = [0xa5; Client::MAX_TRANSMIT];
        let transmit = self.client.poll_transmit(self.now, &mut buf).unwrap().expect("nothing to send");
        let (bytes, path) = (transmit.bytes.to_vec(), transmit.path);
        let message = Message::decode(&mut Decoder::new(&bytes)).unwrap();
        assert_eq!(message.opts().msg_type(), Some(kind));
        self.is_silent();
        Sent { bytes, path, message }
    }

    /// The client sends nothing.
    #[track_caller]
    pub fn is_silent(&mut self) {
        let mut buf = [0; Client::MAX_TRANSMIT];
        assert_eq!(self.client.poll_transmit(self.now, &mut buf), Ok(None));
    }

    /// The client hears an answer and tells this.
    pub fn hears(&mut self, answer: &Answer) -> Event<'static> {
        self.hears_bytes(&answer.bytes(), answer.path())
    }

    pub fn hears_bytes(&mut self, bytes: &[u8], path: UdpPath) -> Event<'static> {
        let bytes: &'static [u8] = Vec::leak(bytes.to_vec());
        let before = self.client.clone();
        let event = self.client.handle_datagram(self.now, path, bytes);
        if let Event::Ignored(_) = event {
            assert_eq!(self.client, before, "an ignored datagram changed something");
        }
        event
    }

    /// The client hears an answer and ignores it, for this reason.
    #[track_caller]
    pub fn ignores(&mut self, answer: &Answer, why: Ignored) {
        assert_eq!(self.hears(answer), Event::Ignored(why));
    }

    /// Time goes on by that much; what the client tells meanwhile.
    pub fn after(&mut self, span: Duration) -> Vec<Event<'static>> {
        let end = self.now.saturating_add(span);
        let mut events = Vec::new();
        while let Some(at) = self.client.poll_timeout().filter(|at| *at <= end && *at > self.now) {
            self.now = at;
            events.extend(self.client.handle_timeout(at));
        }
        if self.client.poll_timeout().is_none_or(|at| at > self.now) {
            self.now = end;
        }
        events
    }

    /// Time goes on until the client tells something, at most a microsecond: what was put off to the next call.
    #[track_caller]
    pub fn then(&mut self) -> Event<'static> {
        let events = self.after(Duration::from_micros(1));
        assert!(events.len() <= 1);
        events.first().copied().unwrap_or(Event::Nothing)
    }

    /// Time goes on to the client's next deadline; how long that took and what it tells.
    #[track_caller]
    pub fn waits(&mut self) -> (Duration, Option<Event<'static>>) {
        let at = self.client.poll_timeout().expect("the client waits for nothing");
        let span = at.saturating_since(self.now);
        self.now = self.now.max(at);
        (span, self.client.handle_timeout(self.now))
    }

    /// The client waits between these many seconds, tells nothing, and sends this.
    #[track_caller]
    pub fn waits_and_sends(&mut self, seconds: std::ops::RangeInclusive<f64>, kind: MessageType) -> Sent {
        let (span, event) = self.waits();
        assert_eq!(event, None);
        assert!(seconds.contains(&span.as_secs_f64()), "waited {span:?}");
        self.sends(kind)
    }

    /// The client waits between these many seconds and fails.
    #[track_caller]
    pub fn waits_and_fails(&mut self, seconds: std::ops::RangeInclusive<f64>, failure: Failure) {
        let (span, event) = self.waits();
        assert!(seconds.contains(&span.as_secs_f64()), "waited {span:?}");
        assert_eq!(event, Some(Event::Failed(failure)));
        assert!(self.client.is_finished());
        assert_eq!(self.client.poll_timeout(), None);
        self.is_silent();
    }

    /// From DISCOVER to the lease with these offers and acknowledgements in mind: the usual beginning of a test.
    #[track_caller]
    pub fn is_bound_by(&mut self, options: &[(u8, &[u8])]) -> Sent {
        let discover = self.sends(DISCOVER);
        let offer = Answer::offer(&discover).options(options);
        assert!(matches!(self.hears(&offer), Event::Offered(_)));
        let request = self.sends(REQUEST);
        assert_eq!(self.hears(&Answer::ack(&request).options(options)), Event::Bound);
        request
    }
}

impl Sent {
    pub fn xid(&self) -> u32 {
        self.message.xid()
    }

    pub fn option(&self, code: u8) -> Option<&DhcpOption> {
        self.message.opts().get(OptionCode::from(code))
    }

    pub fn has(&self, code: u8) -> bool {
        self.option(code).is_some()
    }

    pub fn to(&self) -> String {
        self.path.remote.to_string()
    }

    /// The bytes of an option, found without any library.
    pub fn raw(&self, code: u8) -> Option<&[u8]> {
        let mut rest = &self.bytes[240..];
        while let [tag, length, tail @ ..] = rest {
            if *tag == 255 {
                return None;
            }
            let (value, after) = tail.split_at(usize::from(*length));
            if *tag == code {
                return Some(value);
            }
            rest = after;
        }
        None
    }
}

/// A server's message, made by hand.
#[derive(Debug, Clone)]
pub struct Answer {
    pub kind: Option<u8>,
    pub xid: u32,
    pub chaddr: [u8; 16],
    pub hlen: u8,
    pub htype: u8,
    pub op: u8,
    pub yiaddr: Ipv4Addr,
    pub siaddr: Ipv4Addr,
    pub file: Vec<u8>,
    pub sname: Vec<u8>,
    pub server_id: Option<Ipv4Addr>,
    pub source: Ipv4Addr,
    pub ports: (u16, u16),
    pub lease: Option<u32>,
    pub options: Vec<(u8, Vec<u8>)>,
    pub cookie: bool,
}

impl Answer {
    fn new(to: &Sent, kind: Option<u8>) -> Self {
        let mut chaddr = [0; 16];
        chaddr[..].clone_from_slice(&to.bytes[28..44]);
        Self {
            kind,
            xid: to.xid(),
            chaddr,
            hlen: to.bytes[2],
            htype: to.bytes[1],
            op: 2,
            yiaddr: ADDRESS,
            siaddr: NOBODY,
            file: Vec::new(),
            sname: Vec::new(),
            server_id: Some(SERVER),
            source: SERVER,
            ports: (67, 68),
            lease: Some(3_600),
            options: Vec::new(),
            cookie: true,
        }
    }

    pub fn offer(to: &Sent) -> Self {
        Self::new(to, Some(2))
    }

    pub fn ack(to: &Sent) -> Self {
        Self::new(to, Some(5))
    }

    pub fn nak(to: &Sent) -> Self {
        Self { lease: None, yiaddr: NOBODY, ..Self::new(to, Some(6)) }
    }

    pub fn bootp(to: &Sent) -> Self {
        Self { lease: None, server_id: None, ..Self::new(to, None) }
    }

    /// A ProxyDHCP server's offer: no address.
    pub fn proxy(to: &Sent) -> Self {
        Self { lease: None, yiaddr: NOBODY, ..Self::offer(to) }.from(PROXY).option(60, b"PXEClient")
    }

    /// A proxy's or boot server's acknowledgement from port 4011.
    pub fn pxe_ack(to: &Sent) -> Self {
        let proxy = Self { kind: Some(5), ..Self::proxy(to) };
        Self { ports: (4011, 68), ..proxy }
    }

    pub fn from(self, server: Ipv4Addr) -> Self {
        Self { server_id: Some(server), source: server, ..self }
    }

    pub fn address(self, yiaddr: Ipv4Addr) -> Self {
        Self { yiaddr, ..self }
    }

    pub fn file(self, file: &str) -> Self {
        Self { file: file.into(), ..self }
    }

    pub fn siaddr(self, siaddr: Ipv4Addr) -> Self {
        Self { siaddr, ..self }
    }

    pub fn lease(self, seconds: u32) -> Self {
        Self { lease: Some(seconds), ..self }
    }

    pub fn option(mut self, code: u8, value: &[u8]) -> Self {
        self.options.push((code, value.to_vec()));
        self
    }

    pub fn options(mut self, options: &[(u8, &[u8])]) -> Self {
        self.options.extend(options.iter().map(|(code, value)| (*code, value.to_vec())));
        self
    }

    pub fn path(&self) -> UdpPath {
        UdpPath::from_port(self.ports.1, SocketAddrV4::new(self.source, self.ports.0))
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.op, self.htype, self.hlen, 0];
        bytes.extend(self.xid.to_be_bytes());
        bytes.extend([0; 4]);
        for address in [NOBODY, self.yiaddr, self.siaddr, NOBODY] {
            bytes.extend(address.octets());
        }
        bytes.extend(self.chaddr);
        bytes.extend(&self.sname);
        bytes.resize(108, 0);
        bytes.extend(&self.file);
        bytes.resize(236, 0);
        if !self.cookie {
            return bytes;
        }
        bytes.extend([99, 130, 83, 99]);
        let mut option = |code: u8, value: &[u8]| {
            bytes.extend([code, value.len() as u8]);
            bytes.extend(value);
        };
        if let Some(kind) = self.kind {
            option(53, &[kind]);
        }
        if let Some(server) = self.server_id {
            option(54, &server.octets());
        }
        if let Some(lease) = self.lease {
            option(51, &lease.to_be_bytes());
        }
        for (code, value) in &self.options {
            option(*code, value);
        }
        bytes.push(255);
        bytes
    }
}
