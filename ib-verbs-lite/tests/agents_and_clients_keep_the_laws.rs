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

use bootproto_core::{Instant, Machine};
use bootproto_ib_verbs_lite::mad::attribute::PortInfo;
use bootproto_ib_verbs_lite::mad::{AttributeId, Header, Method};
use bootproto_ib_verbs_lite::transaction::{Event, Policy, Requester};
use bootproto_ib_verbs_lite::verbs::AddressVector;
use bootproto_ib_verbs_lite::{Ignored, Lid, Qpn, pma, sa, sma};
use core::time::Duration;
use mads::{broadcast, configured, manager, sma_agent, smp};
use proptest::prelude::*;
use testkit::laws::{self, Class, START, Subject};

testkit::wrap!(struct Asking(Requester));
testkit::wrap!(struct Subnet(sma::Agent));
testkit::wrap!(struct Performance(pma::Agent));
testkit::wrap!(struct Administration(sa::Client));

fn is_mad(sent: &[u8]) -> bool {
    Header::parse(sent).is_ok()
}

/// An acknowledgement or an answer goes back for these, once.
const fn class(why: &Ignored) -> Class {
    match why {
        Ignored::DuplicateReport | Ignored::DuplicateSegment { .. } | Ignored::MissingSegment { .. } => {
            Class::Duplicate
        }
        _ => Class::Ignored,
    }
}

impl Subject for Asking {
    fn class(event: &Event<'_>) -> Class {
        match event {
            Event::Ignored(why) => class(why),
            _ => Class::Other,
        }
    }
    fn parses(sent: &[u8]) -> bool {
        is_mad(sent)
    }
    fn burst(&self) -> usize {
        8
    }
    fn reply_bytes(&self, _: usize) -> usize {
        256
    }
}

impl Subject for Subnet {
    fn class(event: &sma::Event) -> Class {
        match event {
            sma::Event::Ignored(why) => class(why),
            _ => Class::Other,
        }
    }
    fn parses(sent: &[u8]) -> bool {
        is_mad(sent)
    }
}

impl Subject for Performance {
    fn class(event: &pma::Event) -> Class {
        match event {
            pma::Event::Ignored(why) => class(why),
            _ => Class::Other,
        }
    }
    fn parses(sent: &[u8]) -> bool {
        is_mad(sent)
    }
    fn reply_bytes(&self, _: usize) -> usize {
        256
    }
}

impl Subject for Administration {
    fn class(event: &sa::Event<'_>) -> Class {
        match event {
            sa::Event::Ignored(why) => class(why),
            _ => Class::Other,
        }
    }
    fn parses(sent: &[u8]) -> bool {
        is_mad(sent)
    }
    fn burst(&self) -> usize {
        9
    }
    /// An answer makes room for the next request, and a report is answered.
    fn reply_bytes(&self, _: usize) -> usize {
        256
    }
}

fn paths() -> Vec<AddressVector> {
    let other = AddressVector { lid: Lid(9), ..manager(1) };
    let other_qp = AddressVector { qpn: Qpn::new(5), ..manager(1) };
    vec![manager(1), other, other_qp, AddressVector { lid: Lid::PERMISSIVE, ..manager(0) }]
}

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

/// What `machine` sends before anything comes.
fn drained<M: Machine<Path = AddressVector> + Clone>(machine: &M) -> Vec<Vec<u8>> {
    let mut machine = machine.clone();
    let mut buffer = [0; 256];
    let mut sent = Vec::new();
    while let Ok(Some(transmit)) = machine.poll_transmit(START, &mut buffer) {
        sent.push(transmit.bytes.to_vec());
    }
    sent
}

fn requests() -> (Asking, Vec<Vec<u8>>) {
    let mut requester = Requester::new(7, u64::MAX, Policy::DEFAULT).unwrap();
    let get = mads::sa_request(Method::GET, AttributeId::PATH_RECORD);
    let table = mads::sa_request(Method::GET_TABLE, AttributeId::NODE_RECORD);
    requester.request(START, manager(1), &get, 0).unwrap();
    requester.request(START, manager(1), &table, 100_000).unwrap();
    requester.request(START, manager(1), &table, 500).unwrap();
    let sent = drained(&requester);
    let mut seeds = vec![mads::segment(&sent[1], 1, 0, 0)];
    seeds.extend((2..9).map(|number| mads::segment(&sent[1], number, 0, 0)));
    seeds.insert(3, mads::segment(&sent[1], 5, 0, 0));
    seeds.push(mads::segment(&sent[1], 9, 4, 120));
    seeds.push(mads::answer(&sent[0], 0));
    seeds.extend((1..4).map(|number| mads::segment(&sent[2], number, 0, 0)));
    seeds.push(mads::answer(&sent[0], 1));
    seeds.push(mads::answer(&sent[2], 0x0300));
    (Asking(requester), seeds)
}

#[test]
fn requests_keep_the_laws() {
    let (machine, seeds) = requests();
    keeps(machine, seeds, 200);
}

#[test]
fn the_subnet_management_agent_keeps_the_laws() {
    let mut seeds: Vec<Vec<u8>> = mads::bring_up();
    for attribute in [0x10, 0x11, 0x14, 0x15, 0x16, 0x17, 0x18, 0x20, 0x12] {
        seeds.push(smp(Method::GET, AttributeId(attribute), 0, &[0; 64]));
    }
    seeds.push(mads::keyed(&seeds[4], 0xabcd));
    seeds.push(smp(Method(0x44), AttributeId::NODE_INFO, 0, &[0; 64]));
    keeps(Subnet(sma_agent()), seeds.clone(), 150);
    // With a trap under way, and a key with a lease.
    let mut agent = sma_agent();
    let port =
        PortInfo { m_key: 0x77, m_key_protect_bits: 2, m_key_lease_period: 5, ..mads::wanted(&agent, 0) };
    mads::set(&mut agent, &port, 0);
    agent.set_description(b"renamed");
    keeps(Subnet(agent), seeds, 150);
}

#[test]
fn the_performance_management_agent_keeps_the_laws() {
    let seeds = [(1_u8, 0x01_u16), (1, 0x12), (2, 0x12), (1, 0x10), (0x44, 0x12), (0x81, 0x12)]
        .map(|(method, attribute)| mads::performance(method, attribute));
    keeps(Performance(pma::Agent::new(1)), seeds.to_vec(), 100);
}

fn client() -> (Administration, Vec<Vec<u8>>) {
    let mut client = configured();
    client.subscribe(START);
    client.join(START, sa::Join::existing(broadcast())).unwrap();
    client.ask(START, sa::Question::Path { dgid: mads::gid(1), p_key: None }).unwrap();
    client.ask(START, sa::Question::Table { attribute: AttributeId::NODE_RECORD }).unwrap();
    client.ask(START, sa::Question::ClassPortInfo).unwrap();
    let sent = drained(&client);
    let mut seeds: Vec<Vec<u8>> = sent.iter().map(|request| mads::answer(request, 0)).collect();
    seeds[1] = mads::joined(&sent[1], 0xc000);
    seeds[2] = mads::path(&sent[2], 4);
    seeds.insert(3, mads::segment(&sent[3], 1, 4, 200));
    seeds.insert(4, mads::report(65, 0x34));
    seeds.insert(5, mads::report(65, 0x34));
    seeds.push(mads::joined(&sent[1], 0x1000));
    seeds.push(mads::answer(&sent[2], 0x0300));
    (Administration(client), seeds)
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
