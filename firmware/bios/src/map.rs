//! The memory map of the BIOS (INT 15h, AX = E820h), and what of it is free for files.

use crate::memory::{Room, end, real, word};
use crate::real::{CHAIN_ROOM, Registers, interrupt};
use bootproto::linux::Region;

/// The most regions that are kept; machines have about ten, servers up to thirty.
const MOST: usize = 64;

/// So many of them the boot client takes.
const PLACES: usize = 14;

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
    count: usize,
}

const NOTHING: Region = Region { start: 0, length: 0, usable: false };

impl Map {
    /// Asks the BIOS.
    pub(crate) fn read() -> Self {
        let mut map = Self { regions: [NOTHING; MOST], count: 0 };
        let entry = ENTRY.take();
        let place = real(entry);
        let mut next = 0;
        for _ in 0..MOST * 2 {
            entry.fill(0);
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
            let mut bytes = [0; 24];
            bootproto_pxe_api::entry::Memory::read(&crate::memory::Low, place.physical(), &mut bytes);
            map.add(&bytes);
            next = told.ebx;
            if next == 0 {
                break;
            }
        }
        map
    }

    fn add(&mut self, bytes: &[u8; 24]) {
        let [a, b, c] = [0, 8, 16].map(|at| {
            let mut eight = [0; 8];
            bootproto_core::copy_into(&mut eight, bytes.get(at..).unwrap_or_default());
            u64::from_le_bytes(eight)
        });
        let usable = c & 0xffff_ffff == 1;
        if let Some(place) = self.regions.get_mut(self.count) {
            *place = Region { start: a, length: b, usable };
            self.count += 1;
        }
    }

    /// All of it, for the kernel.
    pub(crate) fn regions(&self) -> &[Region] {
        self.regions.get(..self.count).unwrap_or_default()
    }

    /// How many bytes of it are memory.
    pub(crate) fn total(&self) -> u64 {
        self.regions()
            .iter()
            .filter(|region| region.usable)
            .fold(0, |sum, region| sum.saturating_add(region.length))
    }

    /// How many bytes another boot program may have: it takes our place, up to the code that puts it there.
    pub(crate) fn program_room(&self) -> u64 {
        u64::from(chain_code()) - 0x7c00
    }

    /// Memory above 1 MiB for ourselves, which no file gets: the end of the first stretch that is large enough.
    pub(crate) fn own(&self) -> Option<u64> {
        let large = |region: &&Region| {
            region.usable && region.start >= 0x10_0000 && region.start < LIMIT && region.length >= 2 * OWN
        };
        let region = self.regions().iter().find(large)?;
        Some((region.start.saturating_add(region.length).min(LIMIT) - OWN) & !0xfff)
    }

    /// Where files and parameters may lie: memory below 4 GiB, without us and what is below, and without the ROM.
    pub(crate) fn places(&self) -> ([Region; PLACES], usize) {
        let (mut places, mut count) = ([NOTHING; PLACES], 0);
        let free_base = u64::from(word(0x413)) * 1024;
        let own = self.own().unwrap_or(LIMIT);
        for region in self.regions() {
            let last = region.start.saturating_add(region.length);
            let (from, to) = if region.start < 0x10_0000 {
                (region.start.max(end()), last.min(free_base))
            } else {
                (region.start, last.min(LIMIT))
            };
            let to = if from < own && own < to { own } else { to };
            if !region.usable || from >= to {
                continue;
            }
            if let Some(place) = places.get_mut(count) {
                *place = Region { start: from, length: to - from, usable: true };
                count += 1;
            }
        }
        (places, count)
    }
}
