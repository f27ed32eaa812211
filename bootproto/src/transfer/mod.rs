//! The layer between the boot client and the protocols that carry files.
//!
//! What belongs here: what the boot client asks ([`Request`]), what it hears ([`Event`], [`Failure`]), the trait
//! [`Transfer`] that a protocol implements to be asked, and the thin wrapper around each protocol. What does not: the
//! protocols themselves, and anything about what a file is for.
//!
//! TFTP is the only one so far. HTTP joins by another implementation of [`Transfer`]; no type of TFTP's is part of
//! this layer's or of the boot client's signatures.

use core::net::SocketAddr;
use core::time::Duration;

use bootproto_core::{Machine, UdpPath};

mod outcome;
mod tftp;

pub use outcome::{Failure, FailureKind, Ignored};
pub use tftp::Tftp;

/// What to fetch, from where, and within which bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// Chance for this transfer.
    pub seed: u64,
    /// The server, with its port.
    pub server: SocketAddr,
    /// The port that we use for this transfer.
    pub local_port: u16,
    /// The file's name, as the server is to read it.
    pub path: &'a [u8],
    /// No file of more bytes than this is accepted.
    pub limit: u64,
    /// Whether bytes are to be delivered from first to last; otherwise as they come.
    pub in_order: bool,
    /// How the protocol is to be tuned.
    pub tuning: Tuning,
}

/// How a transfer uses the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuning {
    /// The bytes of file in one datagram; what fits the path without fragmentation.
    pub block_size: u16,
    /// How many datagrams may be under way.
    pub window_size: u16,
    /// How many bytes the receive buffer below us holds; the window never asks for more. `None`: unknown, large.
    pub receive_buffer: Option<u32>,
    /// How long a peer may be silent before the transfer fails. `None`: the protocol's default.
    pub give_up: Option<Duration>,
    /// The least bytes that must come in every span of this length. `None`: the protocol's default.
    pub minimum_rate: Option<(u32, Duration)>,
}

/// What was agreed with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Terms {
    /// The file's size in bytes, if the server told.
    pub size: Option<u64>,
    /// The bytes of file in one datagram.
    pub block_size: u16,
    /// How many datagrams may be under way.
    pub window_size: u16,
}

/// What a transfer has cost so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Statistics {
    /// Datagrams received that belonged to the transfer.
    pub packets: u64,
    /// Datagrams that we sent again because no answer came.
    pub retransmissions: u64,
    /// Datagrams that came a second time.
    pub duplicates: u64,
    /// The smoothed round trip; zero until one was measured.
    pub round_trip: Duration,
}

/// What a transfer tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'d> {
    /// Nothing.
    Nothing,
    /// The datagram changed nothing.
    Ignored(Ignored),
    /// The server has the file and announces it. A server may also send data at once.
    Opened(Terms),
    /// Bytes of the file; none comes twice.
    Data {
        /// Where in the file they begin.
        offset: u64,
        /// The bytes.
        bytes: &'d [u8],
    },
    /// Less is asked of the server now: bytes that came before are void, and the file begins anew.
    Restarted,
    /// All bytes were delivered. The transfer may go on to answer a peer that missed the last acknowledgement.
    Done {
        /// How many bytes the file has.
        size: u64,
    },
    /// The transfer is over.
    Failed {
        /// Why.
        failure: Failure,
        /// What the peer said about it.
        message: &'d [u8],
    },
}

/// A protocol that carries one file.
pub trait Transfer: for<'d> Machine<Path = UdpPath, Event<'d> = Event<'d>> + Sized {
    /// A transfer that will ask for what `request` says at the next `poll_transmit`.
    ///
    /// # Errors
    /// [`Failure`] where the protocol can't ask like this.
    fn start(request: &Request<'_>) -> Result<Self, Failure>;

    /// What was agreed, once the server has answered.
    fn terms(&self) -> Option<Terms>;

    /// How many datagrams under way it asks for at present: as many as the request says, or fewer where so many did not
    /// come through.
    fn window_size(&self) -> u16;

    /// What it has cost so far.
    fn statistics(&self) -> Statistics;

    /// The server's end as it answers, once it has.
    fn peer(&self) -> Option<SocketAddr>;

    /// Whether all bytes were delivered. The transfer may live on to answer a peer that missed the last
    /// acknowledgement; who asks for the next file meanwhile loses nothing.
    fn is_complete(&self) -> bool;

    /// Breaks the transfer off. What waits to be sent afterwards tells the server so.
    fn abort(&mut self);
}
