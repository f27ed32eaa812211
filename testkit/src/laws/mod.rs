//! The laws of `bootproto-core`, as one function that any machine can be put through.
//!
//! What belongs here: [`Subject`], the operations a caller can make ([`Op`]), the checks L1 to L11 ([`check()`]) and
//! L12 ([`check_silent_peer`]), and scripts made of bytes for fuzzing ([`ops_from_bytes`]) and of chance for
//! proptest ([`scripts`]). What does not: a network or a peer (`world`, `naive`), and anything about one protocol.
//!
//! | law | how it is checked |
//! |---|---|
//! | L1 | a panic anywhere becomes an error that names the operation |
//! | L2 | after every operation, on a clone: `handle_timeout` now and just before the deadline |
//! | L3 | on a clone: `handle_timeout` at the deadline and an hour after it; pending output means a deadline that has passed |
//! | L4 | on a clone: drained within [`Subject::burst`] packets; a poll that answers `None` changes nothing |
//! | L5 | state before and after an ignored datagram |
//! | L6 | on a clone: every packet is first asked for with no buffer and with one byte too few |
//! | L7 | two clones get the same input, one at an earlier instant: same state, same output |
//! | L8 | a clone of the first machine runs the script again, unobserved: same transcript |
//! | L9 | after a terminal event only what was pending leaves; every input is ignored |
//! | L10 | bytes are bought by datagrams and timeouts; a duplicate or a stranger buys one packet |
//! | L11 | [`Subject::parses`] and `MAX_TRANSMIT`, for every packet |
//!
//! # For the author of a machine
//! ```
//! use core::time::Duration;
//! use bootproto_core::{BufferTooSmall, HighWater, Instant, Machine, Transmit};
//! use proptest::prelude::*;
//! use testkit::laws::{Class, Op, Subject, check, check_silent_peer, scripts};
//! # #[derive(Debug, Clone, PartialEq, Eq)]
//! # struct Client(HighWater, bool);
//! # enum Event { Ignored, Failed }
//! # impl Machine for Client {
//! #     type Path = u8;
//! #     type Event<'d> = Event;
//! #     const MAX_TRANSMIT: usize = 8;
//! #     fn handle_datagram(&mut self, now: Instant, _: u8, _: &[u8]) -> Event {
//! #         self.0.advance(now);
//! #         Event::Ignored
//! #     }
//! #     fn handle_timeout(&mut self, now: Instant) -> Option<Event> {
//! #         (self.0.advance(now).as_micros() > 0 && !core::mem::replace(&mut self.1, true)).then_some(Event::Failed)
//! #     }
//! #     fn poll_transmit<'b>(&mut self, _: Instant, _: &'b mut [u8])
//! #         -> Result<Option<Transmit<'b, u8>>, BufferTooSmall> { Ok(None) }
//! #     fn poll_timeout(&self) -> Option<Instant> { (!self.1).then_some(Instant::from_micros(1)) }
//! # }
//! impl Subject for Client {
//!     fn class(event: &Event) -> Class {
//!         match event {
//!             Event::Ignored => Class::Ignored,
//!             Event::Failed => Class::Terminal,
//!         }
//!     }
//!     fn parses(sent: &[u8]) -> bool {
//!         sent.starts_with(b"hello") // the crate's own wire parser
//!     }
//! }
//!
//! let client = Client(HighWater::new(), false);
//! check_silent_peer(client.clone(), Duration::from_secs(60)).unwrap();
//! check(client.clone(), &[Op::Drain, Op::Timeout, Op::Drain]).unwrap();
//!
//! // Real datagrams in order, and where they come from: `world::World::received` of a good run has both.
//! let (seeds, paths) = (vec![b"welcome".to_vec()], vec![0]);
//! proptest!(|(script in scripts(seeds, paths, 60))| prop_assert_eq!(check(client.clone(), &script), Ok(())));
//! ```

mod check;
mod op;
mod probe;
mod silent;
mod strategy;
mod subject;

pub use check::{START, check, check_from};
pub use op::{Op, ops_from_bytes};
pub use silent::{check_silent_peer, check_silent_peer_from};
pub use strategy::{garbage, mutated, scripts};
pub use subject::{Class, Subject};
