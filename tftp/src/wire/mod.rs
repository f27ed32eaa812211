//! TFTP packets: RFC 1350, options by RFC 2347, 2348, 2349, 7440 and 2090, and tftp-hpa's `utimeout` and `rollover`.
//!
//! What belongs here: bytes and values. What does not: time, state, and any decision about what an option's value
//! means for a transfer. Received packets are views of the caller's datagram; everything is checked once, in `parse`.

mod error_code;
mod opcode;
mod option_list;
mod packet;
mod request;

pub use bootproto_core::text::decimal;
pub use error_code::ErrorCode;
pub use opcode::Opcode;
pub use option_list::{Multicast, OptionList, OptionListIter, OptionName};
pub use packet::{Packet, write_ack, write_data, write_error};
pub use request::{Direction, MAX_NAME, Mode, Request};

/// The block size without negotiation (RFC 1350).
pub const DEFAULT_BLOCK_SIZE: u16 = 512;
/// The smallest block size that can be negotiated (RFC 2348).
pub const MIN_BLOCK_SIZE: u16 = 8;
/// The largest block size that can be negotiated (RFC 2348).
pub const MAX_BLOCK_SIZE: u16 = 65464;
/// Opcode and block number before a block's bytes.
pub const DATA_HEADER: usize = 4;
/// The well-known port to which requests go.
pub const PORT: u16 = 69;
