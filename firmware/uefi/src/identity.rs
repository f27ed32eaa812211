//! The machine's UUID, from the SMBIOS table that the firmware publishes.

use core::ffi::c_void;
use uefi::table::cfg::ConfigTableEntry;

/// The UUID as it goes on the wire: SMBIOS has the first three fields little-endian, and so has option 97.
pub(crate) fn uuid() -> Option<[u8; 16]> {
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
    entries.into_iter().flatten().find_map(system_uuid)
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

/// The UUID of the structure of type 1, at its offset 8.
fn system_uuid(mut table: &[u8]) -> Option<[u8; 16]> {
    loop {
        let (&kind, &length) = (table.first()?, table.get(1)?);
        if kind == 1 && length >= 24 {
            let uuid: [u8; 16] = table.get(8..24)?.try_into().ok()?;
            return (uuid != [0; 16] && uuid != [0xff; 16]).then_some(uuid);
        }
        // Behind the formatted part lie strings, which end with two NULs.
        let strings = table.get(usize::from(length).max(4)..)?;
        let end = strings.windows(2).position(|pair| pair == [0, 0])?;
        table = strings.get(end + 2..)?;
    }
}
