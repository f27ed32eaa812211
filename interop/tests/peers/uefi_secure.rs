//! Secure Boot: OVMF with Debian's test key decides which of our programs and which kernels start.

use crate::uefi::{LIMIT, boots, folder, netboot, switch_on, tree};
use interop::lan::Lan;
use interop::packages::Peer;
use interop::payload::Tree;
use interop::process::Program;
use interop::runner::Case;
use interop::uefi::{Machine, Way, sign};
use interop::{Outcome, ensure, peers};

const PEERS: &[&Peer] = &[&peers::QEMU, &peers::OVMF, &peers::LINUX, &peers::BUSYBOX, &peers::SBSIGN];

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "bootproto.efi, Secure Boot: signed, it boots a signed kernel",
        peers: PEERS,
        heavy: true,
        run: signed,
    },
    Case {
        name: "bootproto.efi, Secure Boot: a kernel of another key is one line, and the firmware goes on",
        peers: PEERS,
        heavy: true,
        run: foreign_kernel,
    },
    Case {
        name: "bootproto.efi, Secure Boot: unsigned, the firmware does not start it",
        peers: PEERS,
        heavy: true,
        run: unsigned,
    },
];

/// Signs a file of the tree in its place.
fn sign_in(tree: &Tree, name: &str) -> Outcome {
    let signed = folder(tree, "signed")?.join(name);
    sign(&tree.join(name), &signed)?;
    std::fs::copy(signed, tree.join(name))?;
    Ok(())
}

fn machine(lan: &Lan, tree: &Tree) -> Outcome<Program> {
    switch_on(lan, tree, Machine::new(Way::Pxe).with_secure_boot())
}

fn signed() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("", "vmlinuz")?);
    sign_in(&tree, "bootproto.efi")?;
    sign_in(&tree, "vmlinuz")?;
    let server = netboot(&lan, &tree)?;
    boots(machine(&lan, &tree)?, &server)?;
    Ok(())
}

/// Debian's kernel is signed, but with Debian's key.
fn foreign_kernel() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("", "vmlinuz")?);
    sign_in(&tree, "bootproto.efi")?;
    let _server = netboot(&lan, &tree)?;
    let mut machine = machine(&lan, &tree)?;
    machine.wait_for("t prints the last", LIMIT)?;
    machine.type_in(b"t")?;
    machine.wait_for("): Security Violation", LIMIT)?;
    let screen = machine.log();
    let line = screen.lines().find(|line| line.contains("failed: BP7206")).unwrap_or_default();
    ensure!(line.contains("7 start") && line.contains("Secure Boot refuses the kernel."), "{screen}");
    ensure!(screen.contains("-----END BOOTPROTO PCAPNG "), "{screen}");
    let gone_on = screen.lines().find(|line| line.contains("failed to start")).unwrap_or_default();
    ensure!(gone_on.contains("PXEv4"), "{screen}");
    Ok(())
}

fn unsigned() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("", "vmlinuz")?);
    let server = netboot(&lan, &tree)?;
    let mut machine = machine(&lan, &tree)?;
    machine.wait_for("Access Denied", LIMIT)?;
    let screen = machine.log();
    ensure!(!screen.contains("1 select"), "{screen}");
    ensure!(server.log().contains("sent bootproto.efi"), "{}", server.log());
    Ok(())
}
