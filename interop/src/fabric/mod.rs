//! An InfiniBand fabric whose nodes are whole machines with Linux's own InfiniBand: QEMU with a card that is emulated
//! here (`hca`), cables into a switch that is here too ([`switch`]), and the subnet manager, the IPoIB and the servers
//! that Debian has, inside the machine ([`server`]).
//!
//! Whoever connects to the switch's socket is one more node. What belongs here: hardware that does not exist, and the
//! machines around it. What does not: tests, and any protocol above what hardware does.

mod capture;
mod hca;
mod memory;
pub mod node;
pub mod port;
mod proxy;
pub mod seed;
pub mod server;
pub mod switch;
pub mod wire;
