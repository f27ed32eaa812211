//! `bootproto.0`: a network boot program that any PXE ROM of an x86 BIOS loads, and that boots Linux.
//!
//! What belongs here: what only this platform has (real mode, the ROM's UNDI, the BIOS's memory map, screen and keys)
//! joined to the boot client. What does not: protocol logic, which the crates have, and drivers, which the ROM has.
//!
//! Everything unsafe is in `entry.s`, `real.rs`, `memory.rs` and `port.rs`, and in the few places that write where the
//! memory layout says.
#![no_std]
#![no_main]

mod boot;
mod clock;
mod console;
mod map;
mod memory;
mod menu;
mod port;
mod real;
mod shortcut;
mod start;
mod trouble;
mod undi;
mod watch;

use boot::{Ended, Run};
use bootproto_core::text::Shown;
use bootproto_core::{Advice, Numbered};
use bootproto_pxe_api::undi::Keep;
use clock::Clock;
use console::Console;
use core::fmt::Write as _;
use map::Map;
use trouble::Trouble;
use undi::Undi;

/// AX for the ROM: go on with the next boot device.
const NEXT_DEVICE: u16 = 0;
/// AX for the ROM: the boot failed.
const FAILED: u16 = 1;

/// Called by `entry.s`, in long mode on a stack of our own. What it answers is AX for the ROM.
#[unsafe(no_mangle)]
extern "C" fn bp_main() -> u16 {
    let mut console = Console::open();
    let _ = writeln!(console, "\nbootproto {}", env!("CARGO_PKG_VERSION"));
    if !memory::has_a20() {
        return fail(&mut console, "select", &Trouble::NoA20);
    }
    let status = boot(&mut console);
    if status == FAILED {
        let _ = writeln!(console, "bootproto gives control back to the ROM");
    }
    status
}

fn boot(console: &mut Console) -> u16 {
    let clock = Clock::start();
    let map = Map::read();
    let _ = writeln!(console, "select: {} MiB of memory", map.total() >> 20);
    let entry = match undi::stack() {
        Ok(entry) => entry,
        Err(not_found) => {
            for attempt in not_found.attempts() {
                let _ = writeln!(console, "select: {}: {}", attempt.how, attempt.refusal);
            }
            return fail(console, "select", &Trouble::NoPxe);
        }
    };
    let _ = writeln!(console, "select: PXE at {}, found by {}", entry.point, entry.how);
    let (mut undi, packets) = match Undi::open(&entry, clock) {
        Ok(opened) => opened,
        Err(Some(failure)) => return fail(console, "select", &failure),
        Err(None) => return fail(console, "select", &Trouble::Defect),
    };
    let Some(mac) = undi.address() else {
        undi.close(Keep::Everything);
        return fail(console, "select", &Trouble::NotEthernet);
    };
    let Some(own) = map.own() else {
        undi.close(Keep::Everything);
        return fail(console, "select", &Trouble::NoMemory);
    };
    let mut run = match Run::new((mac, undi.is_lockstep()), &packets, &map, own, *console, clock) {
        Ok(run) => run,
        Err(mistake) => {
            undi.close(Keep::Everything);
            let _ = writeln!(console, "configure: {mistake}");
            return FAILED;
        }
    };
    let ended = run.drive(&mut undi, mac);
    match ended {
        Ended::Ready => start(console, &run, &map, &mut undi),
        Ended::LocalBoot => {
            let _ = writeln!(console, "choose: the local disk; the ROM goes on with the next device");
            undi.close(Keep::Everything);
            NEXT_DEVICE
        }
        Ended::Failed => {
            undi.close(Keep::Everything);
            run.offer();
            FAILED
        }
    }
}

fn start(console: &mut Console, run: &Run<'_>, map: &Map, undi: &mut Undi) -> u16 {
    let mut line = [0; 4096];
    let Some(plan) = run.client.plan() else {
        undi.close(Keep::Everything);
        return fail(console, "start", &Trouble::Defect);
    };
    if plan.kernel.is_none()
        && let Some(program) = plan.files().first()
    {
        let _ = writeln!(console, "start: another boot program, {} bytes", program.size);
        undi.lend();
        // SAFETY: the client's cap keeps the program below the code, which lies in memory that is free.
        unsafe { real::chain(run.program as u32, program.size as u32, map::chain_code()) }
    }
    let prepared = match run.client.command_line(run.texts.configuration(), &mut line) {
        Ok(line) => {
            let _ = writeln!(console, "start: {}", Shown(line));
            start::prepare(&plan, map, run.program, line)
        }
        Err(fault) => {
            undi.close(Keep::Everything);
            return fail(console, "start", &fault);
        }
    };
    match prepared {
        Ok(prepared) => {
            undi.close(Keep::Nothing);
            prepared.start()
        }
        Err(error) => {
            undi.close(Keep::Everything);
            fail(console, "start", &error)
        }
    }
}

/// Says what failed, in one line. Answers AX for the ROM.
fn fail<F: Numbered>(console: &mut Console, step: &str, failure: &F) -> u16 {
    tell(console, step, failure.advice(), failure);
    FAILED
}

fn tell(console: &mut Console, step: &str, advice: &Advice, text: &dyn core::fmt::Display) {
    let _ = writeln!(console, "{step}: {} {text}. {}", advice.code, advice.hint);
}

/// Called by `entry.s` for an exception of the processor, in place of a machine that starts anew without a word.
/// `frame` is its stack; the first word there says by how many calls of five bytes it is behind `first`.
#[unsafe(no_mangle)]
extern "C" fn bp_fault(frame: *const [u64; 3], first: u64) -> ! {
    /// Those that push a code.
    const WITH_CODE: u64 = 0x6022_7d00;
    // SAFETY: `entry.s` and the processor pushed at least four words.
    let [from, code, at] = unsafe { *frame };
    let vector = (from - first) / 5;
    let (error, at) = if WITH_CODE >> vector & 1 == 1 { (code, at) } else { (0, code) };
    let mut console = Console::open();
    let _ = writeln!(console);
    fail(&mut console, "defect", &Trouble::Exception { vector, at, error, cr2: port::page_fault() });
    port::halt()
}

/// Not even this is in a program that Debian's compiler makes: there a panic is an invalid instruction, which is told as
/// any other exception is. The texts of all panics would be a twentieth of the program.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    let _ = writeln!(Console::open(), "\nbootproto: a defect in bootproto.0");
    port::halt()
}
