//! Boots over the frames of a real interface, as firmware would: own hardware address, own IP stack, the host's
//! stack untouched.
//!
//! What belongs here: the packet socket, and the [`Network`](crate::drive::Network) that joins it to
//! [`bootproto::net::Stack`]. What does not: anything about what the datagrams mean.

mod device;
mod wire;

pub use device::Device;
pub use wire::Wire;
