//! The headers of packets on the wire, from the LRH to the VCRC, and of RoCEv2.
//!
//! What belongs here: bytes and values. What does not: who a packet is for, sequence, and time.

mod header;

pub use header::{Aeth, Bth, Deth, Grh, Lrh, NextHeader, Opcode, Reth};
