//! What a connection is made of.

use core::time::Duration;

use crate::verbs::RcPath;
use crate::{PKey, Psn, Qpn};

/// Both ends of a connection, and how patient we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Our queue pair.
    pub local_qpn: Qpn,
    /// The peer's.
    pub remote_qpn: Qpn,
    /// The partition of both.
    pub p_key: PKey,
    /// The largest payload of a packet, in bytes.
    pub mtu: u16,
    /// The number of our first packet.
    pub send_psn: Psn,
    /// The number of the peer's.
    pub receive_psn: Psn,
    /// How long an acknowledgement may take.
    pub ack_timeout: Duration,
    /// How often a packet is sent again.
    pub retry_count: u8,
    /// The same to a peer that has no buffer; 7 for ever.
    pub rnr_retry_count: u8,
    /// What we ask the peer to wait when we have no buffer, as a code.
    pub min_rnr_timer: u8,
    /// The longest message that we take, in bytes.
    pub max_message: usize,
}

impl Config {
    /// A connection of our queue pair as `path` has it; messages up to 4096 bytes.
    #[must_use]
    pub fn new(local_qpn: Qpn, p_key: PKey, path: &RcPath) -> Self {
        Self {
            local_qpn,
            remote_qpn: path.destination.qpn,
            p_key,
            mtu: path.mtu.bytes().unwrap_or(256),
            send_psn: path.send_psn,
            receive_psn: path.receive_psn,
            ack_timeout: path.ack_timeout.max(Duration::from_millis(1)),
            retry_count: path.retry_count.min(7),
            rnr_retry_count: path.rnr_retry_count.min(7),
            min_rnr_timer: path.min_rnr_timer & 0x1f,
            max_message: 4096,
        }
    }

    pub(super) fn mtu_bytes(&self) -> usize {
        usize::from(self.mtu.max(256))
    }
}

/// What an RNR NAK asks to wait (IBTA 9.7.5.2.8), by its code, in units of 10 us.
const RNR_TIMERS: [u16; 32] = [
    65535, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048,
    3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 49152,
];

/// The time that the low five bits of an RNR NAK's syndrome mean.
pub(super) fn rnr_timer(code: u8) -> Duration {
    let units = RNR_TIMERS.get(usize::from(code & 0x1f)).copied().unwrap_or(u16::MAX);
    Duration::from_micros(u64::from(units).saturating_mul(10))
}
