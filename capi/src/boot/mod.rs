//! The whole boot: from no address to a kernel, its initrds and its command line in memory.
//!
//! What belongs here: `bp_boot`, its settings, its calls and its plan. What does not: the boot, which is `bootproto`'s.

mod calls;
mod client;
mod config;
mod event;
mod facts;
mod plan;

pub use calls::*;
#[cfg(feature = "frames")]
pub(crate) use client::Boot;
pub use client::{BP_BOOT_MAX_TRANSMIT, BP_BOOT_WORDS, bp_boot};
pub use config::*;
pub use event::*;
pub use facts::*;
pub use plan::*;
