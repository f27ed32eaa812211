//! What a server may grant: RFC 2347's rules, held to.

use bootproto_core::Writer;

use crate::wire::{MIN_BLOCK_SIZE, Multicast, OptionList, OptionName, decimal};

/// What was asked for; `None` where an option was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) block_size: Option<u16>,
    pub(super) window_size: Option<u16>,
    pub(super) size: bool,
    pub(super) seconds: Option<u8>,
    pub(super) micros: Option<u32>,
    pub(super) multicast: bool,
}

impl Asked {
    /// Writes the options of a request; `size` is the value of `tsize`, 0 in a read request (RFC 2349).
    pub(super) fn write(self, writer: &mut Writer<'_>, size: u64) {
        if let Some(block_size) = self.block_size {
            OptionName::BlockSize.write(writer, u64::from(block_size));
        }
        if self.size {
            //= https://www.rfc-editor.org/rfc/rfc2349
            //# In Read Request packets, a size of "0" is specified in the request and the size of the file, in
            //# octets, is returned in the OACK.
            OptionName::TransferSize.write(writer, size);
        }
        // `utimeout` after `timeout`: in tftp-hpa the later one counts.
        if let Some(seconds) = self.seconds {
            OptionName::Timeout.write(writer, u64::from(seconds));
        }
        if let Some(micros) = self.micros {
            OptionName::MicroTimeout.write(writer, u64::from(micros));
        }
        if let Some(window_size) = self.window_size {
            OptionName::WindowSize.write(writer, u64::from(window_size));
        }
        if self.multicast {
            OptionName::Multicast.write_empty(writer);
        }
    }
}

/// What was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Granted {
    pub(super) block_size: u16,
    pub(super) window_size: u16,
    pub(super) size: Option<u64>,
    /// Microseconds.
    pub(super) timeout: Option<u32>,
    pub(super) multicast: Option<Multicast>,
}

impl Granted {
    pub(super) const NOTHING: Self =
        Self { block_size: 512, window_size: 1, size: None, timeout: None, multicast: None };
}

/// Holds the options of an OACK against what was asked for; `None` if they break a rule.
pub(super) fn check(options: OptionList<'_>, asked: Asked) -> Option<Granted> {
    //= https://www.rfc-editor.org/rfc/rfc2347
    //# An option not acknowledged by the server must be ignored by the client and server as if it were never
    //# requested.
    let mut granted = Granted::NOTHING;
    let mut seen = 0_u8;
    for (name, value) in &options {
        let name = OptionName::from_bytes(name)?;
        let bit = match name {
            OptionName::BlockSize => {
                granted.block_size = in_bounds(value, MIN_BLOCK_SIZE, asked.block_size?)?;
                1
            }
            OptionName::WindowSize => {
                granted.window_size = in_bounds(value, 1, asked.window_size?)?;
                2
            }
            OptionName::TransferSize if asked.size => {
                granted.size = Some(decimal(value)?);
                4
            }
            OptionName::Timeout => {
                let seconds = in_bounds(value, 1, u16::from(asked.seconds?))?;
                granted.timeout =
                    granted.timeout.or_else(|| Some(u32::from(seconds).saturating_mul(1_000_000)));
                8
            }
            OptionName::MicroTimeout => {
                let micros = u32::try_from(decimal(value)?).ok()?;
                if micros == 0 || micros > asked.micros? {
                    return None;
                }
                granted.timeout = Some(micros);
                16
            }
            OptionName::Multicast if cfg!(feature = "multicast") && asked.multicast => {
                granted.multicast = Some(Multicast::parse(value)?);
                32
            }
            OptionName::TransferSize | OptionName::Multicast | OptionName::Rollover => return None,
        };
        // A name that comes twice has no meaning.
        if seen & bit != 0 {
            return None;
        }
        seen |= bit;
    }
    Some(granted)
}

fn in_bounds(value: &[u8], least: u16, most: u16) -> Option<u16> {
    let value = u16::try_from(decimal(value)?).ok()?;
    (least <= value && value <= most).then_some(value)
}
