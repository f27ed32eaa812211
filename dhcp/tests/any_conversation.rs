//! Conversations of chance in which the peer hears what is said and answers it, so that every state is reached with the
//! right transaction id: servers that contradict themselves, callers that do everything at any time.
#![allow(
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    clippy::panic,
    reason = "tests"
)]

mod common;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use bootproto_core::{Instant, Machine, Rng, UdpPath};
use bootproto_dhcp::client::{Boot, Client, Config, Event, VendorClass};
use common::{ADDRESS, Answer, NOBODY, OTHER, PROXY, SERVER, Sent, config};
use dhcproto::v4::Message;
use dhcproto::{Decodable, Decoder};
use proptest::prelude::*;

/// Chance, with the words that this test needs.
struct Chance(Rng);

impl Chance {
    const fn below(&mut self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len().try_into().unwrap())).unwrap()].clone()
    }

    const fn yes(&mut self) -> bool {
        self.below(2) == 0
    }
}

fn any_config(chance: &mut Chance) -> Config {
    let config = match chance.below(6) {
        0 => Config::ipoib(chance.below(9), [1, 2, 3, 4, 5, 6, 7, 8]),
        1 => config().with_inform(ADDRESS),
        2 => config().with_requested_address(ADDRESS),
        3 => config().with_vendor_class(VendorClass::None),
        _ => config(),
    };
    let config = config.with_probe_address(chance.yes()).with_renew(chance.below(4) > 0);
    let attempts = chance.one_of(&[1, 2, 4, 255]);
    config.with_always_wait_for_proxy(chance.below(4) == 0).with_attempts(attempts)
}

const MENUS: [&[u8]; 6] = [
    b"\x06\x01\x08\xff",
    b"\x09\x04\x80\x01\x01a\xff",
    b"\x06\x01\x03\x08\x0b\x80\x01\x02\x0a\x4d\x00\x02\x0a\x4d\x00\x03\x09\x08\x80\x01\x01a\0\0\x01b\x0a\x02\x03x\xff",
    b"\x06\x01\x06\x08\x03\x80\x01\x00\x09\x04\x80\x01\x01a\x0a\x01\x00\xff",
    b"\x07\x04\xe0\0\x01\x02\x09\x04\0\0\x01a\x0a\x01\x00\xff",
    b"\x09\x01\x80",
];

/// An answer to what was sent last: right in what ties it to the request, of chance in all else.
fn any_answer(chance: &mut Chance, sent: &Sent) -> Answer {
    let kind = chance.one_of(&[Some(2), Some(2), Some(5), Some(5), Some(5), Some(6), Some(8), None]);
    let address = chance.one_of(&[ADDRESS, ADDRESS, ADDRESS, OTHER, NOBODY, Ipv4Addr::BROADCAST]);
    let source = chance.one_of(&[SERVER, SERVER, PROXY, OTHER]);
    let mut answer = Answer { kind, yiaddr: address, ..Answer::ack(sent) }.from(source);
    answer.server_id = chance.one_of(&[Some(source), Some(source), Some(source), Some(SERVER), None]);
    answer.lease =
        chance.one_of(&[None, Some(0), Some(1), Some(2), Some(3_600), Some(u32::MAX - 1), Some(u32::MAX)]);
    answer.ports.0 = chance.one_of(&[67, 67, 4011]);
    answer.siaddr = chance.one_of(&[NOBODY, SERVER, PROXY]);
    if chance.yes() {
        answer.file = chance.one_of(&[b"a".to_vec(), vec![b'n'; 128]]);
    }
    if chance.below(3) > 0 {
        answer = answer.option(60, b"PXEClient");
    }
    if chance.yes() {
        let menu = chance.one_of(&MENUS);
        answer = answer.option(43, menu);
    }
    for code in [58, 59] {
        let time = chance.one_of(&[0, 1, 2, 1_800, u32::MAX]);
        answer = if chance.yes() { answer.option(code, &time.to_be_bytes()) } else { answer };
    }
    for code in [17, 66, 67, 209, 210] {
        let text = chance.one_of(&[b"x".to_vec(), vec![b'l'; 255], b"10.77.0.9".to_vec(), Vec::new()]);
        answer = if chance.below(4) == 0 { answer.option(code, &text) } else { answer };
    }
    answer
}

/// A client, what it said last, and what must hold between its words.
struct Watched {
    client: Client,
    now: Instant,
    sent: Option<Sent>,
    boot: Option<Boot>,
    blocked: bool,
}

impl Watched {
    fn told(&mut self, event: Event<'_>) {
        let lease = self.client.lease();
        match event {
            Event::Bound | Event::Renewed => assert!(lease.is_some(), "{event:?} without a lease"),
            Event::Expired | Event::Refused { .. } | Event::ProbeAddress(_) => {
                assert!(lease.is_none(), "{event:?} with a lease");
            }
            Event::BootReady => assert!(self.boot.is_none(), "twice ready"),
            Event::Menu => assert!(self.client.menu().is_some()),
            Event::Failed(_) => assert!(self.client.is_finished()),
            _ => {}
        }
        if let Some(lease) = lease {
            let times = [lease.renew_after, lease.rebind_after, lease.duration];
            assert!(times.iter().all(Option::is_some) || times.iter().all(Option::is_none));
            assert!(times.is_sorted() && times[0] != Some(Duration::ZERO), "{times:?}");
            assert!(!lease.address.is_unspecified() && !lease.address.is_broadcast());
        }
        self.look();
    }

    /// What was found to boot is final.
    fn look(&mut self) {
        let boot = self.client.boot().cloned();
        assert!(self.boot.is_none() || self.boot == boot, "the boot changed");
        self.boot = boot;
    }

    fn drain(&mut self) {
        let mut room = [0xa5; Client::MAX_TRANSMIT];
        for number in 0.. {
            let Some(transmit) = self.client.poll_transmit(self.now, &mut room).unwrap() else { break };
            assert!(number < 2 && !self.blocked);
            let (bytes, path) = (transmit.bytes.to_vec(), transmit.path);
            let message = Message::decode(&mut Decoder::new(&bytes)).unwrap();
            self.sent = Some(Sent { bytes, path, message });
        }
        self.look();
    }

    /// Time goes to the next deadline, where one call or a few must bring the client on.
    fn wait(&mut self) {
        let Some(at) = self.client.poll_timeout() else { return };
        self.now = self.now.max(at);
        let before = self.client.clone();
        if let Some(event) = self.client.handle_timeout(self.now) {
            self.told(event);
        } else if self.now.as_micros() < u64::MAX / 2 && before.poll_timeout() == Some(at) && at == self.now {
            let still = self.client == before && self.client.poll_timeout() == Some(at);
            let mut room = [0; Client::MAX_TRANSMIT];
            let pending = self.client.clone().poll_transmit(self.now, &mut room).unwrap().is_some();
            assert!(!still || pending, "a deadline that nothing came of");
        }
    }

    fn hear(&mut self, chance: &mut Chance) {
        let Some(sent) = self.sent.clone() else { return };
        let answer = any_answer(chance, &sent);
        let bytes = answer.bytes();
        let path = UdpPath::from_port(68, SocketAddrV4::new(answer.source, answer.ports.0));
        for _ in 0..=chance.below(2) {
            let before = self.client.clone();
            let event = self.client.handle_datagram(self.now, path, &bytes);
            if let Event::Ignored(_) = event {
                assert_eq!(self.client, before);
            }
            self.told(event);
        }
    }

    /// The caller does something, sensible or not.
    fn act(&mut self, chance: &mut Chance) {
        match chance.below(24) {
            0 => self.client.release(self.now),
            1..=4 => {
                self.blocked = chance.yes();
                self.client.link_blocked(self.now, self.blocked);
            }
            5..=10 => self.client.probe_result(self.now, chance.below(3) == 0),
            11 => self.client.hold_menu(self.now),
            _ => {
                let kind = chance.one_of(&[0, 0x8001]);
                let has_menu = self.client.menu().is_some();
                let before = self.client.clone();
                let chosen = self.client.choose(self.now, kind);
                assert!(has_menu || !chosen);
                assert!(chosen || self.client == before);
            }
        }
        self.look();
    }
}

/// One conversation; the last microseconds of time are as good a beginning as any.
fn converse(seed: u64, steps: u32) {
    let mut chance = Chance(Rng::new(seed));
    let now = chance.one_of(&[5_000_000, 5_000_000, 0, u64::MAX - 30_000_000, u64::MAX]);
    let now = Instant::from_micros(now);
    let client = Client::new(any_config(&mut chance), now).unwrap();
    let mut watched = Watched { client, now, sent: None, boot: None, blocked: false };
    for _ in 0..steps {
        match chance.below(12) {
            0..=3 => watched.drain(),
            4..=7 => watched.hear(&mut chance),
            8..=9 => watched.wait(),
            10 => watched.now = watched.now.saturating_add(Duration::from_micros(chance.below(1 << 36))),
            _ => watched.act(&mut chance),
        }
    }
    // In the end nobody answers any more: the client fails, or keeps a lease without an end, or waits for a person.
    watched.client.link_blocked(watched.now, false);
    watched.blocked = false;
    if watched.now.as_micros() > u64::MAX / 2 {
        return;
    }
    let before = watched.now;
    for _ in 0..2_000 {
        watched.drain();
        if watched.client.poll_timeout().is_none() {
            break;
        }
        watched.wait();
    }
    let endless = watched.client.lease().is_some_and(|lease| lease.duration.is_none());
    let waits = watched.client.poll_timeout().is_some();
    assert!(!waits, "after {:?}", watched.now.saturating_since(before));
    assert!(watched.client.is_finished() || endless, "neither finished nor at rest");
}

proptest! {
    #[test]
    fn whatever_is_said_and_done_a_client_keeps_its_word_and_comes_to_an_end(seed: u64) {
        converse(seed, 60);
    }
}
