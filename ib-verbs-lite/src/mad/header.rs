//! The 24 bytes that every MAD starts with.

use bootproto_core::{ParseError, ParseErrorKind, Reader, Writer};

use super::{AttributeId, MAD_LENGTH, Method, MgmtClass, Status};

/// The common MAD header (IBTA 13.4.2). The base version is 1 and not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Header {
    /// The management class.
    pub class: MgmtClass,
    /// The class's version: 1, and 2 for the SA and for communication management.
    pub class_version: u8,
    /// The method.
    pub method: Method,
    /// What a response says; 0 in a request.
    pub status: Status,
    /// Two bytes that a class has its own use for.
    pub class_specific: u16,
    /// The transaction identifier.
    pub tid: u64,
    /// What the MAD is about.
    pub attribute: AttributeId,
    /// Which part of it.
    pub modifier: u32,
}

impl Header {
    /// Its length, in bytes.
    pub const LENGTH: usize = 24;

    /// Reads the header of a whole MAD.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] below 256 bytes, [`ParseErrorKind::BadLength`] above, and
    /// [`ParseErrorKind::BadMagic`] for another base version than 1.
    pub fn parse(mad: &[u8]) -> Result<Self, ParseError> {
        let mut whole = Reader::new(mad);
        whole.take(MAD_LENGTH)?;
        if !whole.is_empty() {
            return Err(whole.error(ParseErrorKind::BadLength));
        }
        let mut reader = Reader::new(mad);
        let at = reader.error(ParseErrorKind::BadMagic);
        if reader.u8()? != 1 {
            return Err(at);
        }
        let class = MgmtClass(reader.u8()?);
        let class_version = reader.u8()?;
        let method = Method(reader.u8()?);
        let status = Status(reader.u16()?);
        let class_specific = reader.u16()?;
        let tid = reader.u64()?;
        let attribute = AttributeId(reader.u16()?);
        reader.take(2)?;
        let modifier = reader.u32()?;
        Ok(Self { class, class_version, method, status, class_specific, tid, attribute, modifier })
    }

    /// Writes it.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(1);
        writer.u8(self.class.0);
        writer.u8(self.class_version);
        writer.u8(self.method.0);
        writer.u16(self.status.0);
        writer.u16(self.class_specific);
        writer.u64(self.tid);
        writer.u16(self.attribute.0);
        writer.zeros(2);
        writer.u32(self.modifier);
    }

    /// The header of the answer to this one; `None` where there is none to give.
    #[must_use]
    pub const fn response(&self, status: Status) -> Option<Self> {
        match self.method.response() {
            Some(method) => Some(Self { method, status, ..*self }),
            None => None,
        }
    }
}
