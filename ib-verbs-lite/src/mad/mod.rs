//! Management datagrams: 256 bytes each, on queue pair 0 (SMPs) or 1 (everything else).
//!
//! What belongs here: bytes and values: the common [`Header`], the three frames ([`Smp`], [`Gmp`], [`SaMad`]), the
//! attributes of subnet and performance management ([`attribute`]) and the records of the SA ([`record`]). What does
//! not: transactions, time, and any decision.
//!
//! Reserved bits are zero in what is written and passed over in what is read.

pub mod attribute;
pub mod cm;
mod code;
mod gmp;
mod header;
pub mod record;
mod sa;
mod smp;

pub use code::{AttributeId, Method, MgmtClass, Status};
pub use gmp::Gmp;
pub use header::Header;
pub use record::ComponentMask;
pub use sa::{Rmpp, SaMad};
pub use smp::{Directed, Smp};

/// The length of every MAD, in bytes.
pub const MAD_LENGTH: usize = 256;
