//! `bootproto.0`, built for the tests and for whoever wants to boot a machine from it.

use crate::toolchain::{self, Toolchain};
use crate::{Outcome, packages};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const TARGET: &str = "x86_64-unknown-none";

/// What the compiler is told: the program runs where it is linked, below 2 GiB.
const FLAGS: &str = "-Crelocation-model=static -Ccode-model=small";

/// Debian's compiler comes without a linker for this target, so binutils' has to do, which its host needs anyway.
const DEBIAN_FLAGS: &str = "-Clinker=ld -Clinker-flavor=ld";

/// The boot program as a file. It is built once in a run; `BOOTPROTO_0` names another one. With `install`, a
/// missing compiler is installed.
///
/// # Errors
/// There is no compiler for it here, or it doesn't build.
pub fn bootproto_0(install: bool) -> Outcome<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| match std::env::var_os("BOOTPROTO_0") {
        Some(path) => Ok(path.into()),
        None => build(install).map_err(|error| error.to_string()),
    });
    built.clone().map_err(Into::into)
}

fn build(install: bool) -> Outcome<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware/bios");
    let target = packages::target().join("firmware-bios");
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args(["build", "--release", "--locked", "--target", TARGET, "--target-dir"]).arg(&target);
    build.current_dir(package);
    let toolchain = toolchain::find(TARGET, install)?;
    toolchain.prepare(&mut build, "core");
    let flags = match toolchain {
        Toolchain::Rustup => FLAGS.to_owned(),
        Toolchain::Debian => format!("{FLAGS} {DEBIAN_FLAGS}"),
    };
    build.env("RUSTFLAGS", flags).env_remove("CARGO_ENCODED_RUSTFLAGS");
    run(&mut build)?;
    let program = target.join("bootproto.0");
    let linked = target.join(TARGET).join("release/bootproto-bios");
    // The ROM copies bytes and jumps: no headers.
    run(Command::new("objcopy").args(["-O", "binary"]).arg(linked).arg(&program))?;
    Ok(program)
}

fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}
