//! What a client's machine is told before it starts.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use bootproto_core::{Rng, copy_into, num};

use super::Rung;
use super::oack::Asked;
use crate::ConfigError;
use crate::transfer::{Limits, MOST_WINDOW, micros};
use crate::wire::{DEFAULT_BLOCK_SIZE, MAX_BLOCK_SIZE, MAX_NAME, MIN_BLOCK_SIZE, Mode};

/// What a datagram takes in a receive buffer beyond its block: headers and the system's own bookkeeping.
const OVERHEAD: u32 = 1024;

/// Servers in the field break above this window (u-root/u-root#1966).
const WINDOW_CAP: u16 = 64;

/// The settings of a [`Download`](super::Download) or an [`Upload`](super::Upload).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) rng: Rng,
    pub(super) server: SocketAddr,
    pub(super) limit: u64,
    pub(super) limits: Limits,
    pub(super) receive_buffer: u32,
    pub(super) peer_timeout: u32,
    pub(super) local_port: u16,
    pub(super) block_size: u16,
    pub(super) window_size: u16,
    pub(super) mode: Mode,
    pub(super) in_order: bool,
    pub(super) multicast: bool,
    name_length: u8,
    name: [u8; MAX_NAME],
}

impl Config {
    /// A transfer of `file` with `server` (its port is 69 as a rule), from and to our `local_port`.
    ///
    /// `local_port` is the transfer identifier of RFC 1350 section 4: choose one anew for every transfer. `seed` is
    /// chance for the intervals and should differ from machine to machine.
    ///
    /// # Errors
    /// [`ConfigError`] if the name is empty, longer than 255 bytes or has a NUL inside, or the server is no
    /// single destination.
    pub fn new(seed: u64, server: SocketAddr, local_port: u16, file: &[u8]) -> Result<Self, ConfigError> {
        let is_everybody = match server.ip() {
            IpAddr::V4(address) => address.is_broadcast() || address.is_multicast(),
            IpAddr::V6(address) => address.is_multicast(),
        };
        if server.port() == 0 || server.ip().is_unspecified() || is_everybody {
            return Err(ConfigError::BadServer);
        }
        if file.is_empty() {
            return Err(ConfigError::EmptyName);
        }
        if file.contains(&0) {
            return Err(ConfigError::NulInName);
        }
        let name_length =
            u8::try_from(file.len()).map_err(|_| ConfigError::NameTooLong { length: file.len() })?;
        let mut name = [0; MAX_NAME];
        copy_into(&mut name, file);
        Ok(Self {
            rng: Rng::new(seed),
            server,
            limit: u64::MAX,
            limits: Limits::DEFAULT,
            receive_buffer: 212_992,
            peer_timeout: 100_000,
            local_port,
            block_size: 1468,
            window_size: 16,
            mode: Mode::Octet,
            in_order: false,
            multicast: false,
            name_length,
            name,
        })
    }

    /// Octet (the default) or netascii. Netascii implies [`with_in_order`](Self::with_in_order): its text is decoded
    /// from the start ([`netascii::Decoder`](crate::netascii::Decoder)), and offsets count the bytes on the wire.
    #[must_use]
    pub const fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// The block size to ask for in bytes, 8 to 65464 (RFC 2348); 1468 by default, which fits Ethernet's 1500.
    /// Take 2012 at IPoIB's 2044. 512 asks for nothing.
    #[must_use]
    pub const fn with_block_size(mut self, bytes: u16) -> Self {
        self.block_size = bytes;
        self
    }

    /// The window to ask for in blocks, at least 1 (RFC 7440); 16 by default. What is above 64 counts as 64: see
    /// [`with_large_window_size`](Self::with_large_window_size). 1 asks for nothing.
    #[must_use]
    pub const fn with_window_size(mut self, blocks: u16) -> Self {
        self.window_size = if blocks > WINDOW_CAP { WINDOW_CAP } else { blocks };
        self
    }

    /// A window that may be above 64, for servers known to stand it. Of such a window, 64 blocks beyond a gap are
    /// kept. What is above 32767 counts as that: in a larger one, 16 bits can't tell a late number from an early one.
    #[must_use]
    pub const fn with_large_window_size(mut self, blocks: u16) -> Self {
        self.window_size = if blocks > MOST_WINDOW { MOST_WINDOW } else { blocks };
        self
    }

    /// How many bytes the receive buffer of the network stack below holds; Linux' 212,992 by default. The window
    /// asked for is never larger than it holds: what overruns it is lost at the end of every window.
    #[must_use]
    pub const fn with_receive_buffer(mut self, bytes: u32) -> Self {
        self.receive_buffer = bytes;
        self
    }

    /// The most bytes to take; more end the transfer with [`Failure::TooLarge`](crate::Failure::TooLarge), if the
    /// server announces the size before the first byte. There is no limit by default.
    #[must_use]
    pub const fn with_limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// Whether blocks are told strictly in order: for a caller that can't store at an offset. What arrives beyond a
    /// gap is then dropped, and comes again.
    #[must_use]
    pub const fn with_in_order(mut self, in_order: bool) -> Self {
        self.in_order = in_order;
        self
    }

    /// The retransmission timer: the shortest interval (20 ms by default), the longest (4 s), and the time without
    /// progress after which the transfer is given up (30 s). Between the first two, the measured round trip decides.
    #[must_use]
    pub const fn with_timeouts(mut self, floor: Duration, ceiling: Duration, give_up: Duration) -> Self {
        self.limits = self.limits.with_spans(floor, ceiling, give_up);
        self
    }

    /// The least that must come, or go, in every `period` of at most an hour; 64 KiB in 5 minutes by default. A peer
    /// that sends a few bytes whenever it is about to be given up could otherwise hold a machine for days. 0 bytes
    /// ask for nothing.
    #[must_use]
    pub const fn with_minimum_rate(mut self, bytes: u32, period: Duration) -> Self {
        self.limits = self.limits.with_rate(bytes, period);
        self
    }

    /// The interval after which the server is asked to send again: 100 ms by default, told as `timeout` (whole
    /// seconds, RFC 2349) and as tftp-hpa's `utimeout`. Zero asks for neither.
    #[must_use]
    pub const fn with_peer_timeout(mut self, interval: Duration) -> Self {
        self.peer_timeout = micros(interval);
        self
    }

    /// Whether to ask for multicast (RFC 2090), in place of a window; only in octet mode and without
    /// [`with_in_order`](Self::with_in_order). The caller must then act on
    /// [`JoinMulticast`](super::Event::JoinMulticast).
    #[must_use]
    #[cfg(feature = "multicast")]
    pub const fn with_multicast(mut self, multicast: bool) -> Self {
        self.multicast = multicast;
        self
    }

    /// The server's address, and the port that requests go to.
    #[must_use]
    pub const fn server(&self) -> SocketAddr {
        self.server
    }

    /// The window to ask for in blocks. A transfer halves it where no window comes through: ask for the next file with
    /// what is left.
    #[must_use]
    pub const fn window_size(&self) -> u16 {
        self.window_size
    }

    /// The file's name.
    #[must_use]
    pub fn file(&self) -> &[u8] {
        self.name.get(..usize::from(self.name_length)).unwrap_or_default()
    }

    pub(super) const fn check(&self) -> Result<(), ConfigError> {
        if self.block_size < MIN_BLOCK_SIZE || self.block_size > MAX_BLOCK_SIZE {
            return Err(ConfigError::BadBlockSize { block_size: self.block_size });
        }
        if self.window_size == 0 {
            return Err(ConfigError::BadWindowSize);
        }
        if !self.limits.is_sound() || self.peer_timeout == u32::MAX {
            return Err(ConfigError::BadTimeout);
        }
        let block_size = num::usize_from_u16(self.block_size);
        if num::u64_from_u32(self.receive_buffer) < num::u64_from_usize(block_size) {
            return Err(ConfigError::BadReceiveBuffer);
        }
        Ok(())
    }

    /// The window to ask for: what is configured, as far as the receive buffer holds it.
    pub(super) fn asked_window(&self) -> u16 {
        let each = u32::from(self.block_size).saturating_add(OVERHEAD);
        let held = self.receive_buffer.checked_div(each).unwrap_or(0).max(1).min(u32::from(u16::MAX));
        self.window_size.min(u16::try_from(held).unwrap_or(u16::MAX))
    }

    /// What `timeout` is asked for, in seconds.
    pub(super) fn asked_seconds(&self) -> u8 {
        u8::try_from(self.peer_timeout.div_ceil(1_000_000)).unwrap_or(u8::MAX)
    }

    /// What is asked for on a rung.
    pub(super) fn asked(&self, rung: Rung) -> Asked {
        // A window beside multicast would leave open whose it is.
        let multicast = cfg!(feature = "multicast")
            && rung == Rung::Everything
            && self.multicast
            && self.mode == Mode::Octet
            && !self.in_order;
        let window = (rung <= Rung::NoMulticast && !multicast).then(|| self.asked_window());
        let block_size = (rung <= Rung::NoWindow).then_some(self.block_size);
        let timed = rung <= Rung::NoBlockSize && self.peer_timeout > 0;
        Asked {
            block_size: block_size.filter(|size| *size != DEFAULT_BLOCK_SIZE),
            window_size: window.filter(|size| *size > 1),
            // In netascii the size on the wire is not that of the file, and servers differ in which one they tell.
            size: rung <= Rung::NoBlockSize && self.mode == Mode::Octet,
            seconds: timed.then(|| self.asked_seconds()),
            micros: timed.then_some(self.peer_timeout),
            multicast,
        }
    }

    /// The lowest rung on which the same is asked for, so that no step down changes nothing.
    pub(super) fn lowest_like(&self, rung: Rung) -> Rung {
        let mut lowest = rung;
        while let Some(below) = lowest.below().filter(|below| self.asked(*below) == self.asked(rung)) {
            lowest = below;
        }
        lowest
    }
}
