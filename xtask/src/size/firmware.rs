//! The boot programs of `firmware/` and what they may have.

use crate::command::Done;
use interop::toolchain::{self, Processor};
use interop::{Outcome, cortex_m, nbp};
use std::path::PathBuf;

/// What builds one, and how many bytes it may have.
type Program<'b> = (&'b dyn Fn(bool) -> Outcome<PathBuf>, u64);

/// What `bootproto.0` may have.
const BIOS: u64 = 96 << 10;

/// What the flash of the smallest microcontrollers with Ethernet has.
const CORTEX_M: u64 = 128 << 10;

/// Builds the boot programs, says where they are, and fails where one is over its limit.
pub(crate) fn run(install: bool) -> Done {
    let arm64 = |install| toolchain::build_efi(Processor::Arm64, install);
    let programs: [Program<'_>; 4] = [
        (&nbp::bootproto_0, BIOS),
        (&toolchain::bootproto_efi, 160 << 10),
        (&arm64, 512 << 10),
        (&cortex_m::firmware, CORTEX_M),
    ];
    let mut over = Vec::new();
    for (build, limit) in programs {
        let built = build(install).map_err(|error| error.to_string())?;
        let size = std::fs::metadata(&built).map_err(|error| error.to_string())?.len();
        let line = format!("{}: {size} bytes, {limit} at most", built.display());
        println!("{line}");
        if size > limit {
            over.push(line);
        }
    }
    let sections = cortex_m::sections(install).map_err(|error| error.to_string())?;
    let sections: Vec<_> = sections.iter().map(|(name, size)| format!("{name} {size}")).collect();
    println!("    of it, in bytes: {}", sections.join(", "));
    if over.is_empty() { Ok(()) } else { Err(format!("too large: {}", over.join("\n"))) }
}
