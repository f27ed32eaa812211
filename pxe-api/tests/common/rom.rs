//! A PXE ROM made of a script: it keeps the rules of PXE 2.1 where it is not told to break one. It works on raw bytes
//! at the specification's offsets and shares no code with the crate.
#![allow(
    dead_code,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::doc_markdown,
    clippy::missing_const_for_fn,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests; every one takes what it needs"
)]

use bootproto_core::Instant;
use bootproto_pxe_api::undi::{Client, Event, Fragment, Signal};
use bootproto_pxe_api::{AREA_SIZE, Exit, Opcode, SegmentOffset};
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

pub(crate) const AREA: SegmentOffset = SegmentOffset::new(0x1000, 0x0100);
pub(crate) const OUT: SegmentOffset = SegmentOffset::new(0x2000, 0x0010);
const ROM_DATA: (u16, u16) = (0x9ccc, 0x1360);
const CACHED: (u16, u16) = (0x9ccc, 0x0480);

/// A frame as the ROM was asked to send it, after it put its header where it had to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Out {
    pub(crate) protocol: u8,
    pub(crate) broadcast: bool,
    pub(crate) destination: Vec<u8>,
    pub(crate) bytes: Vec<u8>,
}

/// The ROM, and what is wrong with it.
pub(crate) struct Rom {
    pub(crate) memory: Vec<u8>,
    pub(crate) level: u8,
    pub(crate) log: Vec<u16>,
    pub(crate) waiting: VecDeque<Vec<u8>>,
    pub(crate) out: Vec<Out>,
    given: usize,
    completions: usize,
    pub(crate) in_isr: bool,
    /// Opcode -> the statuses of its next calls; 0 is success.
    pub(crate) fails: BTreeMap<u16, VecDeque<u16>>,
    /// Opcodes that always fail so.
    pub(crate) always: BTreeMap<u16, u16>,
    /// Frames are handed out in pieces of so many bytes.
    pub(crate) piece: usize,
    /// DONE after each frame.
    pub(crate) early_done: bool,
    /// START always says that it was not its interrupt.
    pub(crate) denies: bool,
    /// START always says that it was.
    pub(crate) claims: bool,
    /// No completions of transmits.
    pub(crate) silent_transmit: bool,
    /// The next answers of PROCESS and `GET_NEXT`: flag, frame length, buffer length.
    pub(crate) insane: VecDeque<(u16, u16, u16)>,
    /// PROCESS and `GET_NEXT` answer this flag for ever.
    pub(crate) stuck: Option<u16>,
    /// Puts a header before everything, `P_UNKNOWN` too.
    pub(crate) always_header: bool,
    pub(crate) irq: u16,
    pub(crate) flags: u32,
    pub(crate) interface: &'static [u8],
    pub(crate) kind: u16,
    pub(crate) address: Vec<u8>,
    pub(crate) address_length: u16,
    pub(crate) device: (u16, u16),
    /// The packet that `GET_CACHED_INFO` hands out, and where it says that it is.
    pub(crate) cached: Vec<u8>,
    pub(crate) cached_at: (u16, u16),
    /// What the last SET_PACKET_FILTER or OPEN asked for, and how many groups the last call named.
    pub(crate) filter: u16,
    pub(crate) groups: u16,
}

impl Rom {
    pub(crate) fn new() -> Self {
        Self {
            memory: vec![0; 0x10_fff0],
            level: 0,
            log: Vec::new(),
            waiting: VecDeque::new(),
            out: Vec::new(),
            given: 0,
            completions: 0,
            in_isr: false,
            fails: BTreeMap::new(),
            always: BTreeMap::new(),
            piece: usize::MAX,
            early_done: false,
            denies: false,
            claims: false,
            silent_transmit: false,
            insane: VecDeque::new(),
            stuck: None,
            always_header: false,
            irq: 11,
            flags: 0x1c13,
            interface: b"DIX+802.3",
            kind: 1,
            address: vec![0x52, 0x54, 0, 0x12, 0x34, 0x56],
            address_length: 6,
            device: (0x8086, 0x100e),
            cached: vec![2; 300],
            cached_at: CACHED,
            filter: 0,
            groups: 0,
        }
    }

    /// As a boot program finds it.
    pub(crate) fn open() -> Self {
        Self { level: 4, ..Self::new() }
    }

    pub(crate) fn calls(&self, opcode: Opcode) -> usize {
        self.log.iter().filter(|each| **each == opcode.0).count()
    }

    fn get16(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.memory[at], self.memory[at + 1]])
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.memory[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn put16(&mut self, at: usize, value: u16) {
        self.put(at, &value.to_le_bytes());
    }

    fn far(&self, at: usize) -> usize {
        usize::from(self.get16(at + 2)) * 16 + usize::from(self.get16(at))
    }

    /// The far call: the block is in memory at `area`.
    pub(crate) fn call(&mut self, opcode: Opcode, area: SegmentOffset) -> Exit {
        let at = area.physical() as usize;
        self.log.push(opcode.0);
        let status = match self.fails.get_mut(&opcode.0).and_then(VecDeque::pop_front) {
            Some(status) => status,
            None => self.always.get(&opcode.0).copied().unwrap_or(0),
        };
        let status = if status == 0 { self.serve(opcode.0, at) } else { status };
        self.put16(at, status);
        Exit(u16::from(status != 0))
    }

    fn serve(&mut self, opcode: u16, at: usize) -> u16 {
        let move_level = |from: core::ops::RangeInclusive<u8>, to: u8, level: &mut u8| {
            if !from.contains(level) {
                return 0x6a;
            }
            *level = to;
            0
        };
        let mut level = self.level;
        let status = match opcode {
            0x00 => move_level(0..=0, 1, &mut level),
            0x01 => move_level(1..=1, 2, &mut level),
            0x03 => move_level(2..=2, 3, &mut level),
            0x06 => move_level(3..=3, 4, &mut level),
            0x07 => move_level(4..=4, 3, &mut level),
            0x05 => move_level(3..=4, 2, &mut level),
            0x02 => move_level(2..=2, 1, &mut level),
            0x15 => move_level(1..=1, 0, &mut level),
            0x70 => 0,
            0x0a if self.level == 3 => {
                self.address = self.memory[at + 2..][..self.address.len()].to_vec();
                0
            }
            0x0a => 0x6a,
            0x0c => self.information(at),
            0x12 => {
                self.put(at + 2, &[2]);
                self.put16(at + 3, self.device.0);
                self.put16(at + 5, self.device.1);
                0
            }
            0x13 => {
                self.put(at + 2, self.interface);
                self.put(at + 22, &self.flags.to_le_bytes());
                0
            }
            0x0d => {
                self.put(at + 2, &(self.out.len() as u32).to_le_bytes());
                0
            }
            0x0e => 0,
            0x04 | 0x09 | 0x0b => u16::from(self.level != 4) * 0x6a,
            0x11 => {
                let group = self.memory[at + 2..at + 6].to_vec();
                self.put(at + 6, &[1, 0, 0x5e, group[1] & 0x7f, group[2], group[3]]);
                0
            }
            0x71 => self.cached_info(at),
            0x08 => self.transmit(at),
            0x14 => self.isr(at),
            _ => 3,
        };
        self.level = level;
        if status == 0 {
            self.note(opcode, at);
        }
        status
    }

    /// Filter and groups, where the calls have them.
    fn note(&mut self, opcode: u16, at: usize) {
        match opcode {
            0x06 => (self.filter, self.groups) = (self.get16(at + 4), self.get16(at + 6)),
            0x0b => self.filter = self.memory[at + 2].into(),
            0x04 | 0x09 => self.groups = self.get16(at + 2),
            _ => {}
        }
        if opcode == 0x04 {
            // A reset loses what was received.
            self.waiting.clear();
            (self.given, self.in_isr) = (0, false);
        }
    }

    fn information(&mut self, at: usize) -> u16 {
        self.put16(at + 4, self.irq);
        self.put16(at + 6, 1500);
        self.put16(at + 8, self.kind);
        self.put16(at + 10, self.address_length);
        let address = self.address.clone();
        self.put(at + 12, &address);
        self.put(at + 28, &address);
        0
    }

    fn cached_info(&mut self, at: usize) -> u16 {
        if self.get16(at + 4) != 0 || self.cached.is_empty() {
            return 1;
        }
        let packet = self.cached.clone();
        self.put(usize::from(CACHED.0) * 16 + usize::from(CACHED.1), &packet);
        self.put16(at + 4, packet.len() as u16);
        self.put16(at + 6, self.cached_at.1);
        self.put16(at + 8, self.cached_at.0);
        0
    }

    fn transmit(&mut self, at: usize) -> u16 {
        if self.level != 4 {
            return 0x6a;
        }
        let (protocol, flag) = (self.memory[at + 2], self.memory[at + 3]);
        let (destination, tbd) = (self.far(at + 4), self.far(at + 8));
        let destination =
            self.memory[destination..destination + usize::from(self.address_length).min(16)].to_vec();
        let mut bytes = Vec::new();
        if protocol != 0 || self.always_header {
            bytes.extend(if flag == 1 { vec![0xff; destination.len()] } else { destination.clone() });
            bytes.extend(&self.address);
            bytes.extend(
                [[0x08, 0x00], [0x08, 0x06], [0x80, 0x35]]
                    .get(usize::from(protocol) - usize::from(protocol > 0))
                    .unwrap(),
            );
        }
        let mut pieces = vec![(self.get16(tbd), self.far(tbd + 2))];
        for index in 0..usize::from(self.get16(tbd + 6)) {
            let block = tbd + 8 + 8 * index;
            assert_eq!(self.memory[block], 1, "the only kind of pointer there is");
            pieces.push((self.get16(block + 2), self.far(block + 4)));
        }
        for (length, from) in pieces {
            bytes.extend_from_slice(&self.memory[from..from + usize::from(length)]);
        }
        self.out.push(Out { protocol, broadcast: flag == 1, destination, bytes });
        self.completions += usize::from(!self.silent_transmit);
        0
    }

    fn isr(&mut self, at: usize) -> u16 {
        if self.level != 4 {
            return 0x6a;
        }
        let asked = self.get16(at + 2);
        if asked == 1 {
            let something = !self.waiting.is_empty() || self.completions > 0;
            let ours = self.claims || (something && !self.denies);
            self.put16(at + 2, u16::from(!ours));
            return 0;
        }
        self.in_isr = true;
        let (flag, frame, piece) = self.next_answer(at);
        if flag == 0 {
            self.in_isr = false;
        }
        self.put16(at + 2, flag);
        self.put16(at + 4, piece);
        self.put16(at + 6, frame);
        self.put16(at + 8, 14);
        0
    }

    fn next_answer(&mut self, at: usize) -> (u16, u16, u16) {
        if let Some(flag) = self.stuck {
            return (flag, 0, 0);
        }
        if let Some(answer) = self.insane.pop_front() {
            return answer;
        }
        if self.completions > 0 {
            self.completions -= 1;
            return (2, 0, 0);
        }
        if self.early_done && self.given > 0 && self.given == usize::MAX {
            self.given = 0;
            return (0, 0, 0);
        }
        let Some(frame) = self.waiting.front().cloned() else { return (0, 0, 0) };
        let given = if self.given == usize::MAX { 0 } else { self.given };
        let piece = self.piece.min(frame.len() - given);
        let bytes = frame[given..given + piece].to_vec();
        self.put(usize::from(ROM_DATA.0) * 16 + usize::from(ROM_DATA.1), &bytes);
        self.put16(at + 10, ROM_DATA.1);
        self.put16(at + 12, ROM_DATA.0);
        self.given = given + piece;
        if self.given == frame.len() {
            self.waiting.pop_front();
            self.given = if self.early_done { usize::MAX } else { 0 };
        }
        (3, frame.len() as u16, piece as u16)
    }
}

/// A client, a ROM and the memory between them.
pub(crate) struct Rig {
    pub(crate) client: Client,
    pub(crate) rom: Rom,
    pub(crate) now: Instant,
    pub(crate) frames: Vec<Vec<u8>>,
    pub(crate) events: Vec<Event>,
    frame: Vec<u8>,
}

impl Rig {
    pub(crate) fn new(client: Client, rom: Rom) -> Self {
        let now = Instant::from_millis(1_000);
        Self { client, rom, now, frames: Vec::new(), events: Vec::new(), frame: Vec::new() }
    }

    /// Makes calls until none is due or a deadline lies ahead.
    pub(crate) fn run(&mut self) {
        for _ in 0..20_000 {
            if !self.step() {
                return;
            }
        }
        panic!("the machine does not stop calling: {:?}", self.client);
    }

    /// Makes one call, if one is due.
    pub(crate) fn step(&mut self) -> bool {
        let mut area = [0xa5; AREA_SIZE];
        let Some(call) = self.client.poll_call(self.now, &mut area).unwrap() else { return false };
        let (opcode, bytes) = (call.opcode, call.bytes.to_vec());
        self.rom.put(AREA.physical() as usize, &bytes);
        let exit = self.rom.call(opcode, AREA);
        let at = AREA.physical() as usize;
        let block = self.rom.memory[at..at + AREA_SIZE].to_vec();
        let event = self.client.handle_return(self.now, exit, &block);
        if let Event::Received(fragment) = event {
            self.received(&fragment);
        }
        if event != Event::Nothing {
            self.events.push(event);
        }
        true
    }

    /// Runs through all deadlines.
    pub(crate) fn run_on(&mut self) {
        self.run();
        for _ in 0..1_000 {
            let Some(until) = self.client.poll_timeout() else { return };
            self.now = until.max(self.now);
            self.run();
        }
        panic!("the machine does not stop waiting");
    }

    pub(crate) fn advance(&mut self, millis: u64) {
        self.now = self.now.saturating_add(Duration::from_millis(millis));
    }

    pub(crate) fn receive(&mut self, signal: Signal) {
        self.client.receive(self.now, signal);
        self.run();
    }

    pub(crate) fn takes(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.events)
    }

    fn received(&mut self, fragment: &Fragment) {
        let range = fragment.at.range(fragment.length).unwrap();
        if fragment.offset == 0 {
            self.frame = vec![0xa5; usize::from(fragment.frame_length)];
        }
        let (from, length) = (usize::from(fragment.offset), usize::from(fragment.length));
        self.frame[from..from + length]
            .copy_from_slice(&self.rom.memory[range.start as usize..range.end as usize]);
        if fragment.last {
            self.frames.push(core::mem::take(&mut self.frame));
        }
    }

    /// Puts a frame into base memory, for the client to send.
    pub(crate) fn place(&mut self, at: SegmentOffset, bytes: &[u8]) {
        self.rom.put(at.physical() as usize, bytes);
    }
}
