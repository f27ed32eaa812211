//! Reading a ROM: the images in it, and the headers of each.

use super::headers::{CodeType, EfiRomHeader, Pcir, Pcir3, PnpHeader, RomHeader, UndiRomId};
use crate::layout::{Layout, byte_sum};
use crate::refusal::{Refusal, check};

/// One image of a ROM, as long as its header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image<'r> {
    bytes: &'r [u8],
    pcir: Option<Pcir>,
}

/// How many `$PnP` headers are followed: a ROM whose chain bites its tail ends here.
const PNP_LIMIT: usize = 8;

impl<'r> Image<'r> {
    /// The image at the start of `rom`.
    ///
    /// Its length is PCIR's where there is one (an EFI image can be longer than its first bytes can say), else the
    /// header's. Its checksum is not checked: [`byte_sum`](Self::byte_sum) tells.
    ///
    /// # Errors
    /// [`Refusal::BadSignature`] if no image starts here, [`Refusal::BadLength`] if it claims no length or more than
    /// there is, [`Refusal::Unreadable`] if there are too few bytes for a header.
    pub fn parse(rom: &'r [u8]) -> Result<Self, Refusal> {
        let header = RomHeader::parse(rom)?;
        if header.signature != [0x55, 0xaa] {
            return Err(Refusal::BadSignature);
        }
        let pcir = pcir_at(rom, header.pcir.get());
        let units =
            pcir.map_or_else(|| usize::from(header.length), |pcir| usize::from(pcir.image_length.get()));
        let length = units.saturating_mul(512);
        if length == 0 {
            return Err(Refusal::BadLength);
        }
        let bytes = rom.get(..length).ok_or(Refusal::BadLength)?;
        Ok(Self { bytes, pcir })
    }

    /// All bytes of the image.
    #[must_use]
    pub const fn bytes(&self) -> &'r [u8] {
        self.bytes
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> RomHeader {
        RomHeader::parse(self.bytes).unwrap_or_else(|_| RomHeader::zeroed())
    }

    /// The PCI data structure; an ISA ROM has none.
    #[must_use]
    pub const fn pcir(&self) -> Option<Pcir> {
        self.pcir
    }

    /// What PCI Firmware 3.0 added to it, if this ROM is of that time.
    #[must_use]
    pub fn pcir3(&self) -> Option<Pcir3> {
        let pcir = self.pcir?;
        if pcir.revision < 3 || usize::from(pcir.length.get()) < Pcir3::SIZE {
            return None;
        }
        Pcir3::parse(self.at(self.header().pcir.get())?).ok()
    }

    /// The devices this ROM is for, all of PCIR's vendor: PCIR's own first, then those of its list.
    pub fn devices(&self) -> impl Iterator<Item = u16> + use<'r> {
        let list = self.pcir3().and_then(|pcir3| {
            let at = self.header().pcir.get().checked_add(pcir3.pcir.device_list.get())?;
            if pcir3.pcir.device_list.get() == 0 { None } else { self.at(at) }
        });
        let (pairs, _) = list.unwrap_or_default().as_chunks::<2>();
        let further = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).take_while(|device| *device != 0);
        self.pcir.map(|pcir| pcir.device.get()).into_iter().chain(further)
    }

    /// Whether this ROM is for the PCI device `vendor`:`device`.
    #[must_use]
    pub fn is_for(&self, vendor: u16, device: u16) -> bool {
        self.pcir.is_some_and(|pcir| pcir.vendor.get() == vendor) && self.devices().any(|each| each == device)
    }

    /// Whom its code is for; a ROM without PCIR is for a PC BIOS.
    #[must_use]
    pub fn code_type(&self) -> CodeType {
        self.pcir.map_or(CodeType::X86, |pcir| CodeType(pcir.code_type))
    }

    /// Whether no image follows.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.pcir.is_none_or(|pcir| pcir.indicator & 0x80 != 0)
    }

    /// The sum of all bytes: zero in an image for a PC BIOS, or the BIOS ignores it. EFI images have none.
    #[must_use]
    pub fn byte_sum(&self) -> u8 {
        byte_sum(self.bytes)
    }

    /// The `$PnP` headers with their offsets, right checksum or not (BIOSes accept a wrong one); at most 8.
    pub fn pnp(&self) -> impl Iterator<Item = (u16, PnpHeader)> + use<'r> {
        let image = *self;
        let mut next = if self.code_type() == CodeType::X86 { self.header().pnp.get() } else { 0 };
        let follow = move || {
            let offset = next;
            let header = PnpHeader::parse(image.at(offset)?).ok()?;
            if offset == 0 || header.signature != *b"$PnP" {
                return None;
            }
            next = header.next.get();
            Some((offset, header))
        };
        core::iter::from_fn(follow).take(PNP_LIMIT)
    }

    /// The UNDI ROM ID.
    ///
    /// # Errors
    /// Why what the header points to is none.
    pub fn undi(&self) -> Result<UndiRomId, Refusal> {
        let offset = self.header().undi.get();
        if offset == 0 || self.code_type() != CodeType::X86 {
            return Err(Refusal::BadSignature);
        }
        let bytes = self.at(offset).ok_or(Refusal::Unreadable)?;
        let id = UndiRomId::parse(bytes)?;
        check(bytes, b"UNDI", id.length, UndiRomId::SIZE)?;
        Ok(id)
    }

    /// The EFI header of an image for EFI.
    #[must_use]
    pub fn efi(&self) -> Option<EfiRomHeader> {
        let header = EfiRomHeader::parse(self.bytes).ok()?;
        (header.efi_signature.get() == 0x0ef1 && self.code_type() == CodeType::EFI).then_some(header)
    }

    /// A NUL-terminated text, such as the product's name that `$PnP` points to.
    #[must_use]
    pub fn text(&self, offset: u16) -> Option<&'r [u8]> {
        if offset == 0 {
            return None;
        }
        let bytes = self.at(offset)?;
        bytes.get(..bytes.iter().position(|byte| *byte == 0)?)
    }

    fn at(&self, offset: u16) -> Option<&'r [u8]> {
        self.bytes.get(usize::from(offset)..)
    }
}

fn pcir_at(rom: &[u8], offset: u16) -> Option<Pcir> {
    if offset == 0 {
        return None;
    }
    let pcir = Pcir::parse(rom.get(usize::from(offset)..)?).ok()?;
    (pcir.signature == *b"PCIR" && usize::from(pcir.length.get()) >= Pcir::SIZE).then_some(pcir)
}

/// The images of a ROM, one after the other.
#[derive(Debug, Clone)]
pub struct Images<'r> {
    rest: &'r [u8],
}

impl<'r> Images<'r> {
    /// The images of `rom`, up to the one that says it is the last or to the first that is none.
    #[must_use]
    pub const fn new(rom: &'r [u8]) -> Self {
        Self { rest: rom }
    }
}

impl<'r> Iterator for Images<'r> {
    type Item = Image<'r>;

    fn next(&mut self) -> Option<Image<'r>> {
        let image = Image::parse(self.rest).ok()?;
        self.rest =
            if image.is_last() { &[] } else { self.rest.get(image.bytes.len()..).unwrap_or_default() };
        Some(image)
    }
}
