//! The software transport: an [`Hca`](crate::verbs::Hca) made of hardware that only moves raw packets.
//!
//! What belongs here: [`RawPort`], which such a driver implements, and [`Transport`], which builds headers, finds the
//! queue pair that a packet is for, and checks keys. What does not: what a message means.
//!
//! The transport keeps every packet that has arrived in one of a fixed number of slots until its completion queue is
//! polled. A packet without a posted receive buffer is dropped and counted, as unreliable datagrams are; a queue pair of
//! type RC asks its peer to wait ([`rc`](crate::rc)).

mod connected;
mod demux;
mod port;
mod queue;
mod transport;
mod verbs;

pub use port::{Identity, Link, RawPort};
pub use transport::Transport;
