//! What a fuzzer does with bytes: a body for each thing here that reads what a ROM or a person's memory says.
//!
//! What belongs here: turning bytes into calls, and what must hold after each. What does not: where the bytes come
//! from. `tests/corpus.rs` replays those that were kept, and makes new ones. Every body panics where something is wrong, and
//! answers how far it got: how many things it found, or pieces and answers it got.

use crate::blocks::{Block, PacketFilter, TransmitBuffer, UndiTransmit};
use crate::entry::{Clues, Memory as _, Window, find};
use crate::fetch::{self, Fetch, UrlConfig, UrlFetch, Way};
use crate::rom::{BaseRomId, BiosPnp, ChecksumAt, CodeType, Editor, Images};
use crate::udp;
use crate::undi::{self, Attach, Client, Frame, Keep, Receive, Signal};
use crate::{AREA_SIZE, Exit, Layout as _, Opcode, SegmentOffset};
use bootproto_core::{Instant, Reader, UdpPath};
use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;

const AREA: SegmentOffset = SegmentOffset::new(0x1000, 0x0100);
const BUFFER: SegmentOffset = SegmentOffset::new(0x2000, 0);
const HIGH: u32 = 0x0400_0000;
const ROOM: u32 = 1 << 16;

/// The calls that a machine may make to an end after the ROM fails everything.
const LAST_CALLS: usize = 16;

/// An answer of the ROM: how it went in a byte (the lower half all ones for a failure), a length in a byte, the block.
fn answer<'d>(script: &mut Reader<'d>) -> Option<(Exit, &'d [u8])> {
    let exit = u8::from(script.u8().ok()? & 15 == 15);
    let length = usize::from(script.u8().ok()?).min(script.rest().len());
    Some((Exit(exit.into()), script.take(length).ok()?))
}

/// Structures in memory and option ROMs: whatever is found lies inside the bytes, and repairing a ROM makes it sound.
#[must_use]
pub fn structures(data: &[u8]) -> usize {
    let mut found = 0_usize;
    let memory = Window { base: 0xc_0000, bytes: data };
    let clues = Clues {
        stack: Some(SegmentOffset::new(0xc000, 0)),
        pxenv: Some(SegmentOffset::new(0xc000, 4)),
        int1a: None,
        free_kilobytes: Some(768),
    };
    if let Ok(entry) = find(&memory, &clues) {
        assert!(!entry.point.is_null());
        found = found.saturating_add(1);
    }
    assert!(!memory.read(0xc_0000, &mut [0; 1]) || !data.is_empty());
    found = found.saturating_add(BaseRomId::checked(data).is_ok().into());
    found = found.saturating_add(BiosPnp::find(data).is_ok().into());
    for image in Images::new(data).take(64) {
        found = found.saturating_add(1);
        assert!(image.bytes().len() <= data.len());
        let _ = (image.faults(), image.undi(), image.efi(), image.byte_sum(), image.pcir3());
        let (headers, devices) = (image.pnp().count(), image.devices().count());
        assert!(headers <= data.len() && devices <= data.len());
        for (_, header) in image.pnp() {
            let _ = (image.text(header.manufacturer.get()), image.text(header.product.get()));
        }
    }
    if let Ok(descriptor) = TransmitBuffer::parse(data)
        && let Some(length) = descriptor.total_length(1514)
    {
        assert!(length <= 1514);
        found = found.saturating_add(1);
    }
    repaired(data);
    found
}

/// A ROM of at most 4 KiB, repaired. One whose headers overlap may come out shorter or of another kind.
fn repaired(data: &[u8]) {
    let mut rom = [0; 4096];
    bootproto_core::copy_into(&mut rom, data);
    let Ok(mut editor) = Editor::new(&mut rom) else { return };
    let kind =
        |editor: &Editor<'_>| editor.image().ok().map(|image| (image.bytes().len(), image.code_type()));
    let before = kind(&editor);
    let is_done = editor.fix_checksums(ChecksumAt::AfterJump).is_ok();
    if is_done && before == kind(&editor) && before.is_some_and(|(_, code)| code == CodeType::X86) {
        assert!(editor.image().is_ok_and(|image| image.byte_sum() == 0));
    }
}

/// The UNDI client with a ROM that answers anything, and a caller that asks for anything.
#[must_use]
pub fn undi(data: &[u8]) -> usize {
    let mut script = Reader::new(data);
    let (Ok(kind), Ok(quota)) = (script.u8(), script.u8()) else { return 0 };
    let mut reached = 0_usize;
    let attach = match kind & 3 {
        0 => Attach::BootProgram,
        1 => Attach::Started,
        _ => Attach::Loaded { pci: 0x18, plug_and_play: SegmentOffset::NULL },
    };
    let receive = match kind >> 2 & 3 {
        0 => Receive::Polled,
        1 => Receive::Interrupt,
        _ => Receive::Automatic,
    };
    let Ok(config) = undi::Config::new(attach, AREA) else { return 0 };
    let config = config.with_receive(receive).with_quota(quota.into()).with_isr_start(kind & 16 == 0);
    let mut client = Client::new(config.with_whole_frames(kind & 32 != 0));
    let mut now = Instant::from_millis(1);
    let mut frame_end = 0;
    while let Ok(op) = script.u8() {
        match op % 16 {
            0..=9 => {
                let Some((exit, block)) = answer(&mut script) else { break };
                let is_open = client.is_open();
                let asked = undi_asked(&mut client, now);
                assert!(!is_open || asked != Some(Opcode::STOP_UNDI), "its number is UNDI_GET_STATE's too");
                let event = client.handle_return(now, exit, block);
                let tells = !matches!(event, undi::Event::Nothing | undi::Event::Ignored(_));
                reached = reached.saturating_add(tells.into());
                frame_end = piece(event, frame_end);
            }
            10 => client.receive(now, Signal::Interrupt),
            11 => client.receive(now, Signal::Poll),
            12 => transmit(&mut client, op >> 4),
            13 => control(&mut client, op >> 4),
            14 => now = now.saturating_add(Duration::from_millis(u64::from(op >> 4).saturating_mul(10))),
            _ => now = Instant::from_micros(op.into()),
        }
    }
    let keep = match kind >> 6 {
        0 => Keep::Nothing,
        1 => Keep::Undi,
        _ => Keep::Everything,
    };
    let _ = client.close(keep);
    for _ in 0..LAST_CALLS {
        if undi_asked(&mut client, now).is_none() {
            break;
        }
        let _ = client.handle_return(now, Exit::FAILURE, &[0x6a, 0]);
    }
    assert!(client.poll_timeout().is_none() && !client.is_open(), "the end comes, whatever fails");
    reached
}

/// The call that is due: asked twice it is the same, and with too little room nothing changes.
fn undi_asked(client: &mut Client, now: Instant) -> Option<Opcode> {
    let (mut one, mut other) = ([0; AREA_SIZE], [0xa5; AREA_SIZE]);
    let small = client.clone().poll_call(now, &mut []).is_ok();
    let first = client.poll_call(now, &mut one).ok().flatten();
    let again = client.clone().poll_call(now, &mut other).ok().flatten();
    assert!(first == again && small == first.is_none());
    first.map(|call| call.opcode)
}

/// A piece of a frame lies where it can, follows the one before, and stays inside its frame.
fn piece(event: undi::Event, frame_end: u16) -> u16 {
    let undi::Event::Received(piece) = event else { return frame_end };
    let end = piece.offset.saturating_add(piece.length);
    assert!(piece.at.range(piece.length).is_some() && piece.length > 0);
    assert!(piece.offset == 0 || piece.offset == frame_end);
    assert!(
        end <= piece.frame_length && piece.frame_length <= 1536 && piece.header_length <= piece.frame_length
    );
    assert!(piece.last == (end == piece.frame_length));
    end
}

fn transmit(client: &mut Client, pieces: u8) {
    let Ok(mut frame) = Frame::whole(&[1; 6], pieces & 1 == 0, BUFFER, 60) else { return };
    for _ in 0..pieces {
        frame = frame.with_piece(BUFFER, 100).unwrap_or(frame);
    }
    let mut area = [0; AREA_SIZE];
    if client.transmit(frame).is_ok()
        && let Ok(Some(call)) = client.poll_call(Instant::from_micros(0), &mut area)
        && call.opcode == UndiTransmit::OPCODE
    {
        // V44: a ROM must never be told of more pieces than it may read, nor of a frame of another length.
        let told = call.bytes.get(UndiTransmit::SIZE..).and_then(|rest| TransmitBuffer::parse(rest).ok());
        assert!(told.is_some_and(|told| told.total_length(1514) == Some(frame.length())));
    }
}

fn control(client: &mut Client, which: u8) {
    let _ = match which % 8 {
        0 => client.set_filter(PacketFilter::PROMISCUOUS),
        1 => client.set_groups(&[&[which; 6]]),
        2 => client.set_station(&[which; 6]),
        3 => client.reset(),
        4 => client.group_address(Ipv4Addr::new(224, 0, 0, which)),
        5 => client.statistics(true),
        6 => client.statistics(false),
        _ => {
            client.close(Keep::Everything);
            Ok(())
        }
    };
}

/// A fetch through the ROM's TFTP calls: nothing outside the buffer, no room told that is not ours, and an end.
#[must_use]
pub fn fetch(data: &[u8]) -> usize {
    let mut script = Reader::new(data);
    let Ok(kind) = script.u8() else { return 0 };
    let way = match kind & 3 {
        0 => Way::Packets,
        1 => Way::Whole { address: HIGH, room: ROOM },
        2 => Way::WholeOrPackets { address: HIGH, room: ROOM },
        _ => Way::WholeOnceSized,
    };
    let Ok(config) = fetch::Config::new(Ipv4Addr::LOCALHOST, b"file", way, BUFFER) else { return 0 };
    let config = config.with_ask_size(kind & 4 == 0).with_protected_mode(kind & 8 != 0);
    let mut machine = Fetch::new(config.with_limit(1 << 20));
    let (mut next, mut left, mut reached) = (0, LAST_CALLS, 0_usize);
    while left > 0 {
        let mut area = [0; AREA_SIZE];
        let Ok(call) = machine.poll_call(&mut area) else { break };
        match call {
            Some(call) if matches!(call.opcode, Opcode::TFTP_READ_FILE | Opcode::TFTP_READ_FILE_PMODE) => {
                assert!(call.bytes.get(130..138) == Some(&[0, 0, 1, 0, 0, 0, 0, 4]), "the place is ours");
            }
            Some(_) => {}
            None if machine.place(HIGH, ROOM).is_ok() => continue,
            None => break,
        }
        let (exit, block) = answer(&mut script).unwrap_or_else(|| {
            left = left.saturating_sub(1);
            (Exit::FAILURE, &[1, 0])
        });
        let event = machine.handle_return(exit, block);
        let tells =
            !matches!(event, fetch::Event::Nothing | fetch::Event::Ignored(_) | fetch::Event::Failed(_));
        reached = reached.saturating_add(tells.into());
        next = data_of(event, next);
    }
    let end = machine.end();
    assert!(left > 0 || matches!(end, fetch::Event::Failed(_)), "an end comes, whatever fails");
    reached
}

/// The same by URL.
#[must_use]
pub fn url(data: &[u8]) -> usize {
    let mut script = Reader::new(data);
    let Ok(config) = UrlConfig::new(b"http://192.0.2.1/file", AREA, BUFFER) else { return 0 };
    let mut machine = UrlFetch::new(config.with_limit(1 << 20));
    let (mut next, mut left, mut reached) = (0, LAST_CALLS, 0_usize);
    while left > 0 {
        let mut area = [0; AREA_SIZE];
        let Ok(Some(_)) = machine.poll_call(&mut area) else { break };
        let (exit, block) = answer(&mut script).unwrap_or_else(|| {
            left = left.saturating_sub(1);
            (Exit::FAILURE, &[1, 0])
        });
        let event = machine.handle_return(exit, block);
        let tells =
            !matches!(event, fetch::Event::Nothing | fetch::Event::Ignored(_) | fetch::Event::Failed(_));
        reached = reached.saturating_add(tells.into());
        next = data_of(event, next);
    }
    assert!(left > 0, "an end comes, whatever fails");
    reached
}

/// Data lies in the buffer, follows what came before, and stays below the limit.
fn data_of(event: fetch::Event, next: u64) -> u64 {
    let fetch::Event::Data { at, length, offset } = event else { return next };
    let end = offset.saturating_add(length.into());
    assert!(at == BUFFER && length <= 1456 && offset == next && end <= 1 << 20);
    end
}

/// The ROM's UDP endpoint: no more of a datagram than the buffer holds, and an end.
#[must_use]
pub fn udp(data: &[u8]) -> usize {
    let mut script = Reader::new(data);
    let Ok(kind) = script.u8() else { return 0 };
    let Ok(config) = udp::Config::new(Ipv4Addr::LOCALHOST, BUFFER, 1500) else { return 0 };
    let config = config.with_any_destination(kind & 1 != 0).with_quota((kind >> 1 & 7).into());
    let (mut endpoint, mut reached) = (udp::Endpoint::new(config), 0_usize);
    while let Some((exit, block)) = answer(&mut script) {
        if let udp::Event::Received(datagram) = endpoint.handle_return(exit, block) {
            assert!(datagram.at == BUFFER && datagram.length <= 1500);
            reached = reached.saturating_add(1);
        }
        match script.u8().unwrap_or(0) % 4 {
            0 | 1 => endpoint.receive(),
            2 => {
                let path = UdpPath::from_port(68, SocketAddrV4::new(Ipv4Addr::LOCALHOST, 67));
                let _ = endpoint.send(path, BUFFER, 300);
            }
            _ => {}
        }
    }
    endpoint.close();
    for _ in 0..LAST_CALLS {
        if !matches!(endpoint.poll_call(&mut [0; AREA_SIZE]), Ok(Some(_))) {
            break;
        }
        let _ = endpoint.handle_return(Exit::FAILURE, &[]);
    }
    assert!(!endpoint.is_open() && matches!(endpoint.poll_call(&mut [0; AREA_SIZE]), Ok(None)));
    reached
}
