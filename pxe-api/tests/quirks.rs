//! The quirks of real ROMs, one test each, against the ROM made of a script; and a ROM that answers anything.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
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
use bootproto_pxe_api::blocks::PacketFilter;
use bootproto_pxe_api::undi::{
    Applies, Attach, Client, Config, Effect, Event, Failure, Frame, Ignored, Keep, QUIRKS, Receive, Signal,
};
use bootproto_pxe_api::{AREA_SIZE, Exit, Opcode, SegmentOffset, Status};
use common::rom::{AREA, OUT, Rig, Rom};
use core::time::Duration;
use proptest::prelude::*;

const LOADED: Attach = Attach::Loaded { pci: 0x18, plug_and_play: SegmentOffset::NULL };

fn config() -> Config {
    Config::new(Attach::BootProgram, AREA).unwrap()
}

fn up(config: Config, rom: Rom) -> Rig {
    let mut rig = Rig::new(Client::new(config), rom);
    rig.run_on();
    assert!(rig.client.is_open());
    rig.takes();
    rig.rom.log.clear();
    rig
}

fn polled() -> Rig {
    up(config().with_receive(Receive::Polled), Rom::open())
}

fn frame(mark: u8) -> Vec<u8> {
    vec![mark; 60]
}

#[test]
fn every_row_of_the_table_applies_to_its_adapter_and_to_no_other() {
    for quirk in QUIRKS {
        let (mut rom, mut settings) = (Rom::open(), config());
        match quirk.applies {
            Applies::Interface(name) => rom.interface = name,
            Applies::Pci { vendor, device } => rom.device = (vendor, device),
            Applies::PciExpress => settings = settings.with_pci_express(true),
            Applies::NoInterruptLine => rom.irq = 255,
            Applies::NoInterruptFlag => rom.flags &= !0x1000,
            _ => panic!("a row without a test"),
        }
        let rig = up(settings, rom);
        assert_eq!(rig.client.quirks().collect::<Vec<_>>(), [quirk], "{}", quirk.why);
        let polls = quirk.effect == Effect::Poll;
        assert_eq!(rig.client.interrupt(), if polls { None } else { Some(11) });
    }
    assert_eq!(up(config(), Rom::open()).client.quirks().count(), 0);
}

#[test]
fn what_the_caller_knows_of_the_device_beats_the_rom() {
    let rig = up(config().with_device(0x8086, 0x1502), Rom::open());
    assert_eq!(rig.client.interrupt(), None);
    let rig = up(config().with_pci_express(true).with_receive(Receive::Interrupt), Rom::open());
    assert_eq!(rig.client.interrupt(), Some(11), "the caller insists");
}

/// Etherboot 5.4 says DONE after each frame; pretending another interrupt gets them all.
#[test]
fn etherboot_gives_all_frames_for_one_interrupt() {
    for (interface, all) in [(&b"Etherboot"[..], 3), (&b"DIX+802.3"[..], 1)] {
        let mut rom = Rom::open();
        (rom.interface, rom.early_done) = (interface, true);
        let mut rig = up(config(), rom);
        rig.receive(Signal::Poll);
        rig.rom.waiting.extend([frame(1), frame(2), frame(3)]);
        rig.receive(Signal::Interrupt);
        assert_eq!(rig.frames.len(), all);
    }
}

/// Stacks that claim interrupts and raise none, and are in no table.
#[test]
fn a_rom_that_never_interrupts_is_found_out() {
    let mut rig = up(config(), Rom::open());
    assert_eq!(rig.client.interrupt(), Some(11));
    for mark in 1..=3 {
        rig.rom.waiting.push_back(frame(mark));
        rig.receive(Signal::Poll);
        rig.advance(50);
        rig.receive(Signal::Poll);
        assert_eq!(rig.frames.len(), usize::from(mark), "the watchdog looks after 50 ms");
    }
    assert_eq!(rig.events.last(), Some(&Event::Polling));
    assert_eq!(rig.client.interrupt(), None);
    rig.rom.waiting.push_back(frame(4));
    rig.receive(Signal::Poll);
    assert_eq!(rig.frames.len(), 4, "and now at once");
}

#[test]
fn a_rom_that_interrupts_now_and_then_is_believed() {
    let mut rig = up(config(), Rom::open());
    for mark in 1..=10 {
        rig.rom.waiting.push_back(frame(mark));
        rig.advance(60);
        rig.receive(if mark % 3 == 0 { Signal::Interrupt } else { Signal::Poll });
    }
    assert_eq!((rig.frames.len(), rig.client.interrupt()), (10, Some(11)));
}

/// START that always says "not mine", though frames wait.
#[test]
fn a_rom_that_denies_its_interrupt_is_asked_all_the_same() {
    let mut rom = Rom::open();
    rom.denies = true;
    let mut rig = up(config().with_receive(Receive::Polled), rom);
    for mark in 1..=3 {
        rig.rom.waiting.push_back(frame(mark));
        rig.advance(50);
        rig.receive(Signal::Poll);
    }
    assert_eq!((rig.frames.len(), rig.events.last()), (3, Some(&Event::Polling)));
    rig.rom.log.clear();
    rig.rom.waiting.push_back(frame(4));
    rig.receive(Signal::Poll);
    assert_eq!((rig.frames.len(), rig.rom.log.len()), (4, 2), "PROCESS and GET_NEXT, no START");
}

/// iPXE answers START with "mine" whenever its interrupt was on, though nothing waits.
#[test]
fn a_rom_that_claims_every_interrupt_has_nothing_to_give() {
    let mut rom = Rom::open();
    rom.claims = true;
    let mut rig = up(config().with_receive(Receive::Polled), rom);
    for _ in 0..5 {
        rig.rom.log.clear();
        rig.receive(Signal::Poll);
        assert_eq!((rig.rom.log.len(), rig.takes()), (2, vec![Event::Drained { frames: 0 }]));
    }
    rig.rom.waiting.push_back(frame(1));
    rig.receive(Signal::Poll);
    assert_eq!(rig.frames.len(), 1);
}

/// iPXE polls its adapter in PROCESS: who leaves START out spares a call for every round.
#[test]
fn without_start_a_round_is_one_call_shorter() {
    for (start, calls) in [(true, 5), (false, 4)] {
        let mut rig = up(config().with_receive(Receive::Polled).with_isr_start(start), Rom::open());
        rig.rom.waiting.extend([frame(1), frame(2), frame(3)]);
        rig.receive(Signal::Poll);
        assert_eq!((rig.frames.len(), rig.rom.log.len()), (3, calls), "PROCESS, and GET_NEXT up to DONE");
    }
}

/// A ROM that says "done" and touches nothing: what was asked is taken for the answer.
#[test]
fn a_rom_that_does_nothing_gives_nothing() {
    let mut client = Client::new(config().with_receive(Receive::Polled).with_isr_start(false));
    let (now, mut area) = (Instant::from_millis(1), [0; AREA_SIZE]);
    let mut events = vec![];
    for _ in 0..300 {
        let Some(opcode) = client.poll_call(now, &mut area).unwrap().map(|call| call.opcode) else { break };
        if opcode == Opcode::UNDI_GET_INFORMATION {
            area[10..18].copy_from_slice(&[6, 0, 2, 0, 0, 0, 0, 1]);
        }
        if let event @ (Event::Opened | Event::Received(_) | Event::Failed(_)) =
            client.handle_return(now, Exit::SUCCESS, &area)
        {
            events.push(event);
            client.receive(now, Signal::Poll);
        }
    }
    assert_eq!((events, client.poll_timeout()), (vec![Event::Opened], None));
}

/// AX and the status contradict each other: AX decides, and the reason is not "success".
#[test]
fn a_rom_that_fails_without_a_reason_has_failed() {
    for (exit, status, event) in [
        (1, 0, Event::SendFailed(Status::FAILURE)),
        (2, 0, Event::SendFailed(Status::FAILURE)),
        (1, 0x6b, Event::SendFailed(Status::UNDI_TRANSMIT_ERROR)),
        (0, 0x6b, Event::Sent),
    ] {
        let mut rig = polled();
        let mut area = [0; AREA_SIZE];
        rig.client.transmit(Frame::whole(&[1; 6], false, OUT, 60).unwrap()).unwrap();
        rig.client.poll_call(rig.now, &mut area).unwrap();
        area[..2].copy_from_slice(&[status, 0]);
        assert_eq!(rig.client.handle_return(rig.now, Exit(exit), &area), event);
        rig.client.transmit(Frame::whole(&[1; 6], false, OUT, 60).unwrap()).unwrap();
    }
}

/// Opened by the base code, refusing CLOSE and then OPEN: it is used as it is.
#[test]
fn a_driver_that_will_not_close_is_open_already() {
    let mut rom = Rom::open();
    rom.always.insert(0x07, 0x01);
    let mut rig = up(config().with_receive(Receive::Polled), rom);
    rig.rom.waiting.push_back(frame(3));
    rig.receive(Signal::Poll);
    assert_eq!(rig.frames, [frame(3)]);
    // One that did close has no such excuse.
    let mut rom = Rom::open();
    rom.always.insert(0x06, 0x6a);
    let mut rig = Rig::new(Client::new(config()), rom);
    rig.run_on();
    let failure = Failure::OpenFailed { status: Status::UNDI_INVALID_STATE };
    assert_eq!(rig.events.last(), Some(&Event::Failed(failure)));
}

/// V44 of the survey's vectors: places that can't be are not handed on.
#[test]
fn cached_packets_at_impossible_places_are_left_out() {
    for (length, at) in [(300, (0, 0)), (300, (0x9000, 0xff00)), (0, (0x9000, 0)), (0xffff, (0x9000, 2))] {
        let mut rom = Rom::open();
        (rom.cached, rom.cached_at) = (vec![2; length], at);
        let mut rig = Rig::new(Client::new(config()), rom);
        rig.run_on();
        assert!(!rig.takes().iter().any(|event| matches!(event, Event::Cached(_))), "{at:?}");
        assert!(rig.client.is_open());
    }
}

/// Interrupt lines that are none.
#[test]
fn an_interrupt_line_that_can_not_be_is_not_waited_for() {
    for (irq, line) in [(0, None), (1, Some(1)), (15, Some(15)), (16, None), (255, None), (0x0b00, None)] {
        let mut rom = Rom::open();
        rom.irq = irq;
        assert_eq!(up(config(), rom).client.interrupt(), line, "{irq}");
    }
}

#[test]
fn not_ours_ends_a_round_with_one_call() {
    let mut rig = polled();
    rig.receive(Signal::Poll);
    rig.takes();
    rig.rom.log.clear();
    rig.receive(Signal::Poll);
    assert_eq!((rig.rom.log.len(), rig.takes()), (1, vec![Event::Drained { frames: 0 }]));
}

/// Intel's stacks and Etherboot do not tell that a frame was sent; nobody waits for it.
#[test]
fn a_transmit_is_done_when_the_call_returns() {
    let mut rom = Rom::open();
    rom.silent_transmit = true;
    let mut rig = up(config(), rom);
    for _ in 0..3 {
        rig.client.transmit(Frame::whole(&[1; 6], false, OUT, 60).unwrap()).unwrap();
        rig.run();
    }
    assert_eq!(rig.takes(), [Event::Sent; 3]);
}

/// Some stacks put a header before everything, `P_UNKNOWN` or not: IP and ARP go out right nevertheless.
#[test]
fn a_rom_that_always_puts_a_header_sends_ip_rightly() {
    let mut rom = Rom::open();
    rom.always_header = true;
    let mut rig = up(config(), rom);
    let mut bytes = frame(0x11);
    bytes[12..14].copy_from_slice(&[8, 0]);
    bytes[6..12].copy_from_slice(&[0x52, 0x54, 0, 0x12, 0x34, 0x56]);
    rig.place(OUT, &bytes);
    rig.client.transmit(Frame::ethernet(OUT, &bytes).unwrap()).unwrap();
    rig.run();
    assert_eq!(rig.rom.out[0].bytes, bytes);
}

/// VMware: lengths of zero, and pieces longer than their frame.
#[test]
fn insane_lengths_are_dropped_and_the_next_frame_comes() {
    let mut rig = polled();
    rig.rom.insane.extend([(3, 0, 0), (3, 0, 60), (3, 60, 61), (3, 60, 0), (3, 9000, 9000)]);
    rig.rom.waiting.push_back(frame(7));
    rig.receive(Signal::Poll);
    let ignored: Vec<_> =
        rig.takes().into_iter().filter(|event| matches!(event, Event::Ignored(_))).collect();
    assert_eq!(
        ignored,
        [
            Event::Ignored(Ignored::InsaneLength { frame: 0, piece: 0 }),
            Event::Ignored(Ignored::InsaneLength { frame: 0, piece: 60 }),
            Event::Ignored(Ignored::InsaneLength { frame: 60, piece: 61 }),
            Event::Ignored(Ignored::InsaneLength { frame: 60, piece: 0 }),
            Event::Ignored(Ignored::FrameTooLong { frame: 9000 }),
        ]
    );
    assert_eq!(rig.frames, [frame(7)]);
}

/// Pieces that add up to more than their frame are clamped to it.
#[test]
fn pieces_never_go_past_their_frame() {
    let mut rig = polled();
    rig.rom.waiting.push_back(frame(1));
    rig.rom.insane.extend([(3, 100, 70), (3, 100, 70)]);
    rig.receive(Signal::Poll);
    assert_eq!(rig.frames.iter().map(Vec::len).collect::<Vec<_>>(), [100, 60]);
}

#[test]
fn a_frame_that_stays_unfinished_is_told_and_dropped() {
    let mut rig = polled();
    rig.rom.waiting.push_back(frame(1));
    rig.rom.insane.extend([(3, 1000, 400), (0, 0, 0)]);
    rig.receive(Signal::Poll);
    assert_eq!(rig.events.last(), Some(&Event::Ignored(Ignored::Unfinished { frame: 1000, got: 400 })));
    rig.receive(Signal::Poll);
    assert_eq!(rig.frames, [frame(1)]);
}

/// VMware: answers that the specification does not have.
#[test]
fn an_unknown_answer_ends_the_round() {
    for (flag, why) in
        [(4, Ignored::Busy), (5, Ignored::UnknownFlag { flag: 5 }), (1, Ignored::UnknownFlag { flag: 1 })]
    {
        let mut rig = polled();
        rig.rom.waiting.extend([frame(1), frame(2)]);
        rig.rom.insane.push_back((flag, 0, 0));
        rig.receive(Signal::Poll);
        assert_eq!(rig.takes(), [Event::Ignored(why)]);
        rig.receive(Signal::Poll);
        assert_eq!(rig.frames.len(), 2);
    }
}

#[test]
fn a_failing_interrupt_call_ends_the_round() {
    let mut rig = polled();
    rig.rom.waiting.push_back(frame(1));
    rig.rom.fails.insert(0x14, [0, 0x6a].into());
    rig.receive(Signal::Poll);
    assert_eq!(rig.takes(), [Event::Ignored(Ignored::IsrFailed { status: Status::UNDI_INVALID_STATE })]);
    rig.receive(Signal::Poll);
    assert_eq!(rig.frames.len(), 1);
}

#[test]
fn a_rom_that_never_says_done_does_not_hold_us() {
    let mut rig = polled();
    rig.rom.waiting.push_back(frame(1));
    rig.rom.stuck = Some(2);
    rig.receive(Signal::Poll);
    assert_eq!(rig.events.last(), Some(&Event::Ignored(Ignored::RoundTooLong)));
    assert!(rig.rom.log.len() < 200);
    rig.client.close(Keep::Nothing);
    rig.run();
    assert!(matches!(rig.events.last(), Some(Event::Closed(_))));
}

/// SET_STATION_ADDRESS is needed by some stacks and refused by others; the address in use is told rightly.
#[test]
fn the_station_address_is_asked_for_and_may_be_refused() {
    let own = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
    let wanted = [0x02, 0, 0, 0, 0, 1];
    for (status, address) in [(0, wanted), (0x6a, own)] {
        let mut rom = Rom::open();
        rom.always.insert(0x0a, status);
        let rig = up(config().with_station(&wanted).unwrap(), rom);
        assert_eq!(rig.client.information().unwrap().address(), address);
        assert_eq!(rig.client.information().unwrap().permanent_address(), own);
    }
}

/// A STARTUP or INITIALIZE in the wrong state means that it was done already.
#[test]
fn a_driver_that_is_up_already_is_taken_as_it_is() {
    let mut rom = Rom::new();
    rom.level = 3;
    up(Config::new(Attach::Started, AREA).unwrap(), rom);
}

#[test]
fn the_end_goes_on_though_every_call_fails() {
    let mut rom = Rom::new();
    for opcode in [0x07, 0x05, 0x02, 0x15] {
        rom.always.insert(opcode, 0x6a);
    }
    let mut rig = up(Config::new(LOADED, AREA).unwrap(), rom);
    rig.client.close(Keep::Nothing);
    rig.run();
    assert_eq!(rig.rom.log, [0x07, 0x05, 0x02, 0x15]);
    let Some(Event::Closed(kept)) = rig.events.last() else { panic!("{:?}", rig.events) };
    assert!(kept.undi);
    assert_eq!(kept.refused, Some((Opcode::UNDI_CLOSE, Status::UNDI_INVALID_STATE)));
}

#[test]
fn an_answer_without_a_call_changes_nothing() {
    let mut rig = polled();
    let before = rig.client.clone();
    let event = rig.client.handle_return(rig.now, Exit::SUCCESS, &[0; AREA_SIZE]);
    assert_eq!((event, rig.client), (Event::Ignored(Ignored::NoCallPending), before));
}

/// What a caller may do between the calls.
#[derive(Debug, Clone)]
enum Op {
    Answer(u16, Vec<u8>),
    Receive(bool),
    Transmit,
    Statistics,
    Control(u8),
    Pass(u64),
    Back(u64),
}

fn op() -> impl Strategy<Value = Op> {
    // Answers that lead somewhere are as likely as noise: a small flag, plausible lengths.
    let isr =
        (0_u16..6, 0_u16..2000, 0_u16..2000, any::<[u8; 8]>()).prop_map(|(flag, piece, frame, rest)| {
            let mut block = vec![0, 0];
            for field in [flag, piece, frame] {
                block.extend(field.to_le_bytes());
            }
            block.extend(rest);
            Op::Answer(0, block)
        });
    prop_oneof![
        6 => isr,
        4 => (0_u16..3, proptest::collection::vec(any::<u8>(), 0..=AREA_SIZE)).prop_map(|(exit, block)| Op::Answer(exit, block)),
        2 => any::<bool>().prop_map(Op::Receive),
        1 => Just(Op::Transmit),
        1 => Just(Op::Statistics),
        1 => any::<u8>().prop_map(Op::Control),
        1 => (0_u64..300).prop_map(Op::Pass),
        1 => any::<u64>().prop_map(Op::Back),
    ]
}

fn control(client: &mut Client, which: u8) {
    let _ = match which % 5 {
        0 => client.set_filter(PacketFilter::PROMISCUOUS),
        1 => client.set_groups(&[&[which; 6]]),
        2 => client.set_station(&[which; 6]),
        3 => client.reset(),
        _ => client.group_address([224, 0, 0, which].into()),
    };
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// A ROM that answers anything: no panic, what is handed out is sound, and the end always comes.
    #[test]
    fn any_rom_comes_to_an_end(
        ops in proptest::collection::vec(op(), 0..120), attach in 0..3, keep in 0..3, receive in 0..3, quota in 1_u16..4,
    ) {
        let attach = [LOADED, Attach::Started, Attach::BootProgram][attach as usize];
        let receive = [Receive::Automatic, Receive::Polled, Receive::Interrupt][receive as usize];
        let keep = [Keep::Nothing, Keep::Undi, Keep::Everything][keep as usize];
        let settings = Config::new(attach, AREA).unwrap().with_receive(receive).with_quota(quota);
        let mut client = Client::new(settings);
        let mut now = Instant::from_millis(1);
        let mut area = [0; AREA_SIZE];
        let mut frame_end = 0;
        for op in ops {
            match op {
                Op::Answer(exit, block) => {
                    let first = client.poll_call(now, &mut area).unwrap().map(|call| (call.opcode, call.bytes.to_vec()));
                    let again = client.poll_call(now, &mut area).unwrap().map(|call| (call.opcode, call.bytes.to_vec()));
                    prop_assert_eq!(&first, &again, "asking twice changes nothing");
                    if let Some((opcode, _)) = first && client.is_open() {
                        prop_assert!(opcode != Opcode::STOP_UNDI, "its number is UNDI_GET_STATE's too");
                    }
                    let event = client.handle_return(now, Exit(exit), &block);
                    if let Event::Received(fragment) = event {
                        prop_assert!(fragment.at.range(fragment.length).is_some());
                        prop_assert!(fragment.offset == 0 || fragment.offset == frame_end);
                        frame_end = fragment.offset + fragment.length;
                        prop_assert!(frame_end <= fragment.frame_length && fragment.frame_length <= 1536);
                        prop_assert_eq!(fragment.last, frame_end == fragment.frame_length);
                        prop_assert!(fragment.header_length <= fragment.frame_length);
                    }
                }
                Op::Receive(interrupt) => client.receive(now, if interrupt { Signal::Interrupt } else { Signal::Poll }),
                Op::Transmit => { let _ = client.transmit(Frame::whole(&[1; 6], false, OUT, 60).unwrap()); }
                Op::Statistics => { let _ = client.statistics(true); }
                Op::Control(which) => control(&mut client, which),
                Op::Pass(millis) => now = now.saturating_add(Duration::from_millis(millis)),
                Op::Back(micros) => now = Instant::from_micros(micros),
            }
        }
        // From wherever it is, the end is few calls away, though each of them fails.
        let mut event = client.close(keep);
        for calls in 0.. {
            if client.poll_call(now, &mut area).unwrap().is_none() {
                prop_assert_eq!(client.poll_timeout(), None);
                break;
            }
            prop_assert!(calls < 12, "{:?}", client);
            event = client.handle_return(now, Exit::FAILURE, &[0x6a, 0]);
        }
        prop_assert!(!client.is_open());
        let ended = matches!(event, Event::Closed(_) | Event::Failed(_));
        prop_assert!(ended || client.handle_return(now, Exit(0), &[]) == Event::Ignored(Ignored::Ended));
    }
}
