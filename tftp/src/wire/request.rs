//! RRQ and WRQ.

use bootproto_core::{ParseError, ParseErrorKind, Reader, Writer};

use super::{Opcode, OptionList};

/// The longest file name that we send or take, in bytes.
pub const MAX_NAME: usize = 255;

/// Which way the file goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Direction {
    /// RRQ: from the server to the client.
    Read,
    /// WRQ: from the client to the server.
    Write,
}

/// How the bytes are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Mode {
    /// As they are.
    #[default]
    Octet,
    /// Text, with CR LF at the ends of lines and CR NUL for a CR ([`netascii`](crate::netascii)).
    Netascii,
}

impl Mode {
    /// The mode as it is written.
    #[must_use]
    pub const fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::Octet => b"octet",
            Self::Netascii => b"netascii",
        }
    }

    fn from_bytes(mode: &[u8]) -> Option<Self> {
        [Self::Octet, Self::Netascii].into_iter().find(|known| known.as_bytes().eq_ignore_ascii_case(mode))
    }
}

/// A request to read or to write a file (RFC 1350 section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request<'a> {
    /// RRQ or WRQ.
    pub direction: Direction,
    /// The file's name, 1 to 255 bytes. Nothing else has been checked: it may try to leave the server's directory.
    pub file: &'a [u8],
    /// How the bytes are to be understood.
    pub mode: Mode,
    /// The options (RFC 2347).
    pub options: OptionList<'a>,
}

impl<'a> Request<'a> {
    /// Reads an RRQ or a WRQ.
    ///
    /// Every string must end in NUL, the file's name must not be empty nor longer than 255 bytes, and the mode must
    /// be `octet` or `netascii`, in whatever case.
    ///
    /// # Errors
    /// [`ParseError`] says what is wrong, and where. Any other opcode is [`ParseErrorKind::BadMagic`].
    pub fn parse(datagram: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(datagram);
        let at = reader.error(ParseErrorKind::BadMagic);
        let direction = match Opcode(reader.u16()?) {
            Opcode::RRQ => Direction::Read,
            Opcode::WRQ => Direction::Write,
            _ => return Err(at),
        };
        let start = reader;
        let file = reader.c_string()?;
        if file.is_empty() {
            return Err(start.error(ParseErrorKind::BadLength));
        }
        if file.len() > MAX_NAME {
            return Err(start.error(ParseErrorKind::TooLong));
        }
        let at = reader.error(ParseErrorKind::BadValue);
        //= https://www.rfc-editor.org/rfc/rfc1350#section-5
        //# The mode field contains the string "netascii", "octet", or "mail" (or any combination of upper and
        //# lower case, such as "NETASCII", NetAscii", etc.) in netascii indicating the three modes defined in the
        //# protocol.
        let mode = Mode::from_bytes(reader.c_string()?).ok_or(at)?;
        let options = OptionList::strict(reader)?;
        Ok(Self { direction, file, mode, options })
    }

    /// Writes the request up to and with the mode; the options follow by [`OptionName::write`](super::OptionName::write).
    pub fn write_head(writer: &mut Writer<'_>, direction: Direction, file: &[u8], mode: Mode) {
        writer.u16(match direction {
            Direction::Read => Opcode::RRQ.0,
            Direction::Write => Opcode::WRQ.0,
        });
        writer.bytes(file);
        writer.u8(0);
        writer.bytes(mode.as_bytes());
        writer.u8(0);
    }
}
