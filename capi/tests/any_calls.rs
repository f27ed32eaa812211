//! Any calls in any order, with any pointers that point to memory at all: every one answers, what is refused has
//! touched nothing, and a pointer into the storage itself is refused.

#![cfg(all(feature = "frames", not(feature = "freestanding")))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::std_instead_of_core,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod arena;

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn every_call_answers_and_a_refused_one_touches_nothing(
        calls in proptest::collection::vec(any::<u8>(), 0..4_000),
    ) {
        arena::run(&calls);
    }
}

#[test]
fn a_run_reaches_every_kind_of_result() {
    // The strategy above is worth its time only if its calls are not all refused at the door.
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..400_u64 {
        let mut rng = bootproto_core::Rng::new(seed);
        let calls: Vec<u8> = (0..4_000).map(|_| rng.next_u64().to_le_bytes()[0]).collect();
        seen.extend(arena::run(&calls));
    }
    for wanted in [0, 7301, 7302, 7303, 7304, 7305, 7307, 7310, 7311, 7312, 7313] {
        assert!(seen.contains(&wanted), "no call answered {wanted}: {seen:?}");
    }
}
