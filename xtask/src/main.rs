//! The repository's chores: `cargo xtask test` runs every test, `cargo xtask qemu` boots a machine from `netboot serve`,
//! `cargo xtask fabric` boots over InfiniBand.
//!
//! What belongs here: what a developer or CI runs on the repository as a whole. What does not: tests, which live with
//! what they test or in `interop/`.

use clap::{Parser, Subcommand};
use std::process::ExitCode;

mod bare_metal;
mod bench;
mod capi;
mod command;
mod coverage;
mod errors;
mod fabric;
mod fuzz;
mod panic_proof;
mod qemu;
mod readme;
mod size;
mod test;
mod tidy;
mod tools;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "The repository's chores")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Runs every check and test; the last line is `N passed, N failed`.
    Test(test::Options),
    /// Boots a QEMU machine's PXE ROM from `netboot serve`, in front of you.
    Qemu(qemu::Options),
    /// Measures; without a name, everything.
    Bench(bench::Options),
    /// Boots over InfiniBand from a machine with Linux's own subnet manager, IPoIB and servers, in front of you.
    Fabric(fabric::Options),
    /// Fuzzes every target of fuzz/ for a while; a crash is told with its input and how to see it again.
    Fuzz(fuzz::Options),
    /// Writes docs/errors.md from the tables in the code.
    Errors {
        /// Only say whether the file agrees with the code.
        #[arg(long)]
        check: bool,
    },
    /// Writes the example of README.md from the documentation of `bootproto`, where the tests run it.
    Readme {
        /// Only say whether the file agrees with the code.
        #[arg(long)]
        check: bool,
    },
    /// Shows the sizes of source files, boot programs and machines, and says what is over its limit.
    Size(size::Options),
    /// Builds `bootproto` for a target without an operating system.
    BareMetal {
        /// Install nothing.
        #[arg(long)]
        no_install: bool,
    },
    /// Proves by the linker that no function of the library for C can panic.
    PanicProof(panic_proof::Options),
    /// Checks what tests don't: every feature alone, links, spelling, licences.
    Tidy {
        /// Install nothing.
        #[arg(long)]
        no_install: bool,
    },
    /// Says which lines of the protocol crates the pure tests reach.
    Coverage {
        /// Install nothing.
        #[arg(long)]
        no_install: bool,
    },
    /// Builds the library for C and puts it, with header, pkg-config and CMake files, under a prefix.
    Capi(capi::Options),
    /// Builds the boot programs of firmware/: `bootproto.efi`, `bootproto.0` and the firmware for a Cortex-M3.
    Firmware {
        /// Install nothing.
        #[arg(long)]
        no_install: bool,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().chore {
        Chore::Test(options) => return test::run(&options),
        Chore::Qemu(options) => qemu::run(&options),
        Chore::Bench(options) => bench::run(&options),
        Chore::Fabric(options) => fabric::run(&options),
        Chore::Fuzz(options) => fuzz::run(&options),
        Chore::Errors { check } => errors::run(check),
        Chore::Readme { check } => readme::run(check),
        Chore::Size(options) => size::run(&options),
        Chore::BareMetal { no_install } => bare_metal::run(!no_install),
        Chore::PanicProof(options) => panic_proof::run(&options),
        Chore::Tidy { no_install } => tidy::all(!no_install),
        Chore::Coverage { no_install } => coverage::run(!no_install),
        Chore::Capi(options) => capi::run(&options),
        Chore::Firmware { no_install } => size::firmware(!no_install),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
