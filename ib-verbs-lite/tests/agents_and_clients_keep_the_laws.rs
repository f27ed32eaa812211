//! The twelve laws of `bootproto-core`, over the four machines that speak in MADs.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    clippy::disallowed_methods,
    reason = "tests"
)]

#[path = "common/mads.rs"]
mod mads;
mod speakers;

use bootproto_core::{Instant, Machine};
use bootproto_ib_verbs_lite::verbs::AddressVector;
use core::time::Duration;
use mads::{manager, sma_agent};
use proptest::prelude::*;
use speakers::*;
use testkit::laws::{self, START, Subject};

fn keeps<M: Subject<Path = AddressVector>>(machine: M, seeds: Vec<Vec<u8>>, cases: u32) {
    let cases =
        if std::env::var_os("PROPTEST_CASES").is_some() { ProptestConfig::default().cases } else { cases };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    });
    runner
        .run(&laws::scripts(seeds, paths(), 60), |script| {
            laws::check(machine.clone(), &script).map_err(TestCaseError::fail)
        })
        .unwrap();
}

#[test]
fn requests_keep_the_laws() {
    let (machine, seeds) = requests();
    keeps(machine, seeds, 200);
}

#[test]
fn the_subnet_management_agent_keeps_the_laws() {
    let (agent, seeds) = subnet();
    keeps(agent, seeds, 150);
    let (agent, seeds) = subnet_with_a_key();
    keeps(agent, seeds, 150);
}

#[test]
fn the_performance_management_agent_keeps_the_laws() {
    let (agent, seeds) = performance();
    keeps(agent, seeds, 100);
}

#[test]
fn the_client_of_subnet_administration_keeps_the_laws() {
    let (machine, seeds) = client();
    keeps(machine, seeds, 200);
}

/// L12 as it is for machines without an end: with a silent peer nothing is left to wait for, by a computable instant.
fn falls_silent<M: Subject<Path = AddressVector>>(mut machine: M, limit: Duration) -> usize {
    let (mut now, mut events) = (START, 0);
    let mut buffer = [0; 256];
    loop {
        while machine.poll_transmit(now, &mut buffer).unwrap().is_some() {}
        let Some(deadline) = machine.poll_timeout() else {
            return events;
        };
        now = now.max(deadline);
        assert!(now.saturating_since(START) <= limit, "it still waits: {machine:?}");
        events += usize::from(machine.handle_timeout(now).is_some());
    }
}

#[test]
fn with_a_silent_peer_every_request_ends_and_says_so() {
    // 0.5 + 1 + 2 + 5 * 4 s, and the jitter of eight intervals.
    let limit = Duration::from_millis(23_500 + 8 * 50 + 1);
    assert_eq!(falls_silent(requests().0, limit), 3);
    assert_eq!(falls_silent(client().0, limit), 5);
    let mut agent = sma_agent();
    mads::activate(&mut agent);
    agent.set_description(b"renamed");
    // 1 + 2 + 4 + 8 + 16 + 32 + 32 + 32 s.
    assert_eq!(falls_silent(Subnet(agent), Duration::from_secs(128)), 0);
}

#[test]
fn a_long_answer_that_stops_is_given_up() {
    let (mut machine, seeds) = requests();
    let mut buffer = [0; 256];
    while machine.poll_transmit(START, &mut buffer).unwrap().is_some() {}
    machine.handle_datagram(START, manager(1), &seeds[0]);
    let silent_from = Instant::from_micros(START.as_micros());
    let events = falls_silent(machine, Duration::from_secs(24));
    assert_eq!((events, silent_from), (3, START));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_cost_at_most_one_answer(
        mads in prop::collection::vec(laws::mutated(mads::bring_up().into_iter().chain(client().1).collect()), 0..20)
    ) {
        let whole = mads.into_iter().map(|mut mad| { mad.resize(256, 0); mad });
        bootproto_ib_verbs_lite::fuzzing::agents(&whole.flatten().collect::<Vec<u8>>());
    }
}
