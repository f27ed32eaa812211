//! Stable numbers for everything that can go wrong.
//!
//! A number is `BPcknn`: `c` the crate (0 core, 1 dhcp, 2 tftp, 3 bootproto, 4 pxe-api, 5 ib-verbs-lite, 6 netboot, 7 capi),
//! `k` the kind (0 or 1 `Ignored` and parse errors, 2 `Failure`, 3 `ConfigError`), `nn` the variant. A number is never
//! reused. `docs/errors.md` is made from these tables.

use core::fmt;

/// A stable number; it prints as `BP1203`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u16);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BP{:04}", self.0)
    }
}

/// One row of the table of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The number.
    pub code: Code,
    /// The variant's name.
    pub name: &'static str,
    /// What it means; `{field}` stands for the variant's data.
    pub text: &'static str,
    /// What the person in front of the machine can do.
    pub hint: &'static str,
    /// The code that the PXE specification has for it, such as `PXE-E51`.
    pub pxe: Option<&'static str>,
}

/// What a row of the table has for the person in front of the machine. Firmware that prints a value and its advice has
/// no names and texts of rows in it, which a whole [`Entry`] brings along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// The number.
    pub code: Code,
    /// The code that the PXE specification has for it, such as `PXE-E51`.
    pub pxe: Option<&'static str>,
    /// What the person can do.
    pub hint: &'static str,
}

/// A value with a row in the table of numbers. [`numbered!`](crate::numbered) implements it.
pub trait Numbered: fmt::Display {
    /// All rows of this type.
    const TABLE: &'static [Entry];

    /// This value's row.
    fn entry(&self) -> &'static Entry;

    /// What of this value's row is for a person.
    fn advice(&self) -> &'static Advice;

    /// This value's number.
    fn code(&self) -> Code {
        self.advice().code
    }
}

/// Declares an enumeration whose variants have stable numbers, a text, a hint and, where it exists, a PXE code.
///
/// A variant is written `Name { field: Type } = 1203 ["PXE-E53"], "text with {field}", "hint";`. The data and the PXE
/// code may be left out. The enumeration is `Copy` and non-exhaustive, prints its text, and implements
/// [`Numbered`].
#[macro_export]
macro_rules! numbered {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $(
                $(#[$vmeta:meta])*
                $variant:ident $({ $( $(#[$fmeta:meta])* $field:ident : $ftype:ty ),+ $(,)? })?
                = $number:literal $([$pxe:literal])?, $text:literal, $hint:literal;
            )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        $vis enum $name {
            $( $(#[$vmeta])* $variant $({ $( $(#[$fmeta])* $field : $ftype ),+ })?, )+
        }

        impl $crate::Numbered for $name {
            const TABLE: &'static [$crate::Entry] = &[
                $( $crate::Entry {
                    code: $crate::Code($number),
                    name: stringify!($variant),
                    text: $text,
                    hint: $hint,
                    pxe: $crate::numbered!(@pxe $($pxe)?),
                }, )+
            ];

            fn entry(&self) -> &'static $crate::Entry {
                match self {
                    $( Self::$variant { .. } => const {
                        &$crate::Entry {
                            code: $crate::Code($number),
                            name: stringify!($variant),
                            text: $text,
                            hint: $hint,
                            pxe: $crate::numbered!(@pxe $($pxe)?),
                        }
                    }, )+
                }
            }

            fn advice(&self) -> &'static $crate::Advice {
                match self {
                    $( Self::$variant { .. } => const {
                        &$crate::Advice {
                            code: $crate::Code($number),
                            pxe: $crate::numbered!(@pxe $($pxe)?),
                            hint: $hint,
                        }
                    }, )+
                }
            }
        }

        impl ::core::fmt::Display for $name {
            #[allow(unused_variables, reason = "a text need not mention every field")]
            #[allow(unreachable_code, reason = "where every variant has data, no text is plain")]
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                let text = match self {
                    $( Self::$variant $({ $( $field ),+ })? => {
                        $crate::numbered!(@text f, $text $(, $( $field ),+)?)
                    } )+
                };
                f.write_str(text)
            }
        }

        impl ::core::error::Error for $name {}
    };
    (@text $f:ident, $text:literal) => { $text };
    (@text $f:ident, $text:literal, $( $field:ident ),+) => {{
        #[allow(unused_imports, reason = "for an address there is a method of its own")]
        use $crate::text::Plain as _;
        $( let $field = $crate::text::Field($field).shown(); )+
        return ::core::write!($f, $text)
    }};
    (@pxe) => { None };
    (@pxe $pxe:literal) => { Some($pxe) };
}

#[cfg(test)]
mod tests {
    extern crate std;
    use crate::{Code, Numbered, ParseErrorKind};
    use std::string::ToString;

    numbered! {
        /// For the test.
        enum Sample {
            /// Plain.
            Plain = 901, "plain", "nothing";
            /// With data and a PXE code.
            Data { /// Which.
                option: u8 } = 902 ["PXE-E99"], "option {option} is missing", "add it";
            /// With an address.
            Address { /// Whose.
                server: core::net::Ipv4Addr, /// How many.
                bytes: u64 } = 903, "{bytes} bytes meant for {server}", "nothing";
        }
    }

    #[test]
    fn texts_show_their_data() {
        assert_eq!(Sample::Data { option: 54 }.to_string(), "option 54 is missing");
        let server = core::net::Ipv4Addr::new(10, 0, 200, 1);
        let address = |bytes| Sample::Address { server, bytes }.to_string();
        assert_eq!(address(0), "0 bytes meant for 10.0.200.1");
        assert_eq!(address(u64::MAX), "18446744073709551615 bytes meant for 10.0.200.1");
        assert_eq!(Sample::Data { option: 54 }.entry().pxe, Some("PXE-E99"));
        assert_eq!(Sample::Plain.code().to_string(), "BP0901");
        for (value, row) in [Sample::Plain, Sample::Data { option: 54 }].iter().zip(Sample::TABLE) {
            let advice = value.advice();
            assert_eq!((advice.code, advice.pxe, advice.hint), (row.code, row.pxe, row.hint));
        }
        assert_eq!(Sample::TABLE.len(), 3);
    }

    #[test]
    fn numbers_are_unique() {
        let mut codes: std::vec::Vec<Code> = ParseErrorKind::TABLE.iter().map(|entry| entry.code).collect();
        codes.dedup();
        assert_eq!(codes.len(), ParseErrorKind::TABLE.len());
    }
}
