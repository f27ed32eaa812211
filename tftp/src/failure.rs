//! Why a transfer is dead, and what a caller can get wrong before it starts.

use core::fmt;

use crate::wire::ErrorCode;

/// How far a transfer was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// The request has been sent, or is about to be.
    Opening,
    /// Options are settled, or blocks flow.
    Transferring,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opening => "opening",
            Self::Transferring => "the transfer",
        })
    }
}

bootproto_core::numbered! {
    /// Why a transfer is dead.
    pub enum Failure {
        /// Nobody answered the request.
        OpenTimedOut { /// How often the request was sent.
            tries: u32 } = 2201 ["PXE-E32"], "no answer to {tries} requests", "Check that the TFTP server runs and that no firewall drops UDP port 69 or the answer's port.";
        /// The peer fell silent in the middle.
        ReadTimedOut { /// How many bytes had been transferred in order.
            bytes: u64 } = 2202 ["PXE-E35"], "the peer fell silent after {bytes} bytes", "Check the path for loss; a smaller block or window size may pass.";
        /// The server has no such file (ERROR 1).
        NotFound = 2203 ["PXE-E3B"], "the server has no such file", "Check the file name and the server's root directory.";
        /// The server doesn't allow it (ERROR 2).
        AccessViolation = 2204 ["PXE-E3C"], "the server does not allow access", "Check the file's permissions on the server.";
        /// The peer ended the transfer with another error.
        Peer { /// Its code.
            code: ErrorCode,
            /// When.
            phase: Phase } = 2205 ["PXE-E36"], "the peer reports error {code} in {phase}", "The server's log has the reason.";
        /// The answer to the options breaks their rules, even after all that could be left out was left out.
        BadOptions = 2206 ["PXE-E36"], "the server grants options that were not asked for", "Update or replace the TFTP server.";
        /// The file is larger than the caller allows.
        TooLarge { /// The most bytes allowed.
            limit: u64 } = 2207 ["PXE-E79"], "the file is larger than {limit} bytes", "Raise the limit, or serve a smaller file.";
        /// More bytes came than the server had announced.
        LargerThanAnnounced { /// What it had announced.
            announced: u64 } = 2208, "the file is larger than the {announced} bytes announced", "Did the file change during the transfer? Try again.";
        /// The file ended before as many bytes had come as the server had announced.
        SmallerThanAnnounced { /// What it had announced.
            announced: u64,
            /// What came.
            received: u64 } = 2209, "the file ended after {received} of {announced} bytes", "Did the file change during the transfer? Try again.";
        /// The caller's source could not be read.
        Source = 2210, "the file can't be read", "Check the file and its disk.";
        /// The caller broke it off.
        Aborted = 2211, "broken off by the caller", "Nothing to do.";
        /// The peer keeps answering, but slower than the [rate](crate::client::Config::with_minimum_rate) that is asked for.
        TooSlow { /// How many bytes had been transferred in order.
            bytes: u64 } = 2212 ["PXE-E35"], "the peer is too slow: {bytes} bytes so far", "Check the path for loss and the server's load, or ask for a lower rate.";
    }
}

bootproto_core::numbered! {
    /// What a caller got wrong before a transfer could start.
    pub enum ConfigError {
        /// The file name is empty.
        EmptyName = 2301, "the file name is empty", "Give a file name.";
        /// The file name is longer than 255 bytes.
        NameTooLong { /// How long it is.
            length: usize } = 2302, "the file name has {length} bytes, 255 is the limit", "Use a shorter path.";
        /// The file name contains a NUL, which ends a name on the wire.
        NulInName = 2303, "the file name contains a NUL", "Remove it.";
        /// The server's port is 0, or the address is unspecified.
        BadServer = 2304, "the server's address or port is no destination", "Give the server's address; its port is usually 69.";
        /// The block size is outside 8 to 65464 (RFC 2348).
        BadBlockSize { /// What was asked.
            block_size: u16 } = 2305, "block size {block_size} is outside 8 to 65464", "1468 suits Ethernet.";
        /// The window size is 0 (RFC 7440 has 1 to 65535).
        BadWindowSize = 2306, "the window size is zero", "16 suits most networks.";
        /// A timeout is zero, longer than an hour, or the floor is above the ceiling.
        BadTimeout = 2307, "a timeout is zero, longer than an hour, or the floor is above the ceiling", "Leave the defaults.";
        /// The receive buffer can't hold a single block.
        BadReceiveBuffer = 2308, "the receive buffer holds no block", "Give at least 600 bytes.";
    }
}
