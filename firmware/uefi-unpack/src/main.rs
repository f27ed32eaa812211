//! `bootproto.efi` as a file: the packed boot program, and what unpacks and calls it.
//!
//! What belongs here: memory for the program, and its first call. What does not: the decoder (`bootproto-unpack`), and
//! how the program's image is laid out, which the packer does (`interop/src/flat.rs`).
//!
//! One signature covers both: what is unpacked is part of the file that Secure Boot has checked.
#![cfg_attr(target_os = "uefi", no_std, no_main)]

use core::ffi::c_void;
use core::ptr::{null, null_mut};
use core::slice::from_raw_parts_mut;
use uefi_raw::protocol::memory_protection::MemoryAttributeProtocol;
use uefi_raw::table::boot::{AllocateType, BootServices, MemoryAttribute, MemoryType};
use uefi_raw::table::system::SystemTable;
use uefi_raw::{Handle, PhysicalAddress, Status};

/// Three numbers (the image's size, how many places hold an address, the entry's offset), and packed: the image as if
/// loaded at 0, and the offsets of those places.
static PACKED: &[u8] = include_bytes!(env!("BOOTPROTO_PACKED"));

type Entry = unsafe extern "efiapi" fn(Handle, *const SystemTable) -> Status;

/// Called by the firmware.
#[unsafe(no_mangle)]
extern "efiapi" fn efi_main(image: Handle, table: *const SystemTable) -> Status {
    // SAFETY: the firmware hands its table over, which is there as long as we run.
    let services = unsafe { table.as_ref().and_then(|table| table.boot_services.as_ref()) };
    let (Some(services), Some((numbers, packed))) = (services, PACKED.split_first_chunk::<12>()) else {
        return Status::LOAD_ERROR;
    };
    let number =
        |at| numbers.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes));
    let (size, places, entry) = (number(0) as usize, number(4) as usize, number(8) as usize);
    let length = size + 4 * places;
    let pages = length.div_ceil(4096);
    let mut base: PhysicalAddress = 0;
    // SAFETY: the call only writes `base`.
    let status = unsafe {
        (services.allocate_pages)(AllocateType::ANY_PAGES, MemoryType::LOADER_CODE, pages, &mut base)
    };
    if status != Status::SUCCESS {
        return status;
    }
    // SAFETY: these pages are ours, and there are enough of them.
    let place = unsafe { from_raw_parts_mut(base as *mut u8, length) };
    let status = if unpack(packed, place, size, base).is_some() && entry < size {
        make_executable(services, base, pages);
        // SAFETY: the image is complete and relocated; the packer has found its entry there.
        unsafe {
            let entry: Entry = core::mem::transmute((base as *const u8).add(entry));
            entry(image, table)
        }
    } else {
        Status::LOAD_ERROR
    };
    // SAFETY: the program has returned, and nothing else knows these pages.
    let _ = unsafe { (services.free_pages)(base, pages) };
    status
}

/// Unpacks the image, and makes it one that is loaded at `base`.
fn unpack(packed: &[u8], place: &mut [u8], size: usize, base: u64) -> Option<()> {
    bootproto_unpack::unpack(packed, place)?;
    bootproto_unpack::bind(place);
    let (image, places) = place.split_at_mut_checked(size)?;
    for offset in places.chunks_exact(4) {
        let offset = u32::from_le_bytes(*offset.first_chunk()?) as usize;
        let address = image.get_mut(offset..)?.first_chunk_mut()?;
        *address = u64::from_le_bytes(*address).wrapping_add(base).to_le_bytes();
    }
    Some(())
}

/// Where the firmware keeps memory from being written and executed at once unless it is asked, asks.
fn make_executable(services: &BootServices, base: PhysicalAddress, pages: usize) {
    let mut protocol: *mut c_void = null_mut();
    // SAFETY: the call only writes `protocol`, and what it writes is the interface that was asked for.
    unsafe {
        let _ = (services.locate_protocol)(&MemoryAttributeProtocol::GUID, null(), &mut protocol);
        let protocol = protocol.cast_const().cast::<MemoryAttributeProtocol>();
        if let Some(attributes) = protocol.as_ref() {
            let forbidden = MemoryAttribute::EXECUTE_PROTECT | MemoryAttribute::READ_ONLY;
            let length = pages as u64 * 4096;
            let _ = (attributes.clear_memory_attributes)(protocol, base, length, forbidden);
        }
    }
}

#[cfg(target_os = "uefi")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// On another system this is only checked.
#[cfg(not(target_os = "uefi"))]
fn main() {
    let _ = efi_main;
}
