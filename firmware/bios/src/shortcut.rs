//! The ROM's own TFTP, where it is faster than ours through the ROM's UNDI: one call brings a whole file.
//!
//! What belongs here: when that is, and how it is found out. Each call of a ROM costs time, and through UNDI a frame is at
//! least one; with iPXE's ROM in an emulator that is most of the time that a frame takes. Its TFTP has no windows, so over
//! a wire with a noticeable round trip ours is faster, and only a trial tells. Other ROMs are left alone: many can't write
//! above 1 MiB, and a call that never returns would take the machine with it.

use crate::clock::Clock;
use crate::undi::Undi;
use bootproto::transfer::{Statistics, Terms};
use bootproto_pxe_api::fetch::{Config, Event, Failure, Way};
use core::net::Ipv4Addr;

/// From so many bytes on it matters.
const WORTH: u64 = 2 << 20;
/// So many bytes are tried.
const TRIAL: u64 = 512 << 10;
/// Of so many packets at most one may have been lost: the ROM's TFTP takes losses badly.
const LOSSES: u64 = 500;
/// The block size of iPXE's `TFTP_READ_FILE`: it asks the server for none.
const PACKET: u16 = 512;

/// What is known about the ways so far.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    /// Nanoseconds for a KiB by our own transfer.
    ours: Option<u64>,
    /// Packets went missing, or the ROM's way failed, or was slower.
    closed: bool,
}

/// A file to fetch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'n> {
    pub(crate) server: Ipv4Addr,
    pub(crate) name: &'n [u8],
    pub(crate) address: u32,
    pub(crate) size: u32,
}

impl Ways {
    /// A file came by our own transfer.
    pub(crate) fn learn(&mut self, size: u64, micros: u64, statistics: &Statistics) {
        if statistics.retransmissions * LOSSES > statistics.packets {
            self.closed = true;
        }
        if size >= WORTH {
            self.ours = Some(pace(size, micros));
        }
    }

    /// Whether the ROM's way is worth a thought for a file of this size, on these terms of ours.
    pub(crate) fn may_help(&self, size: u64, terms: Option<Terms>) -> bool {
        let lockstep = terms.is_some_and(|terms| terms.window_size <= 1);
        !self.closed && size >= WORTH && (lockstep || self.ours.is_some())
    }

    /// Fetches the file by the ROM, if that is the faster way. The card is the caller's to lend. `None` if it did not
    /// come.
    pub(crate) fn fetch(&mut self, undi: &mut Undi, clock: Clock, file: Wanted<'_>) -> Option<u64> {
        if let Some(ours) = self.ours
            // A quarter faster at least: a trial is short, and lockstep suffers more from a busy host or network.
            && trial(undi, clock, file).is_none_or(|theirs| theirs * 5 / 4 >= ours)
        {
            self.closed = true;
            return None;
        }
        let way = Way::Whole { address: file.address, room: file.size };
        let config = Config::new(file.server, file.name, way, undi.buffer()).ok()?;
        match undi.fetch(config, |_| true) {
            Event::Done { size, .. } => Some(size),
            _ => {
                self.closed = true;
                None
            }
        }
    }
}

/// Nanoseconds for a KiB of the file by the ROM in one call: its beginning is fetched packet by packet, without what the
/// calls themselves cost.
fn trial(undi: &mut Undi, clock: Clock, file: Wanted<'_>) -> Option<u64> {
    let before = clock.now();
    const CALLS: u64 = 8;
    for _ in 0..CALLS {
        undi.idle_call();
    }
    let call = clock.now().saturating_since(before).as_micros() as u64 / CALLS;
    let config = Config::new(file.server, file.name, Way::Packets, undi.buffer()).ok()?;
    let config = config.with_ask_size(false).with_packet_size(PACKET).ok()?;
    let (mut begun, mut came, mut packets) = (None, 0, 0);
    let ended = undi.fetch(config, |event| {
        if let Event::Data { length, .. } = event {
            match begun {
                // The first one's time is that of the request.
                None => begun = Some(clock.now()),
                Some(_) => (came, packets) = (came + u64::from(*length), packets + 1),
            }
        }
        came < TRIAL
    });
    let spent = clock.now().saturating_since(begun?).as_micros() as u64;
    matches!(ended, Event::Done { .. } | Event::Failed(Failure::Ended))
        .then(|| pace(came.max(1), spent.saturating_sub(packets * call)))
}

fn pace(size: u64, micros: u64) -> u64 {
    micros * 1000 / (size >> 10).max(1)
}
