//! The ERROR that goes out beside the transfer's own packets: to a stranger, or as a farewell.

use bootproto_core::Writer;

use crate::wire::{ErrorCode, write_error};

/// One pending ERROR; a later one takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The peer's port.
    pub(crate) port: u16,
    /// What it says.
    pub(crate) code: ErrorCode,
}

impl Reply {
    pub(crate) fn write(self, writer: &mut Writer<'_>) {
        write_error(writer, self.code, self.code.message().as_bytes());
    }
}
