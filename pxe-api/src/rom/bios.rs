//! The `$PnP` installation check of the BIOS itself, which a UNDI wants to be told of.

use crate::SegmentOffset;
use crate::layout::{Layout, layout};
use crate::refusal::{Refusal, check};
use zerocopy::little_endian::{U16, U32};

layout! {
    /// The Plug and Play BIOS installation check (Plug and Play BIOS 1.0a section 4.4).
    pub struct BiosPnp: 33 {
        /// `$PnP`.
        0 => signature: [u8; 4],
        /// 0x10.
        4 => version: u8,
        /// The length of this structure.
        5 => length: u8,
        /// How events are told.
        6 => control: U16,
        /// Makes all bytes add up to zero.
        8 => checksum: u8,
        /// Physical address of the event flag.
        9 => event_flag: U32,
        /// Real-mode entry point.
        13 => real_mode_entry: SegmentOffset,
        /// Protected-mode entry point.
        17 => protected_mode_offset: U16,
        /// Its code segment's base.
        19 => protected_mode_base: U32,
        /// OEM device id.
        23 => oem_id: U32,
        /// Real-mode data segment.
        27 => real_mode_data: U16,
        /// Protected-mode data segment's base.
        29 => protected_mode_data: U32,
    }
}

impl BiosPnp {
    /// Looks for it in the BIOS's segment: `bytes` is what lies at F000:0000. Answers where it is.
    ///
    /// This is what [`StartUndi`](crate::blocks::StartUndi) wants in ES:DI.
    ///
    /// # Errors
    /// [`Refusal::BadSignature`] if there is none.
    pub fn find(bytes: &[u8]) -> Result<(SegmentOffset, Self), Refusal> {
        let (paragraphs, _) = bytes.as_chunks::<16>();
        for (index, _) in paragraphs.iter().enumerate().filter(|(_, start)| start.starts_with(b"$PnP")) {
            let Ok(offset) = u16::try_from(index.saturating_mul(16)) else { break };
            let at = bytes.get(usize::from(offset)..).unwrap_or_default();
            if let Ok(found) = Self::parse(at)
                && check(at, b"$PnP", found.length, Self::SIZE).is_ok()
            {
                return Ok((SegmentOffset::new(0xf000, offset), found));
            }
        }
        Err(Refusal::BadSignature)
    }
}
