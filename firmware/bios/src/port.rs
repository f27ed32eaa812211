//! I/O ports and the time stamp counter.

use core::arch::asm;

/// Writes a byte to a port.
pub(crate) fn output(port: u16, value: u8) {
    // SAFETY: used with the ports of the first serial line and of the timer only, which touch no memory.
    unsafe { asm!("out dx, al", in("dx") port, in("al") value, options(nomem, nostack, preserves_flags)) }
}

/// Reads a byte from a port.
pub(crate) fn input(port: u16) -> u8 {
    let value;
    // SAFETY: as in `output`.
    unsafe { asm!("in al, dx", in("dx") port, out("al") value, options(nomem, nostack, preserves_flags)) }
    value
}

/// The processor's clock.
pub(crate) fn ticks() -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: every processor with long mode has RDTSC, and nothing forbids it here.
    unsafe { asm!("rdtsc", out("eax") low, out("edx") high, options(nomem, nostack, preserves_flags)) }
    u64::from(high) << 32 | u64::from(low)
}

/// The address of the last page fault.
pub(crate) fn page_fault() -> u64 {
    let address;
    // SAFETY: reading CR2 changes nothing.
    unsafe { asm!("mov {}, cr2", out(reg) address, options(nomem, nostack, preserves_flags)) }
    address
}

/// Stops for good.
pub(crate) fn halt() -> ! {
    loop {
        // SAFETY: with interrupts off, HLT ends nothing but our work, which is what is meant.
        unsafe { asm!("cli", "hlt", options(nomem, nostack)) }
    }
}
