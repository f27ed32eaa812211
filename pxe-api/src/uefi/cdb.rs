//! The command descriptor block, and the numbers in it.

use crate::layout::{layout, names};
use zerocopy::little_endian::{U16, U64};

layout! {
    /// A command descriptor block.
    pub struct Cdb: 32 {
        /// [`Opcode`].
        0 => opcode: U16,
        /// [`OpFlags`] of that opcode.
        2 => op_flags: U16,
        /// Length of the parameters, or 0.
        4 => cpb_size: U16,
        /// Length of the answer, or 0.
        6 => db_size: U16,
        /// Where the parameters are, or 0.
        8 => cpb_address: U64,
        /// Where the answer is, or 0.
        16 => db_address: U64,
        /// Out: [`StatCode`].
        24 => stat_code: U16,
        /// Out: [`StatFlags`], and others of each opcode.
        26 => stat_flags: U16,
        /// Which interface.
        28 => interface: U16,
        /// Bit 0: another command follows. Bit 1: queue this one if busy.
        30 => control: U16,
    }
}

names! {
    /// The number of a command.
    pub struct Opcode(u16) {
        /// In which state the UNDI is.
        GET_STATE = 0, "GET_STATE";
        /// From stopped to started.
        START = 1, "START";
        /// From started to stopped.
        STOP = 2, "STOP";
        /// What initialisation needs.
        GET_INIT_INFO = 3, "GET_INIT_INFO";
        /// The configuration space of the device.
        GET_CONFIG_INFO = 4, "GET_CONFIG_INFO";
        /// From started to initialised.
        INITIALIZE = 5, "INITIALIZE";
        /// Resets the device.
        RESET = 6, "RESET";
        /// From initialised to started.
        SHUTDOWN = 7, "SHUTDOWN";
        /// Reads and sets which interrupts are on.
        INTERRUPT_ENABLES = 8, "INTERRUPT_ENABLES";
        /// Reads and sets the receive filters.
        RECEIVE_FILTERS = 9, "RECEIVE_FILTERS";
        /// Reads and sets the hardware address.
        STATION_ADDRESS = 10, "STATION_ADDRESS";
        /// Reads the counters.
        STATISTICS = 11, "STATISTICS";
        /// The hardware address of a multicast group.
        MCAST_IP_TO_MAC = 12, "MCAST_IP_TO_MAC";
        /// Reads and writes non-volatile data.
        NVDATA = 13, "NVDATA";
        /// Interrupts, frames sent, and the link.
        GET_STATUS = 14, "GET_STATUS";
        /// Writes a media header.
        FILL_HEADER = 15, "FILL_HEADER";
        /// Sends.
        TRANSMIT = 16, "TRANSMIT";
        /// Receives.
        RECEIVE = 17, "RECEIVE";
    }

    /// What became of a command.
    pub struct StatCode(u16) {
        /// Done.
        SUCCESS = 0, "success";
        /// The block is malformed.
        INVALID_CDB = 1, "invalid CDB";
        /// Its parameters are.
        INVALID_CPB = 2, "invalid CPB";
        /// Not now.
        BUSY = 3, "busy";
        /// Not even later.
        QUEUE_FULL = 4, "queue full";
        /// It was started.
        ALREADY_STARTED = 5, "already started";
        /// It was not.
        NOT_STARTED = 6, "not started";
        /// It was not shut down.
        NOT_SHUTDOWN = 7, "not shut down";
        /// It was initialised.
        ALREADY_INITIALIZED = 8, "already initialised";
        /// It was not.
        NOT_INITIALIZED = 9, "not initialised";
        /// The device failed.
        DEVICE_FAILURE = 10, "device failure";
        /// Its non-volatile data failed.
        NVDATA_FAILURE = 11, "non-volatile data failure";
        /// Not here.
        UNSUPPORTED = 12, "unsupported";
        /// No room.
        BUFFER_FULL = 13, "buffer full";
        /// A parameter is wrong.
        INVALID_PARAMETER = 14, "invalid parameter";
        /// The UNDI is.
        INVALID_UNDI = 15, "invalid UNDI";
        /// No IPv4.
        IPV4_NOT_SUPPORTED = 16, "IPv4 not supported";
        /// No IPv6.
        IPV6_NOT_SUPPORTED = 17, "IPv6 not supported";
        /// No memory.
        NOT_ENOUGH_MEMORY = 18, "not enough memory";
        /// Nothing came.
        NO_DATA = 19, "no data";
    }
}

/// The flags of a command; each opcode has its own, and numbers mean something else in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpFlags(pub u16);

impl OpFlags {
    /// None.
    pub const NONE: Self = Self(0);
    /// `INITIALIZE`: do not look for a cable.
    pub const INITIALIZE_NO_CABLE_DETECT: Self = Self(0x0001);
    /// `RESET`: leave interrupts off.
    pub const RESET_DISABLE_INTERRUPTS: Self = Self(0x0001);
    /// `RESET`: leave filters off.
    pub const RESET_DISABLE_FILTERS: Self = Self(0x0002);
    /// `INTERRUPT_ENABLES`, `RECEIVE_FILTERS`: switch on what the low bits name.
    pub const ENABLE: Self = Self(0x8000);
    /// The same: switch it off.
    pub const DISABLE: Self = Self(0x4000);
    /// `INTERRUPT_ENABLES`: received frames.
    pub const INTERRUPT_RECEIVE: Self = Self(0x0001);
    /// `INTERRUPT_ENABLES`: sent frames.
    pub const INTERRUPT_TRANSMIT: Self = Self(0x0002);
    /// `INTERRUPT_ENABLES`: commands.
    pub const INTERRUPT_COMMAND: Self = Self(0x0004);
    /// `INTERRUPT_ENABLES`: now.
    pub const INTERRUPT_SOFTWARE: Self = Self(0x0008);
    /// `RECEIVE_FILTERS`: forget the multicast list.
    pub const FILTER_RESET_MCAST_LIST: Self = Self(0x2000);
    /// `RECEIVE_FILTERS`: frames to us.
    pub const FILTER_UNICAST: Self = Self(0x0001);
    /// `RECEIVE_FILTERS`: broadcasts.
    pub const FILTER_BROADCAST: Self = Self(0x0002);
    /// `RECEIVE_FILTERS`: multicasts of the list.
    pub const FILTER_FILTERED_MULTICAST: Self = Self(0x0004);
    /// `RECEIVE_FILTERS`: everything.
    pub const FILTER_PROMISCUOUS: Self = Self(0x0008);
    /// `RECEIVE_FILTERS`: all multicasts.
    pub const FILTER_ALL_MULTICAST: Self = Self(0x0010);
    /// `STATION_ADDRESS`: back to the adapter's own.
    pub const STATION_ADDRESS_RESET: Self = Self(0x0001);
    /// `STATISTICS`: and reset them.
    pub const STATISTICS_RESET: Self = Self(0x0001);
    /// `MCAST_IP_TO_MAC`: the group is of IPv6.
    pub const MCAST_IPV6: Self = Self(0x0001);
    /// `NVDATA`: write.
    pub const NVDATA_WRITE: Self = Self(0x0001);
    /// `GET_STATUS`: which interrupts are pending.
    pub const STATUS_INTERRUPTS: Self = Self(0x0001);
    /// `GET_STATUS`: which frames were sent.
    pub const STATUS_TRANSMITTED: Self = Self(0x0002);
    /// `GET_STATUS`: the link.
    pub const STATUS_MEDIA: Self = Self(0x0004);
    /// `FILL_HEADER`: the frame is in fragments.
    pub const FILL_HEADER_FRAGMENTED: Self = Self(0x0001);
    /// `TRANSMIT`: return when the frame is out.
    pub const TRANSMIT_BLOCK: Self = Self(0x0001);
    /// `TRANSMIT`: the frame is in fragments.
    pub const TRANSMIT_FRAGMENTED: Self = Self(0x0002);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl core::ops::BitOr for OpFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// How far a command is, in the two highest bits; the rest belongs to the opcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatFlags(pub u16);

impl StatFlags {
    /// The two bits.
    pub const MASK: u16 = 0xc000;
    /// Done.
    pub const COMPLETE: u16 = 0xc000;
    /// Failed.
    pub const FAILED: u16 = 0x8000;
    /// In the queue.
    pub const QUEUED: u16 = 0x4000;
    /// `GET_STATE`: 0 stopped, 1 started, 2 initialised.
    pub const STATE_MASK: u16 = 0x0003;
    /// `INITIALIZE` and `RESET`: no link.
    pub const NO_MEDIA: u16 = 0x0001;
    /// `GET_STATUS`: a frame came.
    pub const STATUS_RECEIVE: u16 = 0x0001;
    /// `GET_STATUS`: a frame was sent.
    pub const STATUS_TRANSMIT: u16 = 0x0002;
    /// `GET_STATUS`: no link.
    pub const STATUS_NO_MEDIA: u16 = 0x0040;

    /// Whether the command is done.
    #[must_use]
    pub const fn is_complete(self) -> bool {
        self.0 & Self::MASK == Self::COMPLETE
    }

    /// Whether it failed.
    #[must_use]
    pub const fn is_failed(self) -> bool {
        self.0 & Self::MASK == Self::FAILED
    }
}

impl Cdb {
    /// A command without parameters and answer for interface `interface`.
    #[must_use]
    pub const fn new(opcode: Opcode, flags: OpFlags, interface: u16) -> Self {
        Self {
            opcode: U16::new(opcode.0),
            op_flags: U16::new(flags.0),
            cpb_size: U16::new(0),
            db_size: U16::new(0),
            cpb_address: U64::new(0),
            db_address: U64::new(0),
            stat_code: U16::new(0),
            stat_flags: U16::new(0),
            interface: U16::new(interface),
            control: U16::new(0),
        }
    }

    /// Says where the parameters are.
    #[must_use]
    pub const fn with_cpb(mut self, address: u64, size: u16) -> Self {
        (self.cpb_address, self.cpb_size) = (U64::new(address), U16::new(size));
        self
    }

    /// Says where the answer goes.
    #[must_use]
    pub const fn with_db(mut self, address: u64, size: u16) -> Self {
        (self.db_address, self.db_size) = (U64::new(address), U16::new(size));
        self
    }

    /// What became of it.
    #[must_use]
    pub const fn stat_code(&self) -> StatCode {
        StatCode(self.stat_code.get())
    }

    /// How far it is.
    #[must_use]
    pub const fn stat_flags(&self) -> StatFlags {
        StatFlags(self.stat_flags.get())
    }
}
