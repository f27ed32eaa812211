//! The twelve laws over the client, from the beginning of every conversation that it can have.
#![allow(
    clippy::wildcard_enum_match_arm,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::std_instead_of_core,
    reason = "tests"
)]

mod common;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use bootproto_core::{Instant, UdpPath};
use bootproto_dhcp::IpoibDialect;
use bootproto_dhcp::client::{Client, Config, Event, Ignored};
use bootproto_dhcp::wire::Packet;
use common::*;
use dhcproto::v4::MessageType;
use proptest::prelude::*;
use testkit::laws::{self, Class, Op, Subject};

testkit::wrap!(struct Tested(Client));

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
struct Conversation {
    config: Config,
    answers: Vec<Vec<u8>>,
    endless: bool,
}

/// Where datagrams come from: the server, the proxy's service port, strangers.
fn paths() -> Vec<UdpPath> {
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

fn conversations() -> Vec<Conversation> {
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

proptest! {
    #[test]
    fn every_law_holds_in_every_conversation(
        (which, script) in (0..11_usize).prop_flat_map(|which| {
            let answers = conversations().swap_remove(which).answers;
            (Just(which), laws::scripts(answers, paths(), 40))
        })
    ) {
        let conversation = conversations().swap_remove(which);
        let client = Tested(Client::new(conversation.config, laws::START).unwrap());
        prop_assert_eq!(laws::check(client, &script), Ok(()));
    }
}

#[test]
fn the_good_conversations_themselves_keep_the_laws() {
    for conversation in conversations() {
        let mut script = vec![Op::Drain];
        for bytes in conversation.answers {
            for op in [
                Op::Datagram { path: paths()[0], bytes: bytes.clone() },
                Op::Drain,
                Op::Datagram { path: paths()[0], bytes },
            ] {
                script.push(op);
            }
            script.extend([Op::Drain, Op::Spurious, Op::Timeout, Op::Drain]);
        }
        script.extend(std::iter::repeat_n([Op::Timeout, Op::Drain], 20).flatten());
        let client = Tested(Client::new(conversation.config, laws::START).unwrap());
        assert_eq!(laws::check(client, &script), Ok(()));
    }
}

#[test]
fn with_a_silent_peer_every_client_ends_in_time() {
    for (config, limit) in [
        (config(), 64),
        (config().with_attempts(1), 5),
        (config().with_requested_address(ADDRESS), 64 + 14),
        (config().with_inform(ADDRESS), 64),
        (config().with_attempts(255), 255 * 33),
        // Two DISCOVERs for each of the first four, four for the last.
        (Config::ipoib_dialects(42, [1; 8], &IpoibDialect::ALL), 4 * 14 + 64),
    ] {
        let client = Tested(Client::new(config, laws::START).unwrap());
        let limit = Duration::from_secs(limit);
        assert!(laws::check_silent_peer(client, limit).unwrap() > limit / 2);
    }
}

#[test]
fn a_server_that_falls_silent_after_its_offer_does_not_hold_the_client() {
    for conversation in conversations() {
        for heard in 0..conversation.answers.len() {
            let mut client =
                Tested(Client::new(conversation.config.clone().with_renew(false), laws::START).unwrap());
            let script = conversation.answers[..=heard].to_vec();
            let mut talk = Talk { client: client.0.clone(), now: laws::START };
            for bytes in script {
                talk.client.poll(talk.now);
                talk.hears_bytes(&bytes, paths()[0]);
            }
            client.0 = talk.client;
            // Once bound, a client waits for the end of its lease, starts over and fails. BOOTP and INFORM know no end.
            if !conversation.endless {
                laws::check_silent_peer_from(client, talk.now, Duration::from_secs(3_600 + 200)).unwrap();
            }
        }
    }
}

/// Drains a client into nowhere.
trait Poll {
    fn poll(&mut self, now: Instant);
}

impl Poll for Client {
    fn poll(&mut self, now: Instant) {
        use bootproto_core::Machine;
        let mut buf = [0; Self::MAX_TRANSMIT];
        while self.poll_transmit(now, &mut buf).unwrap().is_some() {}
    }
}
