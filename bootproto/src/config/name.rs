//! Names of files: as they stand in a configuration, and as the server is asked for them.

use crate::config::Fault;
use core::fmt;
use core::net::Ipv4Addr;

use bootproto_core::text::{decimal, ipv4};
use heapless::Vec;

/// The longest name that a TFTP request can carry beside its options, with room to spare.
const LONGEST: usize = 255;

/// A file's name as the server is asked for it; bytes, at most 255.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct FileName {
    bytes: Vec<u8, LONGEST>,
}

impl FileName {
    /// The empty name.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// The name made of `parts`, one after the other.
    ///
    /// # Errors
    /// [`Fault::NameTooLong`] if that is more than 255 bytes.
    pub fn join(parts: &[&[u8]]) -> Result<Self, Fault> {
        let mut name = Self::new();
        for part in parts {
            name.push(part)?;
        }
        Ok(name)
    }

    /// Adds `part` at the end.
    ///
    /// # Errors
    /// [`Fault::NameTooLong`]; the name is then as before.
    pub fn push(&mut self, part: &[u8]) -> Result<(), Fault> {
        self.bytes.extend_from_slice(part).map_err(|_full| Fault::NameTooLong)
    }

    /// The name.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl AsRef<[u8]> for FileName {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl fmt::Display for FileName {
    /// Prints the name; bytes that are not printable ASCII as `\xNN`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.bytes.escape_ascii())
    }
}

/// How a file is to be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// TFTP: the name says so, or says nothing.
    Tftp,
    /// `http://`.
    Http,
    /// `https://`.
    Https,
    /// `ftp://`.
    Ftp,
    /// Another word before `://`.
    Other,
}

/// Which server a name asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Host<'t> {
    /// The one that the boot file came from: the name says none.
    Same,
    /// This one.
    Address(Ipv4Addr),
    /// One that somebody has to look up first.
    Named(&'t [u8]),
}

/// A file's name as it stands in a configuration, taken apart.
///
/// PXELINUX knows four forms: `name` (relative to the path prefix), `/name` and `::name` (not relative),
/// `host::name` and `scheme://host[:port]/name` (another server).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Location<'t> {
    /// How to fetch.
    pub scheme: Scheme,
    /// From where.
    pub host: Host<'t>,
    /// The port, where the name has one.
    pub port: Option<u16>,
    /// The path without server; without the leading slash of a URL, as TFTP servers want it.
    pub path: &'t [u8],
    /// Whether the path prefix goes before the path.
    pub relative: bool,
}

impl<'t> Location<'t> {
    /// Takes `name` apart. Every name means something: one in none of the known forms is a relative path.
    #[must_use]
    pub fn parse(name: &'t [u8]) -> Self {
        if let Some((scheme, rest)) = split_scheme(name) {
            return Self::from_url(scheme, rest);
        }
        if let Some((host, path)) = split_at_pattern(name, b"::") {
            let host = if host.is_empty() { Host::Same } else { parse_host(host) };
            return Self { scheme: Scheme::Tftp, host, port: None, path, relative: false };
        }
        let relative = !name.starts_with(b"/");
        Self { scheme: Scheme::Tftp, host: Host::Same, port: None, path: name, relative }
    }

    fn from_url(scheme: Scheme, rest: &'t [u8]) -> Self {
        let (authority, path) = split_at_pattern(rest, b"/").unwrap_or((rest, b""));
        let (host, port) = match split_at_pattern(authority, b":") {
            Some((host, digits)) => match parse_decimal(digits).and_then(|port| u16::try_from(port).ok()) {
                Some(port) => (host, Some(port)),
                None => (authority, None),
            },
            None => (authority, None),
        };
        let host = if host.is_empty() { Host::Same } else { parse_host(host) };
        Self { scheme, host, port, path, relative: false }
    }

    /// The path as the server is asked for it: behind `prefix` where the name is relative.
    ///
    /// # Errors
    /// [`Fault::NameEmpty`], [`Fault::NameTooLong`].
    pub fn path_under(&self, prefix: &[u8]) -> Result<FileName, Fault> {
        if self.path.is_empty() {
            return Err(Fault::NameEmpty);
        }
        FileName::join(&[if self.relative { prefix } else { b"" }, self.path])
    }
}

/// The part of a boot file's name that other files are relative to: everything up to its last slash.
///
/// PXELINUX takes the last `/`, and also the last `:` of `host::name`, so that `host::pxelinux.0` leaves `host::`.
#[must_use]
pub fn directory(boot_file: &[u8]) -> &[u8] {
    let end = boot_file
        .iter()
        .rposition(|byte| matches!(byte, b'/' | b':'))
        .map_or(0, |last| last.saturating_add(1));
    boot_file.get(..end).unwrap_or_default()
}

/// The two sides of the first `pattern` in `text`.
pub(crate) fn split_at_pattern<'t>(text: &'t [u8], pattern: &[u8]) -> Option<(&'t [u8], &'t [u8])> {
    let at = text.windows(pattern.len().max(1)).position(|window| window == pattern)?;
    Some((text.get(..at)?, text.get(at.saturating_add(pattern.len())..)?))
}

fn split_scheme(name: &[u8]) -> Option<(Scheme, &[u8])> {
    let (word, rest) = split_at_pattern(name, b"://")?;
    if word.is_empty() || !word.iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let known: [(&[u8], Scheme); 4] =
        [(b"tftp", Scheme::Tftp), (b"http", Scheme::Http), (b"https", Scheme::Https), (b"ftp", Scheme::Ftp)];
    let scheme = known
        .into_iter()
        .find(|(text, _)| word.eq_ignore_ascii_case(text))
        .map_or(Scheme::Other, |known| known.1);
    Some((scheme, rest))
}

fn parse_host(text: &[u8]) -> Host<'_> {
    match ipv4(text) {
        Some(address) => Host::Address(address),
        None => Host::Named(text),
    }
}

/// A decimal number that is nothing but digits.
pub(crate) fn parse_decimal(text: &[u8]) -> Option<u32> {
    decimal(text).and_then(|number| u32::try_from(number).ok())
}
