//! Option ROMs: the headers by which a BIOS finds a network card's boot code.
//!
//! What belongs here: the ROM header, PCIR (PCI Firmware 2.x and 3.x), `$PnP` (Plug and Play BIOS 1.0a, BIOS Boot
//! Specification), the UNDI ROM ID (PXE 2.1 section 2.2), the EFI image header; reading, checking and repairing
//! them. What does not: code to put into a ROM.
//!
//! ```text
//! 00h 55 AA, length in 512s    18h -> PCIR: which device     1Ah -> $PnP: how to boot
//! 03h jump to initialisation   16h -> UNDI: how to load the driver
//! ```

mod bios;
mod editor;
mod headers;
mod image;

pub use bios::BiosPnp;
pub use editor::{ChecksumAt, Editor, Faults};
pub use headers::{BaseRomId, CodeType, EfiRomHeader, Pcir, Pcir3, PnpHeader, RomHeader, UndiRomId};
pub use image::{Image, Images};
