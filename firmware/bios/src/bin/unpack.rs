//! What the file begins with after the part for real mode: it unpacks `bootproto.0` where that is linked to run.
//!
//! The packed program lies behind it, a length in front. It moves out of the way, to the end of base memory, and is
//! decompressed to where it belongs. The program wants its memory zero, so that place is cleared again.
#![no_std]
#![no_main]

use core::ptr::{addr_of, copy, write_bytes};
use core::slice::{from_raw_parts, from_raw_parts_mut};

unsafe extern "C" {
    /// The length of what follows, in bytes; four of them.
    static bp_packed: [u8; 4];
}

/// Called by `entry.s` in long mode. The program belongs at `program..end`; `free..top` is memory that nobody uses. Answers
/// whether the program is there.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".first")]
extern "C" fn bp_unpack(program: *mut u8, end: *mut u8, free: *mut u8, top: *mut u8) -> bool {
    // SAFETY: this is the only thread, and nobody uses that memory yet. The pieces don't overlap: `free` lies above
    // `end`.
    unsafe {
        let packed = addr_of!(bp_packed);
        let length = u32::from_le_bytes(*packed) as usize;
        if length > top.addr() - free.addr() {
            return false;
        }
        let moved = top.sub(length);
        copy(packed.add(1).cast::<u8>(), moved, length);
        let place = from_raw_parts_mut(program, end.addr() - program.addr());
        let done = bootproto_unpack::unpack(from_raw_parts(moved, length), place);
        bootproto_unpack::bind(place);
        write_bytes(moved, 0, length);
        done.is_some()
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
