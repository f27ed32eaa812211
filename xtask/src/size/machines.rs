//! Each machine alone, on a microcontroller, beside what others have for the same purpose.

use super::baseline::{self, Sizes};
use super::stack::Calls;
use crate::command::{Done, ask, cargo, root, run as start};
use interop::toolchain::{self, Toolchain};
use object::{File, Object as _, ObjectSection as _};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The first one is compared with what was written down, and its stack is measured.
const TARGETS: [&str; 5] = [
    "thumbv7m-none-eabi",
    "thumbv6m-none-eabi",
    "riscv32imc-unknown-none-elf",
    "aarch64-unknown-none",
    "x86_64-unknown-none",
];

/// One program of `benches/size`.
struct Program {
    name: &'static str,
    /// Features of the package, for programs of ours.
    features: &'static str,
    what: &'static str,
}

const fn ours(name: &'static str, features: &'static str, what: &'static str) -> Program {
    Program { name, features, what }
}

const fn others(name: &'static str, what: &'static str) -> Program {
    Program { name, features: "small", what }
}

/// Those of one set of features stand together: they are built by one call.
const PROGRAMS: [Program; 12] = [
    ours("tftp-download", "small", "TFTP download: options, windowsize, retransmission"),
    others("ttftp", "    ttftp 0.2: RFC 1350 only, no timers"),
    ours("dhcp-client", "small", "DHCP client: retransmission, PXE, ProxyDHCP, renewal; Ethernet"),
    others("edge-dhcp", "    edge-dhcp 0.8: writes and parses, no retransmission"),
    others("smoltcp-dhcp", "    smoltcp 0.14: DHCP socket, IP and Ethernet"),
    ours("boot-client", "small", "boot client: all of it with its texts, no IP stack; Ethernet"),
    ours("tftp-download", "small,multicast", "TFTP download with multicast"),
    ours("dhcp-client", "small,infiniband", "DHCP client for InfiniBand too"),
    ours("boot-client", "small,infiniband", "boot client for InfiniBand too"),
    ours("tftp-download", "", "TFTP download without the feature small"),
    ours("dhcp-client", "", "DHCP client without small"),
    ours("boot-client", "", "boot client without small"),
];

/// Prints the tables. With a reason for it the first one is written down, else it fails where one of ours has grown by
/// over 2 %.
pub(super) fn run(install: bool, all_targets: bool, update: Option<&str>) -> Done {
    let mut measured = BTreeMap::new();
    let mut compiler = String::new();
    for (number, target) in TARGETS.into_iter().enumerate() {
        if number > 0 && !all_targets {
            break;
        }
        let (by, sizes) = table(target, number == 0, install)?;
        if number == 0 {
            (compiler, measured) = (by, sizes);
        }
    }
    baseline::judge(&compiler, &measured, update)
}

/// Builds and measures all programs for `target`.
fn table(target: &str, with_stack: bool, install: bool) -> Done<(String, BTreeMap<String, Sizes>)> {
    let mut measured = BTreeMap::new();
    let mut compiler = String::new();
    let mut built = None;
    for program in &PROGRAMS {
        if built != Some(program.features) {
            compiler = build(target, program.features, with_stack, install)?;
            built = Some(program.features);
        }
        if measured.is_empty() {
            println!("\n{target}, opt-level z, fat LTO, {compiler}\n .text + .rodata   state   stack");
        }
        let path = folder().join(target).join("release").join(program.name);
        let sizes = measure(&path, with_stack)?;
        let shown = |bytes: u64| if bytes > 0 { bytes.to_string() } else { String::new() };
        let what = program.what;
        println!("{:16} {:>7} {:>7}   {what}", sizes.code, shown(sizes.state), shown(sizes.stack));
        let features = program.features.strip_prefix("small").map(|more| more.replace(',', "+"));
        measured.insert(
            format!("{}{}", program.name, features.unwrap_or_else(|| "-without-small".to_owned())),
            sizes,
        );
    }
    Ok((compiler, measured))
}

fn folder() -> PathBuf {
    root().join("target/size")
}

/// Builds the programs; answers which compiler did.
fn build(target: &str, features: &str, with_stack: bool, install: bool) -> Done<String> {
    let toolchain = toolchain::find(target, install).map_err(|error| error.to_string())?;
    let mut build = cargo(&["build", "--release", "--locked", "--quiet", "--target", target]);
    build.args(["--no-default-features", "--features", features, "--target-dir"]);
    build.arg(folder()).current_dir(root().join("benches/size"));
    toolchain.prepare(&mut build, "core");
    let mut flags = toolchain::SMALL.to_owned();
    if with_stack {
        // What the compiler and the linker know of the stack, which costs no byte of the program.
        flags += " -Zemit-stack-sizes -Clink-arg=--emit-relocs";
        build.env("RUSTC_BOOTSTRAP", "1");
    }
    build.env("RUSTFLAGS", flags).env_remove("CARGO_ENCODED_RUSTFLAGS");
    let compiler = if toolchain == Toolchain::Debian {
        let linker = toolchain::linker(install, "ld.lld").map_err(|error| error.to_string())?;
        let variable = format!("CARGO_TARGET_{}_LINKER", target.replace('-', "_").to_uppercase());
        build.env(variable, linker);
        "/usr/bin/rustc"
    } else {
        "rustc"
    };
    start(&mut build)?;
    let version = ask(compiler, &["--version"]).ok_or("rustc does not say its version")?;
    Ok(version.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

fn measure(program: &Path, with_stack: bool) -> Done<Sizes> {
    let said = |error: &dyn std::fmt::Display| format!("{}: {error}", program.display());
    let bytes = std::fs::read(program).map_err(|error| said(&error))?;
    let file = File::parse(bytes.as_slice()).map_err(|error| said(&error))?;
    let section = |name| file.section_by_name(name).map_or(0, |section| section.size());
    let state = section(".machine_state");
    let stack = if with_stack && state > 0 {
        Calls::read(&file)
            .and_then(|calls| calls.below("10size_bench5drive"))
            .map_err(|error| said(&error))?
    } else {
        0
    };
    // A value of the standard library that is moved to where it belongs may lie in a section of its own.
    let constants: u64 = [".rodata", ".data.rel.ro"].into_iter().map(section).sum();
    Ok(Sizes { code: section(".text") + constants, state, stack })
}
