//! What a server grants of what a request asks for.

use bootproto_core::Writer;

use super::Config;
use crate::wire::{DEFAULT_BLOCK_SIZE, MIN_BLOCK_SIZE};
use crate::wire::{Mode, Opcode, OptionName, Request, decimal};

/// The options granted, each as it goes into the OACK. An option with a senseless value is left out, as is one that
/// is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Grant {
    block_size: Option<u16>,
    window_size: Option<u16>,
    pub(super) size: Option<u64>,
    seconds: Option<u8>,
    micros: Option<u32>,
    rollover: Option<bool>,
}

impl Grant {
    /// `size` is that of the file that goes out, `None` where the client is to tell it.
    pub(super) fn new(config: &Config, request: &Request<'_>, size: Option<u64>) -> Self {
        let mut grant = Self::default();
        for (name, value) in &request.options {
            let (Some(name), Some(value)) = (OptionName::from_bytes(name), decimal(value)) else {
                continue;
            };
            let short = u16::try_from(value).unwrap_or(u16::MAX);
            match name {
                //= https://www.rfc-editor.org/rfc/rfc2348
                //# If the server is willing to accept the blocksize option, it sends an Option Acknowledgment (OACK) to
                //# the client.  The specified value must be less than or equal to the value specified by the client.
                OptionName::BlockSize if short >= MIN_BLOCK_SIZE => {
                    grant.block_size = Some(short.min(config.max_block_size));
                }
                OptionName::WindowSize if short > 0 => {
                    grant.window_size = Some(short.min(config.max_window_size));
                }
                // In netascii the size on the wire is known only at the end.
                OptionName::TransferSize if request.mode == Mode::Octet => {
                    grant.size = Some(size.unwrap_or(value))
                }
                OptionName::Timeout => {
                    grant.seconds = u8::try_from(value).ok().filter(|seconds| *seconds > 0)
                }
                // The bounds are those of tftp-hpa, whose option it is.
                OptionName::MicroTimeout => {
                    grant.micros =
                        u32::try_from(value).ok().filter(|micros| (10_000..=255_000_000).contains(micros));
                }
                OptionName::Rollover if value <= 1 => grant.rollover = Some(value == 1),
                OptionName::BlockSize
                | OptionName::WindowSize
                | OptionName::TransferSize
                | OptionName::Rollover
                | OptionName::Multicast => {}
            }
        }
        grant
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn block_size(&self) -> u16 {
        self.block_size.unwrap_or(DEFAULT_BLOCK_SIZE)
    }

    pub(super) fn window_size(&self) -> u16 {
        self.window_size.unwrap_or(1)
    }

    pub(super) fn rolls_to_one(&self) -> bool {
        self.rollover.unwrap_or(false)
    }

    /// The interval that the client asks for, in microseconds.
    pub(super) fn timeout(&self) -> Option<u32> {
        self.micros.or_else(|| self.seconds.map(|seconds| u32::from(seconds).saturating_mul(1_000_000)))
    }

    /// Writes the OACK.
    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u16(Opcode::OACK.0);
        let options = [
            (OptionName::BlockSize, self.block_size.map(u64::from)),
            (OptionName::TransferSize, self.size),
            (OptionName::Timeout, self.seconds.map(u64::from)),
            (OptionName::MicroTimeout, self.micros.map(u64::from)),
            (OptionName::WindowSize, self.window_size.map(u64::from)),
            (OptionName::Rollover, self.rollover.map(u64::from)),
        ];
        for (name, value) in options {
            if let Some(value) = value {
                name.write(writer, value);
            }
        }
    }
}
