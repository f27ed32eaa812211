//! What a person at the serial line or the keyboard can do with our boot program.

use crate::nbp::{LIMIT, PEERS, finishes, serve, tree, tree_with};
use crate::trace::tshark_on;
use interop::lan::Lan;
use interop::machine::Bios;
use interop::packages::Peer;
use interop::payload::{self, Tree};
use interop::process::Program;
use interop::runner::Case;
use interop::{Outcome, ensure, peers};

const WITH_TSHARK: &[&Peer] = &[PEERS[0], PEERS[1], PEERS[2], PEERS[3], PEERS[4], &peers::TSHARK];

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "boot program, menu: hot key, arrows, a label that is typed; through the BIOS's serial console",
        peers: PEERS,
        heavy: true,
        run: || keys(false),
    },
    Case {
        name: "boot program, menu: hot key, arrows, a label that is typed; on a serial line of its own",
        peers: PEERS,
        heavy: true,
        run: || keys(true),
    },
    Case {
        name: "boot program, menu: when the time is over, ONTIMEOUT boots; each packet is a line if somebody says v",
        peers: PEERS,
        heavy: true,
        run: timeout,
    },
    Case {
        name: "boot program, tshark: after a failure, the last packets come over the serial line",
        peers: WITH_TSHARK,
        heavy: true,
        run: capture,
    },
];

const MENU: &str = "UI menu.c32\nMENU TITLE What shall it be?\nDEFAULT disk\n\
    LABEL disk\n  LOCALBOOT -1\n\
    LABEL wrong\n  MENU LABEL Not ^there\n  KERNEL not-there\n\
    LABEL off\n  MENU DISABLE\n  KERNEL not-there\n\
    LABEL good\n  MENU LABEL A ^kernel\n  KERNEL vmlinuz\n  INITRD initrd.img\n  APPEND ";

fn menu(head: &str) -> Outcome<Tree> {
    let tree = tree_with(&format!("{head}{MENU}{}\n", payload::COMMAND_LINE))?;
    tree.add_copy("vmlinuz", &payload::kernel()?)?;
    tree.add("initrd.img", &payload::initrd()?.bytes)?;
    Ok(tree)
}

fn press(machine: &mut Program, keys: &[u8], until: &str) -> Outcome {
    machine.type_in(keys)?;
    machine.wait_for(until, LIMIT)
}

fn keys(screen: bool) -> Outcome {
    let (lan, tree) = (Lan::new()?, menu("")?);
    let _server = serve(&lan, &tree)?;
    let mut machine = Bios { screen, ..Bios::new("e1000") }.switch_on(&lan)?;
    machine.wait_for("boot [disk]", LIMIT)?;
    press(&mut machine, b"k", "boot [good]")?;
    // The one that is off is passed over.
    press(&mut machine, b"\x1b[A", "boot [wrong]")?;
    press(&mut machine, b"goox\x7fd", "boot [wrong]: good")?;
    machine.type_in(b"\r")?;
    let screen = finishes(machine, &payload::initrd()?.payload)?;
    for told in ["What shall it be?", "2  wrong  Not there (t)", "-  off"] {
        ensure!(screen.contains(told), "{told:?} is missing: {screen}");
    }
    Ok(())
}

fn timeout() -> Outcome {
    let (lan, tree) = (Lan::new()?, menu("TIMEOUT 40\nONTIMEOUT good\n")?);
    let _server = serve(&lan, &tree)?;
    let mut machine = Bios::new("e1000").switch_on(&lan)?;
    machine.wait_for("boot [good] in 3 s", LIMIT)?;
    machine.wait_for("fetch: kernel", LIMIT)?;
    press(&mut machine, b"v", "TFTP DATA ")?;
    // A line for every packet of a kernel takes a serial line minutes.
    press(&mut machine, b"v", "packets: no more lines")?;
    let screen = finishes(machine, &payload::initrd()?.payload)?;
    for told in ["packets: each is a line now", "10.77.0.1:", "TFTP DATA "] {
        ensure!(screen.contains(told), "{told:?} is missing: {screen}");
    }
    Ok(())
}

fn capture() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("not-there")?);
    let _server = serve(&lan, &tree)?;
    let mut machine = Bios::new("e1000").switch_on(&lan)?;
    machine.wait_for("Press t in the next", LIMIT)?;
    press(&mut machine, b"t", "-----END BOOTPROTO")?;
    machine.wait_for("gives control back", LIMIT)?;
    let seen = tshark_on(&machine.log(), &[])?;
    for told in ["Read Request, File: not-there", "Error Code, Code: File not found"] {
        ensure!(seen.contains(told), "{told:?} is missing: {seen}");
    }
    Ok(())
}
