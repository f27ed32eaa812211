//! What a download is told and what it tells.

use core::time::Duration;

use bootproto_core::Numbered as _;
use bootproto_tftp::client::{Config, Event};
use bootproto_tftp::{Download, Failure};

use crate::codes::code_of;
use crate::misuse::{Misuse, Wrong, bp_result};
use crate::raw::{Stored, bytes_of};
use crate::types::{BP_NO, BP_UNKNOWN, bp_bytes, bp_flag, bp_ipv4};

/// How many words a `bp_tftp` has.
pub const BP_TFTP_WORDS: usize = 128;

/// A datagram that a download sends is at most this long.
pub const BP_TFTP_MAX_TRANSMIT: usize = 384;

/// Storage for one download (RRQ). The caller provides it, anywhere; a copy of it is a snapshot.
#[repr(C)]
#[derive(Debug, Clone)]
pub struct bp_tftp {
    /// The library's.
    pub opaque: [u64; BP_TFTP_WORDS],
}

/// What a download is told. `bp_tftp_config_begin` gives every field its default.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct bp_tftp_config {
    /// Set by `bp_tftp_config_begin`.
    pub size: u32,
    /// The server's port. Default 69.
    pub server_port: u16,
    /// Ours: choose one anew for every transfer. No default.
    pub local_port: u16,
    /// The server. No default.
    pub server: bp_ipv4,
    /// Whether blocks are told strictly in order, for a caller that can't store at an offset. Default no.
    pub in_order: bp_flag,
    /// 0.
    pub reserved: [u8; 3],
    /// Chance: different at every boot and on every machine. No default.
    pub seed: u64,
    /// The most bytes to take. Default: no limit.
    pub limit: u64,
    /// The file's name, without a NUL. No default. Copied.
    pub file: bp_bytes,
    /// The block size to ask for in bytes, 8 to 65464. Default 1468, which fits Ethernet.
    pub block_size: u16,
    /// How many blocks may be under way. Default 16.
    pub window_size: u16,
    /// How many bytes of datagrams the stack below holds before they are taken. Default: 212992.
    pub receive_buffer: u32,
    /// After so many milliseconds without progress the transfer fails. Default 30000.
    pub give_up_millis: u32,
    /// The least bytes that must come every five minutes; 0 for none. Default 65536.
    pub least_bytes: u32,
}

/// What a call to a download tells.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_tftp_event_kind(pub u32);

/// Nothing to act on.
pub const BP_TFTP_NOTHING: bp_tftp_event_kind = bp_tftp_event_kind(0);
/// The datagram changed nothing, for the reason `code`.
pub const BP_TFTP_IGNORED: bp_tftp_event_kind = bp_tftp_event_kind(1);
/// The server has granted options: `size`, `block_size`, `window_size`. One that knows none goes straight to data.
pub const BP_TFTP_OPENED: bp_tftp_event_kind = bp_tftp_event_kind(2);
/// `data` belongs at `offset` of the file. Blocks may come in any order, each once.
pub const BP_TFTP_DATA: bp_tftp_event_kind = bp_tftp_event_kind(3);
/// Less is asked of the server now; what came before is void, and the file begins anew.
pub const BP_TFTP_FELL_BACK: bp_tftp_event_kind = bp_tftp_event_kind(4);
/// The file is complete and has `size` bytes.
pub const BP_TFTP_DONE: bp_tftp_event_kind = bp_tftp_event_kind(5);
/// The transfer is dead, for the reason `code`; `data` is what the server said about it, not to be trusted as text.
pub const BP_TFTP_FAILED: bp_tftp_event_kind = bp_tftp_event_kind(6);

/// What a call to a download tells. Fields that the kind does not name are 0.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_tftp_event {
    /// Which of `BP_TFTP_`.
    pub kind: bp_tftp_event_kind,
    /// Why.
    pub code: bp_result,
    /// Where in the file the bytes belong.
    pub offset: u64,
    /// The size of the file in bytes, or `BP_UNKNOWN`.
    pub size: u64,
    /// Bytes inside the datagram that was handed over.
    pub data: bp_bytes,
    /// Bytes in a full block.
    pub block_size: u16,
    /// Blocks for each acknowledgement.
    pub window_size: u16,
}

/// What a transfer has seen so far.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_tftp_statistics {
    /// Datagrams sent.
    pub sent: u32,
    /// Datagrams received.
    pub received: u32,
    /// Datagrams sent again because no answer came.
    pub retransmissions: u32,
    /// Blocks that had been here already.
    pub duplicates: u32,
    /// The smoothed round trip in microseconds, 0 until one was measured.
    pub round_trip_micros: u64,
    /// Bytes that came, in order and without a gap.
    pub bytes: u64,
}

/// A download, and why it ended.
#[derive(Debug, Clone)]
pub(super) struct Tftp {
    pub(super) machine: Download,
    pub(super) end: Option<End>,
}

/// How a download ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    Done,
    Failed(Failure),
}

impl Stored for Tftp {
    type Storage = bp_tftp;
    type Extra = ();
    const KIND: u8 = b'T';
    const IS_PINNED: bool = false;
}

impl bp_tftp_config {
    /// The defaults.
    pub(super) fn defaults() -> Self {
        Self {
            size: crate::codes::size_word::<Self>(),
            server_port: 69,
            local_port: 0,
            server: bp_ipv4::default(),
            in_order: BP_NO,
            reserved: [0; 3],
            seed: 0,
            limit: u64::MAX,
            file: bp_bytes::NONE,
            block_size: 1468,
            window_size: 16,
            receive_buffer: 212_992,
            give_up_millis: 30_000,
            least_bytes: 65_536,
        }
    }

    pub(super) fn read(&self) -> Result<Config, Wrong> {
        if self.size != crate::codes::size_word::<Self>() {
            return Err(Misuse::NotBegun.into());
        }
        let server = core::net::SocketAddrV4::new(self.server.octets.into(), self.server_port);
        let config = Config::new(self.seed, server.into(), self.local_port, bytes_of(&self.file)?)?;
        let give_up = Duration::from_millis(self.give_up_millis.into());
        let (floor, ceiling) = (Duration::from_millis(20), Duration::from_secs(4));
        Ok(config
            .with_block_size(self.block_size)
            .with_large_window_size(self.window_size)
            .with_receive_buffer(self.receive_buffer)
            .with_limit(self.limit)
            .with_in_order(self.in_order.is_set())
            .with_timeouts(floor, ceiling.min(give_up), give_up)
            .with_minimum_rate(self.least_bytes, Duration::from_secs(300)))
    }
}

impl Tftp {
    /// An event as C reads it; how the transfer ended is kept.
    #[expect(clippy::wildcard_enum_match_arm, reason = "multicast is never asked for")]
    pub(super) fn tell(&mut self, event: &Event<'_>) -> bp_tftp_event {
        let mut told = bp_tftp_event::default();
        match *event {
            Event::Ignored(why) => (told.kind, told.code) = (BP_TFTP_IGNORED, code_of(&why)),
            Event::Opened(terms) => {
                told.kind = BP_TFTP_OPENED;
                told.size = terms.size.unwrap_or(BP_UNKNOWN);
                (told.block_size, told.window_size) = (terms.block_size, terms.window_size);
            }
            Event::Data { offset, bytes } => {
                (told.kind, told.offset, told.data) = (BP_TFTP_DATA, offset, bp_bytes::lend(bytes));
            }
            Event::FellBack(_) => told.kind = BP_TFTP_FELL_BACK,
            Event::Done { size } => {
                (told.kind, told.size) = (BP_TFTP_DONE, size);
                self.end = Some(End::Done);
            }
            Event::PeerError { message, failure, .. } => {
                told.data = bp_bytes::lend(message);
                self.fail(failure, &mut told);
            }
            Event::Failed(failure) => self.fail(failure, &mut told),
            _ => {}
        }
        told
    }

    fn fail(&mut self, failure: Failure, told: &mut bp_tftp_event) {
        (told.kind, told.code) = (BP_TFTP_FAILED, failure.code().into());
        self.end = Some(End::Failed(failure));
    }
}
