//! Verification: of what boots, that which lies in memory is hashed, not what came by; of texts, each file as it comes,
//! for in memory they are one.

use bootproto_core::{Instant, Uncompared, num};

use crate::Cause;
use crate::config::directory;

use super::file::AT_ONCE;
use super::machine::{Client, Goal, Pending, Phase};
use super::{Event, FileKind};
use crate::verify::{Digest, Hasher, Manifest, VerifyError};

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

    /// A file begins: if it is a text, its hash does.
    pub(super) fn begin_hash(&mut self, kind: FileKind) {
        if kind == FileKind::Configuration {
            self.text_hash.0 = Some(Hasher::new());
        }
    }

    /// Compares the text that came last with the manifest, if that names it. Once: what was checked is not checked
    /// again.
    pub(super) fn check_text(&mut self, manifest: &[u8]) -> Result<(), Cause> {
        let Some(hasher) = self.text_hash.0.take().filter(|_| self.has_manifest) else { return Ok(()) };
        // The manifest came after the first text; every other one is still the present file.
        let first = self.configuration.as_ref().filter(|_| self.includes == 0).map(|(_, name)| name);
        let Some(name) = first.or_else(|| self.file.as_ref().map(|file| &file.name)) else { return Ok(()) };
        match self.listed(manifest, name.as_bytes())? {
            Some(expected) if expected != hasher.finish() => Err(VerifyError::Mismatch.into()),
            _ => Ok(()),
        }
    }

    /// What the manifest says about the file at `path`. Its names are relative to where it lies; those relative to what
    /// the configuration's names are relative to, or to the server's root, are understood too.
    pub(super) fn listed(&self, manifest: &[u8], path: &[u8]) -> Result<Option<Digest>, VerifyError> {
        let beside = self.configuration.as_ref().map_or(&b""[..], |(_, name)| directory(name.as_bytes()));
        let prefix = self.facts().map(|facts| facts.prefix()).unwrap_or_default();
        let list = Manifest::new(manifest);
        for from in [beside, prefix, b""] {
            if let Some(digest) = list.digest_at(from, path)? {
                return Ok(Some(digest));
            }
        }
        Ok(None)
    }
}
