//! The memory map of the BIOS (INT 15h, AX = E820h; without that, E801h or 88h), and what of it is free for files.

use crate::memory::{Low, Room, end, real, word};
use crate::real::{CHAIN_ROOM, Registers, interrupt};
use bootproto::linux::{MemoryMap, Region, Span, region_from_88, region_from_e820, regions_from_e801};
use bootproto_pxe_api::entry::Memory as _;

/// The most regions that are kept; machines have about ten, servers up to thirty.
const MOST: usize = 64;

/// So many of them the boot client takes.
const PLACES: usize = 14;

/// A shorter stretch of memory is not worth a place.
const WORTH: u64 = 64 << 10;

const MIB: u64 = 1 << 20;

/// What is ours above 1 MiB: room for another boot program, which base memory bounds, then for texts and packets.
const OWN: u64 = 0x10_0000;
/// Where these begin, and their lengths.
pub(crate) const TEXTS: [(u64, usize); 3] =
    [(0xa_0000, 128 << 10), (0xc_0000, 64 << 10), (0xd_0000, 64 << 10)];

/// What the page tables map.
const LIMIT: u64 = 1 << 32;

/// Where the code lies that puts another boot program into our place: at the end of what the ROM left us.
pub(crate) fn chain_code() -> u32 {
    u32::from(word(0x413)) * 1024 - CHAIN_ROOM
}

/// "SMAP".
const SIGNATURE: u32 = 0x534d_4150;

static ENTRY: Room<24> = Room::new();

/// The memory map.
#[derive(Debug)]
pub(crate) struct Map {
    regions: [Region; MOST],
    kinds: [u32; MOST],
    count: usize,
}

const NOTHING: Region = Region { start: 0, length: 0, usable: false };

impl Map {
    /// Asks the BIOS.
    pub(crate) fn read() -> Self {
        let mut map = Self { regions: [NOTHING; MOST], kinds: [0; MOST], count: 0 };
        let entry = ENTRY.take();
        let place = real(entry);
        let mut next = 0;
        for _ in 0..MOST * 2 {
            entry.fill(0);
            // A BIOS that knows no attributes leaves them alone: the entry counts.
            if let Some(attributes) = entry.get_mut(20) {
                *attributes = 1;
            }
            let asked = Registers {
                eax: 0xe820,
                ebx: next,
                ecx: 24,
                edx: SIGNATURE,
                edi: u32::from(place.offset.get()),
                es: place.segment.get(),
                ..Registers::default()
            };
            let told = interrupt(0x15, asked);
            if told.carry() || told.eax != SIGNATURE {
                break;
            }
            // The handler has written behind the compiler's back.
            Low.read(place.physical(), entry);
            let length = if told.ecx < 24 { 20 } else { 24 };
            let told_of = entry.get(..length).and_then(region_from_e820);
            if let Some((region, kind)) = told_of {
                map.add(region, kind);
            }
            next = told.ebx;
            if next == 0 {
                break;
            }
        }
        if map.own().is_none() {
            map.ask_older();
        }
        map
    }

    /// For a BIOS that does not know E820h, or tells nothing useful by it.
    fn ask_older(&mut self) {
        self.count = 0;
        self.add(Region { start: 0, length: u64::from(word(0x413)) << 10, usable: true }, 1);
        let told = interrupt(0x15, Registers { eax: 0xe801, ..Registers::default() });
        if !told.carry() {
            let [ax, bx, cx, dx] = [told.eax, told.ebx, told.ecx, told.edx].map(|wide| wide as u16);
            for region in regions_from_e801(ax, bx, cx, dx) {
                self.add(region, 1);
            }
        }
        if self.own().is_none() {
            let told = interrupt(0x15, Registers { eax: 0x8800, ..Registers::default() });
            self.add(region_from_88(told.ax()), 1);
        }
    }

    fn add(&mut self, region: Region, kind: u32) {
        let places = (self.regions.get_mut(self.count), self.kinds.get_mut(self.count));
        // The kernel's parameters leave out what is empty.
        if let (Some(place), Some(name)) = places
            && region.length > 0
        {
            (*place, *name) = (region, kind);
            self.count += 1;
        }
    }

    /// All of it, for the kernel.
    pub(crate) fn regions(&self) -> &[Region] {
        self.regions.get(..self.count).unwrap_or_default()
    }

    /// The BIOS's types of the regions.
    pub(crate) fn kinds(&self) -> &[u32] {
        self.kinds.get(..self.count).unwrap_or_default()
    }

    fn map(&self) -> MemoryMap<'_> {
        MemoryMap::new(self.regions())
    }

    /// How many bytes of it are memory.
    pub(crate) fn total(&self) -> u64 {
        self.map().stretches(0, u64::MAX, &[]).map(Span::length).sum()
    }

    /// How many bytes another boot program may have: it takes our place, up to the code that puts it there.
    pub(crate) fn program_room(&self) -> u64 {
        u64::from(chain_code()) - 0x7c00
    }

    /// Memory above 1 MiB for ourselves, which no file gets: the end of the first stretch that is large enough.
    pub(crate) fn own(&self) -> Option<u64> {
        let large = self.map().stretches(MIB, LIMIT, &[]).find(|stretch| stretch.length() >= 2 * OWN)?;
        Some((large.end - OWN) & !0xfff)
    }

    /// Where files and parameters may lie: memory below 4 GiB, without us and what is below, and without the ROM.
    pub(crate) fn places(&self) -> ([Region; PLACES], usize) {
        let (mut places, mut count) = ([NOTHING; PLACES], 0);
        let rom = Span { start: u64::from(word(0x413)) << 10, end: MIB };
        let own = self.own().map_or(Span { start: 0, end: 0 }, |start| Span::new(start, OWN));
        let taken = [rom, own];
        let stretches =
            self.map().stretches(end(), LIMIT, &taken).filter(|stretch| stretch.length() >= WORTH);
        for (place, stretch) in places.iter_mut().zip(stretches) {
            *place = Region { start: stretch.start, length: stretch.length(), usable: true };
            count += 1;
        }
        (places, count)
    }
}
