//! Where received bytes go: a file that gets its name only when it is whole, or a stream.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::plain;
use crate::{Error, Mistake};

/// How many bytes are written at once where they come in order: a block is a small part of it.
const TOGETHER: usize = 256 << 10;

/// A place for received bytes.
#[derive(Debug)]
pub enum Sink {
    /// A temporary file beside the final name.
    File {
        /// Removed when it is dropped without a name.
        partial: NamedTempFile,
        /// The final name.
        name: PathBuf,
        /// What is still to be written, one piece of the file.
        waiting: Piece,
    },
    /// Standard output, a device or a pipe: in order, and what has been written is written.
    Stream {
        /// The stream.
        stream: File,
        /// How many bytes it has taken.
        written: u64,
    },
}

/// Bytes that follow each other, and where the first belongs.
#[derive(Debug, Default)]
pub struct Piece {
    start: u64,
    bytes: Vec<u8>,
}

impl Piece {
    fn add(&mut self, file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let follows = offset == self.start + self.bytes.len() as u64;
        if !follows || self.bytes.len() + bytes.len() > TOGETHER {
            self.write(file)?;
        }
        if self.bytes.is_empty() {
            self.start = offset;
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn write(&mut self, file: &File) -> io::Result<()> {
        let result = file.write_all_at(&self.bytes, self.start);
        self.bytes.clear();
        result
    }
}

impl Sink {
    /// A place for what is to be called `name`; `-` is standard output.
    ///
    /// # Errors
    /// [`Mistake::Unwritable`]: there is no such directory, or no right to write into it.
    pub fn create(name: &Path) -> Result<Self, Error> {
        let unwritable = |error: io::Error| {
            Error::mistake(Mistake::Unwritable, name.display().to_string()).because(plain(&error))
        };
        if name == Path::new("-") {
            use std::os::fd::AsFd;
            let stream = io::stdout().as_fd().try_clone_to_owned().map_err(unwritable)?;
            return Ok(Self::stream(stream.into()));
        }
        if name.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            return File::options().write(true).open(name).map(Self::stream).map_err(unwritable);
        }
        if name.is_dir() || name.file_name().is_none() {
            return Err(unwritable(io::ErrorKind::IsADirectory.into()));
        }
        let directory = match name.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let partial = tempfile::Builder::new()
            .prefix(".netboot-")
            .suffix(".part")
            // Narrowed by the umask, as for any file that a program makes.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(directory)
            .map_err(unwritable)?;
        Ok(Self::File { partial, name: name.to_owned(), waiting: Piece::default() })
    }

    fn stream(stream: File) -> Self {
        Self::Stream { stream, written: 0 }
    }

    /// Whether bytes may come in any order.
    #[must_use]
    pub fn takes_any_order(&self) -> bool {
        matches!(self, Self::File { .. })
    }

    /// Puts `bytes` at `offset`. A stream must get them in order; what it has taken before it does not take again.
    ///
    /// # Errors
    /// What the operating system answers.
    pub fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::File { partial, waiting, .. } => waiting.add(partial.as_file(), offset, bytes),
            Self::Stream { stream, written } => {
                let known = usize::try_from(written.saturating_sub(offset)).unwrap_or(usize::MAX);
                let new = bytes.get(known..).unwrap_or_default();
                stream.write_all(new)?;
                *written += new.len() as u64;
                Ok(())
            }
        }
    }

    /// The file will come again from its start.
    ///
    /// # Errors
    /// What the operating system answers.
    pub fn restart(&mut self) -> io::Result<()> {
        match self {
            Self::File { partial, waiting, .. } => {
                waiting.bytes.clear();
                partial.as_file().set_len(0)
            }
            Self::Stream { .. } => Ok(()),
        }
    }

    /// The file is whole: it gets its name, in place of one that was there.
    ///
    /// # Errors
    /// [`Trouble::LocalFile`](crate::Trouble::LocalFile).
    pub fn finish(self) -> Result<(), Error> {
        match self {
            Self::File { partial, name, mut waiting } => {
                let what = name.display().to_string();
                waiting.write(partial.as_file()).map_err(|error| Error::local_file(what.as_str(), &error))?;
                partial.persist(name).map(drop).map_err(|error| Error::local_file(what, &error.error))
            }
            Self::Stream { .. } => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sink;

    #[test]
    fn a_file_has_its_name_only_when_it_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let name = directory.path().join("kernel");
        let mut sink = Sink::create(&name).unwrap();
        sink.write_at(2, b"cd").unwrap();
        sink.write_at(0, b"ab").unwrap();
        assert!(!name.exists());
        sink.finish().unwrap();
        assert_eq!(std::fs::read(&name).unwrap(), b"abcd");

        let mut sink = Sink::create(&name).unwrap();
        sink.write_at(0, b"xx").unwrap();
        drop(sink);
        assert_eq!(std::fs::read(&name).unwrap(), b"abcd");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_directory_is_no_file() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Sink::create(directory.path()).unwrap_err().exit_code(), 2);
        assert_eq!(Sink::create(&directory.path().join("none/x")).unwrap_err().exit_code(), 2);
    }
}
