//! The card as a `smoltcp` device: frames through `EFI_SIMPLE_NETWORK_PROTOCOL`.

use crate::clock::{Clock, pause};
use crate::trouble::Trouble;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time;
use uefi::Handle;
use uefi::boot::{self, ScopedProtocol};
use uefi::proto::network::snp::{NetworkState, ReceiveFlags, SimpleNetwork};

/// The largest Ethernet frame without checksum.
const FRAME: usize = 1514;
/// Room for one, with a VLAN tag to spare.
const ROOM: usize = 1536;
/// How many frames may be under way. A boot client has two; the rest is for ARP and IGMP.
const SLOTS: usize = 8;
/// How long a link may take to come up.
const LINK: Duration = Duration::from_secs(8);

/// One frame on its way out: the card reads it until it gives it back.
struct Slot {
    bytes: Box<[u8; ROOM]>,
    is_busy: bool,
}

/// A network card that is ours alone.
pub(crate) struct Card {
    received: Box<[u8; ROOM]>,
    sender: Sender,
}

struct Sender {
    network: ScopedProtocol<SimpleNetwork>,
    slots: Vec<Slot>,
}

impl Card {
    /// Takes the card away from the firmware's own stack and starts it.
    pub(crate) fn open(handle: Handle, clock: &Clock) -> Result<Self, Trouble> {
        let refused = |error: uefi::Error| Trouble::CardRefused { status: error.status().0 };
        let mut network = boot::open_protocol_exclusive::<SimpleNetwork>(handle)
            .or_else(|_| {
                boot::disconnect_controller(handle, None, None)?;
                boot::open_protocol_exclusive::<SimpleNetwork>(handle)
            })
            .map_err(refused)?;
        let mode = network.mode();
        if mode.hw_address_size != 6 || mode.media_header_size != 14 {
            return Err(Trouble::NotEthernet);
        }
        if network.mode().state == NetworkState::STOPPED {
            network.start().map_err(refused)?;
        }
        initialize(&mut network).map_err(refused)?;
        wait_for_link(&mut network, clock)?;
        let slots = (0..SLOTS).map(|_| Slot { bytes: Box::new([0; ROOM]), is_busy: false }).collect();
        Ok(Self { received: Box::new([0; ROOM]), sender: Sender { network, slots } })
    }

    /// The card's hardware address.
    pub(crate) fn address(&self) -> [u8; 6] {
        let bytes = self.sender.network.mode().current_address.0;
        [bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]]
    }

    /// Starts it anew: a driver whose buffers have run over may hear nothing any more (iPXE's for pcnet).
    pub(crate) fn restart(&mut self) {
        let network = &mut self.sender.network;
        // Where it does not work, the boot fails as it would have without.
        let _ = network.shutdown();
        let _ = initialize(network);
        // It reads none of them any more.
        self.sender.slots.iter_mut().for_each(|slot| slot.is_busy = false);
    }

    /// Waits until the last frames have left, and stops the card: nothing may be written to memory any more.
    pub(crate) fn close(mut self) {
        for _ in 0..100 {
            self.sender.recycle();
            if self.sender.slots.iter().all(|slot| !slot.is_busy) {
                break;
            }
            pause(Duration::from_micros(100));
        }
        let _ = self.sender.network.shutdown();
        let _ = self.sender.network.stop();
    }
}

/// Has the card receive what is for us.
fn initialize(network: &mut SimpleNetwork) -> uefi::Result {
    if network.mode().state != NetworkState::INITIALIZED {
        network.initialize(0, 0)?;
    }
    let wanted = ReceiveFlags::UNICAST | ReceiveFlags::BROADCAST | ReceiveFlags::PROMISCUOUS_MULTICAST;
    let able = ReceiveFlags::from_bits_truncate(network.mode().receive_filter_mask);
    network.receive_filters(wanted & able, ReceiveFlags::empty(), true, None)
}

fn wait_for_link(network: &mut SimpleNetwork, clock: &Clock) -> Result<(), Trouble> {
    let until = clock.now().saturating_add(LINK);
    loop {
        let mode = network.mode();
        if !bool::from(mode.media_present_supported) || bool::from(mode.media_present) {
            return Ok(());
        }
        if clock.now() >= until {
            return Err(Trouble::NoLink);
        }
        pause(Duration::from_millis(20));
        // This call looks at the link again.
        let _ = network.get_interrupt_status();
    }
}

impl Sender {
    /// Takes back the frames that have left.
    fn recycle(&mut self) {
        while let Ok(Some(left)) = self.network.get_recycled_transmit_buffer_status() {
            let left = left.as_ptr().cast_const();
            let Some(slot) = self.slots.iter_mut().find(|slot| slot.bytes.as_ptr() == left) else { continue };
            slot.is_busy = false;
        }
    }

    /// A free slot; when the card keeps all of them, it gets some time.
    fn free(&mut self) -> Option<usize> {
        for _ in 0..100 {
            self.recycle();
            let free = self.slots.iter().position(|slot| !slot.is_busy);
            if free.is_some() {
                return free;
            }
            pause(Duration::from_micros(50));
        }
        None
    }
}

/// A received frame.
pub(crate) struct Received<'a>(&'a [u8]);

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(self.0)
    }
}

/// The right to send one frame.
pub(crate) struct Sending<'a>(&'a mut Sender);

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let sender = self.0;
        let length = length.min(ROOM);
        let Some(slot) = sender.free().and_then(|free| sender.slots.get_mut(free)) else {
            // The card takes nothing: the frame is lost, as on a wire.
            return write(&mut [0; ROOM][..length]);
        };
        let result = write(&mut slot.bytes[..length]);
        slot.is_busy = sender.network.transmit(0, &mut slot.bytes[..length], None, None, None).is_ok();
        result
    }
}

impl Device for Card {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Sending<'a>;

    fn receive(&mut self, _: time::Instant) -> Option<(Received<'_>, Sending<'_>)> {
        let length = self.sender.network.receive(&mut self.received[..], None, None, None, None).ok()?;
        Some((Received(self.received.get(..length)?), Sending(&mut self.sender)))
    }

    fn transmit(&mut self, _: time::Instant) -> Option<Sending<'_>> {
        Some(Sending(&mut self.sender))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.max_transmission_unit = FRAME;
        capabilities.medium = Medium::Ethernet;
        capabilities
    }
}
