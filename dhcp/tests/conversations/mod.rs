//! Every conversation that the client can have, as the laws want it: its client, and real answers in order.
//!
//! What belongs here: what `laws.rs` and the fuzz target `dhcp_client` begin with. What does not: checks.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "shared by tests only")]
#![allow(clippy::wildcard_enum_match_arm, clippy::unwrap_used, clippy::std_instead_of_core, reason = "tests")]
#![allow(clippy::must_use_candidate, clippy::missing_panics_doc, reason = "tests")]

use std::net::{Ipv4Addr, SocketAddrV4};

use super::common::*;
use bootproto_core::{Instant, UdpPath};
use bootproto_dhcp::IpoibDialect;
use bootproto_dhcp::client::{Client, Config, Event, Ignored};
use bootproto_dhcp::wire::Packet;
use dhcproto::v4::MessageType;
use testkit::laws::{self, Class, Subject};

testkit::wrap!(pub struct Tested(Client));

impl Subject for Tested {
    fn class(event: &Event<'_>) -> Class {
        match event {
            Event::Ignored(Ignored::Duplicate) => Class::Duplicate,
            Event::Ignored(_) => Class::Ignored,
            Event::Failed(_) => Class::Terminal,
            _ => Class::Other,
        }
    }

    fn parses(sent: &[u8]) -> bool {
        Packet::parse(sent).is_ok_and(|packet| packet.message_type().is_some())
    }

    fn react(&mut self, now: Instant, event: &Event<'_>) {
        match event {
            Event::ProbeAddress(address) => self.0.probe_result(now, address.octets()[3] % 2 == 0),
            Event::Menu => {
                let last = self.0.menu().and_then(|menu| menu.items.last());
                if let Some(item) = last {
                    assert!(self.0.choose(now, item.kind));
                }
            }
            _ => {}
        }
    }
}

/// A conversation: its client, and the answers in order.
pub struct Conversation {
    pub config: Config,
    pub answers: Vec<Vec<u8>>,
    pub endless: bool,
}

/// Where datagrams come from: the server, the proxy's service port, strangers.
pub fn paths() -> Vec<UdpPath> {
    let path = |port, from| UdpPath::from_port(port, from);
    vec![
        path(68, SocketAddrV4::new(SERVER, 67)),
        path(68, SocketAddrV4::new(PROXY, 4011)),
        path(68, SocketAddrV4::new(OTHER, 67)),
        path(69, SocketAddrV4::new(SERVER, 67)),
        path(68, SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0)),
    ]
}

/// Talks with a client at the instant where the laws' scripts begin, and notes the answers.
fn conversation(config: Config, lines: impl FnOnce(&mut Notes)) -> Conversation {
    let client = Client::new(config.clone(), laws::START).unwrap();
    let mut notes = Notes { talk: Talk { client, now: laws::START }, answers: Vec::new() };
    lines(&mut notes);
    let endless = notes.talk.client.lease().is_some_and(|lease| lease.duration.is_none());
    Conversation { config, answers: notes.answers, endless }
}

struct Notes {
    talk: Talk,
    answers: Vec<Vec<u8>>,
}

impl Notes {
    #[track_caller]
    fn sends(&mut self, kind: MessageType) -> Sent {
        self.talk.sends(kind)
    }

    fn hears(&mut self, answer: &Answer) {
        self.answers.push(answer.bytes());
        let event = self.talk.hears(answer);
        assert!(!matches!(event, Event::Ignored(_)), "{event:?}");
    }
}

const MENU: &[u8] = b"\x06\x01\x03\x09\x0a\x80\x00\x01a\x80\x01\x01b\0\0\x00\x08\x0e\x80\x00\x01\x0a\x4d\x00\x02\x80\x01\x01\x0a\x4d\x00\x02\x0a\x04\x03pxe\xff";

pub fn conversations() -> Vec<Conversation> {
    let plain = |config: Config| {
        conversation(config, |notes| {
            let discover = notes.sends(DISCOVER);
            notes.hears(&Answer::offer(&discover).file("pxelinux.0"));
            let request = notes.sends(REQUEST);
            notes.hears(&Answer::ack(&request).file("pxelinux.0").lease(40));
            notes.answers.push(Answer::nak(&request).bytes());
        })
    };
    let proxied = |proxy: fn(Answer) -> Answer| {
        conversation(config(), |notes| {
            let discover = notes.sends(DISCOVER);
            notes.hears(&Answer::offer(&discover));
            notes.hears(&proxy(Answer::proxy(&discover)));
            let request = notes.sends(REQUEST);
            notes.hears(&Answer::ack(&request));
        })
    };
    vec![
        plain(config()),
        plain(config().with_probe_address(true)),
        plain(config().with_renew(false)),
        plain(Config::ipoib(42, [1, 2, 3, 4, 5, 6, 7, 8])),
        plain(Config::ipoib_dialects(42, [1, 2, 3, 4, 5, 6, 7, 8], &IpoibDialect::ALL)),
        conversation(config().with_requested_address(ADDRESS), |notes| {
            let request = notes.sends(REQUEST);
            notes.hears(&Answer::nak(&request));
        }),
        conversation(config().with_inform(ADDRESS), |notes| {
            let inform = notes.sends(MessageType::Inform);
            notes.hears(&Answer { yiaddr: NOBODY, lease: None, ..Answer::ack(&inform).file("x") });
        }),
        conversation(config(), |notes| {
            let discover = notes.sends(DISCOVER);
            notes.hears(&Answer::bootp(&discover).file("x"));
            notes.talk.waits();
        }),
        proxied(|proxy| proxy),
        proxied(|proxy| proxy.option(43, MENU)),
        proxied(|proxy| proxy.file("x").siaddr(PROXY)),
    ]
}
