//! What a client's machine tells its caller.

use core::net::Ipv4Addr;

use crate::wire::ErrorCode;
use crate::{Failure, Ignored, Negotiated};

use super::Rung;

/// What a call to a client's machine tells its caller. It borrows the caller's datagram at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'d> {
    /// The datagram was taken in; there is nothing to do.
    Nothing,
    /// The datagram changed nothing.
    Ignored(Ignored),
    /// The server has granted options. A server that knows none goes straight to [`Data`](Self::Data).
    Opened(Negotiated),
    /// Bytes of the file. Without [`with_in_order`](super::Config::with_in_order), blocks of a window may come in any
    /// order, but each only once: store them at their offset.
    Data {
        /// Where they belong, in bytes from the start of the file.
        offset: u64,
        /// The bytes; none at all in the last block of a file whose size is a multiple of the block size.
        bytes: &'d [u8],
    },
    /// The server did not stand what was asked of it, and less is asked now. Bytes that came before are void: the
    /// file begins anew at offset 0.
    FellBack(Rung),
    /// The server has granted options, multicast among them: join this group, and hand over what arrives on this port
    /// as well, with it as the local one. Leave it when the transfer is over or falls back.
    JoinMulticast {
        /// The group.
        group: Ipv4Addr,
        /// The local port.
        port: u16,
    },
    /// The transfer is over, and the peer has had time to ask for the last acknowledgement again.
    Done {
        /// The size of the file in bytes.
        size: u64,
    },
    /// The server ended the transfer. The machine is dead.
    PeerError {
        /// The server's code.
        code: ErrorCode,
        /// The server's words, in no particular encoding: don't send them to a terminal unfiltered.
        message: &'d [u8],
        /// What it means.
        failure: Failure,
    },
    /// The machine is dead.
    Failed(Failure),
}
