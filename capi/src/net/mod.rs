//! The boot client over raw Ethernet frames, for a bootloader that can send a frame and receive one.
//!
//! What belongs here: `bp_net` and its calls, which put ARP, IPv4 and UDP below a `bp_boot`. What does not: drivers, and
//! the stack itself, which is `bootproto::net`'s over smoltcp.

mod calls;
mod port;
mod state;

pub use calls::*;
pub use state::{BP_FRAME_BYTES, BP_NET_WORDS, bp_net};
