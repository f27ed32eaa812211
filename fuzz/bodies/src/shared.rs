//! The beginnings of conversations that the crates' own tests have, and the run of a script.

pub(crate) mod boot;
pub(crate) mod capi;
pub(crate) mod dhcp;
pub(crate) mod ib;
pub(crate) mod tftp;

use std::fmt::Debug;

use testkit::laws::{Op, START};
use testkit::laws::{Subject, check_from, ops_from_bytes};

/// A script longer than this says nothing that a shorter one could not.
const OPS: usize = 64;

/// The script that `bytes` mean, see `ops_from_bytes`.
pub(crate) fn script<P: Copy>(bytes: &[u8], seeds: &[Vec<u8>], paths: &[P]) -> Vec<Op<P>> {
    let mut ops = ops_from_bytes(bytes, seeds, paths);
    // The good part before the script proper counts as nothing.
    ops.truncate(2 * seeds.len() + OPS);
    ops
}

/// Runs the script that `bytes` mean under the laws; a broken one is a panic.
pub(crate) fn obey<M>(machine: M, bytes: &[u8], seeds: &[Vec<u8>], paths: &[M::Path])
where
    M: Subject,
    M::Path: Debug,
{
    check_from(machine, START, &script(bytes, seeds, paths)).unwrap_or_else(|broken| panic!("{broken}"));
}
