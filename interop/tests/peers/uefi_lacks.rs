//! What `bootproto.efi` says where the machine, its firmware or the network lacks something that a boot needs.

use crate::uefi::{LIMIT, netboot, switch_on, tree};
use crate::uefi_ends::script;
use interop::lan::Lan;
use interop::packages::Peer;
use interop::payload::Tree;
use interop::runner::Case;
use interop::uefi::{Machine, Way};
use interop::{Outcome, ensure, peers, servers};

const PEERS: &[&Peer] = &[&peers::QEMU, &peers::OVMF, &peers::LINUX, &peers::BUSYBOX];
const WITH_DNSMASQ: &[&Peer] = &[&peers::QEMU, &peers::OVMF, &peers::LINUX, &peers::BUSYBOX, &peers::DNSMASQ];

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "bootproto.efi: without a network card, or with too little memory, it says so",
        peers: PEERS,
        heavy: true,
        run: lacks,
    },
    Case {
        name: "bootproto.efi: a cable that is out, a PXE client that is off, a kernel that comes back are one line each",
        peers: PEERS,
        heavy: true,
        run: refusals,
    },
    Case {
        name: "bootproto.efi, dnsmasq: an answer without a boot file is one line, and the firmware hears EFI_NOT_FOUND",
        peers: WITH_DNSMASQ,
        heavy: true,
        run: no_boot_file,
    },
];

const RANGE: &str = "dhcp-range=10.77.0.50,10.77.0.150,255.255.255.0,1h\ndhcp-authoritative";

/// What the machine itself lacks.
fn lacks() -> Outcome {
    // Larger than the memory; nobody will read it.
    let too_large = |tree: &Tree| std::fs::File::create(tree.join("initrd.img"))?.set_len(1 << 30);
    let ends = [
        (false, "1 select     failed: BP7201 (-) the firmware drives no network card", 14),
        (true, "failed: BP7205 (-) the firmware has no room for 1073741824 bytes", 9),
    ];
    for (has_card, line, status) in ends {
        let (lan, tree) = (Lan::new()?, tree("", "vmlinuz")?);
        too_large(&tree)?;
        let _server = netboot(&lan, &tree)?;
        let disk = script(&tree, "fs0:\\bootproto.efi\necho \"STATUS %lasterror%\"\n")?;
        let machine = Machine::new(Way::Disk(&disk));
        let mut machine = switch_on(&lan, &tree, if has_card { machine } else { machine.without_card() })?;
        machine.wait_for("THE-END", LIMIT)?;
        let screen = machine.log();
        ensure!(screen.contains(line), "no {line}:\n{screen}");
        let status = format!("STATUS 0x{status:X}\r");
        ensure!(screen.contains(&status), "no {status}:\n{screen}");
    }
    Ok(())
}

/// Runs the program from the shell, and looks for its line and the status that the shell gets.
fn ends(
    lan: &Lan,
    tree: &Tree,
    words: &str,
    make: fn(Machine<'_>) -> Machine<'_>,
    line: &str,
    status: u32,
) -> Outcome {
    let disk = script(tree, &format!("fs0:\\bootproto.efi {words}\necho \"STATUS %lasterror%\"\n"))?;
    let mut machine = switch_on(lan, tree, make(Machine::new(Way::Disk(&disk))))?;
    machine.wait_for("THE-END", LIMIT)?;
    let screen = machine.log();
    ensure!(screen.contains(line), "no {line}:\n{screen}");
    ensure!(screen.contains(&format!("STATUS 0x{status:X}\r")), "no status {status:#x}:\n{screen}");
    Ok(())
}

fn refusals() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("", "vmlinuz")?);
    let line = "1 select     failed: BP7203 (PXE-E61) the network card has no link";
    ends(&lan, &tree, "", |machine| machine.without_link(), line, 12)?;

    let (lan, tree) = (Lan::new()?, self::tree("", "vmlinuz")?);
    let line = "1 select     failed: BP7210 (-) the firmware has no PXE client for this card";
    ends(&lan, &tree, "udp=pxebc", |machine| machine.without_pxe(), line, 14)?;

    // Nobody answers the firmware's own client.
    let (lan, tree) = (Lan::new()?, self::tree("", "vmlinuz")?);
    let line = "1 select     failed: BP7211 (-) the firmware's PXE client gets no address";
    ends(&lan, &tree, "udp=pxebc", |machine| machine, line, 18)?;

    let (lan, tree) = (Lan::new()?, self::tree("", "returns")?);
    tree.add("returns", &returning(std::fs::read(tree.join("vmlinuz"))?)?)?;
    let _server = netboot(&lan, &tree)?;
    let line = "7 start      failed: BP7208 (-) the kernel came back (EFI status 0x8000000000000015)";
    ends(&lan, &tree, "", |machine| machine, line, 1)
}

/// Debian's kernel, whose EFI stub does nothing but answer `EFI_ABORTED` (21).
fn returning(mut kernel: Vec<u8>) -> Outcome<Vec<u8>> {
    let word = |at: usize| -> Outcome<usize> {
        let bytes = kernel.get(at..at + 4).ok_or("no PE header")?;
        Ok(u32::from_le_bytes(bytes.try_into()?).try_into()?)
    };
    // The PE header's place, and the entry point in it; in a kernel's file it lies where it will in memory.
    let entry = word(word(0x3c)? + 24 + 16)?;
    // mov rax, EFI_ABORTED; ret
    let code = [0x48, 0xb8, 21, 0, 0, 0, 0, 0, 0, 0x80, 0xc3];
    kernel.get_mut(entry..entry + code.len()).ok_or("no entry point")?.copy_from_slice(&code);
    Ok(kernel)
}

fn no_boot_file() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("", "vmlinuz")?);
    let _server = servers::dnsmasq(&lan.server, "br0", &tree, RANGE)?;
    let disk = script(&tree, "fs0:\\bootproto.efi\necho \"STATUS %lasterror%\"\n")?;
    let mut machine = switch_on(&lan, &tree, Machine::new(Way::Disk(&disk)))?;
    machine.wait_for("THE-END", LIMIT)?;
    let screen = machine.log();
    let line = screen.lines().find(|line| line.contains("failed: ")).unwrap_or_default();
    ensure!(line.contains("2 configure") || line.contains("configure"), "{screen}");
    ensure!(line.contains("(PXE-E53)"), "{line}\n{screen}");
    ensure!(screen.contains("STATUS 0xE"), "{screen}");
    Ok(())
}
