//! A capture file through a serial line: base64 between two marks, which a person copies from the log.

use core::fmt;

use super::{Packet, pcapng};

/// The line before the capture file.
pub const BEGIN: &str = "-----BEGIN BOOTPROTO PCAPNG-----";

/// What the line after it begins with; the number of the file's bytes and five dashes follow.
pub const END: &str = "-----END BOOTPROTO PCAPNG ";

/// What both lines end with.
const DASHES: &str = "-----";

/// The letters in a line but the last.
pub const LINE: usize = 76;

/// The bytes in such a line.
const BYTES: usize = LINE / 4 * 3;

/// Writes a capture file of `packets` as text: [`BEGIN`], base64 in lines of [`LINE`] letters, and [`END`] with the
/// number of bytes. `netboot trace` makes a file of it again and says where a line was damaged.
///
/// # Errors
/// What `out` answers.
pub fn write_text<'p>(
    packets: impl IntoIterator<Item = Packet<'p>>,
    out: &mut dyn fmt::Write,
) -> fmt::Result {
    writeln!(out, "{BEGIN}")?;
    let mut lines = Lines { out, line: [0; BYTES], used: 0, total: 0, result: Ok(()) };
    pcapng::write(packets, &mut |bytes| lines.put(bytes));
    lines.flush();
    lines.result?;
    writeln!(lines.out, "{END}{} bytes{DASHES}", lines.total)
}

struct Lines<'w> {
    out: &'w mut dyn fmt::Write,
    line: [u8; BYTES],
    used: usize,
    total: u64,
    result: fmt::Result,
}

impl Lines<'_> {
    fn put(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.used == BYTES {
                self.flush();
            }
            if let Some(place) = self.line.get_mut(self.used) {
                *place = *byte;
            }
            self.used = self.used.saturating_add(1);
            self.total = self.total.saturating_add(1);
        }
    }

    fn flush(&mut self) {
        let line = self.line.get(..core::mem::take(&mut self.used)).unwrap_or_default();
        if self.result.is_ok() && !line.is_empty() {
            self.result = encode(line, self.out);
        }
    }
}

/// A line of base64 (RFC 4648 section 4). Libraries that encode in constant time, as secrets need it, are four times the
/// code.
fn encode(line: &[u8], out: &mut dyn fmt::Write) -> fmt::Result {
    for group in line.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | u32::from(group.get(at).copied().unwrap_or(0)));
        for (place, shift) in [18_u32, 12, 6, 0].into_iter().enumerate() {
            let [letter, ..] = (bits >> shift & 0x3f).to_le_bytes();
            out.write_char(match letter {
                _ if place > group.len() => '=',
                0..26 => char::from(b'A'.saturating_add(letter)),
                26..52 => char::from((b'a' - 26).saturating_add(letter)),
                52..62 => char::from(letter.saturating_sub(52).saturating_add(b'0')),
                62 => '+',
                _ => '/',
            })?;
        }
    }
    out.write_char('\n')
}
