//! A small Ethernet: one namespace with a bridge, where the server sits, and stations on cables.

use crate::namespace::Namespace;
use crate::router::Router;
use crate::{Outcome, tap};
use std::cell::{Cell, RefCell};

/// The server's address.
pub const SERVER: &str = "10.77.0.1";

/// The network 10.77.0.0/24 around a server on interface `br0`.
#[derive(Debug)]
pub struct Lan {
    /// The server's namespace.
    pub server: Namespace,
    ports: Cell<u32>,
    router: RefCell<Option<Router>>,
}

impl Lan {
    /// Makes the server's namespace; `br0` has [`SERVER`].
    ///
    /// # Errors
    /// As [`Namespace::new`].
    pub fn new() -> Outcome<Self> {
        let server = Namespace::new("server")?;
        // The bridge has an address of its own: otherwise it changes to that of a port that joins.
        server.ip("link add br0 type bridge forward_delay 0 stp_state 0 mcast_snooping 0\n\
             link set br0 address 52:54:00:00:00:01\n\
             addr add 10.77.0.1/24 brd + dev br0\n\
             link set br0 up\n\
             route add default dev br0\n")?;
        server.enter(|| tap::full_checksums("br0"))?;
        Ok(Self { server, ports: Cell::new(0), router: RefCell::new(None) })
    }

    /// Has an IPv6 router advertise itself from now on: iPXE waits 13 s for one before it asks for its boot file.
    ///
    /// # Errors
    /// As [`Router::advertise`].
    pub fn advertise(&self) -> Outcome {
        let mut router = self.router.borrow_mut();
        if router.is_none() {
            *router = Some(Router::advertise(&self.server, "br0")?);
        }
        Ok(())
    }

    /// Adds a station with interface `eth0`, with or without an address (`"10.77.0.2/24"`).
    ///
    /// # Errors
    /// As [`Namespace::new`].
    pub fn station(&self, name: &str, address: Option<&str>) -> Outcome<Namespace> {
        let station = Namespace::new(name)?;
        let port = self.ports.get();
        self.ports.set(port + 1);
        let thread = station.thread();
        self.server.ip(&format!(
            "link add port{port} type veth peer name eth0 netns {thread}\n\
             link set port{port} master br0\n\
             link set port{port} up\n"
        ))?;
        if let Some(address) = address {
            station.ip(&format!("addr add {address} brd + dev eth0\n"))?;
        }
        station.ip("link set eth0 up\n")?;
        if address.is_some() {
            station.ip("route add default dev eth0\n")?;
        }
        station.enter(|| tap::full_checksums("eth0"))?;
        Ok(station)
    }

    /// Adds a TAP device, for a machine that runs in the server's namespace. Unlike everything else it is persistent,
    /// because the machine opens it; it goes away with the namespace.
    ///
    /// # Errors
    /// No `/dev/net/tun`, or no right to use it.
    pub fn tap(&self, name: &str) -> Outcome {
        self.server.ip(&format!(
            "tuntap add {name} mode tap\n\
             link set {name} master br0\n\
             link set {name} up\n"
        ))
    }
}
