//! Communication management, the active side: one reliable connection from its request to its end (IBTA chapter 12).
//!
//! What belongs here: the order of REQ, REP, RTU, REJ, MRA, DREQ and DREP. What does not: their bytes
//! ([`mad::cm`](crate::mad::cm)), and the connection itself, which the HCA or [`rc`](crate::rc) keeps.
//!
//! ```text
//! us                          peer
//!  | REQ ------------------->  |
//!  | <------------------- MRA  |   perhaps: wait
//!  | <------------------- REP  |   or REJ
//!  | RTU ------------------->  |   connected
//!  |            ...            |
//!  | DREQ ------------------>  |   either side may
//!  | <------------------ DREP  |
//! ```
//!
//! A message counts only if it comes from the LID and queue pair that was asked, with the names that both sides gave
//! the connection, and, until there are two, with the request's transaction identifier.

mod client;
mod config;
mod event;
mod write;

pub use client::Client;
pub use config::Config;
pub use event::{ConfigError, Event, Failure, Ignored, Peer};
