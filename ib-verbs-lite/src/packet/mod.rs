//! The headers of packets on the wire, from the LRH to the VCRC, and of RoCEv2.
//!
//! What belongs here: bytes, values and the two checksums. What does not: who a packet is for, sequence, and time.

pub mod crc;
mod header;
mod native;
mod roce;
mod transport;

pub use header::{Aeth, Bth, Deth, Grh, Lrh, NextHeader, Opcode, Reth};
pub use native::{Packet, Trailer};
pub use roce::RocePacket;
pub use transport::Transport;
