//! The C library: any calls in any order with any pointers, of which a refused one touches nothing.

use crate::Seed;
use crate::shared::capi::arena;

/// More bytes make more calls, but no others.
const BYTES: usize = 2_000;

/// Makes the calls that the bytes say.
pub fn run(data: &[u8]) {
    let _results = arena::run(&data[..data.len().min(BYTES)]);
}

/// Calls of chance, of which `capi/tests/any_calls.rs` shows that they have every kind of result.
pub fn seeds() -> Vec<Seed> {
    let calls = |seed| {
        let mut rng = bootproto_core::Rng::new(seed);
        let bytes: Vec<u8> = (0..600).map(|_| rng.next_u64().to_le_bytes()[0]).collect();
        Seed::new(format!("chance-{seed}"), bytes)
    };
    (0..8).map(calls).collect()
}
