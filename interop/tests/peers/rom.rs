//! A QEMU machine's PXE ROM boots Debian's kernel from `netboot serve`: the ROM's own client and Linux are the judges.

use interop::lan::Lan;
use interop::payload::{self, Tree};
use interop::process::Program;
use interop::runner::Case;
use interop::{Outcome, ensure, machine, peers, servers};
use std::time::Duration;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "rig: the machine boots from dnsmasq, so that its failures are ours",
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
        name: "server, PXE ROM (e1000): iPXE loads its script, Debian's kernel and an initrd from us",
        peers: &[&peers::QEMU, &peers::SEABIOS, &peers::IPXE, &peers::LINUX, &peers::BUSYBOX],
        heavy: true,
        run: script_e1000,
    },
    Case {
        name: "server, PXE ROM (virtio): iPXE loads its script, Debian's kernel and an initrd from us",
        peers: &[&peers::QEMU, &peers::SEABIOS, &peers::IPXE, &peers::LINUX, &peers::BUSYBOX],
        heavy: true,
        run: script_virtio,
    },
    Case {
        name: "server, PXE ROM: PXELINUX finds its configuration, kernel and initrd with us",
        peers: &[
            &peers::QEMU,
            &peers::SEABIOS,
            &peers::IPXE,
            &peers::LINUX,
            &peers::BUSYBOX,
            &peers::PXELINUX,
        ],
        heavy: true,
        run: pxelinux,
    },
    Case {
        name: "server, PXE ROM: our menu with a prompt; its first line boots when the time is over",
        peers: &[&peers::QEMU, &peers::SEABIOS, &peers::IPXE, &peers::LINUX, &peers::BUSYBOX],
        heavy: true,
        run: menu,
    },
    Case {
        name: "server, PXE ROM: our ProxyDHCP beside dnsmasq names the boot file",
        peers: &[
            &peers::QEMU,
            &peers::SEABIOS,
            &peers::IPXE,
            &peers::LINUX,
            &peers::BUSYBOX,
            &peers::DNSMASQ,
        ],
        heavy: true,
        run: proxy,
    },
];

const LIMIT: Duration = Duration::from_secs(150);
const RANGE: &str = "dhcp-range=10.77.0.50,10.77.0.150,255.255.255.0,1h\ndhcp-authoritative";

/// A tree with a kernel and an initrd.
fn tree() -> Outcome<Tree> {
    let tree = Tree::new()?;
    tree.add_copy("vmlinuz", &payload::kernel()?)?;
    tree.add("initrd.img", &payload::initrd()?.bytes)?;
    Ok(tree)
}

fn tree_with_script() -> Outcome<Tree> {
    let tree = tree()?;
    tree.add("boot.ipxe", machine::ipxe_script(payload::COMMAND_LINE).as_bytes())?;
    Ok(tree)
}

/// Boots the machine and checks what its Linux says about what arrived.
fn boots(lan: &Lan, card: &str, server: &Program) -> Outcome {
    let mut machine = machine::switch_on(lan, card)?;
    machine.wait_for("FINISHED", LIMIT).map_err(|error| format!("{error}\nserver:\n{}", server.log()))?;
    let screen = machine.log();
    let booted = screen.lines().find(|line| line.contains("BOOTED with:")).unwrap_or_default();
    ensure!(booted.contains("interop=yes"), "{screen}");
    let payload = &payload::initrd()?.payload;
    ensure!(screen.contains(&format!("PAYLOAD {payload}")), "{screen}");
    Ok(())
}

fn from_dnsmasq() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree_with_script()?);
    let root = tree.path().display();
    let settings = format!("{RANGE}\nenable-tftp\ntftp-root={root}\ndhcp-boot=boot.ipxe");
    let server = servers::dnsmasq(&lan.server, "br0", &tree, &settings)?;
    boots(&lan, "e1000", &server)
}

fn script(card: &str) -> Outcome {
    let (lan, tree) = (Lan::new()?, tree_with_script()?);
    let root = tree.path().display().to_string();
    let server = servers::netboot(&lan.server, "br0", &["--root", &root, "--boot-file", "boot.ipxe"])?;
    boots(&lan, card, &server)
}

fn script_e1000() -> Outcome {
    script("e1000")
}

fn script_virtio() -> Outcome {
    script("virtio-net-pci")
}

fn pxelinux() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree()?);
    let package = peers::PXELINUX.unpacked().join("usr/lib");
    tree.add_copy("pxelinux.0", &package.join("PXELINUX/pxelinux.0"))?;
    tree.add_copy("ldlinux.c32", &package.join("syslinux/modules/bios/ldlinux.c32"))?;
    let command_line = payload::COMMAND_LINE;
    let configuration = format!(
        "SERIAL 0 115200\nDEFAULT linux\nPROMPT 0\nLABEL linux\n  KERNEL vmlinuz\n  INITRD initrd.img\n  APPEND {command_line}\n"
    );
    tree.add("pxelinux.cfg/default", configuration.as_bytes())?;
    let root = tree.path().display().to_string();
    let server = servers::netboot(&lan.server, "br0", &["--root", &root, "--boot-file", "pxelinux.0"])?;
    boots(&lan, "e1000", &server)
}

fn menu() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree_with_script()?);
    let root = tree.path().display().to_string();
    let menu =
        ["--menu", "Linux=boot.ipxe", "--menu", "Local disk=", "--prompt", "Choose", "--prompt-timeout", "2"];
    let server = servers::netboot(&lan.server, "br0", &[&["--root", &root][..], &menu].concat())?;
    boots(&lan, "e1000", &server)?;
    ensure!(server.log().contains("the boot file of type"), "{}", server.log());
    Ok(())
}

fn proxy() -> Outcome {
    let (lan, tree, beside) = (Lan::new()?, tree_with_script()?, Tree::new()?);
    let station = lan.station("dhcp", Some("10.77.0.2/24"))?;
    let dhcp = servers::dnsmasq(&station, "eth0", &beside, RANGE)?;
    let root = tree.path().display().to_string();
    let server =
        servers::netboot(&lan.server, "br0", &["--root", &root, "--proxy", "--boot-file", "boot.ipxe"])?;
    boots(&lan, "e1000", &server)?;
    ensure!(dhcp.log().contains("DHCPACK(eth0)"), "{}", dhcp.log());
    Ok(())
}
