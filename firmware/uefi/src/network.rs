//! How datagrams come and go: by frames over the card, or through the firmware's PXE client.

use crate::base_code::Udp;
use crate::card::Card;
use bootproto::net::Stack;
use bootproto_core::{Instant, UdpPath};
use bootproto_dhcp::client::Lease;
use core::fmt;
use core::net::Ipv4Addr;
use uefi::Status;

/// One of the two ways.
#[expect(clippy::large_enum_variant, reason = "there is one of it")]
pub(crate) enum Network<'s> {
    /// Frames, and a stack of our own.
    Frames { card: Card, stack: Stack<'s> },
    /// The firmware's UDP.
    BaseCode(Udp),
}

/// Why a datagram did not leave.
pub(crate) enum NotSent {
    Stack(bootproto::net::SendError),
    BaseCode(Status),
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stack(error) => error.fmt(f),
            Self::BaseCode(status) => write!(f, "the firmware's PXE client: EFI status {:#x}", status.0),
        }
    }
}

impl Network<'_> {
    /// Whether a look for what has come waits until something comes.
    pub(crate) const fn waits(&self) -> bool {
        matches!(self, Self::BaseCode(_))
    }

    /// Queues a datagram, or sends it.
    pub(crate) fn send(&mut self, path: UdpPath, payload: &[u8]) -> Result<(), NotSent> {
        match self {
            Self::Frames { stack, .. } => stack.send(path, payload).map_err(NotSent::Stack),
            Self::BaseCode(udp) => udp.send(path, payload).map_err(NotSent::BaseCode),
        }
    }

    /// Sends what waits.
    pub(crate) fn transmit(&mut self, now: Instant) {
        if let Self::Frames { card, stack } = self {
            stack.transmit(card, now);
        }
    }

    /// Takes one frame or datagram; false when there is none.
    pub(crate) fn receive(&mut self, now: Instant, deliver: impl FnOnce(UdpPath, &[u8])) -> bool {
        match self {
            Self::Frames { card, stack } => stack.receive(card, now, deliver),
            Self::BaseCode(udp) => udp.receive(deliver),
        }
    }

    /// Starts the card anew; false where it is not ours.
    pub(crate) fn restart(&mut self) -> bool {
        match self {
            Self::Frames { card, .. } => card.restart(),
            Self::BaseCode(_) => return false,
        }
        true
    }

    /// There is a lease.
    pub(crate) fn configure(&mut self, lease: &Lease) {
        match self {
            Self::Frames { stack, .. } => stack.configure_from(lease),
            Self::BaseCode(udp) => udp.configure(lease.routers().first().copied()),
        }
    }

    /// It is gone.
    pub(crate) fn unconfigure(&mut self) {
        if let Self::Frames { stack, .. } = self {
            stack.unconfigure();
        }
    }

    /// Asks whether somebody has an address; the firmware's client has asked already.
    pub(crate) const fn probe(&mut self, address: Ipv4Addr, now: Instant) {
        if let Self::Frames { stack, .. } = self {
            stack.probe(address, now);
        }
    }

    /// What came of it.
    pub(crate) fn probe_result(&mut self, now: Instant) -> Option<bool> {
        match self {
            Self::Frames { stack, .. } => stack.probe_result(now),
            Self::BaseCode(_) => None,
        }
    }

    /// Ends it: nothing may be written to memory any more.
    pub(crate) fn close(self) {
        match self {
            Self::Frames { card, .. } => card.close(),
            Self::BaseCode(udp) => udp.close(),
        }
    }
}
