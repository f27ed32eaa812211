//! Where sent bytes come from.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use bootproto_tftp::{Source, SourceError};

use crate::{Error, Mistake};

/// How much is read at once: a block is a small part of it, and the next one follows as a rule.
const AHEAD: usize = 256 << 10;

/// A file that is read where the machine wants it. Clones share the open file.
#[derive(Debug, Clone)]
pub struct FileSource {
    file: Arc<File>,
    length: u64,
    /// What was read last, and from where.
    ahead: Vec<u8>,
    from: u64,
}

impl FileSource {
    /// An open regular file.
    ///
    /// # Errors
    /// What the operating system answers.
    pub fn new(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { file: Arc::new(file), length, ahead: Vec::new(), from: 0 })
    }

    /// The regular file called `name`; `-` is standard input, which is read to its end, or to `limit` bytes, first.
    ///
    /// # Errors
    /// [`Mistake::Unreadable`].
    pub fn open(name: &Path, limit: u64) -> Result<Self, Error> {
        let what = || format!("reading {}", name.display());
        let unreadable = |error: io::Error| Error::mistake(Mistake::Unreadable, what()).because(error);
        if name != Path::new("-") {
            let file = File::open(name).map_err(unreadable)?;
            if !file.metadata().map_err(unreadable)?.is_file() {
                return Err(Error::mistake(Mistake::Unreadable, what()).because("not a regular file"));
            }
            return Self::new(file).map_err(unreadable);
        }
        let mut file = tempfile::tempfile().map_err(unreadable)?;
        // One byte more than allowed shows that there are more.
        let mut input = io::Read::take(io::stdin().lock(), limit.saturating_add(1));
        io::copy(&mut input, &mut file).map_err(unreadable)?;
        Self::new(file).map_err(unreadable)
    }
}

impl PartialEq for FileSource {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.file, &other.file)
    }
}

impl Eq for FileSource {}

impl Source for FileSource {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, SourceError> {
        let rest = usize::try_from(self.length.saturating_sub(offset)).unwrap_or(usize::MAX);
        let wanted = into.len().min(rest);
        if !self.holds(offset, wanted) {
            self.ahead.resize(rest.min(AHEAD.max(wanted)), 0);
            self.from = offset;
            // A file that has become shorter must not look like one that ends here.
            if self.file.read_exact_at(&mut self.ahead, offset).is_err() {
                self.ahead.clear();
                return Err(SourceError);
            }
        }
        let start = (offset - self.from) as usize;
        into[..wanted].copy_from_slice(&self.ahead[start..start + wanted]);
        Ok(wanted)
    }
}

impl FileSource {
    /// Whether `wanted` bytes from `offset` on were read already.
    fn holds(&self, offset: u64, wanted: usize) -> bool {
        let end = self.from + self.ahead.len() as u64;
        self.from <= offset && offset + wanted as u64 <= end
    }
}

#[cfg(test)]
mod tests {
    use super::FileSource;
    use bootproto_tftp::Source;

    #[test]
    fn reads_anywhere_and_notices_a_file_that_shrinks() {
        let directory = tempfile::tempdir().unwrap();
        let name = directory.path().join("f");
        std::fs::write(&name, b"0123456789").unwrap();
        let mut source = FileSource::open(&name, 100).unwrap();
        let mut buf = [0; 4];
        assert_eq!((source.read_at(8, &mut buf), &buf[..2]), (Ok(2), &b"89"[..]));
        assert_eq!(source.read_at(10, &mut buf), Ok(0));
        std::fs::File::options().write(true).open(&name).unwrap().set_len(5).unwrap();
        assert!(source.read_at(4, &mut buf).is_err());
    }

    #[test]
    fn a_directory_is_no_source() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(FileSource::open(directory.path(), 1).unwrap_err().exit_code(), 2);
    }
}
