//! Option ROMs: the headers of real ROMs, and an image that is changed and made right again.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::doc_markdown,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_const_for_fn,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod common;

use bootproto_pxe_api::rom::{
    BaseRomId, BiosPnp, ChecksumAt, CodeType, Editor, Faults, Image, Images, UndiRomId,
};
use bootproto_pxe_api::{Layout, Refusal, SegmentOffset, byte_sum};
use common::vector;
use proptest::prelude::*;

/// The headers of the real ROM, its length, and zeros for its code; the checksum as the real one keeps it.
fn rom() -> Vec<u8> {
    let mut rom = vector("rom-e1000-headers");
    rom.resize(75_264, 0);
    Editor::new(&mut rom).unwrap().fix_checksums(ChecksumAt::AfterJump).unwrap();
    rom
}

#[test]
fn the_headers_of_a_real_rom_are_read() {
    let rom = rom();
    let image = Image::parse(&rom).unwrap();
    let pcir = image.pcir3().unwrap();
    assert_eq!((pcir.pcir.vendor.get(), pcir.pcir.device.get()), (0x8086, 0x100e));
    assert_eq!((pcir.pcir.revision, pcir.pcir.class, pcir.pcir.max_runtime_length.get()), (3, [0, 0, 2], 7));
    assert_eq!((image.code_type(), image.is_last()), (CodeType::X86, true));
    let (at, pnp) = image.pnp().next().unwrap();
    assert_eq!((at, pnp.indicators, pnp.bev.get(), pnp.device_type), (0x40, 0xf4, 0x0385, [2, 0, 0]));
    assert_eq!(image.text(pnp.manufacturer.get()), Some(&b"http://ipxe.org"[..]));
    // The device's address follows the NUL; the ROM joins them when it is initialised.
    assert_eq!(image.text(pnp.product.get()), Some(&b"iPXE"[..]));
    let undi = image.undi().unwrap();
    assert_eq!((undi.version(), undi.loader.get(), undi.bus_type), ((2, 1), 0x04a4, *b"PCIR"));
    assert_eq!((undi.stack_size.get(), undi.data_size.get(), undi.code_size.get()), (0x2f10, 0x2f10, 0x0812));
    assert_eq!(image.faults(), Faults::default());
    assert!(image.is_for(0x8086, 0x100e) && !image.is_for(0x10ec, 0x100e));
}

#[test]
fn the_base_code_says_where_its_loader_is() {
    let bytes = vector("bc-rom-id");
    let id = BaseRomId::checked(&bytes).unwrap();
    assert_eq!((id.base_revision, id.loader.get()), ([0, 1, 2], 0x04a4));
    assert_eq!((id.stack_size.get(), id.data_size.get(), id.code_size.get()), (0x2f10, 0x3f20, 0x4812));
    let mut mine = id;
    (mine.length, mine.checksum) = (0, 0);
    mine.seal();
    assert_eq!(mine, id);
    for (at, value, refusal) in [
        (0, b'U', Refusal::BadSignature),
        (4, 17, Refusal::BadLength),
        (4, 19, Refusal::Unreadable),
        (17, 1, Refusal::BadChecksum),
    ] {
        let mut other = bytes.clone();
        other[at] = value;
        assert_eq!(BaseRomId::checked(&other), Err(refusal));
    }
    assert_eq!(BaseRomId::checked(&bytes[..17]), Err(Refusal::Unreadable));
}

#[test]
fn an_efi_image_follows_a_bios_image() {
    let mut both = rom();
    let mut first = Editor::new(&mut both).unwrap();
    first.set_last(false).unwrap();
    first.fix_checksums(ChecksumAt::AfterJump).unwrap();
    let mut efi = vector("rom-efi-headers");
    efi.resize(174_592, 0);
    both.extend(efi);
    let images: Vec<_> = Images::new(&both).collect();
    assert_eq!(images.len(), 2);
    assert_eq!(images[0].faults(), Faults::default());
    assert_eq!((images[1].code_type(), images[1].bytes().len()), (CodeType::EFI, 174_592));
    let header = images[1].efi().unwrap();
    assert_eq!((header.subsystem.get(), header.machine.get()), (11, 0x8664));
    assert_eq!(images[1].faults(), Faults::default(), "an EFI image has no checksum");
    assert_eq!(images[0].efi(), None);
}

#[test]
fn a_changed_rom_is_faulty_until_it_is_fixed() {
    for at in [ChecksumAt::Last, ChecksumAt::AfterJump, ChecksumAt::Offset(0x200)] {
        let mut rom = rom();
        let mut editor = Editor::new(&mut rom).unwrap();
        editor.set_device(0x10ec, 0x8139).unwrap();
        editor.put(0x40 + 26, &0x1234_u16.to_le_bytes());
        editor.put(0x84 + 10, &0x0500_u16.to_le_bytes());
        let faults = editor.image().unwrap().faults();
        assert!(faults.image_checksum && faults.pnp_checksum && !faults.length);
        assert_eq!(faults.undi, Some(Refusal::BadChecksum));
        editor.fix_checksums(at).unwrap();
        let image = editor.image().unwrap();
        assert_eq!((image.faults(), image.byte_sum()), (Faults::default(), 0));
        assert!(image.is_for(0x10ec, 0x8139));
        assert_eq!(image.pnp().next().unwrap().1.bev.get(), 0x1234);
    }
    let mut rom = rom();
    let mut editor = Editor::new(&mut rom).unwrap();
    assert_eq!(editor.fix_checksums(ChecksumAt::Offset(75_264)), Err(Refusal::BadLength));
}

#[test]
fn the_device_list_ends_at_its_zero() {
    let mut rom = rom();
    // PCIR is at 1Ch and says that its list is 4BFh further on.
    let at = 0x1c + 0x04bf;
    rom[at..at + 6].copy_from_slice(&[0x0f, 0x10, 0x11, 0x10, 0, 0]);
    let image = Image::parse(&rom).unwrap();
    assert_eq!(image.devices().collect::<Vec<_>>(), [0x100e, 0x100f, 0x1011]);
    assert!(image.is_for(0x8086, 0x1011));
}

#[test]
fn what_is_no_rom_is_refused() {
    let rom = rom();
    assert_eq!(Image::parse(&rom[..27]), Err(Refusal::Unreadable));
    assert_eq!(Image::parse(&rom[..75_263]), Err(Refusal::BadLength));
    assert_eq!(Image::parse(&rom[1..]), Err(Refusal::BadSignature));
    let mut cut = rom.clone();
    cut[0x1c] = b'?';
    cut[2] = 1;
    let image = Image::parse(&cut).unwrap();
    assert_eq!((image.bytes().len(), image.pcir(), image.code_type()), (512, None, CodeType::X86));
    assert!(image.faults().no_pcir);
    cut[2] = 0;
    assert_eq!(Image::parse(&cut), Err(Refusal::BadLength));
}

#[test]
fn a_pnp_chain_that_bites_its_tail_ends() {
    let mut rom = rom();
    rom[0x46] = 0x40;
    assert_eq!(Image::parse(&rom).unwrap().pnp().count(), 8);
}

#[test]
fn the_bios_itself_is_found_on_a_paragraph() {
    let mut segment = vec![0_u8; 0x1_0000];
    let mut check = vec![0_u8; 33];
    check[..6].copy_from_slice(b"$PnP\x10\x21");
    check[8] = byte_sum(&check).wrapping_neg();
    segment[0x6060..0x6060 + 33].copy_from_slice(&check);
    let (at, found) = BiosPnp::find(&segment).unwrap();
    assert_eq!((at, found.length), (SegmentOffset::new(0xf000, 0x6060), 33));
    segment[0x6068] ^= 1;
    assert_eq!(BiosPnp::find(&segment), Err(Refusal::BadSignature));
    assert_eq!(BiosPnp::find(&[]), Err(Refusal::BadSignature));
}

proptest! {
    /// Headers with any bytes in them: reading, checking and repairing end, and what was repaired adds up.
    #[test]
    fn any_bytes_are_read_and_repaired(
        changes in proptest::collection::vec((2_usize..0x9a, any::<u8>()), 0..12), length in 0_usize..80_000,
    ) {
        let mut rom = rom();
        for (at, value) in changes {
            rom[at] = value;
        }
        rom.truncate(length);
        for image in Images::new(&rom) {
            let _ = (image.faults(), image.devices().count(), image.pnp().count(), image.undi(), image.efi());
        }
        if let Ok(mut editor) = Editor::new(&mut rom) {
            let _ = editor.set_device(1, 2);
            if editor.fix_checksums(ChecksumAt::Last).is_ok() {
                let image = editor.image().unwrap();
                prop_assert!(image.byte_sum() == 0 || image.code_type() != CodeType::X86);
            }
        }
        let _ = UndiRomId::parse(&rom);
    }
}
