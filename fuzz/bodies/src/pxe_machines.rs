//! The machines that call a ROM, with a ROM that answers anything: UNDI, the ROM's TFTP, files by URL, its UDP.

use bootproto_pxe_api::fuzzing;

use crate::{Seed, seed};

type Body = (&'static str, fn(&[u8]) -> usize);

const BODIES: [Body; 4] =
    [("undi", fuzzing::undi), ("fetch", fuzzing::fetch), ("url", fuzzing::url), ("udp", fuzzing::udp)];

/// The first byte says which machine, the rest is what the ROM answers and the caller asks.
pub fn run(data: &[u8]) {
    let Some((which, script)) = data.split_first() else { return };
    let (_, body) = BODIES[usize::from(*which) % BODIES.len()];
    let _reached = body(script);
}

/// Calls recorded from a real ROM, and known misbehaviours (`pxe-api/tests/corpus.rs`).
pub fn seeds() -> Vec<Seed> {
    let all = BODIES.iter().zip(0_u8..);
    all.flat_map(|((name, _), which)| {
        let files = seed::files(&format!("pxe-api/tests/corpus/{name}"));
        files.into_iter().map(move |file| {
            Seed::new(format!("{name}-{}", file.name), [vec![which], file.bytes].concat())
        })
    })
    .collect()
}
