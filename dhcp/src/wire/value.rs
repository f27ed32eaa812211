//! The value of an option: bytes that may lie in several pieces, and the types that values have.

use core::fmt;
use core::net::Ipv4Addr;

use super::packet::Fragments;
use super::{OptionCode, PxeOptions};

/// The value of an option, possibly in several pieces (RFC 3396). It is a view and a cursor: `take_` methods remove
/// bytes from its front.
///
/// The typed readers answer `None` where the length is impossible for the type. A reader for one item wants exactly
/// that item: what is longer is as wrong as what is shorter.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    head: &'a [u8],
    length: usize,
    /// Where further pieces may be. Few values have any, and those that have none are small.
    more: Option<More<'a>>,
}

/// What follows the first piece of a value.
#[derive(Clone, Copy)]
struct More<'a> {
    code: OptionCode,
    rest: Fragments<'a>,
}

impl<'a> Value<'a> {
    /// A value in one piece.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { head: bytes, length: bytes.len(), more: None }
    }

    /// `first` and all pieces of `code` in `rest`.
    #[inline]
    pub(super) fn joined(first: &'a [u8], code: OptionCode, rest: Fragments<'a>) -> Self {
        if rest.is_split() { Self::gathered(first, code, rest) } else { Self::new(first) }
    }

    #[cold]
    #[inline(never)]
    fn gathered(first: &'a [u8], code: OptionCode, rest: Fragments<'a>) -> Self {
        let lengths = rest.filter(|(found, _)| *found == code).map(|(_, piece)| piece.len());
        let length = lengths.fold(first.len(), usize::saturating_add);
        let more = (length != first.len()).then_some(More { code, rest });
        Self { head: first, length, more }
    }

    /// The next piece.
    fn next_piece(&mut self) -> Option<&'a [u8]> {
        let more = self.more.as_mut()?;
        let code = more.code;
        more.rest.find(|(found, _)| *found == code).map(|(_, piece)| piece)
    }

    /// How many bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The pieces in order.
    #[must_use]
    pub const fn pieces(&self) -> Pieces<'a> {
        Pieces(*self)
    }

    /// The bytes in order.
    #[must_use]
    pub const fn bytes(&self) -> Bytes<'a> {
        Bytes(*self)
    }

    /// The bytes where they lie in the datagram; `None` if they lie in several pieces.
    #[must_use]
    pub fn as_slice(&self) -> Option<&'a [u8]> {
        self.head.get(..self.length)
    }

    /// Copies as much as fits into `to`, and answers how many bytes that were.
    pub fn copy_to(&self, to: &mut [u8]) -> usize {
        let mut writer = bootproto_core::Writer::new(to);
        let mut copied: usize = 0;
        for byte in self.bytes() {
            writer.u8(byte);
            if !writer.fits() {
                break;
            }
            copied = copied.saturating_add(1);
        }
        copied
    }

    /// Whether the value begins with `prefix`.
    #[must_use]
    pub fn starts_with(&self, prefix: &[u8]) -> bool {
        self.length >= prefix.len() && self.bytes().zip(prefix).all(|(mine, theirs)| mine == *theirs)
    }

    /// The value without the NULs at its end, which some servers count into the length.
    #[must_use]
    pub fn trim_nul(mut self) -> Self {
        let mut kept: usize = 0;
        for (index, byte) in self.bytes().enumerate() {
            if byte != 0 {
                kept = index.saturating_add(1);
            }
        }
        self.length = kept;
        self
    }

    /// Removes the first byte; `None` at the end.
    pub fn take_u8(&mut self) -> Option<u8> {
        self.length = self.length.checked_sub(1)?;
        loop {
            if let [first, tail @ ..] = self.head {
                self.head = tail;
                return Some(*first);
            }
            self.head = self.next_piece()?;
        }
    }

    /// Removes the first `N` bytes; `None`, and nothing removed, if there are fewer.
    pub fn take_array<const N: usize>(&mut self) -> Option<[u8; N]> {
        if self.length < N {
            return None;
        }
        // In one piece, as a rule.
        if let Some((bytes, tail)) = self.head.split_first_chunk() {
            self.head = tail;
            self.length = self.length.saturating_sub(N);
            return Some(*bytes);
        }
        let mut bytes = [0; N];
        // By value: a reference would keep every value in memory, where most live in registers.
        *self = self.filled(&mut bytes)?;
        Some(bytes)
    }

    /// Fills `bytes` from whatever pieces they lie in, and answers what follows them.
    #[cold]
    #[inline(never)]
    fn filled(mut self, bytes: &mut [u8]) -> Option<Self> {
        for place in bytes {
            *place = self.take_u8()?;
        }
        Some(self)
    }

    /// Removes the first `length` bytes as a value of their own; `None`, and nothing removed, if there are fewer.
    pub fn take(&mut self, length: usize) -> Option<Self> {
        let left = self.length.checked_sub(length)?;
        let front = Self { length, ..*self };
        for _ in 0..length {
            self.take_u8()?;
        }
        self.length = left;
        Some(front)
    }

    /// The value as exactly `N` bytes.
    #[must_use]
    pub fn array<const N: usize>(mut self) -> Option<[u8; N]> {
        if self.length == N { self.take_array() } else { None }
    }

    /// The value as one byte.
    #[must_use]
    pub fn u8(self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    /// The value as two bytes, big-endian.
    #[must_use]
    pub fn u16(self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// The value as four bytes, big-endian.
    #[must_use]
    pub fn u32(self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// The value as one address.
    #[must_use]
    pub fn address(self) -> Option<Ipv4Addr> {
        self.array::<4>().map(Ipv4Addr::from)
    }

    /// The value as one address or more.
    #[must_use]
    pub const fn addresses(self) -> Option<Addresses<'a>> {
        if self.length == 0 || !self.length.is_multiple_of(4) { None } else { Some(Addresses(self)) }
    }

    /// The value as routes (option 121, RFC 3442): checked whole, so that half a table is never used.
    #[must_use]
    pub fn routes(self) -> Option<Routes<'a>> {
        let mut routes = Routes(self);
        if self.is_empty() {
            return None;
        }
        while !routes.0.is_empty() {
            routes.next()?;
        }
        Some(Routes(self))
    }

    /// The domain name that begins at byte `position` of a list in the compressed form of DNS (option 119, RFC 3397):
    /// its text with dots goes to the front of `into`. Answers its length and where the next name begins.
    ///
    /// `None` at the end of the list, and for a name that is cut short, longer than 255 bytes, empty, or compressed by
    /// a pointer that does not lead backwards.
    pub fn domain_name(&self, position: usize, into: &mut [u8; 255]) -> Option<(usize, usize)> {
        let mut writer = bootproto_core::Writer::new(into);
        let (mut at, mut bound, mut next) = (position, position, None);
        loop {
            let mut rest = self.after(at)?;
            let kind = rest.take_u8()?;
            match (kind, kind >> 6) {
                (0, _) => break,
                (length, 0) => {
                    if writer.position() > 0 {
                        writer.u8(b'.');
                    }
                    for byte in rest.take(length.into())?.bytes() {
                        writer.u8(byte);
                    }
                    at = at.saturating_add(1).saturating_add(length.into());
                }
                (_, 3) => {
                    let target = usize::from(u16::from_be_bytes([kind & 0x3f, rest.take_u8()?]));
                    next = next.or_else(|| Some(at.saturating_add(2)));
                    if target >= bound {
                        return None;
                    }
                    (at, bound) = (target, target);
                }
                _ => return None,
            }
        }
        let length = writer.finish().ok()?.len();
        (length > 0).then(|| (length, next.unwrap_or_else(|| at.saturating_add(1))))
    }

    /// What follows the first `count` bytes.
    fn after(mut self, count: usize) -> Option<Self> {
        self.take(count)?;
        Some(self)
    }

    /// The value as PXE sub-options (option 43). Only sensible if option 60 of the same message says `PXEClient`.
    #[must_use]
    pub const fn pxe(self) -> PxeOptions<'a> {
        PxeOptions::new(self)
    }
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.length == other.length && self.bytes().eq(other.bytes())
    }
}

impl Eq for Value<'_> {}

impl PartialEq<[u8]> for Value<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        self.length == other.len() && self.starts_with(other)
    }
}

impl<const N: usize> PartialEq<[u8; N]> for Value<'_> {
    fn eq(&self, other: &[u8; N]) -> bool {
        *self == *other.as_slice()
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for byte in self.bytes() {
            write!(f, "{}", byte.escape_ascii())?;
        }
        f.write_str("\"")
    }
}

/// The pieces of a [`Value`]; none of them is empty.
#[derive(Debug, Clone, Copy)]
pub struct Pieces<'a>(Value<'a>);

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let value = &mut self.0;
        while value.length > 0 {
            let piece = value.head.get(..value.length).unwrap_or(value.head);
            value.length = value.length.saturating_sub(piece.len());
            value.head = value.next_piece().unwrap_or_default();
            if !piece.is_empty() {
                return Some(piece);
            }
        }
        None
    }
}

/// The bytes of a [`Value`].
#[derive(Debug, Clone, Copy)]
pub struct Bytes<'a>(Value<'a>);

impl Iterator for Bytes<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.0.take_u8()
    }
}

/// A list of addresses.
#[derive(Debug, Clone, Copy)]
pub struct Addresses<'a>(Value<'a>);

impl<'a> Addresses<'a> {
    /// The whole addresses in `value`.
    pub(super) const fn of(value: Value<'a>) -> Self {
        Self(value)
    }
}

impl Iterator for Addresses<'_> {
    type Item = Ipv4Addr;

    fn next(&mut self) -> Option<Ipv4Addr> {
        self.0.take_array::<4>().map(Ipv4Addr::from)
    }
}

/// One classless route (RFC 3442).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The network; host bits are as received.
    pub destination: Ipv4Addr,
    /// How many bits of it count, 0 to 32.
    pub prefix_length: u8,
    /// The next hop; 0.0.0.0 means the link itself.
    pub router: Ipv4Addr,
}

/// A list of classless routes. TunnelVision (CVE-2024-3661) redirects traffic with it: the caller decides.
#[derive(Debug, Clone, Copy)]
pub struct Routes<'a>(Value<'a>);

impl Iterator for Routes<'_> {
    type Item = Route;

    fn next(&mut self) -> Option<Route> {
        let prefix_length = self.0.take_u8()?;
        if prefix_length > 32 {
            return None;
        }
        let mut octets = [0; 4];
        for place in octets.iter_mut().take(usize::from(prefix_length.div_ceil(8))) {
            *place = self.0.take_u8()?;
        }
        let router = self.0.take_array::<4>().map(Ipv4Addr::from)?;
        Some(Route { destination: Ipv4Addr::from(octets), prefix_length, router })
    }
}
