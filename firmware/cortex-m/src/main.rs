//! The boot client on a microcontroller: it gets an address by DHCP, fetches by TFTP the image that DHCP names, and shows
//! the image's digest on the serial line. The board is QEMU's `mps2-an385`: a Cortex-M3 with an Ethernet controller
//! LAN9118 and a serial line of Arm's.
//!
//! What belongs here: what only this board has (`lan9118.rs`, `uart.rs`, `time.rs`, `memory.x`) joined to the boot client
//! (`boot.rs`), no larger than a firmware author would want to copy. What does not: protocol, which is in `bootproto` and
//! below.
//!
//! Everything unsafe is in `registers.rs`, `memory.rs` and the few lines here that say where the devices are.
#![no_std]
#![no_main]

mod boot;
mod lan9118;
mod memory;
mod registers;
mod time;
mod trouble;
mod uart;

use bootproto::verify::Digest;
use bootproto_core::Numbered;
use core::fmt::Write as _;
use core::panic::PanicInfo;
use cortex_m_rt::{ExceptionFrame, entry, exception};
use cortex_m_semihosting::debug::{EXIT_FAILURE, EXIT_SUCCESS, ExitStatus, exit};
use lan9118::Lan9118;
use registers::Registers;
use time::Clock;
use trouble::Trouble;
use uart::Uart;

// SAFETY: the devices of the board (Arm application note AN385, table 3-1), none of which writes to memory.
const UART0: Registers = unsafe { Registers::at(0x4000_4000) };
// SAFETY: as above.
const ETHERNET: Registers = unsafe { Registers::at(0x4020_0000) };

#[entry]
fn main() -> ! {
    let mut console = Uart::open(UART0);
    let _ = writeln!(console, "\nbootproto {}", env!("CARGO_PKG_VERSION"));
    let status = match boot(&mut console) {
        Some(()) => EXIT_SUCCESS,
        None => EXIT_FAILURE,
    };
    let _ = writeln!(console, "memory: {} bytes of stack at most", memory::deepest_stack());
    leave(status)
}

/// `None`: it did not boot, and the console says why.
fn boot(console: &mut Uart) -> Option<()> {
    let clock = Clock::start(cortex_m::Peripherals::take()?.SYST);
    let opened = Lan9118::open(ETHERNET, &clock);
    let mut card = opened.map_err(|trouble| fail(console, "select", &trouble)).ok()?;
    let [a, b, c, d, e, f] = card.address();
    let _ = writeln!(console, "select: LAN9118 {a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}, link up");
    // This board has no source of chance. The controller's counter, read when the partner on the cable was ready, and
    // the address have to do here. A product takes its processor's random number generator; without one, a number that it
    // keeps in flash and counts up at every start, hashed together with the address and with the least bits of an ADC:
    // boards that are switched on together must not do the same.
    let seed = u64::from(card.ticks()) ^ u64::from_be_bytes([a, b, c, d, e, f, 0, 0]);
    // SAFETY: `main` runs once.
    let room = unsafe { memory::image() };
    let booted = boot::boot(&mut card, &clock, *console, seed, room);
    let image = booted.map_err(|mistake| fail(console, "configure", &mistake)).ok()??;
    let _ = writeln!(console, "verify: SHA-256 {}", Digest::of(image));
    // A product checks a signature here, then stops what runs (SysTick, the controller), sets VTOR to the image's vector
    // table and enters it: `cortex_m::asm::bootload`.
    let _ = writeln!(console, "start: {} bytes at {:p}", image.len(), image.as_ptr());
    Some(())
}

/// Says what failed in one line, and what to do.
fn fail<F: Numbered>(console: &mut Uart, step: &str, failure: &F) {
    let advice = failure.advice();
    let _ = write!(console, "{step}: {}", advice.code);
    if let Some(pxe) = advice.pxe {
        let _ = write!(console, " ({pxe})");
    }
    let _ = writeln!(console, " {failure}. {}", advice.hint);
}

/// Ends the program, for the emulator or the debugger that asked for it by semihosting. A product starts anew instead,
/// after a while: `cortex_m::peripheral::SCB::sys_reset()`.
fn leave(status: ExitStatus) -> ! {
    exit(status);
    loop {
        cortex_m::asm::wfi();
    }
}

#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    fail(&mut Uart::open(UART0), "defect", &Trouble::Fault { at: frame.pc() });
    leave(EXIT_FAILURE)
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let _ = writeln!(Uart::open(UART0), "defect: {info}");
    leave(EXIT_FAILURE)
}
