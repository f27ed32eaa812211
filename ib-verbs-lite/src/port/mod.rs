//! A whole port: the agents that answer the subnet manager, the client that asks it, and IPoIB, joined to the queue pairs
//! of an HCA.
//!
//! What belongs here: who gets which message, and what follows from what. What does not: the agents and the client
//! themselves ([`sma`](crate::sma), [`sa`](crate::sa)), IPoIB's rules ([`ipoib`](crate::ipoib)), drivers.
//!
//! ```text
//!   smoltcp, or any stack of IP packets
//!        |  Device
//!   ipoib::Interface ---- asks ----> sa::Client, pma::Agent   sma::Agent
//!        | queue pair of its own      | queue pair 1        | queue pair 0
//!   -----+----------------------------+---------------------+-----  verbs::PortControl
//! ```
//!
//! A program repeats three steps: wait until [`Port::poll_timeout`] or until the HCA has something; call
//! [`Port::service`]; take events by [`Port::poll_event`] and packets by [`Port::receive`] (or through `Device`, with the
//! feature `smoltcp`). What is sent leaves at the next `service`.

mod config;
#[cfg(feature = "smoltcp")]
mod device;
mod event;
mod interfaces;
mod machine;
mod management;

pub use config::Config;
#[cfg(feature = "smoltcp")]
pub use device::{Device, Received, Sending};
pub use event::{ConfigError, Event};
pub use machine::Port;
