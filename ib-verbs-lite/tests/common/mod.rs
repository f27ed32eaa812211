//! What the tests of this crate share: vectors and captures on disk.
#![allow(dead_code, reason = "not every test uses all of it")]

use testkit::vectors::{self, Vector, hex};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

/// The bytes of the vector called `name`.
pub(crate) fn vector(name: &str) -> Vec<u8> {
    vectors::named(format!("{FOLDER}/vectors"), name).bytes
}

/// All vectors.
pub(crate) fn all() -> Vec<Vector> {
    vectors::load(format!("{FOLDER}/vectors")).unwrap()
}

/// The packets of a capture: who sent each, and its bytes.
pub(crate) fn capture(name: &str) -> Vec<(String, Vec<u8>)> {
    let text = std::fs::read_to_string(format!("{FOLDER}/captures/{name}.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (who, bytes) = line.split_once(' ').unwrap();
            (who.to_owned(), hex(bytes).unwrap())
        })
        .collect()
}
