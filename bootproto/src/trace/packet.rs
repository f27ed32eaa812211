//! One packet, as the driver sees it.

use core::fmt;

use bootproto_core::{Instant, UdpPath};

use crate::failure::Peer;

use super::describe;

/// Which way a packet went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third way")]
pub enum Direction {
    /// To us.
    Received,
    /// From us.
    Sent,
}

/// What the bytes of a packet begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layer {
    /// The payload of a UDP datagram that went this way; what is around it was somebody else's business.
    Datagram(UdpPath),
    /// An Ethernet frame without its checksum.
    Frame,
}

/// A packet, or as much of it as was kept.
///
/// Prints itself in one line: the time in seconds, `>` sent or `<` received, the peer, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Packet<'p> {
    /// When it was sent or received.
    pub at: Instant,
    /// Which way it went.
    pub direction: Direction,
    /// What its bytes begin with.
    pub layer: Layer,
    /// How many bytes it had.
    pub length: usize,
    /// The first of them, or all.
    pub bytes: &'p [u8],
}

impl<'p> Packet<'p> {
    /// A UDP datagram with its payload.
    #[must_use]
    pub const fn datagram(at: Instant, direction: Direction, path: UdpPath, payload: &'p [u8]) -> Self {
        Self { at, direction, layer: Layer::Datagram(path), length: payload.len(), bytes: payload }
    }

    /// An Ethernet frame.
    #[must_use]
    pub const fn frame(at: Instant, direction: Direction, frame: &'p [u8]) -> Self {
        Self { at, direction, layer: Layer::Frame, length: frame.len(), bytes: frame }
    }

    /// The packet with at most so many of its bytes.
    #[must_use]
    pub const fn cut(self, kept: usize) -> Self {
        match self.bytes.split_at_checked(kept) {
            Some((bytes, _)) => Self { bytes, ..self },
            None => self,
        }
    }

    /// What it is, without time, way and peer.
    #[must_use]
    pub const fn what(&self) -> What<'p> {
        What(*self)
    }

    /// Whether bytes are missing.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.bytes.len() < self.length
    }
}

impl fmt::Display for Packet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.at.as_micros();
        let arrow = match self.direction {
            Direction::Received => '<',
            Direction::Sent => '>',
        };
        write!(f, "{:4}.{:06} {arrow} ", micros / 1_000_000, micros % 1_000_000)?;
        if let Layer::Datagram(path) = self.layer {
            write!(f, "{} ", Peer(path.remote))?;
        }
        write!(f, "{}", self.what())
    }
}

/// What a packet is, in words: the kind of DHCP message and its addresses, the TFTP packet and its options. Of a frame,
/// the peer too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct What<'p>(Packet<'p>);

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.layer {
            Layer::Datagram(_) => describe::datagram(f, self.0.bytes, self.0.length),
            Layer::Frame => describe::frame(f, &self.0),
        }
    }
}
