//! Lists of options: pairs of NUL-terminated strings.

use core::net::Ipv4Addr;

use bootproto_core::text::{decimal, ipv4};
use bootproto_core::{ParseError, ParseErrorKind, Reader};

/// An option's name where it is one that we know; names are compared without regard to case (RFC 2347).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionName {
    /// `blksize`, RFC 2348: bytes in a block, 8 to 65464.
    BlockSize,
    /// `tsize`, RFC 2349: bytes in the file.
    TransferSize,
    /// `timeout`, RFC 2349: seconds, 1 to 255.
    Timeout,
    /// `utimeout`, tftp-hpa: microseconds.
    MicroTimeout,
    /// `windowsize`, RFC 7440: blocks, 1 to 65535.
    WindowSize,
    /// `rollover`, tftp-hpa: what follows block 65535, 0 or 1.
    Rollover,
    /// `multicast`, RFC 2090.
    Multicast,
}

impl OptionName {
    /// Every name that we know.
    pub const ALL: [Self; 7] = [
        Self::BlockSize,
        Self::TransferSize,
        Self::Timeout,
        Self::MicroTimeout,
        Self::WindowSize,
        Self::Rollover,
        Self::Multicast,
    ];

    /// The name as it is written.
    #[must_use]
    pub const fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::BlockSize => b"blksize",
            Self::TransferSize => b"tsize",
            Self::Timeout => b"timeout",
            Self::MicroTimeout => b"utimeout",
            Self::WindowSize => b"windowsize",
            Self::Rollover => b"rollover",
            Self::Multicast => b"multicast",
        }
    }

    /// The option of that name, in whatever case.
    #[must_use]
    pub fn from_bytes(name: &[u8]) -> Option<Self> {
        //= https://www.rfc-editor.org/rfc/rfc2347
        //# Each NULL-terminated field is specified in case-insensitive ASCII.
        Self::ALL.into_iter().find(|known| known.as_bytes().eq_ignore_ascii_case(name))
    }
}

/// The options of a request or an OACK: a view of bytes that were checked once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OptionList<'a>(&'a [u8]);

impl<'a> OptionList<'a> {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The pairs of name and value, in the order of the packet.
    #[must_use]
    pub const fn iter(&self) -> OptionListIter<'a> {
        OptionListIter(Reader::new(self.0))
    }

    /// The rest of `reader` as options, every one of them whole.
    pub(super) fn strict(mut reader: Reader<'a>) -> Result<Self, ParseError> {
        let list = reader.rest();
        while !reader.is_empty() {
            let at = reader.error(ParseErrorKind::BadLength);
            let name = reader.c_string()?;
            if name.is_empty() {
                return Err(at);
            }
            reader.c_string()?;
        }
        Ok(Self(list))
    }

    /// The rest of `reader` as options; what follows the last whole pair is passed over.
    pub(super) fn lenient(mut reader: Reader<'a>) -> Self {
        // IBM's Tivoli PXE server sends bytes after the last option of its OACK, and firmware accepts them.
        let start = reader;
        while !reader.is_empty() {
            let mut pair = reader;
            match (pair.c_string(), pair.c_string()) {
                (Ok(name), Ok(_)) if !name.is_empty() => reader = pair,
                _ => break,
            }
        }
        let length = reader.position().saturating_sub(start.position());
        Self(start.rest().get(..length).unwrap_or_default())
    }
}

impl<'a> IntoIterator for &OptionList<'a> {
    type Item = (&'a [u8], &'a [u8]);
    type IntoIter = OptionListIter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The pairs of an [`OptionList`].
#[derive(Debug, Clone)]
pub struct OptionListIter<'a>(Reader<'a>);

impl<'a> Iterator for OptionListIter<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.c_string().ok()?, self.0.c_string().ok()?))
    }
}

/// The value of `multicast` in an OACK (RFC 2090): `address,port,mc`, where the first two may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Multicast {
    /// The group; `None` where it is the one already told.
    pub group: Option<Ipv4Addr>,
    /// The port; `None` where it is the one already told.
    pub port: Option<u16>,
    /// Whether this client is the master, whose acknowledgements drive the transfer.
    pub master: bool,
}

impl Multicast {
    /// Reads the option's value; `None` if it is none.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let mut parts = value.split(|byte| *byte == b',');
        let (group, port, master) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let group = match group {
            [] => None,
            text => Some(ipv4(text)?),
        };
        let port = match port {
            [] => None,
            text => Some(u16::try_from(decimal(text)?).ok().filter(|port| *port != 0)?),
        };
        let master = match master {
            b"0" => false,
            b"1" => true,
            _ => return None,
        };
        Some(Self { group, port, master })
    }
}
