//! What a file's first bytes show it to be.

use crate::linux::{Arm64, HeaderError, RiscV, X86};
use bootproto_core::num::{low_u16, low_u32};

/// So many bytes from a file's start are enough to decide; a shorter file is given whole.
pub const HEAD_BYTES: usize = 1024;

/// A kernel of one of the known architectures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kernel {
    /// x86, 32 or 64 bits.
    X86(X86),
    /// arm64.
    Arm64(Arm64),
    /// RISC-V.
    RiscV(RiscV),
}

impl Kernel {
    /// Reads a kernel's header from the file's first [`HEAD_BYTES`] bytes.
    ///
    /// # Errors
    /// [`HeaderError`]; for anything that doesn't even look like a kernel, [`HeaderError::NotKernel`].
    pub fn parse(head: &[u8]) -> Result<Self, HeaderError> {
        match identify(head)? {
            Image::Kernel(kernel) => Ok(kernel),
            Image::Unknown(_) => Err(HeaderError::NotKernel),
        }
    }

    /// Compares the file's real size with what the header says.
    ///
    /// # Errors
    /// [`HeaderError::FileTooShort`]; [`HeaderError::BadRuntimeSize`] for an `Image` that is larger than the memory it
    /// asks for.
    pub fn check_size(&self, length: u64) -> Result<(), HeaderError> {
        let (needed, most) = match self {
            Self::X86(x86) => (x86.file_bytes(), u64::MAX),
            Self::Arm64(image) if image.image_size == 0 => (64, u64::MAX),
            Self::Arm64(image) => (64, image.image_size),
            Self::RiscV(image) => (64, image.image_size),
        };
        if length < needed {
            return Err(HeaderError::FileTooShort { needed, length });
        }
        if length > most {
            return Err(HeaderError::BadRuntimeSize { size: most });
        }
        Ok(())
    }

    /// The longest command line without its NUL: what an x86 header says, 2048 for the others (`COMMAND_LINE_SIZE` of
    /// arm64; RISC-V has 1024).
    #[must_use]
    pub fn command_line_limit(&self) -> usize {
        match self {
            Self::X86(x86) => x86.command_line_limit(),
            Self::Arm64(_) => 2047,
            Self::RiscV(_) => 1023,
        }
    }

    /// Its architecture in one word.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::X86(_) => "x86",
            Self::Arm64(_) => "arm64",
            Self::RiscV(_) => "riscv",
        }
    }
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Image {
    /// A kernel.
    Kernel(Kernel),
    /// Something else.
    Unknown(Looks),
}

/// What a file that is no kernel looks like, so that a person can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Looks {
    /// No bytes at all.
    Empty,
    /// An ELF file.
    Elf,
    /// An EFI program that is no kernel.
    Pe,
    /// A compressed kernel in an EFI program (`vmlinuz.efi` of arm64 and RISC-V).
    EfiZboot,
    /// gzip.
    Gzip,
    /// xz.
    Xz,
    /// Zstandard.
    Zstd,
    /// An iPXE script.
    IpxeScript,
    /// Another script.
    Script,
    /// A cpio archive: an initrd.
    Cpio,
    /// A device tree, or a U-Boot FIT image.
    DeviceTree,
    /// A U-Boot image.
    UBoot,
    /// A web page: some servers answer so instead of saying no.
    Html,
    /// A boot sector.
    BootSector,
    /// PXELINUX itself.
    Pxelinux,
    /// Nothing that is known: perhaps a network boot program, which has no mark.
    Other,
}

impl Looks {
    /// A few words for a person.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "an empty file",
            Self::Elf => "an ELF file",
            Self::Pe => "an EFI program",
            Self::EfiZboot => "a compressed kernel in an EFI program",
            Self::Gzip => "a gzip file",
            Self::Xz => "an xz file",
            Self::Zstd => "a zstd file",
            Self::IpxeScript => "an iPXE script",
            Self::Script => "a script",
            Self::Cpio => "a cpio archive (an initrd)",
            Self::DeviceTree => "a device tree or FIT image",
            Self::UBoot => "a U-Boot image",
            Self::Html => "a web page",
            Self::BootSector => "a boot sector",
            Self::Pxelinux => "PXELINUX",
            Self::Other => "nothing known, perhaps a network boot program",
        }
    }
}

/// Says what the file is whose first bytes are `head`: [`HEAD_BYTES`] of them, or all.
///
/// # Errors
/// [`HeaderError`] if it carries a kernel's magic number and its header can't be true.
pub fn identify(head: &[u8]) -> Result<Image, HeaderError> {
    if X86::is_at(head) {
        return X86::parse(head).map(|kernel| Image::Kernel(Kernel::X86(kernel)));
    }
    if Arm64::is_at(head) {
        return Arm64::parse(head).map(|kernel| Image::Kernel(Kernel::Arm64(kernel)));
    }
    if RiscV::is_at(head) {
        return RiscV::parse(head).map(|kernel| Image::Kernel(Kernel::RiscV(kernel)));
    }
    Ok(Image::Unknown(looks(head)))
}

fn looks(head: &[u8]) -> Looks {
    const MARKS: &[(&[u8], Looks)] = &[
        (b"\x7fELF", Looks::Elf),
        (b"MZ\0\0zimg", Looks::EfiZboot),
        (b"MZ", Looks::Pe),
        (b"\x1f\x8b", Looks::Gzip),
        (b"\xfd7zXZ\0", Looks::Xz),
        (b"\x28\xb5\x2f\xfd", Looks::Zstd),
        (b"#!ipxe", Looks::IpxeScript),
        (b"#!", Looks::Script),
        (b"070701", Looks::Cpio),
        (b"070702", Looks::Cpio),
        (b"\xd0\x0d\xfe\xed", Looks::DeviceTree),
        (b"\x27\x05\x19\x56", Looks::UBoot),
        (b"<!DOCTYPE", Looks::Html),
        (b"<!doctype", Looks::Html),
        (b"<html", Looks::Html),
        (b"<HTML", Looks::Html),
    ];
    if head.is_empty() {
        return Looks::Empty;
    }
    if let Some((_, looks)) = MARKS.iter().find(|(mark, _)| head.starts_with(mark)) {
        return *looks;
    }
    // PXELINUX keeps this number before the settings that can be patched into it.
    if head.get(8..12) == Some(&[0xac, 0xc8, 0x83, 0x29]) {
        return Looks::Pxelinux;
    }
    if head.get(510..512) == Some(&[0x55, 0xaa]) { Looks::BootSector } else { Looks::Other }
}

/// A little-endian number of at most eight bytes.
pub(crate) fn number_at(head: &[u8], offset: usize, length: usize) -> Result<u64, HeaderError> {
    let needed = offset.saturating_add(length);
    let bytes = head.get(offset..needed).ok_or(HeaderError::Truncated { needed })?;
    Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

pub(crate) fn u16_at(head: &[u8], offset: usize) -> Result<u16, HeaderError> {
    number_at(head, offset, 2).map(low_u16)
}

pub(crate) fn u32_at(head: &[u8], offset: usize) -> Result<u32, HeaderError> {
    number_at(head, offset, 4).map(low_u32)
}

pub(crate) fn u64_at(head: &[u8], offset: usize) -> Result<u64, HeaderError> {
    number_at(head, offset, 8)
}
