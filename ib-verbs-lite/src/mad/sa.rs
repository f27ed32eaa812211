//! MADs of subnet administration, with the header of RMPP.

use bootproto_core::{ParseError, ParseErrorKind, Reader, Writer};

use super::{ComponentMask, Header, MgmtClass};

/// The header of the reliable multi-packet protocol (IBTA 13.6.2). All zero where it is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rmpp {
    /// The version, 1; 0 where RMPP is not used.
    pub version: u8,
    /// What the packet is: [`Rmpp::DATA`], [`Rmpp::ACK`], [`Rmpp::STOP`], [`Rmpp::ABORT`].
    pub kind: u8,
    /// How long an answer may take, as a code; 31 says nothing. Five bits.
    pub response_time: u8,
    /// [`Rmpp::ACTIVE`], [`Rmpp::FIRST`], [`Rmpp::LAST`]. Three bits.
    pub flags: u8,
    /// Why a transfer is stopped or aborted.
    pub status: u8,
    /// DATA, ACK: the segment's number. ABORT, STOP: reserved.
    pub segment: u32,
    /// DATA: the payload's length in the first and last segment. ACK: the last segment that may be sent.
    pub length_or_window: u32,
}

impl Rmpp {
    /// A packet with data.
    pub const DATA: u8 = 1;
    /// An acknowledgement.
    pub const ACK: u8 = 2;
    /// The receiver has had enough.
    pub const STOP: u8 = 3;
    /// One side breaks it off.
    pub const ABORT: u8 = 4;
    /// Flag: RMPP is in use.
    pub const ACTIVE: u8 = 1;
    /// Flag: the first segment.
    pub const FIRST: u8 = 2;
    /// Flag: the last segment.
    pub const LAST: u8 = 4;

    /// Whether RMPP is in use.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.flags & Self::ACTIVE != 0
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let (version, kind, times, status) = (reader.u8()?, reader.u8()?, reader.u8()?, reader.u8()?);
        let (segment, length_or_window) = (reader.u32()?, reader.u32()?);
        let (response_time, flags) = (times >> 3, times & 7);
        Ok(Self { version, kind, response_time, flags, status, segment, length_or_window })
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(self.version);
        writer.u8(self.kind);
        writer.u8((self.response_time << 3) | (self.flags & 7));
        writer.u8(self.status);
        writer.u32(self.segment);
        writer.u32(self.length_or_window);
    }
}

/// A MAD of subnet administration (IBTA 15.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaMad {
    /// The header.
    pub header: Header,
    /// The header of RMPP.
    pub rmpp: Rmpp,
    /// The key that only the trusted have; 0 for everybody else.
    pub sm_key: u64,
    /// The distance between two records of an answer, in units of 8 bytes.
    pub attribute_offset: u16,
    /// Which components of the record a request means.
    pub component_mask: ComponentMask,
    /// The record, or a part of a table of them.
    pub data: [u8; 200],
}

impl SaMad {
    /// The class's version.
    pub const CLASS_VERSION: u8 = 2;

    /// Reads a MAD of the SA.
    ///
    /// # Errors
    /// What [`Header::parse`] has, and [`ParseErrorKind::BadMagic`] for another class.
    pub fn parse(mad: &[u8]) -> Result<Self, ParseError> {
        let header = Header::parse(mad)?;
        if header.class != MgmtClass::SUBN_ADM {
            return Err(ParseError { kind: ParseErrorKind::BadMagic, offset: 1 });
        }
        let mut reader = Reader::new(mad);
        reader.take(Header::LENGTH)?;
        let rmpp = Rmpp::read(&mut reader)?;
        let sm_key = reader.u64()?;
        let attribute_offset = reader.u16()?;
        reader.take(2)?;
        let component_mask = ComponentMask(reader.u64()?);
        Ok(Self { header, rmpp, sm_key, attribute_offset, component_mask, data: reader.array()? })
    }

    /// A request for, or about, `record`, without RMPP.
    #[must_use]
    pub fn new(header: Header, component_mask: ComponentMask, record: &[u8]) -> Self {
        let mut data = [0; 200];
        bootproto_core::copy_into(&mut data, record);
        Self { header, rmpp: Rmpp::default(), sm_key: 0, attribute_offset: 0, component_mask, data }
    }

    /// Writes its 256 bytes.
    pub fn write(&self, writer: &mut Writer<'_>) {
        self.header.write(writer);
        self.rmpp.write(writer);
        writer.u64(self.sm_key);
        writer.u16(self.attribute_offset);
        writer.zeros(2);
        writer.u64(self.component_mask.0);
        writer.bytes(&self.data);
    }
}
