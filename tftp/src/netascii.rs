//! Netascii: text whose lines end in CR LF, and where CR NUL stands for a CR (RFC 764, as RFC 1350 uses it).
//!
//! What belongs here: the two conversions, a byte stream at a time, without a copy. What does not: windows and
//! offsets; on the wire they count encoded bytes.

/// Turns the bytes of a netascii transfer into the text of this system, where a line ends in LF.
///
/// Blocks cut anywhere, also between a CR and what belongs to it: one decoder serves a whole transfer, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decoder {
    carriage_return: bool,
}

impl Decoder {
    /// A decoder at the start of a text.
    #[must_use]
    pub const fn new() -> Self {
        Self { carriage_return: false }
    }

    /// Decodes the next bytes: the answer yields pieces of them, to be put together in order.
    pub const fn decode<'d, 's>(&'s mut self, bytes: &'d [u8]) -> Pieces<'d, 's> {
        Pieces { decoder: self, rest: bytes }
    }

    /// What the end of the text still brings: a CR, if the last byte was one.
    #[must_use]
    pub const fn finish(self) -> &'static [u8] {
        if self.carriage_return { b"\r" } else { b"" }
    }
}

/// The pieces of a decoded block. Drop it only after its end, or the rest of the block is lost.
#[derive(Debug)]
pub struct Pieces<'d, 's> {
    decoder: &'s mut Decoder,
    rest: &'d [u8],
}

impl<'d> Iterator for Pieces<'d, '_> {
    type Item = &'d [u8];

    fn next(&mut self) -> Option<&'d [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        if core::mem::take(&mut self.decoder.carriage_return) {
            return Some(match self.rest {
                [b'\n', rest @ ..] => {
                    self.rest = rest;
                    b"\n"
                }
                [0, rest @ ..] => {
                    self.rest = rest;
                    b"\r"
                }
                // A CR before anything else breaks the rules; it is kept as it is.
                _ => b"\r",
            });
        }
        let length = self.rest.iter().position(|byte| *byte == b'\r').unwrap_or(self.rest.len());
        let (piece, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, &[]));
        self.rest = match rest {
            [_, rest @ ..] => {
                self.decoder.carriage_return = true;
                rest
            }
            [] => rest,
        };
        Some(piece)
    }
}

/// Turns the text of this system into netascii.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Encoder {
    /// The second byte of a pair whose first one ended a block.
    pending: Option<u8>,
}

impl Encoder {
    /// An encoder at the start of a text.
    #[must_use]
    pub const fn new() -> Self {
        Self { pending: None }
    }

    /// Whether half a pair is still to be written.
    #[must_use]
    pub const fn has_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// Encodes as much of `from` as `to` takes; answers how many bytes were read and how many written.
    pub fn encode(&mut self, from: &[u8], to: &mut [u8]) -> (usize, usize) {
        let (mut read, mut written) = (0_usize, 0_usize);
        let mut source = from.iter();
        for place in to.iter_mut() {
            let byte = match self.pending.take() {
                Some(byte) => byte,
                None => {
                    let Some(byte) = source.next() else {
                        break;
                    };
                    read = read.saturating_add(1);
                    match *byte {
                        b'\n' => {
                            self.pending = Some(b'\n');
                            b'\r'
                        }
                        b'\r' => {
                            self.pending = Some(0);
                            b'\r'
                        }
                        byte => byte,
                    }
                }
            };
            *place = byte;
            written = written.saturating_add(1);
        }
        (read, written)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::{Decoder, Encoder};
    use proptest::prelude::*;
    use std::vec::Vec;

    fn decode<'a>(blocks: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        let mut decoder = Decoder::new();
        let mut text = Vec::new();
        for block in blocks {
            for piece in decoder.decode(block) {
                text.extend_from_slice(piece);
            }
        }
        text.extend_from_slice(decoder.finish());
        text
    }

    #[test]
    fn line_ends_and_carriage_returns_decode_by_the_rule() {
        assert_eq!(decode([&b"a\r\nb\r\0c\n"[..]]), b"a\nb\rc\n");
        assert_eq!(decode([&b"a\r"[..], b"\nb\r", b"\0", b"\r"]), b"a\nb\r\r");
        assert_eq!(decode([&b"\rx\r\r\n"[..]]), b"\rx\r\n");
    }

    #[test]
    fn a_text_encodes_by_the_rule() {
        let mut out = [0xa5; 16];
        assert_eq!(Encoder::new().encode(b"a\nb\rc", &mut out), (5, 7));
        assert_eq!(&out[..8], b"a\r\nb\r\0c\xa5");
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_whatever_the_block_size(text: Vec<u8>, size in 1_usize..9) {
            let mut encoder = Encoder::new();
            let mut rest = &text[..];
            let mut blocks = Vec::new();
            loop {
                let mut block = std::vec![0; size];
                let (read, written) = encoder.encode(rest, &mut block);
                rest = &rest[read..];
                block.truncate(written);
                if written == 0 {
                    break;
                }
                blocks.push(block);
            }
            prop_assert!(!encoder.has_pending());
            prop_assert_eq!(decode(blocks.iter().map(Vec::as_slice)), text);
        }
    }
}
