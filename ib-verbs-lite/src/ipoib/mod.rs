//! IP over InfiniBand (RFC 4391, RFC 4392), datagram mode: what stands between IP packets and queue pairs.
//!
//! What belongs here: the bytes of a frame ([`frame`], [`Arp`], [`NeighbourMessage`]), 20-byte addresses, and the
//! machine [`Interface`], which knows the groups, the neighbours and the ways to them. What does not: the SA (the
//! interface says what it wants to know, and [`port`](crate::port) asks), queue pairs, and anything above IP.
//!
//! ```text
//! joined the broadcast group ff12:401b:P_Key::ffff:ffff: Q_Key, MTU, MLID        Request::Join -> joined()
//! IP packet for 10.0.0.1 -> ARP who has 10.0.0.1, type 32, to the group  ------> everybody
//!                                     ARP 10.0.0.1 is QPN, GID          <------ 10.0.0.1
//!                           which LID has this GID?                              Request::Path -> path()
//!                           IP packet, from queue pair to queue pair    ------> 10.0.0.1
//! ```
//!
//! # A fabric full of strangers
//! An entry of the neighbour cache comes into being by our own question and by nothing else; the first answer to it
//! counts. While an entry is alive, no ARP that anybody sends changes it. When it has grown old, the owner is asked
//! first, by itself; only if it is silent is everybody asked, and may somebody else have the address. Entries in use
//! are never given up for new ones. So a stranger can win a race for an address whose owner is slow, as on every LAN,
//! but can't take a boot server's place while the boot goes on.

mod address;
mod arp;
mod config;
mod event;
mod failure;
pub mod frame;
mod group;
mod interface;
mod ndp;
mod neighbour;
mod outgoing;
mod probe;
mod sending;
#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    clippy::std_instead_of_core,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests"
)]
mod tests;

pub use address::LinkAddress;
pub use arp::Arp;
pub use config::Config;
pub use event::{Event, Protocol, Request};
pub use failure::{ConfigError, Failure, Ignored};
pub use group::Group;
pub use interface::Interface;
pub use ndp::NeighbourMessage;
pub use outgoing::MAX_PACKET;
