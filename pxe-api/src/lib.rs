//! The Preboot Execution Environment (PXE 2.1) as bytes and as machines: what a network card's ROM offers to a boot
//! program, on any host that can compile Rust.
//!
//! What belongs here: the structures and numbers of PXE and of the UEFI UNDI, the search for a PXE stack, the
//! headers of option ROMs, and the machines that say which call to make next. What does not: real-mode assembly, the
//! far call, interrupt handlers; those are the firmware's.
//!
//! | module | what it is |
//! |---|---|
//! | [`blocks`] | the parameter block of every call |
//! | [`entry`] | `!PXE`, `PXENV+`, and how they are found |
//! | [`undi`] | frames through the ROM's driver |
//! | [`fetch`] | a file through the ROM's TFTP |
//! | [`udp`] | datagrams through the ROM's UDP |
//! | [`rom`] | option ROMs: PCIR, `$PnP`, UNDI ROM ID; reading, checking, repairing |
//! | [`uefi`] | the UNDI of UEFI |
//!
//! # Making calls
//! The machines make none. A boot program has a parameter area of [`AREA_SIZE`] bytes in base memory and a routine
//! `far_call(opcode) -> AX` that calls the entry point with it; the loop around a machine is this, here against a ROM
//! that opens and has nothing to tell:
//!
//! ```
//! use bootproto_core::Instant;
//! use bootproto_pxe_api::undi::{Attach, Client, Config, Event};
//! use bootproto_pxe_api::{AREA_SIZE, Exit, Opcode, SegmentOffset};
//!
//! fn far_call(opcode: Opcode, area: &mut [u8]) -> Exit {
//!     if opcode == Opcode::UNDI_GET_INFORMATION {
//!         area[8..20].copy_from_slice(&[1, 0, 6, 0, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 0, 0]);
//!     }
//!     Exit::SUCCESS
//! }
//!
//! let config = Config::new(Attach::Started, SegmentOffset::new(0x1000, 0))?;
//! let mut client = Client::new(config);
//! let now = Instant::from_millis(0);
//! let mut area = [0; AREA_SIZE];
//! let mut opened = false;
//! while let Some(opcode) = client.poll_call(now, &mut area)?.map(|call| call.opcode) {
//!     let exit = far_call(opcode, &mut area);
//!     match client.handle_return(now, exit, &area) {
//!         Event::Opened => opened = true,
//!         Event::Failed(failure) => panic!("{failure}"),
//!         _ => {}
//!     }
//! }
//! assert!(opened);
//! assert_eq!(client.information().unwrap().address(), [0x52, 0x54, 0, 0x12, 0x34, 0x56]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is trusted
//! Nothing that a ROM says. Lengths are clamped to what the caller allowed, addresses are numbers until the caller
//! reads there, checksums are checked, every round of calls and every way down is bounded, and a ROM that answers
//! noise costs a boot, never memory. What cannot be defended against is the ROM's code itself: it runs with every
//! right.
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
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod layout;
mod opcode;
mod refusal;
pub mod rom;
pub mod udp;
pub mod uefi;
pub mod undi;

pub use address::SegmentOffset;
pub use call::{AREA_SIZE, Call};
pub use layout::{Layout, byte_sum};
pub use opcode::{Exit, Opcode, Status};
pub use refusal::Refusal;

/// The page for authors of boot programs: its code is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/undi.md")]
pub struct Undi;
