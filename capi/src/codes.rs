//! Small conversions on the way between both languages.

use bootproto_core::Numbered;

use crate::misuse::bp_result;

/// The number of a value that has one.
pub(crate) fn code_of(value: &impl Numbered) -> bp_result {
    value.code().into()
}

/// The size of a type, as a structure of settings says it.
pub(crate) const fn size_word<T>() -> u32 {
    #[expect(clippy::as_conversions, reason = "no structure of settings has 4 GiB")]
    let size = size_of::<T>() as u32;
    size
}

/// An index as C gives it.
pub(crate) fn index(value: u32) -> usize {
    bootproto_core::num::usize_from_u32_saturating(value)
}
