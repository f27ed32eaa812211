//! What is asked of a server, from everything down to nothing.

use core::fmt;

/// How much is asked of the server. A client begins at the top and steps down where the server stumbles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Rung {
    /// All that is configured.
    Everything,
    /// No `multicast`.
    NoMulticast,
    /// No `windowsize` either: one block at a time.
    NoWindow,
    /// No `blksize` either: blocks of 512 bytes.
    NoBlockSize,
    /// No option at all: RFC 1350.
    Plain,
}

impl Rung {
    /// The next one down.
    pub(super) const fn below(self) -> Option<Self> {
        match self {
            Self::Everything => Some(Self::NoMulticast),
            Self::NoMulticast => Some(Self::NoWindow),
            Self::NoWindow => Some(Self::NoBlockSize),
            Self::NoBlockSize => Some(Self::Plain),
            Self::Plain => None,
        }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Everything => "all options",
            Self::NoMulticast => "no multicast",
            Self::NoWindow => "no windowsize",
            Self::NoBlockSize => "no windowsize, no blksize",
            Self::Plain => "no options",
        })
    }
}
