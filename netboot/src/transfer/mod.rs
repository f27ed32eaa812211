//! One TFTP transfer between a server and a local file.
//!
//! What belongs here: URLs, the local file at either end, and what a person wants to know about the transfer. What
//! does not: packets, which are `bootproto_tftp`'s, and the terminal.

mod fetch;
mod partial;
mod source;
mod store;
mod text;
mod url;

use std::net::SocketAddr;
use std::time::Duration;

use bootproto_core::Numbered;
use bootproto_tftp::client::{Config, Event};
use bootproto_tftp::{Negotiated, Statistics};

use crate::Error;
use crate::drive::{Ports, seed};

pub use fetch::get;
pub use partial::Sink;
pub use source::FileSource;
pub use store::put;
pub(crate) use text::Text;
pub use url::Url;

/// How to transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Bytes in a block to ask for; without it what fits Ethernet.
    pub block_size: Option<u16>,
    /// Blocks in a window to ask for; without it the protocol crate's default.
    pub window_size: Option<u16>,
    /// For how long the server may be silent.
    pub give_up: Duration,
    /// The most bytes to transfer.
    pub limit: u64,
    /// Whether line ends are translated.
    pub netascii: bool,
}

impl Default for Options {
    fn default() -> Self {
        let give_up = Duration::from_secs(30);
        Self { block_size: None, window_size: None, give_up, limit: 16 << 30, netascii: false }
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// The server has answered.
    Opened(Negotiated),
    /// So many bytes have gone by.
    Bytes(u64),
    /// The server did not stand what was asked for, and the transfer begins anew.
    Restarted,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// The server.
    pub server: SocketAddr,
    /// How many bytes the file has.
    pub bytes: u64,
    /// How long it took.
    pub time: Duration,
    /// What the transfer ran with.
    pub negotiated: Negotiated,
    /// What it saw.
    pub statistics: Statistics,
}

/// How long a server may wait before it sends again, and we.
const FLOOR: Duration = Duration::from_millis(20);
const CEILING: Duration = Duration::from_secs(4);

/// The machine's settings, and the sockets it will have.
fn prepare(url: &Url, options: &Options) -> Result<(Config, Ports), Error> {
    let server = url.resolve()?;
    let any = if server.is_ipv4() { [0; 4].into() } else { [0_u16; 8].into() };
    let mut ports = Ports::new(any);
    let (port, buffer) = ports.ephemeral().map_err(|error| Error::network("opening a socket", &error))?;
    let config_error = |error: bootproto_tftp::ConfigError| {
        Error::mistake(crate::Mistake::Argument, url.to_string()).because(error).with_hint(error.entry().hint)
    };
    let mut config = Config::new(seed(), server, port, &url.file)
        .map_err(config_error)?
        .with_limit(options.limit)
        .with_receive_buffer(u32::try_from(buffer).unwrap_or(u32::MAX))
        .with_timeouts(FLOOR.min(options.give_up), CEILING.min(options.give_up), options.give_up);
    // An IPv6 header is 20 bytes longer, and its routers do not fragment.
    let fits = if server.is_ipv4() { 1468 } else { 1448 };
    config = config.with_block_size(options.block_size.unwrap_or(fits));
    if let Some(blocks) = options.window_size {
        config = config.with_large_window_size(blocks);
    }
    if options.netascii {
        config = config.with_mode(bootproto_tftp::wire::Mode::Netascii);
    }
    Ok((config, ports))
}

/// What a failed transfer is told as; `None` for events that do not end it.
fn failure(event: &Event<'_>, what: &str) -> Option<Error> {
    match event {
        Event::Failed(failure) => Some(Error::failure(failure, what)),
        Event::PeerError { message, failure, .. } => {
            let error = Error::failure(failure, what);
            let message = crate::error::printable(message);
            Some(if message.is_empty() {
                error
            } else {
                error.because(format!("{failure}; it says \"{message}\""))
            })
        }
        _ => None,
    }
}
