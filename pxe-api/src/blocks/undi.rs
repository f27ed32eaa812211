//! UNDI calls that set the adapter up and tell about it (PXE 2.1 section 4.2).

use super::{MacAddress, blocks};
use crate::layout::layout;
use zerocopy::little_endian::{U16, U32};

/// Which frames the adapter shall let through; bits may be joined with `|`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketFilter(pub u16);

impl PacketFilter {
    /// Frames to our own address.
    pub const DIRECTED: Self = Self(1);
    /// Broadcasts.
    pub const BROADCAST: Self = Self(2);
    /// Everything.
    pub const PROMISCUOUS: Self = Self(4);
    /// Token ring: source routing.
    pub const SOURCE_ROUTING: Self = Self(8);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl core::ops::BitOr for PacketFilter {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What a driver says it can do (NDIS 2.0 service flags).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceFlags(pub u32);

impl ServiceFlags {
    /// Broadcasts.
    pub const BROADCAST: Self = Self(0x0001);
    /// Multicasts.
    pub const MULTICAST: Self = Self(0x0002);
    /// Group addresses.
    pub const GROUP: Self = Self(0x0004);
    /// Promiscuous mode.
    pub const PROMISCUOUS: Self = Self(0x0008);
    /// `SET_STATION_ADDRESS`.
    pub const SET_STATION_ADDRESS: Self = Self(0x0010);
    /// `INITIATE_DIAGS`.
    pub const DIAGNOSTICS: Self = Self(0x0040);
    /// `RESET_ADAPTER`.
    pub const RESET: Self = Self(0x0400);
    /// `OPEN` and `CLOSE`.
    pub const OPEN_CLOSE: Self = Self(0x0800);
    /// Interrupts.
    pub const IRQ: Self = Self(0x1000);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

layout! {
    /// `PXENV_UNDI_STARTUP`.
    pub struct UndiStartup: 2 {
        /// Status.
        0 => status: U16,
    }

    /// `PXENV_UNDI_CLEANUP`.
    pub struct UndiCleanup: 2 {
        /// Status.
        0 => status: U16,
    }

    /// `PXENV_UNDI_INITIALIZE`.
    pub struct UndiInitialize: 14 {
        /// Status.
        0 => status: U16,
        /// Physical address of a `PROTOCOL.INI` section, or 0.
        2 => protocol_ini: U32,
        /// Zero.
        6 => reserved: [u8; 8],
    }

    /// A list of multicast addresses.
    pub struct McastAddresses: 130 {
        /// How many are used, at most 8.
        0 => count: U16,
        /// The addresses.
        2 => addresses: [MacAddress; 8],
    }

    /// `PXENV_UNDI_RESET_ADAPTER`.
    pub struct UndiResetAdapter: 132 {
        /// Status.
        0 => status: U16,
        /// The multicast list to set.
        2 => mcast: McastAddresses,
    }

    /// `PXENV_UNDI_SHUTDOWN`.
    pub struct UndiShutdown: 2 {
        /// Status.
        0 => status: U16,
    }

    /// `PXENV_UNDI_OPEN`.
    pub struct UndiOpen: 136 {
        /// Status.
        0 => status: U16,
        /// Zero.
        2 => open_flag: U16,
        /// [`PacketFilter`].
        4 => pkt_filter: U16,
        /// The multicast list to set.
        6 => mcast: McastAddresses,
    }

    /// `PXENV_UNDI_CLOSE`.
    pub struct UndiClose: 2 {
        /// Status.
        0 => status: U16,
    }

    /// `PXENV_UNDI_SET_MCAST_ADDRESS`.
    pub struct UndiSetMcastAddress: 132 {
        /// Status.
        0 => status: U16,
        /// The multicast list to set.
        2 => mcast: McastAddresses,
    }

    /// `PXENV_UNDI_SET_STATION_ADDRESS`.
    pub struct UndiSetStationAddress: 18 {
        /// Status.
        0 => status: U16,
        /// The address to use.
        2 => station_address: MacAddress,
    }

    /// `PXENV_UNDI_SET_PACKET_FILTER`.
    pub struct UndiSetPacketFilter: 3 {
        /// Status.
        0 => status: U16,
        /// [`PacketFilter`], here in one byte.
        2 => filter: u8,
    }

    /// `PXENV_UNDI_GET_INFORMATION`.
    pub struct UndiGetInformation: 50 {
        /// Status.
        0 => status: U16,
        /// I/O port base.
        2 => base_io: U16,
        /// Interrupt line.
        4 => int_number: U16,
        /// Largest payload in bytes.
        6 => max_tran_unit: U16,
        /// Hardware type of ARP: 1 Ethernet, 32 InfiniBand.
        8 => hw_type: U16,
        /// Length of a hardware address; may be more than the 16 bytes that are here.
        10 => hw_addr_len: U16,
        /// The address in use.
        12 => current_node_address: MacAddress,
        /// The address the adapter was made with.
        28 => perm_node_address: MacAddress,
        /// Segment of the ROM.
        44 => rom_address: U16,
        /// Receive buffers.
        46 => rx_buf_ct: U16,
        /// Transmit buffers.
        48 => tx_buf_ct: U16,
    }

    /// `PXENV_UNDI_GET_STATISTICS`.
    pub struct UndiGetStatistics: 18 {
        /// Status.
        0 => status: U16,
        /// Frames sent.
        2 => xmt_good_frames: U32,
        /// Frames received.
        6 => rcv_good_frames: U32,
        /// Frames received damaged.
        10 => rcv_crc_errors: U32,
        /// Frames lost for want of a buffer.
        14 => rcv_resource_errors: U32,
    }

    /// `PXENV_UNDI_CLEAR_STATISTICS`.
    pub struct UndiClearStatistics: 2 {
        /// Status.
        0 => status: U16,
    }

    /// `PXENV_UNDI_INITIATE_DIAGS`.
    pub struct UndiInitiateDiags: 2 {
        /// Status.
        0 => status: U16,
    }

    /// `PXENV_UNDI_FORCE_INTERRUPT`.
    pub struct UndiForceInterrupt: 2 {
        /// Status.
        0 => status: U16,
    }

    /// `PXENV_UNDI_GET_MCAST_ADDRESS`.
    pub struct UndiGetMcastAddress: 22 {
        /// Status.
        0 => status: U16,
        /// The group's Internet address.
        2 => inet_addr: [u8; 4],
        /// Out: its hardware address.
        6 => media_addr: MacAddress,
    }

    /// `PXENV_UNDI_GET_NIC_TYPE`, as for a PCI device; [`pnp`](Self::pnp) is the other way to see it.
    pub struct UndiGetNicType: 17 {
        /// Status.
        0 => status: U16,
        /// 2 PCI, 3 ISA Plug and Play, 4 `CardBus`.
        2 => nic_type: u8,
        /// The device.
        3 => pci: PciNic,
    }

    /// A PCI or `CardBus` adapter. Old boot programs have a shorter block, and ROMs leave the last two out.
    pub struct PciNic: 14 {
        /// PCI vendor.
        0 => vendor: U16,
        /// PCI device.
        2 => device: U16,
        /// PCI base class, 2 for a network adapter.
        4 => base_class: u8,
        /// PCI sub class.
        5 => sub_class: u8,
        /// PCI programming interface.
        6 => prog_intf: u8,
        /// Revision.
        7 => revision: u8,
        /// Bus, device and function.
        8 => bus_dev_func: U16,
        /// PCI subsystem vendor.
        10 => sub_vendor: U16,
        /// PCI subsystem.
        12 => sub_device: U16,
    }

    /// An ISA Plug and Play adapter.
    pub struct PnpNic: 9 {
        /// EISA device id.
        0 => eisa_dev_id: U32,
        /// Base class.
        4 => base_class: u8,
        /// Sub class.
        5 => sub_class: u8,
        /// Programming interface.
        6 => prog_intf: u8,
        /// Card select number.
        7 => card_sel_num: U16,
    }

    /// `PXENV_UNDI_GET_IFACE_INFO`.
    pub struct UndiGetIfaceInfo: 42 {
        /// Status.
        0 => status: U16,
        /// Kind of interface, such as `DIX+802.3`, NUL-padded.
        2 => iface_type: [u8; 16],
        /// Bits per second. ROMs lie.
        18 => link_speed: U32,
        /// [`ServiceFlags`].
        22 => service_flags: U32,
        /// Zero.
        26 => reserved: [u8; 16],
    }

    /// `PXENV_UNDI_GET_STATE`, whose opcode collides with `STOP_UNDI`: not to be called. Intel's own header has it at
    /// 0x16, which iPXE calls unsupported.
    pub struct UndiGetState: 3 {
        /// Status.
        0 => status: U16,
        /// 1 started, 2 initialised, 3 opened.
        2 => undi_state: u8,
    }
}

blocks! {
    UndiStartup = UNDI_STARTUP;
    UndiCleanup = UNDI_CLEANUP;
    UndiInitialize = UNDI_INITIALIZE;
    UndiResetAdapter = UNDI_RESET_ADAPTER;
    UndiShutdown = UNDI_SHUTDOWN;
    UndiOpen = UNDI_OPEN;
    UndiClose = UNDI_CLOSE;
    UndiSetMcastAddress = UNDI_SET_MCAST_ADDRESS;
    UndiSetStationAddress = UNDI_SET_STATION_ADDRESS;
    UndiSetPacketFilter = UNDI_SET_PACKET_FILTER;
    UndiGetInformation = UNDI_GET_INFORMATION;
    UndiGetStatistics = UNDI_GET_STATISTICS;
    UndiClearStatistics = UNDI_CLEAR_STATISTICS;
    UndiInitiateDiags = UNDI_INITIATE_DIAGS;
    UndiForceInterrupt = UNDI_FORCE_INTERRUPT;
    UndiGetMcastAddress = UNDI_GET_MCAST_ADDRESS;
    UndiGetNicType = UNDI_GET_NIC_TYPE;
    UndiGetIfaceInfo = UNDI_GET_IFACE_INFO;
    // The number is STOP_UNDI's: the specification gave it out twice.
    UndiGetState = STOP_UNDI;
}

impl UndiGetNicType {
    /// The ISA Plug and Play reading of the same bytes, where `nic_type` is 3.
    #[must_use]
    pub fn pnp(&self) -> Option<PnpNic> {
        use crate::layout::Layout;
        use zerocopy::IntoBytes;
        if self.nic_type != 3 {
            return None;
        }
        PnpNic::parse(self.pci.as_bytes()).ok()
    }
}
