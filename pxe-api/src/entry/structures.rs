//! `!PXE` and `PXENV+`, field for field, and what makes one of them credible.

use crate::SegmentOffset;
use crate::layout::{Layout, layout};
use crate::refusal::{Refusal, balancing, check};
use zerocopy::IntoBytes;
use zerocopy::little_endian::{U16, U32};

layout! {
    /// A segment of the PXE stack.
    #[derive(Default)]
    pub struct SegmentDescriptor: 8 {
        /// Its segment, or selector.
        0 => segment: U16,
        /// Its physical address.
        2 => physical: U32,
        /// Its size in bytes.
        6 => size: U16,
    }

    /// The `!PXE` structure.
    pub struct BangPxe: 88 {
        /// `!PXE`.
        0 => signature: [u8; 4],
        /// The length of this structure.
        4 => length: u8,
        /// Makes all bytes add up to zero.
        5 => checksum: u8,
        /// 0.
        6 => revision: u8,
        /// Zero.
        7 => reserved_1: u8,
        /// The UNDI ROM ID.
        8 => undi_rom_id: SegmentOffset,
        /// The base code ROM ID, or null without base code.
        12 => base_rom_id: SegmentOffset,
        /// The entry point with a 16-bit stack.
        16 => entry_point_sp: SegmentOffset,
        /// The entry point with a 32-bit stack, or null.
        20 => entry_point_esp: SegmentOffset,
        /// Called while waiting in protected mode; all ones for "not".
        24 => status_callout: SegmentOffset,
        /// Zero.
        28 => reserved_2: u8,
        /// How many segments there are, 4 without base code, else 7 or more.
        29 => segment_count: u8,
        /// The first selector.
        30 => first_selector: U16,
        /// Stack.
        32 => stack: SegmentDescriptor,
        /// UNDI data.
        40 => undi_data: SegmentDescriptor,
        /// UNDI code.
        48 => undi_code: SegmentDescriptor,
        /// UNDI code, writable.
        56 => undi_code_write: SegmentDescriptor,
        /// Base code data.
        64 => bc_data: SegmentDescriptor,
        /// Base code code.
        72 => bc_code: SegmentDescriptor,
        /// Base code code, writable.
        80 => bc_code_write: SegmentDescriptor,
    }

    /// The `PXENV+` structure of PXE 0.99 to 2.x.
    pub struct Pxenv: 44 {
        /// `PXENV+`.
        0 => signature: [u8; 6],
        /// The API's version: 0x0201 is 2.1, from which on `!PXE` is to be used.
        6 => version: U16,
        /// The length of this structure.
        8 => length: u8,
        /// Makes all bytes add up to zero.
        9 => checksum: u8,
        /// The real-mode entry point.
        10 => rm_entry: SegmentOffset,
        /// The protected-mode entry point.
        14 => pm_offset: U32,
        /// Its selector.
        18 => pm_selector: U16,
        /// The stack's segment.
        20 => stack_segment: U16,
        /// Its size.
        22 => stack_size: U16,
        /// The base code's code segment.
        24 => bc_code_segment: U16,
        /// Its size.
        26 => bc_code_size: U16,
        /// The base code's data segment.
        28 => bc_data_segment: U16,
        /// Its size.
        30 => bc_data_size: U16,
        /// The UNDI's data segment.
        32 => undi_data_segment: U16,
        /// Its size.
        34 => undi_data_size: U16,
        /// The UNDI's code segment.
        36 => undi_code_segment: U16,
        /// Its size.
        38 => undi_code_size: U16,
        /// From version 2.1 on: the `!PXE` structure.
        40 => pxe_ptr: SegmentOffset,
    }
}

/// The length of `PXENV+` before version 2.1.
const PXENV_SHORT: usize = 40;

impl BangPxe {
    /// Checks the structure at the start of `bytes`: signature, length, sum, entry point.
    ///
    /// # Errors
    /// Why it is none.
    pub fn checked(bytes: &[u8]) -> Result<Self, Refusal> {
        let this = Self::parse(bytes)?;
        check(bytes, b"!PXE", this.length, Self::SIZE)?;
        callable(this.entry_point_sp)?;
        Ok(this)
    }

    /// Sets the length and makes the checksum right, for a stack of one's own.
    pub fn seal(&mut self) {
        self.length = 88;
        self.checksum = balancing(self.as_bytes(), 5);
    }

    /// The segments of the UNDI: data, code, writable code.
    #[must_use]
    pub const fn undi_segments(&self) -> [SegmentDescriptor; 3] {
        [self.undi_data, self.undi_code, self.undi_code_write]
    }

    /// The segments of the base code: data, code, writable code; zero without base code.
    #[must_use]
    pub fn base_segments(&self) -> [SegmentDescriptor; 3] {
        if self.segment_count < 7 {
            return [SegmentDescriptor::default(); 3];
        }
        [self.bc_data, self.bc_code, self.bc_code_write]
    }
}

impl Pxenv {
    /// Checks the structure at the start of `bytes`: signature, length, sum, entry point.
    ///
    /// # Errors
    /// Why it is none.
    pub fn checked(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut whole = [0; Self::SIZE];
        bootproto_core::copy_into(&mut whole, bytes);
        let mut this = Self::parse(&whole)?;
        check(bytes, b"PXENV+", this.length, PXENV_SHORT)?;
        if usize::from(this.length) < Self::SIZE {
            // What follows a short structure is not part of it.
            this.pxe_ptr = SegmentOffset::NULL;
        }
        callable(this.rm_entry)?;
        Ok(this)
    }

    /// The `!PXE` structure that this one says to use instead, from version 2.1 on.
    #[must_use]
    pub fn successor(&self) -> Option<SegmentOffset> {
        (self.version.get() >= 0x0201 && !self.pxe_ptr.is_null()).then_some(self.pxe_ptr)
    }

    /// Sets the length and makes the checksum right, for a stack of one's own.
    pub fn seal(&mut self) {
        self.length = 44;
        self.checksum = balancing(self.as_bytes(), 9);
    }
}

fn callable(entry: SegmentOffset) -> Result<(), Refusal> {
    if entry.is_null() || entry == SegmentOffset::new(0xffff, 0xffff) {
        return Err(Refusal::BadEntryPoint);
    }
    Ok(())
}
