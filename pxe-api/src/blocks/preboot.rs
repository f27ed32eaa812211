//! Preboot calls (PXE 2.1 section 3.2) and the call of the UNDI ROM's loader (section 2.2).

use super::{MacAddress, blocks};
use crate::SegmentOffset;
use crate::layout::{layout, names};
use zerocopy::little_endian::U16;

names! {
    /// Which of the ROM's packets `GET_CACHED_INFO` is to hand out.
    pub struct PacketType(u16) {
        /// The DHCPDISCOVER that the ROM sent.
        DHCP_DISCOVER = 1, "DHCPDISCOVER";
        /// The DHCPACK that the ROM got.
        DHCP_ACK = 2, "DHCPACK";
        /// The reply of the ProxyDHCP or boot server; the DHCPACK again where there was none.
        CACHED_REPLY = 3, "boot server reply";
    }
}

layout! {
    /// `PXENV_START_UNDI`: the registers with which the BIOS called the ROM's initialisation.
    pub struct StartUndi: 12 {
        /// Status.
        0 => status: U16,
        /// PCI bus, device and function.
        2 => ax: U16,
        /// ISA Plug and Play card select number, 0xffff without.
        4 => bx: U16,
        /// ISA Plug and Play read port, 0xffff without.
        6 => dx: U16,
        /// Offset of the BIOS's `$PnP` installation check.
        8 => di: U16,
        /// Segment of it.
        10 => es: U16,
    }

    /// The block of the UNDI ROM's loader routine: a far call of its own, with no opcode.
    pub struct UndiLoader: 24 {
        /// Status.
        0 => status: U16,
        /// As in [`StartUndi`].
        2 => ax: U16,
        /// As in [`StartUndi`].
        4 => bx: U16,
        /// As in [`StartUndi`].
        6 => dx: U16,
        /// As in [`StartUndi`].
        8 => di: U16,
        /// As in [`StartUndi`].
        10 => es: U16,
        /// Where the driver's data segment shall be.
        12 => undi_ds: U16,
        /// Where the driver's code segment shall be.
        14 => undi_cs: U16,
        /// Out: the `!PXE` structure.
        16 => pxe_ptr: SegmentOffset,
        /// Out: the `PXENV+` structure.
        20 => pxenv_ptr: SegmentOffset,
    }

    /// `PXENV_STOP_UNDI`.
    pub struct StopUndi: 2 {
        /// Status.
        0 => status: U16,
    }

    /// `PXENV_START_BASE`.
    pub struct StartBase: 2 {
        /// Status.
        0 => status: U16,
    }

    /// `PXENV_STOP_BASE`.
    pub struct StopBase: 2 {
        /// Status.
        0 => status: U16,
    }

    /// `PXENV_UNLOAD_STACK`.
    pub struct UnloadStack: 12 {
        /// Status.
        0 => status: U16,
        /// Zero.
        2 => reserved: [u8; 10],
    }

    /// `PXENV_GET_CACHED_INFO`.
    ///
    /// With a buffer size of 0 the ROM answers with the address and size of its own copy; else it copies.
    pub struct GetCachedInfo: 12 {
        /// Status.
        0 => status: U16,
        /// Which packet: [`PacketType`].
        2 => packet_type: U16,
        /// In: the size of the caller's buffer, or 0. Out: the bytes that are there.
        4 => buffer_size: U16,
        /// In: the caller's buffer. Out: where the packet is.
        6 => buffer: SegmentOffset,
        /// Out: how large the ROM's own buffer is; some ROMs leave it 0.
        10 => buffer_limit: U16,
    }

    /// `BOOTPLAYER`: a BOOTP message with room for 1024 bytes of options, which `GET_CACHED_INFO` hands out.
    ///
    /// `bootproto-dhcp` parses the same bytes as a DHCP packet.
    pub struct BootPlayer: 1260 {
        /// 1 request, 2 reply.
        0 => opcode: u8,
        /// Hardware type.
        1 => hardware: u8,
        /// Length of the hardware address.
        2 => hardlen: u8,
        /// Relay hops.
        3 => gatehops: u8,
        /// Transaction id, as on the wire.
        4 => ident: [u8; 4],
        /// Seconds, as on the wire.
        8 => seconds: [u8; 2],
        /// Flags, as on the wire: 0x8000 is broadcast.
        10 => flags: [u8; 2],
        /// The client's address.
        12 => cip: [u8; 4],
        /// The address it was given.
        16 => yip: [u8; 4],
        /// The boot server.
        20 => sip: [u8; 4],
        /// The relay.
        24 => gip: [u8; 4],
        /// The client's hardware address.
        28 => caddr: MacAddress,
        /// The server's name.
        44 => sname: [u8; 64],
        /// The boot file.
        108 => bootfile: [u8; 128],
        /// Magic cookie and options.
        236 => vendor: [u8; 1024],
    }
}

/// `PXENV_RESTART_TFTP` takes the block of `TFTP_READ_FILE`.
pub type RestartTftp = super::TftpReadFile;

blocks! {
    StartUndi = START_UNDI;
    StopUndi = STOP_UNDI;
    StartBase = START_BASE;
    StopBase = STOP_BASE;
    UnloadStack = UNLOAD_STACK;
    GetCachedInfo = GET_CACHED_INFO;
}
