//! Fixed structures of bit fields, declared by the table that the specification prints.
//!
//! What belongs here: the macro and the two functions under it. What does not: any structure.

use bootproto_core::num;

use crate::address::Field;

/// The `width` bits from bit `bit` of byte `byte` on, where bit 0 is a byte's highest. Past the end there are zeros.
pub(crate) fn get<T: Field>(bytes: &[u8], byte: usize, bit: u32, width: u32) -> T {
    let span = span(bit, width);
    let value = (0..span).fold(0_u128, |value, step| {
        let place = bytes.get(byte.saturating_add(step)).copied().unwrap_or(0);
        value.wrapping_shl(8) | u128::from(place)
    });
    T::from_bits(value.checked_shr(below(bit, width, span)).unwrap_or(0) & mask(width))
}

/// The reverse. Bits of `value` above `width` are cut off; past the end nothing is written.
pub(crate) fn put<T: Field>(bytes: &mut [u8], byte: usize, bit: u32, width: u32, value: T) {
    let span = span(bit, width);
    let shift = below(bit, width, span);
    let mut keep = !mask(width).checked_shl(shift).unwrap_or(0);
    let mut value = (value.to_bits() & mask(width)).checked_shl(shift).unwrap_or(0);
    for step in (0..span).rev() {
        if let Some(place) = bytes.get_mut(byte.saturating_add(step)) {
            *place = (*place & u8::from_bits(keep)) | u8::from_bits(value);
        }
        keep = keep.checked_shr(8).unwrap_or(0);
        value = value.checked_shr(8).unwrap_or(0);
    }
}

/// How many bytes the field touches.
fn span(bit: u32, width: u32) -> usize {
    num::usize_from_u32_saturating(bit.saturating_add(width).div_ceil(8))
}

/// How many bits of the last byte come after the field.
fn below(bit: u32, width: u32, span: usize) -> u32 {
    let bits = u32::try_from(span).unwrap_or(u32::MAX).saturating_mul(8);
    bits.saturating_sub(bit).saturating_sub(width)
}

fn mask(width: u32) -> u128 {
    u128::MAX.checked_shr(128_u32.saturating_sub(width)).unwrap_or(0)
}

/// Declares a structure of `LENGTH` bytes; each field says `[byte, bit, width]`, bit 0 the highest. What no field
/// covers is reserved: zero when written, passed over when read.
macro_rules! layout {
    (
        $(#[$meta:meta])*
        pub struct $name:ident[$length:literal] {
            $( $(#[$fmeta:meta])* $field:ident: $type:ty = [$byte:literal, $bit:literal, $width:literal], )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name {
            $( $(#[$fmeta])* pub $field: $type, )+
        }

        impl $name {
            /// Its length on the wire, in bytes.
            pub const LENGTH: usize = $length;

            /// Reads it from the start of `bytes`.
            ///
            /// # Errors
            /// Fewer than [`LENGTH`](Self::LENGTH) bytes.
            pub fn parse(bytes: &[u8]) -> Result<Self, bootproto_core::ParseError> {
                let bytes = bootproto_core::Reader::new(bytes).take(Self::LENGTH)?;
                Ok(Self { $( $field: $crate::layout::get(bytes, $byte, $bit, $width), )+ })
            }

            /// Its bytes.
            #[must_use]
            pub fn to_bytes(&self) -> [u8; $length] {
                let mut bytes = [0; $length];
                $( $crate::layout::put(&mut bytes, $byte, $bit, $width, self.$field); )+
                bytes
            }

            /// Writes it.
            pub fn write(&self, writer: &mut bootproto_core::Writer<'_>) {
                writer.bytes(&self.to_bytes());
            }
        }
    };
}
pub(crate) use layout;

#[cfg(test)]
mod tests {
    use super::{get, put};
    use proptest::prelude::*;

    #[test]
    fn bits_count_from_the_highest() {
        let bytes = [0b1010_0000, 0x12, 0x34, 0x56];
        assert_eq!(get::<u8>(&bytes, 0, 0, 3), 0b101);
        assert_eq!(get::<u32>(&bytes, 1, 0, 24), 0x12_3456);
        assert_eq!(get::<u8>(&bytes, 1, 4, 8), 0x23);
        assert_eq!(get::<u16>(&bytes, 3, 0, 16), 0x5600);
        assert_eq!(get::<u128>(&[0xff; 16], 0, 0, 128), u128::MAX);
    }

    proptest! {
        #[test]
        fn what_is_put_is_got_and_nothing_else_moves(
            start: [u8; 24], byte in 0_usize..8, bit in 0_u32..8, width in 1_u32..=64, value: u64
        ) {
            let mut bytes = start;
            put(&mut bytes, byte, bit, width, value);
            let kept = value & (u64::MAX >> 64_u32.saturating_sub(width));
            prop_assert_eq!(get::<u64>(&bytes, byte, bit, width), kept);
            let old: u64 = get(&start, byte, bit, width);
            put(&mut bytes, byte, bit, width, old);
            prop_assert_eq!(bytes, start);
        }
    }
}
