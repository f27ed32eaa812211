//! Our boot program starts another one, which finds the ROM's stack as it expects it and boots Debian's kernel.

use crate::nbp::{PEERS, boots, serve, tree_with};
use interop::lan::Lan;
use interop::packages::Peer;
use interop::payload::{self, Tree};
use interop::runner::Case;
use interop::{Outcome, ensure, loaders, machine, peers};

const WITH_PXELINUX: &[&Peer] = &[PEERS[0], PEERS[1], PEERS[2], PEERS[3], PEERS[4], &peers::PXELINUX];
const WITH_GRUB: &[&Peer] = &[PEERS[0], PEERS[1], PEERS[2], PEERS[3], PEERS[4], &peers::GRUB];
const WITH_UNDIONLY: &[&Peer] = &[PEERS[0], PEERS[1], PEERS[2], PEERS[3], PEERS[4], &peers::UNDIONLY];

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "boot program, PXE ROM: an entry's KERNEL is PXELINUX, which is verified, started, and boots",
        peers: WITH_PXELINUX,
        heavy: true,
        run: pxelinux,
    },
    Case {
        name: "boot program, PXE ROM: an entry's PXE is GRUB's image, which is started, and boots",
        peers: WITH_GRUB,
        heavy: true,
        run: grub,
    },
    Case {
        name: "boot program, undionly.kpxe: iPXE over the ROM's UNDI loads it, and it boots",
        peers: WITH_UNDIONLY,
        heavy: true,
        run: below_undionly,
    },
];

fn tree(entry: &str) -> Outcome<Tree> {
    let tree = tree_with(&format!("DEFAULT other\nLABEL other\n  {entry}\n"))?;
    tree.add_copy("vmlinuz", &payload::kernel()?)?;
    tree.add("initrd.img", &payload::initrd()?.bytes)?;
    Ok(tree)
}

fn pxelinux() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("KERNEL other/pxelinux.0")?);
    loaders::pxelinux_aside(&tree)?;
    let sum = format!("{}  other/pxelinux.0\n", tree.digest("other/pxelinux.0")?);
    tree.add("pxelinux.cfg/SHA256SUMS", sum.as_bytes())?;
    let server = serve(&lan, &tree)?;
    let screen = boots(&lan, "e1000", &server)?;
    for told in ["verify: boot file is the one", "start: another boot program", "PXELINUX"] {
        ensure!(screen.contains(told), "{told:?} is missing: {screen}");
    }
    Ok(())
}

fn grub() -> Outcome {
    let (lan, tree) = (Lan::new()?, tree("PXE grub.pxe")?);
    loaders::grub(&tree)?;
    let server = serve(&lan, &tree)?;
    let screen = boots(&lan, "virtio-net-pci", &server)?;
    ensure!(screen.contains("start: another boot program"), "{screen}");
    Ok(())
}

fn below_undionly() -> Outcome {
    let (lan, tree) = (Lan::new()?, crate::nbp::whole_tree()?);
    tree.add_copy("undionly.kpxe", &peers::UNDIONLY.path()?)?;
    // The ROM is iPXE too, and runs the same script.
    let script = "#!ipxe\niseq ${net0/chip} undionly || chain undionly.kpxe\nchain bootproto.0\n";
    tree.add("chain.ipxe", script.as_bytes())?;
    let root = tree.path().display().to_string();
    let server =
        interop::servers::netboot(&lan.server, "br0", &["--root", &root, "--boot-file", "chain.ipxe"])?;
    let machine = machine::switch_on(&lan, "e1000")?;
    let screen = crate::nbp::finishes(machine, &payload::initrd()?.payload)
        .map_err(|error| format!("{error}\nserver:\n{}", server.log()))?;
    ensure!(screen.contains("undionly.kpxe"), "{screen}");
    Ok(())
}
