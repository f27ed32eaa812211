//! Boots from the network in user space, and serves others that do.
//!
//! What belongs here: everything that touches the operating system. Sockets, clocks, files, signals, the terminal,
//! and the commands that a person types. What does not: protocol logic, which lives in `bootproto` and the crates
//! below it; nothing here looks into a datagram.
//!
//! - [`drive`] runs any machine over real UDP sockets;
//! - [`transfer`] is one TFTP transfer from or to a file;
//! - [`serve`] is the server: DHCP, `ProxyDHCP` and TFTP out of one directory;
//! - [`embedded`] is that server on loopback with a small tree of its own, for trying things out;
//! - `raw` runs any machine over the frames of a real interface, as firmware would (Linux);
//! - `fabric` runs any machine over an InfiniBand fabric whose cable is a socket (Linux);
//! - [`capture`] gets a capture file out of a serial log;
//! - [`cli`] is the program.

pub mod boot;
pub mod capture;
pub mod cli;
pub mod drive;
pub mod embedded;
mod error;
#[cfg(target_os = "linux")]
pub mod fabric;
#[cfg(target_os = "linux")]
mod link;
#[cfg(target_os = "linux")]
pub mod raw;
pub mod serve;
mod size;
pub mod transfer;

pub use error::{Error, Mistake, Trouble};

/// The pages for embedders: their code is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/embedding.md")]
pub struct Embedding;
