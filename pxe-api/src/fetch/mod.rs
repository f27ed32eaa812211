//! Fetching a file through the ROM's own TFTP, for ROMs whose UNDI is broken or whose TFTP is the faster way.
//!
//! What belongs here: the TFTP calls (PXE 2.1 section 3.3) and iPXE's FILE calls as machines that make none themselves, with the driver loop
//! of [`undi`](crate::undi). What does not: TFTP, which the ROM speaks.
//!
//! ```text
//! GET_FSIZE -> READ_FILE, straight to a physical address ---------------------> done
//!                  '- refused -> OPEN -> READ, READ, ... -> CLOSE --------------> done
//! ```
//! iPXE's ROM also has calls for whatever URL it can fetch, which [`UrlFetch`] makes:
//!
//! ```text
//! FILE_API_CHECK -> FILE_OPEN -> GET_FILE_SIZE -> FILE_READ, FILE_READ, ... -> FILE_CLOSE
//! ```
//! A file that was opened is closed, whatever happens; a call that finds UDP or another file open closes that first.

mod config;
mod event;
mod machine;
mod url;

pub use config::{Config, Way};
pub use event::{ConfigError, Event, Failure, Ignored};
pub use machine::Fetch;
pub use url::{UrlConfig, UrlFetch};
