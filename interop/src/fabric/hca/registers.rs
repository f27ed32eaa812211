//! The chip's registers, as far as the driver needs them to mean something. The rest keeps what is written.

// The register map of the QLogic InfiniPath 6120, by offset in BAR 0. All are 64 bits wide.
pub(super) const REVISION: u64 = 0x000;
pub(super) const PAGE_ALIGN: u64 = 0x010;
pub(super) const PORT_COUNT: u64 = 0x018;
pub(super) const USER_BASE: u64 = 0x038;
pub(super) const COUNTER_BASE: u64 = 0x040;
pub(super) const INT_MASK: u64 = 0x068;
pub(super) const INT_STATUS: u64 = 0x070;
pub(super) const INT_CLEAR: u64 = 0x078;
pub(super) const ERROR_STATUS: u64 = 0x088;
pub(super) const ERROR_CLEAR: u64 = 0x090;
pub(super) const HARDWARE_ERROR: u64 = 0x0a0;
pub(super) const LINK_STATUS: u64 = 0x0c0;
pub(super) const LINK_CONTROL: u64 = 0x0c8;
pub(super) const EXT_STATUS: u64 = 0x0d0;
pub(super) const EXT_CONTROL: u64 = 0x0d8;
pub(super) const RECEIVE_CONTROL: u64 = 0x100;
pub(super) const HEADER_COUNT: u64 = 0x118;
pub(super) const TID_BASE: u64 = 0x128;
pub(super) const TID_COUNT: u64 = 0x130;
pub(super) const EAGER_BASE: u64 = 0x138;
pub(super) const EAGER_COUNT: u64 = 0x140;
pub(super) const SEND_CONTROL: u64 = 0x1c0;
pub(super) const SEND_BASE: u64 = 0x1c8;
pub(super) const SEND_SIZE: u64 = 0x1d0;
pub(super) const SEND_COUNT: u64 = 0x1d8;
pub(super) const SEND_AVAILABLE: u64 = 0x1e0;
pub(super) const HEADER_ADDRESS: u64 = 0x280;
pub(super) const TAIL_ADDRESS: u64 = 0x300;

/// Where the table of eager buffers is, and how many there are.
pub(super) const EAGER: (u64, u64) = (0x14000, 512);
/// Where the registers of the first receive context are.
pub(super) const USER: u64 = 0xc_0000;
/// Dwords of an entry of the receive queue.
pub(super) const ENTRY: u64 = 32;

/// A packet is in the receive queue of the first context.
pub(super) const INT_RECEIVED: u64 = 1 << 12;
/// A send buffer is free again.
pub(super) const INT_SENT: u64 = 1 << 29;
/// Something is in the error status.
pub(super) const INT_ERROR: u64 = 1 << 31;
/// In the error status: the link is in another state.
pub(super) const ERROR_LINK: u64 = 1 << 48;

/// The registers, up to where send buffers would begin.
#[derive(Debug)]
pub(super) struct Registers {
    words: Vec<u64>,
}

impl Registers {
    /// After a reset.
    pub(super) fn new() -> Self {
        let mut registers = Self { words: vec![0; 0x10_0000 / 8] };
        for (register, value) in [
            // ABI 2, architecture 6, chip 4.2: the InfiniPath 6120.
            (REVISION, 0x0206_0402 | 2 << 32),
            (PAGE_ALIGN, 4096),
            (PORT_COUNT, 5),
            (USER_BASE, USER),
            (COUNTER_BASE, 0x1_2000),
            (TID_BASE, 0x5_4000),
            (TID_COUNT, 64),
            (EAGER_BASE, EAGER.0),
            (EAGER_COUNT, EAGER.1),
        ] {
            registers.set(register, value);
        }
        registers
    }

    /// A register's value; 0 beyond the last.
    pub(super) fn get(&self, register: u64) -> u64 {
        let at = usize::try_from(register / 8).unwrap_or(usize::MAX);
        self.words.get(at).copied().unwrap_or(0)
    }

    /// Sets one; nothing beyond the last.
    pub(super) fn set(&mut self, register: u64, value: u64) {
        let at = usize::try_from(register / 8).unwrap_or(usize::MAX);
        if let Some(word) = self.words.get_mut(at) {
            *word = value;
        }
    }
}
