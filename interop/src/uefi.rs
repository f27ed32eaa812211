//! A whole machine with UEFI: QEMU with OVMF, or AAVMF on ARM, whose firmware drives the network card itself.

use crate::machine::MAC;
use crate::namespace::Namespace;
use crate::process::Program;
use crate::toolchain::Processor;
use crate::{Outcome, peers};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How it boots.
#[derive(Debug, Clone, Copy)]
pub enum Way<'a> {
    /// PXE over IPv4.
    Pxe,
    /// HTTP Boot over IPv4.
    Http,
    /// From a folder that it sees as the FAT file system of a disk.
    Disk(&'a Path),
    /// The same, and PXE over IPv4 where that fails.
    DiskThenPxe(&'a Path),
}

/// A machine that is not switched on yet.
#[derive(Debug, Clone, Copy)]
pub struct Machine<'a> {
    way: Way<'a>,
    card: &'a str,
    mebibytes: u32,
    words: Option<&'a str>,
    is_secure: bool,
    has_pxe: bool,
    has_link: bool,
    processor: Processor,
}

impl<'a> Machine<'a> {
    /// With 768 MiB and a virtio card.
    #[must_use]
    pub const fn new(way: Way<'a>) -> Self {
        Self {
            way,
            card: "virtio-net-pci",
            mebibytes: 768,
            words: None,
            is_secure: false,
            has_pxe: true,
            has_link: true,
            processor: Processor::X86,
        }
    }

    /// Another network card, by QEMU's name. Those that OVMF has no driver for keep iPXE's.
    #[must_use]
    pub const fn with_card(self, card: &'a str) -> Self {
        Self { card, ..self }
    }

    /// No network card at all.
    #[must_use]
    pub const fn without_card(self) -> Self {
        Self { card: "", ..self }
    }

    /// The card's cable is out.
    #[must_use]
    pub const fn without_link(self) -> Self {
        Self { has_link: false, ..self }
    }

    /// The firmware's own PXE client is off, as in a setup menu.
    #[must_use]
    pub const fn without_pxe(self) -> Self {
        Self { has_pxe: false, ..self }
    }

    /// So much memory.
    #[must_use]
    pub const fn with_memory(self, mebibytes: u32) -> Self {
        Self { mebibytes, ..self }
    }

    /// With another processor.
    #[must_use]
    pub const fn with_processor(self, processor: Processor) -> Self {
        Self { processor, ..self }
    }

    /// Options of `bootproto.efi`, as its owner sets them from outside.
    #[must_use]
    pub const fn with_words(self, words: &'a str) -> Self {
        Self { words: Some(words), ..self }
    }

    /// Secure Boot, with the test key of Debian's package in PK, KEK and db ([`sign`]).
    #[must_use]
    pub const fn with_secure_boot(self) -> Self {
        Self { is_secure: true, ..self }
    }

    /// Switches it on, on TAP device `tap` of the namespace. Its serial line is the program's output, and its input.
    /// `aside` is a folder for what it may write to. Always emulated (TCG): slower than KVM, but the same everywhere.
    ///
    /// # Errors
    /// QEMU or OVMF isn't here, or does not start.
    pub fn switch_on(&self, inside: &Namespace, tap: &str, aside: &Path) -> Outcome<Program> {
        let (qemu, firmware) = match self.processor {
            Processor::X86 => (&peers::QEMU, &peers::OVMF),
            Processor::Arm64 => (&peers::QEMU_ARM64, &peers::AAVMF),
        };
        let folder = firmware.path()?.parent().map(Path::to_path_buf).unwrap_or_default();
        let (code, first, machine) = match (self.processor, self.is_secure) {
            (Processor::X86, true) => ("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.snakeoil.fd", "q35,smm=on"),
            (Processor::X86, false) => ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd", "q35"),
            (Processor::Arm64, _) => ("AAVMF_CODE.fd", "AAVMF_VARS.fd", "virt"),
        };
        let settings = aside.join("VARS.fd");
        std::fs::copy(folder.join(first), &settings)?;
        let mut command = Command::new(qemu.path()?);
        command
            .args(["-accel", "tcg", "-machine", machine, "-m", &self.mebibytes.to_string(), "-nographic"])
            .args(["-serial", "stdio", "-no-reboot", "-drive"])
            .arg(format!("if=pflash,format=raw,readonly=on,file={}", folder.join(code).display()))
            .arg("-drive")
            .arg(format!("if=pflash,format=raw,file={}", settings.display()))
            .args(["-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=n"]);
        if self.processor == Processor::Arm64 {
            command.args(["-cpu", "cortex-a72"]);
        }
        if self.is_secure {
            // The variables are the firmware's alone, by way of system management mode.
            command.args(["-global", "driver=cfi.pflash01,property=secure,value=on"]);
            command.args(["-global", "ICH9-LPC.disable_s3=1"]);
        }
        if let Some(words) = self.words {
            command.arg("-smbios").arg(format!("type=11,value=bootproto:{words}"));
        }
        if !self.has_pxe || matches!(self.way, Way::Http) {
            command.args(["-fw_cfg", "name=opt/org.tianocore/IPv4PXESupport,string=n"]);
        }
        self.plug(&mut command, tap);
        self.boot_from(&mut command);
        if self.has_link {
            command.args(["-monitor", "none"]);
            return Program::start_interactive(inside, command);
        }
        // Only the monitor can pull the cable; the machine stands still until then.
        let monitor = aside.join("monitor");
        command.arg("-S").arg("-monitor").arg(format!("unix:{},server=on,wait=off", monitor.display()));
        let machine = Program::start_interactive(inside, command)?;
        pull_cable(&monitor)?;
        Ok(machine)
    }

    fn plug(&self, command: &mut Command, tap: &str) {
        if self.card.is_empty() {
            command.args(["-nic", "none"]);
            return;
        }
        let mac: Vec<String> = MAC.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut device = format!("{},netdev=net,mac={}", self.card, mac.join(":"));
        // OVMF has a driver of its own for this one, and then no use for iPXE's.
        if self.card.starts_with("virtio") {
            device.push_str(",romfile=");
        }
        if matches!(self.way, Way::DiskThenPxe(_)) {
            device.push_str(",bootindex=2");
        }
        command.arg("-netdev").arg(format!("tap,id=net,ifname={tap},script=no,downscript=no"));
        command.args(["-device", &device]);
    }

    fn boot_from(&self, command: &mut Command) {
        match self.way {
            Way::Disk(folder) | Way::DiskThenPxe(folder) => {
                let drive = format!("file=fat:rw:{},format=raw,if=none,id=esp", folder.display());
                command.args(["-drive", &drive, "-device", "virtio-blk-pci,drive=esp,bootindex=1"]);
            }
            Way::Pxe => {
                command.args(["-boot", "n"]);
            }
            Way::Http => {
                command.args(["-boot", "n"]);
            }
        }
    }
}

/// Takes the link from the card, and lets the machine run.
fn pull_cable(monitor: &Path) -> Outcome {
    let until = Instant::now() + Duration::from_secs(20);
    let mut socket = loop {
        match UnixStream::connect(monitor) {
            Ok(socket) => break socket,
            Err(error) if Instant::now() >= until => return Err(format!("QEMU's monitor: {error}").into()),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    socket.set_read_timeout(Some(Duration::from_secs(20)))?;
    // A prompt comes first, and one after each command; who hangs up before is not heard.
    let (mut said, mut buffer) = (Vec::new(), [0; 512]);
    socket.write_all(b"set_link net off\ncont\n")?;
    while said.windows(7).filter(|text| text == b"(qemu) ").count() < 3 {
        match socket.read(&mut buffer)? {
            0 => return Err(format!("QEMU's monitor: {}", String::from_utf8_lossy(&said)).into()),
            length => said.extend(&buffer[..length]),
        }
    }
    Ok(())
}

/// Signs a program for Secure Boot with the test key that OVMF's package has, private half included.
///
/// # Errors
/// sbsign or OVMF isn't here, or it is no program that can be signed.
pub fn sign(program: &Path, signed: &Path) -> Outcome {
    let folder = peers::OVMF.path()?.parent().map(|folder| folder.with_file_name("ovmf")).unwrap_or_default();
    let plain = signed.with_extension("key");
    let mut key = Command::new("openssl");
    // The password is in the package's README.Debian.
    key.args(["rsa", "-passin", "pass:snakeoil", "-in"]).arg(folder.join("PkKek-1-snakeoil.key"));
    run(key.arg("-out").arg(&plain))?;
    let mut sign = Command::new(peers::SBSIGN.path()?);
    sign.arg("--key").arg(&plain).arg("--cert").arg(folder.join("PkKek-1-snakeoil.pem"));
    run(sign.arg("--output").arg(signed).arg(program))
}

fn run(command: &mut Command) -> Outcome {
    let output = command.output().map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(format!("{:?}: {said}", command.get_program()).into()) }
}
