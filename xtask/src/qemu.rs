//! A machine's PXE ROM boots from `netboot serve`, in front of the person.

use crate::command::Done;
use interop::lan::{Lan, SERVER};
use interop::payload::{self, Tree};
use interop::process::Program;
use interop::{Outcome, cortex_m, machine, nbp, peers, runner, toolchain, uefi};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// What can be said about the machine.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Serve this folder instead of Debian's kernel with a small initrd.
    #[arg(long, requires = "boot_file")]
    root: Option<PathBuf>,
    /// The file in it that the ROM starts.
    #[arg(long)]
    boot_file: Option<String>,
    /// The machine's network card. Default: e1000; under UEFI virtio-net-pci, which OVMF drives itself.
    #[arg(long, value_name = "MODEL", value_parser = machine::NICS)]
    nic: Option<String>,
    /// A machine with UEFI, whose firmware loads our own boot program, bootproto.efi.
    #[arg(long)]
    uefi: bool,
    /// The PXE ROM loads our own boot program, bootproto.0, instead of running a script of its own.
    #[arg(long, conflicts_with = "uefi")]
    bios: bool,
    /// A board with a Cortex-M3, whose own firmware boots an image: no Linux, and no ROM.
    #[arg(long, conflicts_with_all = ["uefi", "bios", "nic"])]
    cortex_m: bool,
    /// Install nothing.
    #[arg(long)]
    no_install: bool,
}

/// Boots it, and ends when it is switched off.
pub(crate) fn run(options: &Options) -> Done {
    runner::become_root().and_then(|()| boot(options)).map_err(|error| error.to_string())
}

fn boot(options: &Options) -> Outcome {
    let mut wanted = match (options.uefi, options.cortex_m) {
        (true, _) => vec![&peers::QEMU, &peers::OVMF],
        (_, true) => vec![&peers::QEMU_ARM],
        _ => vec![&peers::QEMU, &peers::SEABIOS, &peers::IPXE],
    };
    if options.root.is_none() && !options.cortex_m {
        wanted.extend([&peers::LINUX, &peers::BUSYBOX]);
    }
    let missing: Vec<_> = wanted.iter().filter_map(|peer| peer.get(!options.no_install).err()).collect();
    if let [first, ..] = missing.as_slice() {
        let names: Vec<_> = wanted.iter().map(|peer| peer.package).collect();
        return Err(format!("{first}; all that is needed: {}", names.join(" ")).into());
    }
    let lan = Lan::new()?;
    let tree = Tree::new()?;
    let (root, boot_file) = match (&options.root, &options.boot_file) {
        (Some(root), Some(file)) => (root.clone(), file.clone()),
        _ => (tree.path().to_path_buf(), fill(&tree, options)?),
    };
    let mut serve = Command::new(runner::netboot()?);
    serve.args(["serve", "--interface", "br0", "--root"]).arg(root).arg("--boot-file").arg(boot_file);
    let server = Program::start(&lan.server, serve)?;
    std::thread::sleep(Duration::from_millis(500));
    println!("netboot serves on {SERVER}; the machine's serial line follows\n");
    let mut screen = if options.uefi {
        let aside = tree.beside("uefi");
        std::fs::create_dir_all(&aside)?;
        lan.tap("tap0")?;
        let machine = uefi::Machine::new(uefi::Way::Pxe);
        let machine = options.nic.as_deref().map_or(machine, |nic| machine.with_card(nic));
        machine.switch_on(&lan.server, "tap0", &aside)?
    } else if options.cortex_m {
        lan.tap("tap0")?;
        let firmware = cortex_m::firmware(!options.no_install)?;
        cortex_m::switch_on(&lan.server, &firmware, cortex_m::Cable::Tap("tap0"))?
    } else {
        machine::switch_on(&lan, options.nic.as_deref().unwrap_or("e1000"))?
    };
    let mut shown = 0;
    loop {
        let running = screen.is_running();
        let text = screen.log();
        print!("{}", text.get(shown..).unwrap_or_default());
        let _ = std::io::stdout().flush();
        shown = text.len();
        if !running {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    println!("\n\nnetboot serve said:\n{}", server.log());
    Ok(())
}

fn fill(tree: &Tree, options: &Options) -> Outcome<String> {
    if options.cortex_m {
        let digest = tree.add_random("image.bin", 1 << 20)?;
        println!("image.bin: SHA-256 {digest}");
        return Ok("image.bin".into());
    }
    tree.add_copy("vmlinuz", &payload::kernel()?)?;
    tree.add("initrd.img", &payload::initrd()?.bytes)?;
    if options.uefi {
        tree.add_copy("bootproto.efi", &toolchain::bootproto_efi(!options.no_install)?)?;
        let configuration = machine::configuration("", "vmlinuz", payload::COMMAND_LINE);
        tree.add("pxelinux.cfg/default", configuration.as_bytes())?;
        return Ok("x86-uefi=bootproto.efi".into());
    }
    if options.bios {
        tree.add_copy("bootproto.0", &nbp::bootproto_0(!options.no_install)?)?;
        let configuration = machine::configuration("", "vmlinuz", payload::COMMAND_LINE);
        tree.add("pxelinux.cfg/default", configuration.as_bytes())?;
        return Ok("bootproto.0".into());
    }
    tree.add("boot.ipxe", machine::ipxe_script(payload::COMMAND_LINE).as_bytes())?;
    Ok("boot.ipxe".into())
}
