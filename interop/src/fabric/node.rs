//! A machine on the fabric: QEMU with Linux and the card that `super::hca` is.

use super::hca::{self, Sockets, WINDOW};
use crate::namespace::Namespace;
use crate::process::Program;
use crate::{Outcome, peers};
use rustix::io::{FdFlags, fcntl_setfd};
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::JoinHandle;

/// What it is made of.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The card's GUID, and that of its port.
    pub guid: [u8; 8],
    /// The socket that its cable is plugged into.
    pub fabric: &'a Path,
    /// Mebibytes of memory.
    pub memory: u32,
    /// The kernel.
    pub kernel: PathBuf,
    /// The initrd.
    pub initrd: PathBuf,
    /// The kernel's command line.
    pub command_line: String,
}

/// The machine, switched on.
#[derive(Debug)]
pub struct Node {
    /// Its serial line.
    pub screen: Program,
    card: Option<JoinHandle<()>>,
}

impl Node {
    /// Switches it on. Always emulated (TCG): slower than KVM, but the same everywhere.
    ///
    /// # Errors
    /// QEMU isn't here, or does not start.
    pub fn switch_on(inside: &Namespace, parts: &Parts<'_>) -> Outcome<Self> {
        let (proxy, qemus_proxy) = UnixStream::pair()?;
        let (qtest, qemus_qtest) = UnixStream::pair()?;
        let mut command = Command::new(peers::QEMU.path()?);
        command
            .args(["-accel", "tcg", "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot"])
            .arg("-m")
            .arg(parts.memory.to_string())
            .args(["-machine", "pc,memory-backend=ram", "-object"])
            .arg(format!("memory-backend-memfd,id=ram,size={}M,share=on", parts.memory))
            .arg("-object")
            .arg(format!("memory-backend-memfd,id=window,size={WINDOW},share=on"))
            .args(["-device", "ivshmem-plain,memdev=window", "-device"])
            .arg(format!("x-pci-proxy-dev,id=card,fd={}", qemus_proxy.as_raw_fd()))
            .arg("-chardev")
            .arg(format!("socket,id=qtest,fd={}", qemus_qtest.as_raw_fd()))
            .args(["-qtest", "chardev:qtest", "-qtest-log", "none", "-kernel"])
            .arg(&parts.kernel)
            .arg("-initrd")
            .arg(&parts.initrd)
            .arg("-append")
            .arg(&parts.command_line);
        // SAFETY: between fork and exec only two system calls are made, which allocate nothing and take no lock. The
        // command owns the sockets, so that they live until it has started.
        unsafe {
            command.pre_exec(move || {
                fcntl_setfd(&qemus_proxy, FdFlags::empty())?;
                fcntl_setfd(&qemus_qtest, FdFlags::empty())?;
                Ok(())
            });
        }
        let screen = Program::start(inside, command)?;
        let sockets = Sockets { proxy, qtest, fabric: parts.fabric.to_owned() };
        let guid = parts.guid;
        let card = std::thread::Builder::new().name("card".to_owned()).spawn(move || {
            if let Err(error) = hca::serve(guid, sockets) {
                eprintln!("the card fails: {error}");
            }
        })?;
        Ok(Self { screen, card: Some(card) })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // The card ends with QEMU.
        self.screen.kill();
        if let Some(card) = self.card.take() {
            let _ = card.join();
        }
    }
}
