//! The machine's memory by physical address. It is mapped to itself up to 4 GiB.

use bootproto_pxe_api::SegmentOffset;
use bootproto_pxe_api::entry::Memory;
use core::cell::UnsafeCell;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};

unsafe extern "C" {
    static bp_end: u8;
}

/// The first address behind this program and all that it keeps.
pub(crate) fn end() -> u64 {
    (&raw const bp_end).addr() as u64
}

/// Memory that the ROM and the BIOS reach: everything below 1 MiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Low;

impl Memory for Low {
    fn read(&self, address: u32, into: &mut [u8]) -> bool {
        if u64::from(address) + into.len() as u64 > 0x11_0000 {
            return false;
        }
        // SAFETY: up to 0x10ffff all of it is mapped, and reading RAM or ROM there changes nothing. `into` is a
        // buffer of ours; where the two overlap, a copy as of overlapping memory is what is meant.
        unsafe { ptr::copy(address as *const u8, into.as_mut_ptr(), into.len()) };
        true
    }
}

/// The 16 bits at an address below 1 MiB.
pub(crate) fn word(address: u32) -> u16 {
    let mut bytes = [0; 2];
    Low.read(address, &mut bytes);
    u16::from_le_bytes(bytes)
}

/// Copies bytes to where a file, a kernel's parameters or a command line lie.
///
/// # Safety
/// The memory map says that the place is free to use, and nothing here lies there.
pub(crate) unsafe fn store(address: u64, bytes: &[u8]) {
    // SAFETY: by this function's own condition, and the page tables map the first 4 GiB.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), address as *mut u8, bytes.len()) }
}

/// Fills a place with zeros.
///
/// # Safety
/// As [`store`].
pub(crate) unsafe fn clear(address: u64, length: u64) {
    // SAFETY: as in `store`.
    unsafe { ptr::write_bytes(address as *mut u8, 0, length as usize) }
}

/// Moves what lies at `from` to `to`; the two may overlap.
///
/// # Safety
/// As [`store`], for both.
pub(crate) unsafe fn shift(from: u64, to: u64, length: u64) {
    // SAFETY: as in `store`.
    unsafe { ptr::copy(from as *const u8, to as *mut u8, length as usize) }
}

/// What was stored at an address.
///
/// # Safety
/// `length` bytes were stored there, and nothing writes them while the slice lives.
pub(crate) unsafe fn stored<'m>(address: u64, length: u64) -> &'m [u8] {
    // SAFETY: by this function's own condition.
    unsafe { core::slice::from_raw_parts(address as *const u8, length as usize) }
}

/// Memory that is free, zeroed.
///
/// # Safety
/// As [`store`], and nobody else has it for as long as the slice lives.
pub(crate) unsafe fn taken<'m>(address: u64, length: usize) -> &'m mut [u8] {
    // SAFETY: by this function's own condition.
    unsafe {
        clear(address, length as u64);
        core::slice::from_raw_parts_mut(address as *mut u8, length)
    }
}

/// Whether addresses above 1 MiB are their own, and not those below once more.
pub(crate) fn has_a20() -> bool {
    // SAFETY: both are RAM that holds nothing: the first is a scratch variable of ours, the second the first bytes
    // above 1 MiB that mirror it if A20 is off. What was there is put back.
    unsafe {
        let here = (&raw mut SCRATCH).cast::<u32>();
        let mirror = (here.addr() + 0x10_0000) as *mut u32;
        let kept = mirror.read_volatile();
        here.write_volatile(0x5ca1_ab1e);
        mirror.write_volatile(0xdead_10cc);
        let differs = here.read_volatile() == 0x5ca1_ab1e;
        mirror.write_volatile(kept);
        differs
    }
}

static mut SCRATCH: u32 = 1;

/// Memory of a fixed place that one part of the program takes for itself. All of it lies below 1 MiB.
pub(crate) struct Room<const N: usize> {
    bytes: UnsafeCell<[u8; N]>,
    taken: AtomicBool,
}

// SAFETY: the bytes are handed out once only.
unsafe impl<const N: usize> Sync for Room<N> {}

impl<const N: usize> Room<N> {
    pub(crate) const fn new() -> Self {
        Self { bytes: UnsafeCell::new([0; N]), taken: AtomicBool::new(false) }
    }

    /// The bytes; nothing for whoever asks a second time.
    #[expect(clippy::mut_from_ref, reason = "the flag sees to it that there is one reference only")]
    pub(crate) fn take(&'static self) -> &'static mut [u8] {
        if self.taken.swap(true, Ordering::Relaxed) {
            return &mut [];
        }
        // SAFETY: the flag was not set before and is never reset, so this is the only reference.
        unsafe { &mut *self.bytes.get() }
    }
}

/// How real mode names the place of these bytes; they must lie below 1 MiB.
pub(crate) fn real(bytes: &[u8]) -> SegmentOffset {
    u32::try_from(bytes.as_ptr().addr())
        .ok()
        .and_then(SegmentOffset::from_physical)
        .unwrap_or(SegmentOffset::NULL)
}
