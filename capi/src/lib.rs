//! bootproto for C: `include/bootproto.h` and a static library over DHCP, TFTP, the structures of PXE, the frames of
//! IPoIB and the whole boot client.
//!
//! What belongs here: the C types, the calls, and the checks of what C hands over. What does not: protocol logic; and
//! unsafe code outside `raw.rs`, which has all of it.
//!
//! The names are those that C writes. Every machine lies in storage that the caller provides, whose size stands in the
//! header and is checked on both sides. Every call but those that only count answers a [`bp_result`]; what it tells
//! goes to places that the caller names, and an event points at most into the caller's datagram. Nothing allocates,
//! nothing is global.
#![no_std]
#![allow(non_camel_case_types, reason = "these are the names that C writes")]
#![allow(
    clippy::missing_safety_doc,
    reason = "raw.rs has the contract, which is the same for every function"
)]

// Whose panic handler the static library has: the standard library's, or the one in `panic`.
#[cfg(not(all(feature = "freestanding", panic = "abort")))]
extern crate std;

pub mod boot;
mod codes;
pub mod dhcp;
mod explain;
pub mod ipoib;
mod layout;
mod misuse;
#[cfg(feature = "frames")]
pub mod net;
#[cfg(all(feature = "freestanding", panic = "abort", not(test), not(bootproto_panic_proof)))]
mod panic;
#[doc = "cbindgen:ignore"]
#[cfg(bootproto_panic_proof)]
mod proof;
pub mod pxe;
mod raw;
pub mod tftp;
mod types;

pub use explain::*;
pub use misuse::*;
pub use types::*;
