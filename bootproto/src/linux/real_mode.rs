//! The segment in which an x86 kernel's setup code begins, by the 16-bit boot protocol.

use crate::linux::{Kernel, Layout, PlaceError};
use bootproto_core::num::{low_u16, low_u32, u64_from_usize, usize_from_u64_saturating};

/// The segment's size: setup code, its heap and stack, and the command line.
pub const REAL_MODE_BYTES: usize = 0x1_0000;

/// The first protocol whose command line may lie anywhere.
const ANYWHERE: u16 = 0x202;

/// Fills `segment`, which is to lie at `address`, a multiple of 16 below 0x90000, for the kernel that `layout` has placed:
/// `setup` is the file's beginning, up to its protected-mode part. Answers the stack pointer.
///
/// This is for the kernels that take no other way ([`X86::needs_real_mode`](crate::linux::X86::needs_real_mode)). Enter
/// with the segment in DS, ES, FS, GS and SS, the stack pointer in SP and interrupts off, at offset 0 of the segment 0x20
/// above.
///
/// # Errors
/// [`PlaceError::ParametersMissing`] if the kernel is not x86, [`PlaceError::InitrdOpen`], [`PlaceError::HeadTooShort`],
/// [`PlaceError::CommandLineTooLong`].
pub fn write_real_mode(
    segment: &mut [u8; REAL_MODE_BYTES],
    address: u32,
    setup: &[u8],
    layout: &Layout,
    command_line: &[u8],
) -> Result<u16, PlaceError> {
    let Some((Kernel::X86(x86), slot)) = layout.kernel() else { return Err(PlaceError::ParametersMissing) };
    if layout.has_open_initrd() {
        return Err(PlaceError::InitrdOpen);
    }
    let old = x86.version < ANYWHERE;
    // The oldest move all of it to 0x90000, where less is free.
    let heap_end: u16 = if old { 0x9800 } else { 0xe000 };
    let (length, limit) = (command_line.len(), x86.command_line_limit().min(0x1000));
    if length > limit {
        return Err(PlaceError::CommandLineTooLong { length, limit });
    }
    let setup_bytes = usize_from_u64_saturating(x86.setup_bytes());
    let setup = setup.get(..setup_bytes).filter(|setup| setup.len() <= usize::from(heap_end));
    segment.fill(0);
    put(segment, 0, setup.ok_or(PlaceError::HeadTooShort)?);
    // "normal" video mode: what the screen shows now. And a loader without a number of its own.
    put(segment, 0x1fa, &[0xff; 2]);
    put(segment, 0x210, &[0xff]);
    put(segment, 0x214, &low_u32(slot.run).to_le_bytes());
    let initrds = layout.initrds();
    let (start, size) = initrds.map_or((0, 0), |span| (span.start, span.length()));
    put(segment, 0x218, &low_u32(start).to_le_bytes());
    put(segment, 0x21c, &low_u32(size).to_le_bytes());
    if x86.version > 0x200 {
        // The heap may be used.
        put(segment, 0x211, &[x86.loadflags | 0x80]);
        put(segment, 0x224, &heap_end.saturating_sub(0x200).to_le_bytes());
    }
    if old {
        let moved = u64_from_usize(length).saturating_add(heap_end.into()).saturating_add(1);
        put(segment, 0x20, &0xa33f_u16.to_le_bytes());
        put(segment, 0x22, &heap_end.to_le_bytes());
        put(segment, 0x212, &low_u16(moved).to_le_bytes());
    } else {
        put(segment, 0x228, &address.saturating_add(heap_end.into()).to_le_bytes());
    }
    put(segment, heap_end.into(), command_line);
    Ok(heap_end)
}

fn put(segment: &mut [u8; REAL_MODE_BYTES], at: usize, bytes: &[u8]) {
    if let Some(place) = segment.get_mut(at..at.saturating_add(bytes.len())) {
        bootproto_core::copy_into(place, bytes);
    }
}
