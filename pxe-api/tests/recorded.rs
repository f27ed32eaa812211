//! The UNDI client over the blocks that a real ROM answered with, in the order of its calls.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

mod common;

use bootproto_core::Instant;
use bootproto_pxe_api::blocks::Protocol;
use bootproto_pxe_api::undi::{Attach, Client, Config, Event, Frame, Ignored, Keep, Kept, Receive, Signal};
use bootproto_pxe_api::{AREA_SIZE, Exit, Opcode, SegmentOffset, Status};
use common::vector;

const AREA: SegmentOffset = SegmentOffset::new(0, 0x8a60);

struct Recorded {
    /// Whose ROM answers.
    card: &'static str,
    client: Client,
    events: Vec<Event>,
}

impl Recorded {
    /// Answers the call that is due, which must be `opcode`, with the vector; the call's bytes come back.
    fn answer(&mut self, opcode: Opcode, name: &str) -> Vec<u8> {
        let mut area = [0xa5; AREA_SIZE];
        let call = self.client.poll_call(Instant::default(), &mut area).unwrap().unwrap();
        assert_eq!(call.opcode, opcode);
        let bytes = call.bytes.to_vec();
        let block = vector(&format!("{}-{name}", self.card));
        let exit = Exit(u16::from(block[..2] != [0, 0]));
        let event = self.client.handle_return(Instant::default(), exit, &block);
        if event != Event::Nothing {
            self.events.push(event);
        }
        bytes
    }
}

/// Each card, and the length of the frame that its ROM gave.
#[test]
fn the_real_roms_are_opened_send_receive_and_close() {
    for (card, length) in [("e1000", 64), ("virtio", 66)] {
        whole(card, length);
    }
}

fn whole(card: &'static str, length: u16) {
    let config =
        Config::new(Attach::BootProgram, AREA).unwrap().with_receive(Receive::Polled).with_isr_start(false);
    let mut recorded = Recorded { card, client: Client::new(config), events: vec![] };
    for kind in 1..=3 {
        let asked = recorded.answer(Opcode::GET_CACHED_INFO, &format!("get-cached-info-{kind}"));
        assert_eq!(asked, [0, 0, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
    recorded.answer(Opcode::UNDI_GET_INFORMATION, "get-information");
    recorded.answer(Opcode::UNDI_GET_IFACE_INFO, "get-iface-info");
    recorded.answer(Opcode::UNDI_GET_NIC_TYPE, "get-nic-type");
    recorded.answer(Opcode::UNDI_CLOSE, "undi-close");
    let asked = recorded.answer(Opcode::UNDI_SET_STATION_ADDRESS, "set-station-address");
    assert_eq!(asked[2..8], [0x52, 0x54, 0, 0x12, 0x34, 0x56]);
    recorded.answer(Opcode::UNDI_OPEN, "undi-open");
    let cached = |offset| {
        let at = SegmentOffset::new(0x9ccc, offset);
        move |event: &Event| matches!(event, Event::Cached(cached) if cached.at == at && cached.length == 1260)
    };
    assert!(cached(0x0480)(&recorded.events[0]) && cached(0x096c)(&recorded.events[1]));
    assert!(cached(0x0e58)(&recorded.events[2]));
    let refused = Event::Ignored(Ignored::StationRefused { status: Status::UNDI_INVALID_STATE });
    assert_eq!(recorded.events[3..], [refused, Event::Opened]);
    assert_eq!(recorded.client.quirks().count(), 0);

    // The ARP request as the recorded program sent it: 28 bytes, the header left to the ROM.
    let frame = Frame::packet(Protocol::ARP, &[0xff; 6], true, SegmentOffset::new(0, 0x89cc), 28).unwrap();
    recorded.client.transmit(frame).unwrap();
    let asked = recorded.answer(Opcode::UNDI_TRANSMIT, "undi-transmit");
    assert_eq!(asked[..4], vector(&format!("{card}-undi-transmit"))[..4]);

    recorded.client.receive(Instant::default(), Signal::Poll);
    recorded.answer(Opcode::UNDI_ISR, "isr-receive");
    let Some(Event::Received(piece)) = recorded.events.last() else { unreachable!("{:?}", recorded.events) };
    assert_eq!((piece.at, piece.length, piece.last), (SegmentOffset::new(0x9ccc, 0x1360), length, true));
    assert_eq!((piece.header_length, piece.protocol), (14, Protocol::ARP));

    recorded.client.close(Keep::Nothing);
    // The ROM leaves its interrupt first.
    recorded.answer(Opcode::UNDI_ISR, "isr-done");
    recorded.answer(Opcode::UNDI_CLOSE, "undi-close");
    recorded.answer(Opcode::UNDI_SHUTDOWN, "undi-shutdown");
    recorded.answer(Opcode::UNDI_CLEANUP, "undi-cleanup");
    recorded.answer(Opcode::UNLOAD_STACK, "unload-stack");
    recorded.answer(Opcode::STOP_UNDI, "stop-undi");
    assert_eq!(recorded.events.last(), Some(&Event::Closed(Kept::default())));
}
