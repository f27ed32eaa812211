//! What the BIOS of a PC tells of its memory: INT 15h with AX = E820h, or on older machines AX = E801h or AH = 88h.
//!
//! The calls are the caller's; here is what their answers mean.

use crate::linux::Region;
use crate::linux::identify::{u32_at, u64_at};

/// Bit 0 of the attributes: the entry counts.
const ENABLED: u32 = 1;

/// A region as E820h tells it, and its type: 1 is memory, 2 reserved, 3 ACPI's tables, 4 ACPI's own, more exist (ACPI 6.4
/// section 15.1). `entry` is what the call wrote, 20 bytes or 24; the caller sets the last four to 1 before, for some
/// BIOSes say 24 and write 20.
///
/// `None` where there is nothing to be known: the entry is too short, its region is empty, or its attributes (bytes 20 to
/// 23) say that it doesn't count.
#[must_use]
pub fn region_from_e820(entry: &[u8]) -> Option<(Region, u32)> {
    let (start, length) = (u64_at(entry, 0).ok()?, u64_at(entry, 8).ok()?);
    let kind = u32_at(entry, 16).ok()?;
    let attributes = u32_at(entry, 20).unwrap_or(ENABLED);
    (length > 0 && attributes & ENABLED != 0).then_some((Region { start, length, usable: kind == 1 }, kind))
}

/// The memory between 1 MiB and 16 MiB, and that from 16 MiB on, as E801h tells it in AX, BX, CX and DX: once for what is
/// there and once for what is configured; some BIOSes leave one of the two 0.
#[must_use]
pub fn regions_from_e801(ax: u16, bx: u16, cx: u16, dx: u16) -> [Region; 2] {
    let (kibibytes, blocks) = if cx == 0 && dx == 0 { (ax, bx) } else { (cx, dx) };
    [
        Region { start: 0x10_0000, length: u64::from(kibibytes.min(0x3c00)) << 10, usable: true },
        Region { start: 0x100_0000, length: u64::from(blocks) << 16, usable: true },
    ]
}

/// The memory from 1 MiB on as AH = 88h tells it in AX: at most 64 MiB.
#[must_use]
pub fn region_from_88(ax: u16) -> Region {
    Region { start: 0x10_0000, length: u64::from(ax) << 10, usable: true }
}
