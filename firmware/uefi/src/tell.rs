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
