//! Numbers and addresses in plain text, as a fixed grammar has them: nothing around them, no signs; and text from the
//! network on a console.

use core::fmt::{self, Write as _};
use core::net::Ipv4Addr;

/// Bytes from the network as a console may show them: what is no printable ASCII is a question mark, so that no terminal
/// obeys it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown<'t>(pub &'t [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| {
            let is_plain = byte.is_ascii_graphic() || *byte == b' ';
            f.write_char(if is_plain { char::from(*byte) } else { '?' })
        })
    }
}

/// An address in dotted decimal. The standard library's own way to print one can panic, as far as a linker sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dotted(pub Ipv4Addr);

impl fmt::Display for Dotted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.0.octets();
        write!(f, "{a}.{b}.{c}.{d}")
    }
}

/// A number of 64 bits. The standard library's own way to print it in decimal can panic where the processor has 32, as far as a
/// linker sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(pub u64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 20];
        let mut writer = crate::Writer::new(&mut digits);
        writer.decimal(self.0);
        let digits = writer.finish().unwrap_or_default();
        f.write_str(core::str::from_utf8(digits).unwrap_or_default())
    }
}

impl fmt::LowerHex for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0, f)
    }
}

/// A variant's data on its way into the text of [`numbered!`](crate::numbered): addresses become [`Dotted`], numbers of
/// 64 bits [`Number`], all else stays what it is.
#[doc(hidden)]
#[derive(Debug)]
pub struct Field<'v, T>(pub &'v T);

impl Field<'_, Ipv4Addr> {
    /// Found before the trait's.
    #[must_use]
    pub const fn shown(&self) -> Dotted {
        Dotted(*self.0)
    }
}

impl Field<'_, u64> {
    /// Found before the trait's.
    #[must_use]
    pub const fn shown(&self) -> Number {
        Number(*self.0)
    }
}

#[doc(hidden)]
pub trait Plain<'v> {
    /// What it is.
    type Value;
    /// For all that has no method of its own.
    fn shown(&self) -> &'v Self::Value;
}

impl<'v, T> Plain<'v> for Field<'v, T> {
    type Value = T;

    fn shown(&self) -> &'v T {
        self.0
    }
}

/// A number in decimal digits; `None` for anything else, the empty string and what exceeds 64 bits included.
#[must_use]
pub fn decimal(text: &[u8]) -> Option<u64> {
    digits(text, 10)
}

/// A number in hexadecimal digits of either case; `None` as for [`decimal`].
#[must_use]
pub fn hexadecimal(text: &[u8]) -> Option<u64> {
    digits(text, 16)
}

/// An address in dotted decimal, its numbers without leading zeros, which some take for octal.
#[must_use]
pub fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let mut parts = text.split(|byte| *byte == b'.');
    let mut octets = [0; 4];
    for octet in &mut octets {
        let part = parts.next()?;
        if part.len() > 1 && part.starts_with(b"0") {
            return None;
        }
        *octet = u8::try_from(decimal(part)?).ok()?;
    }
    parts.next().is_none().then(|| Ipv4Addr::from(octets))
}

fn digits(text: &[u8], base: u8) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |value, byte| {
        let digit = match byte.to_ascii_lowercase() {
            digit @ b'0'..=b'9' => digit.checked_sub(b'0'),
            digit @ b'a'..=b'f' => digit.checked_sub(b'a'.saturating_sub(10)),
            _ => None,
        };
        let digit = digit.filter(|digit| *digit < base)?;
        value.checked_mul(u64::from(base))?.checked_add(u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::{Shown, decimal, hexadecimal, ipv4};
    use core::net::Ipv4Addr;
    use proptest::prelude::*;
    use std::format;
    use std::string::{String, ToString as _};

    #[test]
    fn what_a_terminal_would_obey_is_not_shown() {
        assert_eq!(Shown(b"not \x1b[2J here\r\n\0\xff.").to_string(), "not ?[2J here????.");
    }

    proptest! {
        #[test]
        fn addresses_are_those_of_the_standard_library(text in "[0-9.]{0,16}|([0-9]{1,3}\\.){3}[0-9]{1,3}|.{0,20}") {
            prop_assert_eq!(ipv4(text.as_bytes()), text.parse::<Ipv4Addr>().ok());
        }

        #[test]
        fn numbers_come_back(number: u64) {
            prop_assert_eq!(decimal(format!("{number}").as_bytes()), Some(number));
            prop_assert_eq!(hexadecimal(format!("{number:x}").as_bytes()), Some(number));
            prop_assert_eq!(hexadecimal(format!("{number:X}").as_bytes()), Some(number));
        }

        #[test]
        fn what_is_no_number_is_none(text in "[0-9a-gA-G +-]{0,22}") {
            let plain = |text: &String, base| {
                let signed = text.contains(['+', '-']);
                u64::from_str_radix(text, base).ok().filter(|_| !signed)
            };
            prop_assert_eq!(decimal(text.as_bytes()), plain(&text, 10));
            prop_assert_eq!(hexadecimal(text.as_bytes()), plain(&text, 16));
        }
    }
}
