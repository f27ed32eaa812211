//! Verification: what lies in memory is hashed, not what came by.

use bootproto_core::{Instant, Uncompared, num};

use super::Event;
use super::file::AT_ONCE;
use super::machine::{Client, Goal, Pending, Phase};
use crate::verify::{Digest, Hasher, VerifyError};

/// One file's verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    index: u8,
    left: u64,
    expected: Digest,
    hasher: Uncompared<Hasher>,
}

impl Check {
    pub(super) fn new(index: u8, size: u64, expected: Digest) -> Self {
        Self { index, left: size, expected, hasher: Uncompared(Hasher::new()) }
    }
}

impl Client {
    /// Takes the next bytes of the file that [`Event::Verify`] asked for, from first to last, in pieces of any size.
    ///
    /// Answers [`Event::Nothing`] until the last byte, then [`Event::Verified`] or [`Event::Failed`]. Bytes beyond the
    /// file's end are not looked at. At any other time the call changes nothing.
    pub fn verify_bytes(&mut self, now: Instant, bytes: &[u8]) -> Event<'static> {
        let now = self.clock.advance(now);
        let Phase::Verifying(check) = &mut self.phase else { return Event::Nothing };
        let taken = bytes.len().min(num::usize_from_u64_saturating(check.left));
        check.hasher.0.update(bytes.get(..taken).unwrap_or_default());
        check.left = check.left.saturating_sub(num::u64_from_usize(taken));
        if check.left > 0 {
            return Event::Nothing;
        }
        let (index, expected, found) = (check.index, check.expected, check.hasher.0.clone().finish());
        if found != expected {
            return self.fail(now, VerifyError::Mismatch.into());
        }
        let Some(kind) = self.images.file(index).map(|file| file.kind) else { return Event::Nothing };
        self.images.set_verified(index);
        self.goal = Goal::Verify(index.saturating_add(1));
        self.transition(Phase::Between);
        self.pending = Some((now.saturating_add(AT_ONCE), Pending::Proceed));
        Event::Verified { kind, digest: found.0 }
    }
}
