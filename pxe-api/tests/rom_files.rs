//! Files and datagrams through the ROM's own TFTP and UDP: the ordinary way, every misbehaviour, and any answer.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::doc_markdown,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_const_for_fn,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod common;

use bootproto_core::UdpPath;
use bootproto_pxe_api::fetch::{self, ConfigError, Event, Failure, Fetch, Ignored, Way};
use bootproto_pxe_api::udp::{self, Endpoint};
use bootproto_pxe_api::{AREA_SIZE, Exit, Opcode, SegmentOffset, Status};
use common::vector;
use core::net::{Ipv4Addr, SocketAddrV4};
use proptest::prelude::*;
use std::collections::{BTreeMap, VecDeque};

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);
const BUFFER: SegmentOffset = SegmentOffset::new(0x2000, 0);
const HIGH: u32 = 0x0400_0000;
const ALL: Way = Way::WholeOrPackets { address: HIGH, room: 1 << 20 };

/// A ROM with one file; raw bytes at the specification's offsets.
struct Rom {
    file: Vec<u8>,
    granted: u16,
    position: usize,
    packet: u16,
    open: bool,
    log: Vec<u16>,
    fails: BTreeMap<u16, VecDeque<u16>>,
    always: BTreeMap<u16, u16>,
    told_size: Option<u32>,
    /// The room that it was last told of.
    told_room: u32,
    memory: BTreeMap<u32, Vec<u8>>,
    /// Hands each packet out twice.
    stutters: bool,
    /// Says this in place of the packet's number or length.
    lie: Option<(u16, u16)>,
}

impl Rom {
    fn new(file: Vec<u8>) -> Self {
        Self {
            file,
            granted: 1428,
            position: 0,
            packet: 0,
            open: false,
            log: vec![],
            fails: BTreeMap::new(),
            always: BTreeMap::new(),
            told_size: None,
            told_room: 0,
            memory: BTreeMap::new(),
            stutters: false,
            lie: None,
        }
    }

    fn call(&mut self, opcode: u16, block: &mut [u8]) -> Exit {
        self.log.push(opcode);
        let planned = self.fails.get_mut(&opcode).and_then(VecDeque::pop_front);
        let status = planned.or_else(|| self.always.get(&opcode).copied()).unwrap_or(0);
        if status == 0 {
            self.serve(opcode, block);
        }
        block[..2].copy_from_slice(&status.to_le_bytes());
        Exit(u16::from(status != 0))
    }

    fn serve(&mut self, opcode: u16, block: &mut [u8]) {
        match opcode {
            0x25 => {
                let size = self.told_size.unwrap_or(self.file.len() as u32);
                block[138..142].copy_from_slice(&size.to_le_bytes());
            }
            0x23 | 0x24 => {
                let address = u32::from_le_bytes(block[134..138].try_into().unwrap());
                self.told_room = u32::from_le_bytes(block[130..134].try_into().unwrap());
                block[130..134].copy_from_slice(&(self.file.len() as u32).to_le_bytes());
                self.memory.insert(address, self.file.clone());
            }
            0x20 => {
                assert!(block[10..].starts_with(b"boot.ipxe\0"));
                block[140..142].copy_from_slice(&self.granted.to_le_bytes());
                (self.open, self.position, self.packet) = (true, 0, 0);
            }
            0x21 => self.open = false,
            0x22 => self.read(block),
            _ => {}
        }
    }

    fn read(&mut self, block: &mut [u8]) {
        assert!(self.open);
        let size = usize::from(if self.granted == 0 { 512 } else { self.granted });
        if !(self.stutters && self.log.iter().filter(|each| **each == 0x22).count() % 2 == 0) {
            self.packet = self.packet.wrapping_add(1);
        }
        let from = usize::from(self.packet - 1) * size;
        let piece = &self.file[from.min(self.file.len())..self.file.len().min(from + size)];
        self.memory.insert(BUFFER.physical(), piece.to_vec());
        let (packet, length) = self.lie.unwrap_or((self.packet, piece.len() as u16));
        block[2..4].copy_from_slice(&packet.to_le_bytes());
        block[4..6].copy_from_slice(&length.to_le_bytes());
    }
}

fn config(way: Way) -> fetch::Config {
    fetch::Config::new(SERVER, b"boot.ipxe", way, BUFFER).unwrap()
}

/// Runs to the end: the last event, the others, and the file as its pieces gave it.
fn run(config: fetch::Config, rom: &mut Rom) -> (Event, Vec<Event>, Vec<u8>) {
    let mut fetch = Fetch::new(config);
    let (mut events, mut file) = (vec![], vec![]);
    for _ in 0..5_000 {
        let mut area = [0xa5; AREA_SIZE];
        let call = fetch.poll_call(&mut area).unwrap().expect("not ended");
        let opcode = call.opcode.0;
        let exit = rom.call(opcode, &mut area);
        match fetch.handle_return(exit, &area) {
            end @ (Event::Done { .. } | Event::Failed(_)) => {
                assert!(fetch.poll_call(&mut area).unwrap().is_none());
                assert_eq!(fetch.handle_return(exit, &area), Event::Ignored(Ignored::NoCallPending));
                assert!(!rom.open, "what was opened is closed");
                return (end, events, file);
            }
            Event::Data { at, length, offset } => {
                assert_eq!((at, offset), (BUFFER, file.len() as u64));
                file.extend(&rom.memory[&BUFFER.physical()][..usize::from(length)]);
            }
            Event::Nothing => {}
            event => events.push(event),
        }
    }
    panic!("the fetch does not end");
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

#[test]
fn a_file_goes_straight_to_its_place() {
    let mut rom = Rom::new(bytes(100_000));
    let (end, events, file) = run(config(ALL), &mut rom);
    assert_eq!(end, Event::Done { size: 100_000, placed: true });
    assert_eq!((events, file.len()), (vec![Event::Size(100_000)], 0));
    assert_eq!((rom.memory[&HIGH].clone(), rom.log), (bytes(100_000), vec![0x25, 0x23]));
    assert_eq!(rom.told_room, 1 << 20, "what the caller owns, and no more");
}

#[test]
fn the_place_may_be_named_when_the_size_is_known() {
    let mut rom = Rom::new(bytes(100_000));
    // The size is asked for, whatever the caller says.
    let mut fetch = Fetch::new(config(Way::WholeOnceSized).with_ask_size(false));
    let mut area = [0; AREA_SIZE];
    assert_eq!(fetch.place(HIGH, 100_000), Err(ConfigError::NoPlaceWanted));
    let step = |fetch: &mut Fetch, rom: &mut Rom| {
        let mut area = [0xa5; AREA_SIZE];
        let opcode = fetch.poll_call(&mut area).unwrap().unwrap().opcode.0;
        let exit = rom.call(opcode, &mut area);
        fetch.handle_return(exit, &area)
    };
    assert_eq!(step(&mut fetch, &mut rom), Event::Size(100_000));
    let waiting = fetch.clone();
    assert!(fetch.poll_call(&mut area).unwrap().is_none(), "no call without a place");
    assert_eq!(fetch.handle_return(Exit::SUCCESS, &area), Event::Ignored(Ignored::NoCallPending));
    for (address, room, error) in [
        (HIGH, 99_999, ConfigError::DoesNotFit { size: 100_000 }),
        (HIGH, 0, ConfigError::NoRoom),
        (u32::MAX - 99_999, 100_000, ConfigError::NoRoom),
    ] {
        assert_eq!(fetch.place(address, room), Err(error));
        assert_eq!(fetch, waiting);
    }
    assert_eq!(fetch.place(HIGH, 100_001), Ok(()));
    assert_eq!(fetch.place(HIGH, 100_001), Err(ConfigError::NoPlaceWanted), "once");
    assert_eq!(step(&mut fetch, &mut rom), Event::Done { size: 100_000, placed: true });
    assert_eq!((rom.log, rom.told_room, rom.memory[&HIGH].len()), (vec![0x25, 0x23], 100_001, 100_000));
    let mut given_up = waiting;
    assert_eq!(given_up.end(), Event::Failed(Failure::Ended));
}

#[test]
fn without_a_size_there_is_no_place_to_name() {
    let mut rom = Rom::new(bytes(10));
    rom.always.insert(0x25, Status::TFTP_NO_FILESIZE.0);
    let failure = Failure::CallFailed { opcode: Opcode::TFTP_GET_FSIZE, status: Status::TFTP_NO_FILESIZE };
    assert_eq!(run(config(Way::WholeOnceSized), &mut rom).0, Event::Failed(failure));
    rom.always.insert(0x25, Status::TFTP_FILE_NOT_FOUND.0);
    assert_eq!(run(config(Way::WholeOnceSized), &mut rom).0, Event::Failed(Failure::NotFound));
    assert_eq!(rom.log, [0x25, 0x25]);
}

#[test]
fn protected_mode_has_a_call_of_its_own_where_the_rom_has_it() {
    let settings = || config(ALL).with_protected_mode(true);
    let mut rom = Rom::new(bytes(5_000));
    assert_eq!(run(settings(), &mut rom).0, Event::Done { size: 5_000, placed: true });
    assert_eq!(rom.log, [0x25, 0x24]);
    for status in [Status::UNSUPPORTED, Status::BAD_FUNC, Status::NOT_AVAILABLE_IN_PMODE] {
        let mut rom = Rom::new(bytes(5_000));
        rom.always.insert(0x24, status.0);
        let (end, events, _) = run(settings(), &mut rom);
        assert_eq!((end, &rom.log[..]), (Event::Done { size: 5_000, placed: true }, &[0x25, 0x24, 0x23][..]));
        let refused = Event::Ignored(Ignored::Refused { opcode: Opcode::TFTP_READ_FILE_PMODE, status });
        assert_eq!(events, [Event::Size(5_000), refused]);
    }
    let mut rom = Rom::new(bytes(5_000));
    rom.always.insert(0x24, Status::TFTP_FILE_NOT_FOUND.0);
    assert_eq!(run(settings(), &mut rom).0, Event::Failed(Failure::NotFound));
}

#[test]
fn a_file_comes_packet_by_packet_whatever_its_length() {
    for length in [0, 1, 223, 1427, 1428, 1429, 2856, 100_000] {
        let mut rom = Rom::new(bytes(length));
        let (end, _, file) = run(config(Way::Packets), &mut rom);
        assert_eq!(end, Event::Done { size: length as u64, placed: false });
        assert_eq!(file, bytes(length));
        assert_eq!(rom.log.iter().filter(|each| **each == 0x22).count(), length / 1428 + 1);
    }
}

/// The blocks as iPXE's ROM answered them: the file had 223 bytes.
#[test]
fn the_recorded_calls_of_a_real_rom_give_the_file() {
    let mut fetch = Fetch::new(config(Way::Packets));
    let mut area = [0; AREA_SIZE];
    let mut seen = vec![];
    for name in ["tftp-get-fsize", "tftp-open", "tftp-read", "tftp-close"] {
        let call = fetch.poll_call(&mut area).unwrap().unwrap();
        let recorded = vector(&format!("e1000-{name}"));
        if call.opcode == Opcode::TFTP_OPEN {
            // The same question, but for the packet size, which holds the answer in the record.
            assert_eq!(call.bytes[..140], recorded[..140]);
        }
        seen.push(fetch.handle_return(Exit::SUCCESS, &recorded));
    }
    assert_eq!(
        seen,
        [
            Event::Size(223),
            Event::Nothing,
            Event::Data { at: BUFFER, length: 223, offset: 0 },
            Event::Done { size: 223, placed: false },
        ]
    );
}

#[test]
fn a_rom_without_the_short_way_goes_the_long_one() {
    for status in [Status::UNSUPPORTED, Status::BAD_FUNC, Status::FAILURE, Status::MCOPY_PROBLEM] {
        let mut rom = Rom::new(bytes(3_000));
        rom.always.insert(0x23, status.0);
        let (end, _, file) = run(config(ALL), &mut rom);
        assert_eq!((end, file.len()), (Event::Done { size: 3_000, placed: false }, 3_000));
        assert_eq!(rom.log[..4], [0x25, 0x23, 0x20, 0x22]);
    }
    let mut rom = Rom::new(bytes(3_000));
    rom.always.insert(0x23, 3);
    let only = Way::Whole { address: HIGH, room: 1 << 20 };
    let failure = Failure::CallFailed { opcode: Opcode::TFTP_READ_FILE, status: Status::UNSUPPORTED };
    assert_eq!(run(config(only), &mut rom).0, Event::Failed(failure));
}

#[test]
fn what_the_server_says_is_final_and_has_its_code() {
    for (status, failure) in [
        (Status::TFTP_FILE_NOT_FOUND, Failure::NotFound),
        (Status::TFTP_ACCESS_VIOLATION, Failure::AccessViolation),
        (Status::TFTP_OPEN_TIMEOUT, Failure::ServerSilent),
        (Status::TFTP_CANNOT_ARP_ADDRESS, Failure::NoArp),
        (Status::BINL_CANCELED_BY_KEYSTROKE, Failure::Cancelled),
    ] {
        for opcode in [0x25, 0x23] {
            let mut rom = Rom::new(bytes(10));
            rom.always.insert(opcode, status.0);
            assert_eq!(run(config(ALL), &mut rom).0, Event::Failed(failure));
            assert_eq!(rom.log.last(), Some(&opcode), "nothing is tried after it");
        }
        let mut rom = Rom::new(bytes(10_000));
        rom.fails.insert(0x22, [0, 0, status.0].into());
        assert_eq!(run(config(Way::Packets), &mut rom).0, Event::Failed(failure));
        assert_eq!(rom.log.last(), Some(&0x21), "CLOSE comes last");
    }
}

#[test]
fn a_server_without_sizes_serves_nevertheless() {
    for status in [Status::TFTP_NO_FILESIZE, Status::TFTP_ERROR_OPCODE, Status::UNSUPPORTED] {
        let mut rom = Rom::new(bytes(2_000));
        rom.always.insert(0x25, status.0);
        let (end, events, file) = run(config(Way::Packets), &mut rom);
        assert_eq!((end, file), (Event::Done { size: 2_000, placed: false }, bytes(2_000)));
        assert_eq!(events, [Event::Ignored(Ignored::Refused { opcode: Opcode::TFTP_GET_FSIZE, status })]);
    }
}

#[test]
fn what_is_open_is_closed_once_to_make_way() {
    for (status, closes) in [(Status::UDP_OPEN, 0x31), (Status::TFTP_OPEN, 0x21)] {
        for (opcode, way) in [(0x25, ALL), (0x23, ALL), (0x20, Way::Packets)] {
            let mut rom = Rom::new(bytes(2_000));
            rom.fails.insert(opcode, [status.0].into());
            assert!(matches!(run(config(way), &mut rom).0, Event::Done { size: 2_000, .. }));
            let at = rom.log.iter().position(|each| *each == opcode).unwrap();
            assert_eq!(rom.log[at..at + 3], [opcode, closes, opcode]);
        }
        let mut rom = Rom::new(bytes(2_000));
        rom.always.insert(0x20, status.0);
        let failure = Failure::CallFailed { opcode: Opcode::TFTP_OPEN, status };
        assert_eq!(run(config(Way::Packets), &mut rom).0, Event::Failed(failure), "but only once");
    }
}

#[test]
fn a_file_that_does_not_fit_is_not_fetched_there() {
    let room = Way::Whole { address: HIGH, room: 100 };
    let mut rom = Rom::new(bytes(101));
    assert_eq!(run(config(room), &mut rom).0, Event::Failed(Failure::TooBig { size: 101 }));
    assert_eq!(rom.log, [0x25]);
    let either = Way::WholeOrPackets { address: HIGH, room: 100 };
    assert_eq!(run(config(either), &mut rom).0, Event::Done { size: 101, placed: false });
    let limited = config(Way::Packets).with_limit(2_000).with_ask_size(false);
    assert_eq!(run(limited, &mut Rom::new(bytes(9_000))).0, Event::Failed(Failure::TooBig { size: 2_856 }));
}

#[test]
fn a_file_of_another_size_than_told_is_not_done() {
    for (told, got) in [(1_000, 2_000), (3_000, 2_000)] {
        for way in [ALL, Way::Packets] {
            let mut rom = Rom::new(bytes(2_000));
            rom.told_size = Some(told);
            let Event::Failed(Failure::WrongSize { expected, .. }) = run(config(way), &mut rom).0 else {
                panic!()
            };
            assert_eq!((expected, got), (u64::from(told), 2_000));
        }
    }
}

#[test]
fn a_rom_that_lies_about_packets_is_found_out() {
    let read = Event::Failed(Failure::Misbehaved { opcode: Opcode::TFTP_READ });
    for lie in [(1, 1429), (1, 0xffff)] {
        let mut rom = Rom::new(bytes(9_000));
        rom.lie = Some(lie);
        assert_eq!(run(config(Way::Packets), &mut rom).0, read);
    }
    let mut stuck = Rom::new(bytes(9_000));
    stuck.lie = Some((1, 1428));
    assert_eq!(run(config(Way::Packets), &mut stuck).0, read, "packet 1 for ever");
    let mut greedy = Rom::new(bytes(9_000));
    greedy.granted = 1457;
    let open = Event::Failed(Failure::Misbehaved { opcode: Opcode::TFTP_OPEN });
    assert_eq!(
        run(config(Way::Packets), &mut greedy).0,
        open,
        "more than was asked for: the buffer is smaller"
    );
}

#[test]
fn packets_that_come_twice_count_once_and_uncounted_ones_count_too() {
    let mut rom = Rom::new(bytes(5_000));
    rom.stutters = true;
    let (end, events, file) = run(config(Way::Packets), &mut rom);
    assert_eq!((end, file), (Event::Done { size: 5_000, placed: false }, bytes(5_000)));
    assert!(events.contains(&Event::Ignored(Ignored::Duplicate { packet: 1 })));
    // A ROM that leaves number and packet size empty.
    let mut rom = Rom::new(bytes(300));
    (rom.granted, rom.lie) = (0, Some((0, 300)));
    assert_eq!(run(config(Way::Packets), &mut rom).0, Event::Done { size: 300, placed: false });
}

#[test]
fn an_end_in_the_middle_closes_first() {
    let mut rom = Rom::new(bytes(9_000));
    let mut fetch = Fetch::new(config(Way::Packets).with_ask_size(false));
    let mut area = [0; AREA_SIZE];
    for _ in 0..3 {
        let opcode = fetch.poll_call(&mut area).unwrap().unwrap().opcode.0;
        let exit = rom.call(opcode, &mut area);
        fetch.handle_return(exit, &area);
    }
    assert_eq!((fetch.end(), fetch.progress()), (Event::Nothing, (2_856, None)));
    let call = fetch.poll_call(&mut area).unwrap().unwrap();
    assert_eq!(call.opcode, Opcode::TFTP_CLOSE);
    assert_eq!(fetch.handle_return(Exit::FAILURE, &[1, 0]), Event::Failed(Failure::Ended));
    assert_eq!(Fetch::new(config(ALL)).end(), Event::Failed(Failure::Ended));
}

#[test]
fn what_can_not_be_asked_is_told_at_once() {
    let new = |name: &[u8], way, at| fetch::Config::new(SERVER, name, way, at);
    assert_eq!(new(b"", ALL, BUFFER), Err(ConfigError::BadName));
    assert_eq!(new(&[b'a'; 128], ALL, BUFFER), Err(ConfigError::BadName));
    assert_eq!(new(b"a", ALL, SegmentOffset::new(0, 0xfff0)), Err(ConfigError::BufferWraps));
    assert_eq!(new(b"a", Way::Whole { address: u32::MAX, room: 2 }, BUFFER), Err(ConfigError::NoRoom));
    assert_eq!(new(b"a", Way::Whole { address: 0, room: 0 }, BUFFER), Err(ConfigError::NoRoom));
    assert_eq!(config(ALL).with_packet_size(511), Err(ConfigError::BadPacketSize));
}

fn endpoint() -> Endpoint {
    let config = udp::Config::new(Ipv4Addr::new(10, 0, 2, 15), BUFFER, 1_500).unwrap();
    Endpoint::new(config.with_gateway(SERVER, Ipv4Addr::new(255, 255, 255, 0)).with_quota(2))
}

/// The call that is due, as opcode and bytes.
fn due(endpoint: &Endpoint) -> Option<(u16, Vec<u8>)> {
    let mut area = [0xa5; AREA_SIZE];
    endpoint.poll_call(&mut area).unwrap().map(|call| (call.opcode.0, call.bytes.to_vec()))
}

#[test]
fn datagrams_go_both_ways_through_the_rom() {
    let mut endpoint = endpoint();
    assert_eq!(due(&endpoint), Some((0x30, vec![0, 0, 10, 0, 2, 15])));
    assert_eq!(endpoint.handle_return(Exit::SUCCESS, &[0; 6]), udp::Event::Opened);
    for (to, gateway) in [([10, 0, 2, 9], [0; 4]), ([192, 0, 2, 1], [10, 0, 2, 2]), ([255; 4], [0; 4])] {
        let path = UdpPath::from_port(2070, SocketAddrV4::new(to.into(), 69));
        endpoint.send(path, SegmentOffset::new(0x3000, 4), 20).unwrap();
        assert_eq!(endpoint.send(path, BUFFER, 20), Err(udp::ConfigError::NotReady));
        let mut expected = vec![0, 0];
        expected.extend(to);
        expected.extend(gateway);
        expected.extend([0x08, 0x16, 0, 69, 20, 0, 4, 0, 0, 0x30]);
        assert_eq!(due(&endpoint), Some((0x33, expected)));
        assert_eq!(endpoint.handle_return(Exit::SUCCESS, &[0; 20]), udp::Event::Sent);
    }
    endpoint.receive();
    let (opcode, mut block) = due(&endpoint).unwrap();
    assert_eq!((opcode, block.len(), &block[6..10]), (0x32, 20, &[10, 0, 2, 15][..]));
    block[2..6].copy_from_slice(&[10, 0, 2, 2]);
    block[10..14].copy_from_slice(&[0, 69, 0x08, 0x16]);
    block[14..16].copy_from_slice(&100_u16.to_le_bytes());
    let udp::Event::Received(datagram) = endpoint.handle_return(Exit::SUCCESS, &block) else { panic!() };
    assert_eq!((datagram.at, datagram.length), (BUFFER, 100));
    assert_eq!(datagram.path.to_string(), "10.0.2.15:2070 -> 10.0.2.2:69");
    block[14..16].copy_from_slice(&1_501_u16.to_le_bytes());
    let too_long = udp::Event::Ignored(udp::Ignored::TooLong { length: 1_501 });
    assert_eq!(endpoint.handle_return(Exit::SUCCESS, &block), too_long);
    assert_eq!(due(&endpoint), None, "the quota is 2");
    endpoint.receive();
    assert_eq!(endpoint.handle_return(Exit::FAILURE, &[1, 0]), udp::Event::Drained);
    endpoint.close();
    assert_eq!(due(&endpoint).unwrap().0, 0x31);
    assert_eq!(endpoint.handle_return(Exit::SUCCESS, &[0, 0]), udp::Event::Closed);
    assert_eq!(
        endpoint.send(UdpPath::from_port(1, SocketAddrV4::new(SERVER, 1)), BUFFER, 1),
        Err(udp::ConfigError::NotReady)
    );
}

#[test]
fn an_endpoint_that_was_left_open_is_closed_once() {
    let mut endpoint = endpoint();
    let open = Status::UDP_OPEN.0.to_le_bytes();
    assert_eq!(endpoint.handle_return(Exit::FAILURE, &open), udp::Event::Nothing);
    assert_eq!(due(&endpoint).unwrap().0, 0x31);
    assert_eq!(endpoint.handle_return(Exit::SUCCESS, &[0, 0]), udp::Event::Nothing);
    let mut other = endpoint.clone();
    assert_eq!(endpoint.handle_return(Exit::SUCCESS, &[0, 0]), udp::Event::Opened);
    let failure = udp::Failure::OpenFailed { status: Status::UDP_OPEN };
    assert_eq!(other.handle_return(Exit::FAILURE, &open), udp::Event::Failed(failure));
    assert_eq!(due(&other), None);
}

proptest! {
    /// A ROM that answers anything: the fetch ends, hands out nothing outside the buffer, and closes what it opened.
    #[test]
    fn any_rom_ends_a_fetch(
        answers in proptest::collection::vec((0_u16..3, proptest::collection::vec(any::<u8>(), 0..=AREA_SIZE)), 0..60),
        way in 0..4, ask: bool, protected: bool,
    ) {
        let way = [Way::Packets, ALL, Way::Whole { address: HIGH, room: 9 }, Way::WholeOnceSized][way as usize];
        let mut fetch = Fetch::new(config(way).with_ask_size(ask).with_protected_mode(protected));
        let mut area = [0; AREA_SIZE];
        let (mut open, mut ended) = (false, false);
        let noise = answers.into_iter().chain(core::iter::repeat_with(|| (1, vec![1, 0])));
        for (calls, (exit, block)) in noise.enumerate() {
            let Some(call) = fetch.poll_call(&mut area).unwrap() else { break };
            open = match call.opcode {
                Opcode::TFTP_OPEN => exit == 0 && block.len() >= 142,
                Opcode::TFTP_CLOSE => false,
                _ => open,
            };
            let event = fetch.handle_return(Exit(exit), &block);
            if let Event::Data { at, length, .. } = event {
                prop_assert!(at == BUFFER && length <= 1456);
            }
            ended = matches!(event, Event::Done { .. } | Event::Failed(_));
            if let (Event::Size(size), Way::WholeOnceSized) = (event, way)
                && fetch.place(HIGH, size).is_err()
            {
                ended = fetch.end() == Event::Failed(Failure::Ended);
            }
            prop_assert!(calls < 70);
        }
        prop_assert!(ended && !open);
    }

    #[test]
    fn any_rom_leaves_an_endpoint_sound(
        answers in proptest::collection::vec((0_u16..2, proptest::collection::vec(any::<u8>(), 0..30), 0..4), 0..60),
    ) {
        let mut endpoint = endpoint();
        for (exit, block, op) in answers {
            if let udp::Event::Received(datagram) = endpoint.handle_return(Exit(exit), &block) {
                prop_assert!(datagram.at == BUFFER && datagram.length <= 1_500);
            }
            match op {
                0 => endpoint.receive(),
                1 => drop(endpoint.send(UdpPath::from_port(1, SocketAddrV4::new(SERVER, 2)), BUFFER, 9)),
                _ => {}
            }
        }
        endpoint.close();
        let mut calls = 0;
        while due(&endpoint).is_some() {
            endpoint.handle_return(Exit::FAILURE, &[]);
            calls += 1;
            prop_assert!(calls < 5);
        }
        prop_assert!(!endpoint.is_open());
    }
}
