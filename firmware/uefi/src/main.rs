//! `bootproto.efi`: boots Linux from the network under UEFI, with the crates of this repository.
//!
//! What belongs here: how UEFI gives us frames, time, chance, keys, memory and a screen, and how it starts a kernel. What
//! does not: protocol, which is in `bootproto` and below.
//!
//! It takes the network card whose firmware loaded it, or the first one with a link, by
//! `EFI_SIMPLE_NETWORK_PROTOCOL`, with a stack of its own; where the firmware does not let go of the card, it goes through
//! the firmware's PXE client. It starts the kernel by `LoadImage` and `StartImage`, so that Secure Boot has its say, and
//! the kernel's EFI stub asks back for the initrd.
#![no_main]
#![no_std]

extern crate alloc;

mod base_code;
mod boot_client;
mod card;
mod chance;
mod choice;
mod clock;
mod drive;
mod files;
mod find;
mod identity;
mod initrd;
mod kernel;
mod network;
mod options;
mod outcome;
mod tell;
mod trace;
mod trouble;

use uefi::Status;

#[uefi::entry]
fn main() -> Status {
    // The boot manager's five minutes are not enough for every network and every reader of a menu.
    let _ = uefi::boot::set_watchdog_timer(0, 0x1_0000, None);
    outcome::conclude(drive::boot())
}
