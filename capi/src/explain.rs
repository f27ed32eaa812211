//! Texts for the person in front of the machine.

use core::fmt::{self, Write as _};

use bootproto_core::{Entry, Numbered};

use crate::misuse::{Misuse, Wrong, bp_result, call};
use crate::raw::{Out, apart, from_c};

/// Every number that a call or an event may answer.
const TABLES: [&[Entry]; 22] = [
    Misuse::TABLE,
    bootproto_core::ParseErrorKind::TABLE,
    bootproto_dhcp::client::Ignored::TABLE,
    bootproto_dhcp::client::Failure::TABLE,
    bootproto_dhcp::client::ConfigError::TABLE,
    bootproto_tftp::Ignored::TABLE,
    bootproto_tftp::Failure::TABLE,
    bootproto_tftp::ConfigError::TABLE,
    bootproto::client::Unexpected::TABLE,
    bootproto::client::ConfigError::TABLE,
    bootproto::Fault::TABLE,
    bootproto::linux::HeaderError::TABLE,
    bootproto::linux::PlaceError::TABLE,
    bootproto::config::Fault::TABLE,
    bootproto::verify::VerifyError::TABLE,
    bootproto_pxe_api::Refusal::TABLE,
    bootproto_ib_verbs_lite::ipoib::Ignored::TABLE,
    bootproto_ib_verbs_lite::ipoib::Failure::TABLE,
    bootproto_ib_verbs_lite::ipoib::ConfigError::TABLE,
    #[cfg(feature = "frames")]
    bootproto::net::SendError::TABLE,
    #[cfg(not(feature = "frames"))]
    &[],
    &[],
    &[],
];

/// Writes what a number means, as one line that ends in a NUL: number, PXE code where there is one, text, and what to
/// do. `{name}` stands for data that only the event has. `length` is told without the NUL; what does not fit is left
/// out. `BP_NOTHING_THERE` for a number that nothing has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_explain(
    code: bp_result,
    text: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> bp_result {
    from_c!(text: Out, length: Out);
    call(|| {
        apart(&[text.span(capacity), length.span(1)], &[])?;
        let entry = find(code).ok_or(Misuse::Nothing)?;
        write_text(&Row(entry, &entry.text), text, capacity, &length)
    })
}

fn find(code: bp_result) -> Option<&'static Entry> {
    TABLES.into_iter().flatten().find(|entry| bp_result::from(entry.code) == code)
}

/// A value with a number as one line.
pub(crate) struct Line<'v, T>(pub(crate) &'v T);

impl<T: Numbered> fmt::Display for Line<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Row(self.0.entry(), self.0).fmt(f)
    }
}

/// A row of the table, with its text or the text that has its data.
struct Row<'v>(&'static Entry, &'v dyn fmt::Display);

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(entry, text) = self;
        write!(f, "{}", entry.code)?;
        if let Some(pxe) = entry.pxe {
            write!(f, " ({pxe})")?;
        }
        write!(f, ": {text}. {}", entry.hint)
    }
}

/// A text in the caller's memory, cut where that ends.
struct Cut<'t> {
    to: &'t mut [u8],
    used: usize,
}

impl fmt::Write for Cut<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // The last byte is the NUL's.
        let end = self.to.len().saturating_sub(1);
        if let Some(rest) = self.to.get_mut(self.used..end) {
            self.used = self.used.saturating_add(bootproto_core::copy_into(rest, text.as_bytes()));
        }
        Ok(())
    }
}

/// Writes a text with a NUL at its end, and tells its length.
pub(crate) fn write_text(
    text: &dyn fmt::Display,
    mut to: Out<u8>,
    capacity: usize,
    length: &Out<usize>,
) -> Result<(), Wrong> {
    let length = length.place()?;
    let mut cut = Cut { to: to.slice(capacity)?, used: 0 };
    if cut.to.is_empty() {
        return Err(Misuse::BufferTooSmall { needed: 1 }.into());
    }
    // Nothing of ours answers an error to a writer that has none.
    let _ = write!(cut, "{text}");
    let used = cut.used;
    if let Some(end) = cut.to.get_mut(used) {
        *end = 0;
    }
    length.put(used);
    Ok(())
}
