//! Text in netascii on its way to a file of this system.

use std::io;

use bootproto_tftp::netascii::Decoder;

/// A text whose line ends become this system's, and how much of it there is.
#[derive(Debug, Default)]
pub(crate) struct Text {
    decoder: Decoder,
    written: u64,
}

impl Text {
    /// Decodes the next bytes and puts the pieces where they belong.
    pub(crate) fn write(
        &mut self,
        bytes: &[u8],
        mut put: impl FnMut(u64, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        for piece in self.decoder.decode(bytes) {
            put(self.written, piece)?;
            self.written += piece.len() as u64;
        }
        Ok(())
    }

    /// Puts what the end still brings.
    pub(crate) fn finish(self, mut put: impl FnMut(u64, &[u8]) -> io::Result<()>) -> io::Result<()> {
        put(self.written, self.decoder.finish())
    }
}
