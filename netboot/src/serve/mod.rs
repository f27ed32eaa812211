//! The server: DHCP or `ProxyDHCP`, and TFTP out of one directory, on one interface, in one thread.
//!
//! What belongs here: sockets, files, slots, log lines. What does not: what a server answers, which is
//! `bootproto_dhcp::server` and `bootproto_tftp::server`.
//!
//! Threat model: every client is a stranger. A client reaches regular files under the root and nothing else, holds
//! at most one slot per port it sends from, and all clients together hold a bounded number of slots; a client that
//! vanishes gives its slot back when its transfer times out.

mod config;
mod dhcp;
mod event;
mod interface;
mod menu;
mod root;
mod server;
mod slot;

pub(crate) use config::parse_mac;
pub use config::{BootFile, Config, Host, Pool, Role, architectures};
pub use event::{Event, Service, Totals};
pub use interface::Listen;
pub use menu::{MenuLine, Prompt};
pub use root::{Root, Upload};
pub use server::Server;
