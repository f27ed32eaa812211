//! The machine's UUID and its owner's words, from the SMBIOS table that the firmware publishes.

use core::ffi::c_void;
use uefi::table::cfg::ConfigTableEntry;

/// The UUID as it goes on the wire: SMBIOS has the first three fields little-endian, and so has option 97.
pub(crate) fn uuid() -> Option<[u8; 16]> {
    tables().into_iter().flatten().find_map(|table| structures(table).find_map(system_uuid))
}

/// Has `take` look at the strings of every structure of type 11, "OEM Strings".
pub(crate) fn oem_strings(mut take: impl FnMut(&[u8])) {
    let Some(table) = tables().into_iter().flatten().next() else { return };
    for structure in structures(table).filter(|structure| structure.kind == 11) {
        structure.strings.split(|byte| *byte == 0).filter(|text| !text.is_empty()).for_each(&mut take);
    }
}

/// The structures by either kind of entry point, the later kind first.
fn tables() -> [Option<&'static [u8]>; 2] {
    let mut entries = [None, None];
    uefi::system::with_config_table(|tables| {
        for table in tables {
            match table.guid {
                ConfigTableEntry::SMBIOS3_GUID => entries[0] = structures_3(table.address),
                ConfigTableEntry::SMBIOS_GUID => entries[1] = structures_2(table.address),
                _ => {}
            }
        }
    });
    entries
}

/// SMBIOS 3, DSP0134 section 5.2.2: maximum size at 0Ch, address at 10h.
fn structures_3(entry: *const c_void) -> Option<&'static [u8]> {
    // SAFETY: the firmware's configuration table points to an entry point of 24 bytes that nobody changes.
    let entry = unsafe { core::slice::from_raw_parts(entry.cast::<u8>(), 24) };
    let size = u32::from_le_bytes(entry.get(0x0c..0x10)?.try_into().ok()?);
    let address = u64::from_le_bytes(entry.get(0x10..0x18)?.try_into().ok()?);
    entry.starts_with(b"_SM3_").then(|| table(address, size))?
}

/// SMBIOS 2, DSP0134 section 5.2.1: size at 16h, address at 18h.
fn structures_2(entry: *const c_void) -> Option<&'static [u8]> {
    // SAFETY: as above, of 31 bytes.
    let entry = unsafe { core::slice::from_raw_parts(entry.cast::<u8>(), 31) };
    let size = u16::from_le_bytes(entry.get(0x16..0x18)?.try_into().ok()?);
    let address = u32::from_le_bytes(entry.get(0x18..0x1c)?.try_into().ok()?);
    entry.starts_with(b"_SM_").then(|| table(address.into(), size.into()))?
}

fn table(address: u64, size: u32) -> Option<&'static [u8]> {
    let (address, size) = (usize::try_from(address).ok()?, usize::try_from(size).ok()?);
    if address == 0 || size > 1 << 20 {
        return None;
    }
    // SAFETY: the entry point says that the structures lie there; the firmware keeps them, and nobody changes them.
    Some(unsafe { core::slice::from_raw_parts(address as *const u8, size) })
}

/// One structure, DSP0134 section 6.1.
struct Structure<'t> {
    kind: u8,
    formatted: &'t [u8],
    /// Each ends with a NUL.
    strings: &'t [u8],
}

fn structures(mut table: &[u8]) -> impl Iterator<Item = Structure<'_>> {
    core::iter::from_fn(move || {
        let (&kind, &length) = (table.first()?, table.get(1)?);
        let (formatted, rest) = table.split_at_checked(usize::from(length).max(4))?;
        // Behind the formatted part lie strings, which end with two NULs.
        let end = rest.windows(2).position(|pair| pair == [0, 0])?;
        let (strings, rest) = rest.split_at_checked(end + 2)?;
        table = rest;
        Some(Structure { kind, formatted, strings })
    })
}

/// The UUID of the structure of type 1, at its offset 8.
fn system_uuid(structure: Structure<'_>) -> Option<[u8; 16]> {
    let uuid: [u8; 16] = structure.formatted.get(8..24)?.try_into().ok()?;
    (structure.kind == 1 && uuid != [0; 16] && uuid != [0xff; 16]).then_some(uuid)
}
