//! The search for a PXE stack: `!PXE` first, `PXENV+` second, INT 1Ah third, memory, and the ROMs last.

use core::fmt;

use super::memory::Memory;
use super::structures::{BangPxe, Pxenv};
use crate::SegmentOffset;
use crate::layout::Layout;
use crate::refusal::Refusal;
use crate::rom::{Pcir, RomHeader, UndiRomId};

/// What a boot program knows when it starts; leave out what does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clues {
    /// SS:SP as it was at the first instruction: the far pointer to `!PXE` is 4 bytes above it.
    pub stack: Option<SegmentOffset>,
    /// ES:BX as it was then: `PXENV+`.
    pub pxenv: Option<SegmentOffset>,
    /// What INT 1Ah said, if it was asked.
    pub int1a: Option<Int1a>,
    /// Kilobytes of free base memory (40:13h): from there to 640 KiB the structures are looked for.
    pub free_kilobytes: Option<u16>,
}

/// The registers after INT 1Ah with AX = 5650h.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Int1a {
    /// AX: 564Eh if a stack is there.
    pub ax: u16,
    /// The carry flag.
    pub carry: bool,
    /// ES:BX: `PXENV+`.
    pub es_bx: SegmentOffset,
}

/// How parameters are handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Convention {
    /// `!PXE`: push the block's segment, its offset, the opcode; far call; take 6 bytes off the stack.
    Stack,
    /// `PXENV+`: ES:DI is the block, BX the opcode; far call. Doing both at once serves either.
    Registers,
}

/// Which clue led to the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum How {
    /// `!PXE` from the stack.
    Stack,
    /// `!PXE` that `PXENV+` at ES:BX points to.
    PxenvPointer,
    /// `PXENV+` at ES:BX itself.
    Pxenv,
    /// `!PXE` that INT 1Ah's `PXENV+` points to.
    Int1aPointer,
    /// INT 1Ah's `PXENV+` itself.
    Int1a,
    /// `!PXE` found lying in memory.
    ScanPxe,
    /// `PXENV+` found lying in memory.
    ScanPxenv,
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stack => "!PXE on the stack",
            Self::PxenvPointer => "PXENV+ at ES:BX, its !PXE",
            Self::Pxenv => "PXENV+ at ES:BX",
            Self::Int1aPointer => "INT 1Ah, its !PXE",
            Self::Int1a => "INT 1Ah",
            Self::ScanPxe => "!PXE in memory",
            Self::ScanPxenv => "PXENV+ in memory",
        })
    }
}

/// A PXE stack that can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// What to call.
    pub point: SegmentOffset,
    /// How.
    pub convention: Convention,
    /// What led here.
    pub how: How,
    /// Where the structure is.
    pub at: SegmentOffset,
    /// `!PXE`, if that is what was found.
    pub bang_pxe: Option<BangPxe>,
}

/// One way that was tried, and why it led nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// The way.
    pub how: How,
    /// Why not.
    pub refusal: Refusal,
}

/// No stack can be called; what is left is a ROM whose driver has yet to be loaded ([`UndiRoms`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NotFound {
    attempts: [Option<Attempt>; 7],
}

impl NotFound {
    /// What was tried, in order.
    pub fn attempts(&self) -> impl Iterator<Item = Attempt> + '_ {
        self.attempts.iter().copied().flatten()
    }

    fn note(&mut self, how: How, refusal: Refusal) {
        if let Some(place) = self.attempts.iter_mut().find(|place| place.is_none()) {
            *place = Some(Attempt { how, refusal });
        }
    }
}

/// Looks for a stack by every clue.
///
/// # Errors
/// [`NotFound`] with every way that was tried.
pub fn find(memory: &impl Memory, clues: &Clues) -> Result<Entry, NotFound> {
    let mut not_found = NotFound::default();
    if let Some(stack) = clues.stack {
        match from_stack(memory, stack) {
            Ok(entry) => return Ok(entry),
            Err(refusal) => not_found.note(How::Stack, refusal),
        }
    }
    if let Some(at) = clues.pxenv
        && let Some(entry) = from_pxenv(memory, at, [How::PxenvPointer, How::Pxenv], &mut not_found)
    {
        return Ok(entry);
    }
    if let Some(int1a) = clues.int1a {
        if int1a.carry || int1a.ax != 0x564e {
            not_found.note(How::Int1a, Refusal::NotInstalled);
        } else if let Some(entry) =
            from_pxenv(memory, int1a.es_bx, [How::Int1aPointer, How::Int1a], &mut not_found)
        {
            return Ok(entry);
        }
    }
    if let Some(free) = clues.free_kilobytes {
        if let Some(entry) = scan(memory, free) {
            return Ok(entry);
        }
        not_found.note(How::ScanPxe, Refusal::BadSignature);
    }
    Err(not_found)
}

fn from_stack(memory: &impl Memory, stack: SegmentOffset) -> Result<Entry, Refusal> {
    let at = stack.checked_add(4).ok_or(Refusal::Unreadable)?;
    let mut pointer = [0; 4];
    read(memory, at, &mut pointer)?;
    bang_pxe(memory, SegmentOffset::parse(&pointer)?, How::Stack)
}

/// `PXENV+` at `at`, or better the `!PXE` it points to. Only one that is itself credible is believed.
fn from_pxenv(
    memory: &impl Memory,
    at: SegmentOffset,
    [pointer, itself]: [How; 2],
    not_found: &mut NotFound,
) -> Option<Entry> {
    let pxenv = match pxenv(memory, at) {
        Ok(pxenv) => pxenv,
        Err(refusal) => {
            not_found.note(itself, refusal);
            return None;
        }
    };
    if let Some(successor) = pxenv.successor() {
        match bang_pxe(memory, successor, pointer) {
            Ok(entry) => return Some(entry),
            Err(refusal) => not_found.note(pointer, refusal),
        }
    }
    Some(Entry { point: pxenv.rm_entry, convention: Convention::Registers, how: itself, at, bang_pxe: None })
}

/// Both structures are aligned to 16 bytes, and the loader put them above free base memory.
fn scan(memory: &impl Memory, free_kilobytes: u16) -> Option<Entry> {
    let start = u32::from(free_kilobytes.clamp(64, 640)).saturating_mul(1024);
    let places = || (start..0xa_0000).step_by(16).filter_map(SegmentOffset::from_physical);
    let starts_with = |at: &SegmentOffset, signature: &[u8; 4]| {
        let mut first = [0; 4];
        read(memory, *at, &mut first).is_ok() && first == *signature
    };
    let newest =
        places().filter(|at| starts_with(at, b"!PXE")).find_map(|at| bang_pxe(memory, at, How::ScanPxe).ok());
    newest.or_else(|| {
        places().filter(|at| starts_with(at, b"PXEN")).find_map(|at| {
            let found = pxenv(memory, at).ok()?;
            let convention = Convention::Registers;
            Some(Entry { point: found.rm_entry, convention, how: How::ScanPxenv, at, bang_pxe: None })
        })
    })
}

fn bang_pxe(memory: &impl Memory, at: SegmentOffset, how: How) -> Result<Entry, Refusal> {
    let mut bytes = [0; 256];
    let found = BangPxe::checked(structure(memory, at, &mut bytes, 4)?)?;
    let convention = Convention::Stack;
    Ok(Entry { point: found.entry_point_sp, convention, how, at, bang_pxe: Some(found) })
}

fn pxenv(memory: &impl Memory, at: SegmentOffset) -> Result<Pxenv, Refusal> {
    let mut bytes = [0; 256];
    Pxenv::checked(structure(memory, at, &mut bytes, 8)?)
}

/// Reads the structure at `at`, whose length stands in its byte `length_at`.
fn structure<'b>(
    memory: &impl Memory,
    at: SegmentOffset,
    bytes: &'b mut [u8; 256],
    length_at: usize,
) -> Result<&'b [u8], Refusal> {
    if at.is_null() {
        return Err(Refusal::Unreadable);
    }
    let (head, _) = bytes.split_at_mut_checked(length_at.saturating_add(1)).ok_or(Refusal::BadLength)?;
    read(memory, at, head)?;
    let length = head.last().copied().map_or(0, usize::from);
    let whole = bytes.get_mut(..length.max(length_at.saturating_add(1))).ok_or(Refusal::BadLength)?;
    read(memory, at, whole)?;
    Ok(whole)
}

fn read(memory: &impl Memory, at: SegmentOffset, into: &mut [u8]) -> Result<(), Refusal> {
    let length = u16::try_from(into.len()).map_err(|_| Refusal::BadLength)?;
    let range = at.range(length).ok_or(Refusal::Unreadable)?;
    if memory.read(range.start, into) { Ok(()) } else { Err(Refusal::Unreadable) }
}

/// A ROM with a UNDI that can be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UndiRom {
    /// The ROM's segment.
    pub segment: u16,
    /// Its UNDI ROM ID.
    pub id: UndiRomId,
    /// The loader to far-call.
    pub loader: SegmentOffset,
    /// Its PCI data structure, if it has one.
    pub pcir: Option<Pcir>,
}

impl UndiRom {
    /// Whether this ROM is for the PCI device; a ROM without PCIR is for none. The list of further devices is not
    /// followed: by the time a ROM has been copied to memory, the BIOS has matched it.
    #[must_use]
    pub fn is_for(&self, vendor: u16, device: u16) -> bool {
        self.pcir.is_some_and(|pcir| pcir.vendor.get() == vendor && pcir.device.get() == device)
    }
}

/// All ROMs between C000:0 and F000:0 that hold a UNDI.
#[derive(Debug, Clone)]
pub struct UndiRoms<M> {
    memory: M,
    segment: u16,
}

impl<M: Memory> UndiRoms<M> {
    /// Looks through `memory` from the start.
    #[must_use]
    pub const fn new(memory: M) -> Self {
        Self { memory, segment: 0xc000 }
    }

    fn at(&self, segment: u16) -> Result<UndiRom, Refusal> {
        let mut bytes = [0; RomHeader::SIZE];
        read(&self.memory, SegmentOffset::new(segment, 0), &mut bytes)?;
        let header = RomHeader::parse(&bytes)?;
        if header.signature != [0x55, 0xaa] {
            return Err(Refusal::BadSignature);
        }
        let length = u32::from(header.length).saturating_mul(512);
        let inside = |offset: u16, size: u32| u32::from(offset).saturating_add(size) <= length && offset != 0;
        if !inside(header.undi.get(), 22) {
            return Err(Refusal::BadLength);
        }
        let mut bytes = [0; 256];
        let at = SegmentOffset::new(segment, header.undi.get());
        let bytes = structure(&self.memory, at, &mut bytes, 4)?;
        let id = UndiRomId::parse(bytes)?;
        crate::refusal::check(bytes, b"UNDI", id.length, UndiRomId::SIZE)?;
        if !inside(id.loader.get(), 1) {
            return Err(Refusal::BadEntryPoint);
        }
        let pcir = if inside(header.pcir.get(), 24) { self.pcir(segment, header.pcir.get()) } else { None };
        Ok(UndiRom { segment, id, loader: SegmentOffset::new(segment, id.loader.get()), pcir })
    }

    fn pcir(&self, segment: u16, offset: u16) -> Option<Pcir> {
        let mut bytes = [0; Pcir::SIZE];
        read(&self.memory, SegmentOffset::new(segment, offset), &mut bytes).ok()?;
        Pcir::parse(&bytes).ok().filter(|pcir| pcir.signature == *b"PCIR")
    }
}

impl<M: Memory> Iterator for UndiRoms<M> {
    type Item = UndiRom;

    fn next(&mut self) -> Option<UndiRom> {
        while self.segment < 0xf000 {
            let segment = self.segment;
            // ROMs start on 512 bytes; a found one is stepped over no faster, its length is not to be trusted.
            self.segment = segment.saturating_add(0x20);
            if let Ok(rom) = self.at(segment) {
                return Some(rom);
            }
        }
        None
    }
}
