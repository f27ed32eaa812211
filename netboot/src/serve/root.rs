//! The one directory, and what may be opened in it.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use nix::libc;

use crate::transfer::FileSource;
use crate::{Error, Mistake, Trouble};

/// Names of uploads that are not whole yet begin with this; no client may name one.
const UNFINISHED: &[u8] = b".netboot-";

/// The directory whose files are served. Nothing outside of it can be reached through it.
#[derive(Debug)]
pub struct Root(Dir);

impl Root {
    /// Opens the directory.
    ///
    /// # Errors
    /// [`Mistake::RootNotDirectory`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let opened = Dir::open_ambient_dir(path, ambient_authority());
        // To open a directory takes less of a right than to find a file in it.
        opened.and_then(|root| root.metadata(".").map(|_| Self(root))).map_err(|error| {
            Error::mistake(Mistake::RootNotDirectory, path.display().to_string()).because(error)
        })
    }

    /// Opens a regular file for reading, by the name that a client sent.
    ///
    /// # Errors
    /// [`Trouble::Forbidden`] for a name or a link that leads out and for what is no regular file,
    /// [`Trouble::NotFound`], [`Trouble::LocalFile`].
    pub fn read(&self, name: &[u8]) -> Result<FileSource, Trouble> {
        let path = confined(name)?;
        // To open a device is to use it: it must not come to that.
        if !self.0.metadata(&path).map_err(|error| trouble(&error))?.is_file() {
            return Err(Trouble::Forbidden);
        }
        let mut options = OpenOptions::new();
        // What has become a FIFO between the two looks would hold the whole server until somebody writes to it.
        options.read(true).custom_flags(libc::O_NONBLOCK);
        let file = self.0.open_with(path, &options).map_err(|error| trouble(&error))?;
        if !file.metadata().map_err(|error| trouble(&error))?.is_file() {
            return Err(Trouble::Forbidden);
        }
        FileSource::new(file.into_std()).map_err(|error| trouble(&error))
    }

    /// Begins to store a file under the name that a client sent, in a directory that exists.
    ///
    /// # Errors
    /// As [`read`](Self::read), and [`Trouble::Exists`] where there is such a file and it must stay.
    pub fn write(&self, name: &[u8], overwrite: bool) -> Result<Upload, Trouble> {
        let path = confined(name)?;
        let file_name = path.file_name().ok_or(Trouble::Forbidden)?.to_owned();
        let directory = match path.parent() {
            Some(parent) if parent != Path::new("") => {
                self.0.open_dir(parent).map_err(|error| trouble(&error))?
            }
            _ => self.0.try_clone().map_err(|error| trouble(&error))?,
        };
        match directory.symlink_metadata(&file_name) {
            Ok(found) if !found.is_file() => return Err(Trouble::Forbidden),
            Ok(_) if !overwrite => return Err(Trouble::Exists),
            _ => {}
        }
        let unfinished = format!(".netboot-{:016x}.part", crate::drive::seed());
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let file = directory.open_with(&unfinished, &options).map_err(|error| trouble(&error))?.into_std();
        Ok(Upload { directory, unfinished, name: file_name.into(), file, overwrite })
    }
}

/// A file that is being stored. It disappears when it is dropped unfinished.
#[derive(Debug)]
pub struct Upload {
    directory: Dir,
    unfinished: String,
    name: PathBuf,
    file: File,
    overwrite: bool,
}

impl Upload {
    /// Puts `bytes` at `offset`.
    ///
    /// # Errors
    /// What the operating system answers.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    /// The file is whole: it gets its name.
    ///
    /// # Errors
    /// [`Trouble::Exists`] if a file of that name has appeared meanwhile and must stay, [`Trouble::LocalFile`].
    pub fn finish(self) -> Result<(), Trouble> {
        let result = if self.overwrite {
            self.directory.rename(&self.unfinished, &self.directory, &self.name)
        } else {
            // A link never replaces anything; the unfinished name goes when `self` is dropped.
            self.directory.hard_link(&self.unfinished, &self.directory, &self.name)
        };
        result.map_err(|error| trouble(&error))
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove.
        let _ = self.directory.remove_file(&self.unfinished);
    }
}

/// The path under the root that a client means: some ROMs send backslashes, some a leading slash.
fn confined(name: &[u8]) -> Result<PathBuf, Trouble> {
    let mut path = PathBuf::new();
    for part in name.split(|byte| matches!(byte, b'/' | b'\\')) {
        match part {
            b"" | b"." => {}
            b".." => return Err(Trouble::Forbidden),
            part if part.contains(&0) || part.starts_with(UNFINISHED) => return Err(Trouble::Forbidden),
            part => path.push(OsStr::from_bytes(part)),
        }
    }
    if path.as_os_str().is_empty() { Err(Trouble::Forbidden) } else { Ok(path) }
}

fn trouble(error: &io::Error) -> Trouble {
    match error.raw_os_error() {
        Some(libc::ELOOP) => return Trouble::Forbidden,
        // The sandbox refuses with an error of its own.
        Some(libc::EACCES) => return Trouble::NoAccess,
        _ => {}
    }
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Trouble::NotFound,
        // The sandbox answers so for a link that leads out.
        io::ErrorKind::PermissionDenied
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::InvalidInput
        | io::ErrorKind::InvalidFilename => Trouble::Forbidden,
        io::ErrorKind::AlreadyExists => Trouble::Exists,
        _ => Trouble::LocalFile,
    }
}

#[cfg(test)]
mod tests {
    use super::Root;
    use crate::Trouble;
    use bootproto_tftp::Source;
    use std::os::unix::fs::symlink;

    fn tree() -> (tempfile::TempDir, Root) {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("root");
        std::fs::create_dir_all(root.join("boot/x86")).unwrap();
        std::fs::write(root.join("boot/nbp"), b"nbp").unwrap();
        std::fs::write(outer.path().join("secret"), b"secret").unwrap();
        symlink("../secret", root.join("relative")).unwrap();
        symlink(outer.path().join("secret"), root.join("absolute")).unwrap();
        symlink("..", root.join("up")).unwrap();
        symlink("boot/nbp", root.join("inside")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        let opened = Root::open(&root).unwrap();
        (outer, opened)
    }

    #[test]
    fn every_way_a_rom_writes_a_name_leads_to_the_file() {
        let (_outer, root) = tree();
        for name in
            [&b"boot/nbp"[..], b"/boot/nbp", b"\\boot\\nbp", b"//boot/./nbp", b"inside", b"boot\\/nbp"]
        {
            assert_eq!(root.read(name).map(|source| source.len()), Ok(3), "{}", name.escape_ascii());
        }
    }

    #[test]
    fn nothing_outside_the_root_can_be_read() {
        let (_outer, root) = tree();
        for name in [
            &b"../secret"[..],
            b"/../secret",
            b"..\\secret",
            b"boot/../../secret",
            b"relative",
            b"absolute",
            b"up/secret",
            b"boot/../nbp",
            b"loop",
            b"boot",
            b"/",
            b"",
            b".",
            b"..",
            b"boot/nbp\0x",
        ] {
            assert_eq!(root.read(name).map(|_| ()), Err(Trouble::Forbidden), "{}", name.escape_ascii());
        }
        for name in [&b"none"[..], b"boot/nbp/x", b"BOOT/NBP", b"boot/\xff"] {
            assert_eq!(root.read(name).map(|_| ()), Err(Trouble::NotFound), "{}", name.escape_ascii());
        }
    }

    #[test]
    fn a_fifo_neither_blocks_nor_is_served() {
        let (outer, root) = tree();
        let fifo = outer.path().join("root/fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        assert_eq!(root.read(b"fifo").map(|_| ()), Err(Trouble::Forbidden));
    }

    #[test]
    fn an_upload_appears_whole_or_not_at_all_and_replaces_nothing() {
        let (outer, root) = tree();
        let path = outer.path().join("root/boot/new");
        let upload = root.write(b"/boot\\new", false).unwrap();
        upload.write_at(0, b"abc").unwrap();
        assert!(!path.exists());
        std::fs::write(&path, b"other").unwrap();
        assert_eq!(upload.finish(), Err(Trouble::Exists));
        assert_eq!(std::fs::read(&path).unwrap(), b"other");
        assert_eq!(root.write(b"boot/new", false).map(|_| ()), Err(Trouble::Exists));

        let upload = root.write(b"boot/new", true).unwrap();
        upload.write_at(0, b"abc").unwrap();
        upload.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"abc");
        drop(root.write(b"boot/other", false).unwrap());
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 3);
    }

    #[test]
    fn nothing_outside_the_root_can_be_written() {
        let (outer, root) = tree();
        for name in [&b"../new"[..], b"up/new", b"relative", b"boot", b"", b".netboot-x"] {
            assert_eq!(
                root.write(name, true).map(|_| ()),
                Err(Trouble::Forbidden),
                "{}",
                name.escape_ascii()
            );
        }
        assert_eq!(root.write(b"none/new", true).map(|_| ()), Err(Trouble::NotFound));
        assert_eq!(std::fs::read(outer.path().join("secret")).unwrap(), b"secret");
    }

    #[test]
    fn a_root_that_is_no_directory_is_a_mistake() {
        let (outer, _root) = tree();
        let error = Root::open(&outer.path().join("secret")).unwrap_err();
        assert_eq!((error.exit_code(), error.code().to_string().as_str()), (2, "BP6306"));
    }
}
