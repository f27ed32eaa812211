//! Which options an answer has no room for.

use core::fmt;

use crate::wire::OptionCode;

/// A set of options: those for which there was no room in an answer. The client says how much it takes (option 57,
/// 576 bytes if it says nothing), and a frame holds no more than 1472. Prints as `43, 66`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftOut([u64; 4]);

impl LeftOut {
    /// There was room for everything.
    pub const NOTHING: Self = Self([0; 4]);

    /// Whether there was room for everything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self.0, [0, 0, 0, 0])
    }

    /// The options, by code.
    pub fn codes(&self) -> impl Iterator<Item = OptionCode> {
        (0..=u8::MAX).filter(|code| self.has(*code)).map(OptionCode)
    }

    fn has(&self, code: u8) -> bool {
        let word = self.0.get(usize::from(code / 64)).copied().unwrap_or(0);
        word.wrapping_shr(u32::from(code % 64)) & 1 == 1
    }

    pub(super) fn add(&mut self, code: OptionCode) {
        if let Some(word) = self.0.get_mut(usize::from(code.0 / 64)) {
            *word |= 1_u64.wrapping_shl(u32::from(code.0 % 64));
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for code in self.codes() {
            write!(f, "{separator}{code}")?;
            separator = ", ";
        }
        Ok(())
    }
}
