//! Boots over an InfiniBand fabric: an HCA whose cable is a socket, with our own subnet management agent and IPoIB.
//!
//! What belongs here: the socket as a port that moves raw packets ([`Cable`]), how the port is brought up, and the
//! [`Network`](crate::drive::Network) that joins it to [`bootproto::net::Stack`]. What does not: anything about what the
//! packets mean.
//!
//! The socket is of the kind `AF_UNIX`, `SOCK_SEQPACKET`. The other end listens; to connect is to plug the cable in. Each
//! message is one packet from its LRH to its padded payload, without ICRC and VCRC.

mod cable;
mod story;
mod up;
mod wire;

pub use cable::Cable;
pub use wire::Wire;
