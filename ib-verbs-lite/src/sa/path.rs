//! The paths that are known.

use crate::mad::record::PathRecord;
use crate::{Gid, PKey};

/// How many paths are remembered.
const PATHS: usize = 16;

/// The paths that are known; a new one takes the place of the oldest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paths {
    known: [Option<PathRecord>; PATHS],
    next: usize,
}

impl Paths {
    pub(super) const fn new() -> Self {
        Self { known: [None; PATHS], next: 0 }
    }

    pub(super) fn find(&self, dgid: Gid, p_key: Option<PKey>) -> Option<&PathRecord> {
        self.known.iter().flatten().find(|path| path.dgid == dgid && in_partition(path, p_key))
    }

    pub(super) fn remember(&mut self, path: PathRecord) {
        let same = self.known.iter().position(|known| {
            known.is_some_and(|known| known.dgid == path.dgid && in_partition(&known, Some(path.p_key)))
        });
        let index = same.unwrap_or(self.next);
        if same.is_none() {
            self.next = self.next.wrapping_add(1).checked_rem(PATHS).unwrap_or(0);
        }
        if let Some(place) = self.known.get_mut(index) {
            *place = Some(path);
        }
    }

    /// Forgets the paths to a port.
    pub(super) fn forget(&mut self, dgid: Gid) {
        for place in &mut self.known {
            if place.is_some_and(|path| path.dgid == dgid) {
                *place = None;
            }
        }
    }

    /// Forgets everything.
    pub(super) const fn clear(&mut self) {
        *self = Self::new();
    }
}

fn in_partition(path: &PathRecord, p_key: Option<PKey>) -> bool {
    p_key.is_none_or(|p_key| p_key.base() == path.p_key.base())
}
