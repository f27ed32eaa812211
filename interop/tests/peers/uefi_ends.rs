//! How `bootproto.efi` ends where it can't boot: the line on the console, and the EFI status that the firmware's shell gets.

use crate::uefi::{LIMIT, esp, netboot, switch_on, tree};
use interop::lan::Lan;
use interop::packages::Peer;
use interop::payload::Tree;
use interop::runner::{Case, netboot as program};
use interop::uefi::{Machine, Way};
use interop::{Outcome, ensure, peers};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

const PEERS: &[&Peer] = &[&peers::QEMU, &peers::OVMF, &peers::LINUX, &peers::BUSYBOX];
const WITH_TSHARK: &[&Peer] = &[&peers::QEMU, &peers::OVMF, &peers::LINUX, &peers::BUSYBOX, &peers::TSHARK];

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "bootproto.efi: what can't boot is one line and one EFI status each; LOCALBOOT goes back",
        peers: PEERS,
        heavy: true,
        run: ends,
    },
    Case {
        name: "bootproto.efi, tshark: the packets of a boot that failed come out of the serial log",
        peers: WITH_TSHARK,
        heavy: true,
        run: trace,
    },
    Case {
        name: "bootproto.efi, tshark: a kernel that the firmware can't load is one line, and its packets come out",
        peers: WITH_TSHARK,
        heavy: true,
        run: no_image,
    },
];

/// Each entry of the configuration: what it says, the line that comes of it, and the status (without its highest bit, as
/// the shell shows it: UEFI 2.10 appendix D).
const ENDS: [(&str, &str, &[&str], u32); 4] = [
    ("nowhere", "KERNEL nowhere", &["failed: nowhere: fetch with 10.77.0.1:69: ", "(PXE-E3B)"], 14),
    ("empty", "KERNEL empty", &["failed: empty: fetch with 10.77.0.1:", "BP3210 the file is empty"], 1),
    (
        "text",
        "KERNEL text",
        &["failed: text: fetch with 10.77.0.1:", "BP3402 the file is no Linux kernel"],
        1,
    ),
    ("local", "LOCALBOOT 0", &["4 choose", "back to the firmware: it boots what comes next"], 14),
];

/// A disk whose shell runs these lines.
pub(crate) fn script(tree: &Tree, lines: &str) -> Outcome<std::path::PathBuf> {
    let disk = esp(tree, "bootproto.efi")?;
    let text = format!("@echo -off\n{lines}echo THE-END\nreset -s\n").replace('\n', "\r\n");
    std::fs::write(disk.join("startup.nsh"), text)?;
    Ok(disk)
}

fn ends() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("", "vmlinuz")?);
    let mut configuration = String::from("DEFAULT nowhere\n");
    let mut lines = String::new();
    for (label, what, ..) in ENDS {
        writeln!(configuration, "LABEL {label}\n  {what}")?;
        writeln!(lines, "fs0:\\bootproto.efi entry={label}\necho \"STATUS {label} %lasterror%\"")?;
    }
    tree.add("pxelinux.cfg/default", configuration.as_bytes())?;
    tree.add("empty", b"")?;
    tree.add("text", &[b'x'; 100_000])?;
    let server = netboot(&lan, &tree)?;
    let disk = script(&tree, &lines)?;
    let mut machine = switch_on(&lan, &tree, Machine::new(Way::Disk(&disk)))?;
    machine.wait_for("THE-END", LIMIT * 2).map_err(|error| format!("{error}\nserver:\n{}", server.log()))?;
    let screen = machine.log();
    for (label, _, parts, status) in ENDS {
        let found = screen.lines().any(|line| parts.iter().all(|part| line.contains(part)));
        ensure!(found, "{label}: no line with {parts:?}:\n{screen}");
        let status = format!("STATUS {label} 0x{status:X}");
        ensure!(screen.contains(&status), "no {status}:\n{screen}");
    }
    Ok(())
}

fn trace() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("", "nowhere")?);
    let _server = netboot(&lan, &tree)?;
    let disk = script(&tree, "fs0:\\bootproto.efi trace=lines\n")?;
    let mut machine = switch_on(&lan, &tree, Machine::new(Way::Disk(&disk)))?;
    machine.wait_for("THE-END", LIMIT)?;
    let screen = machine.log();
    // A line for each packet, as it went.
    for part in
        ["> 255.255.255.255:67 DHCP DISCOVER", "< 10.77.0.1:67 DHCP ACK", "> 10.77.0.1:69 TFTP RRQ nowhere"]
    {
        ensure!(screen.contains(part), "no {part}:\n{screen}");
    }
    let shown = dissected(&tree, &screen)?;
    for part in
        ["DHCP Discover", "DHCP ACK", "Read Request, File: nowhere", "Error Code, Code: File not found"]
    {
        ensure!(shown.contains(part), "no {part}:\n{shown}\n{screen}");
    }
    Ok(())
}

/// What tshark makes of the capture file in a serial log.
fn dissected(tree: &Tree, screen: &str) -> Outcome<String> {
    let mut extract = Command::new(program()?)
        .args(["trace", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    extract.stdin.take().ok_or("no pipe")?.write_all(screen.as_bytes())?;
    let extracted = extract.wait_with_output()?;
    ensure!(extracted.status.success(), "netboot trace: {}\n{screen}", extracted.status);
    let file = tree.beside("trace.pcapng");
    std::fs::write(&file, extracted.stdout)?;
    let shown = peers::TSHARK.command()?.arg("-n").arg("-r").arg(&file).output()?;
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    ensure!(!shown.contains("Malformed"), "{shown}");
    Ok(shown)
}

/// A kernel without its EFI stub's header: the firmware's side fails, after everything has been fetched.
fn no_image() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("", "broken")?);
    let mut kernel = std::fs::read(tree.join("vmlinuz"))?;
    kernel.get_mut(..2).ok_or("an empty kernel")?.fill(0);
    tree.add("broken", &kernel)?;
    let _server = netboot(&lan, &tree)?;
    let disk = script(&tree, "fs0:\\bootproto.efi trace\necho \"STATUS %lasterror%\"\n")?;
    let mut machine = switch_on(&lan, &tree, Machine::new(Way::Disk(&disk)))?;
    machine.wait_for("THE-END", LIMIT * 2)?;
    let screen = machine.log();
    let line = screen.lines().find(|line| line.contains("failed: ")).unwrap_or_default();
    ensure!(
        line.contains("7 start") && line.contains("BP7207 (-) the firmware can't load the kernel"),
        "{screen}"
    );
    ensure!(screen.contains("STATUS 0x1\r"), "{screen}");
    // The last of what came is the initrd, whose request has left the ring long ago: tshark sees blocks and their
    // acknowledgements as datagrams.
    let shown = dissected(&tree, &screen)?;
    for part in ["10.77.0.1 → 10.77.0.8    UDP", "Len=1472", "10.77.0.8 → 10.77.0.1    UDP", "Len=4"] {
        ensure!(shown.contains(part), "no {part}:\n{shown}\n{screen}");
    }
    Ok(())
}
