//! The server's side of one transfer: [`Send`] answers a read request, [`Receive`] a write request, [`refuse()`]
//! turns one down.
//!
//! What belongs here: what a server grants, and its half of a transfer. What does not: listening on port 69, and
//! which files may be read or written. A listener parses each datagram there with
//! [`wire::Request`](crate::wire::Request), decides, and makes one machine per transfer, on a port of its own.

mod config;
mod event;
mod grant;
mod receive;
mod refuse;
mod send;

pub use crate::{Failure, Ignored, Negotiated, Phase, Statistics};
pub use config::Config;
pub use event::Event;
pub use receive::Receive;
pub use refuse::refuse;
pub use send::Send;
