//! One reliable connection in software: SEND and RECEIVE with sequence numbers, acknowledgements and retries (IBTA 9.7).
//!
//! What belongs here: the requester and the responder of one queue pair, from the BTH to the padding. What does not:
//! routes, checksums, and the connection's making, which is [`cm`](crate::cm)'s. RDMA and atomics are refused: nothing
//! here has memory that a peer may write into.
//!
//! Messages are sent one after the other; each is kept until the peer has acknowledged it. What arrives is handed on
//! packet by packet and never stored here.

mod config;
mod connection;
mod event;
mod requester;
mod responder;

pub use config::Config;
pub use connection::Connection;
pub use event::{Event, Failure, Ignored};
