//! MADs of every class and packets of InfiniBand and RoCEv2: what is read is written and read again the same.

use bootproto_ib_verbs_lite::fuzzing;

use crate::{Seed, seed};

/// Reads the bytes as everything.
pub fn run(data: &[u8]) {
    fuzzing::mad(data);
    fuzzing::packet(data);
}

/// MADs of opensm and of switches, and the specification's packet.
pub fn seeds() -> Vec<Seed> {
    seed::vectors("ib-verbs-lite")
}
