//! A capture file through a serial line: base64 between two marks, which a person copies from the log.

use core::fmt;

use base64ct::{Base64, Encoding as _};

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
        let mut text = [0; LINE];
        let line = self.line.get(..core::mem::take(&mut self.used)).unwrap_or_default();
        // The text of a line fits a line.
        let text = Base64::encode(line, &mut text).unwrap_or_default();
        if self.result.is_ok() && !text.is_empty() {
            self.result = writeln!(self.out, "{text}");
        }
    }
}
