//! The screen and the first serial line: what is said, and the keys that answer.

use crate::memory::word;
use crate::port::{input, output};
use crate::real::{Registers, interrupt};
use core::fmt;

/// The first serial line.
const SERIAL: u16 = 0x3f8;

/// Where text goes.
///
/// A BIOS that mirrors its screen to the serial line (SeaBIOS without a display, servers' "console redirection") has
/// its own handler of INT 10h before the video ROM's; then the line is left to it, or all would be there twice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    serial: bool,
}

impl Console {
    pub(crate) fn open() -> Self {
        let video = word(0x10 * 4 + 2);
        let mirrored = !(0xc000..0xc800).contains(&video);
        let present = input(SERIAL + 5) != 0xff;
        if present && !mirrored {
            // 115200 8n1.
            for (register, value) in [(3, 0x83), (0, 1), (1, 0), (3, 3), (2, 7), (4, 3)] {
                output(SERIAL + register, value);
            }
        }
        Self { serial: present && !mirrored }
    }

    fn byte(self, byte: u8) {
        if self.serial {
            for _ in 0..100_000 {
                if input(SERIAL + 5) & 0x20 != 0 {
                    break;
                }
            }
            output(SERIAL, byte);
        }
        interrupt(0x10, Registers { eax: 0x0e00 | u32::from(byte), ebx: 7, ..Registers::default() });
    }

    /// A key that was pressed, at the keyboard or at the other end of the serial line.
    pub(crate) fn key(self) -> Option<u8> {
        if self.serial && input(SERIAL + 5) & 1 != 0 {
            return Some(input(SERIAL));
        }
        let pressed = interrupt(0x16, Registers { eax: 0x0100, ..Registers::default() });
        if pressed.zero() {
            return None;
        }
        Some(interrupt(0x16, Registers::default()).eax.to_le_bytes()[0])
    }
}

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                self.byte(b'\r');
            }
            self.byte(byte);
        }
        Ok(())
    }
}

/// Bytes from the network, made fit to be shown.
pub(crate) struct Shown<'t>(pub(crate) &'t [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            let shown = if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '?' };
            fmt::Write::write_char(f, shown)?;
        }
        Ok(())
    }
}
