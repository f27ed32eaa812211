//! Without the feature `multicast` there is no group: a type without values, so that the compiler leaves out whatever
//! would be done with one.

use core::net::Ipv4Addr;

use crate::wire;

/// Membership in a group, which nobody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Group {}

/// What became of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(dead_code, reason = "nobody hears anything")]
pub(super) enum Heard {
    New,
    Known,
    Unfit,
    TooMany,
}

impl Group {
    pub(super) const fn new(_: wire::Multicast) -> Option<Self> {
        None
    }

    pub(super) const fn address(&self) -> Ipv4Addr {
        match *self {}
    }

    pub(super) const fn port(&self) -> u16 {
        match *self {}
    }

    pub(super) const fn is_master(&self) -> bool {
        match *self {}
    }

    pub(super) const fn appoint(&mut self, _: bool) {
        match *self {}
    }

    pub(super) const fn is_complete(&self) -> bool {
        match *self {}
    }

    pub(super) const fn acknowledged(&self) -> u16 {
        match *self {}
    }

    pub(super) const fn in_order(&self, _: u16) -> u64 {
        match *self {}
    }

    pub(super) const fn hear(&mut self, _: u16, _: u16, _: u16) -> Heard {
        match *self {}
    }
}
