//! Any TFTP packet read in the simplest way, for comparison with a codec that has to be fast and borrow.

/// Name and value of an option, as they came.
type Pair = (Vec<u8>, Vec<u8>);

/// One packet as RFC 1350 and 2347 show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TftpPacket {
    /// RRQ, or WRQ.
    Request {
        /// Whether it is a WRQ.
        is_write: bool,
        /// The file's name.
        file: Vec<u8>,
        /// `octet` or `netascii`, in lower case.
        mode: Vec<u8>,
        /// The options.
        options: Vec<Pair>,
    },
    /// A block.
    Data {
        /// Its number.
        block: u16,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// The acknowledgement of a block.
    Ack {
        /// Its number.
        block: u16,
    },
    /// An error.
    Error {
        /// Its number.
        code: u16,
        /// Its text up to the first zero byte.
        message: Vec<u8>,
    },
    /// The options that a server grants.
    OptionAck(Vec<Pair>),
}

impl TftpPacket {
    /// Reads a packet, or answers `None` for what is none.
    ///
    /// A request must be whole: a name of 1 to 255 bytes, a mode that we speak, options with names, every text ended by
    /// a zero byte. An OACK is read up to its last whole option, an error need not have a text, and an ACK may have
    /// anything behind its number, for real peers send such packets.
    pub fn read(data: &[u8]) -> Option<Self> {
        let opcode = u16::from_be_bytes([*data.first()?, *data.get(1)?]);
        let rest = &data[2..];
        let number = || Some(u16::from_be_bytes([*rest.first()?, *rest.get(1)?]));
        match opcode {
            1 | 2 => request(opcode == 2, rest),
            3 => Some(Self::Data { block: number()?, bytes: rest[2..].to_vec() }),
            4 => Some(Self::Ack { block: number()? }),
            5 => {
                let code = number()?;
                let message = rest[2..].iter().copied().take_while(|byte| *byte != 0).collect();
                Some(Self::Error { code, message })
            }
            6 => {
                let texts = texts(rest).0;
                let pairs = texts.chunks_exact(2).take_while(|pair| !pair[0].is_empty());
                Some(Self::OptionAck(pairs.map(|pair| (pair[0].clone(), pair[1].clone())).collect()))
            }
            _ => None,
        }
    }

    /// Writes it.
    pub fn write(&self) -> Vec<u8> {
        let numbered = |opcode: u16, number: u16, rest: &[u8]| {
            [&opcode.to_be_bytes()[..], &number.to_be_bytes(), rest].concat()
        };
        let pairs = |pairs: &[Pair]| {
            pairs
                .iter()
                .flat_map(|(name, value)| [&name[..], &[0], value, &[0]].concat())
                .collect::<Vec<u8>>()
        };
        match self {
            Self::Request { is_write, file, mode, options } => {
                let opcode = [0, 1 + u8::from(*is_write)];
                [&opcode[..], file, &[0], mode, &[0], &pairs(options)].concat()
            }
            Self::Data { block, bytes } => numbered(3, *block, bytes),
            Self::Ack { block } => numbered(4, *block, b""),
            Self::Error { code, message } => numbered(5, *code, &[message, &b"\0"[..]].concat()),
            Self::OptionAck(options) => [&[0, 6][..], &pairs(options)].concat(),
        }
    }
}

fn request(is_write: bool, rest: &[u8]) -> Option<TftpPacket> {
    let (texts, left) = texts(rest);
    let [file, mode, options @ ..] = &texts[..] else { return None };
    let mode = mode.to_ascii_lowercase();
    let is_known = [&b"octet"[..], b"netascii"].contains(&&mode[..]);
    let are_named = options.chunks(2).all(|pair| !pair[0].is_empty());
    let is_whole = left.is_empty() && options.len().is_multiple_of(2);
    if !is_known || !are_named || !is_whole || !(1..=255).contains(&file.len()) {
        return None;
    }
    let options = options.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
    Some(TftpPacket::Request { is_write, file: file.clone(), mode, options })
}

/// The texts that end in a zero byte, and what follows the last of them.
fn texts(data: &[u8]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let mut texts: Vec<Vec<u8>> = data.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    let left = texts.pop().unwrap_or_default();
    (texts, left)
}

#[cfg(test)]
mod tests {
    use super::TftpPacket;

    #[test]
    fn what_is_read_is_what_was_written() {
        for bytes in [
            &b"\0\x01f\0octet\0"[..],
            b"\0\x02f\0netascii\0blksize\x008\0",
            b"\0\x03\0\x01abc",
            b"\0\x04\xff\xff",
            b"\0\x05\0\x01gone\0",
            b"\0\x06tsize\x000\0",
            b"\0\x06",
        ] {
            assert_eq!(TftpPacket::read(bytes).unwrap().write(), bytes);
        }
    }

    #[test]
    fn what_is_not_whole_is_no_packet() {
        for bytes in [
            &b""[..],
            b"\0",
            b"\0\x07",
            b"\0\x01",
            b"\0\x01f\0mail\0",
            b"\0\x01\0octet\0",
            b"\0\x01f\0octet",
            b"\0\x01f\0octet\0x\0",
            b"\0\x03\0",
        ] {
            assert_eq!(TftpPacket::read(bytes), None, "{bytes:?}");
        }
        let cut = TftpPacket::read(b"\0\x06tsize\x001\0blk").unwrap();
        assert_eq!(cut, TftpPacket::OptionAck(vec![(b"tsize".to_vec(), b"1".to_vec())]));
    }
}
