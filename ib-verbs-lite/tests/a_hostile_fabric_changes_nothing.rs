//! MADs that are wrong, late, doubled, forged or senseless: each is ignored with its reason, and no state is lost.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    clippy::disallowed_methods,
    reason = "tests"
)]

#[path = "common/mads.rs"]
mod mads;

use bootproto_core::{Machine, ParseErrorKind};
use bootproto_ib_verbs_lite::mad::{AttributeId, Method};
use bootproto_ib_verbs_lite::transaction::{Event, Policy, Requester};
use bootproto_ib_verbs_lite::verbs::AddressVector;
use bootproto_ib_verbs_lite::{ConfigError, Failure, Gid, Ignored, Lid, Qpn, pma, sa, sma};
use mads::{answer, broadcast, configured, drain, gid, joined, manager, report, segment, sma_agent, smp};
use testkit::laws::START;
use testkit::vectors::truncations;

/// One open request for a path, and what was sent.
fn one_request(seed: u64) -> (Requester, Vec<u8>) {
    let mut requester = Requester::new(seed, u64::MAX, Policy::DEFAULT).unwrap();
    let get = mads::sa_request(Method::GET, AttributeId::PATH_RECORD);
    requester.request(START, manager(1), &get, 0).unwrap();
    let sent = drain(&mut requester, START).remove(0).1;
    (requester, sent)
}

/// What a MAD from there is ignored for; the machine is as it was.
fn ignored(requester: &Requester, path: AddressVector, mad: &[u8]) -> Ignored {
    let mut machine = requester.clone();
    let event = machine.handle_datagram(START, path, mad);
    let Event::Ignored(why) = event else { panic!("{event:?}") };
    assert_eq!(machine, *requester, "{why:?} changed the state");
    assert!(drain(&mut machine, START).is_empty(), "{why:?} is answered");
    why
}

#[test]
fn v45_a_mad_has_256_bytes_and_base_version_1() {
    let (requester, sent) = one_request(1);
    let good = answer(&sent, 0);
    for short in truncations(&good) {
        let Ignored::Malformed { error } = ignored(&requester, manager(1), short) else { panic!() };
        assert_eq!(error.kind, ParseErrorKind::Truncated);
    }
    let long = [good.as_slice(), &[0]].concat();
    let Ignored::Malformed { error } = ignored(&requester, manager(1), &long) else { panic!() };
    assert_eq!(error.kind, ParseErrorKind::BadLength);
    let mut version = good.clone();
    version[0] = 2;
    assert!(matches!(ignored(&requester, manager(1), &version), Ignored::Malformed { .. }));
    let mut requester = requester;
    assert!(matches!(requester.handle_datagram(START, manager(1), &good), Event::Answer { .. }));
}

#[test]
fn v45_the_right_transaction_without_the_response_bit_is_no_answer() {
    let (requester, sent) = one_request(1);
    assert_eq!(ignored(&requester, manager(1), &sent), Ignored::NotAnAnswer { method: Method::GET });
}

#[test]
fn v45_the_second_answer_is_a_strangers() {
    let (mut requester, sent) = one_request(1);
    let good = answer(&sent, 0);
    assert!(matches!(requester.handle_datagram(START, manager(1), &good), Event::Answer { .. }));
    assert_eq!(ignored(&requester, manager(1), &good), Ignored::UnknownTransaction { lid: Lid(1) });
    assert_eq!(requester.poll_timeout(), None);
}

#[test]
fn answers_count_only_from_where_the_request_went_and_for_what_it_asked() {
    let (requester, sent) = one_request(1);
    let good = answer(&sent, 0);
    let other_lid = AddressVector { lid: Lid(7), ..manager(1) };
    let why = ignored(&requester, other_lid, &good);
    assert_eq!(why, Ignored::WrongSource { lid: Lid(7), qpn: Qpn::GSI });
    let why = ignored(&requester, manager(2), &good);
    assert_eq!(why, Ignored::WrongSource { lid: Lid(1), qpn: Qpn::new(2) });
    // Class, method, attribute, and each bit of the transaction identifier.
    for (at, value) in [(1, 4), (3, 0x92), (17, 0x38)] {
        let mut mad = good.clone();
        mad[at] = value;
        assert!(matches!(ignored(&requester, manager(1), &mad), Ignored::WrongAnswer { .. }), "byte {at}");
    }
    for bit in 0..64 {
        let mut mad = good.clone();
        mad[8 + bit / 8] ^= 1 << (bit % 8);
        assert_eq!(ignored(&requester, manager(1), &mad), Ignored::UnknownTransaction { lid: Lid(1) });
    }
}

#[test]
fn x8_transaction_identifiers_are_not_to_be_guessed() {
    let tid = |mad: &[u8]| u64::from_be_bytes(mad[8..16].try_into().unwrap());
    let mut all = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let mut requester = Requester::new(seed, u64::MAX, Policy::DEFAULT).unwrap();
        let get = mads::sa_request(Method::GET, AttributeId::PATH_RECORD);
        for _ in 0..8 {
            requester.request(START, manager(1), &get, 0).unwrap();
        }
        let sent: Vec<u64> = drain(&mut requester, START).iter().map(|(_, mad)| tid(mad)).collect();
        for pair in sent.windows(2) {
            assert!(pair[0].abs_diff(pair[1]) > 1_000, "{pair:x?}");
        }
        all.extend(sent);
    }
    assert_eq!(all.len(), 1_600);
    // Every bit is used.
    assert_eq!(all.iter().fold(0, |bits, tid| bits | tid), u64::MAX);
    assert_eq!(all.iter().fold(u64::MAX, |bits, tid| bits & tid), 0);
}

#[test]
fn only_the_bits_that_survive_are_ours() {
    let mask = 0x0000_ffff_ffff_ffff;
    let mut requester = Requester::new(3, mask, Policy::DEFAULT).unwrap();
    let get = mads::sa_request(Method::GET, AttributeId::PATH_RECORD);
    requester.request(START, manager(1), &get, 0).unwrap();
    let sent = drain(&mut requester, START).remove(0).1;
    assert_eq!(sent[8..10], [0, 0]);
    // ibsim writes its own number there.
    let mut good = answer(&sent, 0);
    good[8..10].copy_from_slice(&[0xab, 0xcd]);
    assert!(matches!(requester.handle_datagram(START, manager(1), &good), Event::Answer { .. }));
    let narrow = Requester::new(3, 0xffff, Policy::DEFAULT).unwrap_err();
    assert_eq!(narrow, ConfigError::TidTooNarrow { bits: 16 });
}

#[test]
fn a_busy_peer_is_asked_again() {
    let (requester, sent) = one_request(1);
    assert_eq!(ignored(&requester, manager(1), &answer(&sent, 1)), Ignored::Busy);
    let mut requester = requester;
    requester.handle_timeout(requester.poll_timeout().unwrap());
    assert_eq!(drain(&mut requester, START).remove(0).1, sent);
}

#[test]
fn the_table_of_requests_is_bounded() {
    let (mut requester, _) = one_request(1);
    let get = mads::sa_request(Method::GET, AttributeId::PATH_RECORD);
    for _ in 0..7 {
        requester.request(START, manager(1), &get, 0).unwrap();
    }
    assert_eq!(requester.request(START, manager(1), &get, 0), Err(ConfigError::TooManyRequests));
    let not = answer(&get, 0);
    let error = requester.request(START, manager(1), &not, 0);
    assert_eq!(error, Err(ConfigError::NotARequest { method: Method::GET_RESP }));
    assert!(matches!(requester.request(START, manager(1), &get[..255], 0), Err(ConfigError::NotAMad { .. })));
}

/// An open question for a table, and what was sent.
fn one_table(limit: u32) -> (Requester, Vec<u8>) {
    let mut requester = Requester::new(5, u64::MAX, Policy::DEFAULT).unwrap();
    let table = mads::sa_request(Method::GET_TABLE, AttributeId::NODE_RECORD);
    requester.request(START, manager(1), &table, limit).unwrap();
    let sent = drain(&mut requester, START).remove(0).1;
    (requester, sent)
}

/// The number and the window's end of an acknowledgement, which has to be one.
fn acknowledged(mad: &[u8]) -> (u32, u32) {
    let word = |at: usize| u32::from_be_bytes(mad[at..at + 4].try_into().unwrap());
    // GetTable, not its response; RMPP version 1, ACK, active.
    assert_eq!((mad[3], mad[24], mad[25], mad[26] & 7), (0x12, 1, 2, 1));
    (word(28), word(32))
}

#[test]
fn v45_the_second_segment_without_the_first_is_ignored() {
    let (requester, sent) = one_table(10_000);
    let why = ignored(&requester, manager(1), &segment(&sent, 2, 0, 0));
    assert_eq!(why, Ignored::MissingSegment { segment: 2, expected: 1 });
}

#[test]
fn a_long_answer_comes_in_order_whatever_the_fabric_does() {
    let (mut requester, sent) = one_table(10_000);
    let mut told = Vec::new();
    let mut acks = Vec::new();
    for number in [1, 2, 4, 3, 3, 4, 1, 5, 6, 7, 8, 9, 10, 11, 11] {
        let flags = if number == 11 { 4 } else { 0 };
        let mad = segment(&sent, number, flags, 100);
        match requester.handle_datagram(START, manager(1), &mad) {
            Event::Part { offset, bytes, distance, complete, .. } => {
                assert_eq!((usize::try_from(offset).unwrap(), distance), (told.len(), 112));
                assert_eq!(complete, number == 11);
                told.extend_from_slice(bytes);
            }
            Event::Ignored(
                Ignored::DuplicateSegment { .. } | Ignored::MissingSegment { segment: 4, expected: 3 },
            ) => {}
            other => panic!("{number}: {other:?}"),
        }
        acks.extend(drain(&mut requester, START).iter().map(|(_, mad)| acknowledged(mad)));
    }
    let expected: Vec<u8> =
        (1..=11_u8).flat_map(|number| vec![number; if number == 11 { 100 } else { 200 }]).collect();
    assert_eq!(told, expected);
    // The first segment, then once for each that came too early or twice, then at the window's end, and the last one twice.
    assert_eq!(acks, [(1, 9), (2, 9), (3, 9), (4, 9), (9, 17), (11, 19), (11, 19)]);
}

#[test]
fn a_segment_that_contradicts_itself_is_ignored() {
    let (requester, sent) = one_table(10_000);
    let good = segment(&sent, 1, 0, 0);
    let harmed: [fn(&mut Vec<u8>); 6] = [
        |mad| mad[24] = 2,
        |mad| mad[25] = 9,
        |mad| mad[28..32].fill(0),
        // The first segment without its flag.
        |mad| mad[26] &= !2,
        // The last one with a length that is less than its header, and more than it has.
        |mad| (mad[26], mad[35]) = (mad[26] | 4, 19),
        |mad| (mad[26], mad[35]) = (mad[26] | 4, 221),
    ];
    for (index, harm) in harmed.iter().enumerate() {
        let mut mad = good.clone();
        harm(&mut mad);
        assert!(matches!(ignored(&requester, manager(1), &mad), Ignored::BadSegment { .. }), "{index}");
    }
}

#[test]
fn a_table_that_is_too_long_is_stopped() {
    let (mut requester, sent) = one_table(300);
    assert!(matches!(
        requester.handle_datagram(START, manager(1), &segment(&sent, 1, 0, 0)),
        Event::Part { .. }
    ));
    drain(&mut requester, START);
    let second = segment(&sent, 2, 0, 0);
    let event = requester.handle_datagram(START, manager(1), &second);
    assert!(
        matches!(event, Event::Failed { failure: Failure::TableTooLong { limit: 300 }, .. }),
        "{event:?}"
    );
    let stop = drain(&mut requester, START).remove(0).1;
    assert_eq!((stop[24], stop[25], stop[27]), (1, 3, 1));
    assert_eq!(requester.poll_timeout(), None);
    // One that announces its length is not even begun.
    let (mut requester, sent) = one_table(300);
    let mut first = segment(&sent, 1, 0, 0);
    first[32..36].copy_from_slice(&1_000_u32.to_be_bytes());
    let event = requester.handle_datagram(START, manager(1), &first);
    assert!(matches!(event, Event::Failed { failure: Failure::TableTooLong { .. }, .. }), "{event:?}");
}

#[test]
fn a_table_that_the_peer_aborts_fails() {
    let (mut requester, sent) = one_table(1_000);
    requester.handle_datagram(START, manager(1), &segment(&sent, 1, 0, 0));
    let mut abort = segment(&sent, 0, 0, 0);
    (abort[25], abort[26], abort[27]) = (4, 1, 126);
    let event = requester.handle_datagram(START, manager(1), &abort);
    assert!(matches!(event, Event::Failed { failure: Failure::Aborted { status: 126 }, .. }), "{event:?}");
    assert!(drain(&mut requester, START).is_empty() || requester.poll_timeout().is_none());
}

#[test]
fn x5_a_response_is_never_answered() {
    let mut subnet = sma_agent();
    let mut performance = pma::Agent::new(1);
    for method in 0x80..=0xff_u8 {
        let mad = smp(Method(method), AttributeId::NODE_INFO, 0, &[]);
        let event = subnet.handle_datagram(START, manager(0), &mad);
        assert_eq!(event, sma::Event::Ignored(Ignored::UnaskedResponse { method: Method(method) }));
        let event = performance.handle_datagram(START, manager(1), &mads::performance(method, 0x12));
        assert_eq!(event, pma::Event::Ignored(Ignored::UnaskedResponse { method: Method(method) }));
    }
    // A directed route on its way back is one too, whatever its method says.
    let mut returning = mads::directed(&smp(Method::GET, AttributeId::NODE_INFO, 0, &[]), 1);
    returning[4] = 0x80;
    let event = subnet.handle_datagram(START, manager(0), &returning);
    assert!(matches!(event, sma::Event::Ignored(Ignored::UnaskedResponse { .. })), "{event:?}");
    // Two agents that are told each other's answers: it ends at once.
    let mut other = sma_agent();
    let asked = mads::ask(&mut subnet, &smp(Method::GET, AttributeId::NODE_INFO, 0, &[])).unwrap();
    assert_eq!(mads::ask(&mut other, &asked), None);
    assert!(drain(&mut subnet, START).is_empty() && drain(&mut performance, START).is_empty());
}

#[test]
fn x3_leaving_goes_to_the_subnet_manager() {
    let mut client = configured();
    client.join(START, sa::Join::existing(broadcast())).unwrap();
    let join = drain(&mut client, START).remove(0).1;
    let joined = joined(&join, 0xc000);
    let event = client.handle_datagram(START, manager(1), &joined);
    assert!(matches!(event, sa::Event::Joined(_)), "{event:?}");
    client.leave(START, broadcast()).unwrap();
    let (path, leave) = drain(&mut client, START).remove(0);
    assert_eq!((path.lid, path.qpn), (Lid(1), Qpn::GSI));
    // Delete MCMemberRecord, with MGID, PortGID and JoinState.
    assert_eq!((leave[3], &leave[16..18]), (0x15, &[0, 0x38][..]));
    assert_eq!(u64::from_be_bytes(leave[48..56].try_into().unwrap()), 0x1_0003);
    assert_eq!((&leave[56..72], &leave[72..88]), (&broadcast().0[..], &gid(2).0[..]));
    assert_eq!(
        client.handle_datagram(START, manager(1), &answer(&leave, 0)),
        sa::Event::Left { mgid: broadcast() }
    );
    assert_eq!(client.leave(START, broadcast()), Err(ConfigError::NotAMember));
}

/// The failure that an answer to a join ends with.
fn join_fails(harm: impl Fn(&mut Vec<u8>)) -> Failure {
    let mut client = configured();
    client.join(START, sa::Join::existing(broadcast())).unwrap();
    let join = drain(&mut client, START).remove(0).1;
    let mut mad = joined(&join, 0xc000);
    harm(&mut mad);
    let event = client.handle_datagram(START, manager(1), &mad);
    assert_eq!(client.membership(broadcast()), None);
    assert_eq!(client.poll_timeout(), None);
    let sa::Event::Failed { subject: sa::Subject::Join { mgid }, failure } = event else {
        panic!("{event:?}")
    };
    assert_eq!(mgid, broadcast());
    failure
}

#[test]
fn v45_a_join_with_an_mlid_that_is_none_fails() {
    for mlid in [0_u16, 1, 0xbfff, 0xffff] {
        let failure = join_fails(|mad| mad[92..94].copy_from_slice(&mlid.to_be_bytes()));
        assert_eq!(failure, Failure::BadMlid { lid: Lid(mlid) });
    }
    assert_eq!(join_fails(|mad| mad[56 + 15] ^= 1), Failure::OtherRecord);
    assert_eq!(join_fails(|mad| mad[72 + 15] ^= 1), Failure::OtherRecord);
}

#[test]
fn v45_a_bad_status_fails_in_the_subnet_managers_words() {
    let said = [
        (0x0100_u16, Failure::NoResources),
        (0x0200, Failure::Invalid),
        (0x0300, Failure::NoRecords),
        (0x0400, Failure::TooManyRecords),
        (0x0500, Failure::InvalidGid),
        (0x0600, Failure::InsufficientComponents),
        (0x0700, Failure::Denied),
        (0x0002, Failure::Redirected),
    ];
    for (status, expected) in said {
        let failure = join_fails(|mad| mad[4..6].copy_from_slice(&status.to_be_bytes()));
        assert_eq!(failure, expected);
        assert!(status == 2 || failure.to_string().contains(&format!("0x{status:04x}")), "{failure}");
    }
    let failure = join_fails(|mad| mad[5] = 0x1c);
    assert_eq!(failure.to_string(), "the answer is: invalid attribute or modifier");
}

// The all-ones P_Key of V45 is the default partition with full membership: opensm says it of every path here.
#[test]
fn v45_a_path_in_the_default_partition_is_one_and_a_path_to_nowhere_is_not() {
    let ask = |dlid: u16| {
        let mut client = configured();
        client.ask(START, sa::Question::Path { dgid: gid(1), p_key: None }).unwrap();
        let question = drain(&mut client, START).remove(0).1;
        let mad = mads::path(&question, dlid);
        let event = client.handle_datagram(START, manager(1), &mad);
        let text = format!("{event:?}");
        (client, text)
    };
    let (client, _) = ask(4);
    assert_eq!(client.path(gid(1), None).unwrap().p_key.0, 0xffff);
    for dlid in [0, 0xc000, 0xffff] {
        let (client, text) = ask(dlid);
        assert!(text.contains("BadDlid"), "{text}");
        assert_eq!(client.path(gid(1), None), None);
    }
}

#[test]
fn reports_count_only_from_the_subnet_manager_and_once() {
    let mut client = configured();
    let told =
        |client: &mut sa::Client, path, mad: &[u8]| format!("{:?}", client.handle_datagram(START, path, mad));
    assert!(told(&mut client, manager(1), &report(65, 1)).contains("Unexpected"));
    client.subscribe(START);
    let subscribe = drain(&mut client, START).remove(0).1;
    client.handle_datagram(START, manager(1), &answer(&subscribe, 0));
    client.ask(START, sa::Question::Path { dgid: gid(1), p_key: None }).unwrap();
    let question = drain(&mut client, START).remove(0).1;
    client.handle_datagram(START, manager(1), &mads::path(&question, 4));
    let stranger = AddressVector { lid: Lid(9), ..manager(1) };
    assert!(told(&mut client, stranger, &report(65, 1)).contains("NotTheManager"));
    assert!(client.path(gid(1), None).is_some() && drain(&mut client, START).is_empty());
    assert!(told(&mut client, manager(1), &report(65, 1)).starts_with("Report("));
    assert!(told(&mut client, manager(1), &report(65, 2)).contains("AnswerPending"));
    let (path, response) = drain(&mut client, START).remove(0);
    assert_eq!((path.lid, response[3], response[15]), (Lid(1), 0x86, 1));
    // The port is out of service: what is known of it is forgotten.
    assert_eq!(client.path(gid(1), None), None);
    assert!(told(&mut client, manager(1), &report(65, 1)).contains("DuplicateReport"));
    assert_eq!(drain(&mut client, START).len(), 1);
}

#[test]
fn another_subnet_manager_is_told_everything_again() {
    let mut client = configured();
    client.join(START, sa::Join::existing(broadcast())).unwrap();
    client.subscribe(START);
    client.ask(START, sa::Question::Path { dgid: gid(1), p_key: None }).unwrap();
    for (_, request) in drain(&mut client, START) {
        let mad = match request[17] {
            0x38 => joined(&request, 0xc000),
            0x35 => mads::path(&request, 4),
            _ => answer(&request, 0),
        };
        client.handle_datagram(START, manager(1), &mad);
    }
    client.ask(START, sa::Question::ClassPortInfo).unwrap();
    let late = answer(&drain(&mut client, START)[0].1, 0);
    let port = sa::Port {
        gid: gid(2),
        lid: Lid(2),
        sm_lid: Lid(5),
        sm_sl: bootproto_ib_verbs_lite::ServiceLevel::new(0),
        p_key_index: 0,
    };
    client.configure(START, port).unwrap();
    assert_eq!(client.path(gid(1), None), None);
    assert_eq!(client.membership(broadcast()), None);
    let event = client.handle_datagram(START, manager(1), &late);
    assert_eq!(event, sa::Event::Ignored(Ignored::UnknownTransaction { lid: Lid(1) }));
    let mut again = drain(&mut client, START);
    again.sort_by_key(|(_, mad)| mad[17]);
    assert!(again.iter().all(|(path, _)| path.lid == Lid(5)));
    assert_eq!(again.iter().map(|(_, mad)| mad[17]).collect::<Vec<_>>(), [0x01, 0x03, 0x38]);
    // The same once more is nothing new.
    client.configure(START, port).unwrap();
    assert!(drain(&mut client, START).is_empty());
}

#[test]
fn a_flood_costs_nothing() {
    let mut client = configured();
    client.join(START, sa::Join::existing(broadcast())).unwrap();
    let join = drain(&mut client, START).remove(0).1;
    let before = client.clone();
    let mut rng = bootproto_core::Rng::new(4);
    for _ in 0..10_000 {
        let mut mad = joined(&join, 0xc000);
        mad[8..16].copy_from_slice(&rng.next_u64().to_be_bytes());
        let event = client.handle_datagram(START, manager(1), &mad);
        assert!(matches!(event, sa::Event::Ignored(_)), "{event:?}");
    }
    assert_eq!(client, before);
    assert!(drain(&mut client, START).is_empty());
    assert!(matches!(
        client.handle_datagram(START, manager(1), &joined(&join, 0xc000)),
        sa::Event::Joined(_)
    ));
}

#[test]
fn groups_and_questions_are_bounded() {
    let mut client = configured();
    let group = |last: u8| Gid::ipoib_v4(2, bootproto_ib_verbs_lite::PKey::DEFAULT, [239, 0, 0, last].into());
    for last in 0..16 {
        client.join(START, sa::Join::existing(group(last))).unwrap();
    }
    assert_eq!(client.join(START, sa::Join::existing(group(99))), Err(ConfigError::TooManyGroups));
    assert_eq!(client.join(START, sa::Join::existing(gid(1))), Err(ConfigError::NotAGroup));
    for lid in 1..9 {
        client.ask(START, sa::Question::Node { lid: Lid(lid) }).unwrap();
    }
    let ninth = sa::Question::Node { lid: Lid(9) };
    assert_eq!(client.ask(START, ninth), Err(ConfigError::TooManyRequests));
    // All of them are asked in the end, eight at a time.
    let mut asked = 0;
    loop {
        let sent = drain(&mut client, START);
        if sent.is_empty() {
            break;
        }
        assert!(sent.len() <= 8);
        asked += sent.len();
        for (_, request) in sent {
            let mad = if request[17] == 0x38 { joined(&request, 0xc001) } else { answer(&request, 0) };
            let event = client.handle_datagram(START, manager(1), &mad);
            assert!(matches!(event, sa::Event::Joined(_) | sa::Event::Node(_)), "{event:?}");
        }
    }
    assert_eq!(asked, 16 + 8);
}

#[test]
fn a_group_that_is_left_and_joined_at_once_is_joined_when_it_is_left() {
    let mut client = configured();
    client.join(START, sa::Join::existing(broadcast())).unwrap();
    let join = drain(&mut client, START).remove(0).1;
    // Left before the answer to the join is here: the subnet manager is told all the same, and the answer is late.
    client.leave(START, broadcast()).unwrap();
    client.join(START, sa::Join::existing(broadcast())).unwrap();
    let sent = drain(&mut client, START);
    assert_eq!(sent.iter().map(|(_, mad)| mad[3]).collect::<Vec<_>>(), [0x15]);
    let late = joined(&join, 0xc000);
    let event = client.handle_datagram(START, manager(1), &late);
    assert_eq!(event, sa::Event::Ignored(Ignored::UnknownTransaction { lid: Lid(1) }));
    let left = answer(&sent[0].1, 0);
    assert_eq!(client.handle_datagram(START, manager(1), &left), sa::Event::Left { mgid: broadcast() });
    let again = drain(&mut client, START);
    assert_eq!(again.iter().map(|(_, mad)| mad[3]).collect::<Vec<_>>(), [0x02]);
    let mad = joined(&again[0].1, 0xc000);
    assert!(matches!(client.handle_datagram(START, manager(1), &mad), sa::Event::Joined(_)));
}
