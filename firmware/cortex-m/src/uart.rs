//! The serial line: a UART of Arm's Cortex-M System Design Kit (DDI 0479, "APB UART"), 8N1, which only sends.

use crate::registers::Registers;
use crate::time::CORE_HZ;
use core::fmt;

const DATA: usize = 0x00;
const STATE: usize = 0x04;
const CTRL: usize = 0x08;
const BAUDDIV: usize = 0x10;

/// STATE: the byte before has not left.
const TXFULL: u32 = 1 << 0;
/// CTRL: send.
const TX_EN: u32 = 1 << 0;

const BAUD: u32 = 115_200;

/// The serial line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Uart(Registers);

impl Uart {
    /// Starts it, also where it is running already.
    pub(crate) fn open(registers: Registers) -> Self {
        registers.write(BAUDDIV, CORE_HZ / BAUD);
        registers.write(CTRL, TX_EN);
        Self(registers)
    }

    fn byte(&self, byte: u8) {
        while self.0.read(STATE) & TXFULL != 0 {}
        self.0.write(DATA, byte.into());
    }
}

impl fmt::Write for Uart {
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
