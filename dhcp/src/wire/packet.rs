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
        check_area(options, options_at)?;
        let own = Fragments { area: options, more: [&[], &[]] };
        let overload = own.only(OptionCode::OVERLOAD).and_then(|value| value.u8()).unwrap_or(0);
        let packet = Self { header, sname, file, options, has_cookie, overload };
        if packet.is_file_overloaded() {
            check_area(file, file_at)?;
        }
        if packet.is_sname_overloaded() {
            check_area(sname, sname_at)?;
        }
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
        Fragments { area: self.options, more: [file, sname] }
    }

    /// Every option once, in the order of first appearance, split ones joined.
    #[must_use]
    pub const fn options(&self) -> Options<'a> {
        Options { fragments: self.fragments(), seen: [0; 8] }
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

/// Whether every option of an area lies inside it; `offset` is where in the datagram the area begins.
fn check_area(area: &[u8], offset: usize) -> Result<(), ParseError> {
    let mut rest = area;
    while let Some((_, after)) = split_option(rest).transpose().map_err(|()| ParseError {
        kind: ParseErrorKind::Truncated,
        offset: offset.saturating_add(area.len()).saturating_sub(rest.len()),
    })? {
        rest = after;
    }
    Ok(())
}

/// One option as code and value, and what follows it.
type Split<'a> = ((OptionCode, &'a [u8]), &'a [u8]);

/// The first option of an area and the rest after it; `None` at END, at the end, and before a lone tag in the last
/// byte (peers cut their packets there; iPXE 9f7e0c97c reads on into memory). An option that runs past the area is an
/// error.
fn split_option(mut area: &[u8]) -> Option<Result<Split<'_>, ()>> {
    loop {
        area = match area {
            [0, rest @ ..] => rest,
            [] | [255, ..] | [_] => return None,
            [code, length, rest @ ..] => {
                let split = rest.split_at_checked(usize::from(*length));
                return Some(split.map(|(value, rest)| ((OptionCode(*code), value), rest)).ok_or(()));
            }
        };
    }
}

/// The pieces of options as they lie in the datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragments<'a> {
    area: &'a [u8],
    more: [&'a [u8]; 2],
}

impl<'a> Fragments<'a> {
    /// No pieces.
    pub(super) const EMPTY: Self = Self { area: &[], more: [&[], &[]] };

    /// The first piece of `code`, without looking for further ones.
    fn only(mut self, code: OptionCode) -> Option<Value<'a>> {
        self.find(|(found, _)| *found == code).map(|(_, value)| Value::new(value))
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
            if let Some(Ok((option, rest))) = split_option(self.area) {
                self.area = rest;
                return Some(option);
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
    seen: [u32; 8],
}

impl<'a> Iterator for Options<'a> {
    type Item = OptionView<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (code, first) = self.fragments.next()?;
            let bit = 1_u32.checked_shl(u32::from(code.0 % 32)).unwrap_or(0);
            let Some(word) = self.seen.get_mut(usize::from(code.0 / 32)) else { continue };
            if *word & bit == 0 {
                *word |= bit;
                return Some(OptionView { code, value: Value::joined(first, code, self.fragments) });
            }
        }
    }
}
