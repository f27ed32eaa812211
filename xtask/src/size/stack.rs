//! How deep the stack of a linked program gets: the frames that the compiler tells of (`-Z emit-stack-sizes`), added up
//! along the calls that the linker has kept (`--emit-relocs`).
//!
//! Nothing tells who calls by pointer: the deepest of the functions whose address is taken counts once, on top of the
//! deepest way by direct calls. Functions without a frame of their own to tell of (assembler of the compiler's library)
//! count as 0.

use crate::command::Done;
use object::{
    Endianness, File, Object as _, ObjectSection as _, ObjectSymbol as _, RelocationFlags, RelocationTarget,
    SectionKind, SymbolKind,
};
use std::collections::{BTreeMap, BTreeSet};

/// A branch with its target in the instruction: `R_ARM_THM_CALL`, `CALL`, `JUMP24`, `THM_JUMP24`, `THM_JUMP19`,
/// `THM_JUMP11`.
const BRANCHES: [u32; 6] = [10, 28, 29, 30, 51, 102];

/// The bit of an address that says that the code is Thumb.
const THUMB: u64 = 1;

/// The calls of a program for ARM.
pub(super) struct Calls {
    names: BTreeMap<u64, String>,
    frames: BTreeMap<u64, u64>,
    calls: BTreeMap<u64, BTreeSet<u64>>,
    by_pointer: BTreeSet<u64>,
}

impl Calls {
    pub(super) fn read(file: &File<'_>) -> Done<Self> {
        let mut calls = Self {
            names: BTreeMap::new(),
            frames: frames(file)?,
            calls: BTreeMap::new(),
            by_pointer: BTreeSet::new(),
        };
        for symbol in file.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.size() > 0) {
            let name = symbol.name().unwrap_or_default().to_owned();
            calls.names.insert(symbol.address() & !THUMB, name);
        }
        let kept = [SectionKind::Text, SectionKind::ReadOnlyData, SectionKind::Data];
        for section in file.sections().filter(|section| kept.contains(&section.kind())) {
            for (at, relocation) in section.relocations() {
                let RelocationTarget::Symbol(index) = relocation.target() else { continue };
                let Ok(symbol) = file.symbol_by_index(index) else { continue };
                let target = symbol.address() & !THUMB;
                if symbol.kind() != SymbolKind::Text || !calls.names.contains_key(&target) {
                    continue;
                }
                let RelocationFlags::Elf { r_type } = relocation.flags() else { continue };
                let caller = calls.names.range(..=at).next_back().map(|(start, _)| *start);
                match caller.filter(|_| section.kind() == SectionKind::Text) {
                    Some(caller) if BRANCHES.contains(&r_type.0) => {
                        calls.calls.entry(caller).or_default().insert(target);
                    }
                    _ => {
                        calls.by_pointer.insert(target);
                    }
                }
            }
        }
        Ok(calls)
    }

    /// The depth below the function whose name contains `part`, with its own frame, in bytes.
    pub(super) fn below(&self, part: &str) -> Done<u64> {
        let mut found = self.names.iter().filter(|(_, name)| name.contains(part));
        let (Some((start, _)), None) = (found.next(), found.next()) else {
            return Err(format!("not one function has {part} in its name"));
        };
        let mut known = BTreeMap::new();
        let below = self.deepest(*start, &mut known, &mut Vec::new())?;
        // Any function may be the one that calls by pointer, and what it calls may do so as well; once is counted.
        let mut by_pointer = 0;
        for called in &self.by_pointer {
            by_pointer = by_pointer.max(self.deepest(*called, &mut known, &mut Vec::new())?);
        }
        Ok(below + by_pointer)
    }

    fn deepest(&self, at: u64, known: &mut BTreeMap<u64, u64>, open: &mut Vec<u64>) -> Done<u64> {
        if let Some(depth) = known.get(&at) {
            return Ok(*depth);
        }
        if open.contains(&at) {
            return Err(format!("{} calls itself: its stack has no bound", self.names[&at]));
        }
        open.push(at);
        let mut below = 0;
        for called in self.calls.get(&at).into_iter().flatten() {
            below = below.max(self.deepest(*called, known, open)?);
        }
        open.pop();
        let depth = below + self.frames.get(&at).copied().unwrap_or(0);
        known.insert(at, depth);
        Ok(depth)
    }
}

/// The section `.stack_sizes`: an address and a number in LEB128, again and again.
fn frames(file: &File<'_>) -> Done<BTreeMap<u64, u64>> {
    let section = file.section_by_name(".stack_sizes").ok_or("the compiler told no sizes of frames")?;
    let mut rest = section.data().map_err(|error| error.to_string())?;
    let mut frames = BTreeMap::new();
    while let Some((address, after)) = rest.split_first_chunk::<4>() {
        let (mut size, mut shift) = (0_u64, 0);
        rest = after;
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            size |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let address = match file.endianness() {
            Endianness::Little => u32::from_le_bytes(*address),
            Endianness::Big => u32::from_be_bytes(*address),
        };
        frames.insert(u64::from(address) & !THUMB, size);
    }
    Ok(frames)
}
