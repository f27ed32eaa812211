//! How a fixed layout is declared once: the fields with their offsets, the size, and the two checked by the compiler.
//!
//! All layouts here are packed and little-endian, and therefore the same bytes on any host. `zerocopy` turns bytes
//! into them and back without `unsafe` in this crate.

use bootproto_core::{ParseError, ParseErrorKind};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Plain bytes with a name for each field: any bytes of the right length are a value, and a value is its bytes.
pub trait Layout: FromBytes + IntoBytes + Immutable + KnownLayout + Unaligned + Copy {
    /// How many bytes it takes.
    const SIZE: usize = size_of::<Self>();

    /// The structure at the start of `bytes`.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] if there are too few.
    fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        Self::read_from_prefix(bytes)
            .map(|(value, _)| value)
            .map_err(|_| ParseError { kind: ParseErrorKind::Truncated, offset: bytes.len() })
    }

    /// The structure with every bit zero, which is how every parameter block starts.
    #[must_use]
    fn zeroed() -> Self {
        Self::new_zeroed()
    }
}

/// The sum of all bytes modulo 256, which is zero in a structure whose checksum is right.
#[must_use]
pub fn byte_sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// Declares a packed structure: `pub struct Name: SIZE { OFFSET => field: Type, ... }`.
macro_rules! layout {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident: $size:literal {
            $( $(#[$fmeta:meta])* $offset:literal => $field:ident: $type:ty, )+
        }
    )+) => { $(
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, zerocopy::FromBytes, zerocopy::IntoBytes, zerocopy::Immutable,
            zerocopy::KnownLayout, zerocopy::Unaligned,
        )]
        #[repr(C)]
        pub struct $name {
            $( $(#[$fmeta])* pub $field: $type, )+
        }

        impl $crate::layout::Layout for $name {}

        const _: () = {
            assert!(size_of::<$name>() == $size, concat!("size of ", stringify!($name)));
            $( assert!(
                core::mem::offset_of!($name, $field) == $offset,
                concat!("offset of ", stringify!($name), "::", stringify!($field))
            ); )+
        };
    )+ };
}

/// Declares numbers with names: `pub struct Name(u16) { CONSTANT = 1, "text"; ... }`.
macro_rules! names {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident($int:ty) {
            $( $(#[$cmeta:meta])* $constant:ident = $value:literal, $text:literal; )+
        }
    )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $int);

        impl $name {
            $( $(#[$cmeta])* pub const $constant: Self = Self($value); )+

            /// The specification's name of this number, if it has one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                let mut rest: &[($int, &str)] = &[ $( ($value, $text), )+ ];
                while let [(value, text), others @ ..] = rest {
                    if *value == self.0 {
                        return Some(text);
                    }
                    rest = others;
                }
                None
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(self, f)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, concat!(stringify!($name), "({:#06x})"), self.0),
                }
            }
        }
    )+ };
}
pub(crate) use {layout, names};
