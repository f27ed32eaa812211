//! GMPs: MADs on queue pair 1, as every class but the SA has them.

use bootproto_core::{ParseError, Reader, Writer};

use super::{Header, MAD_LENGTH};

/// A MAD of general services: the header, and 232 bytes that the class has its own layout for.
///
/// Performance management keeps 40 of them reserved ([`Gmp::PERF_DATA`]); communication management uses all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gmp {
    /// The header.
    pub header: Header,
    /// Everything after it.
    pub data: [u8; 232],
}

impl Gmp {
    /// Where the attribute starts in [`data`](Self::data), in performance management (IBTA 16.1.1).
    pub const PERF_DATA: usize = 40;

    /// Reads a GMP.
    ///
    /// # Errors
    /// What [`Header::parse`] has.
    pub fn parse(mad: &[u8]) -> Result<Self, ParseError> {
        let header = Header::parse(mad)?;
        let mut reader = Reader::new(mad);
        reader.take(Header::LENGTH)?;
        Ok(Self { header, data: reader.array()? })
    }

    /// A GMP whose data is `attribute` from `offset` on, and zeros elsewhere.
    #[must_use]
    pub fn new(header: Header, offset: usize, attribute: &[u8]) -> Self {
        let mut data = [0; 232];
        if let Some(place) = data.get_mut(offset..) {
            bootproto_core::copy_into(place, attribute);
        }
        Self { header, data }
    }

    /// The attribute from `offset` on.
    #[must_use]
    pub fn attribute(&self, offset: usize) -> &[u8] {
        self.data.get(offset..).unwrap_or_default()
    }

    /// Writes its 256 bytes.
    pub fn write(&self, writer: &mut Writer<'_>) {
        debug_assert_eq!(Header::LENGTH.saturating_add(self.data.len()), MAD_LENGTH);
        self.header.write(writer);
        writer.bytes(&self.data);
    }
}
