//! The four machines that speak in MADs as the laws want them, each with what a real manager would say to it.
//!
//! What belongs here: what `agents_and_clients_keep_the_laws.rs` and the fuzz target `ib_machines` begin with. What does
//! not: checks.
#![allow(dead_code, reason = "each user takes its part")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

use bootproto_core::Machine;
use bootproto_ib_verbs_lite::mad::attribute::PortInfo;
use bootproto_ib_verbs_lite::mad::{AttributeId, Header, Method};
use bootproto_ib_verbs_lite::transaction::{Event, Policy, Requester};
use bootproto_ib_verbs_lite::verbs::AddressVector;
use bootproto_ib_verbs_lite::{Ignored, Lid, Qpn, pma, sa, sma};
use testkit::laws::{Class, START, Subject};

use super::mads::{self, broadcast, configured, manager, sma_agent, smp};

testkit::wrap!(pub(crate) struct Asking(Requester));
testkit::wrap!(pub(crate) struct Subnet(sma::Agent));
testkit::wrap!(pub(crate) struct Performance(pma::Agent));
testkit::wrap!(pub(crate) struct Administration(sa::Client));

pub(crate) fn is_mad(sent: &[u8]) -> bool {
    Header::parse(sent).is_ok()
}

/// An acknowledgement or an answer goes back for these, once.
pub(crate) const fn class(why: &Ignored) -> Class {
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

pub(crate) fn paths() -> Vec<AddressVector> {
    let other = AddressVector { lid: Lid(9), ..manager(1) };
    let other_qp = AddressVector { qpn: Qpn::new(5), ..manager(1) };
    vec![manager(1), other, other_qp, AddressVector { lid: Lid::PERMISSIVE, ..manager(0) }]
}

/// What `machine` sends before anything comes.
pub(crate) fn drained<M: Machine<Path = AddressVector> + Clone>(machine: &M) -> Vec<Vec<u8>> {
    let mut machine = machine.clone();
    let mut buffer = [0; 256];
    let mut sent = Vec::new();
    while let Ok(Some(transmit)) = machine.poll_transmit(START, &mut buffer) {
        sent.push(transmit.bytes.to_vec());
    }
    sent
}

pub(crate) fn requests() -> (Asking, Vec<Vec<u8>>) {
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

pub(crate) fn client() -> (Administration, Vec<Vec<u8>>) {
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

pub(crate) fn subnet() -> (Subnet, Vec<Vec<u8>>) {
    let mut seeds: Vec<Vec<u8>> = mads::bring_up();
    for attribute in [0x10, 0x11, 0x14, 0x15, 0x16, 0x17, 0x18, 0x20, 0x12] {
        seeds.push(smp(Method::GET, AttributeId(attribute), 0, &[0; 64]));
    }
    seeds.push(mads::keyed(&seeds[4], 0xabcd));
    seeds.push(smp(Method(0x44), AttributeId::NODE_INFO, 0, &[0; 64]));
    (Subnet(sma_agent()), seeds)
}

/// With a trap under way, and a key with a lease.
pub(crate) fn subnet_with_a_key() -> (Subnet, Vec<Vec<u8>>) {
    let mut agent = sma_agent();
    let port =
        PortInfo { m_key: 0x77, m_key_protect_bits: 2, m_key_lease_period: 5, ..mads::wanted(&agent, 0) };
    mads::set(&mut agent, &port, 0);
    agent.set_description(b"renamed");
    (Subnet(agent), subnet().1)
}

pub(crate) fn performance() -> (Performance, Vec<Vec<u8>>) {
    let seeds = [(1_u8, 0x01_u16), (1, 0x12), (2, 0x12), (1, 0x10), (0x44, 0x12), (0x81, 0x12)]
        .map(|(method, attribute)| mads::performance(method, attribute));
    (Performance(pma::Agent::new(1)), seeds.to_vec())
}
