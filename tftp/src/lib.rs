//! TFTP as sans-IO machines: download, upload, and both of the server's transfers.
//!
//! What belongs here: the codec ([`wire`]), the machines ([`client`], [`server`]), [`netascii`] and the reading side
//! of a file ([`Source`]). What does not: sockets, files, and the choice of what a server hands out.
//!
//! | what | source |
//! |---|---|
//! | RRQ, WRQ, DATA, ACK, ERROR; octet and netascii | RFC 1350 |
//! | OACK | RFC 2347 |
//! | `blksize` | RFC 2348 |
//! | `tsize`, `timeout` | RFC 2349 |
//! | `windowsize` | RFC 7440 |
//! | `multicast`, as a client | RFC 2090 |
//! | `utimeout`, `rollover` | tftp-hpa |
//! | more than 65535 blocks, rolling over to 0 or to 1 | common practice |
//!
//! # The driver loop
//! A machine does no I/O and owns no clock (`bootproto-core` has the contract). Here one downloads from a server in
//! memory; with sockets, `deliver` would be a `send_to` and a `recv_from`.
//!
//! ```
//! use bootproto_core::{Instant, Machine};
//! use bootproto_tftp::client::{Config, Download, Event};
//! use bootproto_tftp::{server, wire::Request};
//!
//! let kernel: &[u8] = &[0x5a; 10_000];
//! let mut server: Option<server::Send<&[u8]>> = None;
//! let config = Config::new(0x5eed, "192.0.2.1:69".parse()?, 49_153, b"vmlinuz")?;
//! let mut client = Download::new(config)?;
//!
//! let mut now = Instant::from_millis(0);
//! let (mut to_server, mut to_client) = (vec![0; Download::MAX_TRANSMIT], vec![0; 65_468]);
//! let mut memory = vec![0; kernel.len()];
//! 'transfer: loop {
//!     // 1. Drain: what the client sends goes to the server.
//!     while let Some(transmit) = client.poll_transmit(now, &mut to_server)? {
//!         let path = transmit.path.reversed();
//!         match &mut server {
//!             Some(transfer) => {
//!                 transfer.handle_datagram(now, path, transmit.bytes);
//!             }
//!             None => {
//!                 let request = Request::parse(transmit.bytes)?;
//!                 server = server::Send::new(server::Config::new(1), path, &request, kernel).ok();
//!             }
//!         }
//!     }
//!     // 2. Wait for a datagram or for the deadline, and 3. hand over one of them.
//!     let answer = match &mut server {
//!         Some(transfer) => transfer.poll_transmit(now, &mut to_client)?,
//!         None => None,
//!     };
//!     let event = match answer {
//!         Some(transmit) => client.handle_datagram(now, transmit.path.reversed(), transmit.bytes),
//!         None => {
//!             now = client.poll_timeout().unwrap_or(now);
//!             client.handle_timeout(now).unwrap_or(Event::Nothing)
//!         }
//!     };
//!     // 4. Act.
//!     match event {
//!         Event::Data { offset, bytes } => {
//!             let start = usize::try_from(offset)?;
//!             memory[start..start + bytes.len()].copy_from_slice(bytes);
//!         }
//!         Event::FellBack(_) => memory.fill(0),
//!         Event::Done { size } => {
//!             assert_eq!(size, 10_000);
//!             break 'transfer;
//!         }
//!         Event::PeerError { failure, .. } | Event::Failed(failure) => return Err(failure.into()),
//!         _ => {}
//!     }
//! }
//! assert_eq!(memory, kernel);
//! assert_eq!(client.negotiated().window_size, 16);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Against whom
//! Anybody who can send a UDP datagram from the server's address and guess two ports can end or falsify a transfer:
//! TFTP has no secrets, and a digest must judge what came. What this crate promises against any bytes at all: no
//! panic, no byte beyond the limit or the announced size, no packet sent to a third address, at most one ERROR for a
//! stranger's packet and none for an ERROR, and an end by the time that is configured.
#![no_std]
#![forbid(unsafe_code)]

pub mod client;
mod failure;
mod ignored;
mod negotiated;
pub mod netascii;
pub mod server;
mod source;
mod transfer;
pub mod wire;

pub use client::{Download, Upload};
pub use failure::{ConfigError, Failure, Phase};
pub use ignored::Ignored;
pub use negotiated::{Negotiated, Statistics};
pub use source::{Source, SourceError};
