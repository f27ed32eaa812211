//! One boot: the client of `bootproto` over sockets or frames, its files kept in memory, its story told.
//!
//! What belongs here: driving [`bootproto::Client`] and answering its events; where files go; what is told to a person
//! and to a program. What does not: protocol, and how datagrams travel ([`drive`](crate::drive), `raw`).

mod choose;
mod files;
mod joined;
mod outcome;
mod report;
mod run;
mod table;
mod tell;
mod trace;

pub use choose::{Choice, Chooser, Nobody};
pub use files::{Fetched, Files};
pub use joined::{Diagnosis, Joined, News};
pub use outcome::{Ended, Outcome};
pub use report::Report;
pub use run::{boot, memory};
pub use trace::{Trace, Traced, Way};
