//! The kernel and the initrds in the firmware's memory.

use crate::trouble::Trouble;
use alloc::vec::Vec;
use bootproto::client::FileKind;
use bootproto_core::{Instant, copy_into};
use core::ptr::NonNull;
use uefi::boot::{self, AllocateType, MemoryType, PAGE_SIZE};

/// Room for a file whose size the server doesn't tell; it grows by doubling.
const UNKNOWN: usize = 16 << 20;

/// Pages of the firmware's memory, given back when they are dropped.
#[derive(Debug)]
struct Pages {
    start: NonNull<u8>,
    count: usize,
}

impl Pages {
    fn new(bytes: usize) -> Result<Self, Trouble> {
        let count = bytes.div_ceil(PAGE_SIZE).max(1);
        let start = boot::allocate_pages(AllocateType::AnyPages, MemoryType::LOADER_DATA, count)
            .map_err(|_| Trouble::NoMemory { bytes: bytes as u64 })?;
        // SAFETY: the pages were given to us just now. Whatever lay there is made zeros before anybody reads it.
        unsafe { start.as_ptr().write_bytes(0, count * PAGE_SIZE) };
        Ok(Self { start, count })
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: the pages are ours, as long as this value lives, and were written in full.
        unsafe { core::slice::from_raw_parts(self.start.as_ptr(), self.count * PAGE_SIZE) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and nobody else has this value.
        unsafe { core::slice::from_raw_parts_mut(self.start.as_ptr(), self.count * PAGE_SIZE) }
    }
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
    length: usize,
}

impl File {
    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.pages.bytes().get(..self.length).unwrap_or_default()
    }

    fn store(&mut self, offset: usize, bytes: &[u8]) -> Result<(), Trouble> {
        let end = offset.saturating_add(bytes.len());
        if end > self.pages.bytes().len() {
            let mut larger = Pages::new(end.max(self.pages.bytes().len().saturating_mul(2)))?;
            let old = self.pages.bytes();
            copy_into(larger.bytes_mut(), old);
            self.pages = larger;
        }
        copy_into(self.pages.bytes_mut().get_mut(offset..).unwrap_or_default(), bytes);
        self.length = self.length.max(end);
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
        let mut file = File { kind, begun: now, pages: Pages::new(room)?, length: 0 };
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
