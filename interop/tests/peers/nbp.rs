//! A QEMU machine's PXE ROM loads our boot program, which boots Linux through the ROM's driver: the ROM and Linux are
//! the judges.

use interop::lan::Lan;
use interop::packages::Peer;
use interop::payload::{self, Tree};
use interop::process::Program;
use interop::runner::Case;
use interop::{Outcome, ensure, machine, nbp, peers, servers};
use std::time::Duration;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "boot program, PXE ROM (e1000): boots Debian's kernel and an initrd from our server",
        peers: &[&peers::QEMU, &peers::SEABIOS, &peers::IPXE, &peers::LINUX, &peers::BUSYBOX],
        heavy: true,
        run: || from_netboot("e1000"),
    },
    Case {
        name: "boot program, PXE ROM (virtio): boots Debian's kernel and an initrd from our server",
        peers: &[&peers::QEMU, &peers::SEABIOS, &peers::IPXE, &peers::LINUX, &peers::BUSYBOX],
        heavy: true,
        run: || from_netboot("virtio-net-pci"),
    },
    Case {
        name: "boot program, PXE ROM: boots from dnsmasq what its list of digests names",
        peers: &[
            &peers::QEMU,
            &peers::SEABIOS,
            &peers::IPXE,
            &peers::LINUX,
            &peers::BUSYBOX,
            &peers::DNSMASQ,
        ],
        heavy: true,
        run: from_dnsmasq,
    },
    Case {
        name: "boot program, PXE ROM: says what fails, and gives control back",
        peers: &[&peers::QEMU, &peers::SEABIOS, &peers::IPXE],
        heavy: true,
        run: gives_back,
    },
];

/// What every machine takes.
pub(crate) const PEERS: &[&Peer] =
    &[&peers::QEMU, &peers::SEABIOS, &peers::IPXE, &peers::LINUX, &peers::BUSYBOX];

pub(crate) const LIMIT: Duration = Duration::from_secs(400);

/// The program, and a configuration.
pub(crate) fn tree_with(configuration: &str) -> Outcome<Tree> {
    let tree = Tree::new()?;
    tree.add_copy("bootproto.0", &nbp::bootproto_0(std::env::var_os("INTEROP_INSTALL").is_some())?)?;
    tree.add("pxelinux.cfg/default", configuration.as_bytes())?;
    Ok(tree)
}

/// The program, and a configuration that names `kernel`.
pub(crate) fn tree(kernel: &str) -> Outcome<Tree> {
    tree_with(&machine::configuration("PROMPT 0\n", kernel, payload::COMMAND_LINE))
}

pub(crate) fn whole_tree() -> Outcome<Tree> {
    let tree = tree("vmlinuz")?;
    tree.add_copy("vmlinuz", &payload::kernel()?)?;
    tree.add("initrd.img", &payload::initrd()?.bytes)?;
    Ok(tree)
}

/// What the screen said; a line that the BIOS broke at its 80th column is whole again.
pub(crate) fn screen(machine: &Program) -> String {
    machine.log().replace("\r\n", "").replace('\n', "")
}

/// `netboot serve` with our boot program as the boot file.
pub(crate) fn serve(lan: &Lan, tree: &Tree) -> Outcome<Program> {
    let root = tree.path().display().to_string();
    servers::netboot(&lan.server, "br0", &["--root", &root, "--boot-file", "bootproto.0"])
}

/// Boots the machine and checks what its Linux says about what arrived.
pub(crate) fn boots(lan: &Lan, card: &str, server: &Program) -> Outcome<String> {
    finishes(machine::switch_on(lan, card)?, &payload::initrd()?.payload)
        .map_err(|error| format!("{error}\nserver:\n{}", server.log()).into())
}

/// Waits until a machine's Linux has said what arrived, and checks it.
pub(crate) fn finishes(machine: Program, payload: &str) -> Outcome<String> {
    finishes_in(machine, payload, LIMIT)
}

/// As [`finishes`], with another limit.
pub(crate) fn finishes_in(mut machine: Program, payload: &str, limit: Duration) -> Outcome<String> {
    machine.wait_for("FINISHED", limit)?;
    let log = machine.log();
    let booted = log.lines().find(|line| line.contains("BOOTED with:")).unwrap_or_default();
    ensure!(booted.contains("interop=yes"), "{log}");
    ensure!(log.contains(&format!("PAYLOAD {payload}")), "{log}");
    Ok(screen(&machine))
}

/// Waits until a machine gives up booting from the network, and looks for these texts.
pub(crate) fn gives_up(mut machine: Program, tell: &[&str]) -> Outcome {
    machine.wait_for("No bootable device", LIMIT)?;
    let screen = screen(&machine);
    for told in tell {
        ensure!(screen.contains(told), "{told:?} is missing: {screen}");
    }
    Ok(())
}

fn from_netboot(card: &str) -> Outcome {
    let (lan, tree) = (Lan::new()?, whole_tree()?);
    let server = serve(&lan, &tree)?;
    let screen = boots(&lan, card, &server)?;
    // The steps, and that the blocks came by windows.
    for told in
        ["select: PXE at", "configure: address 10.77.0.", "choose: configuration", "fetch: kernel", "start: "]
    {
        ensure!(screen.contains(told), "{told:?} is missing: {screen}");
    }
    ensure!(screen.contains("blksize 1468 windowsize 16"), "{screen}");
    Ok(())
}

fn from_dnsmasq() -> Outcome {
    let (lan, tree) = (Lan::new()?, whole_tree()?);
    let sums: Vec<_> = ["vmlinuz", "initrd.img"]
        .iter()
        .map(|name| Ok(format!("{}  ../{name}\n", tree.digest(name)?)))
        .collect::<Outcome<_>>()?;
    tree.add("pxelinux.cfg/SHA256SUMS", sums.concat().as_bytes())?;
    let server = servers::dnsmasq_boot(&lan.server, "br0", &tree, "bootproto.0")?;
    let screen = boots(&lan, "e1000", &server)?;
    for told in ["verify: kernel is the one", "verify: initrd 0 is the one"] {
        ensure!(screen.contains(told), "{told:?} is missing: {screen}");
    }
    let acknowledged = server.log().matches("DHCPACK(br0)").count();
    ensure!(acknowledged == 1, "the ROM's address was not taken over:\n{}", server.log());
    Ok(())
}

fn gives_back() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("not-there")?);
    let _server = serve(&lan, &tree)?;
    let tell = [
        "fetch with 10.77.0.1:69",
        "(PXE-E3B)",
        "not-there",
        "gives control back",
        "No more network devices",
    ];
    gives_up(machine::switch_on(&lan, "e1000")?, &tell)
}
