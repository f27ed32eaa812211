//! What the board can't give: the numbers of this program.

bootproto_core::numbered! {
    /// Why the board's side of a boot failed.
    pub enum Trouble {
        /// Another device, or none.
        NoController { /** What BYTE_TEST says. */ found: u32 } = 7221, "there is no LAN9118 (BYTE_TEST reads {found:#010x})", "Look at its base address, its bus timing and the order of its bytes.";
        /// It does not come out of its reset.
        NotReady = 7222, "the LAN9118 does not get ready", "Look at its power, its clock and its reset line; switch the board off and on.";
        /// No EEPROM, or an empty one.
        NoAddress = 7223, "the LAN9118 has no hardware address", "Write one into its EEPROM, or into MAC_ADDRH and MAC_ADDRL before the start.";
        /// No link.
        NoLink = 7224 ["PXE-E61"], "there is no link", "Look at the cable and at the switch port.";
        /// A fault of the processor.
        Fault { /** Where. */ at: u32 } = 7225, "the processor met a fault at {at:#010x}", "Report this line, and switch the board off and on.";
    }
}
