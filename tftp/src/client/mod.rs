//! The client's machines: [`Download`] (RRQ) and [`Upload`] (WRQ).
//!
//! What belongs here: requests, what the server grants, and what to do when it grants too little or the wrong thing.
//! What does not: blocks and windows, which both sides share, and the server's side.

mod config;
#[cfg_attr(
    not(feature = "multicast"),
    allow(
        unreachable_code,
        unused_variables,
        clippy::missing_const_for_fn,
        reason = "nobody is ever in a group"
    )
)]
mod download;
mod event;
mod ladder;
#[cfg(feature = "multicast")]
mod multicast;
#[cfg(not(feature = "multicast"))]
#[path = "no_multicast.rs"]
mod multicast;
mod oack;
mod upload;

pub use crate::{ConfigError, Failure, Ignored, Negotiated, Phase, Statistics};
pub use config::Config;
pub use download::Download;
pub use event::Event;
pub use ladder::Rung;
pub use upload::Upload;
