//! Datagrams through the ROM's own UDP, for ROMs whose UNDI is broken: the machines of `dhcp` and `tftp` over it.
//!
//! What belongs here: the UDP calls (PXE 2.1 section 3.4) as a machine that makes none itself, with the driver loop
//! of [`undi`](crate::undi). What does not: what is in the datagrams.
//!
//! The ROM has one endpoint, one address (that of its own DHCP exchange) and ARP of its own. A read answers at once,
//! with a datagram or with a failure that means "none".

mod endpoint;

pub use endpoint::{Config, ConfigError, Datagram, Endpoint, Event, Failure, Ignored};
