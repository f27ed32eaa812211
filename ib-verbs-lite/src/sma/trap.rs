//! Notices to the subnet manager, sent again until it knows (IBTA 14.3).

use core::time::Duration;

use bootproto_core::{Backoff, Instant, Rng};

use crate::mad::attribute::Notice;

/// The first wait for a `TrapRepress`, and the longest.
const FIRST: Duration = Duration::from_secs(1);
const CEILING: Duration = Duration::from_secs(32);
const JITTER: Duration = Duration::from_millis(100);

/// How often a trap is sent when nobody acknowledges it.
const TRIES: u8 = 8;

/// A trap that the subnet manager does not know of yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trap {
    pub(super) notice: Notice,
    pub(super) tid: u64,
    backoff: Backoff,
    tries: u8,
    /// When it is sent again; `None` while it waits to be sent.
    pub(super) next: Option<Instant>,
}

impl Trap {
    pub(super) const fn new(notice: Notice, tid: u64) -> Self {
        Self { notice, tid, backoff: Backoff::new(FIRST, CEILING, JITTER), tries: TRIES, next: None }
    }

    pub(super) const fn is_due(&self) -> bool {
        self.next.is_none()
    }

    /// It was sent.
    pub(super) fn sent(&mut self, now: Instant, rng: &mut Rng) {
        self.tries = self.tries.saturating_sub(1);
        self.next = Some(now.saturating_add(self.backoff.next_interval(rng)));
    }

    /// Whether it is time to give up; otherwise it is due if it is time for that.
    pub(super) fn timeout(&mut self, now: Instant) -> bool {
        if self.next.is_none_or(|next| next > now) {
            return false;
        }
        self.next = None;
        self.tries == 0
    }
}
