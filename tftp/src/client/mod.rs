//! The client's machines: [`Download`] (RRQ) and [`Upload`] (WRQ).
//!
//! What belongs here: requests, what the server grants, and what to do when it grants too little or the wrong thing.
//! What does not: blocks and windows, which both sides share, and the server's side.

mod config;
mod download;
mod event;
mod ladder;
mod multicast;
mod oack;
mod upload;

pub use crate::{ConfigError, Failure, Ignored, Negotiated, Phase, Statistics};
pub use config::Config;
pub use download::Download;
pub use event::Event;
pub use ladder::Rung;
pub use upload::Upload;
