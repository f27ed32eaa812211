//! What a server's transfer tells its caller.

use crate::wire::ErrorCode;
use crate::{Failure, Ignored};

/// What a call to [`Send`](super::Send) or [`Receive`](super::Receive) tells its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'d> {
    /// The datagram was taken in; there is nothing to do.
    Nothing,
    /// The datagram changed nothing.
    Ignored(Ignored),
    /// Bytes of the file that comes in; each comes once, in any order.
    Data {
        /// Where they belong, in bytes from the start of the file.
        offset: u64,
        /// The bytes.
        bytes: &'d [u8],
    },
    /// The transfer is over, and well.
    Done {
        /// The size of the file in bytes.
        size: u64,
    },
    /// The client ended the transfer. The machine is dead. Straight after the options this is ordinary: ROMs ask for
    /// a file's size that way, with ERROR 0 or 8.
    PeerError {
        /// The client's code.
        code: ErrorCode,
        /// The client's words, in no particular encoding.
        message: &'d [u8],
        /// What it means.
        failure: Failure,
    },
    /// The machine is dead.
    Failed(Failure),
}
