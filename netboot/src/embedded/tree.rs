//! A small tree to boot from, made by the program: it is for trying things out, and every file says so.

use std::fs;
use std::io;
use std::path::Path;

use bootproto_core::Rng;
use sha2::{Digest, Sha256};

use super::{bzimage, cpio};

/// The files of the tree, as a client names them.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Names;

impl Names {
    /// The network boot program.
    pub const NBP: &'static str = "sample.nbp";
    /// The path prefix under which the rest lies.
    pub const PREFIX: &'static str = "boot/";
    /// The configuration file.
    pub const CONFIG: &'static str = "boot/pxelinux.cfg/default";
    /// The kernel.
    pub const KERNEL: &'static str = "boot/sample-kernel";
    /// The initial file system.
    pub const INITRD: &'static str = "boot/sample-initrd.cpio";
    /// Digests of the kernel and the initial file system, named as seen from beside the configuration.
    pub const DIGESTS: &'static str = "boot/pxelinux.cfg/SHA256SUMS";
}

/// How many bytes of the kernel are beyond its header.
const KERNEL_BODY: usize = 6 << 20;

/// How many bytes of the initial file system are filling.
const INITRD_FILLING: usize = 2 << 20;

const CONFIGURATION: &str = "\
# A sample made by netboot; nothing here is a real system.
DEFAULT sample
PROMPT 0
TIMEOUT 0

LABEL sample
  MENU LABEL Sample kernel and initrd
  KERNEL sample-kernel
  INITRD sample-initrd.cpio
  APPEND console=ttyS0 quiet root=/dev/ram0
";

const README: &str =
    "This initrd is a sample made by netboot. It holds this text and filling, and no system.\n";

/// Writes the tree into an existing directory. The same seed gives the same bytes.
///
/// # Errors
/// What the operating system answers.
pub fn write(directory: &Path, seed: u64) -> io::Result<()> {
    let mut rng = Rng::new(seed);
    fs::create_dir_all(directory.join("boot/pxelinux.cfg"))?;
    let kernel = bzimage::sample(&filling(&mut rng, KERNEL_BODY));
    let mut initrd = cpio::Archive::new();
    initrd.directory("sample");
    initrd.file("sample/README", README.as_bytes());
    initrd.file("sample/filling", &filling(&mut rng, INITRD_FILLING));
    let initrd = initrd.finish();
    let digests =
        format!("{}  ../sample-kernel\n{}  ../sample-initrd.cpio\n", sha256(&kernel), sha256(&initrd));
    fs::write(directory.join(Names::NBP), nbp())?;
    fs::write(directory.join(Names::CONFIG), CONFIGURATION)?;
    fs::write(directory.join(Names::KERNEL), kernel)?;
    fs::write(directory.join(Names::INITRD), initrd)?;
    fs::write(directory.join(Names::DIGESTS), digests)
}

/// A network boot program that only halts: `cli; hlt; jmp` to the `hlt`, then a text.
fn nbp() -> Vec<u8> {
    let mut program = vec![0xfa, 0xf4, 0xeb, 0xfd];
    program.extend_from_slice(b"sample network boot program made by netboot: it only halts\n");
    program.resize(4096, 0);
    program
}

fn filling(rng: &mut Rng, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length.next_multiple_of(8));
    while bytes.len() < length {
        bytes.extend_from_slice(&rng.next_u64().to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// The digest in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Names, write};
    use std::process::{Command, Stdio};

    #[test]
    fn the_digests_agree_with_another_program() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), 1).unwrap();
        let checked = Command::new("sha256sum")
            .args(["--check", "--strict", "SHA256SUMS"])
            .current_dir(directory.path().join("boot/pxelinux.cfg"))
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(checked.success());
        assert!(directory.path().join(Names::NBP).exists() && directory.path().join(Names::CONFIG).exists());
    }

    #[test]
    fn the_same_seed_gives_the_same_tree() {
        let make = |seed| {
            let directory = tempfile::tempdir().unwrap();
            write(directory.path(), seed).unwrap();
            std::fs::read(directory.path().join(Names::DIGESTS)).unwrap()
        };
        assert_eq!(make(7), make(7));
        assert_ne!(make(7), make(8));
    }
}
