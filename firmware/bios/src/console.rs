//! The screen and the first serial line: what is said, and the keys that answer.

use crate::memory::word;
use crate::port::{input, output};
use crate::real::{Registers, interrupt};
use core::fmt;

const ESCAPE: u8 = 0x1b;

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Up,
    Down,
    Escape,
    /// Any other, as the character it stands for; 0 without one.
    Byte(u8),
}

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
    pub(crate) fn key(self) -> Option<Key> {
        if let Some(byte) = self.received() {
            return Some(if byte == ESCAPE { self.sequence() } else { Key::Byte(byte) });
        }
        let pressed = interrupt(0x16, Registers { eax: 0x0100, ..Registers::default() });
        if pressed.zero() {
            return None;
        }
        let [byte, scan, ..] = interrupt(0x16, Registers::default()).eax.to_le_bytes();
        Some(match (byte, scan) {
            (0 | 0xe0, 0x48) => Key::Up,
            (0 | 0xe0, 0x50) => Key::Down,
            (ESCAPE, _) => Key::Escape,
            _ => Key::Byte(byte),
        })
    }

    /// What follows an escape: a terminal sends `[A` or `OA` at once where a person presses one key.
    fn sequence(self) -> Key {
        let mut last = ESCAPE;
        for _ in 0..2 {
            // Two characters' time at the line's speed, whatever a port costs.
            let Some(byte) = (0..2_000).find_map(|_| self.received()) else { return Key::Escape };
            last = byte;
        }
        match last {
            b'A' => Key::Up,
            b'B' => Key::Down,
            other => Key::Byte(other),
        }
    }

    fn received(self) -> Option<u8> {
        (self.serial && input(SERIAL + 5) & 1 != 0).then(|| input(SERIAL))
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
