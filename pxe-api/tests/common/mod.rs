//! What the tests share: the vectors.
#![allow(
    dead_code,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests; every one takes what it needs"
)]

pub(crate) mod rom;

/// The bytes of `tests/vectors/NAME.hex`.
pub(crate) fn vector(name: &str) -> Vec<u8> {
    vectors().into_iter().find(|vector| vector.name == name).expect(name).bytes
}

/// All vectors.
pub(crate) fn vectors() -> Vec<testkit::vectors::Vector> {
    testkit::vectors::load(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors")).unwrap()
}
