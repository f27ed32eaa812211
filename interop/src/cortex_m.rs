//! `firmware/cortex-m`: built for the tests and for whoever wants to see it boot, and the board that it runs on.

use crate::machine::MAC;
use crate::namespace::Namespace;
use crate::process::Program;
use crate::toolchain::{self, SMALL, Toolchain};
use crate::{Outcome, packages, peers};
use object::read::elf::{ElfFile32, FileHeader as _, ProgramHeader as _};
use object::{Endianness, LittleEndian, Object as _, ObjectSection as _, elf};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const TARGET: &str = "thumbv7m-none-eabi";
const PACKAGE: &str = "bootproto-cortex-m";

/// The firmware as it is written into flash. It is built once in a run. With `install`, a missing compiler is installed.
///
/// # Errors
/// There is no compiler for it here, or it doesn't build.
pub fn firmware(install: bool) -> Outcome<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| build(install).map_err(|error| error.to_string()));
    built.clone().map_err(Into::into)
}

/// Name and size of each section that it has in the board's memory.
///
/// # Errors
/// As [`firmware`].
pub fn sections(install: bool) -> Outcome<Vec<(String, u64)>> {
    let linked = std::fs::read(firmware(install)?.with_extension("elf"))?;
    let file = ElfFile32::<Endianness>::parse(linked.as_slice())?;
    let kept = [".vector_table", ".text", ".rodata", ".data", ".bss"];
    let sections =
        file.sections().filter_map(|section| Some((section.name().ok()?.to_owned(), section.size())));
    Ok(sections.filter(|(name, _)| kept.contains(&name.as_str())).collect())
}

fn build(install: bool) -> Outcome<PathBuf> {
    let toolchain = toolchain::find(TARGET, install)?;
    let folder = packages::target().join("firmware");
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args(["build", "--release", "--locked", "--package", PACKAGE, "--target", TARGET]);
    build.arg("--target-dir").arg(&folder);
    build.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware"));
    toolchain.prepare(&mut build, "core");
    build.env("RUSTFLAGS", SMALL).env_remove("CARGO_ENCODED_RUSTFLAGS");
    if toolchain == Toolchain::Debian {
        build.env("CARGO_TARGET_THUMBV7M_NONE_EABI_LINKER", toolchain::linker(install, "ld.lld")?);
    }
    if !build.status()?.success() {
        return Err(format!("{PACKAGE} does not build for {TARGET}").into());
    }
    let linked = std::fs::read(folder.join(TARGET).join("release").join(PACKAGE))?;
    let place = folder.join(PACKAGE).with_extension("bin");
    std::fs::write(place.with_extension("elf"), &linked)?;
    std::fs::write(&place, flat(&linked)?)?;
    Ok(place)
}

/// What of a linked program lies in flash, from its address 0 on.
fn flat(linked: &[u8]) -> Outcome<Vec<u8>> {
    let header = elf::FileHeader32::<LittleEndian>::parse(linked)?;
    let mut image = Vec::new();
    for segment in header.program_headers(LittleEndian, linked)? {
        let bytes = segment.data(LittleEndian, linked).map_err(|()| "a segment outside of the file")?;
        if segment.p_type(LittleEndian) == elf::PT_LOAD && !bytes.is_empty() {
            let start = usize::try_from(segment.p_paddr(LittleEndian))?;
            image.resize(image.len().max(start + bytes.len()), 0xff);
            image[start..start + bytes.len()].copy_from_slice(bytes);
        }
    }
    Ok(image)
}

/// What the board's Ethernet controller is plugged into.
#[derive(Debug, Clone, Copy)]
pub enum Cable<'a> {
    /// A TAP device of the namespace.
    Tap(&'a str),
    /// QEMU's own network with its own DHCP and TFTP server, which serves a folder and names a boot file.
    Own(&'a Path, &'a str),
    /// Nothing: the cable is pulled.
    Pulled,
}

/// Switches the board on in a namespace, with this firmware. Its serial line is the program's output; the firmware ends
/// the program by semihosting.
///
/// # Errors
/// QEMU isn't here, or does not start.
pub fn switch_on(inside: &Namespace, firmware: &Path, cable: Cable<'_>) -> Outcome<Program> {
    let mac = MAC.map(|byte| format!("{byte:02x}")).join(":");
    let net = match cable {
        Cable::Tap(tap) => format!("tap,ifname={tap},script=no,downscript=no"),
        Cable::Own(root, file) => format!("user,tftp={},bootfile={file}", root.display()),
        Cable::Pulled => "user,id=cable".to_owned(),
    };
    let mut command = Command::new(peers::QEMU_ARM.path()?);
    command.args(["-accel", "tcg", "-machine", "mps2-an385", "-display", "none", "-no-reboot"]);
    command.args(["-semihosting-config", "enable=on,target=native"]);
    command.arg("-nic").arg(format!("{net},model=lan9118,mac={mac}"));
    command.arg("-kernel").arg(firmware);
    if !matches!(cable, Cable::Pulled) {
        command.args(["-monitor", "none", "-serial", "stdio"]);
        return Program::start(inside, command);
    }
    // QEMU has no option for it: its monitor, which takes turns with the serial line, does it before the board starts.
    command.args(["-S", "-serial", "mon:stdio"]);
    let mut board = Program::start_interactive(inside, command)?;
    board.type_in(b"\x01cset_link cable off\ncont\n\x01c")?;
    Ok(board)
}
