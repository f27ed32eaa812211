//! The headers of arm64 and RISC-V kernels: 64 bytes at the start of an `Image`.

use crate::linux::HeaderError;
use crate::linux::identify::{u32_at, u64_at};

/// Both kinds of kernel start at so many bytes behind a multiple of this.
pub(crate) const BASE_ALIGN: u64 = 0x20_0000;

/// What the header of an arm64 `Image` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Arm64 {
    /// How far from a multiple of 2 MiB its first byte lies.
    pub text_offset: u64,
    /// The memory it takes from its first byte on; 0 before Linux 3.17, which did not say.
    pub image_size: u64,
    /// Bit 0 big-endian, bits 1 and 2 page size, bit 3 may lie anywhere.
    pub flags: u64,
}

impl Arm64 {
    /// Whether `head` is from an arm64 kernel.
    pub(crate) fn is_at(head: &[u8]) -> bool {
        head.get(56..60) == Some(b"ARM\x64")
    }

    /// Reads the header.
    ///
    /// # Errors
    /// [`HeaderError::Truncated`], [`HeaderError::NotKernel`], [`HeaderError::BigEndian`],
    /// [`HeaderError::BadOffset`].
    pub fn parse(head: &[u8]) -> Result<Self, HeaderError> {
        let image_size = u64_at(head, 16)?;
        // Before 3.17 the offset field said nothing sure; all those kernels lay at 0x80000.
        let text_offset = if image_size == 0 { 0x8_0000 } else { u64_at(head, 8)? };
        let flags = u64_at(head, 24)?;
        if !Self::is_at(head) {
            return Err(HeaderError::NotKernel);
        }
        if flags & 1 != 0 {
            return Err(HeaderError::BigEndian);
        }
        check_offset(text_offset)?;
        Ok(Self { text_offset, image_size, flags })
    }
}

/// What the header of a RISC-V `Image` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RiscV {
    /// How far from a multiple of 2 MiB its first byte lies.
    pub text_offset: u64,
    /// The memory it takes from its first byte on.
    pub image_size: u64,
    /// Bit 0 big-endian.
    pub flags: u64,
    /// The header's version, high half major.
    pub version: u32,
}

impl RiscV {
    /// Whether `head` is from a RISC-V kernel. The first magic number is the old one; both must do.
    pub(crate) fn is_at(head: &[u8]) -> bool {
        head.get(56..60) == Some(b"RSC\x05") || head.get(48..56) == Some(b"RISCV\0\0\0")
    }

    /// Reads the header.
    ///
    /// # Errors
    /// [`HeaderError::Truncated`], [`HeaderError::NotKernel`], [`HeaderError::BigEndian`],
    /// [`HeaderError::BadOffset`], [`HeaderError::BadRuntimeSize`].
    pub fn parse(head: &[u8]) -> Result<Self, HeaderError> {
        let this = Self {
            text_offset: u64_at(head, 8)?,
            image_size: u64_at(head, 16)?,
            flags: u64_at(head, 24)?,
            version: u32_at(head, 32)?,
        };
        if !Self::is_at(head) {
            return Err(HeaderError::NotKernel);
        }
        if this.flags & 1 != 0 {
            return Err(HeaderError::BigEndian);
        }
        if this.image_size == 0 {
            return Err(HeaderError::BadRuntimeSize { size: 0 });
        }
        check_offset(this.text_offset)?;
        Ok(this)
    }
}

/// Both documents know offsets of up to a few MiB; a larger one would push the kernel out of memory.
const fn check_offset(offset: u64) -> Result<(), HeaderError> {
    if offset > 0x1000_0000 { Err(HeaderError::BadOffset { offset }) } else { Ok(()) }
}
