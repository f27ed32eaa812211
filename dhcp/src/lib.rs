//! DHCPv4 for machines that boot from the network, as sans-IO state machines: no sockets, no clock, no allocation.
//!
//! What belongs here: [`wire`], the bytes of a DHCP message and of every option that we know; [`client`], the machine
//! that gets an address and a boot file, with PXE, ProxyDHCP, boot servers and menus; [`server`], its counterpart.
//! What does not: sockets, ARP, files, the transfer of the boot file.
#![no_std]
#![forbid(unsafe_code)]

pub mod client;
mod hardware;
mod identity;
mod infiniband;
pub mod server;
mod text;
pub mod wire;

pub use client::Client;
pub use hardware::HardwareAddress;
pub use identity::{ClientId, MAX_CLIENT_ID};
pub use infiniband::IpoibDialect;
pub use server::Server;
pub use text::Text;
