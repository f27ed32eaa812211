//! Our reading and repairing of option ROMs against real ROMs, and against the BIOS that has to accept them.

use bootproto_pxe_api::rom::{ChecksumAt, CodeType, Editor, Faults, Images};
use interop::lan::Lan;
use interop::process::Program;
use interop::runner::Case;
use interop::{Outcome, ensure, peers};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "option ROM: every ROM of iPXE's package is read, image by image, and has no faults",
        peers: &[&peers::IPXE],
        heavy: false,
        run: read,
    },
    Case {
        name: "option ROM: SeaBIOS ignores a changed ROM, and starts it once we fixed its checksums",
        peers: &[&peers::QEMU, &peers::SEABIOS, &peers::IPXE],
        heavy: true,
        run: repaired,
    },
];

fn read() -> Outcome {
    let path = peers::IPXE.path()?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let (mut roms, mut bios, mut efi) = (0, 0, 0);
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let bytes = std::fs::read(&path)?;
        let (mut length, mut last) = (0, false);
        for image in Images::new(&bytes) {
            ensure!(image.faults() == Faults::default(), "{}: {:?}", path.display(), image.faults());
            ensure!(image.devices().count() > 0, "{}: for no device", path.display());
            match image.code_type() {
                CodeType::X86 => {
                    ensure!(
                        image.undi().is_ok_and(|id| id.version() == (2, 1)),
                        "{}: no UNDI",
                        path.display()
                    );
                    bios += 1;
                }
                _ => {
                    ensure!(image.efi().is_some(), "{}: no EFI header", path.display());
                    efi += 1;
                }
            }
            length += image.bytes().len();
            last = image.is_last();
        }
        ensure!(last && length <= bytes.len(), "{}: {length} of {} bytes", path.display(), bytes.len());
        roms += 1;
    }
    ensure!(roms >= 8 && bios >= 8 && efi >= 4, "only {roms} ROMs, {bios} and {efi} images");
    Ok(())
}

/// Boots a machine with this ROM and nothing else; what its screen shows in the end.
fn screen(rom: &Path) -> Outcome<String> {
    let lan = Lan::new()?;
    let mut command = Command::new(peers::QEMU.path()?);
    command
        .args([
            "-accel",
            "tcg",
            "-m",
            "64",
            "-nographic",
            "-monitor",
            "none",
            "-serial",
            "stdio",
            "-boot",
            "n",
        ])
        .args(["-netdev", "user,id=net,restrict=on", "-device"])
        .arg(format!("e1000,netdev=net,romfile={}", rom.display()));
    let mut machine = Program::start(&lan.server, command)?;
    // Either the ROM runs, or the BIOS finds nothing to boot from.
    let shown = ["iPXE initialising devices", "No bootable device"];
    let mut error = None;
    for _ in 0..30 {
        if shown.iter().any(|text| machine.log().contains(text)) {
            return Ok(machine.log());
        }
        error = machine.wait_for(shown[1], Duration::from_secs(1)).err();
    }
    Err(format!("{}\n{}", error.map(|error| error.to_string()).unwrap_or_default(), machine.log()).into())
}

fn repaired() -> Outcome {
    let mut rom = std::fs::read(peers::IPXE.path()?)?;
    let mut editor = Editor::new(&mut rom).map_err(|refusal| refusal.to_string())?;
    let product = editor.image().ok().and_then(|image| image.pnp().next()).map(|(_, pnp)| pnp.product.get());
    editor.put(product.ok_or("no $PnP")?, b"OURS");
    let folder = tempfile::tempdir()?;
    let (broken, fixed) = (folder.path().join("broken.rom"), folder.path().join("fixed.rom"));
    std::fs::write(&broken, editor.image().map_err(|refusal| refusal.to_string())?.bytes())?;
    editor.fix_checksums(ChecksumAt::AfterJump).map_err(|refusal| refusal.to_string())?;
    std::fs::write(&fixed, editor.image().map_err(|refusal| refusal.to_string())?.bytes())?;
    let ignored = screen(&broken)?;
    ensure!(!ignored.contains("iPXE"), "the BIOS took a ROM with a wrong checksum:\n{ignored}");
    let taken = screen(&fixed)?;
    ensure!(taken.contains("iPXE initialising devices"), "the BIOS did not take the repaired ROM:\n{taken}");
    Ok(())
}
