//! Real-mode addresses.

use core::fmt;
use zerocopy::little_endian::U16;

use crate::layout::layout;

layout! {
    /// A real-mode address as PXE structures hold it (SEGOFF16): the offset first, then the segment.
    ///
    /// What a ROM hands out as one is a number, not a promise: nothing in this crate follows it. A caller checks
    /// [`range`](Self::range) against the memory it is prepared to read.
    #[derive(Default, Hash)]
    pub struct SegmentOffset: 4 {
        /// The offset in the segment, in bytes.
        0 => offset: U16,
        /// The segment, in units of 16 bytes.
        2 => segment: U16,
    }
}

impl SegmentOffset {
    /// 0000:0000, which PXE uses for "none".
    pub const NULL: Self = Self::new(0, 0);

    /// The address `segment:offset`.
    #[must_use]
    pub const fn new(segment: u16, offset: u16) -> Self {
        Self { offset: U16::new(offset), segment: U16::new(segment) }
    }

    /// The address of physical byte `physical` with the smallest possible offset; `None` above 1 MiB.
    #[must_use]
    pub fn from_physical(physical: u32) -> Option<Self> {
        let segment = u16::try_from(physical >> 4).ok()?;
        let offset = u16::try_from(physical & 15).ok()?;
        Some(Self::new(segment, offset))
    }

    /// The physical address: at most 0x10ffef, for real mode reaches 64 KiB less 16 bytes above 1 MiB.
    #[must_use]
    pub fn physical(self) -> u32 {
        u32::from(self.segment.get()).saturating_mul(16).saturating_add(u32::from(self.offset.get()))
    }

    /// Whether this is 0000:0000.
    #[must_use]
    pub fn is_null(self) -> bool {
        self == Self::NULL
    }

    /// The address `bytes` further on in the same segment; `None` where the offset would wrap.
    #[must_use]
    pub fn checked_add(self, bytes: u16) -> Option<Self> {
        Some(Self::new(self.segment.get(), self.offset.get().checked_add(bytes)?))
    }

    /// The physical bytes of a buffer of `length` bytes here; `None` where it would wrap around its segment, which
    /// no real-mode copy does rightly.
    #[must_use]
    pub fn range(self, length: u16) -> Option<core::ops::Range<u32>> {
        let end = u32::from(self.offset.get()).saturating_add(u32::from(length));
        if end > 0x1_0000 {
            return None;
        }
        let start = self.physical();
        Some(start..start.saturating_add(u32::from(length)))
    }
}

impl fmt::Display for SegmentOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:04x}", self.segment.get(), self.offset.get())
    }
}

#[cfg(test)]
mod tests {
    use super::SegmentOffset;

    #[test]
    fn a_segment_is_sixteen_bytes_and_nothing_wraps() {
        let at = SegmentOffset::new(0x9c48, 0x0780);
        assert_eq!(at.physical(), 0x9_cc00, "what EDX said in the boot that nbp-e1000 records");
        assert_eq!(SegmentOffset::new(0xffff, 0xffff).physical(), 0x10_ffef);
        assert_eq!(SegmentOffset::from_physical(0x9_cc04), Some(SegmentOffset::new(0x9cc0, 4)));
        assert_eq!(SegmentOffset::from_physical(0x10_0000), None);
        assert_eq!(at.checked_add(0xffff), None);
        assert_eq!(SegmentOffset::new(0, 0xfff0).range(16), Some(0xfff0..0x1_0000));
        assert_eq!(SegmentOffset::new(0, 0xfff0).range(17), None);
    }
}
