//! What a ROM leaves in memory: `!PXE`, `PXENV+`, option ROMs, and the structure of a UEFI UNDI.

use bootproto_pxe_api::{fuzzing, uefi};

use crate::{Seed, seed};

/// Reads the bytes as memory and as a ROM.
pub fn run(data: &[u8]) {
    let _found = fuzzing::structures(data);
    if uefi::checked(data).is_ok() {
        assert!(uefi::bus_types(data).count() <= data.len());
    }
}

/// Structures of real ROMs.
pub fn seeds() -> Vec<Seed> {
    seed::files("pxe-api/tests/corpus/structures")
}
