//! The headers of an option ROM, field for field.

use crate::layout::{Layout, layout, names};
use crate::refusal::{Refusal, balancing, check};
use zerocopy::IntoBytes;
use zerocopy::little_endian::{U16, U32};

names! {
    /// Whom the code of an image is for.
    pub struct CodeType(u8) {
        /// A PC BIOS.
        X86 = 0, "x86 BIOS";
        /// Open Firmware.
        OPEN_FIRMWARE = 1, "Open Firmware";
        /// HP PA-RISC.
        PA_RISC = 2, "PA-RISC";
        /// EFI.
        EFI = 3, "EFI";
    }
}

layout! {
    /// The first bytes of an option ROM for a PC BIOS.
    pub struct RomHeader: 28 {
        /// 55 AA.
        0 => signature: [u8; 2],
        /// The image's length in units of 512 bytes.
        2 => length: u8,
        /// The jump to the initialisation, far-called with AX = PCI address and ES:DI = `$PnP` of the BIOS.
        3 => entry: [u8; 3],
        /// Free; iPXE keeps its checksum in the first.
        6 => free: [u8; 16],
        /// Where the UNDI ROM ID is, or 0.
        22 => undi: U16,
        /// Where the PCIR is.
        24 => pcir: U16,
        /// Where the first `$PnP` is, or 0.
        26 => pnp: U16,
    }

    /// The PCI data structure.
    pub struct Pcir: 24 {
        /// `PCIR`.
        0 => signature: [u8; 4],
        /// PCI vendor.
        4 => vendor: U16,
        /// PCI device.
        6 => device: U16,
        /// From revision 3: where the list of further devices is, counted from this structure, or 0.
        8 => device_list: U16,
        /// The length of this structure.
        10 => length: U16,
        /// 0, or 3 with the fields of [`Pcir3`].
        12 => revision: u8,
        /// Programming interface, sub class, base class: 00 00 02 is Ethernet.
        13 => class: [u8; 3],
        /// The image's length in units of 512 bytes.
        16 => image_length: U16,
        /// The vendor's revision.
        18 => code_revision: U16,
        /// [`CodeType`].
        20 => code_type: u8,
        /// Bit 7: no image follows.
        21 => indicator: u8,
        /// From revision 3: how much stays in memory, in units of 512 bytes.
        22 => max_runtime_length: U16,
    }

    /// What PCI Firmware 3.0 adds to [`Pcir`].
    pub struct Pcir3: 28 {
        /// The part that was there before.
        0 => pcir: Pcir,
        /// Where the header of the configuration utility is, or 0.
        24 => config_utility: U16,
        /// Where the DMTF CLP entry point is, or 0.
        26 => dmtf_clp: U16,
    }

    /// The `$PnP` expansion header, by which a BIOS learns how to boot from this ROM.
    pub struct PnpHeader: 32 {
        /// `$PnP`.
        0 => signature: [u8; 4],
        /// 1.
        4 => revision: u8,
        /// The length of this structure in units of 16 bytes.
        5 => length: u8,
        /// Where the next one is, or 0.
        6 => next: U16,
        /// Zero.
        8 => reserved_1: u8,
        /// Makes all bytes add up to zero.
        9 => checksum: u8,
        /// EISA device id.
        10 => device_id: U32,
        /// Where the maker's name is, or 0.
        14 => manufacturer: U16,
        /// Where the product's name is, or 0: what the boot menu shows.
        16 => product: U16,
        /// Base class, sub class, interface: 02 00 00 is Ethernet.
        18 => device_type: [u8; 3],
        /// What the device can be: bit 2 a boot device, bit 5 needs its ROM only while booting.
        21 => indicators: u8,
        /// Boot connection vector, or 0.
        22 => bcv: U16,
        /// Disconnect vector, or 0.
        24 => disconnect: U16,
        /// Boot entry vector: the network boot.
        26 => bev: U16,
        /// Zero.
        28 => reserved_2: U16,
        /// Static resource information vector, or 0.
        30 => sriv: U16,
    }

    /// The UNDI ROM ID.
    pub struct UndiRomId: 22 {
        /// `UNDI`.
        0 => signature: [u8; 4],
        /// The length of this structure.
        4 => length: u8,
        /// Makes all bytes add up to zero.
        5 => checksum: u8,
        /// 0.
        6 => revision: u8,
        /// The UNDI's revision, lowest part first: 00 01 02 is 2.1.0.
        7 => undi_revision: [u8; 3],
        /// Where the loader is.
        10 => loader: U16,
        /// How much stack the driver needs, in bytes.
        12 => stack_size: U16,
        /// How much data.
        14 => data_size: U16,
        /// How much code.
        16 => code_size: U16,
        /// `PCIR`, `$PnP`, `EISA`.
        18 => bus_type: [u8; 4],
    }

    /// The base code's ROM ID, to which `!PXE` points: who loads base code by itself begins here.
    pub struct BaseRomId: 18 {
        /// `$BC$`.
        0 => signature: [u8; 4],
        /// The length of this structure.
        4 => length: u8,
        /// Makes all bytes add up to zero.
        5 => checksum: u8,
        /// 0.
        6 => revision: u8,
        /// The base code's revision, lowest part first: 00 01 02 is 2.1.0.
        7 => base_revision: [u8; 3],
        /// Where the loader is.
        10 => loader: U16,
        /// How much stack the base code needs, in bytes.
        12 => stack_size: U16,
        /// How much data.
        14 => data_size: U16,
        /// How much code.
        16 => code_size: U16,
    }

    /// The first bytes of an option ROM for EFI.
    pub struct EfiRomHeader: 26 {
        /// 55 AA.
        0 => signature: [u8; 2],
        /// The image's length in units of 512 bytes.
        2 => length: U16,
        /// 0x0ef1.
        4 => efi_signature: U32,
        /// PE subsystem: 11 boot driver, 12 runtime driver.
        8 => subsystem: U16,
        /// PE machine.
        10 => machine: U16,
        /// 1: compressed.
        12 => compression: U16,
        /// Zero.
        14 => reserved: [u8; 8],
        /// Where the PE image is.
        22 => image_offset: U16,
        /// Where the PCIR is.
        24 => pcir: U16,
    }
}

impl BaseRomId {
    /// Checks the structure at the start of `bytes`: signature, length, sum.
    ///
    /// # Errors
    /// Why it is none.
    pub fn checked(bytes: &[u8]) -> Result<Self, Refusal> {
        let this = Self::parse(bytes)?;
        check(bytes, b"$BC$", this.length, Self::SIZE)?;
        Ok(this)
    }

    /// Sets the length and makes the checksum right, for a ROM of one's own.
    pub fn seal(&mut self) {
        self.length = 18;
        self.checksum = balancing(self.as_bytes(), 5);
    }
}

impl UndiRomId {
    /// The UNDI's revision as DHCP option 94 writes it: major, minor.
    #[must_use]
    pub const fn version(&self) -> (u8, u8) {
        let [_, minor, major] = self.undi_revision;
        (major, minor)
    }
}
