//! An interface as a `smoltcp` device that takes and gives IP packets.

use bootproto_core::{Instant, copy_into};
use smoltcp::phy::{self, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time;

use super::Port;
use crate::ipoib::{Failure, Interface, MAX_PACKET, frame};
use crate::verbs::PortControl;

/// Bytes of IP in a packet where the group is not known yet: that of the usual MTU of 2048.
const USUAL_MTU: usize = 2044;

/// One interface of a port, for as long as a stack looks at it. Call [`Port::service`] before and after.
#[derive(Debug)]
pub struct Device<'p, H> {
    port: &'p mut Port,
    hca: &'p mut H,
    number: usize,
    undelivered: Option<Failure>,
}

impl<'p, H: PortControl> Device<'p, H> {
    /// The interface with this number.
    pub const fn new(port: &'p mut Port, hca: &'p mut H, number: usize) -> Self {
        Self { port, hca, number, undelivered: None }
    }

    /// Why the last packet that could not be sent could not.
    #[must_use]
    pub const fn undelivered(&self) -> Option<Failure> {
        self.undelivered
    }
}

fn clock(now: time::Instant) -> Instant {
    Instant::from_micros(u64::try_from(now.total_micros()).unwrap_or(0))
}

impl<H: PortControl> phy::Device for Device<'_, H> {
    type RxToken<'a>
        = Received<'a>
    where
        Self: 'a;
    type TxToken<'a>
        = Sending<'a>
    where
        Self: 'a;

    fn receive(&mut self, timestamp: time::Instant) -> Option<(Received<'_>, Sending<'_>)> {
        let now = clock(timestamp);
        loop {
            let (number, length) = match self.port.receive_frame(self.hca, now) {
                Ok(frame) => frame?,
                Err(error) => {
                    self.port.tell(super::Event::Verbs(error));
                    return None;
                }
            };
            if number == self.number {
                let packet = self.port.message.get(frame::HEADER..length).unwrap_or_default();
                let link = self.port.links.get_mut(number)?;
                let sending =
                    Sending { interface: &mut link.interface, undelivered: &mut self.undelivered, now };
                return Some((Received(packet), sending));
            }
        }
    }

    fn transmit(&mut self, timestamp: time::Instant) -> Option<Sending<'_>> {
        let interface = &mut self.port.links.get_mut(self.number)?.interface;
        let now = clock(timestamp);
        interface.has_room().then_some(Sending { interface, undelivered: &mut self.undelivered, now })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        let mtu = self.port.interface(self.number).and_then(Interface::mtu);
        capabilities.max_transmission_unit = mtu.unwrap_or(USUAL_MTU).min(MAX_PACKET);
        capabilities
    }
}

/// A received packet.
#[derive(Debug)]
pub struct Received<'a>(&'a [u8]);

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

/// Room for a packet to send.
#[derive(Debug)]
pub struct Sending<'a> {
    interface: &'a mut Interface,
    undelivered: &'a mut Option<Failure>,
    now: Instant,
}

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        let mut packet = [0; MAX_PACKET];
        // A stack asks for no more than the MTU, which is at most this.
        let packet = packet.get_mut(..length).unwrap_or_default();
        let result = f(packet);
        *self.undelivered = self
            .interface
            .send_with(self.now, packet.len(), |place| {
                copy_into(place, packet);
            })
            .err();
        result
    }
}
