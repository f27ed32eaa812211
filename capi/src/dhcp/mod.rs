//! DHCP: an address, and what to boot.
//!
//! What belongs here: `bp_dhcp`, its settings and its calls, and the types that the boot client shares with it. What
//! does not: DHCP, which is `bootproto-dhcp`'s.

mod calls;
mod config;
mod facts;
mod types;

pub use calls::*;
pub use config::*;
pub use facts::*;
pub(crate) use facts::{has_line, menu_line};
pub use types::*;
