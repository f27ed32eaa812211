//! The firmware for a microcontroller on QEMU's board boots over its Ethernet controller: the servers of others, the
//! digest on the serial line and the exit status are the judges.

use interop::cortex_m::{self, Cable};
use interop::lan::Lan;
use interop::payload::Tree;
use interop::process::{Finished, Program};
use interop::relay::{Faults, Relay};
use interop::runner::Case;
use interop::{Outcome, ensure, peers, servers};
use std::time::Duration;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "Cortex-M3, dnsmasq: the image comes over DHCP and TFTP, its digest is right",
        peers: &[&peers::QEMU_ARM, &peers::DNSMASQ],
        heavy: true,
        run: from_dnsmasq,
    },
    Case {
        name: "Cortex-M3, QEMU's own server: the image comes over DHCP and TFTP, its digest is right",
        peers: &[&peers::QEMU_ARM],
        heavy: true,
        run: from_qemu,
    },
    Case {
        name: "Cortex-M3: the image comes from our server by windows that fit the controller",
        peers: &[&peers::QEMU_ARM],
        heavy: true,
        run: from_netboot,
    },
    Case {
        name: "Cortex-M3: the image comes from our server through 1 % loss",
        peers: &[&peers::QEMU_ARM],
        heavy: true,
        run: through_loss,
    },
    Case {
        name: "Cortex-M3, dnsmasq: what is not there or too large is one line, and exit status 1",
        peers: &[&peers::QEMU_ARM, &peers::DNSMASQ],
        heavy: true,
        run: fails,
    },
    Case {
        name: "Cortex-M3: without a cable it says so, and exit status 1",
        peers: &[&peers::QEMU_ARM],
        heavy: true,
        run: no_link,
    },
];

const LIMIT: Duration = Duration::from_secs(150);
const IMAGE: &str = "image.bin";
/// No multiple of anything.
const SIZE: usize = (1 << 20) + 777;

fn switch_on(lan: &Lan, cable: Cable<'_>) -> Outcome<Program> {
    let installs = std::env::var_os("INTEROP_INSTALL").is_some();
    cortex_m::switch_on(&lan.server, &cortex_m::firmware(installs)?, cable)
}

/// Waits for the end, and checks it and what the firmware says on the way.
fn boots(board: Program, digest: &str, server: &str) -> Outcome<String> {
    let finished = board.finish(LIMIT)?;
    let screen = finished.text();
    ensure!(finished.status.success(), "{}\n{screen}", finished.status);
    let steps = [
        "select: LAN9118 52:54:00:12:34:56, link up".to_owned(),
        "configure: address ".to_owned(),
        format!("load: {IMAGE} from {server} to 0x21000000"),
        format!("load: {IMAGE}, {SIZE} bytes in "),
        format!("verify: SHA-256 {digest}"),
        format!("start: {SIZE} bytes at 0x21000000"),
        "memory: ".to_owned(),
    ];
    let mut rest = screen.as_str();
    for step in &steps {
        let Some((_, behind)) = rest.split_once(step.as_str()) else {
            return Err(format!("no {step:?} in its place:\n{screen}").into());
        };
        rest = behind;
    }
    Ok(screen)
}

fn tree() -> Outcome<(Tree, String)> {
    let tree = Tree::new()?;
    let digest = tree.add_random(IMAGE, SIZE)?;
    Ok((tree, digest))
}

fn from_dnsmasq() -> Outcome {
    let (lan, (tree, digest)) = (Lan::new()?, tree()?);
    let server = servers::dnsmasq_boot(&lan.server, "br0", &tree, IMAGE)?;
    lan.tap("tap0")?;
    boots(switch_on(&lan, Cable::Tap("tap0"))?, &digest, "10.77.0.1")
        .map_err(|error| format!("{error}\nserver:\n{}", server.log()))?;
    ensure!(server.log().contains("vendor class: mps2-an385"), "{}", server.log());
    Ok(())
}

fn from_qemu() -> Outcome {
    let (lan, (tree, digest)) = (Lan::new()?, tree()?);
    boots(switch_on(&lan, Cable::Own(tree.path(), IMAGE))?, &digest, "10.0.2.2")?;
    Ok(())
}

fn netboot(lan: &Lan, tree: &Tree) -> Outcome<Program> {
    let root = tree.path().display().to_string();
    servers::netboot(&lan.server, "br0", &["--root", &root, "--boot-file", IMAGE])
}

fn from_netboot() -> Outcome {
    let (lan, (tree, digest)) = (Lan::new()?, tree()?);
    let server = netboot(&lan, &tree)?;
    lan.tap("tap0")?;
    let screen = boots(switch_on(&lan, Cable::Tap("tap0"))?, &digest, "10.77.0.1")
        .map_err(|error| format!("{error}\nserver:\n{}", server.log()))?;
    ensure!(screen.contains("blksize 1468 windowsize 4, 0 retransmissions"), "{screen}");
    Ok(())
}

fn through_loss() -> Outcome {
    let (lan, (tree, digest)) = (Lan::new()?, tree()?);
    let faults = Faults { seed: 3, loss: 10, ..Faults::default() };
    let relay = Relay::before(&lan, "tap0", faults)?;
    let server = netboot(&lan, &tree)?;
    boots(switch_on(&lan, Cable::Tap("tap0"))?, &digest, "10.77.0.1")
        .map_err(|error| format!("{error}\nserver:\n{}", server.log()))?;
    let counts = relay.counts();
    ensure!(counts.lost > 0, "{counts:?}");
    Ok(())
}

fn fails() -> Outcome {
    /// More than the board's memory for it.
    const TOO_LARGE: usize = (16 << 20) + 1;
    let expected: [(&str, usize, &[&str]); 3] = [
        ("nowhere.bin", 0, &["load with 10.77.0.1:", "(PXE-E3B)", "The file: nowhere.bin."]),
        ("large.bin", TOO_LARGE, &["load with 10.77.0.1:", "BP2207 (PXE-E79)", "larger than 16777216 bytes"]),
        ("empty.bin", 0, &["load with 10.77.0.1:", "BP3210 the file is empty"]),
    ];
    for (name, size, parts) in expected {
        let (lan, tree) = (Lan::new()?, Tree::new()?);
        if name != "nowhere.bin" {
            tree.add(name, &vec![0; size])?;
        }
        let server = servers::dnsmasq_boot(&lan.server, "br0", &tree, name)?;
        lan.tap("tap0")?;
        let Finished { status, output, .. } = switch_on(&lan, Cable::Tap("tap0"))?.finish(LIMIT)?;
        let line = output.lines().find(|line| line.contains(": BP")).unwrap_or_default();
        for part in parts {
            ensure!(line.contains(part), "no {part:?} in {line:?}\n{output}\nserver:\n{}", server.log());
        }
        ensure!(status.code() == Some(1) && !output.contains("verify: "), "{status}\n{output}");
    }
    Ok(())
}

fn no_link() -> Outcome {
    let lan = Lan::new()?;
    let Finished { status, output, .. } = switch_on(&lan, Cable::Pulled)?.finish(LIMIT)?;
    ensure!(output.contains("select: BP7224 (PXE-E61) there is no link. "), "{status}\n{output}");
    ensure!(status.code() == Some(1), "{status}\n{output}");
    Ok(())
}
