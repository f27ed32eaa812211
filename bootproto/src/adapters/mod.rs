//! Drivers: the loop around a machine, over whatever network and clock the platform has.
//!
//! What belongs here: the blocking loop ([`drive`]), one TFTP download by it, and small files
//! that join a foreign crate's types to them, each behind the feature that has the crate's name. What does not:
//! protocols, and raw frames, which are `net`'s (feature `smoltcp`).
//!
//! | the platform has | feature | take |
//! |---|---|---|
//! | UDP sockets behind `embedded-nal` 0.9 | `embedded-nal` | `nal::Sockets` with [`drive`] or [`fetch()`] |
//! | no clock, but `embedded-hal` 1's `DelayNs` | `embedded-hal` | `Sleeping` as the clock |
//! | something else | none | implement [`Network`] and [`Clock`] |
//!
//! Nothing here is linked into a program that does not call it.

mod blocking;
mod clock;
mod error;
mod fetch;
#[cfg(feature = "embedded-nal")]
pub mod nal;

pub use blocking::{Buffers, Network, drive};
pub use clock::Clock;
#[cfg(feature = "embedded-hal")]
pub use clock::Sleeping;
pub use error::{DriveError, FetchError};
pub use fetch::fetch;

/// How many datagrams are taken in a row before the machine's deadline is looked at: a slow caller answers what has
/// come before it asks again, and a busy network does not stop the machine's time.
const BATCH: u8 = 64;
