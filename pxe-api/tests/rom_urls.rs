//! Files by URL through iPXE's FILE calls, against a ROM made of a script.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::doc_markdown,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod common;

use bootproto_pxe_api::fetch::{ConfigError, Event, Failure, Ignored, UrlConfig, UrlFetch};
use bootproto_pxe_api::{AREA_SIZE, Exit, Opcode, SegmentOffset, Status};
use proptest::prelude::*;
use std::collections::{BTreeMap, VecDeque};

const AREA: SegmentOffset = SegmentOffset::new(0x1000, 0x0100);
const BUFFER: SegmentOffset = SegmentOffset::new(0x2000, 0);
const URL: &[u8] = b"http://10.0.2.2/boot/vmlinuz";

/// iPXE with one file; raw bytes at the offsets of its header.
struct Rom {
    file: Vec<u8>,
    position: usize,
    open: bool,
    log: Vec<u16>,
    fails: BTreeMap<u16, VecDeque<u16>>,
    mask: u32,
    told_size: u32,
    /// It says that so much came.
    lie: Option<u16>,
}

impl Rom {
    fn new(length: usize) -> Self {
        Self {
            file: (0..length).map(|at| (at % 251) as u8).collect(),
            position: 0,
            open: false,
            log: vec![],
            fails: BTreeMap::new(),
            mask: 0x17f,
            told_size: length as u32,
            lie: None,
        }
    }

    /// The call, and what it put into the buffer.
    fn call(&mut self, opcode: u16, block: &mut [u8]) -> (Exit, Vec<u8>) {
        self.log.push(opcode);
        let status = self.fails.get_mut(&opcode).and_then(VecDeque::pop_front).unwrap_or(0);
        let piece = if status == 0 { self.serve(opcode, block) } else { vec![] };
        block[..2].copy_from_slice(&status.to_le_bytes());
        (Exit(u16::from(status != 0)), piece)
    }

    fn serve(&mut self, opcode: u16, block: &mut [u8]) -> Vec<u8> {
        match opcode {
            0xe6 => {
                assert_eq!(block[2..8], [20, 0, 0xb2, 0x47, 0xd4, 0x91]);
                block[4..8].copy_from_slice(&0xe9c1_7b20_u32.to_le_bytes());
                block[12..16].copy_from_slice(&self.mask.to_le_bytes());
            }
            0xe0 => {
                let at = [block[4], block[5], block[6], block[7]];
                assert_eq!(at, [0x0c, 0x01, 0x00, 0x10], "right behind the block");
                assert!(block[12..].starts_with(URL) && block[12 + URL.len()] == 0);
                block[2..4].copy_from_slice(&[7, 0]);
                self.open = true;
            }
            _ => {
                assert!(self.open && block[2..4] == [7, 0]);
                return self.with_handle(opcode, block);
            }
        }
        vec![]
    }

    fn with_handle(&mut self, opcode: u16, block: &mut [u8]) -> Vec<u8> {
        match opcode {
            0xe4 => block[4..8].copy_from_slice(&self.told_size.to_le_bytes()),
            0xe1 => self.open = false,
            0xe3 => {
                let room = usize::from(u16::from_le_bytes([block[4], block[5]]));
                assert_eq!(block[6..10], [0, 0, 0, 0x20]);
                let end = self.file.len().min(self.position + room);
                let piece = self.file[self.position..end].to_vec();
                self.position = end;
                let length = self.lie.unwrap_or(piece.len() as u16);
                block[4..6].copy_from_slice(&length.to_le_bytes());
                return piece;
            }
            other => panic!("{other:#x}"),
        }
        vec![]
    }
}

fn config() -> UrlConfig {
    UrlConfig::new(URL, AREA, BUFFER).unwrap()
}

fn run(config: UrlConfig, rom: &mut Rom) -> (Event, Vec<Event>, Vec<u8>) {
    let mut fetch = UrlFetch::new(config);
    let (mut events, mut file) = (vec![], vec![]);
    for _ in 0..5_000 {
        let mut area = [0xa5; AREA_SIZE];
        let opcode = fetch.poll_call(&mut area).unwrap().expect("not ended").opcode.0;
        let (exit, piece) = rom.call(opcode, &mut area);
        match fetch.handle_return(exit, &area) {
            end @ (Event::Done { .. } | Event::Failed(_)) => {
                assert!(fetch.poll_call(&mut area).unwrap().is_none() && !rom.open);
                assert_eq!(fetch.handle_return(exit, &area), Event::Ignored(Ignored::NoCallPending));
                assert_eq!(fetch.end(), Event::Ignored(Ignored::NoCallPending));
                return (end, events, file);
            }
            Event::Data { at, length, offset } => {
                assert_eq!((at, offset, usize::from(length)), (BUFFER, file.len() as u64, piece.len()));
                file.extend(piece);
            }
            Event::Nothing => {}
            event => events.push(event),
        }
    }
    panic!("the fetch does not end");
}

#[test]
fn a_url_comes_piece_by_piece() {
    for length in [1, 1455, 1456, 1457, 100_000] {
        let mut rom = Rom::new(length);
        rom.fails.insert(0xe3, [0x1b, 0x1b].into());
        let (end, events, file) = run(config(), &mut rom);
        assert_eq!(end, Event::Done { size: length as u64, placed: false });
        assert_eq!(events, [Event::Size(length as u32), Event::Waiting, Event::Waiting]);
        assert_eq!(file, rom.file);
        assert_eq!((&rom.log[..3], rom.log.last()), (&[0xe6, 0xe0, 0xe4][..], Some(&0xe1)));
    }
}

#[test]
fn a_size_is_not_needed() {
    let mut rom = Rom::new(3_000);
    rom.told_size = 0;
    assert_eq!(run(config(), &mut rom).0, Event::Done { size: 3_000, placed: false });
    let mut rom = Rom::new(3_000);
    rom.mask = 0b1011;
    assert_eq!(run(config(), &mut rom).0, Event::Done { size: 3_000, placed: false });
    assert!(!rom.log.contains(&0xe4));
    let mut rom = Rom::new(3_000);
    rom.fails.insert(0xe4, [1].into());
    let refused = Ignored::Refused { opcode: Opcode::GET_FILE_SIZE, status: Status::FAILURE };
    let (end, events, _) = run(config(), &mut rom);
    assert_eq!((end, events), (Event::Done { size: 3_000, placed: false }, vec![Event::Ignored(refused)]));
}

#[test]
fn a_rom_without_these_calls_is_told_apart() {
    for status in [1, 2, 3] {
        let mut rom = Rom::new(10);
        rom.fails.insert(0xe6, [status].into());
        assert_eq!(run(config(), &mut rom).0, Event::Failed(Failure::NoFileApi));
        assert_eq!(rom.log, [0xe6]);
    }
    for mask in [0, 0b1010, 0b0011] {
        let mut rom = Rom::new(10);
        rom.mask = mask;
        assert_eq!(run(config(), &mut rom).0, Event::Failed(Failure::NoFileApi));
    }
    // A ROM that calls everything done and touches nothing.
    let mut fetch = UrlFetch::new(config());
    let mut area = [0; AREA_SIZE];
    fetch.poll_call(&mut area).unwrap();
    assert_eq!(fetch.handle_return(Exit::SUCCESS, &area), Event::Failed(Failure::NoFileApi));
}

#[test]
fn each_failure_has_its_name_and_closes_what_is_open() {
    let not_found = Status::TFTP_FILE_NOT_FOUND.0;
    let mut rom = Rom::new(10);
    rom.fails.insert(0xe0, [not_found].into());
    assert_eq!(run(config(), &mut rom).0, Event::Failed(Failure::NotFound));
    assert_eq!(rom.log, [0xe6, 0xe0]);
    let mut rom = Rom::new(3_000);
    rom.fails.insert(0xe3, [0, Status::TFTP_READ_TIMEOUT.0].into());
    assert_eq!(run(config(), &mut rom).0, Event::Failed(Failure::ServerStopped));
    assert_eq!(rom.log.last(), Some(&0xe1));
    for (told, got) in [(2_999, 3_000), (3_001, 3_000)] {
        let mut rom = Rom::new(3_000);
        rom.told_size = told;
        let failure = Failure::WrongSize { expected: told.into(), got };
        assert_eq!(run(config(), &mut rom).0, Event::Failed(failure));
    }
    let mut rom = Rom::new(3_000);
    rom.lie = Some(1457);
    let failure = Failure::Misbehaved { opcode: Opcode::FILE_READ };
    assert_eq!(run(config(), &mut rom).0, Event::Failed(failure), "more than the buffer holds");
    let small = config().with_limit(2_999);
    assert_eq!(run(small.clone(), &mut Rom::new(3_000)).0, Event::Failed(Failure::TooBig { size: 3_000 }));
    let mut rom = Rom::new(9_000);
    rom.told_size = 0;
    assert!(matches!(run(small, &mut rom).0, Event::Failed(Failure::TooBig { size: 4_368 })));
}

#[test]
fn an_end_in_the_middle_closes_first() {
    let mut fetch = UrlFetch::new(config());
    let mut rom = Rom::new(9_000);
    let mut area = [0; AREA_SIZE];
    for _ in 0..4 {
        let opcode = fetch.poll_call(&mut area).unwrap().unwrap().opcode.0;
        let (exit, _) = rom.call(opcode, &mut area);
        fetch.handle_return(exit, &area);
    }
    assert_eq!(
        (fetch.end(), fetch.end(), fetch.progress()),
        (Event::Nothing, Event::Nothing, (1456, Some(9_000)))
    );
    assert_eq!(fetch.poll_call(&mut area).unwrap().unwrap().opcode, Opcode::FILE_CLOSE);
    assert_eq!(fetch.handle_return(Exit::FAILURE, &[1, 0]), Event::Failed(Failure::Ended));
    assert_eq!(UrlFetch::new(config()).end(), Event::Failed(Failure::Ended));
}

#[test]
fn what_can_not_be_is_refused() {
    let wraps = SegmentOffset::new(0, 0xff80);
    assert_eq!(UrlConfig::new(b"", AREA, BUFFER), Err(ConfigError::BadName));
    assert_eq!(UrlConfig::new(&[b'a'; 128], AREA, BUFFER), Err(ConfigError::BadName));
    assert_eq!(UrlConfig::new(URL, wraps, BUFFER), Err(ConfigError::BufferWraps));
    assert_eq!(UrlConfig::new(URL, AREA, wraps), Err(ConfigError::BufferWraps));
    assert_eq!(config().with_buffer_size(0), Err(ConfigError::BadPacketSize));
    let mut area = [0; AREA_SIZE];
    let longest = UrlConfig::new(&[b'a'; 127], AREA, BUFFER).unwrap();
    let mut fetch = UrlFetch::new(longest);
    fetch.poll_call(&mut area).unwrap();
    area[4..8].copy_from_slice(&0xe9c1_7b20_u32.to_le_bytes());
    area[12] = 0xff;
    fetch.handle_return(Exit::SUCCESS, &area);
    assert_eq!(fetch.poll_call(&mut area).unwrap().unwrap().bytes.len(), 12 + 128);
    assert_eq!(fetch.poll_call(&mut [0; 139]).unwrap_err().needed, 140);
}

proptest! {
    /// A ROM that answers anything: the fetch ends, hands out nothing outside the buffer, and closes what it opened.
    #[test]
    fn any_rom_ends_a_fetch(
        answers in proptest::collection::vec((0_u16..3, proptest::collection::vec(any::<u8>(), 0..=AREA_SIZE)), 0..60),
        is_ipxe: bool,
    ) {
        let mut fetch = UrlFetch::new(config());
        let mut area = [0; AREA_SIZE];
        let (mut open, mut ended) = (false, false);
        let check = vec![0, 0, 20, 0, 0x20, 0x7b, 0xc1, 0xe9, 0, 0, 0, 0, 0xff, 1, 0, 0, 0, 0, 0, 0];
        let first = is_ipxe.then_some((0, check));
        let noise = first.into_iter().chain(answers).chain(core::iter::repeat_with(|| (1, vec![1, 0])));
        for (calls, (exit, block)) in noise.enumerate() {
            let Some(call) = fetch.poll_call(&mut area).unwrap() else { break };
            open = match call.opcode {
                Opcode::FILE_OPEN => exit == 0 && block.len() >= 12,
                Opcode::FILE_CLOSE => false,
                _ => open,
            };
            let event = fetch.handle_return(Exit(exit), &block);
            if let Event::Data { at, length, .. } = event {
                prop_assert!(at == BUFFER && length <= 1456);
            }
            ended = matches!(event, Event::Done { .. } | Event::Failed(_));
            prop_assert!(calls < 70);
        }
        prop_assert!(ended && !open);
    }
}
