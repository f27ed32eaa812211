//! What may be set from outside: words in the load options of the boot entry (`bcfg boot add ... -opt`, or behind our name
//! in the UEFI shell), and in OEM strings of the SMBIOS table (type 11) that begin with `bootproto:`, which a virtual
//! machine's owner sets (QEMU: `-smbios type=11,value=bootproto:udp=pxebc`).

use crate::identity;
use crate::trace::Level;
use alloc::vec::Vec;
use uefi::proto::loaded_image::LoadedImage;

/// How an OEM string begins that is for us.
const OURS: &[u8] = b"bootproto:";

/// How datagrams are to come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Way {
    /// By frames where the firmware gives us the card, by its PXE client where it does not.
    #[default]
    Any,
    /// `udp=snp`: by `EFI_SIMPLE_NETWORK_PROTOCOL` or not at all.
    Frames,
    /// `udp=pxebc`: by `EFI_PXE_BASE_CODE_PROTOCOL`.
    BaseCode,
}

/// All there are.
pub(crate) const KNOWN: &str = "udp=snp, udp=pxebc, window=N, entry=LABEL, trace, trace=lines";

/// What is set.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) way: Way,
    /// `window=N`: how many blocks a server is asked to send for one acknowledgement.
    pub(crate) window: Option<u16>,
    /// `entry=LABEL`: the entry of the configuration that boots, and nobody is asked.
    pub(crate) entry: Option<Vec<u8>>,
    /// `trace`, `trace=lines`: what is shown of the packets.
    pub(crate) trace: Level,
    /// The first word that means nothing.
    pub(crate) unknown: Option<Vec<u8>>,
}

impl Options {
    /// Everything that is set; the SMBIOS table has the last word.
    pub(crate) fn read(image: Option<&LoadedImage>) -> Self {
        let mut options = Self::default();
        let text = image.and_then(LoadedImage::load_options_as_bytes).unwrap_or_default();
        let text: Vec<u8> = text.chunks_exact(2).map_while(letter).collect();
        // Firmware puts data of its own there, and a shell our name: what is no option of ours is not a mistake.
        text.split(u8::is_ascii_whitespace).for_each(|word| {
            options.set(word);
        });
        identity::oem_strings(|text| {
            let Some(words) = text.strip_prefix(OURS) else { return };
            for word in words.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
                if !options.set(word) && options.unknown.is_none() {
                    options.unknown = Some(word.to_vec());
                }
            }
        });
        options
    }

    fn set(&mut self, word: &[u8]) -> bool {
        match word {
            b"udp=snp" => self.way = Way::Frames,
            b"udp=pxebc" => self.way = Way::BaseCode,
            b"trace" => self.trace = Level::OnFailure,
            b"trace=lines" => self.trace = Level::Lines,
            _ => return self.set_value(word).is_some(),
        }
        true
    }

    fn set_value(&mut self, word: &[u8]) -> Option<()> {
        if let Some(label) = word.strip_prefix(b"entry=") {
            self.entry = Some(label.to_vec());
        } else {
            let blocks = number(word.strip_prefix(b"window=")?).filter(|blocks| *blocks > 0)?;
            self.window = Some(blocks);
        }
        Some(())
    }
}

/// A character of UCS-2 that is ASCII.
fn letter(pair: &[u8]) -> Option<u8> {
    match pair {
        [letter @ 1..=0x7f, 0] => Some(*letter),
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<u16> {
    core::str::from_utf8(digits).ok()?.parse().ok()
}
