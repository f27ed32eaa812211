//! The UNDI client against a ROM made of a script: the ordinary way up, frames both ways, the ways down.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::doc_markdown,
    clippy::missing_const_for_fn,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod common;

use bootproto_core::Instant;
use bootproto_pxe_api::blocks::{PacketType, Protocol};
use bootproto_pxe_api::undi::{
    Attach, Client, Config, ConfigError, Event, Failure, Frame, Ignored, Keep, Kept, Receive, Signal,
};
use bootproto_pxe_api::{AREA_SIZE, Exit, Opcode, SegmentOffset, Status};
use common::rom::{AREA, OUT, Rig, Rom};
use core::time::Duration;
use std::collections::VecDeque;

const LOADED: Attach = Attach::Loaded { pci: 0x18, plug_and_play: SegmentOffset::new(0xf000, 0x6060) };

fn config(attach: Attach) -> Config {
    Config::new(attach, AREA).unwrap()
}

fn rig(config: Config, rom: Rom) -> Rig {
    let mut rig = Rig::new(Client::new(config), rom);
    rig.run_on();
    rig
}

/// An open client that polls.
fn open() -> Rig {
    let mut rig = rig(config(Attach::BootProgram).with_receive(Receive::Polled), Rom::open());
    assert!(rig.client.is_open());
    rig.takes();
    rig.rom.log.clear();
    rig
}

fn frame(length: usize, kind: [u8; 2], destination: [u8; 6]) -> Vec<u8> {
    let mut bytes: Vec<u8> = destination.into();
    bytes.extend([0x52, 0x54, 0, 0x12, 0x34, 0x56]);
    bytes.extend(kind);
    bytes.extend((0..length - 14).map(|at| at as u8));
    bytes
}

#[test]
fn a_driver_from_a_rom_is_brought_up_and_down_in_order() {
    let mut rig = rig(config(LOADED), Rom::new());
    assert_eq!(rig.rom.log, [0x00, 0x01, 0x03, 0x0c, 0x13, 0x12, 0x0a, 0x06]);
    assert_eq!(rig.takes(), [Event::Opened]);
    let information = *rig.client.information().unwrap();
    assert_eq!(information.address(), [0x52, 0x54, 0, 0x12, 0x34, 0x56]);
    assert_eq!((information.mtu, information.irq, information.hardware_type), (1500, Some(11), 1));
    assert_eq!(rig.client.interrupt(), Some(11));
    rig.rom.log.clear();
    assert_eq!(rig.client.close(Keep::Nothing), Event::Nothing);
    rig.run();
    assert_eq!(rig.rom.log, [0x07, 0x05, 0x02, 0x15]);
    assert_eq!(rig.takes(), [Event::Closed(Kept::default())]);
    assert_eq!(rig.client.handle_return(rig.now, Exit::SUCCESS, &[]), Event::Ignored(Ignored::Ended));
    assert_eq!(rig.client.poll_timeout(), None);
}

#[test]
fn start_undi_gets_the_registers_of_the_bios() {
    let mut client = Client::new(config(LOADED));
    let mut area = [0; AREA_SIZE];
    let call = client.poll_call(Instant::default(), &mut area).unwrap().unwrap();
    assert_eq!(call.opcode, Opcode::START_UNDI);
    assert_eq!(call.bytes, [0, 0, 0x18, 0, 0xff, 0xff, 0xff, 0xff, 0x60, 0x60, 0x00, 0xf0]);
    let needed = client.poll_call(Instant::default(), &mut [0; 11]).unwrap_err().needed;
    assert_eq!(needed, 12);
}

#[test]
fn a_boot_program_gets_the_packets_and_its_stack_can_be_handed_on() {
    let mut rig = rig(config(Attach::BootProgram), Rom::open());
    let events = rig.takes();
    let kinds: Vec<_> = events
        .iter()
        .filter_map(|event| {
            let Event::Cached(cached) = event else { return None };
            Some((cached.kind, cached.length, cached.at))
        })
        .collect();
    let at = SegmentOffset::new(0x9ccc, 0x0480);
    assert_eq!(
        kinds,
        [
            (PacketType::DHCP_DISCOVER, 300, at),
            (PacketType::DHCP_ACK, 300, at),
            (PacketType::CACHED_REPLY, 300, at)
        ]
    );
    assert_eq!(rig.rom.log, [0x71, 0x71, 0x71, 0x0c, 0x13, 0x12, 0x07, 0x0a, 0x06]);
    rig.rom.log.clear();
    let kept = Kept { undi: true, base: true, refused: None };
    assert_eq!(rig.client.close(Keep::Everything), Event::Closed(kept));
    rig.run();
    assert!(rig.rom.log.is_empty() && rig.rom.level == 4);
}

#[test]
fn a_boot_program_can_take_everything_down() {
    for (keep, log, kept) in [
        (Keep::Nothing, vec![0x07, 0x05, 0x02, 0x70, 0x15], Kept::default()),
        (Keep::Undi, vec![0x07, 0x05, 0x02], Kept { undi: true, base: true, refused: None }),
    ] {
        let mut rig = open();
        rig.client.close(keep);
        rig.run();
        assert_eq!((rig.rom.log.clone(), rig.takes()), (log, vec![Event::Closed(kept)]));
    }
}

#[test]
fn what_the_rom_says_must_stay_stays() {
    for (opcode, status, undi, base) in [
        (Opcode::UNLOAD_STACK, Status::KEEP_ALL, true, true),
        (Opcode::UNLOAD_STACK, Status::KEEP_UNDI, true, false),
        (Opcode::STOP_UNDI, Status::KEEP_UNDI, true, false),
        (Opcode::STOP_UNDI, Status::KEEP_ALL, true, false),
    ] {
        let mut rig = open();
        rig.rom.always.insert(opcode.0, status.0);
        rig.client.close(Keep::Nothing);
        rig.run();
        assert_eq!(rig.events.last(), Some(&Event::Closed(Kept { undi, base, refused: None })));
        assert_eq!(rig.rom.calls(Opcode::STOP_UNDI), usize::from(opcode == Opcode::STOP_UNDI));
    }
}

#[test]
fn the_link_may_come_up_late() {
    let mut rom = Rom::new();
    rom.fails.insert(3, VecDeque::from([0x61; 9]));
    let rig = rig(config(LOADED), rom);
    assert!(rig.client.is_open());
    assert_eq!(rig.rom.calls(Opcode::UNDI_INITIALIZE), 10);
    assert_eq!(rig.now, Instant::from_millis(1_000 + 9 * 200));
}

#[test]
fn without_a_link_it_ends_and_undoes_what_it_did() {
    let mut rom = Rom::new();
    rom.always.insert(3, 0x61);
    let mut rig = rig(config(LOADED).with_initialize(3, Duration::from_millis(50)), rom);
    assert_eq!(rig.events.pop(), Some(Event::Failed(Failure::NoMedia { tries: 3 })));
    assert_eq!(rig.rom.log, [0x00, 0x01, 0x03, 0x03, 0x03, 0x05, 0x02, 0x15]);
    assert_eq!(
        rig.client.transmit(Frame::whole(&[1; 6], false, OUT, 60).unwrap()),
        Err(ConfigError::NotReady)
    );
}

#[test]
fn each_failure_on_the_way_up_has_its_name_and_its_way_down() {
    for (opcode, status, failure, down) in [
        (0x00, Status::FAILURE, Failure::StartFailed { status: Status::FAILURE }, vec![]),
        (0x01, Status::FAILURE, Failure::StartupFailed { status: Status::FAILURE }, vec![0x15]),
        (
            0x03,
            Status::UNSUPPORTED,
            Failure::InitializeFailed { status: Status::UNSUPPORTED, tries: 1 },
            vec![0x05, 0x02, 0x15],
        ),
        (
            0x0c,
            Status::FAILURE,
            Failure::InformationFailed { status: Status::FAILURE },
            vec![0x05, 0x02, 0x15],
        ),
        (
            0x06,
            Status::FAILURE,
            Failure::OpenFailed { status: Status::FAILURE },
            vec![0x07, 0x05, 0x02, 0x15],
        ),
    ] {
        let mut rom = Rom::new();
        rom.always.insert(opcode, status.0);
        let mut rig = rig(config(LOADED), rom);
        assert_eq!(rig.events.pop(), Some(Event::Failed(failure)));
        let fatal = rig.rom.log.iter().position(|each| *each == opcode).unwrap();
        assert_eq!(rig.rom.log[fatal + 1..], down, "after {opcode:#x}");
    }
    let mut rom = Rom::new();
    rom.address = vec![0; 6];
    assert_eq!(rig(config(LOADED), rom).events.pop(), Some(Event::Failed(Failure::NoAddress)));
}

#[test]
fn a_boot_program_that_fails_leaves_the_stack_as_it_was() {
    let mut rom = Rom::open();
    rom.always.insert(0x0c, 1);
    let mut rig = rig(config(Attach::BootProgram), rom);
    assert!(matches!(rig.events.pop(), Some(Event::Failed(Failure::InformationFailed { .. }))));
    assert_eq!(rig.rom.level, 4);
}

#[test]
fn calls_that_need_not_succeed_do_not_stop_the_boot() {
    let mut rom = Rom::open();
    for opcode in [0x71, 0x13, 0x12, 0x07, 0x0a] {
        rom.always.insert(opcode, 3);
    }
    // Without CLOSE the ROM is still open, and this one does not mind OPEN.
    rom.fails.insert(0x06, VecDeque::new());
    rom.level = 3;
    let mut rig = rig(config(Attach::BootProgram), rom);
    assert!(rig.client.is_open());
    let ignored = rig.takes().iter().filter(|event| matches!(event, Event::Ignored(_))).count();
    assert_eq!(ignored, 7);
    assert_eq!(rig.client.interrupt(), None, "nobody claimed interrupts");
}

#[test]
fn ip_and_arp_leave_their_header_to_the_rom_and_others_keep_theirs() {
    let peer = [0x52, 0x55, 10, 0, 2, 2];
    for (kind, protocol, to) in [
        ([0x08, 0x00], Protocol::IP, peer),
        ([0x08, 0x06], Protocol::ARP, [0xff; 6]),
        ([0x80, 0x35], Protocol::RARP, [0xff; 6]),
        ([0x86, 0xdd], Protocol::UNKNOWN, peer),
    ] {
        for whole in [false, true] {
            let settings = config(Attach::BootProgram).with_whole_frames(whole);
            let mut rig = rig(settings, Rom::open());
            let bytes = frame(60, kind, to);
            rig.place(OUT, &bytes);
            rig.takes();
            rig.client.transmit(Frame::ethernet(OUT, &bytes).unwrap()).unwrap();
            rig.run();
            assert_eq!(rig.takes(), [Event::Sent]);
            let out = &rig.rom.out[0];
            assert_eq!(Protocol(out.protocol), if whole { Protocol::UNKNOWN } else { protocol });
            assert_eq!((out.broadcast, &out.destination[..]), (to == [0xff; 6], &to[..]));
            assert_eq!(out.bytes, bytes, "the same bytes on the wire either way");
        }
    }
}

#[test]
fn a_frame_goes_out_of_nine_pieces() {
    let mut rig = open();
    let bytes = frame(14 + 8 * 10, [0x08, 0x00], [1; 6]);
    rig.place(OUT, &bytes);
    let mut frame = Frame::ethernet(OUT, &bytes[..14]).unwrap();
    for index in 0..8 {
        frame = frame.with_piece(OUT.checked_add(14 + 10 * index).unwrap(), 10).unwrap();
    }
    assert_eq!(frame.length(), 94);
    assert_eq!(frame.with_piece(OUT, 1), Err(ConfigError::TooManyPieces));
    rig.client.transmit(frame).unwrap();
    assert_eq!(rig.client.transmit(frame), Err(ConfigError::NotReady), "one at a time");
    rig.run();
    assert_eq!(rig.rom.out[0].bytes, bytes);
}

#[test]
fn a_frame_that_can_not_be_is_refused() {
    assert_eq!(Frame::ethernet(OUT, &[0; 13]), Err(ConfigError::FrameTooShort));
    assert_eq!(Frame::ethernet(SegmentOffset::new(0, 0xfff0), &[0; 60]), Err(ConfigError::PieceWraps));
    assert_eq!(Frame::whole(&[0; 6], true, OUT, 0), Err(ConfigError::FrameTooShort));
    assert_eq!(Frame::whole(&[0; 20], true, OUT, 60), Err(ConfigError::AddressTooLong { length: 20 }));
    let long = Frame::whole(&[0; 6], true, SegmentOffset::new(0, 0), 65535).unwrap();
    assert_eq!(long.with_piece(OUT, 1), Err(ConfigError::PieceWraps));
    assert_eq!(Config::new(LOADED, SegmentOffset::new(0, 0xff80)), Err(ConfigError::AreaWraps));
    assert_eq!(config(LOADED).with_groups(&[&[1; 6][..]; 9]), Err(ConfigError::TooManyGroups));
    assert_eq!(config(LOADED).with_station(&[1; 17]), Err(ConfigError::AddressTooLong { length: 17 }));
    assert_eq!(config(LOADED).with_max_frame(59), Err(ConfigError::LimitTooSmall));
}

#[test]
fn frames_come_in_whole_and_in_pieces() {
    for piece in [usize::MAX, 700, 1, 60] {
        let mut rig = open();
        rig.rom.piece = piece;
        let frames = [frame(60, [8, 6], [0xff; 6]), frame(1514, [8, 0], [2; 6])];
        rig.rom.waiting.extend(frames.clone());
        for _ in 0..40 {
            rig.receive(Signal::Poll);
        }
        assert_eq!(rig.frames, frames, "in pieces of {piece}");
        assert!(!rig.rom.in_isr);
    }
}

#[test]
fn a_round_ends_at_its_quota_and_goes_on() {
    let settings = config(Attach::BootProgram).with_receive(Receive::Polled).with_quota(2);
    let mut rig = rig(settings, Rom::open());
    rig.takes();
    rig.rom.waiting.extend((0..5).map(|_| frame(60, [8, 0], [2; 6])));
    let mut counts = vec![];
    for _ in 0..4 {
        rig.receive(Signal::Poll);
        counts.push((rig.frames.len(), rig.client.has_more()));
    }
    assert_eq!(counts, [(2, true), (4, true), (5, false), (5, false)]);
}

#[test]
fn an_interrupt_is_waited_for_and_needs_no_start() {
    let mut rig = rig(config(Attach::BootProgram), Rom::open());
    rig.receive(Signal::Poll);
    rig.rom.log.clear();
    rig.rom.waiting.push_back(frame(60, [8, 0], [2; 6]));
    rig.receive(Signal::Poll);
    assert!(rig.rom.log.is_empty(), "no interrupt, no call");
    rig.receive(Signal::Interrupt);
    assert_eq!((rig.frames.len(), rig.rom.log.clone()), (1, vec![0x14; 2]));
}

#[test]
fn frames_between_a_transmit_and_the_counters_are_not_lost() {
    let mut rig = open();
    let bytes = frame(60, [8, 0], [2; 6]);
    rig.place(OUT, &bytes);
    rig.rom.waiting.push_back(bytes.clone());
    rig.client.receive(rig.now, Signal::Poll);
    rig.client.transmit(Frame::ethernet(OUT, &bytes).unwrap()).unwrap();
    rig.client.statistics(true).unwrap();
    rig.run();
    assert_eq!(rig.frames, [bytes]);
    let events = rig.takes();
    assert!(events.contains(&Event::Sent));
    assert!(events.iter().any(|event| matches!(event, Event::Statistics(all) if all.sent == 1)));
    assert_eq!(rig.rom.calls(Opcode::UNDI_CLEAR_STATISTICS), 1);
}

#[test]
fn the_end_in_the_middle_of_a_round_leaves_the_interrupt_first() {
    let settings = config(Attach::BootProgram).with_receive(Receive::Polled).with_quota(1);
    let mut rig = rig(settings, Rom::open());
    rig.rom.waiting.extend((0..3).map(|_| frame(60, [8, 0], [2; 6])));
    rig.receive(Signal::Poll);
    assert!(rig.client.has_more() && rig.rom.in_isr);
    rig.client.close(Keep::Everything);
    rig.run();
    assert!(!rig.rom.in_isr);
    assert!(matches!(rig.events.last(), Some(Event::Closed(_))));
}

/// InfiniBand: 20 bytes of address where PXE holds 16, and a link header that is not Ethernet's.
#[test]
fn links_other_than_ethernet_pass_through() {
    let mut rom = Rom::open();
    (rom.kind, rom.address_length, rom.address) = (32, 20, (1..=16).collect());
    let mut rig = rig(config(Attach::BootProgram).with_max_frame(2048 + 44).unwrap(), rom);
    let information = *rig.client.information().unwrap();
    assert_eq!((information.hardware_type, information.address_length), (32, 20));
    assert_eq!(information.address(), (1..=16).collect::<Vec<u8>>());
    let bytes: Vec<u8> = (0..100).collect();
    rig.place(OUT, &bytes);
    rig.client.transmit(Frame::whole(&[7; 16], false, OUT, 100).unwrap()).unwrap();
    rig.run();
    assert_eq!((&rig.rom.out[0].destination[..], &rig.rom.out[0].bytes), (&[7; 16][..], &bytes));
    rig.rom.waiting.push_back(vec![9; 2048]);
    rig.receive(Signal::Interrupt);
    assert_eq!(rig.frames, [vec![9; 2048]]);
}
