//! The story of the boot on the firmware's console, which most firmware also sends over the serial line.

use bootproto::Step;
use core::fmt;

/// Writes lines, each step's first one with the step's number and name.
#[derive(Debug, Default)]
pub(crate) struct Tell {
    step: Option<Step>,
}

impl Tell {
    /// One line about `step`.
    pub(crate) fn say(&mut self, step: Step, text: fmt::Arguments<'_>) {
        if self.step == Some(step) {
            uefi::println!("{:<12} {text}", "");
        } else {
            uefi::println!("{} {:<10} {text}", step.number(), step.name());
        }
        self.step = Some(step);
    }
}

/// Bytes from the network on a terminal: nothing that it would obey.
pub(crate) struct Shown<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| {
            let letter = if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '?' };
            fmt::Write::write_char(f, letter)
        })
    }
}
