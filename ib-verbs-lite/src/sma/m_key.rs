//! The management key: who may ask and set (IBTA 14.2.4).

use core::time::Duration;

use bootproto_core::Instant;

use crate::mad::Method;
use crate::mad::attribute::PortInfo;

/// The clock of the key's lease: it runs from the first wrong key to the next right one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Lease {
    end: Option<Instant>,
}

/// What the key says about an SMP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may.
    Allowed,
    /// It may ask, and the key in the answer is zero.
    AllowedBlind,
    /// It may not, and gets no answer.
    Violation,
}

/// Whether an SMP with this key may do this.
///
/// Protection 0: everybody may ask, and sees the key. 1: everybody may ask. 2 and 3: only who has the key.
pub(super) const fn judge(port: &PortInfo, method: Method, m_key: u64) -> Verdict {
    if port.m_key == 0 || port.m_key == m_key {
        return Verdict::Allowed;
    }
    match (method, port.m_key_protect_bits) {
        (Method::GET, 0) => Verdict::Allowed,
        (Method::GET, 1) => Verdict::AllowedBlind,
        _ => Verdict::Violation,
    }
}

impl Lease {
    /// A wrong key came: the violation counts, and the clock starts unless it runs.
    pub(super) const fn violated(&mut self, now: Instant, port: &mut PortInfo) {
        port.m_key_violations = port.m_key_violations.saturating_add(1);
        if self.end.is_none() && port.m_key_lease_period != 0 {
            let period = Duration::from_secs(period(port));
            self.end = Some(now.saturating_add(period));
        }
    }

    /// The right key came.
    pub(super) const fn renewed(&mut self) {
        self.end = None;
    }

    /// The end of the lease, while the clock runs.
    pub(super) const fn end(&self) -> Option<Instant> {
        self.end
    }

    /// Ends the lease if it is time: the key stays, and protects nothing.
    pub(super) fn expire(&mut self, now: Instant, port: &mut PortInfo) -> bool {
        let is_over = self.end.is_some_and(|end| end <= now);
        if is_over {
            self.end = None;
            port.m_key_protect_bits = 0;
        }
        is_over
    }
}

const fn period(port: &PortInfo) -> u64 {
    let [high, low] = port.m_key_lease_period.to_be_bytes();
    u64::from_be_bytes([0, 0, 0, 0, 0, 0, high, low])
}
