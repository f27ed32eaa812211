//! A UEFI program as it lies in memory, for the unpacker of `firmware/uefi-unpack`.

use crate::Outcome;
use crate::packed;
use object::LittleEndian as LE;
use object::pe::{IMAGE_REL_BASED_DIR64, IMAGE_SCN_MEM_DISCARDABLE, SectionFlags};
use object::read::pe::PeFile64;

/// Lays out the PE file `program` as if it were loaded at 0 and packs it, behind the three numbers that its unpacker
/// asks for.
///
/// # Errors
/// The file is damaged, or has relocations of a kind that x86-64 and ARM64 don't need.
pub fn pack(program: &[u8]) -> Outcome<Vec<u8>> {
    let file = PeFile64::parse(program)?;
    let header = file.nt_headers().optional_header;
    let base = header.image_base.get(LE);
    let mut image = vec![0; usize::try_from(header.size_of_image.get(LE))?];
    let sections = file.section_table();
    for section in sections.iter() {
        if section.characteristics.get(LE) & IMAGE_SCN_MEM_DISCARDABLE == SectionFlags(0) {
            let data = section.pe_data(program)?;
            let start = usize::try_from(section.virtual_address.get(LE))?;
            image
                .get_mut(start..start + data.len())
                .ok_or("a section outside of the image")?
                .copy_from_slice(data);
        }
    }
    let mut places = Vec::new();
    let mut blocks = file.data_directories().relocation_blocks(program, &sections)?;
    while let Some(block) = blocks.as_mut().map(|blocks| blocks.next()).transpose()?.flatten() {
        for relocation in block {
            if relocation.typ != IMAGE_REL_BASED_DIR64 {
                return Err(format!("a relocation of kind {}", relocation.typ).into());
            }
            let start = usize::try_from(relocation.virtual_address)?;
            let place = image.get_mut(start..).and_then(<[u8]>::first_chunk_mut);
            let place = place.ok_or("a relocation outside of the image")?;
            *place = (u64::from_le_bytes(*place) - base).to_le_bytes();
            places.push(relocation.virtual_address);
        }
    }
    let entry = header.address_of_entry_point.get(LE);
    let numbers = [u32::try_from(image.len())?, u32::try_from(places.len())?, entry];
    image.extend(places.iter().flat_map(|place| place.to_le_bytes()));
    let mut packed = numbers.map(u32::to_le_bytes).concat();
    packed.extend(packed::pack(&image)?);
    Ok(packed)
}
