//! `bootproto.0`: a network boot program that any PXE ROM of an x86 BIOS loads, and that boots Linux.
#![no_std]
#![no_main]

mod clock;
mod console;
mod memory;
mod port;
mod real;

use console::Console;
use core::fmt::Write as _;

/// Called by `entry.s`, in long mode on a stack of our own. What it answers is AX for the ROM.
#[unsafe(no_mangle)]
extern "C" fn bp_main() -> u16 {
    let mut console = Console::open();
    let clock = clock::Clock::start();
    let _ = writeln!(console, "\nbootproto: entry {:?} a20 {} end {:#x}", real::entry(), memory::has_a20(), memory::end());
    let _ = writeln!(console, "now {:?}", clock.now());
    0
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let _ = writeln!(Console::open(), "\nbootproto: a defect in bootproto.0: {info}");
    port::halt()
}
