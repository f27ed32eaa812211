//! `bootproto.0`, built for the tests and for whoever wants to boot a machine from it.

use crate::toolchain::{self, SMALL, Toolchain};
use crate::{Outcome, packages, packed};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const TARGET: &str = "x86_64-unknown-none";

/// What the compiler is told: the program runs where it is linked, below 2 GiB.
const FLAGS: &str = "-Crelocation-model=static -Ccode-model=small";

/// Debian's compiler comes without a linker for this target, so binutils' has to do, which its host needs anyway. It can
/// be told what is not stable yet: no text for `{:?}`, and a panic is an invalid instruction, whose address the program tells.
const DEBIAN_FLAGS: &str =
    "-Clinker=ld -Clinker-flavor=ld -Zfmt-debug=none -Zunstable-options -Cpanic=immediate-abort";

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

/// The boot program as the linker made it, which runs unpacked, and where in it one of its functions lies: for tests that
/// put something else there.
///
/// # Errors
/// As [`bootproto_0`]; or that is another one, or has no such function.
pub fn unpacked(install: bool, function: &str) -> Outcome<(Vec<u8>, usize)> {
    /// Where a PXE ROM loads it.
    const START: usize = 0x7c00;
    bootproto_0(install)?;
    let linked = packages::target().join("firmware-bios").join(TARGET).join("release/bootproto-bios");
    let file = linked.with_extension("whole");
    run(Command::new("objcopy").args(["-O", "binary"]).arg(&linked).arg(&file))?;
    let symbols = Command::new("nm").arg(&linked).output().map_err(|error| format!("nm: {error}"))?;
    let symbols = String::from_utf8_lossy(&symbols.stdout).into_owned();
    let line = symbols.lines().find(|line| line.ends_with(&format!(" T {function}")));
    let address = line.and_then(|line| line.split(' ').next()).ok_or("it has no such function")?;
    Ok((std::fs::read(file)?, usize::from_str_radix(address, 16)? - START))
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
        Toolchain::Rustup => format!("{FLAGS} {SMALL}"),
        Toolchain::Debian => format!("{FLAGS} {SMALL} {DEBIAN_FLAGS}"),
    };
    build.env("RUSTFLAGS", flags).env_remove("CARGO_ENCODED_RUSTFLAGS");
    run(&mut build)?;
    let release = target.join(TARGET).join("release");
    let program = target.join("bootproto.0");
    let packed = pack(&release).map_err(|error| format!("{}: {error}", release.display()))?;
    std::fs::write(&program, packed).map_err(|error| format!("{}: {error}", program.display()))?;
    Ok(program)
}

/// Joins the part for real mode, the unpacker and the packed rest. The ROM copies bytes and jumps: no headers.
fn pack(release: &Path) -> Outcome<Vec<u8>> {
    let flat = |name: &str, sections: &[&str]| -> Outcome<Vec<u8>> {
        let linked = release.join(name);
        let file = linked.with_extension("bin");
        run(Command::new("objcopy").args(["-O", "binary"]).args(sections).arg(linked).arg(&file))?;
        Ok(std::fs::read(file)?)
    };
    let mut program = flat("bootproto-bios", &["-j", ".real", "-j", ".unpack"])?;
    // Where the unpacker goes, there is a RET as long as there is nothing to unpack.
    if program.pop() != Some(0xc3) {
        return Err("the linker has put something else where the unpacker goes".into());
    }
    program.extend(flat("unpack", &[])?);
    let rest = packed::pack(&flat("bootproto-bios", &["-R", ".real", "-R", ".unpack"])?)?;
    program.extend(u32::try_from(rest.len())?.to_le_bytes());
    program.extend(rest);
    Ok(program)
}

fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}
