//! A checked view of one message and its options.

use bootproto_core::{ParseError, ParseErrorKind, Reader};

use super::value::Value;
use super::{Header, MessageType, OptionCode};

/// The four bytes before the options (RFC 2131 section 3).
pub const MAGIC_COOKIE: [u8; 4] = [99, 130, 83, 99];

/// A message that [`Packet::parse`] has checked. It borrows the datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The fixed fields.
    pub header: Header,
    sname: &'a [u8; 64],
    file: &'a [u8; 128],
    options: &'a [u8],
    has_cookie: bool,
    overload: u8,
    /// Whether an option may come in several pieces: otherwise the first that is found is all there is.
    is_split: bool,
}

impl<'a> Packet<'a> {
    /// Checks a datagram: the 236 bytes of the header, and that no option runs past the end of its field.
    ///
    /// A message without the magic cookie is legal BOOTP and has no options.
    ///
    /// # Errors
    /// [`ParseErrorKind::Truncated`] if the header or an option ends too early, [`ParseErrorKind::BadLength`] if
    /// `hlen` is larger than 16 or the message type is not one byte.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(datagram);
        let header = Header::parse(&mut reader)?;
        let sname_at = reader.position();
        let sname = chunk(&mut reader)?;
        let file_at = reader.position();
        let file = chunk(&mut reader)?;
        let has_cookie = reader.array() == Ok(MAGIC_COOKIE);
        let options_at = reader.position();
        let options = if has_cookie { reader.rest() } else { &[] };
        let mut seen = Seen::default();
        seen.check_area(options, options_at)?;
        let mut overload = 0;
        if seen.has(OptionCode::OVERLOAD) {
            // RFC 3396 joins its pieces too.
            let own = Fragments { area: options, more: [&[], &[]], is_split: seen.twice };
            overload = own.joined(OptionCode::OVERLOAD).and_then(Value::u8).unwrap_or(0);
        }
        let mut packet = Self { header, sname, file, options, has_cookie, overload, is_split: false };
        if packet.is_file_overloaded() {
            seen.check_area(file, file_at)?;
        }
        if packet.is_sname_overloaded() {
            seen.check_area(sname, sname_at)?;
        }
        packet.is_split = seen.twice;
        // Without a type this would pass for BOOTP, whose answers are leases for ever.
        if packet.option(OptionCode::MESSAGE_TYPE).is_some_and(|kind| kind.len() != 1) {
            return Err(ParseError { kind: ParseErrorKind::BadLength, offset: options_at });
        }
        Ok(packet)
    }

    /// Whether the magic cookie is there. Without it this is BOOTP as of RFC 951.
    #[must_use]
    pub const fn has_cookie(&self) -> bool {
        self.has_cookie
    }

    /// Whether option 52 turns `file` into room for options.
    #[must_use]
    pub const fn is_file_overloaded(&self) -> bool {
        matches!(self.overload, 1 | 3)
    }

    /// Whether option 52 turns `sname` into room for options.
    #[must_use]
    pub const fn is_sname_overloaded(&self) -> bool {
        matches!(self.overload, 2 | 3)
    }

    /// The boot file name up to its NUL, or all 128 bytes; empty if the field holds options.
    #[must_use]
    pub fn file(&self) -> &'a [u8] {
        if self.is_file_overloaded() { &[] } else { until_nul(self.file) }
    }

    /// The server's name up to its NUL, or all 64 bytes; empty if the field holds options.
    #[must_use]
    pub fn sname(&self) -> &'a [u8] {
        if self.is_sname_overloaded() { &[] } else { until_nul(self.sname) }
    }

    /// Every piece of every option in the order of the wire: the field `options`, then `file`, then `sname`, where
    /// option 52 says so. What RFC 3396 splits comes in pieces; see [`options`](Self::options).
    #[must_use]
    pub const fn fragments(&self) -> Fragments<'a> {
        //= https://www.rfc-editor.org/rfc/rfc2131#section-4.1
        //# The options in the 'options' field MUST be interpreted first, so
        //# that any 'option overload' options may be interpreted. The 'file'
        //# field MUST be interpreted next (if the 'option overload' option
        //# indicates that the 'file' field contains DHCP options), followed
        //# by the 'sname' field.
        // The order of RFC 2131 section 4.1 and RFC 3396 section 5.
        let file: &[u8] = if self.is_file_overloaded() { self.file } else { &[] };
        let sname: &[u8] = if self.is_sname_overloaded() { self.sname } else { &[] };
        Fragments { area: self.options, more: [file, sname], is_split: self.is_split }
    }

    /// Every option once, in the order of first appearance, split ones joined.
    #[must_use]
    pub const fn options(&self) -> Options<'a> {
        Options { fragments: self.fragments(), seen: Seen { codes: [0; 8], twice: false } }
    }

    /// The value of one option, its pieces joined; `None` if it is not there.
    #[must_use]
    pub fn option(&self, code: OptionCode) -> Option<Value<'a>> {
        self.fragments().joined(code)
    }

    /// The message type, option 53; `None` in a BOOTP message.
    #[must_use]
    pub fn message_type(&self) -> Option<MessageType> {
        self.option(OptionCode::MESSAGE_TYPE)?.u8().map(MessageType)
    }
}

/// The next `N` bytes by reference.
fn chunk<'a, const N: usize>(reader: &mut Reader<'a>) -> Result<&'a [u8; N], ParseError> {
    let error = reader.error(ParseErrorKind::Truncated);
    reader.take(N)?.first_chunk().ok_or(error)
}

fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// The codes of the options that have been looked at, a bit each.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    codes: [u32; 8],
    /// Whether one came twice.
    twice: bool,
}

impl Seen {
    /// Whether every option of an area lies inside it; `offset` is where in the datagram the area begins.
    fn check_area(&mut self, area: &[u8], offset: usize) -> Result<(), ParseError> {
        let mut rest = area;
        loop {
            match split_option(rest) {
                Split::Option { code, rest: after, .. } => {
                    self.twice |= !self.is_new(code);
                    rest = after;
                }
                Split::End => return Ok(()),
                Split::Overrun => {
                    let offset = offset.saturating_add(area.len()).saturating_sub(rest.len());
                    return Err(ParseError { kind: ParseErrorKind::Truncated, offset });
                }
            }
        }
    }

    /// Notes a code; false if it was here before.
    fn is_new(&mut self, code: OptionCode) -> bool {
        let Some(word) = self.codes.get_mut(usize::from(code.0 >> 5)) else { return false };
        let bit = Self::bit(code);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Whether a code was noted.
    fn has(&self, code: OptionCode) -> bool {
        self.codes.get(usize::from(code.0 >> 5)).is_some_and(|word| *word & Self::bit(code) != 0)
    }

    /// Its place in its word.
    fn bit(code: OptionCode) -> u32 {
        1_u32.rotate_left(u32::from(code.0))
    }
}

/// What an area begins with, after PADs.
enum Split<'a> {
    /// An option, and what follows it.
    Option { code: OptionCode, value: &'a [u8], rest: &'a [u8] },
    /// END, the end, or a lone tag in the last byte (peers cut their packets there; iPXE 9f7e0c97c reads on into memory).
    End,
    /// An option that runs past the area.
    Overrun,
}

/// Splits the first option off.
#[inline]
fn split_option(mut area: &[u8]) -> Split<'_> {
    loop {
        area = match area {
            // The common case first: every message is mostly this.
            [code @ 1..=254, length, rest @ ..] => {
                return match rest.split_at_checked(usize::from(*length)) {
                    Some((value, rest)) => Split::Option { code: OptionCode(*code), value, rest },
                    None => Split::Overrun,
                };
            }
            [0, rest @ ..] => rest,
            _ => return Split::End,
        };
    }
}

/// The pieces of options as they lie in the datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragments<'a> {
    area: &'a [u8],
    more: [&'a [u8]; 2],
    /// Whether a code may come again.
    is_split: bool,
}

impl<'a> Fragments<'a> {
    /// Whether a code may come again.
    pub(super) const fn is_split(&self) -> bool {
        self.is_split
    }

    /// All pieces of `code`, joined.
    pub(super) fn joined(mut self, code: OptionCode) -> Option<Value<'a>> {
        let (_, first) = self.find(|(found, _)| *found == code)?;
        Some(Value::joined(first, code, self))
    }
}

impl<'a> Iterator for Fragments<'a> {
    type Item = (OptionCode, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Split::Option { code, value, rest } = split_option(self.area) {
                self.area = rest;
                return Some((code, value));
            }
            let [next, last] = self.more;
            if next.is_empty() && last.is_empty() {
                self.area = &[];
                return None;
            }
            (self.area, self.more) = (next, [last, &[]]);
        }
    }
}

/// One logical option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionView<'a> {
    /// Which option.
    pub code: OptionCode,
    /// Its value, pieces joined.
    pub value: Value<'a>,
}

/// The logical options of a message.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    fragments: Fragments<'a>,
    seen: Seen,
}

impl<'a> Iterator for Options<'a> {
    type Item = OptionView<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (code, first) = self.fragments.next()?;
            if !self.fragments.is_split || self.seen.is_new(code) {
                return Some(OptionView { code, value: Value::joined(first, code, self.fragments) });
            }
        }
    }
}
