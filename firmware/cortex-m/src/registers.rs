//! The registers of a device, by their offsets.

use core::ptr::{with_exposed_provenance, with_exposed_provenance_mut};

/// Where a device's registers begin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Registers(usize);

impl Registers {
    /// The registers of 32 bits from this address on.
    ///
    /// # Safety
    /// A device must be there, whose registers do nothing to memory, and `base` must be a multiple of four.
    pub(crate) const unsafe fn at(base: usize) -> Self {
        Self(base)
    }

    /// What the register at `offset` says.
    pub(crate) fn read(self, offset: usize) -> u32 {
        // SAFETY: by the condition of `at`; the drivers' offsets are multiples of four and inside the device.
        unsafe { with_exposed_provenance::<u32>(self.0 + offset).read_volatile() }
    }

    /// Sets it.
    pub(crate) fn write(self, offset: usize, value: u32) {
        // SAFETY: as above.
        unsafe { with_exposed_provenance_mut::<u32>(self.0 + offset).write_volatile(value) }
    }
}
