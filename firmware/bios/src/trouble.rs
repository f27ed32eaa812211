//! What the machine and its ROM can't give or do: the numbers of this program.

bootproto_core::numbered! {
    /// Why the machine's side of a boot failed.
    pub enum Trouble {
        /// The A20 line.
        NoA20 = 7251, "the A20 line stays off, so memory above 1 MiB can't be used", "Update the BIOS.";
        /// No entry point that can be called.
        NoPxe = 7252, "no PXE stack can be called", "This program has to be started by a PXE ROM.";
        /// An adapter of another kind.
        NotEthernet = 7253, "the adapter is not Ethernet", "Boot from another adapter.";
        /// No memory above 1 MiB, or no BIOS call that tells of it.
        NoMemory = 7254, "the BIOS tells of no 2 MiB of free memory between 1 MiB and 4 GiB", "Update the BIOS, or give the machine more memory.";
        /// Something that can't be.
        Defect = 7255, "this can't be", "This is a defect in the program; report it.";
        /// An exception of the processor.
        Exception { /** Its number. */ vector: u64, /** Where. */ at: u64, /** Its code; 0 for those without. */ error: u64, /** The address of a page fault. */ cr2: u64 } = 7256, "exception {vector} at {at:#x}, error code {error:#x}, CR2 {cr2:#x}", "Report this line, and switch the machine off and on.";
    }
}

bootproto_core::numbered! {
    /// Why it does not even begin: `entry.s` says so.
    pub enum Refusal {
        /// No room.
        NoBaseMemory = 7257, "the ROM leaves too little base memory", "Disable other option ROMs in the BIOS's setup.";
        /// An old processor.
        NoLongMode = 7258, "this processor has no 64-bit mode", "Use PXELINUX on this machine.";
        /// What is packed can't be unpacked.
        Damaged = 7259, "the file is damaged or not whole", "Copy it to the server again, in binary mode.";
    }
}
