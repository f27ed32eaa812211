//! What a boot asks of a network beyond carrying datagrams: to take its address into use.

use std::net::{Ipv4Addr, SocketAddr};

#[cfg(target_os = "linux")]
use bootproto::net::SendError;
use bootproto_core::{Code, Entry, Numbered};
use bootproto_dhcp::client::Lease;

use crate::drive::{Network, Ports};
use crate::{Error, Trouble};

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

    /// Whether the network has no way to where the last datagram was to go: to wait for an answer is in vain.
    fn has_no_route(&self) -> bool {
        false
    }

    /// What happened below the protocols since it was asked last.
    fn news(&mut self) -> Vec<News> {
        Vec::new()
    }

    /// From whom the last datagram came, and how many bytes it had, if anybody keeps watch.
    fn last_received(&self) -> Option<(SocketAddr, usize)> {
        None
    }

    /// Why `peer`, or everybody, is silent, as far as the network itself can find out. It may take as long as an ARP
    /// probe.
    fn diagnose(&mut self, _peer: Option<Ipv4Addr>) -> Option<Diagnosis> {
        None
    }
}

/// Something that happened below the protocols.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum News {
    /// It is told: the event's name, the text for a person, the fields for a program.
    Line(&'static str, String, serde_json::Value),
    /// Something changed nothing, and why.
    Ignored(Code, String),
}

/// What is wrong with the network below the protocols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// Number, hint and PXE code.
    pub entry: &'static Entry,
    /// What was found.
    pub text: String,
}

impl Diagnosis {
    /// A numbered value as what was found.
    #[must_use]
    pub fn new(value: &impl Numbered) -> Self {
        Self { entry: value.entry(), text: value.to_string() }
    }
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
        Self::unconfigure(self);
    }

    fn is_in_use(&mut self, address: Ipv4Addr) -> Result<bool, Error> {
        self.probe(address)
    }

    fn has_no_route(&self) -> bool {
        matches!(self.undelivered(), Some(SendError::NoRoute { .. }))
    }

    fn diagnose(&mut self, peer: Option<Ipv4Addr>) -> Option<Diagnosis> {
        if !self.has_link() {
            return Some(Diagnosis::new(&Trouble::NoLink));
        }
        if let Some(error @ SendError::NoRoute { .. }) = self.undelivered() {
            return Some(Diagnosis::new(&error));
        }
        let address = self.next_hop(peer?)?;
        let answers = self.probe(address).ok()?;
        (!answers).then(|| Diagnosis::new(&Trouble::NoArp { address }))
    }
}

#[cfg(target_os = "linux")]
impl Joined for crate::fabric::Wire {
    fn configure(&mut self, lease: &Lease) {
        Self::configure(self, lease.address, lease.mask, lease.routers().first().copied());
        // So that the path is known, and told, before the first file; without an answer the file's failure says it.
        if let Some(server) = lease.server_id {
            let _ = self.find(server);
        }
    }

    fn unconfigure(&mut self) {
        Self::unconfigure(self);
    }

    fn is_in_use(&mut self, address: Ipv4Addr) -> Result<bool, Error> {
        self.probe(address)
    }

    fn has_no_route(&self) -> bool {
        matches!(self.undelivered(), Some(SendError::NoRoute { .. }))
    }

    fn news(&mut self) -> Vec<News> {
        self.take_news()
    }

    fn diagnose(&mut self, peer: Option<Ipv4Addr>) -> Option<Diagnosis> {
        if let Some((entry, text)) = self.lost() {
            return Some(Diagnosis { entry, text });
        }
        if let Some(error @ SendError::NoRoute { .. }) = self.undelivered() {
            return Some(Diagnosis::new(&error));
        }
        let address = peer?;
        let answers = self.find(address).ok()?;
        (!answers).then(|| Diagnosis::new(&Trouble::NoArp { address }))
    }
}
