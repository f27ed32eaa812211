//! A whole machine: QEMU with SeaBIOS and a PXE ROM (iPXE's), which boots from the network and nothing else.

use crate::lan::Lan;
use crate::process::Program;
use crate::{Outcome, peers};
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
