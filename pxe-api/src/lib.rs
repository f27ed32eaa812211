//! The Preboot Execution Environment as bytes and as machines.
#![no_std]
#![allow(
    missing_debug_implementations,
    unnameable_types,
    reason = "zerocopy's derive macros make hidden types for each field; all of ours derive Debug"
)]

mod address;
pub mod blocks;
mod call;
pub mod entry;
pub mod fetch;
pub mod layout;
mod opcode;
mod refusal;
pub mod rom;
pub mod udp;
pub mod undi;

pub use address::SegmentOffset;
pub use call::{AREA_SIZE, Call};
pub use layout::{Layout, byte_sum};
pub use opcode::{Exit, Opcode, Status};
pub use refusal::Refusal;
