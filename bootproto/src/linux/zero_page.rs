//! The parameter page of an x86 kernel (`boot_params`, the "zero page"), as the 32- and 64-bit entries want it.

use crate::linux::{Kernel, Layout, MemoryMap, PlaceError};
use bootproto_core::num::low_u32;

/// The page's size.
pub const ZERO_PAGE_BYTES: usize = 4096;

/// The E820 table has room for so many regions.
const E820_MOST: usize = 128;

/// A loader without a number of its own.
const LOADER_UNDEFINED: u8 = 0xff;

/// Fills the parameter page for the kernel that `layout` has placed: its setup header from `head` (the file's first
/// [`HEAD_BYTES`](crate::linux::HEAD_BYTES)), where command line and initrds lie, and the memory map.
///
/// `map` is what the kernel shall believe: it may use what stands there as usable for itself, loader and tables included.
///
/// Everything else is zero, as `boot.rst` asks. What only the platform knows (screen, ACPI tables, EFI) the caller adds.
/// The run address goes into `code32_start`; enter there with the page's address in `%esi` (32-bit), or 0x200 behind it
/// with the address in `%rsi` (64-bit).
///
/// # Errors
/// [`PlaceError::ParametersMissing`] if the kernel is not x86 or has no command line yet, [`PlaceError::InitrdOpen`],
/// [`PlaceError::HeadTooShort`], [`PlaceError::ProtocolTooOld`], [`PlaceError::TooManyRegions`].
pub fn write_zero_page(
    page: &mut [u8; ZERO_PAGE_BYTES],
    head: &[u8],
    layout: &Layout,
    map: &MemoryMap<'_>,
) -> Result<(), PlaceError> {
    let (Some((Kernel::X86(x86), slot)), Some(command_line)) = (layout.kernel(), layout.command_line())
    else {
        return Err(PlaceError::ParametersMissing);
    };
    // Before 2.02 the kernel looked for the command line by another rule, relative to a real-mode segment.
    if x86.version < 0x202 {
        return Err(PlaceError::ProtocolTooOld { version: x86.version });
    }
    let count = map.regions().iter().filter(|region| region.length > 0).count();
    if count > E820_MOST {
        return Err(PlaceError::TooManyRegions { count });
    }
    if layout.has_open_initrd() {
        return Err(PlaceError::InitrdOpen);
    }
    // The byte behind the short jump says how long the header is; the page has room for it up to the next table.
    let end = head.get(0x201).map_or(0, |length| usize::from(*length).saturating_add(0x202)).min(0x290);
    let header = head.get(0x1f1..end).ok_or(PlaceError::HeadTooShort)?;
    page.fill(0);
    put(page, 0x1f1, header);
    put(page, 0x210, &[LOADER_UNDEFINED]);
    put(page, 0x214, &low_u32(slot.run).to_le_bytes());
    // "normal" video mode: what the screen shows now.
    put(page, 0x1fa, &0xffff_u16.to_le_bytes());
    let initrds = layout.initrds();
    let (start, size) = initrds.map_or((0, 0), |span| (span.start, span.length()));
    put_wide(page, 0x218, 0x0c0, start);
    put_wide(page, 0x21c, 0x0c4, size);
    put_wide(page, 0x228, 0x0c8, command_line.start);
    write_e820(page, map);
    Ok(())
}

/// The low half goes into the header's field, the high half into its extension.
fn put_wide(page: &mut [u8; ZERO_PAGE_BYTES], low: usize, high: usize, value: u64) {
    put(page, low, &low_u32(value).to_le_bytes());
    put(page, high, &low_u32(value >> 32).to_le_bytes());
}

fn write_e820(page: &mut [u8; ZERO_PAGE_BYTES], map: &MemoryMap<'_>) {
    let mut at = 0x2d0_usize;
    let mut count = 0_u8;
    for region in map.regions().iter().filter(|region| region.length > 0).take(E820_MOST) {
        put(page, at, &region.start.to_le_bytes());
        put(page, at.saturating_add(8), &region.length.to_le_bytes());
        put(page, at.saturating_add(16), &(if region.usable { 1_u32 } else { 2 }).to_le_bytes());
        at = at.saturating_add(20);
        count = count.saturating_add(1);
    }
    put(page, 0x1e8, &[count]);
}

fn put(page: &mut [u8; ZERO_PAGE_BYTES], at: usize, bytes: &[u8]) {
    if let Some(place) = page.get_mut(at..at.saturating_add(bytes.len())) {
        bootproto_core::copy_into(place, bytes);
    }
}
