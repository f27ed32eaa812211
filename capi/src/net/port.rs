//! A network card for the stack: the frame that just came, and the one that goes next.

use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

use super::state::{BP_FRAME_BYTES, FRAME};

/// The frame that waits to be sent. A second one takes its place: what is lost is sent again.
#[derive(Debug)]
pub(super) struct Outgoing {
    bytes: [u8; BP_FRAME_BYTES],
    length: usize,
}

/// The frame that came, if any, beside the one that waits.
#[derive(Debug)]
pub(super) struct Port<'p> {
    pub(super) incoming: Option<&'p [u8]>,
    pub(super) outgoing: &'p mut Outgoing,
}

/// The frame that came.
#[derive(Debug)]
pub(super) struct Incoming<'p>(&'p [u8]);

impl Outgoing {
    pub(super) const NONE: Self = Self { bytes: [0; BP_FRAME_BYTES], length: 0 };

    /// The frame that waits; empty if there is none.
    pub(super) fn frame(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    pub(super) const fn clear(&mut self) {
        self.length = 0;
    }
}

impl RxToken for Incoming<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

impl TxToken for &mut Outgoing {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        // The stack asks for no more than the MTU that it was told.
        self.length = length.min(self.bytes.len());
        f(self.bytes.get_mut(..length).unwrap_or_default())
    }
}

impl Device for Port<'_> {
    type RxToken<'a>
        = Incoming<'a>
    where
        Self: 'a;
    type TxToken<'a>
        = &'a mut Outgoing
    where
        Self: 'a;

    fn receive(&mut self, _: Instant) -> Option<(Incoming<'_>, &mut Outgoing)> {
        Some((Incoming(self.incoming.take()?), self.outgoing))
    }

    fn transmit(&mut self, _: Instant) -> Option<&mut Outgoing> {
        (self.outgoing.length == 0).then_some(&mut *self.outgoing)
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = FRAME;
        capabilities
    }
}
