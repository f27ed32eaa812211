//! A network boot client as one sans-IO machine.
//!
//! What belongs here: the parts that sit above DHCP and TFTP, from the configuration file to where the kernel lies in
//! memory. What does not: packets of either protocol, and I/O of any kind.
#![no_std]

pub mod config;
#[cfg(feature = "smoltcp")]
pub mod net;
mod step;

pub use step::Step;
