//! A virtual network: one machine, its peers, a link that misbehaves by a seed, and a clock that only this turns.
//!
//! What belongs here: the clock, the link ([`Link`]), what a peer is ([`Peer`]), the loop that drives everything to
//! the end ([`World::run`]), and the record of every packet. What does not: any protocol (`naive` has peers).
//!
//! A broadcast or multicast reaches every other end; a unicast reaches the peer that has the address, and whatever no
//! peer has is the machine's. The machine need not have an address of its own.

mod link;
mod peer;
mod run;

pub use link::Link;
pub use peer::{MachinePeer, Peer, Reply};
pub use run::{Ended, Fate, Record, World};
