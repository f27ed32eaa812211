//! What every measured program has: places whose contents the compiler can't know, a driver loop, and a panic handler.
//!
//! What belongs here: nothing that costs. What does not: the measuring, which is `xtask/src/size/`. The programs in
//! `src/bin` are built and measured, never run.
#![no_std]

use bootproto_core::{Instant, Machine, UdpPath};
use core::hint::black_box;
use core::mem::MaybeUninit;

/// A buffer that the compiler knows nothing of, 1500 bytes of memory.
#[must_use]
pub fn buffer() -> &'static mut [u8] {
    // SAFETY: these programs never run.
    unsafe { core::slice::from_raw_parts_mut(black_box(0x2000_0000 as *mut u8), black_box(1500)) }
}

/// A place for a machine that is not on the stack, which is measured without it.
#[must_use]
pub fn place<M>() -> &'static mut MaybeUninit<M> {
    // SAFETY: these programs never run.
    unsafe { &mut *black_box(0x2000_1000 as *mut MaybeUninit<M>) }
}

/// Drives a machine in every way that there is. The stack below it is measured.
#[inline(never)]
pub fn drive<M: Machine<Path = UdpPath>>(machine: &mut M, path: UdpPath, act: impl Fn(&mut M, M::Event<'_>)) {
    loop {
        let now = Instant::from_micros(black_box(0));
        while let Ok(Some(sent)) = machine.poll_transmit(now, buffer()) {
            black_box(sent.bytes);
            black_box(sent.path);
        }
        let event = if black_box(machine.poll_timeout()).is_some_and(|at| at <= now) {
            machine.handle_timeout(now)
        } else {
            Some(machine.handle_datagram(now, black_box(path), buffer()))
        };
        if let Some(event) = event {
            act(machine, event);
        }
    }
}

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
