//! `netboot boot`: our whole client with Debian's kernel, over raw frames from dnsmasq and over loopback from ourselves.

use interop::lan::Lan;
use interop::namespace::Namespace;
use interop::payload::{self, Tree};
use interop::process::{Program, run};
use interop::runner::Case;
use interop::servers::dnsmasq;
use interop::{Outcome, ensure, peers, runner};
use serde_json::Value;
use std::process::Command;
use std::time::Duration;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "boot over loopback: Debian's kernel and an initrd of ours, by a pxelinux.cfg",
        peers: &[&peers::LINUX, &peers::BUSYBOX],
        heavy: false,
        run: over_loopback,
    },
    Case {
        name: "boot over raw frames, dnsmasq: kernel and initrd by a pxelinux.cfg",
        peers: &[&peers::DNSMASQ, &peers::LINUX, &peers::BUSYBOX],
        heavy: false,
        run: by_configuration,
    },
    Case {
        name: "boot over raw frames, dnsmasq: through ProxyDHCP beside a plain server",
        peers: &[&peers::DNSMASQ, &peers::LINUX, &peers::BUSYBOX],
        heavy: false,
        run: through_proxy,
    },
    Case {
        name: "boot over raw frames, dnsmasq: the boot file is itself a kernel",
        peers: &[&peers::DNSMASQ, &peers::LINUX],
        heavy: false,
        run: direct,
    },
    Case {
        name: "boot over raw frames, dnsmasq: what came, with our command line, starts Linux in QEMU",
        peers: &[&peers::DNSMASQ, &peers::LINUX, &peers::BUSYBOX, &peers::QEMU, &peers::SEABIOS],
        heavy: true,
        run: starts,
    },
    Case {
        name: "boot over raw frames, dnsmasq: a manifest with another digest ends it",
        peers: &[&peers::DNSMASQ, &peers::LINUX, &peers::BUSYBOX],
        heavy: false,
        run: wrong_digest,
    },
];

/// As firmware would: the host's own stack has no address.
const RAW: [&str; 2] = ["--interface", "eth0"];
const LIMIT: Duration = Duration::from_secs(120);
const RANGE: &str = "dhcp-range=10.77.0.50,10.77.0.150,255.255.255.0,1h\ndhcp-authoritative";
pub(crate) const CONFIGURATION: &str =
    "DEFAULT linux\nLABEL linux\n  KERNEL vmlinuz\n  INITRD initrd.img\n  APPEND quiet interop=yes\n";

/// A tree that PXELINUX would boot from, and the digests of kernel and initrd.
pub(crate) fn tree() -> Outcome<(Tree, [String; 2])> {
    let tree = Tree::new()?;
    let kernel = tree.add_copy("vmlinuz", &payload::kernel()?)?;
    let initrd = tree.add("initrd.img", &payload::initrd()?.bytes)?;
    tree.add("pxelinux.0", &payload::random(3, 26_000))?;
    tree.add("pxelinux.cfg/default", CONFIGURATION.as_bytes())?;
    Ok((tree, [kernel, initrd]))
}

/// Boots with these arguments, and gives the exit code and the last line.
fn boot(client: &Namespace, arguments: &[&str]) -> Outcome<(Option<i32>, Value)> {
    let mut command = Command::new(runner::netboot()?);
    command.args(["boot", "--json"]).args(arguments);
    let finished = run(client, command, LIMIT)?;
    let last = finished.output.lines().last().ok_or_else(|| format!("{finished:?}"))?;
    Ok((finished.status.code(), serde_json::from_str(last)?))
}

fn check_ready(client: &Namespace, arguments: &[&str], digests: &[String; 2]) -> Outcome {
    let (code, last) = boot(client, arguments)?;
    ensure!(code == Some(0) && last["event"] == "ready", "{last:#}");
    let text = last.to_string();
    for digest in digests {
        ensure!(text.contains(digest), "{digest} is not in {last:#}");
    }
    let line = last["command_line"].as_str().unwrap_or_default();
    ensure!(line.contains("interop=yes"), "{last:#}");
    Ok(())
}

fn over_loopback() -> Outcome {
    let (tree, digests) = tree()?;
    let inside = Namespace::new("loopback")?;
    let root = tree.path().display().to_string();
    check_ready(&inside, &["--root", &root, "--boot-file", "pxelinux.0"], &digests)
}

fn by_configuration() -> Outcome {
    let lan = Lan::new()?;
    let (tree, digests) = tree()?;
    let client = lan.station("client", None)?;
    let root = tree.path().display();
    let settings = format!("{RANGE}\nenable-tftp\ntftp-root={root}\ndhcp-boot=pxelinux.0");
    let server = dnsmasq(&lan.server, "br0", &tree, &settings)?;
    check_ready(&client, &RAW, &digests).map_err(|error| format!("{error}\n{}", server.log()).into())
}

fn through_proxy() -> Outcome {
    let (lan, aside) = (Lan::new()?, Tree::new()?);
    let (tree, digests) = tree()?;
    let client = lan.station("client", None)?;
    let station = lan.station("proxy", Some("10.77.0.2/24"))?;
    let _plain = dnsmasq(&lan.server, "br0", &aside, RANGE)?;
    let root = tree.path().display();
    let settings = format!(
        "dhcp-range=10.77.0.0,proxy\nenable-tftp\ntftp-root={root}\npxe-service=x86PC,\"Boot it\",pxelinux"
    );
    let proxy = dnsmasq(&station, "eth0", &tree, &settings)?;
    check_ready(&client, &RAW, &digests).map_err(|error| format!("{error}\n{}", proxy.log()).into())
}

fn direct() -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    let kernel = tree.add_copy("vmlinuz", &payload::kernel()?)?;
    let client = lan.station("client", None)?;
    let root = tree.path().display();
    let settings = format!("{RANGE}\nenable-tftp\ntftp-root={root}\ndhcp-boot=vmlinuz");
    let server = dnsmasq(&lan.server, "br0", &tree, &settings)?;
    let (code, last) = boot(&client, &RAW)?;
    ensure!(code == Some(0) && last["event"] == "ready", "{last:#}\n{}", server.log());
    let file = &last["files"][0];
    ensure!(file["kind"] == "kernel" && file["sha256"] == kernel.as_str(), "{last:#}");
    ensure!(last["command_line"] == "", "{last:#}");
    Ok(())
}

/// The kernel, the initrd and the command line as our client has them, handed to a machine as its firmware would.
fn starts() -> Outcome {
    let (lan, fetched) = (Lan::new()?, Tree::new()?);
    let (tree, _) = tree()?;
    tree.add("pxelinux.cfg/default", CONFIGURATION.replace("quiet", payload::COMMAND_LINE).as_bytes())?;
    let client = lan.station("client", None)?;
    let root = tree.path().display();
    let settings = format!("{RANGE}\nenable-tftp\ntftp-root={root}\ndhcp-boot=pxelinux.0");
    let server = dnsmasq(&lan.server, "br0", &tree, &settings)?;
    let into = fetched.path().display().to_string();
    let (code, last) = boot(&client, &[RAW[0], RAW[1], "--save", &into])?;
    ensure!(code == Some(0), "{last:#}\n{}", server.log());
    let mut qemu = Command::new(peers::QEMU.path()?);
    qemu.args([
        "-accel",
        "tcg",
        "-m",
        "512",
        "-nographic",
        "-monitor",
        "none",
        "-serial",
        "stdio",
        "-no-reboot",
    ])
    .args(["-nic", "none", "-append", last["command_line"].as_str().unwrap_or_default()])
    .arg("-kernel")
    .arg(fetched.join("vmlinuz"))
    .arg("-initrd")
    .arg(fetched.join("initrd.img"));
    let mut machine = Program::start(&client, qemu)?;
    machine.wait_for("FINISHED", LIMIT)?;
    let screen = machine.log();
    ensure!(screen.contains("BOOTED with: BOOT_IMAGE=vmlinuz") && screen.contains("interop=yes"), "{screen}");
    ensure!(screen.contains(&format!("PAYLOAD {}", payload::initrd()?.payload)), "{screen}");
    Ok(())
}

fn wrong_digest() -> Outcome {
    let lan = Lan::new()?;
    let (tree, [kernel, _]) = tree()?;
    let manifest = format!("{kernel}  vmlinuz\n{}  initrd.img\n", "0".repeat(64));
    for name in ["SHA256SUMS", "pxelinux.cfg/SHA256SUMS"] {
        tree.add(name, manifest.as_bytes())?;
    }
    let client = lan.station("client", None)?;
    let root = tree.path().display();
    let settings = format!("{RANGE}\nenable-tftp\ntftp-root={root}\ndhcp-boot=pxelinux.0");
    let server = dnsmasq(&lan.server, "br0", &tree, &settings)?;
    let (code, last) = boot(&client, &RAW)?;
    ensure!(code == Some(1) && last["event"] == "failed", "{last:#}\n{}", server.log());
    ensure!(last["step"] == "verify", "{last:#}");
    Ok(())
}
