//! Each machine alone, on a microcontroller, beside what others have for the same purpose.

use crate::command::{Done, ask, cargo, root, run as start};
use interop::toolchain::{self, Toolchain};
use object::read::elf::ElfFile32;
use object::{Endianness, Object as _, ObjectSection as _};
use std::collections::BTreeMap;
use std::path::Path;

const TARGET: &str = "thumbv7m-none-eabi";

/// The programs of `benches/size`, and what is in them.
const PROGRAMS: [(&str, &str); 6] = [
    ("tftp-download", "TFTP download: options, windowsize, retransmission"),
    ("ttftp", "    ttftp 0.2: RFC 1350 only, no timers"),
    ("dhcp-client", "DHCP client: retransmission, PXE, ProxyDHCP, renewal; Ethernet"),
    ("edge-dhcp", "    edge-dhcp 0.8: writes and parses, no retransmission"),
    ("smoltcp-dhcp", "    smoltcp 0.14: DHCP socket, IP and Ethernet"),
    ("boot-client", "boot client: all of it with its texts, no IP stack; Ethernet"),
];

/// What was measured when somebody last looked.
const BASELINE: &str = "benches/size/baseline.txt";

#[derive(Debug, Clone, Copy)]
struct Sizes {
    /// `.text` and `.rodata`, in bytes.
    code: u64,
    /// The machine as a value, in bytes; 0 where it is not ours.
    state: u64,
}

/// Prints the table. With `update` it is written down, else it fails where one of ours has grown by over 2 %.
pub(super) fn run(install: bool, update: bool) -> Done {
    let compiler = build(install)?;
    let mut measured = BTreeMap::new();
    println!("\n{TARGET}, opt-level z, fat LTO, {compiler}\n .text + .rodata   state");
    for (name, what) in PROGRAMS {
        let sizes = measure(&root().join("target/size").join(TARGET).join("release").join(name))?;
        let state = if sizes.state > 0 { sizes.state.to_string() } else { String::new() };
        println!("{:16} {state:>7}   {what}", sizes.code);
        measured.insert(name, sizes);
    }
    let path = root().join(BASELINE);
    if update {
        let rows = measured.iter().map(|(name, sizes)| format!("{name} {} {}\n", sizes.code, sizes.state));
        let text = format!("# {compiler}: .text + .rodata, state, in bytes\n{}", rows.collect::<String>());
        return std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()));
    }
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    compare(&text, &compiler, &measured)
}

/// Another compiler makes other code: then there is nothing to compare.
fn compare(text: &str, compiler: &str, measured: &BTreeMap<&str, Sizes>) -> Done {
    if !text.starts_with(&format!("# {compiler}:")) {
        println!("{BASELINE} is another compiler's; nothing is compared");
        return Ok(());
    }
    let mut grown = Vec::new();
    for line in text.lines().skip(1) {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        let Some(now) = measured.get(name) else { return Err(format!("{BASELINE}: {line}")) };
        for (what, now) in [("bytes of code", now.code), ("bytes of state", now.state)] {
            let before: u64 =
                words.next().and_then(|word| word.parse().ok()).ok_or(format!("{BASELINE}: {line}"))?;
            if now * 50 > before * 51 {
                grown.push(format!(
                    "{name}: {now} {what}, {before} in {BASELINE}; `--update` if it has to be"
                ));
            }
        }
    }
    if grown.is_empty() { Ok(()) } else { Err(grown.join("\n")) }
}

/// Builds the programs; answers which compiler did.
fn build(install: bool) -> Done<String> {
    let toolchain = toolchain::find(TARGET, install).map_err(|error| error.to_string())?;
    let mut build = cargo(&["build", "--release", "--locked", "--quiet", "--target", TARGET, "--target-dir"]);
    build.arg(root().join("target/size")).current_dir(root().join("benches/size"));
    toolchain.prepare(&mut build, "core");
    build.env("RUSTFLAGS", toolchain::SMALL).env_remove("CARGO_ENCODED_RUSTFLAGS");
    let compiler = if toolchain == Toolchain::Debian {
        let linker = toolchain::linker(install, "ld.lld").map_err(|error| error.to_string())?;
        build.env("CARGO_TARGET_THUMBV7M_NONE_EABI_LINKER", linker);
        "/usr/bin/rustc"
    } else {
        "rustc"
    };
    start(&mut build)?;
    let version = ask(compiler, &["--version"]).ok_or("rustc does not say its version")?;
    Ok(version.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

fn measure(program: &Path) -> Done<Sizes> {
    let said = |error: &dyn std::fmt::Display| format!("{}: {error}", program.display());
    let bytes = std::fs::read(program).map_err(|error| said(&error))?;
    let file = ElfFile32::<Endianness>::parse(bytes.as_slice()).map_err(|error| said(&error))?;
    let section = |name| file.section_by_name(name).map_or(0, |section| section.size());
    Ok(Sizes { code: section(".text") + section(".rodata"), state: section(".machine_state") })
}
