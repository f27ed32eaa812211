//! What `docs/embedding.md` shows of the firmware for a microcontroller stands there, line for line. That program is built
//! and run by `interop/tests/peers/cortex_m.rs`.

use std::path::Path;

const PAGE: &str = include_str!("../../docs/embedding.md");

/// A line without its indentation, for a piece may stand further in.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

fn is_in(piece: &[&str], program: &str) -> bool {
    lines(program).windows(piece.len()).any(|window| window == piece)
}

#[test]
fn every_piece_of_the_firmware_is_in_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware/cortex-m");
    let program = std::fs::read_to_string(folder.join("src/boot.rs")).unwrap();
    let pieces: Vec<_> = PAGE.split("```rust,ignore\n").skip(1).collect();
    assert!(pieces.len() >= 2);
    for piece in pieces {
        let piece = lines(piece.split("```").next().unwrap());
        assert!(is_in(&piece, &program), "not in the firmware: {piece:#?}");
    }
    assert!(!is_in(&["no such line"], &program));
    // The files that the table names.
    let files = PAGE.split('`').filter(|word| word.ends_with(".rs") || word.ends_with(".x"));
    for file in files.filter(|file| !file.contains('/')) {
        let exists = folder.join("src").join(file).exists() || folder.join(file).exists();
        assert!(exists, "no {file} in firmware/cortex-m");
    }
}
