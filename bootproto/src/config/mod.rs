//! The configuration file of a boot: where it may lie, what stands in it, and the command line made from it.
//!
//! What belongs here: names, grammar and rules of PXELINUX's `pxelinux.cfg`, as pure functions over texts that the
//! caller holds. What does not: fetching, waiting for a choice, placing files in memory.

mod fault;
mod name;
mod search;

pub use fault::{Fault, Problem};
pub use name::{FileName, Host, Location, Scheme, directory};
pub use search::{Candidate, Facts, Rule, Search, printed};
