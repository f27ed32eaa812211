//! The list of digests, `SHA256SUMS`.

use crate::verify::{Digest, VerifyError};

/// A view of a list of digests, as `sha256sum` writes and reads them:
///
/// - `hex  name` and `hex *name` (text and binary mode, which are the same),
/// - `SHA256 (name) = hex` (`--tag`, and the BSDs),
/// - a backslash before either form where the name is escaped: reported as [`VerifyError::EscapedName`], for no name
///   that we ask for needs it.
///
/// Empty lines and lines with `#` are passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manifest<'t> {
    text: &'t [u8],
}

/// One file of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line<'t> {
    /// The line's number, from 1.
    pub number: u32,
    /// The file's name as written.
    pub name: &'t [u8],
    /// Its digest.
    pub digest: Digest,
}

impl<'t> Manifest<'t> {
    /// A view of `text`. Nothing is checked yet.
    #[must_use]
    pub const fn new(text: &'t [u8]) -> Self {
        Self { text }
    }

    /// The lines that name a file, and those that are not understood.
    #[must_use]
    pub const fn lines(&self) -> Lines<'t> {
        Lines { rest: self.text, number: 0 }
    }

    /// The digest of the file `name`, a path relative to where the list lies. `None` if the list doesn't name it.
    ///
    /// # Errors
    /// As [`digest_at`](Self::digest_at).
    pub fn digest_of(&self, name: &[u8]) -> Result<Option<Digest>, VerifyError> {
        self.digest_at(b"", name)
    }

    /// The digest of the file at `path`, for a list that lies in `directory`; both are relative to the server's root.
    /// The list's names are relative to `directory`: the list `pxelinux.cfg/SHA256SUMS` calls the file `boot/linux`
    /// `../boot/linux`. Segments `.` and `..` and doubled slashes are resolved on both sides.
    ///
    /// # Errors
    /// [`VerifyError::Conflict`] if two lines for the file differ. A line that isn't understood might be about this very
    /// file, so it spoils the whole list: [`VerifyError::BadLine`], [`VerifyError::EscapedName`].
    pub fn digest_at(&self, directory: &[u8], path: &[u8]) -> Result<Option<Digest>, VerifyError> {
        let special = path.contains(&b'\\') || path.contains(&b'\n');
        let mut found: Option<Digest> = None;
        for line in self.lines() {
            let line = match line {
                // An escaped name is none without a character that needs it.
                Err(VerifyError::EscapedName { .. }) if !special => continue,
                other => other?,
            };
            if !Segments::new(directory, line.name).eq(Segments::new(b"", path)) {
                continue;
            }
            match found {
                Some(before) if before != line.digest => {
                    return Err(VerifyError::Conflict { line: line.number });
                }
                _ => found = Some(line.digest),
            }
        }
        Ok(found)
    }

    /// Compares the digest of the file at `path` with the list that lies in `directory`.
    ///
    /// # Errors
    /// [`VerifyError::Unlisted`], [`VerifyError::Mismatch`], and those of [`digest_at`](Self::digest_at).
    pub fn check(&self, directory: &[u8], path: &[u8], digest: &Digest) -> Result<(), VerifyError> {
        match self.digest_at(directory, path)? {
            None => Err(VerifyError::Unlisted),
            Some(listed) if listed == *digest => Ok(()),
            Some(_) => Err(VerifyError::Mismatch),
        }
    }
}

/// The segments of a path, the last one first, without `.` and `..`. What climbs above the root stays at the root.
struct Segments<'t> {
    directory: &'t [u8],
    name: &'t [u8],
    climb: usize,
}

impl<'t> Segments<'t> {
    /// `name` seen from `directory`; a name with a slash before it is seen from the root.
    fn new(directory: &'t [u8], name: &'t [u8]) -> Self {
        Self { directory: if name.starts_with(b"/") { b"" } else { directory }, name, climb: 0 }
    }

    fn last(&mut self) -> Option<&'t [u8]> {
        let part = if self.name.is_empty() { &mut self.directory } else { &mut self.name };
        if part.is_empty() {
            return None;
        }
        let slash = part.iter().rposition(|byte| *byte == b'/');
        let segment = part.get(slash.map_or(0, |slash| slash.saturating_add(1))..).unwrap_or_default();
        *part = part.get(..slash.unwrap_or(0)).unwrap_or_default();
        Some(segment)
    }
}

impl<'t> Iterator for Segments<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        loop {
            match self.last()? {
                b"" | b"." => {}
                b".." => self.climb = self.climb.saturating_add(1),
                _ if self.climb > 0 => self.climb = self.climb.saturating_sub(1),
                segment => return Some(segment),
            }
        }
    }
}

/// The lines of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines<'t> {
    rest: &'t [u8],
    number: u32,
}

impl<'t> Iterator for Lines<'t> {
    type Item = Result<Line<'t>, VerifyError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let end = self.rest.iter().position(|byte| *byte == b'\n').unwrap_or(self.rest.len());
            let line = self.rest.get(..end).unwrap_or_default();
            self.rest = self.rest.get(end.saturating_add(1)..).unwrap_or_default();
            self.number = self.number.saturating_add(1);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.trim_ascii().is_empty() || line.starts_with(b"#") {
                continue;
            }
            let number = self.number;
            if line.starts_with(b"\\") {
                return Some(Err(VerifyError::EscapedName { line: number }));
            }
            let parsed = parse_plain(line).or_else(|| parse_tagged(line));
            return Some(match parsed {
                Some((digest, name)) => Ok(Line { number, name, digest }),
                None => Err(VerifyError::BadLine { line: number }),
            });
        }
    }
}

/// `hex  name`, `hex *name`.
fn parse_plain(line: &[u8]) -> Option<(Digest, &[u8])> {
    let (hex, rest) = line.split_at_checked(64)?;
    let name = rest.strip_prefix(b"  ").or_else(|| rest.strip_prefix(b" *"))?;
    if name.is_empty() {
        return None;
    }
    Some((Digest::from_hex(hex)?, name))
}

/// `SHA256 (name) = hex`.
fn parse_tagged(line: &[u8]) -> Option<(Digest, &[u8])> {
    let rest = line.strip_prefix(b"SHA256 (")?;
    let (rest, hex) = rest.split_at_checked(rest.len().checked_sub(64)?)?;
    let name = rest.strip_suffix(b") = ")?;
    if name.is_empty() {
        return None;
    }
    Some((Digest::from_hex(hex)?, name))
}
