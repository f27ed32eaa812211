//! Writes messages.

use core::net::Ipv4Addr;

use bootproto_core::{BufferTooSmall, Writer, num};

use super::{Header, MAGIC_COOKIE, MessageType, OptionCode, Value};

/// The smallest message that every BOOTP relay and server takes (RFC 1542 section 2.1).
const MINIMUM: usize = 300;
/// Where `sname` and `file` begin.
const SNAME_AT: usize = 44;
const FILE_AT: usize = 108;

/// Writes a message field by field into the caller's buffer: header, options in the order of the calls, END, and
/// zeros up to 300 bytes.
///
/// A value longer than 255 bytes is split as RFC 3396 says. A buffer that is too small shows at
/// [`finish`](Self::finish) only.
#[derive(Debug)]
pub struct Builder<'b> {
    writer: Writer<'b>,
}

impl<'b> Builder<'b> {
    /// Begins a message with `header`, empty `sname` and `file`, and the magic cookie.
    #[must_use]
    pub fn new(buf: &'b mut [u8], header: &Header) -> Self {
        let mut writer = Writer::new(buf);
        header.write(&mut writer);
        writer.zeros(64);
        writer.zeros(128);
        writer.bytes(&MAGIC_COOKIE);
        Self { writer }
    }

    /// Fills `sname` with the first 64 bytes of `name`.
    pub fn sname(&mut self, name: &[u8]) -> &mut Self {
        self.writer.patch(SNAME_AT, name.get(..64).unwrap_or(name));
        self
    }

    /// Fills `file` with the first 128 bytes of `name`. A name of exactly 128 bytes has no NUL.
    pub fn file(&mut self, name: &[u8]) -> &mut Self {
        self.writer.patch(FILE_AT, name.get(..128).unwrap_or(name));
        self
    }

    /// Adds an option, in as many pieces as it takes. An empty value is written as such.
    pub fn option(&mut self, code: OptionCode, value: &[u8]) -> &mut Self {
        let (first, rest) = value.split_at_checked(255).unwrap_or((value, &[]));
        write_sub_option(&mut self.writer, code.0, first);
        for piece in rest.chunks(255) {
            write_sub_option(&mut self.writer, code.0, piece);
        }
        self
    }

    /// Adds an option whose value comes from another message.
    pub fn value(&mut self, code: OptionCode, value: &Value<'_>) -> &mut Self {
        let mut bytes = value.bytes();
        let mut left = value.len();
        loop {
            let length = left.min(255);
            self.writer.u8(code.0);
            self.writer.u8(num::u8_from_usize_saturating(length));
            for byte in bytes.by_ref().take(length) {
                self.writer.u8(byte);
            }
            left = left.saturating_sub(length);
            if left == 0 {
                return self;
            }
        }
    }

    /// Adds option 53.
    pub fn message_type(&mut self, kind: MessageType) -> &mut Self {
        self.u8(OptionCode::MESSAGE_TYPE, kind.0)
    }

    /// Adds an option of one byte.
    pub fn u8(&mut self, code: OptionCode, value: u8) -> &mut Self {
        self.option(code, &[value])
    }

    /// Adds an option of two bytes.
    pub fn u16(&mut self, code: OptionCode, value: u16) -> &mut Self {
        self.option(code, &value.to_be_bytes())
    }

    /// Adds an option of four bytes.
    pub fn u32(&mut self, code: OptionCode, value: u32) -> &mut Self {
        self.option(code, &value.to_be_bytes())
    }

    /// Adds an option of one address.
    pub fn address(&mut self, code: OptionCode, address: Ipv4Addr) -> &mut Self {
        self.option(code, &address.octets())
    }

    /// Adds an option of several addresses; nothing if there are none. At most 63, which is one option's worth.
    pub fn addresses(&mut self, code: OptionCode, addresses: &[Ipv4Addr]) -> &mut Self {
        let addresses = addresses.get(..63).unwrap_or(addresses);
        if !addresses.is_empty() {
            self.writer.u8(code.0);
            self.writer.u8(num::u8_from_usize_saturating(addresses.len().saturating_mul(4)));
            for address in addresses {
                self.writer.bytes(&address.octets());
            }
        }
        self
    }

    /// How many bytes have been written so far, END not included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.writer.position()
    }

    /// Never true: the header is always there.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// Ends the message.
    ///
    /// # Errors
    /// [`BufferTooSmall`] says how many bytes the whole message takes.
    pub fn finish(mut self) -> Result<&'b [u8], BufferTooSmall> {
        //= https://www.rfc-editor.org/rfc/rfc2131#section-4.1
        //# The last option must always be the 'end' option.
        self.writer.u8(OptionCode::END.0);
        self.writer.zeros(MINIMUM.saturating_sub(self.writer.position()));
        self.writer.finish()
    }
}

/// Writes code, length and the first 255 bytes of `value`: an option, or a sub-option inside one.
pub fn write_sub_option(writer: &mut Writer<'_>, code: u8, value: &[u8]) {
    let value = value.get(..255).unwrap_or(value);
    writer.u8(code);
    writer.u8(num::u8_from_usize_saturating(value.len()));
    writer.bytes(value);
}
