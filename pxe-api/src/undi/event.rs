//! What the UNDI client tells its caller.

use super::failure::{Failure, Ignored};
use crate::SegmentOffset;
use crate::blocks::{
    MacAddress, PacketKind, PacketType, Protocol, ServiceFlags, UndiGetIfaceInfo, UndiGetInformation,
    UndiGetStatistics,
};
use crate::opcode::{Opcode, Status};

/// What a call's return means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Nothing to do.
    Nothing,
    /// Something was left out, and why.
    Ignored(Ignored),
    /// A packet of the ROM's own DHCP exchange: copy it before the next call and give it to `dhcp`.
    Cached(Cached),
    /// Frames can be sent and received; [`Client::information`](super::Client::information) is there. It comes again
    /// where the driver had to be closed for a while.
    Opened,
    /// The frame was handed to the adapter; its memory is free again.
    Sent,
    /// It was not.
    SendFailed(Status),
    /// A frame, or a piece of one: copy it before the next call.
    Received(Fragment),
    /// A round of receiving has ended, for nothing more is there. A round that ends at its quota ends with a frame
    /// instead, and [`Client::has_more`](super::Client::has_more) tells.
    Drained {
        /// How many whole frames it gave.
        frames: u16,
    },
    /// Interrupts do not come, though frames do: from now on every [`Signal::Poll`](super::Signal::Poll) looks.
    Polling,
    /// The counters.
    Statistics(Statistics),
    /// What was asked for is done, by this call.
    Applied(Opcode),
    /// The hardware address of the multicast group that was asked for, in the first bytes.
    GroupAddress(MacAddress),
    /// All is undone that was to be undone.
    Closed(Kept),
    /// There will be no frames, and all is undone.
    Failed(Failure),
}

/// Where a packet of the ROM's DHCP exchange is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cached {
    /// Which.
    pub kind: PacketType,
    /// Where, in the ROM's memory.
    pub at: SegmentOffset,
    /// How many bytes.
    pub length: u16,
}

/// A piece of a received frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment {
    /// Where it is, in the ROM's memory. `length` bytes from here do not wrap the segment.
    pub at: SegmentOffset,
    /// How many bytes.
    pub length: u16,
    /// Where in the frame it belongs; 0 starts a frame, whatever came of one before.
    pub offset: u16,
    /// How many bytes the frame has: at most the configured limit, and `offset + length` at most this.
    pub frame_length: u16,
    /// How many of them are the media header: 14 over Ethernet, 0 where the ROM keeps it.
    pub header_length: u16,
    /// What the frame holds.
    pub protocol: Protocol,
    /// To whom it was sent.
    pub kind: PacketKind,
    /// Whether the frame is whole now.
    pub last: bool,
}

/// What the ROM tells about the adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Information {
    /// I/O port base.
    pub base_io: u16,
    /// Interrupt line, if it can be one.
    pub irq: Option<u8>,
    /// Largest payload of a frame, in bytes, as the ROM says.
    pub mtu: u16,
    /// Hardware type of ARP: 1 Ethernet, 32 InfiniBand.
    pub hardware_type: u16,
    /// Length of a hardware address, which can be more than the 16 bytes that PXE holds (20 over InfiniBand).
    pub address_length: u16,
    current: MacAddress,
    permanent: MacAddress,
    /// Receive buffers.
    pub receive_buffers: u16,
    /// Transmit buffers.
    pub transmit_buffers: u16,
    /// Kind of interface, such as `DIX+802.3`, NUL-padded; zeros if the ROM does not tell.
    pub interface: [u8; 16],
    /// Bits per second; 0 if the ROM does not tell, and often wrong.
    pub link_speed: u32,
    /// What the driver can do.
    pub service_flags: ServiceFlags,
}

impl Information {
    pub(super) fn new(block: &UndiGetInformation) -> Self {
        let irq = u8::try_from(block.int_number.get()).ok().filter(|irq| (1..=15).contains(irq));
        let unset = block.current_node_address == [0; 16];
        Self {
            base_io: block.base_io.get(),
            irq,
            mtu: block.max_tran_unit.get(),
            hardware_type: block.hw_type.get(),
            address_length: block.hw_addr_len.get(),
            current: if unset { block.perm_node_address } else { block.current_node_address },
            permanent: block.perm_node_address,
            receive_buffers: block.rx_buf_ct.get(),
            transmit_buffers: block.tx_buf_ct.get(),
            interface: [0; 16],
            link_speed: 0,
            service_flags: ServiceFlags(0),
        }
    }

    pub(super) const fn add(&mut self, block: &UndiGetIfaceInfo) {
        self.interface = block.iface_type;
        self.link_speed = block.link_speed.get();
        self.service_flags = ServiceFlags(block.service_flags.get());
    }

    /// The hardware address in use, as far as PXE holds it: at most 16 bytes.
    #[must_use]
    pub fn address(&self) -> &[u8] {
        cut(&self.current, self.address_length)
    }

    /// The hardware address the adapter was made with.
    #[must_use]
    pub fn permanent_address(&self) -> &[u8] {
        cut(&self.permanent, self.address_length)
    }

    pub(super) fn has_address(&self) -> bool {
        self.address().iter().any(|byte| *byte != 0)
    }

    pub(super) const fn set_station(&mut self, address: MacAddress) {
        self.current = address;
    }

    pub(super) const fn station(&self) -> MacAddress {
        self.current
    }
}

fn cut(address: &MacAddress, length: u16) -> &[u8] {
    address.get(..usize::from(length)).unwrap_or(address)
}

/// The adapter's counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Frames sent.
    pub sent: u32,
    /// Frames received.
    pub received: u32,
    /// Frames received damaged.
    pub damaged: u32,
    /// Frames lost for want of a buffer.
    pub overrun: u32,
}

impl From<&UndiGetStatistics> for Statistics {
    fn from(block: &UndiGetStatistics) -> Self {
        Self {
            sent: block.xmt_good_frames.get(),
            received: block.rcv_good_frames.get(),
            damaged: block.rcv_crc_errors.get(),
            overrun: block.rcv_resource_errors.get(),
        }
    }
}

/// What is still in memory after the end, and may not be overwritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// The driver: by choice, or because the ROM said so or did not stop.
    pub undi: bool,
    /// The base code: by choice, or because the ROM said so.
    pub base: bool,
    /// The first call of the end that failed; the rest were made nevertheless.
    pub refused: Option<(Opcode, Status)>,
}
