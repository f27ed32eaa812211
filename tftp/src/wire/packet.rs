//! Every packet but a request's inside, and the writers.

use bootproto_core::{ParseError, ParseErrorKind, Reader, Writer};

use super::{ErrorCode, Opcode, OptionList, OptionName, Request};

/// One packet, as a view of the datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Packet<'a> {
    /// RRQ or WRQ.
    Request(Request<'a>),
    /// A block of the file.
    Data {
        /// Its number, of which only the low 16 bits are on the wire.
        block: u16,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// Acknowledgement of a block, and of all before it.
    Ack {
        /// The block's number on the wire.
        block: u16,
    },
    /// The end of the transfer.
    Error {
        /// Why.
        code: ErrorCode,
        /// The same in words, in no particular encoding.
        message: &'a [u8],
    },
    /// The options that the server grants.
    OptionAck(OptionList<'a>),
}

impl<'a> Packet<'a> {
    /// Reads one packet.
    ///
    /// # Errors
    /// [`ParseError`] says what is wrong, and where. An unknown opcode is [`ParseErrorKind::BadMagic`].
    pub fn parse(datagram: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(datagram);
        let at = reader.error(ParseErrorKind::BadMagic);
        Ok(match Opcode(reader.u16()?) {
            Opcode::RRQ | Opcode::WRQ => Self::Request(Request::parse(datagram)?),
            Opcode::DATA => Self::Data { block: reader.u16()?, bytes: reader.rest() },
            // Bytes after the number are passed over: some embedded clients send the whole of their buffer.
            Opcode::ACK => Self::Ack { block: reader.u16()? },
            Opcode::ERROR => {
                let code = ErrorCode(reader.u16()?);
                // Small servers leave out the NUL, or the message altogether; the code is what counts.
                let message = reader.rest().split(|byte| *byte == 0).next().unwrap_or_default();
                Self::Error { code, message }
            }
            Opcode::OACK => Self::OptionAck(OptionList::lenient(reader)),
            _ => return Err(at),
        })
    }

    /// What kind of packet this is.
    #[must_use]
    pub const fn opcode(&self) -> Opcode {
        match self {
            Self::Request(request) => match request.direction {
                super::Direction::Read => Opcode::RRQ,
                super::Direction::Write => Opcode::WRQ,
            },
            Self::Data { .. } => Opcode::DATA,
            Self::Ack { .. } => Opcode::ACK,
            Self::Error { .. } => Opcode::ERROR,
            Self::OptionAck(_) => Opcode::OACK,
        }
    }
}

impl OptionName {
    /// Writes the option with a number as its value.
    pub fn write(self, writer: &mut Writer<'_>, value: u64) {
        writer.bytes(self.as_bytes());
        writer.u8(0);
        writer.decimal(value);
        writer.u8(0);
    }

    /// Writes the option with an empty value, as a client asks for multicast (RFC 2090).
    pub fn write_empty(self, writer: &mut Writer<'_>) {
        writer.bytes(self.as_bytes());
        writer.u16(0);
    }
}

/// Writes an ACK.
pub fn write_ack(writer: &mut Writer<'_>, block: u16) {
    writer.u16(Opcode::ACK.0);
    writer.u16(block);
}

/// Writes the head of a DATA; the bytes follow.
pub fn write_data(writer: &mut Writer<'_>, block: u16) {
    writer.u16(Opcode::DATA.0);
    writer.u16(block);
}

/// Writes an ERROR. A NUL in the message ends it early.
pub fn write_error(writer: &mut Writer<'_>, code: ErrorCode, message: &[u8]) {
    writer.u16(Opcode::ERROR.0);
    writer.u16(code.0);
    writer.bytes(message.split(|byte| *byte == 0).next().unwrap_or_default());
    writer.u8(0);
}
