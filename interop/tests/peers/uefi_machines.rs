//! `bootproto.efi` on other machines than the usual one: cards that the firmware drives with iPXE's driver from the card's
//! own ROM, and 64-bit ARM.

use crate::uefi::{LIMIT, boots, boots_with, netboot, switch_on, tree};
use interop::lan::Lan;
use interop::packages::Peer;
use interop::payload::{self, Tree};
use interop::runner::Case;
use interop::toolchain::{self, Processor};
use interop::uefi::{Machine, Way};
use interop::{Outcome, ensure, machine, peers, servers};

const PEERS: &[&Peer] = &[&peers::QEMU, &peers::OVMF, &peers::IPXE, &peers::LINUX, &peers::BUSYBOX];
const ARM64: &[&Peer] = &[&peers::QEMU_ARM64, &peers::AAVMF, &peers::LINUX_ARM64, &peers::BUSYBOX_ARM64];

pub(crate) const CASES: &[Case] = &[Case {
    name: "bootproto.efi, iPXE's driver (e1000): boots Debian's kernel",
    peers: PEERS,
    heavy: true,
    run: || card("e1000"),
}];

pub(crate) const SLOW: &[Case] = &[
    Case {
        name: "bootproto.efi, arm64: AAVMF loads it from us by PXE, and it boots Debian's kernel",
        peers: ARM64,
        heavy: true,
        run: arm64,
    },
    Case {
        name: "bootproto.efi, iPXE's driver (e1000e): boots Debian's kernel",
        peers: PEERS,
        heavy: true,
        run: || card("e1000e"),
    },
    Case {
        name: "bootproto.efi, iPXE's driver (rtl8139): boots Debian's kernel",
        peers: PEERS,
        heavy: true,
        run: || card("rtl8139"),
    },
    Case {
        name: "bootproto.efi, iPXE's driver (vmxnet3): boots Debian's kernel",
        peers: PEERS,
        heavy: true,
        run: || card("vmxnet3"),
    },
    Case {
        name: "bootproto.efi, iPXE's driver (pcnet): boots Debian's kernel",
        peers: PEERS,
        heavy: true,
        run: || card("pcnet"),
    },
    Case {
        name: "bootproto.efi, iPXE's driver (ne2k_pci): boots Debian's kernel",
        peers: PEERS,
        heavy: true,
        run: || card("ne2k_pci"),
    },
];

fn card(model: &str) -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("", "vmlinuz")?);
    let server = netboot(&lan, &tree)?;
    let machine = switch_on(&lan, &tree, Machine::new(Way::Pxe).with_card(model))?;
    let screen = boots(machine, &server)?;
    ensure!(screen.contains("the firmware loaded us over"), "{screen}");
    Ok(())
}

fn arm64() -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    let installs = std::env::var_os("INTEROP_INSTALL").is_some();
    tree.add_copy("bootproto-arm64.efi", &toolchain::build_efi(Processor::Arm64, installs)?)?;
    tree.add_copy("vmlinuz", &payload::kernel_of(&peers::LINUX_ARM64)?)?;
    let initrd = payload::initrd_of(&peers::BUSYBOX_ARM64, 1 << 20)?;
    tree.add("initrd.img", &initrd.bytes)?;
    let line = payload::COMMAND_LINE.replace("ttyS0,115200", "ttyAMA0");
    tree.add("pxelinux.cfg/default", machine::configuration("", "vmlinuz", &line).as_bytes())?;
    let root = tree.path().display().to_string();
    let arguments = ["--root", &root, "--boot-file", "arm64-uefi=bootproto-arm64.efi"];
    let server = servers::netboot(&lan.server, "br0", &arguments)?;
    let machine = switch_on(&lan, &tree, Machine::new(Way::Pxe).with_processor(Processor::Arm64))?;
    let screen = boots_with(machine, &server, &initrd, LIMIT * 4)?;
    ensure!(screen.contains("the firmware's DHCP answers are taken over"), "{screen}");
    Ok(())
}
