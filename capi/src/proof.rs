//! What `cargo xtask panic-proof` compiles in place of `panic`: a panic handler that can't be linked.
//!
//! What belongs here: the handler, and a function that needs it, by which the proof shows that it sees one. What does not:
//! the proof, which is `xtask/src/panic_proof/`.

use core::panic::PanicInfo;

unsafe extern "C" {
    /// Nobody has it: a function from which a way leads here does not link. It is told of the panic so that the compiler
    /// keeps the line of source, which the proof then shows.
    safe fn bootproto_panic_is_reachable(panic: *const u8) -> !;
}

#[panic_handler]
fn panic(panic: &PanicInfo<'_>) -> ! {
    bootproto_panic_is_reachable(core::ptr::from_ref(panic).cast())
}

static FEW: [u8; 4] = [2, 3, 5, 7];

/// Panics for all but four indices.
#[unsafe(no_mangle)]
#[expect(unreachable_pub, reason = "the linker reaches it")]
pub unsafe extern "C" fn bp_proof_must_refuse(index: usize) -> u8 {
    #[expect(clippy::indexing_slicing, reason = "what the proof must find")]
    FEW[index]
}
