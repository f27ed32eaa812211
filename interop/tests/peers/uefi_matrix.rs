//! `bootproto.efi` beside a ProxyDHCP server, asked by keys, with large initrds, over a bad link, from a server that ends
//! in the middle.

use crate::uefi::{LIMIT, boots, boots_with, esp, folder, netboot, switch_on, tree};
use interop::cpio::Archive;
use interop::lan::Lan;
use interop::packages::Peer;
use interop::payload::{self, Initrd, Tree};
use interop::relay::{Faults, Relay};
use interop::runner::Case;
use interop::uefi::{Machine, Way};
use interop::{Outcome, ensure, peers, servers};
use std::time::Duration;

const PEERS: &[&Peer] = &[&peers::QEMU, &peers::OVMF, &peers::LINUX, &peers::BUSYBOX];
const WITH_DNSMASQ: &[&Peer] = &[&peers::QEMU, &peers::OVMF, &peers::LINUX, &peers::BUSYBOX, &peers::DNSMASQ];

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "bootproto.efi, dnsmasq: our ProxyDHCP names it beside a plain server, and it boots from there",
        peers: WITH_DNSMASQ,
        heavy: true,
        run: proxy,
    },
    Case {
        name: "bootproto.efi: keys over the serial line choose the entry that boots",
        peers: PEERS,
        heavy: true,
        run: keys,
    },
    Case {
        name: "bootproto.efi: several initrds are one to the kernel, with options from outside",
        peers: PEERS,
        heavy: true,
        run: several,
    },
    Case { name: "bootproto.efi: boots with an initrd of 64 MiB", peers: PEERS, heavy: true, run: large },
];

pub(crate) const SLOW: &[Case] = &[
    Case {
        name: "bootproto.efi: boots with an initrd of 1 GiB in a machine of 3 GiB",
        peers: PEERS,
        heavy: true,
        run: huge,
    },
    Case {
        name: "bootproto.efi: 1 % loss and reordering, and it boots",
        peers: PEERS,
        heavy: true,
        run: loss,
    },
    Case {
        name: "bootproto.efi: the server starts anew in the middle of a file, and it boots",
        peers: PEERS,
        heavy: true,
        run: restart,
    },
];

fn proxy() -> Outcome {
    let (lan, tree, beside) = (Lan::new()?, tree("", "vmlinuz")?, Tree::new()?);
    let station = lan.station("dhcp", Some("10.77.0.2/24"))?;
    let range = "dhcp-range=10.77.0.50,10.77.0.150,255.255.255.0,1h\ndhcp-authoritative";
    let _dhcp = servers::dnsmasq(&station, "eth0", &beside, range)?;
    let root = tree.path().display().to_string();
    let arguments = ["--root", &root, "--proxy", "--boot-file", "x86-uefi=bootproto.efi"];
    let server = servers::netboot(&lan.server, "br0", &arguments)?;
    let machine = switch_on(&lan, &tree, Machine::new(Way::Pxe))?;
    let screen = boots(machine, &server)?;
    ensure!(screen.contains("boot file bootproto.efi on 10.77.0.1, named by the"), "{screen}");
    Ok(())
}

fn keys() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("", "vmlinuz")?);
    let line = payload::COMMAND_LINE;
    let configuration = format!(
        "PROMPT 1\nDEFAULT away\nLABEL away\n  LOCALBOOT 0\n\
         LABEL linux\n  KERNEL vmlinuz\n  INITRD initrd.img\n  APPEND {line} chosen=by-key\n"
    );
    tree.add("pxelinux.cfg/default", configuration.as_bytes())?;
    let server = netboot(&lan, &tree)?;
    let mut machine = switch_on(&lan, &tree, Machine::new(Way::Pxe))?;
    machine.wait_for("Esc leaves", LIMIT)?;
    // Down, as a terminal sends it; the firmware makes a key of it.
    machine.type_in(b"\x1b[B")?;
    machine.wait_for("> 2 linux", LIMIT)?;
    machine.type_in(b"\r")?;
    let screen = boots(machine, &server)?;
    ensure!(screen.contains("chosen=by-key"), "{screen}");
    Ok(())
}

/// A tree whose initrd has about so many MiB.
fn tree_with(mebibytes: usize) -> Outcome<(Tree, Initrd)> {
    let tree = tree("", "vmlinuz")?;
    let initrd = payload::initrd_with((mebibytes - 3) << 20)?;
    tree.add("initrd.img", &initrd.bytes)?;
    Ok((tree, initrd))
}

/// The payload is that of the last archive, which unpacks over the first one's.
fn several() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("", "vmlinuz")?);
    let mut first = payload::initrd()?.bytes.clone();
    // The next one has to be put on four bytes.
    first.push(0);
    tree.add("initrd.img", &first)?;
    let mut archive = Archive::default();
    archive.file("payload.bin", b"of the second");
    let last = Initrd { bytes: archive.finish(), payload: payload::digest(b"of the second") };
    tree.add("more.img", &last.bytes)?;
    let line = payload::COMMAND_LINE;
    let configuration = format!(
        "DEFAULT away\nLABEL away\n  LOCALBOOT 0\n\
         LABEL linux\n  KERNEL vmlinuz\n  INITRD initrd.img,more.img\n  APPEND {line}\n"
    );
    tree.add("pxelinux.cfg/default", configuration.as_bytes())?;
    let server = netboot(&lan, &tree)?;
    let machine = Machine::new(Way::Pxe).with_words("udp=snp window=8 entry=linux");
    let screen = boots_with(switch_on(&lan, &tree, machine)?, &server, &last, LIMIT)?;
    ensure!(screen.contains("initrd 1 more.img: ") && screen.contains("window 8\r"), "{screen}");
    ensure!(!screen.contains("the firmware's PXE client"), "{screen}");
    Ok(())
}

fn large() -> Outcome {
    let (lan, (tree, initrd)) = (Lan::new()?, tree_with(64)?);
    let server = netboot(&lan, &tree)?;
    let machine = switch_on(&lan, &tree, Machine::new(Way::Pxe).with_memory(1024))?;
    boots_with(machine, &server, &initrd, LIMIT * 2)?;
    Ok(())
}

fn huge() -> Outcome {
    let (lan, (tree, initrd)) = (Lan::new()?, tree_with(1024)?);
    let server = netboot(&lan, &tree)?;
    let machine = switch_on(&lan, &tree, Machine::new(Way::Pxe).with_memory(3072))?;
    boots_with(machine, &server, &initrd, LIMIT * 8)?;
    Ok(())
}

/// Read from a disk: over the bad link goes only what is ours.
fn loss() -> Outcome {
    let (lan, (tree, initrd)) = (Lan::new()?, tree_with(16)?);
    let faults = Faults { seed: 5, loss: 10, reordering: 10, ..Faults::default() };
    let relay = Relay::before(&lan, "tap0", faults)?;
    let server = netboot(&lan, &tree)?;
    let disk = esp(&tree, "EFI/BOOT/BOOTX64.EFI")?;
    let machine = Machine::new(Way::Disk(&disk)).switch_on(&lan.server, "tap0", &folder(&tree, "uefi")?)?;
    boots_with(machine, &server, &initrd, LIMIT * 2)?;
    let counts = relay.counts();
    ensure!(counts.lost > 50 && counts.reordered > 50, "{counts:?}");
    Ok(())
}

fn restart() -> Outcome {
    let (lan, (tree, initrd)) = (Lan::new()?, tree_with(64)?);
    let mut server = netboot(&lan, &tree)?;
    let mut machine = switch_on(&lan, &tree, Machine::new(Way::Pxe).with_memory(1024))?;
    machine.wait_for("kernel vmlinuz: ", LIMIT)?;
    std::thread::sleep(Duration::from_millis(300));
    server.terminate();
    // Long enough for it to doubt its card: its requests are refused after 1, 3 and 7 s, and now and then the kernel
    // here says something of its own (ARP, router solicitations).
    std::thread::sleep(Duration::from_secs(12));
    let server = netboot(&lan, &tree)?;
    let screen = boots_with(machine, &server, &initrd, LIMIT * 2)?;
    ensure!(screen.contains("initrd 0 initrd.img once more, after 1 tries"), "{screen}");
    ensure!(screen.contains("nothing has come for 2 s: the card is started anew"), "{screen}");
    ensure!(server.log().contains("sent initrd.img"), "{}", server.log());
    Ok(())
}
