//! The contract that every protocol machine of the bootproto family keeps, and the few tools all of them need.
//!
//! What belongs here: [`Machine`] and its vocabulary ([`Instant`], [`Transmit`], [`UdpPath`]), byte cursors that
//! cannot panic ([`Reader`], [`Writer`]), seeded chance ([`Rng`]), retransmission intervals ([`Backoff`]) and the
//! numbering of everything that can go wrong ([`numbered!`]). What does not: any protocol.
//!
//! # The driver loop
//! A machine does no I/O and owns no clock. The program around it repeats four steps:
//!
//! 1. call [`Machine::poll_transmit`] until it answers `None`, and send what it wrote;
//! 2. wait until [`Machine::poll_timeout`] or until a datagram arrives, whichever is first;
//! 3. hand over exactly one of them: [`Machine::handle_datagram`] or [`Machine::handle_timeout`];
//! 4. act on the event that came back.
//!
//! Any order is *safe*; this order is *fast*. A caller that polls too often, too late or in another order may
//! delay an exchange, it can't corrupt one.
//!
//! # The laws
//! One suite (the repository's `testkit`) runs these over every machine:
//!
//! | law | what holds |
//! |---|---|
//! | L1 | no input panics |
//! | L2 | `handle_timeout` before the deadline changes nothing |
//! | L3 | after `handle_timeout(t)` past the deadline, the new deadline is later than `t` or output is pending |
//! | L4 | draining `poll_transmit` ends within two packets, and the next call answers `None` |
//! | L5 | an ignored datagram, duplicates aside, leaves the state equal |
//! | L6 | [`BufferTooSmall`] leaves the state equal, and a buffer of `needed` bytes succeeds |
//! | L7 | a `now` earlier than one already seen counts as the one already seen |
//! | L8 | same seed, same inputs: same bytes |
//! | L9 | a finished machine stays finished |
//! | L10 | what is sent is bounded per datagram received; a duplicate causes at most one resend |
//! | L11 | every datagram sent parses, and is at most `MAX_TRANSMIT` bytes |
//! | L12 | with a silent peer the machine ends by a computable instant |
#![no_std]

mod backoff;
mod bytes;
mod code;
mod machine;
pub mod num;
mod path;
mod reader;
mod rng;
pub mod text;
mod time;
mod writer;

pub use backoff::Backoff;
pub use bytes::{copy_into, first, trim_nul};
pub use code::{Advice, Code, Entry, Numbered};
pub use machine::{BufferTooSmall, HighWater, Machine, Transmit, Uncompared};
pub use path::UdpPath;
pub use reader::{ParseError, ParseErrorKind, Reader};
pub use rng::Rng;
pub use time::Instant;
pub use writer::Writer;
