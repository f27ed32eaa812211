//! The two kinds of `!PXE` structure: of a UNDI in hardware, and of one in software.

use crate::layout::{Layout, layout};
use crate::refusal::{Refusal, balancing, check};
use zerocopy::IntoBytes;
use zerocopy::little_endian::{U32, U64};

layout! {
    /// `!PXE` of a UNDI in hardware: its first 16 bytes. The maker's own bytes follow, then [`HardwareUndiPorts`].
    pub struct HardwareUndi: 16 {
        /// `!PXE`.
        0 => signature: [u8; 4],
        /// The length of the whole structure.
        4 => length: u8,
        /// Makes all bytes add up to zero.
        5 => fudge: u8,
        /// The format of this structure.
        6 => revision: u8,
        /// Number of interfaces less one, low byte.
        7 => interface_count: u8,
        /// Version, major.
        8 => major: u8,
        /// Version, minor.
        9 => minor: u8,
        /// Number of interfaces less one, high byte.
        10 => interface_count_high: u8,
        /// Zero.
        11 => reserved: u8,
        /// [`Implementation`].
        12 => implementation: U32,
    }

    /// The ports of a UNDI in hardware: the last 16 bytes of the structure, as it is in the device.
    pub struct HardwareUndiPorts: 16 {
        /// Status.
        0 => status: U32,
        /// Command.
        4 => command: U32,
        /// Where the command is.
        8 => cdb_address: U64,
    }

    /// `!PXE` of a UNDI in software, without its list of bus types.
    pub struct SoftwareUndi: 28 {
        /// `!PXE`.
        0 => signature: [u8; 4],
        /// The length of the whole structure.
        4 => length: u8,
        /// Makes all bytes add up to zero.
        5 => fudge: u8,
        /// The format of this structure.
        6 => revision: u8,
        /// Number of interfaces less one, low byte.
        7 => interface_count: u8,
        /// Version, major.
        8 => major: u8,
        /// Version, minor.
        9 => minor: u8,
        /// Number of interfaces less one, high byte.
        10 => interface_count_high: u8,
        /// Zero.
        11 => reserved_1: u8,
        /// [`Implementation`].
        12 => implementation: U32,
        /// What to call with the address of a command.
        16 => entry_point: U64,
        /// Zero.
        24 => reserved_2: [u8; 3],
        /// How many bus types follow, 4 bytes each: `PCIR`, `PCCR`, `USBR`, `1394`.
        27 => bus_count: u8,
    }
}

/// What a UNDI can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Implementation(pub u32);

impl Implementation {
    /// It is in hardware.
    pub const HARDWARE: Self = Self(0x8000_0000);
    /// It takes virtual addresses.
    pub const VIRTUAL_ADDRESSES: Self = Self(0x4000_0000);
    /// Its device reaches 64 bits.
    pub const WIDE: Self = Self(0x0001_0000);
    /// It takes frames in fragments.
    pub const FRAGMENTS: Self = Self(0x8000);
    /// It takes linked commands.
    pub const LINKED_COMMANDS: Self = Self(0x4000);
    /// It queues commands.
    pub const QUEUED_COMMANDS: Self = Self(0x2000);
    /// It takes several frames in one command.
    pub const MULTI_FRAME: Self = Self(0x1000);
    /// Its non-volatile data can be written as a whole.
    pub const NVDATA_BULK: Self = Self(0x0c00);
    /// Its non-volatile data can be written item by item.
    pub const NVDATA_SPARSE: Self = Self(0x0800);
    /// Its non-volatile data can be read.
    pub const NVDATA_READ_ONLY: Self = Self(0x0400);
    /// It counts.
    pub const STATISTICS: Self = Self(0x0200);
    /// Its hardware address can be set.
    pub const STATION_ADDRESS: Self = Self(0x0100);
    /// It receives all multicasts.
    pub const ALL_MULTICAST: Self = Self(0x0080);
    /// It receives everything.
    pub const PROMISCUOUS: Self = Self(0x0040);
    /// It receives broadcasts.
    pub const BROADCAST: Self = Self(0x0020);
    /// It receives chosen multicasts.
    pub const FILTERED_MULTICAST: Self = Self(0x0010);
    /// It interrupts when asked to.
    pub const SOFTWARE_INTERRUPT: Self = Self(0x0008);
    /// It interrupts when a frame was sent.
    pub const TRANSMIT_INTERRUPT: Self = Self(0x0004);
    /// It interrupts when a frame came.
    pub const RECEIVE_INTERRUPT: Self = Self(0x0002);
    /// It interrupts when a command is done.
    pub const COMMAND_INTERRUPT: Self = Self(0x0001);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Checks either structure at the start of `bytes`, and answers the part that both have.
///
/// Which it is, [`Implementation::HARDWARE`] tells.
///
/// # Errors
/// Why it is none.
pub fn checked(bytes: &[u8]) -> Result<HardwareUndi, Refusal> {
    let this = HardwareUndi::parse(bytes)?;
    let hardware = Implementation(this.implementation.get()).contains(Implementation::HARDWARE);
    let least = if hardware { HardwareUndi::SIZE } else { SoftwareUndi::SIZE };
    check(bytes, b"!PXE", this.length, least)?;
    if !hardware && SoftwareUndi::parse(bytes)?.entry_point.get() == 0 {
        return Err(Refusal::BadEntryPoint);
    }
    Ok(this)
}

/// The bus types that follow a [`SoftwareUndi`]: as many as it says and its length has room for.
pub fn bus_types(bytes: &[u8]) -> impl Iterator<Item = [u8; 4]> + '_ {
    let head = SoftwareUndi::parse(bytes).ok();
    let (count, length) = head.map_or((0, 0), |head| (usize::from(head.bus_count), usize::from(head.length)));
    let list = bytes.get(SoftwareUndi::SIZE..length).unwrap_or_default();
    list.as_chunks::<4>().0.iter().copied().take(count)
}

impl HardwareUndi {
    /// How many interfaces the driver has.
    #[must_use]
    pub const fn interfaces(&self) -> u32 {
        let count = u16::from_le_bytes([self.interface_count, self.interface_count_high]);
        let [low, high] = count.to_le_bytes();
        u32::from_le_bytes([low, high, 0, 0]).saturating_add(1)
    }
}

impl SoftwareUndi {
    /// Makes the checksum right for this structure and the `bus_types` behind it.
    pub fn seal(&mut self, bus_types: &[[u8; 4]]) {
        let bytes = bus_types.as_flattened();
        self.bus_count = u8::try_from(bus_types.len()).unwrap_or(u8::MAX);
        self.length = u8::try_from(Self::SIZE.saturating_add(bytes.len())).unwrap_or(u8::MAX);
        self.fudge = balancing(self.as_bytes(), 5).wrapping_sub(crate::byte_sum(bytes));
    }
}
