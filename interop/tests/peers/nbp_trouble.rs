//! What our boot program says and does where something is wrong.

use crate::nbp::{LIMIT, PEERS, finishes, gives_up, serve, tree, tree_with, whole_tree};
use interop::lan::Lan;
use interop::machine::{self, Bios, Cable};
use interop::packages::Peer;
use interop::payload;
use interop::relay::{Faults, Relay};
use interop::runner::Case;
use interop::{Outcome, ensure, peers, servers};

const WITH_DNSMASQ: &[&Peer] = &[PEERS[0], PEERS[1], PEERS[2], PEERS[3], PEERS[4], &peers::DNSMASQ];

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "boot program, PXE ROM: a kernel without a byte is told, and control given back",
        peers: PEERS,
        heavy: true,
        run: empty,
    },
    Case {
        name: "boot program, PXE ROM: a kernel that is none is told, and control given back",
        peers: PEERS,
        heavy: true,
        run: no_kernel,
    },
    Case {
        name: "boot program, PXE ROM: LOCALBOOT leaves it to the ROM what comes next",
        peers: PEERS,
        heavy: true,
        run: local_boot,
    },
];

pub(crate) const SLOW: &[Case] = &[
    Case {
        name: "boot program, PXE ROM: 1 % loss and reordering, and it boots",
        peers: PEERS,
        heavy: true,
        run: loss,
    },
    Case {
        name: "boot program, PXE ROM: the server starts anew in the middle of a file, and it boots",
        peers: PEERS,
        heavy: true,
        run: restart,
    },
    Case {
        name: "boot program, PXE ROM, dnsmasq: the server starts anew while the ROM's TFTP is at work, and it boots",
        peers: WITH_DNSMASQ,
        heavy: true,
        run: restart_below_rom,
    },
];

fn empty() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("vmlinuz")?);
    tree.add("vmlinuz", b"")?;
    let _server = serve(&lan, &tree)?;
    let tell =
        ["fetch with 10.77.0.1:", "BP3210", "vmlinuz", "gives control back", "No more network devices"];
    gives_up(machine::switch_on(&lan, "e1000")?, &tell)
}

fn no_kernel() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("notes.txt")?);
    tree.add("notes.txt", &b"Not a kernel at all.\n".repeat(1000))?;
    let _server = serve(&lan, &tree)?;
    let tell = ["fetch with 10.77.0.1:", "no Linux kernel", "notes.txt", "gives control back"];
    gives_up(machine::switch_on(&lan, "e1000")?, &tell)
}

fn local_boot() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree_with("DEFAULT disk\nLABEL disk\n  LOCALBOOT -1\n")?);
    let _server = serve(&lan, &tree)?;
    let tell = ["choose: the local disk", "No more network devices"];
    gives_up(machine::switch_on(&lan, "e1000")?, &tell)
}

fn loss() -> Outcome {
    let (lan, tree) = (Lan::new()?, whole_tree()?);
    let faults = Faults { seed: 5, loss: 10, reordering: 10, ..Faults::default() };
    let relay = Relay::before(&lan, "tap0", faults)?;
    let server = serve(&lan, &tree)?;
    let machine = Bios { cable: Cable::Tap("tap0"), ..Bios::new("e1000") }.switch_on(&lan)?;
    finishes(machine, &payload::initrd()?.payload)
        .map_err(|error| format!("{error}\nserver:\n{}", server.log()))?;
    let counts = relay.counts();
    ensure!(counts.lost > 50 && counts.reordered > 50, "{counts:?}");
    Ok(())
}

fn restart() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("vmlinuz")?);
    tree.add_copy("vmlinuz", &payload::kernel()?)?;
    let initrd = payload::initrd_with(60 << 20)?;
    tree.add("initrd.img", &initrd.bytes)?;
    let mut server = serve(&lan, &tree)?;
    let mut machine = Bios { memory: 1024, ..Bios::new("e1000") }.switch_on(&lan)?;
    machine.wait_for("fetch: initrd 0", LIMIT)?;
    server.terminate();
    let server = serve(&lan, &tree)?;
    finishes(machine, &initrd.payload).map_err(|error| format!("{error}\nserver:\n{}", server.log()))?;
    ensure!(server.log().contains("initrd.img"), "it was over already: {}", server.log());
    Ok(())
}

fn restart_below_rom() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("vmlinuz")?);
    tree.add_copy("vmlinuz", &payload::kernel()?)?;
    let initrd = payload::initrd_with(60 << 20)?;
    tree.add("initrd.img", &initrd.bytes)?;
    let mut server = servers::dnsmasq_boot(&lan.server, "br0", &tree, "bootproto.0")?;
    let mut machine = Bios { memory: 1024, ..Bios::new("e1000") }.switch_on(&lan)?;
    machine.wait_for("fetch: initrd 0", LIMIT)?;
    std::thread::sleep(std::time::Duration::from_millis(300));
    server.terminate();
    let server = servers::dnsmasq_boot(&lan.server, "br0", &tree, "bootproto.0")?;
    finishes(machine, &initrd.payload).map_err(|error| format!("{error}\nserver:\n{}", server.log()))?;
    Ok(())
}
