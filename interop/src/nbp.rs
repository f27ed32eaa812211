//! `bootproto.0`, built for the tests and for whoever wants to boot a machine from it.

use crate::{Outcome, packages};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const TARGET: &str = "x86_64-unknown-none";

/// What the compiler is told: the program runs where it is linked, below 2 GiB.
const FLAGS: &str = "-Crelocation-model=static -Ccode-model=small";

/// Debian's compiler comes without a linker for this target, so binutils' has to do, which its host needs anyway.
const DEBIAN_FLAGS: &str = "-Clinker=ld -Clinker-flavor=ld";

/// The boot program as a file. It is built once in a run; `BOOTPROTO_0` names another one.
///
/// # Errors
/// There is no compiler for it here, or it doesn't build.
pub fn bootproto_0() -> Outcome<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| match std::env::var_os("BOOTPROTO_0") {
        Some(path) => Ok(path.into()),
        None => build().map_err(|error| error.to_string()),
    });
    built.clone().map_err(Into::into)
}

fn build() -> Outcome<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware/bios");
    let target = packages::target().join("firmware-bios");
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args(["build", "--release", "--locked", "--target", TARGET, "--target-dir"]).arg(&target);
    build.current_dir(package);
    let mut flags = FLAGS.to_owned();
    if !has_target() {
        if !has_debian() {
            return Err(format!(
                "needs the target: rustup target add {TARGET}, or on Debian: apt-get install rustc-web rust-web-src"
            )
            .into());
        }
        flags = format!("{FLAGS} {DEBIAN_FLAGS}");
        build.args(["-Zbuild-std=core", "-Zbuild-std-features=compiler-builtins-mem"]);
        build.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
        build.env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTC_WRAPPER");
    }
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

fn has_target() -> bool {
    let installed = Command::new("rustup").args(["target", "list", "--installed"]).output();
    installed.is_ok_and(|told| String::from_utf8_lossy(&told.stdout).lines().any(|line| line == TARGET))
}

fn has_debian() -> bool {
    let root = Command::new("/usr/bin/rustc").args(["--print", "sysroot"]).output();
    root.is_ok_and(|told| {
        let root = String::from_utf8_lossy(&told.stdout).trim().to_owned();
        Path::new(&root).join("lib/rustlib/src/rust/library/core/src/lib.rs").exists()
    })
}
