//! The stack as a value in a caller's storage.

use bootproto::net::{SendError, Stack, Storage};
use bootproto_core::{Instant, Machine as _};

use super::port::{Outgoing, Port};
use crate::boot::{
    BP_BOOT_CONFIGURED, BP_BOOT_EXPIRED, BP_BOOT_MAX_TRANSMIT, BP_BOOT_NOTHING, BP_BOOT_PROBE_ADDRESS,
    BP_BOOT_REFUSED, BP_BOOT_RENEWED, Boot, bp_boot_event,
};
use crate::raw::Stored;

/// How many words a `bp_net` has.
pub const BP_NET_WORDS: usize = 1280;

/// A frame is at most this long, checksum excluded; longer ones are not sent.
pub const BP_FRAME_BYTES: usize = 1536;

/// Ethernet's header and 1500 bytes.
pub(super) const FRAME: usize = 1514;

/// Storage for ARP, IPv4 and UDP on one network card, which must stay where it is. The caller provides it.
#[repr(C)]
#[derive(Debug, Clone)]
pub struct bp_net {
    /// The library's.
    pub opaque: [u64; BP_NET_WORDS],
}

/// The stack, and the frame that waits to be sent.
#[derive(Debug)]
pub(super) struct Net {
    stack: Stack<'static>,
    outgoing: Outgoing,
    /// Why the last datagram was not sent, if it was not.
    pub(super) undelivered: Option<SendError>,
}

impl Stored for Net {
    type Storage = bp_net;
    type Extra = Storage<'static>;
    const KIND: u8 = b'N';
    const IS_PINNED: bool = true;
}

impl Net {
    pub(super) fn new(own: [u8; 6], seed: u64, now: Instant, storage: &'static mut Storage<'static>) -> Self {
        let mut outgoing = Outgoing::NONE;
        let mut port = Port { incoming: None, outgoing: &mut outgoing };
        let stack = Stack::new(&mut port, own, seed, now, storage);
        Self { stack, outgoing, undelivered: None }
    }

    /// Takes a frame; what the stack can do about an event itself, it does.
    pub(super) fn handle_frame(&mut self, boot: &mut Boot, now: Instant, frame: &[u8]) -> bp_boot_event {
        let mut told = bp_boot_event::default();
        let mut port = Port { incoming: Some(frame), outgoing: &mut self.outgoing };
        self.stack.receive(&mut port, now, |path, payload| {
            // A frame may well come after the end: ARP goes on, the boot does not.
            if !boot.client.is_finished() {
                told = boot.handle_datagram(now, path, payload);
            }
        });
        self.act(boot, now, told)
    }

    pub(super) fn handle_timeout(&mut self, boot: &mut Boot, now: Instant) -> bp_boot_event {
        if let Some(in_use) = self.stack.probe_result(now) {
            boot.client.probe_result(now, in_use);
        }
        let told = boot.handle_timeout(now);
        self.act(boot, now, told)
    }

    fn act(&mut self, boot: &Boot, now: Instant, told: bp_boot_event) -> bp_boot_event {
        match told.kind {
            BP_BOOT_CONFIGURED | BP_BOOT_RENEWED => {
                if let Some(lease) = boot.client.lease() {
                    self.stack.configure_from(lease);
                }
            }
            BP_BOOT_REFUSED | BP_BOOT_EXPIRED => self.stack.unconfigure(),
            BP_BOOT_PROBE_ADDRESS => {
                self.stack.probe(told.own_address.octets.into(), now);
                return bp_boot_event { kind: BP_BOOT_NOTHING, ..told };
            }
            _ => {}
        }
        told
    }

    /// The next frame to send; empty if there is none. It stays until [`sent`](Self::sent).
    pub(super) fn poll_frame(&mut self, boot: &mut Boot, now: Instant) -> &[u8] {
        // Each datagram of the client's either waits in the stack afterwards, or is lost and sent again.
        let mut buffer = [0; BP_BOOT_MAX_TRANSMIT];
        while self.outgoing.frame().is_empty() {
            let datagram = boot.client.poll_transmit(now, &mut buffer).ok().flatten();
            let more = datagram.is_some();
            if let Some(datagram) = datagram {
                self.undelivered = self.stack.send(datagram.path, datagram.bytes).err();
            }
            self.stack.transmit(&mut Port { incoming: None, outgoing: &mut self.outgoing }, now);
            if !more {
                break;
            }
        }
        self.outgoing.frame()
    }

    pub(super) const fn sent(&mut self) {
        self.outgoing.clear();
    }

    pub(super) fn poll_timeout(&mut self, boot: &Boot, now: Instant) -> Option<Instant> {
        if !self.outgoing.frame().is_empty() {
            return Some(now);
        }
        let stack = self.stack.poll_timeout(now);
        [stack, boot.client.poll_timeout()].into_iter().flatten().min()
    }
}
