//! Real files to serve: Debian's kernel, an initrd that reports what arrived, and files of known digest.

use crate::packages::Peer;
use crate::{Outcome, cpio::Archive, peers};
use bootproto_core::Rng;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

/// The command line that the machines are booted with. A kernel that counts too few ticks of the timer, for the host is
/// busy, would otherwise end there.
///
/// A root on ramfs may fill the whole memory; on tmpfs, which the kernel takes otherwise, half of what the packed initrd
/// leaves: one of a gigabyte would not fit a machine of three.
pub const COMMAND_LINE: &str = "console=ttyS0,115200 quiet no_timer_check rootfstype=ramfs interop=yes";

/// What the initrd runs: it says that it lives, with what command line, and the digest of the payload.
const INIT: &str = "#!/bin/busybox sh
bb=/bin/busybox
$bb mount -t proc none /proc
echo \"\"
echo \"BOOTED with: $($bb cat /proc/cmdline)\"
echo \"PAYLOAD $($bb sha256sum < /payload.bin)\"
echo \"FINISHED\"
$bb poweroff -f
";

/// A temporary folder that a server serves.
#[derive(Debug)]
pub struct Tree {
    folder: tempfile::TempDir,
    aside: tempfile::TempDir,
}

impl Tree {
    /// An empty one, which any user may read: servers drop their rights.
    ///
    /// # Errors
    /// No place for it.
    pub fn new() -> Outcome<Self> {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = crate::packages::folder().join("work");
        std::fs::create_dir_all(&parent)?;
        let make = |prefix: &str| {
            let folder = tempfile::Builder::new()
                .prefix(prefix)
                .suffix(&format!(".{}", std::process::id()))
                .tempdir_in(&parent)?;
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
            Ok::<_, std::io::Error>(folder)
        };
        Ok(Self { folder: make("tree")?, aside: make("aside")? })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A place for a file that belongs to a server but is not served.
    #[must_use]
    pub fn beside(&self, name: &str) -> PathBuf {
        self.aside.path().join(name)
    }

    /// A path inside.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Adds a file and gives its digest.
    ///
    /// # Errors
    /// It can't be written.
    pub fn add(&self, name: &str, content: &[u8]) -> Outcome<String> {
        let path = self.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, content)?;
        Ok(digest(content))
    }

    /// Adds a file of seeded random bytes and gives its digest. Big ones are made once and linked.
    ///
    /// # Errors
    /// It can't be written.
    pub fn add_random(&self, name: &str, size: usize) -> Outcome<String> {
        static MADE: Mutex<Vec<(usize, String)>> = Mutex::new(Vec::new());
        let store =
            crate::packages::folder().join("work").join(format!("random-{size}.{}", std::process::id()));
        let mut made = MADE.lock().map_err(|_| "another test failed while it made a file")?;
        let known = made.iter().find(|(other, _)| *other == size).map(|(_, digest)| digest.clone());
        let digest = match known {
            Some(digest) => digest,
            None => {
                let bytes = random(size as u64, size);
                std::fs::write(&store, &bytes)?;
                made.push((size, digest(&bytes)));
                digest(&bytes)
            }
        };
        std::fs::hard_link(&store, self.join(name))?;
        Ok(digest)
    }

    /// Adds a copy of a file from elsewhere and gives its digest.
    ///
    /// # Errors
    /// It can't be read or written.
    pub fn add_copy(&self, name: &str, from: &Path) -> Outcome<String> {
        let content = std::fs::read(from).map_err(|error| format!("{}: {error}", from.display()))?;
        self.add(name, &content)
    }

    /// The digest of a file inside.
    ///
    /// # Errors
    /// It isn't there.
    pub fn digest(&self, name: &str) -> Outcome<String> {
        let path = self.join(name);
        Ok(digest(&std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?))
    }
}

/// Bytes that no peer could make up.
#[must_use]
pub fn random(seed: u64, size: usize) -> Vec<u8> {
    let mut chance = Rng::new(seed);
    let mut bytes: Vec<u8> =
        std::iter::repeat_with(|| chance.next_u64().to_le_bytes()).take(size.div_ceil(8)).flatten().collect();
    bytes.truncate(size);
    bytes
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Removes the big files that [`Tree::add_random`] keeps for the life of the process.
pub fn clean() {
    let suffix = format!(".{}", std::process::id());
    let Ok(entries) = std::fs::read_dir(crate::packages::folder().join("work")) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().ends_with(&suffix)) {
        let _ = std::fs::remove_file(entry.path());
    }
}

/// Debian's kernel.
///
/// # Errors
/// The package isn't here.
pub fn kernel() -> Outcome<PathBuf> {
    kernel_of(&peers::LINUX)
}

/// The kernel of one of Debian's packages.
///
/// # Errors
/// Its package isn't here.
pub fn kernel_of(package: &Peer) -> Outcome<PathBuf> {
    let found = std::fs::read_dir(package.path()?)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("vmlinuz")));
    found.ok_or_else(|| "no vmlinuz in the kernel's package".into())
}

/// An initrd and the digest of the payload inside, which the booted system has to print.
#[derive(Debug)]
pub struct Initrd {
    /// The archive.
    pub bytes: Vec<u8>,
    /// The digest of `/payload.bin`.
    pub payload: String,
}

/// The initrd with a payload of one mebibyte.
///
/// # Errors
/// busybox isn't here.
pub fn initrd() -> Outcome<&'static Initrd> {
    static MADE: OnceLock<Result<Initrd, String>> = OnceLock::new();
    let made = MADE.get_or_init(|| initrd_with(1 << 20).map_err(|error| error.to_string()));
    made.as_ref().map_err(|error| error.as_str().into())
}

/// An initrd with a payload of so many bytes.
///
/// # Errors
/// busybox isn't here.
pub fn initrd_with(payload: usize) -> Outcome<Initrd> {
    initrd_of(&peers::BUSYBOX, payload)
}

/// The same with this busybox.
///
/// # Errors
/// It isn't here.
pub fn initrd_of(busybox: &Peer, payload: usize) -> Outcome<Initrd> {
    let busybox = std::fs::read(busybox.path()?)?;
    let payload = random(payload as u64, payload);
    let mut archive = Archive::default();
    for folder in ["bin", "dev", "proc"] {
        archive.folder(folder);
    }
    archive.device("dev/console", 5, 1);
    archive.file("bin/busybox", &busybox);
    archive.file("init", INIT.as_bytes());
    archive.file("payload.bin", &payload);
    Ok(Initrd { bytes: archive.finish(), payload: digest(&payload) })
}
