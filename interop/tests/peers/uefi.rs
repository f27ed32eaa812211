//! `bootproto.efi` in a QEMU machine with UEFI boots Debian's kernel: OVMF's own PXE client and Linux are the judges.

use interop::lan::Lan;
use interop::packages::Peer;
use interop::payload::{self, Initrd, Tree};
use interop::process::Program;
use interop::runner::Case;
use interop::uefi::{Machine, Way};
use interop::{Outcome, ensure, machine, peers, servers, toolchain};
use std::process::Command;
use std::time::Duration;

const PEERS: &[&Peer] = &[&peers::QEMU, &peers::OVMF, &peers::LINUX, &peers::BUSYBOX];
const WITH_DNSMASQ: &[&Peer] = &[&peers::QEMU, &peers::OVMF, &peers::LINUX, &peers::BUSYBOX, &peers::DNSMASQ];

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "bootproto.efi: OVMF loads it from us by PXE, and it boots Debian's kernel",
        peers: PEERS,
        heavy: true,
        run: from_us,
    },
    Case {
        name: "bootproto.efi, dnsmasq: OVMF loads it by PXE, digests are checked, Debian's kernel boots",
        peers: WITH_DNSMASQ,
        heavy: true,
        run: from_dnsmasq,
    },
    Case {
        name: "bootproto.efi, dnsmasq: read from a disk, it does its own DHCP, shows a menu, boots Debian's kernel",
        peers: WITH_DNSMASQ,
        heavy: true,
        run: from_disk,
    },
    Case {
        name: "bootproto.efi, busybox httpd: OVMF loads it by HTTP Boot, and it boots Debian's kernel",
        peers: WITH_DNSMASQ,
        heavy: true,
        run: from_http,
    },
    Case {
        name: "bootproto.efi: boots Debian's kernel through the firmware's own PXE client",
        peers: PEERS,
        heavy: true,
        run: through_base_code,
    },
    Case {
        name: "bootproto.efi: a kernel that is not there is one line, and the firmware goes on",
        peers: PEERS,
        heavy: true,
        run: no_kernel,
    },
];

pub(crate) const LIMIT: Duration = Duration::from_secs(150);
const RANGE: &str = "dhcp-range=10.77.0.50,10.77.0.150,255.255.255.0,1h\ndhcp-authoritative";

/// A tree with the boot program, a configuration, a kernel and an initrd.
pub(crate) fn tree(head: &str, kernel: &str) -> Outcome<Tree> {
    let tree = Tree::new()?;
    let installs = std::env::var_os("INTEROP_INSTALL").is_some();
    tree.add_copy("bootproto.efi", &toolchain::bootproto_efi(installs)?)?;
    tree.add_copy("vmlinuz", &payload::kernel()?)?;
    tree.add("initrd.img", &payload::initrd()?.bytes)?;
    let configuration = machine::configuration(head, kernel, payload::COMMAND_LINE);
    tree.add("pxelinux.cfg/default", configuration.as_bytes())?;
    Ok(tree)
}

fn dnsmasq(lan: &Lan, tree: &Tree) -> Outcome<Program> {
    let root = tree.path().display();
    let settings = format!("{RANGE}\nenable-tftp\ntftp-root={root}\ndhcp-boot=bootproto.efi");
    servers::dnsmasq(&lan.server, "br0", tree, &settings)
}

pub(crate) fn netboot(lan: &Lan, tree: &Tree) -> Outcome<Program> {
    let root = tree.path().display().to_string();
    servers::netboot(&lan.server, "br0", &["--root", &root, "--boot-file", "x86-uefi=bootproto.efi"])
}

pub(crate) fn folder(tree: &Tree, name: &str) -> Outcome<std::path::PathBuf> {
    let folder = tree.beside(name);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A folder that is a disk for the machine, with the boot program under `name`.
pub(crate) fn esp(tree: &Tree, name: &str) -> Outcome<std::path::PathBuf> {
    let disk = folder(tree, "disk")?;
    let place = disk.join(name);
    if let Some(parent) = place.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::copy(tree.join("bootproto.efi"), place)?;
    Ok(disk)
}

pub(crate) fn switch_on(lan: &Lan, tree: &Tree, machine: Machine<'_>) -> Outcome<Program> {
    lan.tap("tap0")?;
    machine.switch_on(&lan.server, "tap0", &folder(tree, "uefi")?)
}

/// Waits for what Linux says about what arrived, and gives the whole serial line.
pub(crate) fn boots(machine: Program, server: &Program) -> Outcome<String> {
    boots_with(machine, server, payload::initrd()?, LIMIT)
}

/// The same with this initrd, within a time.
pub(crate) fn boots_with(
    mut machine: Program,
    server: &Program,
    initrd: &Initrd,
    limit: Duration,
) -> Outcome<String> {
    machine.wait_for("FINISHED", limit).map_err(|error| format!("{error}\nserver:\n{}", server.log()))?;
    let screen = machine.log();
    let booted = screen.lines().find(|line| line.contains("BOOTED with:")).unwrap_or_default();
    ensure!(booted.contains("interop=yes") && booted.contains("initrd=initrd.img"), "{screen}");
    ensure!(screen.contains(&format!("PAYLOAD {}", initrd.payload)), "{screen}");
    for step in ["1 select", "2 configure", "3 load", "4 choose", "5 fetch", "6 verify", "7 start", "8 root"]
    {
        ensure!(screen.contains(&format!("{step} ")), "no {step}:\n{screen}");
    }
    Ok(screen)
}

fn from_us() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("", "vmlinuz")?);
    let server = netboot(&lan, &tree)?;
    let machine = switch_on(&lan, &tree, Machine::new(Way::Pxe))?;
    let screen = boots(machine, &server)?;
    ensure!(screen.contains("the firmware's DHCP answers are taken over"), "{screen}");
    ensure!(screen.contains("window 64"), "{screen}");
    Ok(())
}

fn through_base_code() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("", "vmlinuz")?);
    let server = netboot(&lan, &tree)?;
    let machine = switch_on(&lan, &tree, Machine::new(Way::Pxe).with_words("udp=pxebc"))?;
    let screen = boots(machine, &server)?;
    ensure!(screen.contains("it goes through the firmware's PXE client"), "{screen}");
    ensure!(screen.contains("the firmware's DHCP answers are taken over"), "{screen}");
    Ok(())
}

fn from_dnsmasq() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("", "vmlinuz")?);
    let sums =
        format!("{}  ../vmlinuz\n{}  ../initrd.img\n", tree.digest("vmlinuz")?, tree.digest("initrd.img")?);
    tree.add("pxelinux.cfg/SHA256SUMS", sums.as_bytes())?;
    let server = dnsmasq(&lan, &tree)?;
    let machine = switch_on(&lan, &tree, Machine::new(Way::Pxe))?;
    let screen = boots(machine, &server)?;
    for file in ["kernel", "initrd 0"] {
        ensure!(screen.contains(&format!("{file} is the one that the manifest names")), "{screen}");
    }
    Ok(())
}

fn from_disk() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("PROMPT 1\nTIMEOUT 20\n", "vmlinuz")?);
    let disk = esp(&tree, "EFI/BOOT/BOOTX64.EFI")?;
    let server = dnsmasq(&lan, &tree)?;
    let machine = switch_on(&lan, &tree, Machine::new(Way::Disk(&disk)))?;
    let screen = boots(machine, &server)?;
    ensure!(screen.contains("the firmware read us from a disk"), "{screen}");
    ensure!(screen.contains("10.77.0.1 offers 10.77.0."), "{screen}");
    ensure!(screen.contains("> 1 linux") && screen.contains("> starts in 2 s"), "{screen}");
    // It was not fetched as well.
    ensure!(!server.log().contains("bootproto.efi to"), "{}", server.log());
    Ok(())
}

fn from_http() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("", "vmlinuz")?);
    let mut web = Command::new(peers::BUSYBOX.path()?);
    web.args(["httpd", "-f", "-v", "-p", "10.77.0.1:80", "-h"]).arg(tree.path());
    let web = Program::start(&lan.server, web)?;
    let settings = format!(
        "{RANGE}\nenable-tftp\ntftp-root={}\ndhcp-vendorclass=set:http,HTTPClient\n\
         dhcp-boot=tag:http,http://10.77.0.1/bootproto.efi\ndhcp-option-force=tag:http,60,HTTPClient\n\
         dhcp-boot=tag:!http,bootproto.efi",
        tree.path().display()
    );
    let server = servers::dnsmasq(&lan.server, "br0", &tree, &settings)?;
    let machine = switch_on(&lan, &tree, Machine::new(Way::Http))?;
    let screen = boots(machine, &server).map_err(|error| format!("{error}\nweb:\n{}", web.log()))?;
    ensure!(screen.contains("URI: http://10.77.0.1/bootproto.efi"), "{screen}");
    ensure!(screen.contains("the firmware loaded us over"), "{screen}");
    Ok(())
}

fn no_kernel() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("", "nowhere")?);
    let server = netboot(&lan, &tree)?;
    let mut machine = switch_on(&lan, &tree, Machine::new(Way::Pxe))?;
    // What the boot manager says when it goes on to the next device.
    machine
        .wait_for("failed to start", LIMIT)
        .map_err(|error| format!("{error}\nserver:\n{}", server.log()))?;
    // Behind it comes the status, as the boot manager reads it.
    std::thread::sleep(Duration::from_millis(500));
    let screen = machine.log();
    let gone_on = screen.lines().find(|line| line.contains("failed to start")).unwrap_or_default();
    ensure!(gone_on.trim_end().ends_with(": Not Found"), "{gone_on}\n{screen}");
    let line = screen.lines().find(|line| line.contains("failed: nowhere: ")).unwrap_or_default();
    for part in ["fetch with 10.77.0.1:69", "(PXE-E3B)", "last heard: an error message"] {
        ensure!(line.contains(part), "no {part} in {line}\n{screen}");
    }
    Ok(())
}
