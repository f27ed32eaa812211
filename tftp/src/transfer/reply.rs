//! The ERROR that goes out beside the transfer's own packets: to a stranger, or as a farewell.

use bootproto_core::{BufferTooSmall, Writer};

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
    /// What a peer is told when our source can't be read.
    pub(crate) const fn source_failed(port: u16) -> Self {
        Self { port, code: ErrorCode::NOT_DEFINED }
    }

    /// Writes it to the start of `buf`; answers its length.
    pub(crate) fn write_to(self, buf: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let mut writer = Writer::new(buf);
        self.write(&mut writer);
        writer.finish().map(<[u8]>::len)
    }

    pub(crate) fn write(self, writer: &mut Writer<'_>) {
        write_error(writer, self.code, self.code.message().as_bytes());
    }
}
