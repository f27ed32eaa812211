//! The ARP probe: does somebody else use the address that we were offered?

use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto_core::Instant;
use smoltcp::wire::{ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol};

/// How many probes are sent, RFC 5227 section 1.1 `PROBE_NUM`.
const PROBES: u8 = 3;

/// The time between probes and after the last one. RFC 5227 waits 1 to 2 s; a machine that boots asks a link
/// that is up already, and a neighbour on it answers within microseconds.
const INTERVAL: Duration = Duration::from_millis(200);

/// Length of an ARP request in an Ethernet frame, without padding.
pub(super) const FRAME: usize = 42;

/// A probe for one address under way (RFC 5227 section 2.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressProbe {
    address: Ipv4Addr,
    own: EthernetAddress,
    sent: u8,
    next: Instant,
    conflict: bool,
}

impl AddressProbe {
    pub(super) const fn new(address: Ipv4Addr, own: EthernetAddress, now: Instant) -> Self {
        Self { address, own, sent: 0, next: now, conflict: false }
    }

    /// The address in question.
    #[must_use]
    pub const fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// When the next probe or the verdict is due.
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.next
    }

    /// Whether the address is in use: `None` while nobody can know.
    #[must_use]
    pub fn in_use(&self, now: Instant) -> Option<bool> {
        if self.conflict {
            return Some(true);
        }
        (self.sent >= PROBES && now >= self.next).then_some(false)
    }

    /// Whether a probe is to be sent now; the caller sends [`request`](Self::request) then.
    pub(super) fn due(&mut self, now: Instant) -> bool {
        if self.conflict || self.sent >= PROBES || now < self.next {
            return false;
        }
        self.sent = self.sent.saturating_add(1);
        self.next = now.saturating_add(INTERVAL);
        true
    }

    /// Writes the probe into a frame of [`FRAME`] bytes.
    pub(super) fn request(&self, frame: &mut [u8]) {
        let Ok(mut ethernet) = EthernetFrame::new_checked(frame) else {
            return;
        };
        ethernet.set_dst_addr(EthernetAddress::BROADCAST);
        ethernet.set_src_addr(self.own);
        ethernet.set_ethertype(EthernetProtocol::Arp);
        //= https://www.rfc-editor.org/rfc/rfc5227#section-2.1.1
        //# The 'sender IP address' field MUST be set to all zeroes
        let repr = ArpRepr::EthernetIpv4 {
            operation: ArpOperation::Request,
            source_hardware_addr: self.own,
            source_protocol_addr: Ipv4Addr::UNSPECIFIED,
            target_hardware_addr: EthernetAddress([0; 6]),
            target_protocol_addr: self.address,
        };
        repr.emit(&mut ArpPacket::new_unchecked(ethernet.payload_mut()));
    }

    /// Looks at a received frame: another station that has the address, or probes for it as well, is a conflict.
    pub(super) fn observe(&mut self, frame: &[u8]) {
        let Ok(ethernet) = EthernetFrame::new_checked(frame) else {
            return;
        };
        if ethernet.ethertype() != EthernetProtocol::Arp {
            return;
        }
        let Ok(packet) = ArpPacket::new_checked(ethernet.payload()) else {
            return;
        };
        let Ok(ArpRepr::EthernetIpv4 {
            operation,
            source_hardware_addr,
            source_protocol_addr,
            target_protocol_addr,
            ..
        }) = ArpRepr::parse(&packet)
        else {
            return;
        };
        let rival = operation == ArpOperation::Request
            && source_protocol_addr.is_unspecified()
            && target_protocol_addr == self.address;
        if source_hardware_addr != self.own && (source_protocol_addr == self.address || rival) {
            self.conflict = true;
        }
    }
}
