//! The performance management agent of one port (IBTA 16.1): its counters, for whoever asks on queue pair 1.
//!
//! What belongs here: the counters and the answers about them. What does not: what is counted, which the transport
//! tells ([`Counters::sent`] and the others).
//!
//! `ClassPortInfo` (Get) and `PortCounters` (Get, and Set, which writes the selected counters) are answered; everything
//! else gets status 0x000c.

mod agent;
mod counters;

pub use agent::{Agent, Event};
pub use counters::Counters;
