//! Our boot program over every ROM that QEMU has, from every kind of server, and with large files.

use crate::nbp::{LIMIT, PEERS, boots, finishes, finishes_in, serve, whole_tree};
use interop::lan::Lan;
use interop::machine::{Bios, Cable};
use interop::packages::Peer;
use interop::payload::{self, Tree};
use interop::runner::Case;
use interop::{Outcome, ensure, peers, servers};
use std::time::Duration;

const WITH_DNSMASQ: &[&Peer] = &[PEERS[0], PEERS[1], PEERS[2], PEERS[3], PEERS[4], &peers::DNSMASQ];

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "boot program, PXE ROM, dnsmasq as ProxyDHCP beside a plain DHCP server: boots",
        peers: WITH_DNSMASQ,
        heavy: true,
        run: proxy,
    },
    Case {
        name: "boot program, PXE ROM, QEMU's own DHCP and TFTP server: boots",
        peers: PEERS,
        heavy: true,
        run: own,
    },
    Case {
        name: "boot program, PXE ROM, dnsmasq: an initrd of 64 MiB comes by the ROM's own TFTP",
        peers: WITH_DNSMASQ,
        heavy: true,
        run: large,
    },
];

pub(crate) const SLOW: &[Case] = &[
    Case {
        name: "boot program, PXE ROM (rtl8139): boots",
        peers: PEERS,
        heavy: true,
        run: || card("rtl8139"),
    },
    Case { name: "boot program, PXE ROM (pcnet): boots", peers: PEERS, heavy: true, run: || card("pcnet") },
    Case {
        name: "boot program, PXE ROM (ne2k_pci): boots",
        peers: PEERS,
        heavy: true,
        run: || card("ne2k_pci"),
    },
    Case {
        name: "boot program, PXE ROM (eepro100): boots",
        peers: PEERS,
        heavy: true,
        run: || card("eepro100"),
    },
    Case {
        name: "boot program, PXE ROM (vmxnet3): boots",
        peers: PEERS,
        heavy: true,
        run: || card("vmxnet3"),
    },
    Case {
        name: "boot program, PXE ROM: an initrd of 1 GiB in a machine of 3 GiB",
        peers: PEERS,
        heavy: true,
        run: huge,
    },
];

fn card(nic: &str) -> Outcome {
    let (lan, tree) = (Lan::new()?, whole_tree()?);
    let server = serve(&lan, &tree)?;
    boots(&lan, nic, &server)?;
    Ok(())
}

fn proxy() -> Outcome {
    let (lan, tree, beside) = (Lan::new()?, whole_tree()?, Tree::new()?);
    let station = lan.station("dhcp", Some("10.77.0.2/24"))?;
    let range = "dhcp-range=10.77.0.50,10.77.0.150,255.255.255.0,1h\ndhcp-authoritative";
    let _dhcp = servers::dnsmasq(&station, "eth0", &beside, range)?;
    let root = tree.path().display();
    // dnsmasq appends ".0" to the name by itself.
    let settings = format!(
        "dhcp-range=10.77.0.0,proxy,255.255.255.0\nenable-tftp\ntftp-root={root}\n\
         pxe-service=x86PC,\"Linux\",bootproto"
    );
    let server = servers::dnsmasq(&lan.server, "br0", &tree, &settings)?;
    let screen = boots(&lan, "e1000", &server)?;
    ensure!(screen.contains("boot server 10.77.0.1 by"), "{screen}");
    Ok(())
}

fn own() -> Outcome {
    let (lan, tree) = (Lan::new()?, whole_tree()?);
    let bios = Bios { cable: Cable::Own(tree.path(), "bootproto.0"), ..Bios::new("e1000") };
    finishes(bios.switch_on(&lan)?, &payload::initrd()?.payload)?;
    Ok(())
}

/// Boots with an initrd of so many MiB.
fn with_initrd(
    mebibytes: usize,
    memory: u32,
    server: fn(&Lan, &Tree) -> Outcome<interop::process::Program>,
) -> Outcome<String> {
    let (lan, tree) = (Lan::new()?, crate::nbp::tree("vmlinuz")?);
    tree.add_copy("vmlinuz", &payload::kernel()?)?;
    let initrd = payload::initrd_with((mebibytes - 3) << 20)?;
    tree.add("initrd.img", &initrd.bytes)?;
    let server = server(&lan, &tree)?;
    let machine = Bios { memory, ..Bios::new("e1000") }.switch_on(&lan)?;
    // The machine's own processor hashes it all, and is an emulated one.
    let limit = LIMIT + Duration::from_secs(mebibytes as u64 * 2);
    finishes_in(machine, &initrd.payload, limit)
        .map_err(|error| format!("{error}\nserver:\n{}", server.log()).into())
}

fn large() -> Outcome {
    let dnsmasq: fn(&Lan, &Tree) -> Outcome<_> =
        |lan, tree| servers::dnsmasq_boot(&lan.server, "br0", tree, "bootproto.0");
    let screen = with_initrd(64, 1024, dnsmasq)?;
    let told = screen.matches("by the ROM's TFTP").count();
    ensure!(told == 2, "of the kernel and the initrd: {screen}");
    Ok(())
}

fn huge() -> Outcome {
    with_initrd(1024, 3072, serve)?;
    Ok(())
}
