//! The server on loopback, in a thread of its own, with a small tree to boot from: a whole network in one process.
//!
//! What belongs here: making that tree and starting the servers of [`crate::serve`] on unprivileged ports. What does
//! not: any behaviour that the served network would not have.
//!
//! Two servers run, as in a network where one machine gives the addresses and another says what to boot: DHCP on
//! 127.0.0.1, `ProxyDHCP` and TFTP on 127.0.0.2. Loopback has no broadcast, so a client sends what it would broadcast
//! to both ([`crate::drive::Ports::broadcast_to`]).

mod bzimage;
mod cpio;
mod server;
pub mod tree;

pub use server::{Addresses, Server};
