//! The card's PCI configuration space: who it is, one BAR, a PCI Express capability, a legacy interrupt.

/// Bytes of BAR 0.
pub(super) const BAR: u64 = 2 << 20;

/// The configuration space.
#[derive(Debug)]
pub(super) struct Config {
    bytes: [u8; 256],
}

impl Config {
    /// After a reset.
    pub(super) fn new() -> Self {
        let mut bytes = [0; 256];
        // Vendor and device: QLogic (PathScale) InfiniPath QLE7140; a capability list; class: InfiniBand.
        bytes[..12].copy_from_slice(&[0xc1, 0x1f, 0x10, 0, 0, 0, 0x10, 0, 2, 0, 6, 0x0c]);
        // A memory BAR of 64 bits.
        bytes[0x10] = 4;
        bytes[0x2c..0x30].copy_from_slice(&[0xc1, 0x1f, 0x10, 0]);
        bytes[0x34] = 0x40;
        // INTA.
        bytes[0x3d] = 1;
        // PCI Express, an endpoint, with a link of eight lanes of the first generation.
        bytes[0x40..0x44].copy_from_slice(&[0x10, 0, 1, 0]);
        bytes[0x52] = 0x81;
        Self { bytes }
    }

    /// Where the guest put BAR 0.
    pub(super) fn bar(&self) -> u64 {
        let half = |at: usize| {
            let bytes = &self.bytes[at..at + 4];
            u64::from(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        };
        (half(0x10) & !0xf) | half(0x14) << 32
    }

    /// The interrupt line that firmware chose.
    pub(super) fn line(&self) -> u8 {
        self.bytes[0x3c]
    }

    /// Reads up to four bytes.
    pub(super) fn read(&self, address: u32, length: usize) -> u64 {
        let at = usize::try_from(address).unwrap_or(usize::MAX);
        let bytes = at.checked_add(length).and_then(|end| self.bytes.get(at..end));
        bytes.map_or(0xffff_ffff, |bytes| {
            bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
        })
    }

    /// Writes up to four bytes, where anything can be written.
    pub(super) fn write(&mut self, address: u32, value: u32, length: usize) {
        let at = usize::try_from(address).unwrap_or(usize::MAX);
        let value = match at {
            0x10 if length == 4 => value & !u32::try_from(BAR - 1).unwrap_or(0) | 4,
            0x14 | 0x04 | 0x0c | 0x0d | 0x3c => value,
            0x44.. => value,
            _ => return,
        };
        if let Some(place) = self.bytes.get_mut(at..at.saturating_add(length)) {
            let bytes = value.to_le_bytes();
            place.copy_from_slice(&bytes[..length.min(4)]);
        }
    }
}
