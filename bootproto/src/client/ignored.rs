//! Why a datagram changed nothing, in the words of the part that found out.

use core::fmt;

use bootproto_core::{Code, Entry, Numbered};

use crate::transfer;

bootproto_core::numbered! {
    /// Why a datagram changed nothing for the boot client as a whole.
    pub enum Unexpected {
        /// The boot is over.
        Finished = 3101, "the boot is over", "Drop the client, or start another.";
        /// The datagram belongs to the transfer before the present one.
        EarlierTransfer = 3102, "a late packet of an earlier transfer", "Nothing to do.";
    }
}

/// Why a datagram changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ignored {
    /// The boot client itself.
    Boot(Unexpected),
    /// DHCP.
    Dhcp(bootproto_dhcp::client::Ignored),
    /// The transfer under way.
    Transfer(transfer::Ignored),
}

impl Ignored {
    /// The row in the table of numbers.
    #[must_use]
    pub fn entry(&self) -> &'static Entry {
        match self {
            Self::Boot(why) => why.entry(),
            Self::Dhcp(why) => why.entry(),
            Self::Transfer(why) => why.entry(),
        }
    }

    /// The stable number.
    #[must_use]
    pub fn code(&self) -> Code {
        self.entry().code
    }

    /// Whether the datagram had been here before; a courtesy answer may go out.
    #[must_use]
    pub const fn is_duplicate(&self) -> bool {
        match self {
            Self::Boot(why) => matches!(why, Unexpected::EarlierTransfer),
            Self::Dhcp(why) => matches!(why, bootproto_dhcp::client::Ignored::Duplicate),
            Self::Transfer(why) => why.is_duplicate(),
        }
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boot(why) => why.fmt(f),
            Self::Dhcp(why) => why.fmt(f),
            Self::Transfer(why) => why.fmt(f),
        }
    }
}
