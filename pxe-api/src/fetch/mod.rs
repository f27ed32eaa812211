//! Fetching a file through the ROM's own TFTP, for ROMs whose UNDI is broken or whose TFTP is the faster way.
//!
//! What belongs here: the TFTP calls (PXE 2.1 section 3.3) as a machine that makes none itself, with the driver loop
//! of [`undi`](crate::undi). What does not: TFTP, which the ROM speaks.
//!
//! ```text
//! GET_FSIZE -> READ_FILE, straight to a physical address ---------------------> done
//!                  '- refused -> OPEN -> READ, READ, ... -> CLOSE --------------> done
//! ```
//! A file that was opened is closed, whatever happens; a call that finds UDP or another file open closes that first.

mod config;
mod event;
mod machine;

pub use config::{Config, Way};
pub use event::{ConfigError, Event, Failure, Ignored};
pub use machine::Fetch;
