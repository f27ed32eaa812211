//! The setup header of an x86 kernel (`bzImage`), boot protocol 2.00 to 2.15 and what may come.

use crate::linux::HeaderError;
use crate::linux::identify::{number_at, u16_at};
use bootproto_core::num::{low_u16, low_u32, usize_from_u32_saturating};

/// The header's fields: since which version, where, how many bytes, and what it is before.
const FIELDS: [(u16, u16, u8, u64); 15] = [
    (0, 0x1f1, 1, 0),
    (0, 0x1f4, 4, 0),
    (0, 0x211, 1, 0),
    (0, 0x214, 4, 0),
    (0x203, 0x22c, 4, 0x37ff_ffff),
    (0x205, 0x230, 4, 1),
    (0x205, 0x234, 1, 0),
    (0x20a, 0x235, 1, 0),
    (0x20c, 0x236, 2, 0),
    (0x206, 0x238, 4, 255),
    (0x208, 0x248, 4, 0),
    (0x208, 0x24c, 4, 0),
    (0x20a, 0x258, 8, 0x10_0000),
    (0x20a, 0x260, 4, 0),
    (0x20b, 0x264, 4, 0),
];

/// What the setup header says. Fields that the protocol's version doesn't have yet hold the value that its document
/// gives for older kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct X86 {
    /// The boot protocol, high byte major, low byte minor: 0x020f is 2.15.
    pub version: u16,
    /// Sectors of real-mode code behind the first; never 0.
    pub setup_sects: u8,
    /// The protected-mode part in units of 16 bytes.
    pub syssize: u32,
    /// Bit 0 loads at 1 MiB, bit 5 quiet, bit 6 keep segments, bit 7 can use the heap.
    pub loadflags: u8,
    /// Where the protected-mode part would like to be entered (2.00: 0x100000).
    pub code32_start: u32,
    /// The last address that an initrd may occupy (before 2.03: 0x37ffffff).
    pub initrd_addr_max: u32,
    /// Alignment of the protected-mode part where it is relocatable (2.05).
    pub kernel_alignment: u32,
    /// Whether the protected-mode part runs at any aligned address (2.05).
    pub relocatable_kernel: bool,
    /// Power of two to which the alignment may fall (2.10).
    pub min_alignment: u8,
    /// Bit 0 64-bit entry, bit 1 initrd and command line may lie above 4 GiB, bits 2 to 4 EFI handover and kexec (2.12).
    pub xloadflags: u16,
    /// The longest command line without its NUL (before 2.06: 255).
    pub cmdline_size: u32,
    /// Where the compressed kernel begins in the protected-mode part (2.08).
    pub payload_offset: u32,
    /// How long it is (2.08).
    pub payload_length: u32,
    /// Where the kernel would like to run (2.10).
    pub pref_address: u64,
    /// The memory it needs there until it has read the memory map (2.10).
    pub init_size: u32,
    /// The entry of the EFI handover protocol (2.11).
    pub handover_offset: u32,
}

impl X86 {
    /// `xloadflags`: initrd, command line and parameters may lie above 4 GiB.
    pub const CAN_BE_LOADED_ABOVE_4G: u16 = 2;

    /// `loadflags`: the protected-mode part is loaded at 1 MiB.
    pub const LOADED_HIGH: u8 = 1;

    /// Whether `head` has the header's magic number.
    pub(crate) fn is_at(head: &[u8]) -> bool {
        head.get(0x202..0x206) == Some(b"HdrS")
    }

    /// Reads the header and checks what can be checked without the file's size.
    ///
    /// # Errors
    /// [`HeaderError`], any but the ones of the other architectures. A kernel from before protocol 2.00 has no magic
    /// number: [`HeaderError::NotKernel`].
    pub fn parse(head: &[u8]) -> Result<Self, HeaderError> {
        let boot_flag = u16_at(head, 0x1fe)?;
        let version = u16_at(head, 0x206)?;
        if !Self::is_at(head) {
            return Err(HeaderError::NotKernel);
        }
        if boot_flag != 0xaa55 {
            return Err(HeaderError::BadBootFlag);
        }
        if !(0x200..0x300).contains(&version) {
            return Err(HeaderError::BadVersion { version });
        }
        let this = Self::fields(head, version)?;
        this.check()?;
        Ok(this)
    }

    fn fields(head: &[u8], version: u16) -> Result<Self, HeaderError> {
        let mut values = [0; FIELDS.len()];
        for (value, (since, at, bytes, before)) in values.iter_mut().zip(FIELDS) {
            *value = if version < since { before } else { number_at(head, at.into(), bytes.into())? };
        }
        let [sectors, size, flags, start, initrd_max, align, relocatable, rest @ ..] = values;
        let [min_align, xflags, line, payload, payload_length, address, init_size, handover] = rest;
        let byte = |value: u64| value.to_le_bytes()[0];
        Ok(Self {
            version,
            // Zero stands for four: the oldest kernels did not say.
            setup_sects: if sectors == 0 { 4 } else { byte(sectors) },
            // Before 2.04 the upper half of syssize was another field.
            syssize: if version < 0x204 { low_u16(size).into() } else { low_u32(size) },
            loadflags: byte(flags),
            code32_start: low_u32(start),
            initrd_addr_max: low_u32(initrd_max),
            kernel_alignment: low_u32(align),
            relocatable_kernel: relocatable != 0,
            min_alignment: byte(min_align),
            xloadflags: low_u16(xflags),
            cmdline_size: low_u32(line),
            payload_offset: low_u32(payload),
            payload_length: low_u32(payload_length),
            pref_address: address,
            init_size: low_u32(init_size),
            handover_offset: low_u32(handover),
        })
    }

    fn check(&self) -> Result<(), HeaderError> {
        if self.loadflags & Self::LOADED_HIGH == 0 {
            return Err(HeaderError::LoadsLow);
        }
        if self.relocatable_kernel && !self.kernel_alignment.is_power_of_two() {
            return Err(HeaderError::BadAlignment { alignment: self.kernel_alignment });
        }
        if self.version >= 0x20a && u64::from(self.init_size) < self.protected_bytes() {
            return Err(HeaderError::BadRuntimeSize { size: self.init_size.into() });
        }
        let payload_end = u64::from(self.payload_offset).saturating_add(self.payload_length.into());
        if payload_end > self.protected_bytes() {
            return Err(HeaderError::BadPayload);
        }
        Ok(())
    }

    /// Bytes of the file before its protected-mode part.
    #[must_use]
    pub fn setup_bytes(&self) -> u64 {
        u64::from(self.setup_sects).saturating_add(1).saturating_mul(512)
    }

    /// Bytes of the protected-mode part, as the header says. A signature may follow it in the file.
    #[must_use]
    pub fn protected_bytes(&self) -> u64 {
        u64::from(self.syssize).saturating_mul(16)
    }

    /// Bytes that the file has at least.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        // syssize is rounded up.
        self.setup_bytes().saturating_add(self.protected_bytes()).saturating_sub(15)
    }

    /// Bytes that must be free from the run address on.
    ///
    /// Before 2.10 the header doesn't say. Three times the compressed size is what other loaders reserve for those
    /// kernels.
    #[must_use]
    pub fn runtime_bytes(&self) -> u64 {
        match self.init_size {
            0 => self.protected_bytes().saturating_mul(3).max(0x10_0000),
            size => size.into(),
        }
    }

    /// Whether it has to be entered in real mode (16-bit boot protocol): before protocol 2.06. The oldest find their command
    /// line in no other way, and MEMDISK, which says 2.03, is no Linux behind its setup code.
    #[must_use]
    pub const fn needs_real_mode(&self) -> bool {
        self.version < 0x206
    }

    /// The longest command line, without its NUL.
    #[must_use]
    pub fn command_line_limit(&self) -> usize {
        usize_from_u32_saturating(self.cmdline_size)
    }

    /// The first address behind the room for initrds below 4 GiB.
    #[must_use]
    pub fn initrd_ceiling(&self) -> u64 {
        u64::from(self.initrd_addr_max).saturating_add(1)
    }
}
