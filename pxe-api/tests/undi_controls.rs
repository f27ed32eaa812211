//! What can be asked of an open driver besides frames, against the ROM made of a script.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::doc_markdown,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod common;

use bootproto_pxe_api::blocks::PacketFilter;
use bootproto_pxe_api::undi::{
    Attach, Client, Config, ConfigError, Event, Failure, Ignored, Keep, Kept, Receive, Signal,
};
use bootproto_pxe_api::{Opcode, Status};
use common::rom::{AREA, Rig, Rom};

const SET_FILTER: u16 = 0x0b;
const SET_GROUPS: u16 = 0x09;
/// CLOSE, SET_STATION_ADDRESS, OPEN.
const REOPEN: [u16; 3] = [0x07, 0x0a, 0x06];
const EVERYTHING: PacketFilter = PacketFilter::PROMISCUOUS;

fn open(rom: Rom) -> Rig {
    let config = Config::new(Attach::BootProgram, AREA).unwrap().with_receive(Receive::Polled).with_quota(1);
    let mut rig = Rig::new(Client::new(config), rom);
    rig.run_on();
    assert!(rig.client.is_open());
    rig.takes();
    rig.rom.log.clear();
    rig
}

fn log(rig: &mut Rig) -> Vec<u16> {
    core::mem::take(&mut rig.rom.log)
}

#[test]
fn filter_and_groups_are_set_while_it_is_open() {
    let mut rig = open(Rom::open());
    assert_eq!(rig.rom.filter, 3, "directed and broadcast");
    rig.client.set_filter(PacketFilter::DIRECTED | EVERYTHING).unwrap();
    rig.client.set_groups(&[&[1, 0, 0x5e, 0, 0, 1], &[1, 0, 0x5e, 0, 0, 2]]).unwrap();
    rig.run();
    assert_eq!((rig.rom.filter, rig.rom.groups), (5, 2));
    let done = [Opcode::UNDI_SET_PACKET_FILTER, Opcode::UNDI_SET_MCAST_ADDRESS].map(Event::Applied);
    assert_eq!(rig.takes(), done);
    assert_eq!(log(&mut rig), [SET_FILTER, SET_GROUPS]);
    // No groups any more.
    rig.client.set_groups(&[]).unwrap();
    rig.run();
    assert_eq!(rig.rom.groups, 0);
}

#[test]
fn a_rom_that_sets_them_only_when_it_opens_is_opened_anew() {
    for status in [Status::UNSUPPORTED, Status::UNDI_INVALID_FUNCTION, Status::FAILURE] {
        let mut rig = open(Rom::open());
        rig.rom.always.insert(SET_FILTER, status.0);
        rig.rom.always.insert(SET_GROUPS, status.0);
        rig.client.set_filter(EVERYTHING).unwrap();
        rig.client.set_groups(&[&[1, 0, 0x5e, 0, 0, 1]]).unwrap();
        rig.run();
        assert_eq!((rig.rom.filter, rig.rom.groups), (4, 1));
        // Opening once does for both.
        assert_eq!(log(&mut rig), [&[SET_FILTER][..], &REOPEN].concat());
        let refused = Ignored::Refused { opcode: Opcode::UNDI_SET_PACKET_FILTER, status };
        assert_eq!(rig.takes(), [Event::Ignored(refused), Event::Opened]);
        assert!(rig.client.is_open());
    }
}

#[test]
fn another_address_means_to_close_and_to_open() {
    let mut rig = open(Rom::open());
    let wanted = [2, 0, 0, 0, 0, 9];
    rig.client.set_station(&wanted).unwrap();
    assert!(!rig.client.is_open(), "frames wait for the end of it");
    assert_eq!(rig.client.set_filter(EVERYTHING), Err(ConfigError::NotReady));
    rig.run();
    assert_eq!((log(&mut rig), rig.takes()), (REOPEN.to_vec(), vec![Event::Opened]));
    assert_eq!(
        (rig.client.information().unwrap().address(), &rig.rom.address[..]),
        (&wanted[..], &wanted[..])
    );
    // A frame that comes afterwards is received as ever.
    rig.rom.waiting.push_back(vec![7; 60]);
    rig.receive(Signal::Poll);
    assert_eq!(rig.frames, [vec![7; 60]]);
}

#[test]
fn in_the_middle_of_a_round_the_interrupt_is_left_first() {
    let mut rig = open(Rom::open());
    rig.rom.waiting.extend([vec![1; 60], vec![2; 60], vec![3; 60]]);
    rig.receive(Signal::Poll);
    assert!(rig.client.has_more());
    log(&mut rig);
    rig.client.set_station(&[2, 0, 0, 0, 0, 9]).unwrap();
    rig.run();
    let calls = log(&mut rig);
    let (isr, reopen) = calls.split_at(calls.len() - 3);
    assert!(isr.len() == 3 && isr.iter().all(|opcode| *opcode == 0x14), "{calls:?}");
    assert_eq!(reopen, REOPEN);
    assert!(!rig.rom.in_isr && rig.client.is_open() && !rig.client.has_more());
}

#[test]
fn a_reset_forgets_what_was_under_way() {
    let mut rig = open(Rom::open());
    rig.client.set_groups(&[&[1, 0, 0x5e, 0, 0, 1]]).unwrap();
    rig.run();
    rig.rom.piece = 700;
    rig.rom.waiting.extend([vec![1; 60], vec![2; 1400]]);
    rig.receive(Signal::Poll);
    assert!(rig.client.has_more());
    rig.takes();
    rig.client.reset().unwrap();
    rig.rom.groups = 0;
    rig.run();
    assert_eq!(rig.takes(), [Event::Applied(Opcode::UNDI_RESET_ADAPTER)]);
    assert_eq!((rig.rom.groups, rig.client.has_more()), (1, false), "the adapter is told of the group again");
    rig.rom.waiting.push_back(vec![4; 60]);
    rig.receive(Signal::Poll);
    assert_eq!(rig.frames.last(), Some(&vec![4; 60]));
    rig.rom.always.insert(0x04, 3);
    rig.takes();
    rig.client.reset().unwrap();
    rig.run();
    let refused = Ignored::Refused { opcode: Opcode::UNDI_RESET_ADAPTER, status: Status::UNSUPPORTED };
    assert_eq!(rig.takes(), [Event::Ignored(refused)]);
    assert!(rig.client.is_open());
}

#[test]
fn a_group_has_a_hardware_address() {
    let mut rig = open(Rom::open());
    rig.client.group_address([239, 255, 1, 2].into()).unwrap();
    rig.run();
    let mut address = [0; 16];
    address[..6].copy_from_slice(&[1, 0, 0x5e, 0x7f, 1, 2]);
    assert_eq!(rig.takes(), [Event::GroupAddress(address)]);
    rig.rom.always.insert(0x11, 3);
    rig.client.group_address([239, 255, 1, 2].into()).unwrap();
    rig.run();
    let refused = Ignored::Refused { opcode: Opcode::UNDI_GET_MCAST_ADDRESS, status: Status::UNSUPPORTED };
    assert_eq!(rig.takes(), [Event::Ignored(refused)]);
}

#[test]
fn what_can_not_be_asked_changes_nothing() {
    let mut rig = open(Rom::open());
    let before = rig.client.clone();
    assert_eq!(rig.client.set_groups(&[&[1; 6][..]; 9]), Err(ConfigError::TooManyGroups));
    assert_eq!(rig.client.set_station(&[1; 17]), Err(ConfigError::AddressTooLong { length: 17 }));
    assert_eq!(rig.client, before);
    rig.client.close(Keep::Everything);
    let ended = rig.client.clone();
    assert_eq!(rig.client.set_filter(EVERYTHING), Err(ConfigError::NotReady));
    assert_eq!(rig.client.reset(), Err(ConfigError::NotReady));
    assert_eq!(rig.client.group_address([224, 0, 0, 1].into()), Err(ConfigError::NotReady));
    assert_eq!(rig.client, ended);
}

/// A boot program found the driver open, and hands it on open, wherever the end catches it.
#[test]
fn an_end_while_it_is_closed_for_a_moment_opens_it_again() {
    for calls in 0..3 {
        let mut rig = open(Rom::open());
        rig.client.set_station(&[2, 0, 0, 0, 0, 9]).unwrap();
        for _ in 0..calls {
            rig.step();
        }
        rig.client.close(Keep::Everything);
        rig.run();
        let kept = Kept { undi: true, base: true, refused: None };
        assert_eq!((rig.takes(), rig.rom.level), (vec![Event::Closed(kept)], 4), "after {calls} calls");
    }
    let mut rig = open(Rom::open());
    rig.client.set_station(&[2, 0, 0, 0, 0, 9]).unwrap();
    rig.step();
    rig.rom.always.insert(0x06, 1);
    rig.client.close(Keep::Everything);
    rig.run();
    assert_eq!(rig.takes(), [Event::Failed(Failure::OpenFailed { status: Status::FAILURE })]);
}

/// The specification gives UNDI_GET_STATE the number of STOP_UNDI.
#[test]
fn nothing_but_the_end_makes_the_call_with_two_meanings() {
    let mut rig = open(Rom::open());
    rig.client.set_filter(EVERYTHING).unwrap();
    rig.client.reset().unwrap();
    rig.client.set_station(&[2, 0, 0, 0, 0, 9]).unwrap();
    rig.run();
    rig.client.statistics(true).unwrap();
    rig.receive(Signal::Poll);
    assert_eq!(rig.rom.calls(Opcode::STOP_UNDI), 0);
    rig.client.close(Keep::Nothing);
    rig.run();
    assert_eq!(rig.rom.calls(Opcode::STOP_UNDI), 1);
}
