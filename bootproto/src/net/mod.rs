//! Ethernet, ARP, IPv4 and UDP under a machine, where the platform has only raw frames (UNDI, SNP, a NIC driver, a
//! packet socket); or IPv4 and UDP alone over a link that takes IP packets (IPoIB).
//!
//! What belongs here: [`Stack`], which joins a `smoltcp` device to any machine whose path is a
//! [`UdpPath`](bootproto_core::UdpPath), and the ARP probe of RFC 5227. What does not: drivers, and protocols above UDP.
//!
//! Received datagrams are handed over straight from the frame: the caller's copy to where the bytes belong is the only
//! one. Until there is a lease, every datagram addressed to our hardware address is ours, for some servers send their
//! offer to the address that they offer. smoltcp keeps ARP, ICMP, IGMP and everything that is sent.
//!
//! The feature `smoltcp-ethernet` is for firmware that joins no groups; `smoltcp` has those and the links for IP packets.

mod demux;
mod probe;
mod stack;
#[cfg(test)]
#[cfg(feature = "smoltcp")]
mod tests;

pub use probe::AddressProbe;
pub use stack::{SendError, Stack, Storage};
