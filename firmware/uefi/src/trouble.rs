//! What the firmware can't give or do: the numbers of this program.

bootproto_core::numbered! {
    /// Why the firmware's side of a boot failed.
    pub enum Trouble {
        /// There is no `EFI_SIMPLE_NETWORK_PROTOCOL`.
        NoCard = 7201, "the firmware drives no network card", "Enable the network stack in the firmware's setup, or add the card's UEFI driver.";
        /// The card could not be taken over or started.
        CardRefused { /** What the firmware answered. */ status: usize } = 7202, "the network card does not start (EFI status {status:#x})", "Another program may hold the card; switch the machine off and on.";
        /// No link.
        NoLink = 7203 ["PXE-E61"], "the network card has no link", "Look at the cable and at the switch port.";
        /// A card that is not Ethernet.
        NotEthernet = 7204, "the network card is not an Ethernet card", "Choose another card in the boot order.";
        /// Not enough memory.
        NoMemory { /** How many bytes were wanted. */ bytes: u64 } = 7205, "the firmware has no room for {bytes} bytes", "Give the machine more memory, or serve a smaller initrd.";
        /// Secure Boot.
        NotSigned = 7206, "Secure Boot refuses the kernel", "Serve a kernel that is signed with a key of this machine's db, or enrol the key.";
        /// `LoadImage` failed.
        NoImage { /** What the firmware answered. */ status: usize } = 7207, "the firmware can't load the kernel (EFI status {status:#x})", "The kernel needs an EFI stub (CONFIG_EFI_STUB) and this machine's architecture.";
        /// The kernel came back.
        KernelReturned { /** With what. */ status: usize } = 7208, "the kernel came back (EFI status {status:#x})", "Its own lines above say why; an initrd needs Linux 5.8 or later here.";
        /// The boot client could not be made.
        BadSettings = 7209, "the boot client can't be made of these settings", "This is a defect in the program.";
        /// There is no `EFI_PXE_BASE_CODE_PROTOCOL`.
        NoBaseCode = 7210, "the firmware has no PXE client for this card", "Enable PXE over IPv4 in the firmware's setup.";
        /// It did not start, or got no address.
        BaseCodeRefused { /** What it answered. */ status: usize } = 7211, "the firmware's PXE client gets no address (EFI status {status:#x})", "A DHCP server must answer that names a boot file.";
        /// Its answers name none.
        NoBootFile = 7212 ["PXE-E53"], "the answers that the firmware's PXE client keeps name no boot file", "Name a boot file on the DHCP or ProxyDHCP server.";
    }
}
