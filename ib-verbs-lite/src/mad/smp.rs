//! SMPs: MADs on queue pair 0.

use bootproto_core::{ParseError, ParseErrorKind, Reader, Writer};

use super::{Header, MAD_LENGTH, MgmtClass, Status};
use crate::Lid;

/// The highest bit of a directed-route SMP's status: on its way back.
const DIRECTION: u16 = 0x8000;

/// The route of a directed-route SMP (IBTA 14.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Directed {
    /// Whether it is on its way back.
    pub is_returning: bool,
    /// Where on the path it is.
    pub hop_pointer: u8,
    /// How long the path is, at most 63.
    pub hop_count: u8,
    /// The LID where the directed part ends at the sender's side; permissive without a LID-routed part.
    pub source: Lid,
    /// The same at the other side.
    pub destination: Lid,
    /// The ports to leave by; the first byte is not used.
    pub initial_path: [u8; 64],
    /// The ports to go back by, filled in on the way.
    pub return_path: [u8; 64],
}

impl Directed {
    /// A path without hops: to the port at the other end of nothing, which is our own.
    pub const LOCAL: Self = Self {
        is_returning: false,
        hop_pointer: 0,
        hop_count: 0,
        source: Lid::PERMISSIVE,
        destination: Lid::PERMISSIVE,
        initial_path: [0; 64],
        return_path: [0; 64],
    };
}

/// A MAD of subnet management: LID-routed, or with a directed route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Smp {
    /// The header. Its class and `class_specific` follow from `directed` when it is written; its status has no
    /// direction bit.
    pub header: Header,
    /// The management key.
    pub m_key: u64,
    /// The route, for class 0x81.
    pub directed: Option<Directed>,
    /// The attribute.
    pub data: [u8; 64],
}

impl Smp {
    /// The class's version.
    pub const CLASS_VERSION: u8 = 1;

    /// Reads an SMP.
    ///
    /// # Errors
    /// What [`Header::parse`] has; [`ParseErrorKind::BadMagic`] for another class, and
    /// [`ParseErrorKind::BadValue`] for a hop count over 63 or a hop pointer that is more than one past it.
    pub fn parse(mad: &[u8]) -> Result<Self, ParseError> {
        let mut header = Header::parse(mad)?;
        let mut reader = Reader::new(mad);
        reader.take(Header::LENGTH)?;
        let m_key = reader.u64()?;
        let directed = match header.class {
            MgmtClass::SUBN_LID => {
                reader.take(32)?;
                return Ok(Self { header, m_key, directed: None, data: reader.array()? });
            }
            MgmtClass::SUBN_DIRECTED => {
                let [hop_pointer, hop_count] = header.class_specific.to_be_bytes();
                if hop_count > 63 || hop_pointer > hop_count.saturating_add(1) {
                    return Err(ParseError { kind: ParseErrorKind::BadValue, offset: 6 });
                }
                let source = Lid(reader.u16()?);
                let destination = Lid(reader.u16()?);
                reader.take(28)?;
                let is_returning = header.status.0 & DIRECTION != 0;
                header.status = Status(header.status.0 & !DIRECTION);
                Directed { is_returning, hop_pointer, hop_count, source, destination, ..Directed::LOCAL }
            }
            _ => return Err(ParseError { kind: ParseErrorKind::BadMagic, offset: 1 }),
        };
        let data = reader.array()?;
        let (initial_path, return_path) = (reader.array()?, reader.array()?);
        Ok(Self { header, m_key, directed: Some(Directed { initial_path, return_path, ..directed }), data })
    }

    /// Writes its 256 bytes.
    pub fn write(&self, writer: &mut Writer<'_>) {
        let end = writer.position().saturating_add(MAD_LENGTH);
        let mut header = self.header;
        match &self.directed {
            None => {
                header.class = MgmtClass::SUBN_LID;
                header.write(writer);
                writer.u64(self.m_key);
                writer.zeros(32);
                writer.bytes(&self.data);
            }
            Some(route) => {
                header.class = MgmtClass::SUBN_DIRECTED;
                header.class_specific = u16::from_be_bytes([route.hop_pointer, route.hop_count]);
                header.status.0 &= !DIRECTION;
                header.status.0 |= if route.is_returning { DIRECTION } else { 0 };
                header.write(writer);
                writer.u64(self.m_key);
                writer.u16(route.source.0);
                writer.u16(route.destination.0);
                writer.zeros(28);
                writer.bytes(&self.data);
                writer.bytes(&route.initial_path);
                writer.bytes(&route.return_path);
            }
        }
        writer.zeros(end.saturating_sub(writer.position()));
    }
}
