//! The twelve laws over the client, from the beginning of every conversation that it can have.
#![allow(
    clippy::wildcard_enum_match_arm,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::std_instead_of_core,
    reason = "tests"
)]

mod common;
mod conversations;

use std::time::Duration;

use bootproto_core::Instant;
use bootproto_dhcp::IpoibDialect;
use bootproto_dhcp::client::{Client, Config};
use common::*;
use conversations::{Tested, conversations, paths};
use proptest::prelude::*;
use testkit::laws::{self, Op};

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
