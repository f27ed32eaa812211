//! The server: addresses for a subnet, boot information for PXE clients, or both.
//!
//! What belongs here: deciding what a client gets, and the table of who has which address. What does not: the bytes of
//! messages ([`wire`](crate::wire)), sockets, files. The caller owns the table: an array, a slice or a vector of
//! [`Binding`]s, whose length is the largest number of clients known at a time.
//!
//! # Which datagrams
//! The driver hands over what arrives on the server port (67) and on the PXE port (4011). A [`Role::Dhcp`] server
//! gives addresses, with the boot information in the same answers; a [`Role::ProxyDhcp`] server gives boot information
//! only, beside somebody else's DHCP server. Both answer on the PXE port.
//!
//! # Where answers go
//! As RFC 2131 section 4.1 says. An answer to a client that has no address yet goes to that address, which takes a
//! driver that can send to a given hardware address (it is in the event); one that has only sockets says
//! [`Config::with_always_broadcast`].
//!
//! # Time
//! Leases run out by the clock, without a timer: a binding whose time is over is free for the next client that needs
//! it. So [`poll_timeout`](bootproto_core::Machine::poll_timeout) is `None` unless an answer waits.
//!
//! # A boot in memory
//! ```
//! use bootproto_core::{Instant, Machine};
//! use bootproto_dhcp::server::{self, Binding, Server};
//! use bootproto_dhcp::{Client, HardwareAddress, client};
//!
//! let config = server::Config::new([10, 0, 0, 1].into())
//!     .with_pool([10, 0, 0, 100].into(), [10, 0, 0, 199].into(), [255, 255, 255, 0].into())
//!     .with_boot_file(None, b"pxelinux.0");
//! let mut server = Server::new(config, [Binding::FREE; 100])?;
//!
//! let mut now = Instant::from_millis(0);
//! let machine = HardwareAddress::ethernet([2, 0, 0, 0, 0, 1]);
//! let mut client = Client::new(client::Config::new(42, machine), now)?;
//! let (mut request, mut answer) = ([0; Client::MAX_TRANSMIT], [0; 1472]);
//! while client.boot().is_none() {
//!     if let Some(sent) = client.poll_transmit(now, &mut request)? {
//!         // A real driver has a network here.
//!         println!("{}", server.handle_datagram(now, sent.path.reversed(), sent.bytes));
//!         if let Some(sent) = server.poll_transmit(now, &mut answer)? {
//!             client.handle_datagram(now, sent.path.reversed(), sent.bytes);
//!         }
//!     } else if let Some(deadline) = client.poll_timeout() {
//!         now = deadline;
//!         client.handle_timeout(now);
//!     }
//! }
//! assert_eq!(client.boot().map(|boot| &boot.file[..]), Some(&b"pxelinux.0"[..]));
//! assert!(server.bindings().iter().any(|row| row.is_leased(now)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod binding;
mod boot;
mod config;
mod event;
mod layout;
mod leases;
mod left_out;
mod machine;
mod reply;
mod request;
mod table;
#[cfg(test)]
mod tests;

pub use binding::{Binding, ClientKey};
pub use config::{Config, Role, Service};
pub use event::{ConfigError, Event, Ignored, Refusal};
pub use left_out::LeftOut;
pub use machine::Server;
