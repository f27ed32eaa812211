//! One row of the lease table: which client has which address until when.

use core::fmt;
use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto_core::{Instant, copy_into, num};

use crate::HardwareAddress;

/// How a client is told from others: its client identifier if it sends one, else its hardware address.
///
/// Identifiers of more than 64 bytes are kept as their first 56 bytes and a hash of the whole; RFC 4361 knows ones of
/// up to 135 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientKey {
    /// 0 nobody, 1 a hardware address with its type in front, 2 a client identifier.
    kind: u8,
    length: u8,
    bytes: [u8; 64],
}

impl ClientKey {
    pub(super) const NOBODY: Self = Self { kind: 0, length: 0, bytes: [0; 64] };

    /// A client known by its hardware address.
    #[must_use]
    pub fn hardware(address: HardwareAddress) -> Self {
        let mut bytes = [0; 64];
        let mut length: usize = 0;
        for (place, byte) in bytes.iter_mut().zip([address.htype].iter().chain(address.bytes())) {
            *place = *byte;
            length = length.saturating_add(1);
        }
        Self { kind: 1, length: num::u8_from_usize_saturating(length), bytes }
    }

    /// A client known by its client identifier, the value of option 61.
    #[must_use]
    pub fn identifier(id: &[u8]) -> Self {
        let mut bytes = [0; 64];
        let copied = copy_into(&mut bytes, id);
        if copied < id.len()
            && let Some(tail) = bytes.get_mut(56..)
        {
            copy_into(tail, &fnv1a(id).to_be_bytes());
        }
        Self { kind: 2, length: num::u8_from_usize_saturating(id.len()), bytes }
    }

    /// A number that is the same for the same client: where to look for its address first.
    pub(super) fn spread(&self) -> u64 {
        fnv1a(&self.bytes)
    }
}

/// FNV-1a of 64 bits (Fowler, Noll, Vo).
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            0 => "nobody",
            1 => "hardware",
            _ => "identifier",
        };
        let kept = self.bytes.get(..usize::from(self.length)).unwrap_or(&self.bytes);
        write!(f, "ClientKey({kind} {kept:02x?})")
    }
}

/// What a binding is at present; an instant in it may have passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Never used.
    Free,
    /// Reserved for a client that was offered it.
    Offered { since: Instant, until: Instant },
    /// Given; without an end for BOOTP and infinite leases.
    Leased { until: Option<Instant> },
    /// Given back.
    Released { since: Instant },
    /// In use by somebody else, as a client found out.
    Declined { until: Instant },
}

/// One row of the lease table.
///
/// [`Binding::FREE`] is an empty row; [`Binding::host`] and [`Binding::host_by_id`] are fixed ones, whose address is
/// kept for one client for good.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    pub(super) key: ClientKey,
    pub(super) hardware: HardwareAddress,
    pub(super) address: Ipv4Addr,
    pub(super) state: State,
    pub(super) fixed: bool,
}

impl Binding {
    /// An empty row.
    pub const FREE: Self = Self {
        key: ClientKey::NOBODY,
        hardware: HardwareAddress::empty(0),
        address: Ipv4Addr::UNSPECIFIED,
        state: State::Free,
        fixed: false,
    };

    /// A fixed row: the client with this hardware address, whatever identifier it sends, gets this address.
    #[must_use]
    pub fn host(hardware: HardwareAddress, address: Ipv4Addr) -> Self {
        Self { key: ClientKey::hardware(hardware), hardware, address, fixed: true, ..Self::FREE }
    }

    /// A fixed row: the client with this client identifier (option 61) gets this address.
    #[must_use]
    pub fn host_by_id(id: &[u8], address: Ipv4Addr) -> Self {
        Self { key: ClientKey::identifier(id), address, fixed: true, ..Self::FREE }
    }

    /// A row as an earlier run left it: a lease until `until`, for ever if `None`.
    #[must_use]
    pub const fn leased(
        key: ClientKey,
        hardware: HardwareAddress,
        address: Ipv4Addr,
        until: Option<Instant>,
    ) -> Self {
        Self { key, hardware, address, state: State::Leased { until }, fixed: false }
    }

    /// Who has it, or had it last.
    #[must_use]
    pub const fn key(&self) -> &ClientKey {
        &self.key
    }

    /// The hardware address that the client sent last.
    #[must_use]
    pub const fn hardware(&self) -> &HardwareAddress {
        &self.hardware
    }

    /// The address; 0.0.0.0 in an empty row.
    #[must_use]
    pub const fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Whether the row is a fixed one.
    #[must_use]
    pub const fn is_fixed(&self) -> bool {
        self.fixed
    }

    /// Whether a client has the address at `now`; an offer does not count.
    #[must_use]
    pub fn is_leased(&self, now: Instant) -> bool {
        matches!(self.state, State::Leased { until } if until.is_none_or(|until| until > now))
    }

    /// When the lease ends or ended; `None` if it never does, or if there is none.
    #[must_use]
    pub const fn expires(&self) -> Option<Instant> {
        match self.state {
            State::Leased { until } => until,
            State::Free | State::Offered { .. } | State::Released { .. } | State::Declined { .. } => None,
        }
    }

    /// Since when nobody has a claim to the address; `None` while somebody has.
    pub(super) fn idle_since(&self, now: Instant) -> Option<Instant> {
        let since = match self.state {
            State::Free => Instant::from_micros(0),
            State::Offered { until, .. } | State::Declined { until } => until,
            State::Leased { until } => until?,
            State::Released { since } => since,
        };
        (since <= now).then_some(since)
    }

    /// Whether the address is known to be in somebody else's use at `now`.
    pub(super) fn is_quarantined(&self, now: Instant) -> bool {
        matches!(self.state, State::Declined { until } if until > now)
    }

    /// Makes the row `key`'s, with an offer that holds for `time`.
    pub(super) const fn offer(&mut self, now: Instant, time: Duration) {
        self.state = State::Offered { since: now, until: now.saturating_add(time) };
    }
}

impl Default for Binding {
    fn default() -> Self {
        Self::FREE
    }
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key == ClientKey::NOBODY && self.state == State::Free {
            return f.write_str("Binding(free)");
        }
        let fixed = if self.fixed { " fixed" } else { "" };
        write!(f, "Binding({} {:?} {:?}{fixed})", self.address, self.key, self.state)
    }
}
