//! The screen and the first serial line: what is said, and the keys that answer.

use crate::port::{input, output};
use crate::real::{ALONE, Registers, interrupt};
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};

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
/// How often it is asked whether it takes a byte: for a second, or a moment on an emulated machine.
const DRAINS: u32 = 1_000_000;
/// How often it is asked for an echo: for 5 ms.
const ECHO: u32 = 5_000;

/// Whether the serial line is ours to write to.
static SERIAL_LINE: AtomicBool = AtomicBool::new(false);

/// Where text goes: the screen, and the first serial line unless the BIOS mirrors its screen there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console;

impl Console {
    pub(crate) fn open() -> Self {
        let ours = input(SERIAL + 5) != 0xff && !is_mirrored();
        if ours {
            // 115200 8n1.
            for (register, value) in [(3, 0x83), (0, 1), (1, 0), (3, 3), (2, 7), (4, 3)] {
                output(SERIAL + register, value);
            }
        }
        SERIAL_LINE.store(ours, Ordering::Relaxed);
        Self
    }

    fn byte(self, byte: u8) {
        if SERIAL_LINE.load(Ordering::Relaxed) {
            // A line that takes nothing for so long is none: all the others would wait as long.
            if (0..DRAINS).any(|_| input(SERIAL + 5) & 0x20 != 0) {
                output(SERIAL, byte);
            } else {
                SERIAL_LINE.store(false, Ordering::Relaxed);
            }
        }
        show(byte, 0);
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
        (SERIAL_LINE.load(Ordering::Relaxed) && input(SERIAL + 5) & 1 != 0).then(|| input(SERIAL))
    }
}

/// Writes to the screen.
fn show(byte: u8, flags: u16) {
    interrupt(0x10, Registers { eax: 0x0e00 | u32::from(byte), ebx: 7, flags, ..Registers::default() });
}

/// Whether what the BIOS shows comes out of the serial line by itself: looped back, the line says so. Where a BIOS does it
/// otherwise (later, or by management hardware), each line comes twice there: better than not at all.
fn is_mirrored() -> bool {
    let modem = input(SERIAL + 4);
    output(SERIAL + 4, modem | 0x10);
    // SeaBIOS sends a character when the next one comes, and its timer's interrupt would take the echo for a key.
    show(b' ', ALONE);
    show(b' ', ALONE);
    let mut heard = false;
    for _ in 0..ECHO {
        if input(SERIAL + 5) & 1 != 0 {
            input(SERIAL);
            heard = true;
        }
    }
    output(SERIAL + 4, modem);
    heard
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
