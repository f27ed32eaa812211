//! Changing a ROM image, and making its checksums right again.

use super::headers::{CodeType, PnpHeader, RomHeader, UndiRomId};
use super::image::Image;
use crate::layout::Layout;
use crate::refusal::{Refusal, balancing};
use bootproto_core::copy_into;
use zerocopy::{FromBytes, IntoBytes, little_endian::U16};

/// Which byte of an image is given up so that all add up to zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChecksumAt {
    /// The last byte, which most tools leave free.
    Last,
    /// The byte after the header's three-byte jump, where iPXE's ROMs have it.
    AfterJump,
    /// Any other.
    Offset(usize),
}

/// What is wrong with an image; nothing is if it equals `Faults::default()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// The bytes do not add up to zero: the BIOS ignores the ROM.
    pub image_checksum: bool,
    /// A `$PnP` does not add up: some BIOSes do not boot from it.
    pub pnp_checksum: bool,
    /// The UNDI ROM ID does not add up or is malformed: loaders refuse it.
    pub undi: Option<Refusal>,
    /// The header and PCIR disagree about the length.
    pub length: bool,
    /// No PCIR: a PCI BIOS ignores the ROM.
    pub no_pcir: bool,
    /// No `$PnP` with a boot entry vector: the BIOS does not offer to boot from it.
    pub no_boot_entry: bool,
}

/// A ROM image that is being changed.
#[derive(Debug)]
pub struct Editor<'r> {
    bytes: &'r mut [u8],
}

impl<'r> Editor<'r> {
    /// Edits the image at the start of `rom`, in place.
    ///
    /// # Errors
    /// Why [`Image::parse`] refuses it.
    pub fn new(rom: &'r mut [u8]) -> Result<Self, Refusal> {
        let length = Image::parse(rom)?.bytes().len();
        let bytes = rom.get_mut(..length).ok_or(Refusal::BadLength)?;
        Ok(Self { bytes })
    }

    /// The image as it is now.
    ///
    /// # Errors
    /// Why [`Image::parse`] refuses it after the changes.
    pub fn image(&self) -> Result<Image<'_>, Refusal> {
        Image::parse(self.bytes)
    }

    /// Makes the ROM one for the PCI device `vendor`:`device`.
    ///
    /// # Errors
    /// [`Refusal::BadSignature`] if there is no PCIR.
    pub fn set_device(&mut self, vendor: u16, device: u16) -> Result<(), Refusal> {
        let mut pcir = self.image()?.pcir().ok_or(Refusal::BadSignature)?;
        pcir.vendor = U16::new(vendor);
        pcir.device = U16::new(device);
        let at = self.header().pcir.get();
        self.put(at, pcir.as_bytes());
        Ok(())
    }

    /// Says in PCIR whether no image follows.
    ///
    /// # Errors
    /// [`Refusal::BadSignature`] if there is no PCIR.
    pub fn set_last(&mut self, last: bool) -> Result<(), Refusal> {
        let mut pcir = self.image()?.pcir().ok_or(Refusal::BadSignature)?;
        pcir.indicator = if last { pcir.indicator | 0x80 } else { pcir.indicator & 0x7f };
        let at = self.header().pcir.get();
        self.put(at, pcir.as_bytes());
        Ok(())
    }

    /// Overwrites bytes of the image, header or code; what does not fit is left out.
    pub fn put(&mut self, offset: u16, bytes: &[u8]) {
        if let Some(place) = self.bytes.get_mut(usize::from(offset)..) {
            copy_into(place, bytes);
        }
    }

    /// Makes every checksum right: those of `$PnP` and UNDI first, that of the image last.
    ///
    /// An image for EFI has no checksum and stays as it is.
    ///
    /// # Errors
    /// [`Refusal::BadLength`] if the byte `at` is outside the image.
    pub fn fix_checksums(&mut self, at: ChecksumAt) -> Result<(), Refusal> {
        let image = self.image()?;
        if image.code_type() != CodeType::X86 {
            return Ok(());
        }
        let mut offsets = [0_u16; 8];
        for (place, (offset, _)) in offsets.iter_mut().zip(image.pnp()) {
            *place = offset;
        }
        for offset in offsets.into_iter().filter(|offset| *offset != 0) {
            let length = usize::from(self.u8_at(offset, 5)).saturating_mul(16);
            self.balance(offset, length.max(PnpHeader::SIZE), 9);
        }
        let undi = self.header().undi.get();
        if self.slice(undi, 4) == b"UNDI" {
            let length = usize::from(self.u8_at(undi, 4));
            self.balance(undi, length.max(UndiRomId::SIZE), 5);
        }
        let at = match at {
            ChecksumAt::Last => self.bytes.len().saturating_sub(1),
            ChecksumAt::AfterJump => 6,
            ChecksumAt::Offset(offset) => offset,
        };
        let value = balancing(self.bytes, at);
        *self.bytes.get_mut(at).ok_or(Refusal::BadLength)? = value;
        Ok(())
    }

    fn header(&self) -> RomHeader {
        RomHeader::read_from_prefix(self.bytes).map_or_else(|_| RomHeader::zeroed(), |(header, _)| header)
    }

    fn slice(&self, offset: u16, length: usize) -> &[u8] {
        let start = usize::from(offset);
        self.bytes.get(start..start.saturating_add(length)).unwrap_or_default()
    }

    fn u8_at(&self, offset: u16, field: u16) -> u8 {
        self.bytes.get(usize::from(offset.saturating_add(field))).copied().unwrap_or(0)
    }

    fn balance(&mut self, offset: u16, length: usize, field: u16) {
        let value = balancing(self.slice(offset, length), usize::from(field));
        self.put(offset.saturating_add(field), &[value]);
    }
}

impl Image<'_> {
    /// What is wrong with this image, as far as a BIOS or a loader would mind.
    #[must_use]
    pub fn faults(&self) -> Faults {
        if self.code_type() != CodeType::X86 {
            return Faults::default();
        }
        let header = self.header();
        let sum_is_wrong = |offset: u16, length: usize| {
            let start = usize::from(offset);
            self.bytes()
                .get(start..start.saturating_add(length))
                .is_none_or(|bytes| crate::byte_sum(bytes) != 0)
        };
        Faults {
            image_checksum: self.byte_sum() != 0,
            pnp_checksum: self
                .pnp()
                .any(|(offset, pnp)| sum_is_wrong(offset, usize::from(pnp.length).saturating_mul(16))),
            undi: if header.undi.get() == 0 { None } else { self.undi().err() },
            length: self.pcir().is_some_and(|pcir| pcir.image_length.get() != u16::from(header.length)),
            no_pcir: self.pcir().is_none(),
            no_boot_entry: !self.pnp().any(|(_, pnp)| pnp.bev.get() != 0),
        }
    }
}
