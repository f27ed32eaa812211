//! What can be wrong with a kernel's header, and with the memory it is to lie in.

bootproto_core::numbered! {
    /// Why a file is no kernel that can be started.
    pub enum HeaderError {
        /// The header goes on behind the bytes at hand.
        Truncated { /** Bytes from the file's start that are needed. */ needed: usize } = 3401, "the kernel's header needs {needed} bytes", "Check that the file is whole on the server.";
        /// Something else than a kernel.
        NotKernel = 3402, "the file is no Linux kernel", "Check which file KERNEL or the DHCP server names.";
        /// From before the boot protocol 2.00 of 1995, or a protocol 3 that nobody knows yet.
        BadVersion { /** High byte major, low byte minor. */ version: u16 } = 3403, "the kernel speaks boot protocol {version:#06x}, only 2.00 and its successors are known", "Use another kernel.";
        /// A zImage: it wants to lie below 1 MiB.
        LoadsLow = 3404, "the kernel is a zImage that loads below 1 MiB", "Use a bzImage.";
        /// 0xAA55 is not where it belongs.
        BadBootFlag = 3405, "the kernel's boot flag is not 0xaa55", "Check that the file is whole on the server.";
        /// The file is shorter than its header says.
        FileTooShort { /** Bytes it should have. */ needed: u64, /** Bytes it has. */ length: u64 } = 3406, "the kernel's file has {length} bytes, its header says {needed}", "Check that the file is whole on the server.";
        /// An alignment that is zero or no power of two.
        BadAlignment { /** What the header says. */ alignment: u32 } = 3407, "the kernel asks for the impossible alignment {alignment:#x}", "Use another kernel.";
        /// The memory it says it needs to run is less than what is loaded.
        BadRuntimeSize { /** What the header says. */ size: u64 } = 3408, "the kernel says it runs in {size} bytes, which is less than it has", "Use another kernel.";
        /// The compressed kernel inside lies outside the file.
        BadPayload = 3409, "the kernel's payload lies outside its file", "Check that the file is whole on the server.";
        /// A big-endian arm64 or RISC-V kernel.
        BigEndian = 3410, "the kernel is big-endian", "Use a little-endian kernel.";
        /// An offset beyond all memory.
        BadOffset { /** What the header says. */ offset: u64 } = 3411, "the kernel asks for the impossible offset {offset:#x}", "Use another kernel.";
    }
}

bootproto_core::numbered! {
    /// Why something has no place in memory.
    pub enum PlaceError {
        /// No room for the kernel.
        KernelRoom { /** Bytes. */ needed: u64 } = 3451 ["PXE-E79"], "no {needed} free bytes where the kernel can run", "Give the machine more memory.";
        /// No room for the command line or the parameter page.
        ParameterRoom { /** Bytes. */ needed: u64 } = 3452, "no {needed} free bytes for the kernel's parameters", "Give the machine more memory.";
        /// No room for an initrd.
        InitrdRoom { /** Bytes. */ needed: u64, /** Bytes that are free. */ free: u64 } = 3453 ["PXE-E79"], "the initrd has {needed} bytes, {free} are free", "Use a smaller initrd or give the machine more memory.";
        /// The kernel's file is larger than the place that was found for it.
        KernelGrew { /** Its size. */ length: u64, /** The place's. */ limit: u64 } = 3454 ["PXE-E79"], "the kernel's file has {length} bytes, its place {limit}", "Check the server: it sent more than it announced.";
        /// The initrd is larger than the place that was found for it.
        InitrdGrew { /** Its size. */ length: u64, /** The place's. */ limit: u64 } = 3455 ["PXE-E79"], "the initrd has {length} bytes, its place {limit}", "Check the server: it sent more than it announced.";
        /// The kernel comes first: it says where the rest may lie.
        KernelFirst = 3456, "the kernel has to be placed first", "This is a defect in the program; report it.";
        /// The last initrd was of unknown size, and nobody said how large it became.
        InitrdOpen = 3457, "the last initrd's size is not known yet", "This is a defect in the program; report it.";
        /// The command line is longer than the kernel takes.
        CommandLineTooLong { /** Its length. */ length: usize, /** What the kernel takes. */ limit: usize } = 3458, "the command line has {length} bytes, the kernel takes {limit}", "Shorten APPEND.";
        /// The parameter page is for x86, and something it tells of has no place yet.
        ParametersMissing = 3459, "kernel and parameters have to be placed first", "This is a defect in the program; report it.";
        /// The header's bytes are not those of the kernel.
        HeadTooShort = 3460, "the kernel's first bytes are missing", "This is a defect in the program; report it.";
        /// Before 2.02 the command line was handed over in real mode only.
        ProtocolTooOld { /** The kernel's protocol. */ version: u16 } = 3461, "boot protocol {version:#06x} has no 32-bit entry with a command line", "Use a newer kernel.";
        /// The table of regions in the parameter page is full.
        TooManyRegions { /** How many there are. */ count: usize } = 3462, "{count} memory regions, the kernel's table takes 128", "Join neighbouring regions.";
    }
}
