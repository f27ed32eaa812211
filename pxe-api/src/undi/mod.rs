//! The UNDI client: frames through the driver in a network card's ROM, as a machine that makes no call itself.
//!
//! What belongs here: which UNDI call comes next, with which parameters, and what its answer means (PXE 2.1 chapter
//! 4); the quirks of real ROMs as data. What does not: the far call, the interrupt handler, the copying of frames.
//!
//! It is no [`Machine`](bootproto_core::Machine), for there are no datagrams in it: a call is made and returns. Its
//! driver repeats:
//!
//! 1. [`Client::poll_call`] says which call to make now, if any;
//! 2. make it; give AX and the block to [`Client::handle_return`];
//! 3. act on the event: copy a received piece out of the ROM's memory at once, it is gone with the next call.
//!
//! ```text
//! cached info -> START_UNDI -> STARTUP -> INITIALIZE (again after 200 ms, up to 10 times) -> information
//!   -> station address -> OPEN == open: transmit, receive, statistics, filter, groups == CLOSE -> SHUTDOWN -> CLEANUP
//!   -> UNLOAD_STACK -> STOP_UNDI
//! ```
//! Where the chain starts and ends is the caller's: a boot program finds the upper part done, and may leave it so
//! for the next. Whatever fails, what was begun is undone before [`Event::Failed`] is told.

mod answer;
mod client;
mod config;
mod control;
mod event;
mod failure;
mod frame;
mod quirks;
mod receive;
mod step;

pub use client::{Client, Signal};
pub use config::{Attach, Config, Keep, Receive};
pub use event::{Cached, Event, Fragment, Information, Kept, Statistics};
pub use failure::{ConfigError, Failure, Ignored};
pub use frame::{Frame, MINIMUM_FRAME};
pub use quirks::{Applies, Effect, QUIRKS, Quirk};
