//! The structures by which a PXE stack in a BIOS is found and known.
//!
//! What belongs here: `!PXE`, `PXENV+` and the headers of option ROMs, checked and in C's terms. What does not: how they
//! are laid out, which is `bootproto-pxe-api`'s, and calls of the ROM, which are assembly.

use bootproto_pxe_api::SegmentOffset;
use bootproto_pxe_api::entry::{BangPxe, Pxenv, SegmentDescriptor};
use bootproto_pxe_api::rom::{Image, UndiRomId};

use crate::misuse::{bp_result, call};
use crate::raw::{apart, from_c};
use crate::types::bp_flag;

/// An address of real mode.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_far {
    /// The offset.
    pub offset: u16,
    /// The segment.
    pub segment: u16,
}

/// A segment of a PXE stack.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_pxe_segment {
    /// Its physical address.
    pub physical: u32,
    /// Its segment, or selector.
    pub segment: u16,
    /// Its size in bytes.
    pub size: u16,
}

/// What `!PXE` or `PXENV+` says.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_pxe_entry {
    /// What to call: with `!PXE`'s convention (parameters on the stack), or `PXENV+`'s (ES:DI and BX).
    pub entry: bp_far,
    /// The entry point with a 32-bit stack; null where there is none.
    pub entry_32: bp_far,
    /// `!PXE`: the UNDI ROM ID.
    pub undi_rom_id: bp_far,
    /// `PXENV+` from version 2.1 on: the `!PXE` structure that is to be used instead; null where there is none.
    pub successor: bp_far,
    /// `PXENV+`: the version, 0x0201 for 2.1.
    pub version: u16,
    /// 0.
    pub reserved: u16,
    /// The UNDI's data.
    pub undi_data: bp_pxe_segment,
    /// The UNDI's code.
    pub undi_code: bp_pxe_segment,
}

/// What the headers of an option ROM say.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_rom {
    /// The length of this image; the next one begins behind it.
    pub length: u32,
    /// PCI vendor, 0 in a ROM for another bus.
    pub vendor: u16,
    /// PCI device.
    pub device: u16,
    /// Whom the code is for: 0 x86 BIOS, 3 EFI.
    pub code_type: u8,
    /// Whether no image follows.
    pub is_last: bp_flag,
    /// Whether all bytes add up to 0, without which a BIOS ignores the ROM.
    pub has_good_checksum: bp_flag,
    /// Whether there is a UNDI to load.
    pub has_undi: bp_flag,
    /// The boot entry vector of the first `$PnP` header that has one, or 0.
    pub boot_entry: u16,
    /// Where the UNDI's loader is.
    pub undi_loader: u16,
    /// How much stack, data and code the UNDI needs, in bytes.
    pub undi_stack: u16,
    /// See `undi_stack`.
    pub undi_data: u16,
    /// See `undi_stack`.
    pub undi_code: u16,
    /// The version of the UNDI, 2.1 as 0x0201.
    pub undi_version: u16,
}

impl From<SegmentOffset> for bp_far {
    fn from(address: SegmentOffset) -> Self {
        Self { offset: address.offset.get(), segment: address.segment.get() }
    }
}

impl From<SegmentDescriptor> for bp_pxe_segment {
    fn from(segment: SegmentDescriptor) -> Self {
        Self { physical: segment.physical.get(), segment: segment.segment.get(), size: segment.size.get() }
    }
}

impl From<BangPxe> for bp_pxe_entry {
    fn from(pxe: BangPxe) -> Self {
        let [undi_data, undi_code, _] = pxe.undi_segments();
        Self {
            entry: pxe.entry_point_sp.into(),
            entry_32: pxe.entry_point_esp.into(),
            undi_rom_id: pxe.undi_rom_id.into(),
            undi_data: undi_data.into(),
            undi_code: undi_code.into(),
            ..Self::default()
        }
    }
}

impl From<Pxenv> for bp_pxe_entry {
    fn from(pxenv: Pxenv) -> Self {
        let segment =
            |segment: u16, size| bp_pxe_segment { physical: u32::from(segment) << 4, segment, size };
        Self {
            entry: pxenv.rm_entry.into(),
            successor: pxenv.successor().map_or_else(bp_far::default, bp_far::from),
            version: pxenv.version.get(),
            undi_data: segment(pxenv.undi_data_segment.get(), pxenv.undi_data_size.get()),
            undi_code: segment(pxenv.undi_code_segment.get(), pxenv.undi_code_size.get()),
            ..Self::default()
        }
    }
}

impl From<&Image<'_>> for bp_rom {
    fn from(image: &Image<'_>) -> Self {
        let pcir = image.pcir();
        let undi: Option<UndiRomId> = image.undi().ok();
        let version = undi.map_or((0, 0), |undi| undi.version());
        Self {
            length: u32::try_from(image.bytes().len()).unwrap_or(u32::MAX),
            vendor: pcir.map_or(0, |pcir| pcir.vendor.get()),
            device: pcir.map_or(0, |pcir| pcir.device.get()),
            code_type: image.code_type().0,
            is_last: image.is_last().into(),
            has_good_checksum: (image.byte_sum() == 0).into(),
            has_undi: undi.is_some().into(),
            boot_entry: image.pnp().map(|(_, pnp)| pnp.bev.get()).find(|bev| *bev != 0).unwrap_or(0),
            undi_loader: undi.map_or(0, |undi| undi.loader.get()),
            undi_stack: undi.map_or(0, |undi| undi.stack_size.get()),
            undi_data: undi.map_or(0, |undi| undi.data_size.get()),
            undi_code: undi.map_or(0, |undi| undi.code_size.get()),
            undi_version: u16::from_be_bytes([version.0, version.1]),
        }
    }
}

/// Checks the `!PXE` structure at the start of `bytes` (signature, length, sum, entry point) and tells what it says. What
/// is wrong is a number from 4101 on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_pxe_read(bytes: *const u8, length: usize, entry: *mut bp_pxe_entry) -> bp_result {
    from_c!(bytes: In, entry: Out);
    call(|| {
        apart(&[entry.span(1)], &[bytes.span(length)])?;
        let place = entry.place()?;
        place.put(BangPxe::checked(bytes.slice(length)?)?.into());
        Ok(())
    })
}

/// Checks the `PXENV+` structure at the start of `bytes`, as `bp_pxe_read` does `!PXE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_pxenv_read(
    bytes: *const u8,
    length: usize,
    entry: *mut bp_pxe_entry,
) -> bp_result {
    from_c!(bytes: In, entry: Out);
    call(|| {
        apart(&[entry.span(1)], &[bytes.span(length)])?;
        let place = entry.place()?;
        place.put(Pxenv::checked(bytes.slice(length)?)?.into());
        Ok(())
    })
}

/// Reads the headers of the option ROM at the start of `bytes`. What is wrong is a number from 4101 on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_rom_read(bytes: *const u8, length: usize, rom: *mut bp_rom) -> bp_result {
    from_c!(bytes: In, rom: Out);
    call(|| {
        apart(&[rom.span(1)], &[bytes.span(length)])?;
        let place = rom.place()?;
        place.put((&Image::parse(bytes.slice(length)?)?).into());
        Ok(())
    })
}
