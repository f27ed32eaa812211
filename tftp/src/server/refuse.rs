//! Turning a request down.

use bootproto_core::{BufferTooSmall, Transmit, UdpPath, Writer};

use crate::wire::{ErrorCode, write_error};

/// Writes the ERROR that turns down the request that came in on `path`; `message` is for the person at the other end.
///
/// # Errors
/// [`BufferTooSmall`] says how many bytes it takes.
pub fn refuse<'b>(
    path: UdpPath,
    code: ErrorCode,
    message: &[u8],
    buf: &'b mut [u8],
) -> Result<Transmit<'b, UdpPath>, BufferTooSmall> {
    let mut writer = Writer::new(buf);
    write_error(&mut writer, code, message);
    Ok(Transmit { path, bytes: writer.finish()? })
}
