//! The machine's memory, which QEMU hands over as files. The only unsafe code of the rig: the guest runs beside us, so
//! every access goes through raw pointers, and only copies are looked at.

use crate::Outcome;
use memmap2::{MmapOptions, MmapRaw};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU32, Ordering};

/// The RAM that a device can reach.
#[derive(Debug, Default)]
pub(super) struct Memory {
    regions: Vec<Region>,
}

#[derive(Debug)]
struct Region {
    start: u64,
    map: MmapRaw,
}

impl Memory {
    /// Maps the regions: where the guest sees each, its size, where it begins in its file.
    ///
    /// # Errors
    /// A file can't be mapped.
    pub(super) fn map(regions: impl IntoIterator<Item = (u64, u64, u64, OwnedFd)>) -> Outcome<Self> {
        let mut mapped = Self::default();
        for (start, size, offset, file) in regions {
            let map =
                MmapOptions::new().offset(offset).len(usize::try_from(size)?).map_raw(&File::from(file))?;
            mapped.regions.push(Region { start, map });
        }
        Ok(mapped)
    }

    /// Where a region of exactly this size lies.
    #[must_use]
    pub(super) fn region(&self, size: usize) -> Option<u64> {
        self.regions.iter().find(|region| region.map.len() == size).map(|region| region.start)
    }

    /// Writes; nothing at all where the guest has no such memory.
    pub(super) fn write(&self, address: u64, bytes: &[u8]) -> bool {
        let Some(place) = self.place(address, bytes.len()) else { return false };
        // SAFETY: `place` has room for as many bytes; the guest may write there too, but nobody holds a reference.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len()) };
        true
    }

    /// Reads a copy; `false` where the guest has no such memory.
    pub(super) fn read(&self, address: u64, into: &mut [u8]) -> bool {
        let Some(place) = self.place(address, into.len()) else { return false };
        // SAFETY: as in `write`.
        unsafe { std::ptr::copy_nonoverlapping(place, into.as_mut_ptr(), into.len()) };
        true
    }

    /// Reads a word that the guest writes at its own time; what it wrote before is visible afterwards.
    #[must_use]
    pub(super) fn word(&self, address: u64) -> Option<u32> {
        let place = self.place(address, 4).filter(|_| address.is_multiple_of(4))?;
        // SAFETY: `place` has room for four bytes and is aligned, because regions begin on pages.
        Some(unsafe { AtomicU32::from_ptr(place.cast()) }.load(Ordering::Acquire))
    }

    fn place(&self, address: u64, length: usize) -> Option<*mut u8> {
        self.regions.iter().find_map(|region| {
            let at = usize::try_from(address.checked_sub(region.start)?).ok()?;
            // SAFETY: the whole span is inside the mapping.
            (at.checked_add(length)? <= region.map.len()).then(|| unsafe { region.map.as_mut_ptr().add(at) })
        })
    }
}
