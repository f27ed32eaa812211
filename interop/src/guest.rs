//! The inside of a machine that runs Linux: an initrd with busybox, modules of Debian's kernel and programs of its
//! packages with the libraries they need.

use crate::cpio::Archive;
use crate::packages::{How, Peer};
use crate::{Outcome, peers};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where its programs find their libraries.
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";

/// What every `init` begins with: file systems, busybox's commands, the loopback.
const BEGINNING: &str = "#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
echo root:x:0:0::/:/bin/sh > /etc/passwd; echo root:x:0: > /etc/group
ip link set lo up
export PATH=/bin LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu
";

/// An initrd in the making.
#[derive(Debug)]
pub struct Guest {
    archive: Archive,
    modules: BTreeMap<String, PathBuf>,
    loads: String,
    loaded: BTreeSet<String>,
    libraries: BTreeSet<PathBuf>,
}

impl Guest {
    /// One with busybox, for [`peers::LINUX_ALL`].
    ///
    /// # Errors
    /// A package isn't here.
    pub fn new() -> Outcome<Self> {
        let mut archive = Archive::default();
        for folder in [
            "bin",
            "dev",
            "etc",
            "lib",
            "lib/modules",
            "lib64",
            "proc",
            "run",
            "sys",
            "tmp",
            "usr",
            "usr/lib",
            LIBRARIES,
            "var",
            "var/cache",
            "var/cache/opensm",
            "var/lib",
            "var/log",
            "var/run",
        ] {
            archive.folder(folder);
        }
        archive.device("dev/console", 5, 1);
        archive.file("bin/busybox", &std::fs::read(peers::BUSYBOX.path()?)?);
        let mut modules = BTreeMap::new();
        collect(&peers::LINUX_ALL.path()?.with_file_name("lib/modules"), &mut modules)?;
        let (loads, loaded, libraries) = Default::default();
        Ok(Self { archive, modules, loads, loaded, libraries })
    }

    /// Adds a module after those that it depends on, with its parameters. They are loaded when `init` begins.
    ///
    /// # Errors
    /// The kernel has no such module.
    pub fn module(&mut self, name: &str, parameters: &str) -> Outcome {
        let name = name.replace('-', "_");
        if !self.loaded.insert(name.clone()) {
            return Ok(());
        }
        let path = self.modules.get(&name).ok_or_else(|| format!("Debian's kernel has no module {name}"))?;
        let content = std::fs::read(path)?;
        for other in dependencies(&content) {
            self.module(&other, "")?;
        }
        self.archive.file(&format!("lib/modules/{name}.ko"), &content);
        self.loads += &format!("insmod /lib/modules/{name}.ko {parameters} || echo no module {name}\n");
        Ok(())
    }

    /// Adds a program with its libraries, under `/bin`.
    ///
    /// # Errors
    /// It isn't here, or lacks a library.
    pub fn program(&mut self, peer: &Peer) -> Outcome {
        self.program_at(peer, &peer.path()?)
    }

    /// Adds another program of a peer's package.
    ///
    /// # Errors
    /// It isn't there, or lacks a library.
    pub fn program_at(&mut self, peer: &Peer, path: &Path) -> Outcome {
        let name = path.file_name().ok_or("a program has a name")?.to_string_lossy().into_owned();
        self.archive.file(&format!("bin/{name}"), &read(path)?);
        let mut command = Command::new("ldd");
        if let How::Unpack(_) = peer.how {
            let folders = [LIBRARIES, "lib/x86_64-linux-gnu"].map(|folder| peer.unpacked().join(folder));
            command.env("LD_LIBRARY_PATH", folders.map(|folder| folder.display().to_string()).join(":"));
        }
        let output = command.arg(path).output().map_err(|error| format!("ldd: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        for line in text.lines() {
            if line.contains("not found") {
                return Err(format!("{}: {}", path.display(), line.trim()).into());
            }
            // "NAME => /PATH (0xADDRESS)", and the loader as "/PATH (0xADDRESS)".
            if let Some(path) = line.split_whitespace().find(|word| word.starts_with('/')) {
                self.libraries.insert(path.into());
            }
        }
        Ok(())
    }

    /// Adds a file.
    pub fn file(&mut self, name: &str, content: &[u8]) {
        self.archive.file(name, content);
    }

    /// Adds a folder; those above it must be there.
    pub fn folder(&mut self, name: &str) {
        self.archive.folder(name);
    }

    /// The initrd, whose `init` loads the modules and then runs the script.
    ///
    /// # Errors
    /// A library can't be read.
    pub fn finish(mut self, script: &str) -> Outcome<Vec<u8>> {
        for path in &self.libraries {
            let name = path.file_name().ok_or("a library has a name")?.to_string_lossy().into_owned();
            let folder = if name.starts_with("ld-linux") { "lib64" } else { LIBRARIES };
            self.archive.file(&format!("{folder}/{name}"), &read(path)?);
        }
        let init = format!("{BEGINNING}{}{script}", self.loads);
        self.archive.file("init", init.as_bytes());
        Ok(self.archive.finish())
    }
}

/// The kernel of [`peers::LINUX_ALL`].
///
/// # Errors
/// The package isn't here.
pub fn kernel() -> Outcome<PathBuf> {
    let found = std::fs::read_dir(peers::LINUX_ALL.path()?)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("vmlinuz")));
    found.ok_or_else(|| "no vmlinuz in the kernel's package".into())
}

fn read(path: &Path) -> Outcome<Vec<u8>> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// All modules below a folder, by name.
fn collect(folder: &Path, into: &mut BTreeMap<String, PathBuf>) -> Outcome {
    for entry in std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let (path, kind) = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))?;
        if kind.is_dir() {
            collect(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "ko") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().replace('-', "_");
            into.insert(name, path);
        }
    }
    Ok(())
}

/// A module's `.modinfo` has "depends=A,B" between NULs.
fn dependencies(module: &[u8]) -> Vec<String> {
    let mark = b"\0depends=";
    let Some(at) = module.windows(mark.len()).position(|window| window == mark) else { return Vec::new() };
    let list = module[at + mark.len()..].split(|byte| *byte == 0).next().unwrap_or_default();
    let list = String::from_utf8_lossy(list).into_owned();
    list.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
