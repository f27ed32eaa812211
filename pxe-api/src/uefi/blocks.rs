//! Parameters (CPB) and answers (DB) of the commands.

use super::MacAddress;
use crate::layout::layout;
use zerocopy::little_endian::{U16, U32, U64};

layout! {
    /// `START` for a driver of version 3.0: callbacks as addresses.
    pub struct CpbStart30: 32 {
        /// Waits.
        0 => delay: U64,
        /// Locks.
        8 => block: U64,
        /// Translates an address, or 0.
        16 => virt_to_phys: U64,
        /// Reads and writes the device.
        24 => mem_io: U64,
    }

    /// `START` for a driver of version 3.1.
    pub struct CpbStart31: 64 {
        /// Waits.
        0 => delay: U64,
        /// Locks.
        8 => block: U64,
        /// Translates an address, or 0.
        16 => virt_to_phys: U64,
        /// Reads and writes the device.
        24 => mem_io: U64,
        /// Maps memory for the device, or 0.
        32 => map_mem: U64,
        /// Undoes it, or 0.
        40 => unmap_mem: U64,
        /// Makes both sides see the same, or 0.
        48 => sync_mem: U64,
        /// Given back to every callback.
        56 => unique_id: U64,
    }

    /// How many buffers of which size.
    #[derive(Default)]
    pub struct BufferCounts: 8 {
        /// Transmit buffers.
        0 => tx_count: U16,
        /// Their size.
        2 => tx_size: U16,
        /// Receive buffers.
        4 => rx_count: U16,
        /// Their size.
        6 => rx_size: U16,
    }

    /// The answer to `GET_INIT_INFO`.
    pub struct DbGetInitInfo: 47 {
        /// How much memory `INITIALIZE` needs at least.
        0 => memory_required: U32,
        /// Longest payload of a frame.
        4 => frame_data_length: U32,
        /// Speeds in Mbit/s, the rest 0.
        8 => link_speeds: [U32; 4],
        /// Items of non-volatile data.
        24 => nv_count: U32,
        /// Their width in bytes.
        28 => nv_width: U16,
        /// Length of the media header.
        30 => media_header_length: U16,
        /// Length of a hardware address.
        32 => hw_address_length: U16,
        /// Length of the multicast list.
        34 => mcast_filter_count: U16,
        /// Buffers.
        36 => buffers: BufferCounts,
        /// Hardware type of ARP.
        44 => interface_type: u8,
        /// Duplex modes.
        45 => duplex_modes: u8,
        /// Loopback modes.
        46 => loopback_modes: u8,
    }

    /// The answer to `GET_CONFIG_INFO` for a PCI or PC Card device.
    pub struct DbConfigInfo: 264 {
        /// `PCIR` or `PCCR`.
        0 => bus_type: [u8; 4],
        /// Bus.
        4 => bus: U16,
        /// Device.
        6 => device: u8,
        /// Function.
        7 => function: u8,
        /// The configuration space.
        8 => config: [u8; 256],
    }

    /// The parameters of `INITIALIZE`.
    pub struct CpbInitialize: 26 {
        /// Memory for the driver.
        0 => memory_address: U64,
        /// Its length.
        8 => memory_length: U32,
        /// Speed in Mbit/s, 0 for any.
        12 => link_speed: U32,
        /// Buffers wished for, 0 for any.
        16 => buffers: BufferCounts,
        /// Duplex mode, 0 for any.
        24 => duplex_mode: u8,
        /// Loopback mode, 0 for none.
        25 => loopback_mode: u8,
    }

    /// The answer to `INITIALIZE`.
    pub struct DbInitialize: 12 {
        /// How much memory it took.
        0 => memory_used: U32,
        /// Buffers.
        4 => buffers: BufferCounts,
    }

    /// The parameters of `RECEIVE_FILTERS`.
    pub struct CpbReceiveFilters: 256 {
        /// The multicast list.
        0 => mcast_list: [MacAddress; 8],
    }

    /// The answer to `RECEIVE_FILTERS`.
    pub struct DbReceiveFilters: 256 {
        /// The multicast list.
        0 => mcast_list: [MacAddress; 8],
    }

    /// The parameters of `STATION_ADDRESS`.
    pub struct CpbStationAddress: 32 {
        /// The address to use.
        0 => station: MacAddress,
    }

    /// The answer to `STATION_ADDRESS`.
    pub struct DbStationAddress: 96 {
        /// The address in use.
        0 => station: MacAddress,
        /// That of a broadcast.
        32 => broadcast: MacAddress,
        /// The one the adapter was made with.
        64 => permanent: MacAddress,
    }

    /// The answer to `STATISTICS`.
    pub struct DbStatistics: 520 {
        /// Bit n: counter n is counted.
        0 => supported: U64,
        /// The counters.
        8 => data: [U64; 64],
    }

    /// The parameters of `MCAST_IP_TO_MAC`.
    pub struct CpbMcastIpToMac: 16 {
        /// The group, IPv4 in the first 4 bytes.
        0 => ip: [u8; 16],
    }

    /// The answer to `MCAST_IP_TO_MAC`.
    pub struct DbMcastIpToMac: 32 {
        /// Its hardware address.
        0 => mac: MacAddress,
    }

    /// One item to write by `NVDATA`; the parameters are up to 128 of them.
    pub struct NvDataItem: 8 {
        /// Which.
        0 => address: U32,
        /// What, in as many low bytes as an item has.
        4 => data: U32,
    }

    /// The answer to `NVDATA`, and the parameters to write all.
    pub struct DbNvData: 512 {
        /// The data.
        0 => data: [u8; 512],
    }

    /// The answer to `GET_STATUS`.
    pub struct DbGetStatus: 264 {
        /// Length of the next frame, or 0.
        0 => rx_frame_length: U32,
        /// Zero.
        4 => reserved: U32,
        /// Frames sent, by the address they were given with.
        8 => tx_buffers: [U64; 32],
    }

    /// A piece of a frame.
    pub struct FragmentDescriptor: 16 {
        /// Where.
        0 => address: U64,
        /// How many bytes.
        8 => length: U32,
        /// Zero.
        12 => reserved: U32,
    }

    /// The parameters of `FILL_HEADER`.
    pub struct CpbFillHeader: 80 {
        /// From.
        0 => source: MacAddress,
        /// To.
        32 => destination: MacAddress,
        /// Where to write the header.
        64 => media_header: U64,
        /// Length of the payload.
        72 => packet_length: U32,
        /// What the payload is, in the order of the wire.
        76 => protocol: [u8; 2],
        /// Length of the header.
        78 => media_header_length: U16,
    }

    /// The parameters of `FILL_HEADER` for a frame in fragments.
    pub struct CpbFillHeaderFragmented: 332 {
        /// From.
        0 => source: MacAddress,
        /// To.
        32 => destination: MacAddress,
        /// Length of the payload.
        64 => packet_length: U32,
        /// What the payload is, in the order of the wire.
        68 => protocol: [u8; 2],
        /// Length of the header.
        70 => media_header_length: U16,
        /// How many fragments, at most 16.
        72 => fragment_count: U16,
        /// Zero.
        74 => reserved: U16,
        /// The fragments.
        76 => fragments: [FragmentDescriptor; 16],
    }

    /// The parameters of `TRANSMIT`.
    pub struct CpbTransmit: 16 {
        /// Where the frame is.
        0 => frame_address: U64,
        /// Length of its payload.
        8 => data_length: U32,
        /// Length of its header.
        12 => media_header_length: U16,
        /// Zero.
        14 => reserved: U16,
    }

    /// The parameters of `TRANSMIT` for a frame in fragments.
    pub struct CpbTransmitFragments: 264 {
        /// Length of its payload.
        0 => frame_length: U32,
        /// Length of its header.
        4 => media_header_length: U16,
        /// How many fragments, at most 16.
        6 => fragment_count: U16,
        /// The fragments.
        8 => fragments: [FragmentDescriptor; 16],
    }

    /// The parameters of `RECEIVE`.
    pub struct CpbReceive: 16 {
        /// Where to put the frame.
        0 => buffer_address: U64,
        /// How much room there is.
        8 => buffer_length: U32,
        /// Zero.
        12 => reserved: U32,
    }

    /// The answer to `RECEIVE`.
    pub struct DbReceive: 80 {
        /// From.
        0 => source: MacAddress,
        /// To.
        32 => destination: MacAddress,
        /// Length of the frame, which may be more than there was room for.
        64 => frame_length: U32,
        /// What it holds, in the order of the wire.
        68 => protocol: [u8; 2],
        /// Length of its header.
        70 => media_header_length: U16,
        /// 1 unicast, 2 broadcast, 3 filtered multicast, 4 promiscuous, 5 promiscuous multicast.
        72 => kind: u8,
        /// Zero.
        73 => reserved: [u8; 7],
    }
}
