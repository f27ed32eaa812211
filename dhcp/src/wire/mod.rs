//! The bytes of DHCP messages: RFC 951, 2131, 2132 and the options of their successors; PXE 2.1 section 2.
//!
//! What belongs here: reading and writing messages and options. What does not: time, state, or any decision about what
//! an answer is good for.
//!
//! [`Packet::parse`] checks a datagram once; afterwards no access can fail for want of bytes. [`Packet::options`] goes
//! over the *logical* options: PAD, END, a missing END and the overloaded fields `file` and `sname` (option 52) are
//! seen to, and what RFC 3396 splits is one [`Value`] again. [`Builder`] writes messages into the caller's buffer.

mod builder;
mod code;
mod header;
mod packet;
mod pxe;
mod value;

#[cfg(test)]
mod tests;

pub use builder::{Builder, write_sub_option};
pub use code::{MessageType, OptionCode, OptionEntry, OptionKind};
pub use header::{Header, Op};
pub use packet::{Fragments, MAGIC_COOKIE, OptionView, Options, Packet};
pub use pxe::{
    BootServer, BootServers, Discovery, MenuItem, MenuItems, Prompt, PxeCode, PxeOption, PxeOptions,
};
pub use value::{Addresses, Bytes, Pieces, Route, Routes, Value};
