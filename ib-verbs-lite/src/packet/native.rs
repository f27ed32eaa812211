//! Packets of an InfiniBand link: LRH to VCRC.

use bootproto_core::{ParseError, ParseErrorKind, Reader, Writer, num};

use super::{Grh, Lrh, NextHeader, Transport, crc};
use crate::verbs::VerbsError;

/// Which of the two checksums are part of the bytes. Hardware adds and strips them in different ways; the length in
/// the LRH counts the ICRC in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trailer {
    /// None.
    None,
    /// The ICRC.
    Icrc,
    /// The ICRC and the VCRC, as on the wire.
    Both,
}

impl Trailer {
    /// How many bytes more than the LRH's length there are, and how many of the length's are missing.
    const fn beyond(self) -> (usize, usize) {
        match self {
            Self::None => (0, 4),
            Self::Icrc => (0, 0),
            Self::Both => (2, 0),
        }
    }
}

/// A packet, as a view of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The local route header. Its length and what follows are made when the packet is written.
    pub lrh: Lrh,
    /// The global route header. Its payload's length is made when the packet is written.
    pub grh: Option<Grh>,
    /// The BTH and its extensions.
    pub transport: Transport,
    /// The payload without padding.
    pub payload: &'a [u8],
}

/// LRH, BTH and ICRC, in units of 4 bytes: no packet is shorter.
const MIN_WORDS: u16 = 6;

impl<'a> Packet<'a> {
    /// The longest payload of one packet.
    pub const MAX_PAYLOAD: usize = 4096;
    /// The longest packet, with both checksums.
    pub const MAX_LENGTH: usize = 8 + 40 + Transport::MAX_LENGTH + Self::MAX_PAYLOAD + 4 + 2;

    /// Reads a packet. Its length is checked before anything else is believed; checksums are
    /// [`check`](Self::check)'s.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] and [`ParseErrorKind::BadLength`] where the bytes, the LRH and the GRH disagree,
    /// or where the padding is longer than what is there; [`ParseErrorKind::BadMagic`] for a raw packet;
    /// [`ParseErrorKind::BadValue`] for a version or an opcode that is not known.
    pub fn parse(bytes: &'a [u8], trailer: Trailer) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        let lrh = Lrh::parse(reader.take(Lrh::LENGTH)?)?;
        if lrh.length < MIN_WORDS {
            return Err(ParseError { kind: ParseErrorKind::BadLength, offset: 4 });
        }
        let (more, less) = trailer.beyond();
        let length = usize::from(lrh.length).saturating_mul(4);
        let expected = length.saturating_add(more).saturating_sub(less);
        if bytes.len() != expected {
            let kind =
                if bytes.len() < expected { ParseErrorKind::Truncated } else { ParseErrorKind::BadLength };
            return Err(ParseError { kind, offset: 4 });
        }
        if lrh.version != 0 {
            return Err(ParseError { kind: ParseErrorKind::BadValue, offset: 0 });
        }
        // From here on nothing behind the padding can be reached.
        let mut reader = Reader::new(Reader::new(bytes).take(length.saturating_sub(4))?);
        reader.take(Lrh::LENGTH)?;
        let grh = match lrh.next_header {
            NextHeader::BTH => None,
            NextHeader::GRH => Some(Self::global(&mut reader)?),
            _ => return Err(ParseError { kind: ParseErrorKind::BadMagic, offset: 1 }),
        };
        let (transport, length) = Transport::parse(&mut reader)?;
        Ok(Self { lrh, grh, transport, payload: reader.take(length)? })
    }

    fn global(reader: &mut Reader<'_>) -> Result<Grh, ParseError> {
        let start = *reader;
        let grh = Grh::parse(reader.take(Grh::LENGTH)?)?;
        if grh.version != 6 || grh.next_header != Grh::IBA {
            return Err(start.error(ParseErrorKind::BadMagic));
        }
        if usize::from(grh.payload_length) != reader.rest().len().saturating_add(4) {
            return Err(start.error(ParseErrorKind::BadLength));
        }
        Ok(grh)
    }

    /// Whether the checksums that the bytes of a packet end in are right. There is nothing to be wrong without.
    #[must_use]
    pub fn check(bytes: &[u8], trailer: Trailer) -> bool {
        let has_grh = bytes.get(1).is_some_and(|byte| byte & 3 == NextHeader::GRH.0);
        let body = match trailer {
            Trailer::None => return true,
            Trailer::Icrc => bytes,
            Trailer::Both => match bytes.split_last_chunk::<2>() {
                Some((body, sum)) if crc::vcrc(body) == *sum => body,
                _ => return false,
            },
        };
        body.split_last_chunk::<4>().is_some_and(|(body, sum)| crc::icrc(body, has_grh) == *sum)
    }

    /// How many bytes [`write`](Self::write) writes.
    #[must_use]
    pub fn length(&self, trailer: Trailer) -> usize {
        let (more, less) = trailer.beyond();
        self.words_length().saturating_add(more).saturating_sub(less)
    }

    /// Where the payload starts, in bytes from the LRH.
    #[must_use]
    pub fn payload_offset(&self) -> usize {
        let grh = self.grh.map_or(0, |_| Grh::LENGTH);
        Lrh::LENGTH.saturating_add(grh).saturating_add(self.transport.length(0))
    }

    /// From the LRH to the ICRC, in bytes.
    fn words_length(&self) -> usize {
        let grh = self.grh.map_or(0, |_| Grh::LENGTH);
        let body = self.transport.length(self.payload.len());
        Lrh::LENGTH.saturating_add(grh).saturating_add(body).saturating_add(4)
    }

    /// Writes the packet to the start of `buf`, with the checksums that `trailer` asks for.
    ///
    /// # Errors
    /// [`VerbsError::TooLong`] over 4096 bytes of payload; [`VerbsError::BufferTooSmall`].
    pub fn write<'b>(&self, trailer: Trailer, buf: &'b mut [u8]) -> Result<&'b [u8], VerbsError> {
        if self.payload.len() > Self::MAX_PAYLOAD {
            return Err(VerbsError::TooLong { length: self.payload.len(), limit: Self::MAX_PAYLOAD });
        }
        let needed = self.length(trailer);
        let buf = buf.get_mut(..needed).ok_or(VerbsError::BufferTooSmall { needed })?;
        let length = self.words_length();
        let next_header = if self.grh.is_some() { NextHeader::GRH } else { NextHeader::BTH };
        let words = num::u16_from_usize_saturating(length / 4);
        let mut writer = Writer::new(buf);
        Lrh { next_header, length: words, ..self.lrh }.write(&mut writer);
        if let Some(grh) = self.grh {
            let rest = length.saturating_sub(Lrh::LENGTH).saturating_sub(Grh::LENGTH);
            let payload_length = num::u16_from_usize_saturating(rest);
            Grh { version: 6, next_header: Grh::IBA, payload_length, ..grh }.write(&mut writer);
        }
        self.transport.write(&mut writer, self.payload);
        let mut end = writer.position();
        if trailer != Trailer::None {
            end = append(buf, end, |body| crc::icrc(body, self.grh.is_some()));
        }
        if trailer == Trailer::Both {
            append(buf, end, crc::vcrc);
        }
        Ok(buf)
    }
}

/// Writes the checksum of the first `end` bytes behind them, and answers where it ends.
pub(super) fn append<const N: usize>(buf: &mut [u8], end: usize, sum: impl Fn(&[u8]) -> [u8; N]) -> usize {
    let sum = sum(buf.get(..end).unwrap_or_default());
    if let Some(place) = buf.get_mut(end..) {
        bootproto_core::copy_into(place, &sum);
    }
    end.saturating_add(N)
}
