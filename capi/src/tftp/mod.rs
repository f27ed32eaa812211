//! One file by TFTP.
//!
//! What belongs here: `bp_tftp` and its calls. What does not: TFTP, which is `bootproto-tftp`'s.

mod calls;
mod types;

pub use calls::*;
pub use types::*;
