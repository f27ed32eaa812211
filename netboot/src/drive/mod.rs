//! Runs machines over real UDP sockets: the clock, the sockets, the signals and the loop of `bootproto-core`.
//!
//! What belongs here: what any [`Machine`](bootproto_core::Machine) that speaks UDP needs from an ordinary operating
//! system. What does not: anything that knows which protocol runs over it.
//!
//! ```no_run
//! # fn demo<M: bootproto_core::Machine<Path = bootproto_core::UdpPath>>(machine: &mut M) -> Result<(), netboot::Error> {
//! use core::ops::ControlFlow;
//! use netboot::drive::{Clock, Ports, Stop, drive};
//!
//! let mut ports = Ports::new([127, 0, 0, 1].into());
//! drive(machine, &mut ports, &Clock::start(), &Stop::on_signals()?, |_machine, _event, _now| {
//!     ControlFlow::<()>::Continue(())
//! })
//! # }
//! ```

mod clock;
mod inbox;
mod network;
mod outbox;
mod ports;
mod run;
mod socket;
mod stop;

pub use clock::{Clock, seed};
pub use inbox::Inbox;
pub use network::Network;
pub use outbox::Outbox;
pub use ports::Ports;
pub use run::{drive, drive_on, flush, wait};
pub use socket::{Bound, open};
pub use stop::{Stop, Stopper};
