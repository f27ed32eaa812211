//! Records of the SA.
//!
//! What belongs here: structures with their bytes, and the names of their components. What does not: RMPP, and which
//! components a question needs.

mod multicast;
mod node;
mod path;
mod subscription;

pub use multicast::McMemberRecord;
pub use node::NodeRecord;
pub use path::PathRecord;
pub use subscription::{InformInfo, ServiceRecord};

use core::fmt;
use core::ops::BitOr;

/// Which components of a record a question means: bit n is the n-th component (IBTA 15.2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ComponentMask(pub u64);

impl ComponentMask {
    /// No component: everything matches.
    pub const NONE: Self = Self(0);

    /// The mask with the one component `number`.
    pub(crate) const fn bit(number: u32) -> Self {
        Self(1_u64.wrapping_shl(number))
    }

    /// The components of either.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all components of `other` are in it.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for ComponentMask {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.and(other)
    }
}

impl fmt::Display for ComponentMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:x}", self.0)
    }
}

/// Declares the components of a record.
macro_rules! components {
    ($name:ident { $( $(#[$meta:meta])* $constant:ident = $bit:literal, )+ }) => {
        impl $name {
            $( $(#[$meta])* pub const $constant: super::ComponentMask = super::ComponentMask::bit($bit); )+
        }
    };
}
use components;
