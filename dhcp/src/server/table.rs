//! The lease table: finding a client's row, and a row for a new client.

use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto_core::{Instant, num};

use super::binding::State;
use super::request::Request;
use super::{Binding, ClientKey, Config};

/// An offer younger than this is never taken away, however many clients ask.
const OFFER_GRACE: Duration = Duration::from_secs(1);

/// How many addresses one pass over the table looks at.
const WINDOW: u64 = 1024;

/// The row of this client: its fixed one unless that is in quarantine, else the one it had.
pub(super) fn row_of(rows: &[Binding], config: &Config, request: &Request, now: Instant) -> Option<usize> {
    let fixed =
        |key: ClientKey| rows.iter().position(|row| row.fixed && row.key == key && !row.is_quarantined(now));
    let by_id = fixed(request.key);
    let hardware = request.header.hardware;
    let by_hardware = || {
        let known = !hardware.bytes().is_empty();
        known.then(|| fixed(ClientKey::hardware(hardware))).flatten()
    };
    let own = |row: &Binding| !row.fixed && row.key == request.key;
    // A lease of a pool that is no more may still run beside the one that replaces it.
    let current = || rows.iter().position(|row| own(row) && config.is_in_pool(row.address));
    by_id.or_else(by_hardware).or_else(current).or_else(|| rows.iter().position(own))
}

/// Frees rows whose address another row has: a fixed one, or one before it. An earlier run may have given what is
/// reserved now.
pub(super) fn settle(rows: &mut [Binding]) {
    for index in 0..rows.len() {
        let Some(row) = rows.get(index).filter(|row| !row.fixed && !row.address.is_unspecified()) else {
            continue;
        };
        let mut others = rows.iter().enumerate().filter(|(_, other)| other.address == row.address);
        if others.any(|(place, other)| other.fixed || place < index)
            && let Some(row) = rows.get_mut(index)
        {
            *row = Binding::FREE;
        }
    }
}

/// The row that has `address`.
fn row_at(rows: &[Binding], address: Ipv4Addr) -> Option<usize> {
    rows.iter().position(|row| row.address == address)
}

/// A row and an address for this client, the table unchanged: what it has or had, what it asks for, an address never
/// given, the one idle for longest, or the oldest offer that nobody took up. Live leases are never touched.
pub(super) fn place_for(
    rows: &[Binding],
    config: &Config,
    request: &Request,
    now: Instant,
) -> Option<(usize, Ipv4Addr)> {
    let usable = |row: &Binding| row.fixed || config.is_in_pool(row.address);
    if let Some(index) = row_of(rows, config, request, now)
        && let Some(row) = rows.get(index)
        && usable(row)
    {
        return Some((index, row.address));
    }
    let empty = rows.iter().position(|row| is_empty(row, config, now));
    if let Some(address) = request.requested.filter(|address| config.is_in_pool(*address)) {
        match row_at(rows, address) {
            None if empty.is_some() => return Some((empty?, address)),
            Some(index) if rows.get(index).is_some_and(|row| is_idle(row, now)) => {
                return Some((index, address));
            }
            None | Some(_) => {}
        }
    }
    if let Some(index) = empty
        && let Some(address) = unused(rows, config, request.key.spread())
    {
        return Some((index, address));
    }
    longest_idle(rows, config, now).or_else(|| oldest_offer(rows, config, now))
}

/// The row for an address that a client claims to have, if nobody has a claim to it: a server that lost its table
/// learns it again from renewals.
pub(super) fn place_at(rows: &[Binding], config: &Config, address: Ipv4Addr, now: Instant) -> Option<usize> {
    if !config.is_in_pool(address) {
        return None;
    }
    match row_at(rows, address) {
        Some(index) => rows.get(index).filter(|row| is_idle(row, now)).map(|_| index),
        None => rows.iter().position(|row| is_empty(row, config, now)),
    }
}

/// Whether a row is free for anybody.
fn is_idle(row: &Binding, now: Instant) -> bool {
    !row.fixed && row.idle_since(now).is_some()
}

/// Whether a row holds no address worth remembering.
fn is_empty(row: &Binding, config: &Config, now: Instant) -> bool {
    is_idle(row, now) && (row.state == State::Free || !config.is_in_pool(row.address))
}

fn longest_idle(rows: &[Binding], config: &Config, now: Instant) -> Option<(usize, Ipv4Addr)> {
    let idle = rows.iter().enumerate().filter(|(_, row)| !row.fixed && config.is_in_pool(row.address));
    let oldest = idle.filter_map(|(index, row)| Some((row.idle_since(now)?, index, row.address))).min();
    oldest.map(|(_, index, address)| (index, address))
}

fn oldest_offer(rows: &[Binding], config: &Config, now: Instant) -> Option<(usize, Ipv4Addr)> {
    let offers = rows.iter().enumerate().filter(|(_, row)| !row.fixed && config.is_in_pool(row.address));
    let oldest = offers.filter_map(|(index, row)| match row.state {
        State::Offered { since, .. } if now.saturating_since(since) >= OFFER_GRACE => {
            Some((since, index, row.address))
        }
        State::Offered { .. }
        | State::Free
        | State::Leased { .. }
        | State::Released { .. }
        | State::Declined { .. } => None,
    });
    oldest.min().map(|(_, index, address)| (index, address))
}

/// An address of the pool that no row has. The search begins where `spread` says, so that a client gets the same
/// address from an empty table. It takes as many passes over the table as the table has thousands of rows.
fn unused(rows: &[Binding], config: &Config, spread: u64) -> Option<Ipv4Addr> {
    let (first, last) = config.pool?;
    let size = u64::from(last.to_bits().checked_sub(first.to_bits())?).saturating_add(1);
    let mut start = spread.checked_rem(size)?;
    let mut covered = 0;
    while covered < size.saturating_add(WINDOW) {
        let length = WINDOW.min(size.saturating_sub(start));
        if let Some(offset) = unused_in(rows, config, first, start, length) {
            return Some(nth(first, offset));
        }
        covered = covered.saturating_add(length);
        start = start.saturating_add(length);
        if start >= size {
            start = 0;
        }
    }
    None
}

fn nth(first: Ipv4Addr, offset: u64) -> Ipv4Addr {
    Ipv4Addr::from_bits(num::low_u32(u64::from(first.to_bits()).saturating_add(offset)))
}

/// The first unused address among `length` from `start` on, as an offset into the pool.
fn unused_in(rows: &[Binding], config: &Config, first: Ipv4Addr, start: u64, length: u64) -> Option<u64> {
    let mut taken = [0_u64; 16];
    let base = u64::from(first.to_bits()).saturating_add(start);
    for row in rows {
        if let Some(offset) = u64::from(row.address.to_bits()).checked_sub(base)
            && let Some(word) = taken.get_mut(num::usize_from_u64_saturating(offset / 64))
        {
            *word |= 1_u64.wrapping_shl(num::low_u32(offset % 64));
        }
    }
    (0..length)
        .find(|offset| {
            let word = taken.get(num::usize_from_u64_saturating(offset / 64)).copied().unwrap_or(u64::MAX);
            let is_taken = word.wrapping_shr(num::low_u32(offset % 64)) & 1 == 1;
            !is_taken && config.is_in_pool(nth(first, start.saturating_add(*offset)))
        })
        .map(|offset| start.saturating_add(offset))
}
