//! InfiniBand fabrics without InfiniBand: Debian's `ibsim`, and our own program in its place.
//!
//! What belongs here: the datagrams that programs under `umad2sim` exchange with a simulator ([`wire`]), one of our
//! ports on a real `ibsim` ([`Port`]), the real programs ([`programs`]) and the simulator's place taken by us
//! ([`Fabric`]), where opensm and infiniband-diags speak to our own agents ([`Node`]). What does not: what is asked
//! and expected there, which the tests say.
//!
//! The sockets are abstract Unix sockets, which belong to a network namespace: every test makes one of its own, so that
//! parallel runs cannot meet.

pub mod capture;
mod fabric;
mod node;
mod port;
pub mod programs;
pub mod wire;

pub use fabric::{Agents, Fabric, Side};
pub use node::{Node, TID_MASK, clock, packet_to, sender};
pub use port::Port;

use crate::Outcome;
use crate::namespace::Namespace;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// The beginning of every socket's name, for `IBSIM_SOCKNAME`.
pub const BASE: &str = "bootproto";

/// The address of one socket. The NUL at the end is part of the name.
fn address(name: &str) -> Outcome<SocketAddr> {
    Ok(SocketAddr::from_abstract_name(format!("{BASE}:{name}\0"))?)
}

/// A socket of that name, made inside the namespace.
fn socket(namespace: &Namespace, name: &str) -> Outcome<UnixDatagram> {
    let address = address(name)?;
    Ok(namespace.enter(move || UnixDatagram::bind_addr(&address))?)
}
