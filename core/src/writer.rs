//! A byte cursor that keeps counting past the end of its buffer.

use crate::{BufferTooSmall, copy_into};

/// Writes fields one after the other; multi-byte fields are big-endian unless the name says `le`.
///
/// Writing past the end of the buffer writes nothing but goes on counting, so that
/// [`finish`](Self::finish) knows exactly how large the buffer would have to be. A length is thereby computed by the
/// same code that writes the bytes.
#[derive(Debug)]
pub struct Writer<'b> {
    buf: &'b mut [u8],
    position: usize,
}

impl<'b> Writer<'b> {
    /// A cursor at the start of `buf`.
    #[must_use]
    pub const fn new(buf: &'b mut [u8]) -> Self {
        Self { buf, position: 0 }
    }

    /// How many bytes have been written or counted.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Whether all that was written so far fits the buffer.
    #[must_use]
    pub const fn fits(&self) -> bool {
        self.position <= self.buf.len()
    }

    /// Writes `bytes`.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn bytes(&mut self, bytes: &[u8]) {
        let end = self.position.saturating_add(bytes.len());
        if let Some(place) = self.buf.get_mut(self.position..end) {
            copy_into(place, bytes);
        }
        self.position = end;
    }

    /// Writes one byte.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    /// Writes two bytes, big-endian.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    /// Writes four bytes, big-endian.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    /// Writes eight bytes, big-endian.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    /// Writes two bytes, little-endian.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn u16_le(&mut self, value: u16) {
        self.bytes(&value.to_le_bytes());
    }

    /// Writes four bytes, little-endian.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn u32_le(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    /// Writes eight bytes, little-endian.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn u64_le(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    /// Writes `count` zero bytes.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn zeros(&mut self, count: usize) {
        let end = self.position.saturating_add(count);
        if let Some(place) = self.buf.get_mut(self.position..end) {
            place.fill(0);
        }
        self.position = end;
    }

    /// Writes `value` in decimal.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn decimal(&mut self, mut value: u64) {
        let mut digits = [0_u8; 20];
        let mut used: usize = 0;
        for place in digits.iter_mut().rev() {
            *place = b'0'.saturating_add(u8::try_from(value % 10).unwrap_or(0));
            used = used.saturating_add(1);
            value /= 10;
            if value == 0 {
                break;
            }
        }
        self.bytes(digits.get(digits.len().saturating_sub(used)..).unwrap_or_default());
    }

    /// Writes over bytes that were written before, from `position` on: a length that is known only later.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn patch(&mut self, position: usize, bytes: &[u8]) {
        let end = position.saturating_add(bytes.len());
        if end <= self.position
            && let Some(place) = self.buf.get_mut(position..end)
        {
            copy_into(place, bytes);
        }
    }

    /// The bytes written.
    ///
    /// # Errors
    /// [`BufferTooSmall`] if the buffer could not hold them all; it says how many there are.
    #[cfg_attr(feature = "small", inline(never))]
    pub fn finish(self) -> Result<&'b [u8], BufferTooSmall> {
        let needed = self.position;
        let buf: &'b [u8] = self.buf;
        buf.get(..needed).ok_or(BufferTooSmall { needed })
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::Writer;
    use proptest::prelude::*;
    use std::format;

    #[test]
    fn counts_past_the_end_and_writes_no_partial_field() {
        let mut buf = [0xa5; 3];
        let mut writer = Writer::new(&mut buf);
        writer.u16(0x0102);
        writer.u32(7);
        assert!(!writer.fits());
        assert_eq!(writer.finish().unwrap_err().needed, 6);
        assert_eq!(buf, [1, 2, 0xa5]);
    }

    #[test]
    fn patches_only_what_was_written() {
        let mut buf = [0; 4];
        let mut writer = Writer::new(&mut buf);
        writer.zeros(2);
        writer.patch(1, &[9]);
        writer.patch(1, &[8, 8]);
        assert_eq!(writer.finish().unwrap(), &[0, 9]);
    }

    proptest! {
        #[test]
        fn decimal_is_what_the_library_prints(value: u64) {
            let mut buf = [0; 20];
            let mut writer = Writer::new(&mut buf);
            writer.decimal(value);
            let text = format!("{value}");
            prop_assert_eq!(writer.finish().unwrap(), text.as_bytes());
        }

        #[test]
        fn what_a_writer_needs_is_what_it_writes(chunks: std::vec::Vec<std::vec::Vec<u8>>) {
            let fill = |buf: &mut [u8]| {
                let mut writer = Writer::new(buf);
                for chunk in &chunks {
                    writer.bytes(chunk);
                }
                writer.finish().map(<[u8]>::to_vec)
            };
            let all: std::vec::Vec<u8> = chunks.concat();
            if !all.is_empty() {
                prop_assert_eq!(fill(&mut []).unwrap_err().needed, all.len());
            }
            let mut buf = std::vec![0xa5; all.len()];
            prop_assert_eq!(fill(&mut buf).unwrap(), all);
        }
    }
}
