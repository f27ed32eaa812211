//! What the subnet management agent and the performance management agent answer, value by value.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests"
)]

#[path = "common/mads.rs"]
mod mads;

use bootproto_core::{Instant, Machine};
use bootproto_ib_verbs_lite::mad::attribute::{Notice, PortInfo};
use bootproto_ib_verbs_lite::mad::{AttributeId, Method};
use bootproto_ib_verbs_lite::verbs::{AddressVector, LinkWidth, PortState};
use bootproto_ib_verbs_lite::{ConfigError, Guid, Ignored, Lid, Mtu, PKey, pma, sma};
use core::time::Duration;
use mads::{activate, ask, directed, drain, keyed, manager, set, sma_agent, smp, wanted};
use testkit::laws::START;

/// The status of the answer to an SMP, which has to come.
fn status(agent: &mut sma::Agent, mad: &[u8]) -> u16 {
    let answer = ask(agent, mad).unwrap();
    assert_eq!((answer[3], &answer[8..24], &answer[24..32]), (0x81, &mad[8..24], &mad[24..32]));
    u16::from_be_bytes([answer[4], answer[5]]) & 0x7fff
}

fn get(attribute: u16, modifier: u32) -> Vec<u8> {
    smp(Method::GET, AttributeId(attribute), modifier, &[])
}

#[test]
fn a_port_goes_from_initializing_to_active_one_step_at_a_time() {
    let mut agent = sma_agent();
    assert_eq!(agent.port_info().port_state, PortState::INIT);
    let port = wanted(&agent, 4);
    assert_eq!(set(&mut agent, &port, 0), Some(0x1c));
    assert_eq!((agent.port_info().port_state, agent.port_info().lid), (PortState::INIT, Lid(0)));
    activate(&mut agent);
    assert_eq!(agent.port_info().port_state, PortState::ACTIVE);
    for (state, expected) in [(4, 0), (0, 0), (3, 0x1c), (2, 0x1c), (5, 0x1c)] {
        let port = wanted(&agent, state);
        assert_eq!(set(&mut agent, &port, 0), Some(expected), "state {state}");
    }
    // What took the link down is answered when it is up again, with the state of then: opensm keeps nothing of an answer
    // that says Down. A question that comes meanwhile, from our own side, is not kept waiting.
    let port = wanted(&agent, 1);
    let before = agent.clone();
    assert_eq!(set(&mut agent, &port, 0), None);
    assert_eq!((agent.port_info().port_state, agent.port_info().port_physical_state), (PortState::DOWN, 2));
    assert_eq!(agent.poll_timeout(), None);
    let mut asked = agent.clone();
    assert!(ask(&mut asked, &directed(&get(0x15, 1), 0)).is_some());
    agent.link_up(LinkWidth::X1, 1);
    let answer = drain(&mut agent, START).remove(0).1;
    assert_eq!((answer[4..6].to_vec(), answer[64 + 32] & 15, answer[64 + 33] >> 4), (vec![0, 0], 2, 5));
    // A local Set gets its answer at once.
    let mut local = before;
    let mad = directed(&smp(Method::SET, AttributeId::PORT_INFO, 1, &port.to_bytes()), 0);
    assert_eq!(ask(&mut local, &mad).unwrap()[64 + 32] & 15, 1);
    assert_eq!((agent.port_info().port_state, agent.port_info().port_physical_state), (PortState::INIT, 5));
    assert_eq!(agent.port_info().lid, Lid(2));
}

type Harm = fn(&mut PortInfo);

#[test]
fn one_impossible_value_and_nothing_is_set() {
    let harms: [(&str, Harm); 10] = [
        ("LID 0", |port| port.lid = Lid(0)),
        ("a multicast LID", |port| port.lid = Lid(0xc000)),
        ("LIDs over the end", |port| (port.lid, port.lmc) = (Lid(0xbfff), 1)),
        ("no SM", |port| port.master_sm_lid = Lid(0)),
        ("a width that is not supported", |port| port.link_width_enabled = LinkWidth(8)),
        ("a speed that is not supported", |port| port.link_speed_enabled = 8),
        ("an MTU over the cap", |port| port.neighbor_mtu = Mtu::MTU_4096),
        ("no MTU", |port| port.neighbor_mtu = Mtu(0)),
        ("more lanes than there are", |port| port.operational_vls = 2),
        ("a physical state of its own", |port| port.port_physical_state = 5),
    ];
    for (what, harm) in harms {
        let mut agent = sma_agent();
        let before = *agent.port_info();
        let mut port = wanted(&agent, 0);
        port.gid_prefix = 0xfec0_0000_0000_0001;
        harm(&mut port);
        assert_eq!(set(&mut agent, &port, 0), Some(0x1c), "{what}");
        assert_eq!(*agent.port_info(), before, "{what}");
    }
}

#[test]
fn what_a_set_changes_is_told_and_what_it_asks_is_echoed_once() {
    let mut agent = sma_agent();
    let mut port = wanted(&agent, 0);
    port.client_reregister = true;
    let mad = smp(Method::SET, AttributeId::PORT_INFO, 1, &port.to_bytes());
    let event = agent.handle_datagram(START, manager(0), &mad);
    let sma::Event::Changed(changes) = event else { panic!("{event:?}") };
    assert!(changes.addresses && changes.subnet_manager && changes.reregister && !changes.state);
    let answer = drain(&mut agent, START).remove(0).1;
    assert_eq!(answer[64 + 51] & 0x80, 0x80);
    let answer = ask(&mut agent, &get(0x15, 1)).unwrap();
    assert_eq!(answer[64 + 51], 18);
    port.client_reregister = false;
    let mad = smp(Method::SET, AttributeId::PORT_INFO, 0, &port.to_bytes());
    assert_eq!(agent.handle_datagram(START, manager(0), &mad), sma::Event::Answered);
}

#[test]
fn every_other_question_gets_the_status_that_the_specification_has() {
    let mut agent = sma_agent();
    for (attribute, modifier, expected) in [
        (0x10, 0, 0),
        (0x11, 0, 0),
        (0x12, 0, 0x0c),
        (0x14, 0, 0),
        (0x14, 1, 0x1c),
        (0x15, 0, 0),
        (0x15, 1, 0),
        (0x15, 2, 0x1c),
        (0x16, 0, 0),
        (0x16, 1, 0x1c),
        (0x17, 0x0101, 0),
        (0x18, 0x0001_0000, 0),
        (0x18, 0x0004_0000, 0),
        (0x18, 0, 0x1c),
        (0x18, 0x0005_0000, 0x1c),
        (0x20, 0, 0x0c),
        (0xff90, 0, 0x0c),
    ] {
        assert_eq!(status(&mut agent, &get(attribute, modifier)), expected, "{attribute:#x} {modifier:#x}");
    }
    for attribute in [0x10, 0x11, 0x20] {
        let mad = smp(Method::SET, AttributeId(attribute), 0, &[0xff; 64]);
        assert_eq!(status(&mut agent, &mad), 0x0c);
    }
    assert_eq!(status(&mut agent, &smp(Method(0x30), AttributeId::NODE_INFO, 0, &[])), 0x08);
    let mut version = get(0x11, 0);
    version[2] = 2;
    assert_eq!(status(&mut agent, &version), 0x04);
    for method in [3, 5, 6] {
        let event =
            agent.handle_datagram(START, manager(0), &smp(Method(method), AttributeId::NOTICE, 0, &[]));
        assert!(matches!(event, sma::Event::Ignored(Ignored::Unexpected { .. })), "{event:?}");
    }
    let event = agent.handle_datagram(START, manager(0), &mads::performance(1, 0x12));
    assert!(matches!(event, sma::Event::Ignored(Ignored::OtherClass { .. })), "{event:?}");
    assert!(drain(&mut agent, START).is_empty());
}

#[test]
fn a_directed_route_is_answered_where_it_ends() {
    let mut agent = sma_agent();
    let answer = ask(&mut agent, &directed(&get(0x11, 0), 3)).unwrap();
    // Direction and status, hop pointer, hop count; permissive LIDs; our port in the return path.
    assert_eq!((&answer[4..8], &answer[32..36]), (&[0x80, 0, 3, 3][..], &[0xff; 4][..]));
    assert_eq!((answer[192 + 3], answer[192 + 2]), (1, 0));
    assert!(ask(&mut agent, &directed(&get(0x11, 0), 0)).is_some());
    for (pointer, count) in [(0, 1), (1, 2), (2, 1)] {
        let mut mad = directed(&get(0x11, 0), 0);
        (mad[6], mad[7]) = (pointer, count);
        let event = agent.handle_datagram(START, manager(0), &mad);
        let expected = Ignored::NotTheEnd { hop_pointer: pointer, hop_count: count };
        assert_eq!(event, sma::Event::Ignored(expected));
    }
    // V45: a hop pointer of 64 and over has no place in the path.
    for (pointer, count) in [(64, 64), (64, 63 + 1), (255, 255), (200, 3)] {
        let mut mad = directed(&get(0x11, 0), 0);
        (mad[6], mad[7]) = (pointer, count);
        let event = agent.handle_datagram(START, manager(0), &mad);
        assert!(matches!(event, sma::Event::Ignored(Ignored::Malformed { .. })), "{event:?}");
    }
    let mut elsewhere = directed(&get(0x11, 0), 1);
    elsewhere[34..36].copy_from_slice(&[0, 9]);
    assert!(ask(&mut agent, &elsewhere).is_none());
    assert!(drain(&mut agent, START).is_empty());
}

#[test]
fn tables_keep_what_is_set() {
    let mut agent = sma_agent();
    let mut keys = [0; 64];
    // V45: a place with nothing but the bit of full members names no partition.
    keys[..8].copy_from_slice(&[0xff, 0xff, 0x80, 0x00, 0x80, 0x01, 0, 2]);
    let mad = smp(Method::SET, AttributeId::P_KEY_TABLE, 0, &keys);
    let event = agent.handle_datagram(START, manager(0), &mad);
    assert!(matches!(event, sma::Event::Changed(changes) if changes.p_keys), "{event:?}");
    assert_eq!(drain(&mut agent, START).remove(0).1[64..128], keys);
    assert_eq!(ask(&mut agent, &get(0x16, 0)).unwrap()[64..128], keys);
    assert_eq!(agent.p_keys().len(), 32);
    assert_eq!(agent.p_keys()[..4], [PKey(0xffff), PKey(0x8000), PKey(0x8001), PKey(2)]);
    assert!(agent.p_keys()[1].is_invalid() && !agent.p_keys().iter().any(|key| key.admits(PKey(0x8000))));
    let lanes: Vec<u8> = (0..8).map(|pair| pair * 0x11).collect();
    assert_eq!(status(&mut agent, &smp(Method::SET, AttributeId::SL_TO_VL, 0, &lanes)), 0);
    assert_eq!(ask(&mut agent, &get(0x17, 0)).unwrap()[64..72], lanes);
    assert_eq!(agent.lanes()[..4], [0, 0, 1, 1]);
    let weights: Vec<u8> = (0..64).map(|at| if at % 2 == 0 { 1 } else { at }).collect();
    assert_eq!(status(&mut agent, &smp(Method::SET, AttributeId::VL_ARBITRATION, 3 << 16, &weights)), 0);
    assert_eq!(ask(&mut agent, &get(0x18, 3 << 16)).unwrap()[64..128], weights);
    assert_eq!(ask(&mut agent, &get(0x18, 1 << 16)).unwrap()[64..128], [0; 64]);
    // The port's own GUID stays, and there is room for no other.
    assert_eq!(status(&mut agent, &smp(Method::SET, AttributeId::GUID_INFO, 0, &[0xee; 64])), 0);
    let guids = ask(&mut agent, &get(0x14, 0)).unwrap();
    assert_eq!((&guids[64..72], &guids[72..128]), (&2_u64.to_be_bytes()[..], &[0; 56][..]));
}

/// An agent with a key, protected so far, leased for five seconds.
fn locked(protection: u8) -> sma::Agent {
    let mut agent = sma_agent();
    let port = PortInfo {
        m_key: 0x77,
        m_key_protect_bits: protection,
        m_key_lease_period: 5,
        m_key_violations: 0,
        ..wanted(&agent, 0)
    };
    assert_eq!(set(&mut agent, &port, 0), Some(0));
    agent
}

#[test]
fn the_management_key_protects_as_far_as_its_bits_say() {
    let read = |answer: &[u8]| u64::from_be_bytes(answer[64..72].try_into().unwrap());
    for (protection, seen) in [(0, Some(0x77)), (1, Some(0)), (2, None), (3, None)] {
        let mut agent = locked(protection);
        let blind = ask(&mut agent, &get(0x15, 1));
        assert_eq!(blind.as_deref().map(read), seen, "protection {protection}");
        let knowing = ask(&mut agent, &keyed(&get(0x15, 1), 0x77)).unwrap();
        assert_eq!(read(&knowing), 0x77);
        // A Set without the key is not answered, and counts.
        let before = agent.port_info().m_key_violations;
        let port = PortInfo { m_key: 0, lid: Lid(9), ..*agent.port_info() };
        assert_eq!(set(&mut agent, &port, 0x78), None);
        assert_eq!((agent.port_info().lid, agent.port_info().m_key_violations), (Lid(2), before + 1));
        let port =
            PortInfo { lid: Lid(9), port_state: PortState(0), port_physical_state: 0, ..*agent.port_info() };
        assert_eq!(set(&mut agent, &port, 0x77), Some(0));
        assert_eq!(agent.port_info().lid, Lid(9));
    }
}

#[test]
fn the_keys_lease_runs_from_a_wrong_key_to_the_next_right_one() {
    let mut agent = locked(2);
    assert_eq!(agent.poll_timeout(), None);
    let wrong = keyed(&get(0x15, 1), 1);
    let event = agent.handle_datagram(START, manager(0), &wrong);
    assert_eq!(event, sma::Event::MKeyViolation { violations: 1 });
    let end = START.saturating_add(Duration::from_secs(5));
    assert_eq!(agent.poll_timeout(), Some(end));
    // The right key in time: it holds on.
    let mut renewed = agent.clone();
    assert!(ask(&mut renewed, &keyed(&get(0x15, 1), 0x77)).is_some());
    assert_eq!(renewed.poll_timeout(), None);
    // Another wrong one does not prolong it; at its end everybody may read, and see the key.
    agent.handle_datagram(Instant::from_micros(end.as_micros() - 1), manager(0), &wrong);
    assert_eq!(agent.poll_timeout(), Some(end));
    assert_eq!(agent.handle_timeout(end), Some(sma::Event::LeaseExpired));
    assert_eq!((agent.port_info().m_key_protect_bits, agent.port_info().m_key), (0, 0x77));
    assert!(ask(&mut agent, &get(0x15, 1)).is_some());
}

#[test]
fn a_trap_is_sent_until_its_repress_comes_from_the_subnet_manager() {
    let mut agent = sma_agent();
    agent.set_description(b"renamed");
    assert!(drain(&mut agent, START).is_empty() && agent.poll_timeout().is_none(), "there is no manager yet");
    activate(&mut agent);
    let (path, trap) = drain(&mut agent, START).remove(0);
    assert_eq!((path.lid, path.qpn.get()), (Lid(1), 0));
    // Trap, Notice: generic, informational, from an adapter, 144, about LID 2.
    assert_eq!((trap[1], trap[3], &trap[16..18]), (0x01, 0x05, &[0, 2][..]));
    assert_eq!((&trap[64..70], &trap[64 + 12..64 + 14]), (&[0x84, 0, 0, 1, 0, 144][..], &[0, 2][..]));
    let mut repress = trap.clone();
    repress[3] = 0x07;
    let stranger = AddressVector { lid: Lid(9), ..manager(0) };
    let unknown = sma::Event::Ignored(Ignored::UnknownTrap);
    assert_eq!(agent.handle_datagram(START, stranger, &repress), unknown);
    let mut other = repress.clone();
    other[15] ^= 1;
    assert_eq!(agent.handle_datagram(START, manager(0), &other), unknown);
    let first = agent.poll_timeout().unwrap();
    assert_eq!(agent.handle_timeout(first), None);
    assert_eq!(drain(&mut agent, first).remove(0).1, trap);
    assert!(agent.poll_timeout().unwrap().saturating_since(first) > Duration::from_millis(1_800));
    assert_eq!(agent.handle_datagram(first, manager(0), &repress), sma::Event::TrapAcknowledged);
    assert_eq!(agent.poll_timeout(), None);
    assert_eq!(agent.handle_datagram(first, manager(0), &repress), unknown);
    // A switch's trap 128: generic, urgent, from a switch.
    agent.notify(Notice::link_state(Lid(2)));
    let (_, trap) = drain(&mut agent, first).remove(0);
    assert_eq!((&trap[64..72], &trap[64 + 10..64 + 12]), (&[0x81, 0, 0, 2, 0, 128, 0, 2][..], &[0, 2][..]));
}

#[test]
fn counters_count_stop_and_are_cleared_by_selection() {
    let mut agent = pma::Agent::new(1);
    for _ in 0..3 {
        agent.counters.sent(290);
        agent.counters.received(30);
    }
    agent.counters.receive_error();
    (0..300).for_each(|_| agent.counters.receive_constraint_error());
    let read = |agent: &mut pma::Agent, mad: &[u8]| {
        agent.handle_datagram(START, manager(1), mad);
        drain(agent, START).remove(0).1
    };
    let word = |mad: &[u8], at: usize| u32::from_be_bytes(mad[64 + at..68 + at].try_into().unwrap());
    let answer = read(&mut agent, &mads::performance(1, 0x12));
    assert_eq!((answer[3], answer[5], answer[64 + 1]), (0x81, 0, 1));
    // XmitData and RcvData in words, XmitPkts, RcvPkts; RcvErrors; RcvConstraintErrors has stopped.
    assert_eq!([24, 28, 32, 36].map(|at| word(&answer, at)), [3 * 73, 3 * 8, 3, 3]);
    assert_eq!((answer[64 + 9], answer[64 + 17]), (1, 255));
    let mut clear = mads::performance(2, 0x12);
    clear[66..68].copy_from_slice(&[0x10, 0x08]);
    let answer = read(&mut agent, &clear);
    assert_eq!([24, 28].map(|at| word(&answer, at)), [0, 24]);
    assert_eq!((answer[64 + 9], answer[64 + 17]), (0, 255));
    let mut other = mads::performance(1, 0x12);
    other[65] = 2;
    assert_eq!(read(&mut agent, &other)[5], 0x1c);
    assert_eq!(read(&mut agent, &mads::performance(1, 0x10))[5], 0x0c);
    assert_eq!(read(&mut agent, &mads::performance(0x30, 0x12))[5], 0x08);
    let about = read(&mut agent, &mads::performance(1, 1));
    assert_eq!((about[5], &about[64..66]), (0, &[1, 1][..]));
}

#[test]
fn a_port_needs_guids_and_a_table_that_fits() {
    let error = sma::Agent::new(sma::Config::new(1, Guid(0), Guid(1))).unwrap_err();
    assert_eq!(error, ConfigError::NoGuid);
    for size in [0, 31, 33, 160] {
        let config = sma::Config::new(1, Guid(1), Guid(2)).with_p_keys(size);
        assert_eq!(config.unwrap_err(), ConfigError::BadTableSize { size });
    }
    let config = sma::Config::new(1, Guid(1), Guid(2)).with_p_keys(128).unwrap();
    let mut agent = sma::Agent::new(config).unwrap();
    assert_eq!(status(&mut agent, &get(0x16, 3)), 0);
    assert_eq!(status(&mut agent, &get(0x16, 4)), 0x1c);
}
