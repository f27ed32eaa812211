//! UDP calls (PXE 2.1 section 3.4). There is one endpoint, and it must be closed before TFTP calls are made.

use super::blocks;
use crate::SegmentOffset;
use crate::layout::layout;
use zerocopy::{big_endian, little_endian::U16};

layout! {
    /// `PXENV_UDP_OPEN`.
    pub struct UdpOpen: 6 {
        /// Status.
        0 => status: U16,
        /// Our own address.
        2 => source: [u8; 4],
    }

    /// `PXENV_UDP_CLOSE`.
    pub struct UdpClose: 2 {
        /// Status.
        0 => status: U16,
    }

    /// `PXENV_UDP_READ`.
    pub struct UdpRead: 20 {
        /// Status.
        0 => status: U16,
        /// Out: who sent it.
        2 => source: [u8; 4],
        /// In: only datagrams to this address, or 0.0.0.0 for any. Out: to which it went.
        6 => destination: [u8; 4],
        /// Out: from which port.
        10 => source_port: big_endian::U16,
        /// In: only datagrams to this port, or 0 for any. Out: to which it went.
        12 => destination_port: big_endian::U16,
        /// In: how much room there is. Out: how many bytes came.
        14 => buffer_size: U16,
        /// Where to put them.
        16 => buffer: SegmentOffset,
    }

    /// `PXENV_UDP_WRITE`.
    pub struct UdpWrite: 20 {
        /// Status.
        0 => status: U16,
        /// Where to.
        2 => destination: [u8; 4],
        /// The way to it, or 0.0.0.0.
        6 => gateway: [u8; 4],
        /// From which port; 0 is 2069.
        10 => source_port: big_endian::U16,
        /// To which port.
        12 => destination_port: big_endian::U16,
        /// How many bytes.
        14 => buffer_size: U16,
        /// Where they are.
        16 => buffer: SegmentOffset,
    }
}

blocks! {
    UdpOpen = UDP_OPEN;
    UdpClose = UDP_CLOSE;
    UdpRead = UDP_READ;
    UdpWrite = UDP_WRITE;
}
