//! A network boot client as one sans-IO machine.
//!
//! What belongs here: the parts that sit above DHCP and TFTP, from the configuration file to where the kernel lies in
//! memory. What does not: packets of either protocol, and I/O of any kind.
#![no_std]

pub mod client;
pub mod config;
mod failure;
pub mod linux;
#[cfg(feature = "smoltcp")]
pub mod net;
mod step;
pub mod transfer;
pub mod verify;

pub use client::Client;
pub use failure::{Cause, Failure, Fault, LastPacket};
pub use step::Step;
