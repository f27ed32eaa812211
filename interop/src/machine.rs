//! A whole machine: QEMU with SeaBIOS and a PXE ROM (iPXE's), which boots from the network and nothing else.

use crate::lan::Lan;
use crate::process::Program;
use crate::{Outcome, peers};
use std::path::Path;
use std::process::Command;

/// The machine's hardware address.
pub const MAC: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];

/// The network cards for which there is a PXE ROM.
pub const NICS: [&str; 7] =
    ["e1000", "virtio-net-pci", "rtl8139", "pcnet", "ne2k_pci", "eepro100", "vmxnet3"];

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

/// What a machine with a BIOS is made of.
#[derive(Debug, Clone, Copy)]
pub struct Bios<'a> {
    /// The network card, by QEMU's name; its PXE ROM is iPXE's.
    pub nic: &'a str,
    /// Memory in MiB.
    pub memory: u32,
    /// Whether there is a screen: then the BIOS leaves the serial line alone.
    pub screen: bool,
    /// Where the card's cable goes.
    pub cable: Cable<'a>,
    /// More of QEMU's arguments.
    pub more: &'a [String],
}

/// What a machine's network card is plugged into.
#[derive(Debug, Clone, Copy)]
pub enum Cable<'a> {
    /// A TAP device of this name on the bridge of the server's namespace, which is made for it.
    Bridge(&'a str),
    /// A TAP device that is there already.
    Tap(&'a str),
    /// QEMU's own network with its own DHCP and TFTP server, which serves a folder and names a boot file.
    Own(&'a Path, &'a str),
}

impl<'a> Bios<'a> {
    /// With this card on the bridge, and 512 MiB.
    #[must_use]
    pub const fn new(nic: &'a str) -> Self {
        Self { nic, memory: 512, screen: false, cable: Cable::Bridge("tap0"), more: &[] }
    }

    /// Switches it on in the server's namespace. Its serial line is the program's output, and what is typed into the
    /// program comes out of that line.
    ///
    /// Always emulated (TCG): slower than KVM, but the same everywhere.
    ///
    /// # Errors
    /// QEMU isn't here, or does not start.
    pub fn switch_on(&self, lan: &Lan) -> Outcome<Program> {
        peers::IPXE.path()?;
        let net = match self.cable {
            Cable::Bridge(tap) => {
                lan.tap(tap)?;
                lan.advertise()?;
                format!("tap,id=net,ifname={tap},script=no,downscript=no")
            }
            Cable::Tap(tap) => {
                lan.advertise()?;
                format!("tap,id=net,ifname={tap},script=no,downscript=no")
            }
            Cable::Own(root, file) => format!("user,id=net,tftp={},bootfile={file}", root.display()),
        };
        // QEMU names the chips of that family one by one.
        let model = if self.nic == "eepro100" { "i82559er" } else { self.nic };
        let mac: Vec<String> = MAC.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut command = Command::new(peers::QEMU.path()?);
        command
            .args(["-accel", "tcg", "-m", &self.memory.to_string(), "-monitor", "none"])
            .args(if self.screen { &["-display", "none"][..] } else { &["-nographic"] })
            .args(["-serial", "stdio", "-no-reboot", "-boot", "n", "-netdev", &net])
            .arg("-device")
            .arg(format!("{model},netdev=net,mac={}", mac.join(":")))
            .args(self.more);
        Program::start_interactive(&lan.server, command)
    }
}

/// Switches on a machine with this card and nothing special.
///
/// # Errors
/// As [`Bios::switch_on`].
pub fn switch_on(lan: &Lan, network_card: &str) -> Outcome<Program> {
    Bios::new(network_card).switch_on(lan)
}

/// A configuration for PXELINUX and for our own boot programs, with one entry.
#[must_use]
pub fn configuration(head: &str, kernel: &str, command_line: &str) -> String {
    format!(
        "{head}DEFAULT linux\nLABEL linux\n  KERNEL {kernel}\n  INITRD initrd.img\n  APPEND {command_line}\n"
    )
}
