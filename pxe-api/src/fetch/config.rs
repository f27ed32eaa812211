//! Which file, from where, and where to.

use super::event::ConfigError;
use crate::SegmentOffset;
use crate::blocks::file_name;
use core::net::Ipv4Addr;

/// How the file gets into memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// `TFTP_READ_FILE`: one call, straight to a physical address below 4 GiB. Nothing is seen of it until it is
    /// over.
    Whole {
        /// The physical address.
        address: u32,
        /// How many bytes may be there.
        room: u32,
    },
    /// The same, to a place that the caller names when it knows the size
    /// ([`Fetch::place`](super::Fetch::place)). Without a size there is no fetch.
    WholeOnceSized,
    /// `TFTP_OPEN`, `TFTP_READ`, `TFTP_CLOSE`: packet by packet through a buffer in base memory.
    Packets,
    /// The first, and the second where the ROM has not got the first.
    WholeOrPackets {
        /// The physical address.
        address: u32,
        /// How many bytes may be there.
        room: u32,
    },
}

/// The settings of a [`Fetch`](super::Fetch).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) server: [u8; 4],
    pub(super) gateway: [u8; 4],
    pub(super) name: [u8; 128],
    pub(super) port: u16,
    pub(super) way: Way,
    pub(super) buffer: SegmentOffset,
    pub(super) packet_size: u16,
    pub(super) ask_size: bool,
    pub(super) limit: u64,
    pub(super) protected_mode: bool,
}

impl Config {
    /// The file `name` of `server`, with a buffer of 1456 bytes at `buffer` in base memory for single packets.
    ///
    /// # Errors
    /// [`ConfigError::BadName`], [`ConfigError::BufferWraps`], [`ConfigError::NoRoom`].
    pub fn new(server: Ipv4Addr, name: &[u8], way: Way, buffer: SegmentOffset) -> Result<Self, ConfigError> {
        let name = file_name(name).ok_or(ConfigError::BadName)?;
        if let Way::Whole { address, room } | Way::WholeOrPackets { address, room } = way {
            check_place(address, room)?;
        }
        let this = Self {
            server: server.octets(),
            gateway: [0; 4],
            name,
            port: 69,
            way,
            buffer,
            packet_size: 0,
            ask_size: true,
            limit: u64::from(u32::MAX),
            protected_mode: false,
        };
        this.with_packet_size(1456)
    }

    /// The router to the server, for ROMs that do not know one; by default none.
    #[must_use]
    pub const fn with_gateway(mut self, gateway: Ipv4Addr) -> Self {
        self.gateway = gateway.octets();
        self
    }

    /// The server's port; by default 69.
    #[must_use]
    pub const fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The packet size to ask for, which is also how large the buffer is; by default 1456.
    ///
    /// # Errors
    /// [`ConfigError::BadPacketSize`] if it is not from 512 to 65464, [`ConfigError::BufferWraps`].
    pub fn with_packet_size(mut self, packet_size: u16) -> Result<Self, ConfigError> {
        if !(512..=65464).contains(&packet_size) {
            return Err(ConfigError::BadPacketSize);
        }
        self.buffer.range(packet_size).ok_or(ConfigError::BufferWraps)?;
        self.packet_size = packet_size;
        Ok(self)
    }

    /// Whether to ask for the file's size first; by default yes. It costs a request, and finds out what does not fit.
    /// [`Way::WholeOnceSized`] asks in any case.
    #[must_use]
    pub const fn with_ask_size(mut self, ask_size: bool) -> Self {
        self.ask_size = ask_size;
        self
    }

    /// Calls are made through the ROM's protected-mode entry: the whole file is asked for by
    /// `TFTP_READ_FILE_PMODE`, and by `TFTP_READ_FILE` where the ROM has not got that.
    #[must_use]
    pub const fn with_protected_mode(mut self, protected_mode: bool) -> Self {
        self.protected_mode = protected_mode;
        self
    }

    /// The largest file to take packet by packet; by default 4 GiB. It bounds what a
    /// server that never ends can do.
    #[must_use]
    pub const fn with_limit(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }
}

/// Whether a ROM can be told of that place: it must not reach 4 GiB, and not be empty.
pub(super) const fn check_place(address: u32, room: u32) -> Result<(), ConfigError> {
    if room == 0 || address.checked_add(room).is_none() {
        return Err(ConfigError::NoRoom);
    }
    Ok(())
}
