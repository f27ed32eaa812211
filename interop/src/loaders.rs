//! Boot programs of others, set up in a tree so that each boots `vmlinuz` and `initrd.img` from it.

use crate::payload::{self, Tree};
use crate::{Outcome, machine, peers};
use std::process::Command;

/// PXELINUX as `pxelinux.0`, with its configuration where it looks for one.
///
/// # Errors
/// Its package isn't here.
pub fn pxelinux(tree: &Tree) -> Outcome {
    let package = peers::PXELINUX.unpacked().join("usr/lib");
    tree.add_copy("pxelinux.0", &package.join("PXELINUX/pxelinux.0"))?;
    tree.add_copy("ldlinux.c32", &package.join("syslinux/modules/bios/ldlinux.c32"))?;
    let configuration =
        machine::configuration("SERIAL 0 115200\nPROMPT 0\n", "vmlinuz", payload::COMMAND_LINE);
    tree.add("pxelinux.cfg/default", configuration.as_bytes())?;
    Ok(())
}

/// PXELINUX as `other/pxelinux.0`, for a boot program that has its own configuration where PXELINUX would look: the name
/// of another one is patched in as DHCP option 209, as `pxelinux-options` does.
///
/// # Errors
/// Its package isn't here.
pub fn pxelinux_aside(tree: &Tree) -> Outcome {
    const NAME: &[u8] = b"other/pxelinux.cfg";
    /// Where the header of the options that are parsed last lies: magic, size, flags, the first ones' offset and length.
    const LAST: usize = 8 + 5 * 4;
    let package = peers::PXELINUX.unpacked().join("usr/lib");
    let mut program = std::fs::read(package.join("PXELINUX/pxelinux.0"))?;
    if program.get(8..12) != Some(&0x2983_c8ac_u32.to_le_bytes()) {
        return Err("this PXELINUX keeps its settings elsewhere".into());
    }
    program.resize(program.len().next_multiple_of(4), 0);
    let options = [&[209, NAME.len() as u8][..], NAME, &[255]].concat();
    for (at, value) in [(LAST, program.len()), (LAST + 4, options.len())] {
        program[at..at + 4].copy_from_slice(&(value as u32).to_le_bytes());
    }
    program.extend_from_slice(&options);
    tree.add("other/pxelinux.0", &program)?;
    tree.add_copy("ldlinux.c32", &package.join("syslinux/modules/bios/ldlinux.c32"))?;
    let configuration =
        machine::configuration("SERIAL 0 115200\nPROMPT 0\n", "vmlinuz", payload::COMMAND_LINE);
    tree.add("other/pxelinux.cfg", configuration.as_bytes())?;
    Ok(())
}

/// GRUB's image for PXE as `grub.pxe`, with its configuration.
///
/// # Errors
/// Its package isn't here, or no image can be made of it.
pub fn grub(tree: &Tree) -> Outcome {
    let root = peers::GRUB.unpacked();
    let libraries = ["lib", "usr/lib"].map(|folder| {
        root.join(folder).join(format!("{}-linux-gnu", std::env::consts::ARCH)).display().to_string()
    });
    let done = Command::new(root.join("usr/bin/grub-mkimage"))
        .env("LD_LIBRARY_PATH", libraries.join(":"))
        .args(["--format=i386-pc-pxe", "--prefix=(pxe)/grub", "--directory"])
        .arg(root.join("usr/lib/grub/i386-pc"))
        .arg("--output")
        .arg(tree.join("grub.pxe"))
        .args(["pxe", "tftp", "normal", "linux", "serial", "echo", "configfile", "test"])
        .output()?;
    if !done.status.success() {
        return Err(format!("grub-mkimage: {}", String::from_utf8_lossy(&done.stderr)).into());
    }
    let line = payload::COMMAND_LINE;
    let configuration = format!(
        "serial --unit=0 --speed=115200\nterminal_output serial\nlinux /vmlinuz {line}\ninitrd /initrd.img\nboot\n"
    );
    tree.add("grub/grub.cfg", configuration.as_bytes())?;
    Ok(())
}

/// GRUB's image for UEFI as `grub.efi`, with its configuration.
///
/// # Errors
/// As [`grub`].
pub fn grub_efi(tree: &Tree) -> Outcome {
    let root = peers::GRUB_EFI.unpacked();
    let libraries = ["lib", "usr/lib"].map(|folder| {
        root.join(folder).join(format!("{}-linux-gnu", std::env::consts::ARCH)).display().to_string()
    });
    let done = Command::new(root.join("usr/bin/grub-mkimage"))
        .env("LD_LIBRARY_PATH", libraries.join(":"))
        .args(["--format=x86_64-efi", "--prefix=/grub", "--directory"])
        .arg(root.join("usr/lib/grub/x86_64-efi"))
        .arg("--output")
        .arg(tree.join("grub.efi"))
        .args(["efinet", "tftp", "normal", "linux", "serial", "echo", "configfile", "test"])
        .output()?;
    if !done.status.success() {
        return Err(format!("grub-mkimage: {}", String::from_utf8_lossy(&done.stderr)).into());
    }
    let line = payload::COMMAND_LINE;
    tree.add("grub/grub.cfg", format!("linux /vmlinuz {line}\ninitrd /initrd.img\nboot\n").as_bytes())?;
    Ok(())
}

/// iPXE for UEFI over SNP as `snponly.efi`; it is the script `snponly.ipxe` that it gets when it asks for its boot file.
///
/// # Errors
/// Its package isn't here.
pub fn snponly(tree: &Tree) -> Outcome {
    let package = peers::UNDIONLY.path()?;
    tree.add_copy("snponly.efi", &package.with_file_name("snponly.efi"))?;
    let line = payload::COMMAND_LINE;
    let script = format!("#!ipxe\nkernel vmlinuz initrd=initrd.img {line}\ninitrd initrd.img\nboot\n");
    tree.add("snponly.ipxe", script.as_bytes())?;
    Ok(())
}

/// undionly.kpxe as `undionly.ipxe`: a script by which the ROM's iPXE loads it, and which it runs itself when it is
/// asked for its own boot file, for both send the same DHCP options. Only the ROM has no UNDI driver.
///
/// # Errors
/// Its package isn't here.
pub fn undionly(tree: &Tree) -> Outcome {
    tree.add_copy("undionly.kpxe", &peers::UNDIONLY.path()?)?;
    let line = payload::COMMAND_LINE;
    let script = format!(
        "#!ipxe\niseq ${{net0/chip}} undionly || chain undionly.kpxe\n\
         kernel vmlinuz initrd=initrd.img {line}\ninitrd initrd.img\nboot\n"
    );
    tree.add("undionly.ipxe", script.as_bytes())?;
    Ok(())
}
