//! The compressor to the boot programs' unpacker (`firmware/unpack`).

use crate::Outcome;
use lzma_rust2::{EncodeMode, LzmaOptions, LzmaWriter, MfType};
use std::io::Write as _;

/// Packs a program for x86: its jumps made absolute, then as an `.lzma` file. What comes out was unpacked again, and
/// was the same.
///
/// # Errors
/// The compressor's, which there should be none.
pub fn pack(program: &[u8]) -> Outcome<Vec<u8>> {
    let mut prepared = program.to_vec();
    bootproto_unpack::unbind(&mut prepared);
    let options = LzmaOptions {
        // The unpacker has room for as many contexts of literals; code does not care for alignment.
        lc: 3,
        lp: 0,
        pb: 0,
        mode: EncodeMode::Normal,
        mf: MfType::Bt4,
        nice_len: LzmaOptions::NICE_LEN_MAX,
        depth_limit: 1000,
        ..LzmaOptions::with_preset(9)
    };
    let length = u64::try_from(prepared.len())?;
    let mut writer = LzmaWriter::new_use_header(Vec::new(), &options, Some(length))?;
    writer.write_all(&prepared)?;
    let packed = writer.finish()?;
    let mut again = vec![0; program.len()];
    let unpacked = bootproto_unpack::unpack(&packed, &mut again);
    bootproto_unpack::bind(&mut again);
    if unpacked.is_none() || again != program {
        return Err("the packed program does not unpack".into());
    }
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use super::pack;
    use bootproto_unpack::{bind, unbind, unpack};

    /// The test's own program: code, texts and zeros of a real compiler.
    fn sample() -> Vec<u8> {
        let mut program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        program.truncate(150_000);
        program
    }

    #[test]
    fn what_is_cut_off_anywhere_is_refused() {
        let program = &sample()[..3000];
        let packed = pack(program).unwrap();
        let mut out = vec![0; program.len()];
        for length in 0..packed.len() {
            assert_eq!(unpack(&packed[..length], &mut out), None, "{length}");
        }
        assert_eq!(unpack(&packed, &mut out), Some(()));
        let longer = [packed.as_slice(), &[0]].concat();
        assert_eq!(unpack(&longer, &mut out), None);
        assert_eq!(unpack(&packed, &mut out[1..]), None);
    }

    #[test]
    fn a_bit_that_has_changed_is_found() {
        let program = sample();
        let packed = pack(&program).unwrap();
        let mut out = vec![0; program.len()];
        // The dictionary's size, bytes 1 to 4 of the header, means nothing here.
        for at in [0, 5, 12].into_iter().chain((13..packed.len()).step_by(997)) {
            let mut broken = packed.clone();
            broken[at] ^= 1 << (at % 8);
            assert_eq!(unpack(&broken, &mut out), None, "{at}");
        }
    }

    #[test]
    fn jumps_lead_to_the_same_place_again() {
        let mut program = sample();
        for (size, target) in [(5, -1), (10, 9), (300, -300), (300, 299), (300, i32::MIN), (300, i32::MAX)] {
            let mut jumps: Vec<u8> =
                [0xe8_u8].iter().copied().chain(i32::to_le_bytes(target)).cycle().take(size).collect();
            let before = jumps.clone();
            unbind(&mut jumps);
            bind(&mut jumps);
            assert_eq!(jumps, before);
        }
        let before = program.clone();
        unbind(&mut program);
        assert_ne!(program, before);
        bind(&mut program);
        assert_eq!(program, before);
    }

    #[test]
    fn what_is_empty_and_what_repeats_is_packed_too() {
        for program in [vec![], vec![0], vec![7; 100_000]] {
            assert!(pack(&program).unwrap().len() < 100);
        }
    }
}
