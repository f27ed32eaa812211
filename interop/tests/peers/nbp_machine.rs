//! Our boot program where the machine or its network is out of the ordinary.

use crate::nbp::{LIMIT, PEERS, gives_up, screen, serve, tree_with};
use interop::lan::Lan;
use interop::machine::Bios;
use interop::packages::Peer;
use interop::payload::{self, Tree};
use interop::runner::Case;
use interop::{Outcome, ensure, machine, nbp, peers, servers};
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const WITH_IPXE: &[&Peer] =
    &[PEERS[0], PEERS[1], PEERS[2], PEERS[3], PEERS[4], &peers::DNSMASQ, &peers::UNDIONLY];

const WITH_MEMDISK: &[&Peer] = &[PEERS[0], PEERS[1], PEERS[2], PEERS[3], PEERS[4], &peers::PXELINUX];

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "boot program, PXE ROM: an exception of the processor is told, and the machine stops",
        peers: PEERS,
        heavy: true,
        run: exception,
    },
    Case {
        name: "boot program, menu: a storm of broadcasts stops neither the time nor the keys",
        peers: PEERS,
        heavy: true,
        run: storm,
    },
    Case {
        name: "boot program, MEMDISK: is entered in real mode, and boots a floppy disk's image",
        peers: WITH_MEMDISK,
        heavy: true,
        run: memdisk,
    },
    Case {
        name: "boot program, old boot protocol: Debian's kernel is entered in real mode with its command line",
        peers: PEERS,
        heavy: true,
        run: old_protocol,
    },
    Case {
        name: "boot program, iPXE from a disk: no DHCP server names a boot file, which is told",
        peers: WITH_IPXE,
        heavy: true,
        run: no_boot_file,
    },
];

/// Puts code that can't run where the program begins.
fn exception() -> Outcome {
    const ADDRESS: u64 = 0x1_2345_6780;
    // movabs $ADDRESS, %rax; movb (%rax), %al; and UD2.
    let fault = [&[0x48, 0xb8][..], &ADDRESS.to_le_bytes(), &[0x8a, 0x00]].concat();
    for (code, behind, vector, error, cr2) in
        [(&fault[..], 10, 14, "0x0", "0x123456780"), (&[0x0f, 0x0b], 0, 6, "0x0", "0x0")]
    {
        let (mut program, at) = nbp::unpacked(std::env::var_os("INTEROP_INSTALL").is_some(), "bp_main")?;
        program[at..at + code.len()].copy_from_slice(code);
        let (lan, tree) = (Lan::new()?, Tree::new()?);
        tree.add("bootproto.0", &program)?;
        let _server = serve(&lan, &tree)?;
        let mut machine = machine::switch_on(&lan, "e1000")?;
        // The end of the line; the BIOS breaks it somewhere before, and holds its last character back.
        machine.wait_for("off and on", LIMIT)?;
        let (at, screen) = (at + 0x7c00 + behind, screen(&machine));
        let told = format!("BP7256 exception {vector} at {at:#x}, error code {error}, CR2 {cr2}. Report");
        ensure!(screen.contains(&told), "{told:?} is missing: {screen}");
        ensure!(machine.is_running(), "it started anew: {screen}");
    }
    Ok(())
}

/// Sends broadcasts, more of them than a machine can take, until it is dropped.
struct Storm(Arc<AtomicBool>);

impl Storm {
    fn over(lan: &Lan) -> Outcome<Self> {
        let socket = lan.server.enter(|| UdpSocket::bind("10.77.0.1:0"))?;
        socket.set_broadcast(true)?;
        let ends = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&ends);
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                for _ in 0..100 {
                    let _ = socket.send_to(&[0; 32], "10.77.0.255:9");
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        Ok(Self(ends))
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn storm() -> Outcome {
    const ENTRIES: &str =
        "LABEL disk\n  LOCALBOOT -1\nLABEL wrong\n  MENU LABEL Not ^there\n  KERNEL not-there\n";
    for (head, key) in [("TIMEOUT 50\nONTIMEOUT disk\n", None), ("TIMEOUT 6000\n", Some(b"t"))] {
        let (lan, tree) = (Lan::new()?, tree_with(&format!("UI menu.c32\nDEFAULT disk\n{head}{ENTRIES}"))?);
        let _server = serve(&lan, &tree)?;
        let mut machine = machine::switch_on(&lan, "e1000")?;
        machine.wait_for("boot [disk] in ", LIMIT)?;
        let _storm = Storm::over(&lan)?;
        match key {
            None => machine.wait_for("choose: the local disk", LIMIT)?,
            Some(key) => {
                machine.type_in(key)?;
                machine.wait_for("boot [wrong]", LIMIT)?;
            }
        }
    }
    Ok(())
}

fn no_boot_file() -> Outcome {
    let (lan, tree) =
        (Lan::new()?, tree_with(&machine::configuration("", "vmlinuz", payload::COMMAND_LINE))?);
    let root = tree.path().display();
    let settings = format!(
        "dhcp-range=10.77.0.50,10.77.0.150,255.255.255.0,1h\ndhcp-authoritative\n\
         enable-tftp\ntftp-root={root}"
    );
    let _server = servers::dnsmasq(&lan.server, "br0", &tree, &settings)?;
    tree.add("script", b"#!ipxe\ndhcp\nchain tftp://10.77.0.1/bootproto.0\n")?;
    let ipxe = peers::UNDIONLY.path()?.with_file_name("ipxe.lkrn");
    let more =
        ["-kernel", &ipxe.display().to_string(), "-initrd", &tree.join("script").display().to_string()]
            .map(str::to_owned);
    let bios = Bios { more: &more, ..Bios::new("e1000") };
    let tell = ["PXE-E53", "gives control back"];
    gives_up(bios.switch_on(&lan)?, &tell)
}

/// A boot sector that shows a text by INT 10h.
const SECTOR: &[u8] =
    b"\x31\xc0\x8e\xd8\xfc\xbe\x18\x7c\xac\x84\xc0\x74\x09\xb4\x0e\xbb\x07\x00\xcd\x10\xeb\xf2\xeb\xfe\
    The floppy disk has booted.\r\n\0";

fn memdisk() -> Outcome {
    let configuration =
        "DEFAULT floppy\nLABEL floppy\n  KERNEL memdisk\n  INITRD floppy.img\n  APPEND floppy\n";
    let (lan, tree) = (Lan::new()?, tree_with(configuration)?);
    tree.add_copy("memdisk", &peers::PXELINUX.unpacked().join("usr/lib/syslinux/memdisk"))?;
    let mut floppy = SECTOR.to_vec();
    floppy.resize(510, 0);
    floppy.extend([0x55, 0xaa]);
    floppy.resize(1_474_560, 0);
    tree.add("floppy.img", &floppy)?;
    let _server = serve(&lan, &tree)?;
    let mut machine = machine::switch_on(&lan, "e1000")?;
    machine.wait_for("The floppy disk has booted", LIMIT)
}

/// The kernel does not look at the number, and its setup code still knows how the oldest loaders hand the command line over.
fn old_protocol() -> Outcome {
    for version in [0x201_u16, 0x205] {
        let line = "console=ttyS0,115200 no_timer_check interop=yes";
        let configuration = format!("DEFAULT old\nLABEL old\n  KERNEL vmlinuz\n  APPEND {line}\n");
        let (lan, tree) = (Lan::new()?, tree_with(&configuration)?);
        let mut kernel = std::fs::read(payload::kernel()?)?;
        kernel[0x206..0x208].copy_from_slice(&version.to_le_bytes());
        tree.add("vmlinuz", &kernel)?;
        let _server = serve(&lan, &tree)?;
        let mut machine = machine::switch_on(&lan, "e1000")?;
        machine.wait_for(&format!("Command line: BOOT_IMAGE=vmlinuz {line}"), LIMIT)?;
        // Only the code for real mode does that.
        ensure!(machine.log().contains("Probing EDD"), "{}", machine.log());
    }
    Ok(())
}
