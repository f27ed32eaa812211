//! What a boot asks of a network beyond carrying datagrams: to take its address into use.

use std::net::Ipv4Addr;

use bootproto_dhcp::client::Lease;

use crate::Error;
use crate::drive::{Network, Ports};

/// A network that can take the machine's address into use.
pub trait Joined: Network {
    /// There is a lease: configure the stack.
    fn configure(&mut self, lease: &Lease);

    /// The lease is gone: drop the address.
    fn unconfigure(&mut self);

    /// Whether somebody uses this address already. It takes as long as an ARP probe.
    ///
    /// # Errors
    /// The operating system can't send or receive.
    fn is_in_use(&mut self, address: Ipv4Addr) -> Result<bool, Error>;
}

/// The operating system's stack has its own addresses, and needs none of ours.
impl Joined for Ports {
    fn configure(&mut self, _: &Lease) {}

    fn unconfigure(&mut self) {}

    fn is_in_use(&mut self, _: Ipv4Addr) -> Result<bool, Error> {
        Ok(false)
    }
}

#[cfg(target_os = "linux")]
impl Joined for crate::raw::Wire {
    fn configure(&mut self, lease: &Lease) {
        Self::configure(self, lease.address, lease.mask, lease.routers().first().copied());
    }

    fn unconfigure(&mut self) {
        self.stack().unconfigure();
    }

    fn is_in_use(&mut self, address: Ipv4Addr) -> Result<bool, Error> {
        self.probe(address)
    }
}
