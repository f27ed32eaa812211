//! A QEMU machine's PXE ROM loads our boot program, which boots Linux through the ROM's driver: the ROM and Linux are
//! the judges.

use interop::lan::Lan;
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

const LIMIT: Duration = Duration::from_secs(150);

/// The program, and a configuration that names `kernel`.
fn tree(kernel: &str) -> Outcome<Tree> {
    let tree = Tree::new()?;
    tree.add_copy("bootproto.0", &nbp::bootproto_0(std::env::var_os("INTEROP_INSTALL").is_some())?)?;
    let line = payload::COMMAND_LINE;
    let configuration = format!(
        "DEFAULT linux\nPROMPT 0\nLABEL linux\n  KERNEL {kernel}\n  INITRD initrd.img\n  APPEND {line}\n"
    );
    tree.add("pxelinux.cfg/default", configuration.as_bytes())?;
    Ok(tree)
}

fn whole_tree() -> Outcome<Tree> {
    let tree = tree("vmlinuz")?;
    tree.add_copy("vmlinuz", &payload::kernel()?)?;
    tree.add("initrd.img", &payload::initrd()?.bytes)?;
    Ok(tree)
}

/// What the screen said; a line that the BIOS broke at its 80th column is whole again.
fn screen(machine: &Program) -> String {
    machine.log().replace("\r\n", "").replace('\n', "")
}

/// Boots the machine and checks what its Linux says about what arrived.
fn boots(lan: &Lan, card: &str, server: &Program) -> Outcome<String> {
    let mut machine = machine::switch_on(lan, card)?;
    machine.wait_for("FINISHED", LIMIT).map_err(|error| format!("{error}\nserver:\n{}", server.log()))?;
    let log = machine.log();
    let booted = log.lines().find(|line| line.contains("BOOTED with:")).unwrap_or_default();
    ensure!(booted.contains("interop=yes"), "{log}");
    let payload = &payload::initrd()?.payload;
    ensure!(log.contains(&format!("PAYLOAD {payload}")), "{log}");
    Ok(screen(&machine))
}

fn from_netboot(card: &str) -> Outcome {
    let (lan, tree) = (Lan::new()?, whole_tree()?);
    let root = tree.path().display().to_string();
    let server = servers::netboot(&lan.server, "br0", &["--root", &root, "--boot-file", "bootproto.0"])?;
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
    let root = tree.path().display();
    let settings = format!(
        "dhcp-range=10.77.0.50,10.77.0.150,255.255.255.0,1h\ndhcp-authoritative\n\
         enable-tftp\ntftp-root={root}\ndhcp-boot=bootproto.0"
    );
    let server = servers::dnsmasq(&lan.server, "br0", &tree, &settings)?;
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
    let root = tree.path().display().to_string();
    let _server = servers::netboot(&lan.server, "br0", &["--root", &root, "--boot-file", "bootproto.0"])?;
    let mut machine = machine::switch_on(&lan, "e1000")?;
    machine.wait_for("No bootable device", LIMIT)?;
    let screen = screen(&machine);
    for told in
        ["fetch with 10.77.0.1:69", "(PXE-E3B)", "not-there", "gives control back", "No more network devices"]
    {
        ensure!(screen.contains(told), "{told:?} is missing: {screen}");
    }
    Ok(())
}
