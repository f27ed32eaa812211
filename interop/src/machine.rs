//! A whole machine: QEMU with SeaBIOS and a PXE ROM (iPXE's), which boots from the network and nothing else.

use crate::lan::Lan;
use crate::process::Program;
use crate::{Outcome, peers};
use std::path::Path;
use std::process::Command;

/// The machine's hardware address.
pub const MAC: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];

/// The script that iPXE runs as its boot file. Its names are relative, so that kernel and initrd come from where it
/// came from: beside a ProxyDHCP server, `${next-server}` would be the DHCP server.
#[must_use]
pub fn ipxe_script(command_line: &str) -> String {
    format!(
        "#!ipxe\n\
         kernel vmlinuz initrd=initrd.img {command_line}\n\
         initrd initrd.img\n\
         boot\n"
    )
}

/// Switches it on, on a TAP device of the server's namespace. Its serial line is the program's output.
///
/// Always emulated (TCG): slower than KVM, but the same everywhere.
///
/// # Errors
/// QEMU isn't here, or does not start.
pub fn switch_on(lan: &Lan, tap: &str, network_card: &str) -> Outcome<Program> {
    lan.tap(tap)?;
    peers::IPXE.path()?;
    let mac: Vec<String> = MAC.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut command = Command::new(peers::QEMU.path()?);
    command
        .args(["-accel", "tcg", "-m", "512", "-nographic", "-monitor", "none", "-serial", "stdio"])
        .args(["-no-reboot", "-boot", "n", "-netdev"])
        .arg(format!("tap,id=net,ifname={tap},script=no,downscript=no"))
        .arg("-device")
        .arg(format!("{network_card},netdev=net,mac={}", mac.join(":")));
    Program::start(&lan.server, command)
}

/// How a machine with UEFI boots.
#[derive(Debug, Clone, Copy)]
pub enum Way<'a> {
    /// PXE over IPv4.
    Pxe,
    /// HTTP Boot over IPv4.
    Http,
    /// From a folder that it sees as the FAT file system of a disk.
    Disk(&'a Path),
}

/// Switches on a machine with UEFI (OVMF), whose card its firmware drives itself. `aside` is a folder for what it may
/// write to.
///
/// # Errors
/// QEMU or OVMF isn't here, or does not start.
pub fn switch_on_uefi(lan: &Lan, tap: &str, aside: &Path, way: Way<'_>) -> Outcome<Program> {
    lan.tap(tap)?;
    let code = peers::OVMF.path()?;
    let settings = aside.join("OVMF_VARS.fd");
    std::fs::copy(code.with_file_name("OVMF_VARS_4M.fd"), &settings)?;
    let mac: Vec<String> = MAC.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut command = Command::new(peers::QEMU.path()?);
    command
        .args(["-accel", "tcg", "-machine", "q35", "-m", "768", "-nographic", "-monitor", "none"])
        .args(["-serial", "stdio", "-no-reboot", "-drive"])
        .arg(format!("if=pflash,format=raw,readonly=on,file={}", code.display()))
        .arg("-drive")
        .arg(format!("if=pflash,format=raw,file={}", settings.display()))
        .arg("-netdev")
        .arg(format!("tap,id=net,ifname={tap},script=no,downscript=no"))
        // Without a ROM of its own: the card is OVMF's.
        .arg("-device")
        .arg(format!("virtio-net-pci,netdev=net,mac={},romfile=", mac.join(":")))
        .args(["-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=n"]);
    match way {
        Way::Disk(folder) => {
            let drive = format!("file=fat:rw:{},format=raw,if=none,id=esp", folder.display());
            command.args(["-drive", &drive, "-device", "virtio-blk-pci,drive=esp,bootindex=1"])
        }
        Way::Pxe => command.args(["-boot", "n"]),
        Way::Http => {
            command.args(["-fw_cfg", "name=opt/org.tianocore/IPv4PXESupport,string=n", "-boot", "n"])
        }
    };
    Program::start(&lan.server, command)
}

/// A configuration for PXELINUX and for our own boot programs, with one entry.
#[must_use]
pub fn configuration(head: &str, kernel: &str, command_line: &str) -> String {
    format!(
        "{head}DEFAULT linux\nLABEL linux\n  KERNEL {kernel}\n  INITRD initrd.img\n  APPEND {command_line}\n"
    )
}
