//! The test bench of the bootproto family: the laws of every machine, a virtual network, and naive peers.
//!
//! What belongs here: checks that hold for any [`bootproto_core::Machine`] ([`laws`]), a seeded network under a
//! virtual clock ([`world`]), an InfiniBand fabric in memory ([`fabric`]), reference peers written on raw bytes ([`naive`]), capture files ([`pcap`]) and test
//! vectors on disk ([`vectors`]). What does not: anything that ships, and any code shared with our wire modules; a
//! codec is never checked with itself.
#![forbid(unsafe_code)]

#[doc(hidden)]
pub use bootproto_core as core;

pub mod fabric;
pub mod laws;
pub mod naive;
pub mod pcap;
pub mod vectors;
pub mod world;
