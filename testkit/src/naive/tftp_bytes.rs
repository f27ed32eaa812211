//! TFTP packets as bytes, RFC 1350 and 2347.

use std::collections::BTreeMap;

pub(super) const RRQ: u16 = 1;
pub(super) const WRQ: u16 = 2;
pub(super) const DATA: u16 = 3;
pub(super) const ACK: u16 = 4;
pub(super) const ERROR: u16 = 5;
pub(super) const OACK: u16 = 6;

/// Options by lower-case name.
pub(super) type Options = BTreeMap<String, String>;

/// Two numbers and the rest: opcode, then block number or error code.
pub(super) fn split(data: &[u8]) -> Option<(u16, u16, &[u8])> {
    let [a, b, c, d, rest @ ..] = data else { return None };
    Some((u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]), rest))
}

/// The opcode of any packet.
pub(super) fn opcode(data: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes([*data.first()?, *data.get(1)?]))
}

/// The strings of a request or OACK, each ended by a zero byte; `None` when the last has no end.
pub(super) fn strings(data: &[u8]) -> Option<Vec<String>> {
    let body = data.get(2..)?.strip_suffix(&[0])?;
    Some(body.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned()).collect())
}

/// Pairs of strings as options.
pub(super) fn options(strings: &[String]) -> Options {
    let pairs = strings.chunks_exact(2);
    pairs.map(|pair| (pair[0].to_ascii_lowercase(), pair[1].clone())).collect()
}

/// An option's value as a number.
pub(super) fn number(options: &Options, name: &str) -> Option<usize> {
    options.get(name)?.parse().ok()
}

pub(super) fn numbered(opcode: u16, number: u16, rest: &[u8]) -> Vec<u8> {
    [&opcode.to_be_bytes()[..], &number.to_be_bytes(), rest].concat()
}

pub(super) fn texts<'a>(opcode: u16, texts: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut bytes = opcode.to_be_bytes().to_vec();
    for text in texts {
        bytes.extend(text.as_bytes());
        bytes.push(0);
    }
    bytes
}

pub(super) fn error(code: u16, message: &str) -> Vec<u8> {
    numbered(ERROR, code, &[message.as_bytes(), &[0]].concat())
}

/// The number on the wire of the block that is really the `index`th; block 65536 is `rollover`, 0 or 1.
pub(super) fn wire_number(index: usize, rollover: u16) -> u16 {
    let number = if rollover == 0 { index % 65_536 } else { index.saturating_sub(1) % 65_535 + index.min(1) };
    u16::try_from(number).unwrap_or_default()
}

/// A file as its blocks: the last one is shorter than the others, empty if need be.
pub(super) fn blocks(file: &[u8], size: usize) -> Vec<Vec<u8>> {
    let mut blocks: Vec<Vec<u8>> = file.chunks(size).map(<[u8]>::to_vec).collect();
    if file.len().is_multiple_of(size) {
        blocks.push(Vec::new());
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::{blocks, strings, wire_number};

    #[test]
    fn block_numbers_roll_over_to_zero_or_one() {
        assert_eq!([65_535, 65_536, 65_537, 131_072].map(|index| wire_number(index, 0)), [65_535, 0, 1, 0]);
        assert_eq!([65_535, 65_536, 65_537, 131_071].map(|index| wire_number(index, 1)), [65_535, 1, 2, 1]);
        assert_eq!((wire_number(0, 0), wire_number(0, 1)), (0, 0));
    }

    #[test]
    fn a_file_ends_with_a_short_block() {
        assert_eq!(blocks(b"", 2), [vec![]]);
        assert_eq!(blocks(b"ab", 2), [b"ab".to_vec(), vec![]]);
        assert_eq!(blocks(b"abc", 2), [b"ab".to_vec(), b"c".to_vec()]);
    }

    #[test]
    fn strings_end_with_a_zero() {
        assert_eq!(strings(b"\0\x01f\0octet\0").unwrap(), ["f", "octet"]);
        assert_eq!(strings(b"\0\x01f\0octet"), None);
    }
}
