//! The linker's proof that no function of the library for C can panic.
//!
//! What belongs here: building the library with a panic handler that calls a symbol which nobody has, linking every
//! exported function alone, and saying who calls it where that fails. What does not: the handler (`capi/src/proof.rs`).
//!
//! What a linker leaves out of a function's program can't run in it. So if the program links, no panic is reachable.
//! What it does not show: that the stack suffices, and that no loop runs for ever (the laws in `testkit` bound the work).
//! The functions over raw frames go through smoltcp, which has panics of its own; of those it is shown that no line of
//! this repository panics in them.

use crate::command::{Done, cargo, root, run as start};
use interop::toolchain::{self, Toolchain};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

mod callers;
mod link;

use callers::{Callers, ELSEWHERE};

/// What the panic handler calls (`capi/src/proof.rs`).
const REACHED: &str = "bootproto_panic_is_reachable";

/// The function in the same file that does panic: were it not refused, the proof would show nothing.
const MUST_BE_REFUSED: &str = "bp_proof_must_refuse";

/// The functions that run smoltcp: not proven.
const SMOLTCP: [&str; 4] =
    ["bp_net_handle_frame", "bp_net_handle_timeout", "bp_net_poll_frame", "bp_net_poll_timeout"];

/// What a program may have to bring. LLVM puts in calls of `bcmp` on systems with a C library only.
const FROM_C: [&str; 4] = ["memcpy", "memmove", "memset", "memcmp"];

/// A processor without an operating system, and what the linker calls its files.
struct Target {
    triple: &'static str,
    emulation: &'static str,
}

const TARGETS: [Target; 5] = [
    Target { triple: "x86_64-unknown-none", emulation: "elf_x86_64" },
    Target { triple: "thumbv6m-none-eabi", emulation: "armelf" },
    Target { triple: "thumbv7m-none-eabi", emulation: "armelf" },
    Target { triple: "riscv32imc-unknown-none-elf", emulation: "elf32lriscv" },
    Target { triple: "aarch64-unknown-none", emulation: "aarch64elf" },
];

/// What can be said about a proof.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only for this target; may be given several times.
    #[arg(long, value_parser = TARGETS.map(|target| target.triple))]
    target: Vec<String>,
    /// Install nothing.
    #[arg(long)]
    no_install: bool,
}

/// The proof for two targets, in the time that a test may take.
pub(crate) fn check(install: bool) -> Done {
    let target = ["x86_64-unknown-none", "thumbv7m-none-eabi"].map(str::to_owned).to_vec();
    run(&Options { target, no_install: !install })
}

/// Proves, or says which function of which target can panic, and how.
pub(crate) fn run(options: &Options) -> Done {
    let install = !options.no_install;
    let linker = toolchain::linker(install, "ld.lld").map_err(|error| error.to_string())?;
    let declared = declared()?;
    let mut failures = Vec::new();
    for target in &TARGETS {
        if !options.target.is_empty() && options.target.iter().all(|name| name != target.triple) {
            continue;
        }
        match prove(target, &linker, &declared, install) {
            Ok(line) => println!("{line}"),
            Err(error) => failures.push(error),
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

/// The functions that `bootproto.h` declares.
fn declared() -> Done<BTreeSet<String>> {
    let path = root().join("capi/include/bootproto.h");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let functions: BTreeSet<String> = code
        .filter_map(|line| {
            let (before, _) = line.split_once('(')?;
            let name = before.rsplit([' ', '*']).next()?;
            (name.starts_with("bp_") && !line.starts_with("typedef")).then(|| name.to_owned())
        })
        .collect();
    if functions.is_empty() {
        Err(format!("{}: declares no function", path.display()))
    } else {
        Ok(functions)
    }
}

fn prove(target: &Target, linker: &Path, declared: &BTreeSet<String>, install: bool) -> Done<String> {
    let triple = target.triple;
    let archive = build(triple, install)?;
    let bytes = std::fs::read(&archive).map_err(|error| format!("{}: {error}", archive.display()))?;
    let callers = Callers::read(&bytes).map_err(|error| format!("{}: {error}", archive.display()))?;
    let mut exported = callers.exported();
    if !exported.remove(MUST_BE_REFUSED) {
        return Err(format!("{triple}: {MUST_BE_REFUSED} is not in the library"));
    }
    if exported != *declared {
        let differ: Vec<_> = exported.symmetric_difference(declared).map(String::as_str).collect();
        return Err(format!(
            "{triple}: in bootproto.h or in the library, but not in both: {}",
            differ.join(", ")
        ));
    }
    let link = |function: &str| link::undefined(linker, target.emulation, &archive, function);
    if !link(MUST_BE_REFUSED)?.contains(REACHED) || callers.way(MUST_BE_REFUSED, REACHED).is_none() {
        return Err(format!("{triple}: {MUST_BE_REFUSED} panics, and the linker has not seen it"));
    }
    let mut reached = Vec::new();
    let mut left = Vec::new();
    for function in &exported {
        let undefined = link(function)?;
        let fault = undefined.iter().find(|symbol| !FROM_C.contains(&symbol.as_str()));
        match fault {
            None if SMOLTCP.contains(&function.as_str()) => {
                reached
                    .push(format!("{triple}: {function} can't panic any more: take it off the list SMOLTCP"));
            }
            None => {}
            Some(symbol) if symbol == REACHED && SMOLTCP.contains(&function.as_str()) => {
                left.push(smoltcp(&callers, function).map_err(|error| format!("{triple}: {error}"))?);
            }
            Some(symbol) => {
                let way = callers.way(function, symbol).unwrap_or_default();
                reached.push(format!("{triple}: {function} needs {symbol}\n{way}"));
            }
        }
    }
    if !reached.is_empty() {
        return Err(reached.join("\n"));
    }
    let proven = exported.len() - left.len();
    Ok(format!("{triple}: no panic is reachable from {proven} functions\n{}", left.join("\n")))
}

/// What is known of a function that runs smoltcp: every line that could panic is smoltcp's, or of what that uses.
fn smoltcp(callers: &Callers<'_>, function: &str) -> Done<String> {
    let sources = callers.all_sources(function);
    let ours: Vec<_> =
        sources.iter().filter(|source| !source.starts_with(ELSEWHERE)).map(String::as_str).collect();
    if ours.is_empty() && !sources.is_empty() {
        Ok(format!("    not proven: {function}, by {} lines in smoltcp and what it uses", sources.len()))
    } else {
        Err(format!("{function} can panic at {}", ours.join(", ")))
    }
}

/// The library as `cargo xtask capi --freestanding` makes it, but for the panic handler.
fn build(triple: &str, install: bool) -> Done<PathBuf> {
    let toolchain = toolchain::find(triple, install).map_err(|error| error.to_string())?;
    let folder = root().join("target/panic-proof");
    let mut build = cargo(&["rustc", "--target", triple, "--target-dir"]);
    build.arg(&folder).args(interop::capi::FREESTANDING);
    toolchain.prepare(&mut build, "core");
    if toolchain == Toolchain::Debian {
        build.env_remove("CARGO_ENCODED_RUSTFLAGS").env("RUSTFLAGS", "");
    }
    build.args(["--quiet", "--", "--cfg", "bootproto_panic_proof"]);
    start(&mut build)?;
    Ok(folder.join(triple).join("release/libbootproto_capi.a"))
}
