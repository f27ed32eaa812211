//! The kernel and the initrds in the firmware's memory.

use crate::trouble::Trouble;
use alloc::vec::Vec;
use bootproto::client::FileKind;
use bootproto_core::Instant;
use core::ptr::NonNull;
use uefi::boot::{self, AllocateType, MemoryType, PAGE_SIZE};
use uefi::mem::memory_map::MemoryMap as _;

/// Room for a file whose size the server doesn't tell; it grows by doubling.
const UNKNOWN: usize = 16 << 20;

/// Below this address memory is scarce, and others need it.
const LOW: u64 = 1 << 20;

/// Pages of the firmware's memory, given back when they are dropped. They are not cleared beforehand: that takes longer
/// than a server waits before it sends a window again.
#[derive(Debug)]
struct Pages {
    start: NonNull<u8>,
    count: usize,
    /// So many bytes have been written.
    written: usize,
}

impl Pages {
    fn new(bytes: usize) -> Result<Self, Trouble> {
        let count = bytes.div_ceil(PAGE_SIZE).max(1);
        let allocate = |place| boot::allocate_pages(place, MemoryType::LOADER_DATA, count);
        let start = snug(count as u64)
            .and_then(|address| allocate(AllocateType::Address(address)).ok())
            .map_or_else(|| allocate(AllocateType::AnyPages), Ok)
            .map_err(|_| Trouble::NoMemory { bytes: bytes as u64 })?;
        Ok(Self { start, count, written: 0 })
    }

    const fn room(&self) -> usize {
        self.count.saturating_mul(PAGE_SIZE)
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: the pages are ours, as long as this value lives, and so much of them was written.
        unsafe { core::slice::from_raw_parts(self.start.as_ptr(), self.written) }
    }

    /// Writes at an offset; what was passed over becomes zeros. Nothing where there is no room.
    fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset.saturating_add(bytes.len());
        if end > self.room() {
            return;
        }
        let start = self.start.as_ptr();
        if let Some(gap) = offset.checked_sub(self.written) {
            // SAFETY: the pages are ours, and the end of the gap is no further than that of what follows, which fits.
            unsafe { start.add(self.written).write_bytes(0, gap) };
        }
        // SAFETY: it fits, as was seen above, and nobody else has a slice of pages that nobody can lend while this
        // value is borrowed for writing.
        unsafe { start.add(offset).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        self.written = self.written.max(end);
    }
}

/// The end of the smallest free region that holds so many pages. The kernel copies its initrd, and needs the larger ones:
/// firmware left to itself takes a piece out of the largest.
fn snug(count: u64) -> Option<u64> {
    let map = boot::memory_map(MemoryType::LOADER_DATA).ok()?;
    let free = map.entries().filter(|region| {
        region.ty == MemoryType::CONVENTIONAL && region.phys_start >= LOW && region.page_count >= count
    });
    let region = free.min_by_key(|region| region.page_count)?;
    Some(region.phys_start + (region.page_count - count) * PAGE_SIZE as u64)
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: they were allocated with this count, and no slice of them outlives this value.
        let _ = unsafe { boot::free_pages(self.start, self.count) };
    }
}

/// A file in memory.
#[derive(Debug)]
pub(crate) struct File {
    /// What it is for.
    pub(crate) kind: FileKind,
    /// When it was opened.
    pub(crate) begun: Instant,
    pages: Pages,
}

impl File {
    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.pages.bytes()
    }

    fn store(&mut self, offset: usize, bytes: &[u8]) -> Result<(), Trouble> {
        let end = offset.saturating_add(bytes.len());
        if end > self.pages.room() {
            let mut larger = Pages::new(end.max(self.pages.room().saturating_mul(2)))?;
            larger.write(0, self.pages.bytes());
            self.pages = larger;
        }
        self.pages.write(offset, bytes);
        Ok(())
    }
}

/// All files that were fetched, in their order.
#[derive(Debug, Default)]
pub(crate) struct Files(Vec<File>);

impl Files {
    /// A file begins; what there was of the same kind is forgotten.
    pub(crate) fn open(
        &mut self,
        kind: FileKind,
        size: Option<u64>,
        head: &[u8],
        now: Instant,
    ) -> Result<(), Trouble> {
        self.forget(kind);
        if !kind.is_placed() {
            return Ok(());
        }
        let room = match size {
            Some(bytes) => usize::try_from(bytes).map_err(|_| Trouble::NoMemory { bytes })?,
            None => UNKNOWN,
        };
        let mut file = File { kind, begun: now, pages: Pages::new(room)? };
        file.store(0, head)?;
        self.0.push(file);
        Ok(())
    }

    /// Bytes of a file.
    pub(crate) fn store(&mut self, kind: FileKind, offset: u64, bytes: &[u8]) -> Result<(), Trouble> {
        let offset = usize::try_from(offset).map_err(|_| Trouble::NoMemory { bytes: offset })?;
        match self.0.last_mut().filter(|file| file.kind == kind) {
            Some(file) => file.store(offset, bytes),
            None => Ok(()),
        }
    }

    /// Its transfer begins anew.
    pub(crate) fn forget(&mut self, kind: FileKind) {
        self.0.retain(|file| file.kind != kind);
    }

    /// The file of this kind.
    pub(crate) fn find(&self, kind: FileKind) -> Option<&File> {
        self.0.iter().find(|file| file.kind == kind)
    }

    /// The initrds in their order.
    pub(crate) fn initrds(&self) -> impl Iterator<Item = &File> {
        self.0.iter().filter(|file| matches!(file.kind, FileKind::Initrd(_)))
    }
}
