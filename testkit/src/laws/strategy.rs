//! Scripts and datagrams for proptest.

use core::fmt::Debug;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};

use super::op::{mutate, noise};
use super::{Op, ops_from_bytes};

/// Scripts of at most `length` operations after a prefix of the real conversation `seeds`.
///
/// The mix of real, harmed and senseless datagrams, of time that passes and jumps back, and of polls is that of
/// [`ops_from_bytes`]. Shrinking drops operations one by one.
///
/// # Panics
/// When `paths` is empty.
pub fn scripts<P: Copy + Debug + 'static>(
    seeds: Vec<Vec<u8>>,
    paths: Vec<P>,
    length: usize,
) -> impl Strategy<Value = Vec<Op<P>>> {
    assert!(!paths.is_empty(), "a datagram has to come from somewhere");
    (any::<u8>(), vec(any::<[u8; 4]>(), 0..=length)).prop_map(move |(prefix, words)| {
        let mut data = vec![prefix];
        data.extend(words.iter().flatten());
        ops_from_bytes(&data, &seeds, &paths)
    })
}

/// Real datagrams, harmed up to four times: cut, bits flipped, extreme bytes, spliced, doubled. For parsers.
///
/// # Panics
/// When `seeds` is empty.
pub fn mutated(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    assert!(!seeds.is_empty(), "there is nothing to mutate");
    let index = 0..seeds.len();
    (index.clone(), index, vec(any::<[u8; 3]>(), 0..=4)).prop_map(move |(one, other, harms)| {
        harms.iter().fold(seeds[one].clone(), |bytes, harm| mutate(bytes, &seeds[other], *harm))
    })
}

/// Bytes that mean nothing, most of them short, a few longer than an Ethernet frame. For parsers.
pub fn garbage() -> impl Strategy<Value = Vec<u8>> {
    any::<[u8; 3]>().prop_map(noise)
}
