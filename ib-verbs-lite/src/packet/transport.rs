//! From the BTH to the payload: what native packets and RoCEv2 share.

use bootproto_core::{ParseError, ParseErrorKind, Reader, Writer};

use super::{Aeth, Bth, Deth, Opcode, Reth};

/// The BTH and the headers that its opcode calls for (IBTA 9.2 to 9.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Transport {
    /// The base transport header. Its count of padding is made when it is written.
    pub bth: Bth,
    /// On datagrams.
    pub deth: Option<Deth>,
    /// On RDMA requests.
    pub reth: Option<Reth>,
    /// On acknowledgements and RDMA read responses.
    pub aeth: Option<Aeth>,
    /// Where the opcode says so.
    pub immediate: Option<u32>,
}

/// Which headers follow the BTH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Extensions {
    deth: bool,
    reth: bool,
    aeth: bool,
    immediate: bool,
}

impl Opcode {
    /// `None` for what this codec does not know: reliable datagrams, atomics, and everything not in the
    /// specification.
    const fn extensions(self) -> Option<Extensions> {
        let (reth, aeth, immediate) = match self.0 & 0x1f {
            0x00 | 0x01 | 0x02 | 0x04 | 0x07 | 0x08 | 0x0e => (false, false, false),
            0x03 | 0x05 | 0x09 => (false, false, true),
            0x06 | 0x0a | 0x0c => (true, false, false),
            0x0b => (true, false, true),
            0x0d | 0x0f | 0x10 | 0x11 => (false, true, false),
            _ => return None,
        };
        let deth = match (self.0 >> 5, self.0 & 0x1f) {
            (0, _) | (1, 0x00..=0x0b) => false,
            (3, 0x04 | 0x05) => true,
            _ => return None,
        };
        Some(Extensions { deth, reth, aeth, immediate })
    }
}

impl Transport {
    /// The most bytes that the headers take.
    pub const MAX_LENGTH: usize = 12 + 16 + 4;

    /// Reads the headers and the payload up to the end of `bytes`, which is where the ICRC would start.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`]; [`ParseErrorKind::BadLength`] where the padding is longer than what is there;
    /// [`ParseErrorKind::BadValue`] for another version than 0 or an opcode that is not known.
    pub fn parse(reader: &mut Reader<'_>) -> Result<(Self, usize), ParseError> {
        let at = reader.error(ParseErrorKind::BadValue);
        let bth = Bth::parse(reader.take(Bth::LENGTH)?)?;
        let extensions = bth.opcode.extensions().filter(|_| bth.transport_version == 0).ok_or(at)?;
        let deth = extensions.deth.then(|| Deth::parse(reader.take(Deth::LENGTH)?)).transpose()?;
        let reth = extensions.reth.then(|| Reth::parse(reader.take(Reth::LENGTH)?)).transpose()?;
        let aeth = extensions.aeth.then(|| Aeth::parse(reader.take(Aeth::LENGTH)?)).transpose()?;
        let immediate = extensions.immediate.then(|| reader.u32()).transpose()?;
        let Some(length) = reader.rest().len().checked_sub(usize::from(bth.pad_count)) else {
            return Err(reader.error(ParseErrorKind::BadLength));
        };
        Ok((Self { bth, deth, reth, aeth, immediate }, length))
    }

    /// Writes the headers that are there, the payload, and zeros up to a multiple of four bytes.
    ///
    /// It is the caller's business that the opcode agrees with the headers.
    pub fn write(&self, writer: &mut Writer<'_>, payload: &[u8]) {
        let padding = payload.len().wrapping_neg() & 3;
        let bth = Bth { pad_count: bootproto_core::num::u8_from_usize_saturating(padding), ..self.bth };
        bth.write(writer);
        if let Some(deth) = &self.deth {
            deth.write(writer);
        }
        if let Some(reth) = &self.reth {
            reth.write(writer);
        }
        if let Some(aeth) = &self.aeth {
            aeth.write(writer);
        }
        if let Some(immediate) = self.immediate {
            writer.u32(immediate);
        }
        writer.bytes(payload);
        writer.zeros(padding);
    }

    /// How many bytes [`write`](Self::write) writes for a payload of `payload` bytes.
    #[must_use]
    pub fn length(&self, payload: usize) -> usize {
        let optional = |there: bool, length: usize| if there { length } else { 0 };
        [
            Bth::LENGTH,
            optional(self.deth.is_some(), Deth::LENGTH),
            optional(self.reth.is_some(), Reth::LENGTH),
            optional(self.aeth.is_some(), Aeth::LENGTH),
            optional(self.immediate.is_some(), 4),
            payload,
            payload.wrapping_neg() & 3,
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }
}
