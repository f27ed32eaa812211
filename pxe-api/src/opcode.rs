//! What can be asked of a PXE ROM, and what it can answer: numbers with names.

use crate::layout::names;

names! {
    /// The number of a PXE call (PXE 2.1 chapters 3 and 4; the FILE calls are iPXE's extension).
    pub struct Opcode(u16) {
        /// Hands the driver its device; done by the loader of the ROM.
        START_UNDI = 0x00, "PXENV_START_UNDI";
        /// Loads the driver's hardware state.
        UNDI_STARTUP = 0x01, "PXENV_UNDI_STARTUP";
        /// Undoes `UNDI_STARTUP`.
        UNDI_CLEANUP = 0x02, "PXENV_UNDI_CLEANUP";
        /// Resets the adapter and tests the medium.
        UNDI_INITIALIZE = 0x03, "PXENV_UNDI_INITIALIZE";
        /// Resets the adapter and sets the multicast list.
        UNDI_RESET_ADAPTER = 0x04, "PXENV_UNDI_RESET_ADAPTER";
        /// Undoes `UNDI_INITIALIZE`.
        UNDI_SHUTDOWN = 0x05, "PXENV_UNDI_SHUTDOWN";
        /// Lets frames through.
        UNDI_OPEN = 0x06, "PXENV_UNDI_OPEN";
        /// Undoes `UNDI_OPEN`.
        UNDI_CLOSE = 0x07, "PXENV_UNDI_CLOSE";
        /// Sends a frame.
        UNDI_TRANSMIT = 0x08, "PXENV_UNDI_TRANSMIT";
        /// Sets the multicast list.
        UNDI_SET_MCAST_ADDRESS = 0x09, "PXENV_UNDI_SET_MCAST_ADDRESS";
        /// Sets the hardware address.
        UNDI_SET_STATION_ADDRESS = 0x0a, "PXENV_UNDI_SET_STATION_ADDRESS";
        /// Sets the receive filter.
        UNDI_SET_PACKET_FILTER = 0x0b, "PXENV_UNDI_SET_PACKET_FILTER";
        /// What the adapter is.
        UNDI_GET_INFORMATION = 0x0c, "PXENV_UNDI_GET_INFORMATION";
        /// Counters.
        UNDI_GET_STATISTICS = 0x0d, "PXENV_UNDI_GET_STATISTICS";
        /// Resets the counters.
        UNDI_CLEAR_STATISTICS = 0x0e, "PXENV_UNDI_CLEAR_STATISTICS";
        /// Self test.
        UNDI_INITIATE_DIAGS = 0x0f, "PXENV_UNDI_INITIATE_DIAGS";
        /// Makes the adapter interrupt.
        UNDI_FORCE_INTERRUPT = 0x10, "PXENV_UNDI_FORCE_INTERRUPT";
        /// The hardware address of a multicast group.
        UNDI_GET_MCAST_ADDRESS = 0x11, "PXENV_UNDI_GET_MCAST_ADDRESS";
        /// Which device on which bus.
        UNDI_GET_NIC_TYPE = 0x12, "PXENV_UNDI_GET_NIC_TYPE";
        /// The kind of link, and what the driver can do.
        UNDI_GET_IFACE_INFO = 0x13, "PXENV_UNDI_GET_IFACE_INFO";
        /// Interrupt service: the way frames come in.
        UNDI_ISR = 0x14, "PXENV_UNDI_ISR";
        /// Undoes `START_UNDI`. The specification gives the same number to `UNDI_GET_STATE`; ROMs do this one.
        STOP_UNDI = 0x15, "PXENV_STOP_UNDI";
        /// Opens a file of a TFTP server.
        TFTP_OPEN = 0x20, "PXENV_TFTP_OPEN";
        /// Ends it.
        TFTP_CLOSE = 0x21, "PXENV_TFTP_CLOSE";
        /// The next packet of it.
        TFTP_READ = 0x22, "PXENV_TFTP_READ";
        /// A whole file to a physical address.
        TFTP_READ_FILE = 0x23, "PXENV_TFTP_READ_FILE";
        /// The same from protected mode.
        TFTP_READ_FILE_PMODE = 0x24, "PXENV_TFTP_READ_FILE_PMODE";
        /// How large a file is.
        TFTP_GET_FSIZE = 0x25, "PXENV_TFTP_GET_FSIZE";
        /// Opens the one UDP endpoint.
        UDP_OPEN = 0x30, "PXENV_UDP_OPEN";
        /// Closes it.
        UDP_CLOSE = 0x31, "PXENV_UDP_CLOSE";
        /// A received datagram.
        UDP_READ = 0x32, "PXENV_UDP_READ";
        /// Sends one.
        UDP_WRITE = 0x33, "PXENV_UDP_WRITE";
        /// Takes the base code out of memory.
        UNLOAD_STACK = 0x70, "PXENV_UNLOAD_STACK";
        /// A packet of the DHCP exchange that the ROM made.
        GET_CACHED_INFO = 0x71, "PXENV_GET_CACHED_INFO";
        /// Loads another boot program and starts it.
        RESTART_TFTP = 0x73, "PXENV_RESTART_TFTP";
        /// Starts the base code.
        START_BASE = 0x75, "PXENV_START_BASE";
        /// Stops it.
        STOP_BASE = 0x76, "PXENV_STOP_BASE";
        /// iPXE: opens a URL.
        FILE_OPEN = 0xe0, "PXENV_FILE_OPEN";
        /// iPXE: closes it.
        FILE_CLOSE = 0xe1, "PXENV_FILE_CLOSE";
        /// iPXE: whether there is something to read.
        FILE_SELECT = 0xe2, "PXENV_FILE_SELECT";
        /// iPXE: reads.
        FILE_READ = 0xe3, "PXENV_FILE_READ";
        /// iPXE: the size of an open file.
        GET_FILE_SIZE = 0xe4, "PXENV_GET_FILE_SIZE";
        /// iPXE: runs a command.
        FILE_EXEC = 0xe5, "PXENV_FILE_EXEC";
        /// iPXE: whether these calls are there.
        FILE_API_CHECK = 0xe6, "PXENV_FILE_API_CHECK";
        /// iPXE: what to run when everything has ended.
        FILE_EXIT_HOOK = 0xe7, "PXENV_FILE_EXIT_HOOK";
        /// iPXE: the command line of the boot program.
        FILE_CMDLINE = 0xe8, "PXENV_FILE_CMDLINE";
    }

    /// The status in the first two bytes of every parameter block (PXE 2.1 appendix).
    ///
    /// Screens show these as `PXE-Exx`.
    pub struct Status(u16) {
        /// Done.
        SUCCESS = 0x00, "success";
        /// Not done, and no reason given.
        FAILURE = 0x01, "failure";
        /// The call makes no sense here.
        BAD_FUNC = 0x02, "bad function";
        /// The ROM does not implement the call.
        UNSUPPORTED = 0x03, "unsupported";
        /// The UNDI must stay in memory, the base code need not.
        KEEP_UNDI = 0x04, "keep the UNDI in memory";
        /// Both must stay in memory.
        KEEP_ALL = 0x05, "keep everything in memory";
        /// No memory.
        OUT_OF_RESOURCES = 0x06, "out of resources";
        /// Nobody answers for the address.
        ARP_TIMEOUT = 0x11, "ARP timeout";
        /// `UDP_OPEN` comes first.
        UDP_CLOSED = 0x18, "UDP is closed";
        /// `UDP_CLOSE` comes first.
        UDP_OPEN = 0x19, "UDP is open";
        /// `TFTP_OPEN` comes first.
        TFTP_CLOSED = 0x1a, "TFTP is closed";
        /// `TFTP_CLOSE` comes first.
        TFTP_OPEN = 0x1b, "TFTP is open";
        /// The ROM failed to copy memory.
        MCOPY_PROBLEM = 0x20, "memory copy failed";
        /// Boot integrity services: integrity.
        BIS_INTEGRITY_FAILURE = 0x21, "BIS integrity failure";
        /// Boot integrity services: validation.
        BIS_VALIDATE_FAILURE = 0x22, "BIS validation failure";
        /// Boot integrity services: start.
        BIS_INIT_FAILURE = 0x23, "BIS initialisation failure";
        /// Boot integrity services: end.
        BIS_SHUTDOWN_FAILURE = 0x24, "BIS shutdown failure";
        /// Boot integrity services: no authorisation.
        BIS_GBOA_FAILURE = 0x25, "BIS boot object authorisation failure";
        /// Boot integrity services: memory.
        BIS_FREE_FAILURE = 0x26, "BIS free failure";
        /// Boot integrity services: signature information.
        BIS_GSI_FAILURE = 0x27, "BIS signature information failure";
        /// Boot integrity services: checksum.
        BIS_BAD_CKSUM = 0x28, "BIS bad checksum";
        /// No ARP answer from the server or its gateway.
        TFTP_CANNOT_ARP_ADDRESS = 0x30, "TFTP cannot ARP address";
        /// The server does not answer.
        TFTP_OPEN_TIMEOUT = 0x32, "TFTP open timeout";
        /// The server sent something else.
        TFTP_UNKNOWN_OPCODE = 0x33, "TFTP unknown opcode";
        /// The server fell silent.
        TFTP_READ_TIMEOUT = 0x35, "TFTP read timeout";
        /// The server sent an ERROR.
        TFTP_ERROR_OPCODE = 0x36, "error received from TFTP server";
        /// No connection.
        TFTP_CANNOT_OPEN_CONNECTION = 0x38, "TFTP cannot open connection";
        /// No connection any more.
        TFTP_CANNOT_READ_FROM_CONNECTION = 0x39, "TFTP cannot read from connection";
        /// The file has more packets than asked for.
        TFTP_TOO_MANY_PACKAGES = 0x3a, "TFTP too many packages";
        /// The server has no such file.
        TFTP_FILE_NOT_FOUND = 0x3b, "TFTP file not found";
        /// The server does not give it out.
        TFTP_ACCESS_VIOLATION = 0x3c, "TFTP access violation";
        /// Multicast without a group.
        TFTP_NO_MCAST_ADDRESS = 0x3d, "no multicast address";
        /// The server does not tell sizes.
        TFTP_NO_FILESIZE = 0x3e, "TFTP server does not give the file's size";
        /// The packet size is not possible.
        TFTP_INVALID_PACKET_SIZE = 0x3f, "invalid TFTP packet size";
        /// No DHCP answer.
        DHCP_TIMEOUT = 0x51, "DHCP timeout";
        /// No address.
        DHCP_NO_IP_ADDRESS = 0x52, "no IP address";
        /// No boot file.
        DHCP_NO_BOOTFILE_NAME = 0x53, "no boot file name";
        /// An impossible address.
        DHCP_BAD_IP_ADDRESS = 0x54, "bad IP address";
        /// No such UNDI call.
        UNDI_INVALID_FUNCTION = 0x60, "invalid UNDI function";
        /// No cable, or no link yet.
        UNDI_MEDIATEST_FAILED = 0x61, "media test failed, check cable";
        /// Multicast can't be had.
        UNDI_CANNOT_INIT_NIC_FOR_MCAST = 0x62, "cannot initialise the adapter for multicast";
        /// The adapter does not start.
        UNDI_CANNOT_INITIALIZE_NIC = 0x63, "cannot initialise the adapter";
        /// The transceiver does not start.
        UNDI_CANNOT_INITIALIZE_PHY = 0x64, "cannot initialise the transceiver";
        /// The adapter's configuration can't be read.
        UNDI_CANNOT_READ_CONFIG_DATA = 0x65, "cannot read configuration data";
        /// The adapter's start values can't be read.
        UNDI_CANNOT_READ_INIT_DATA = 0x66, "cannot read initialisation data";
        /// The adapter has no valid address.
        UNDI_BAD_MAC_ADDRESS = 0x67, "bad hardware address";
        /// The adapter's memory is damaged.
        UNDI_BAD_EEPROM_CHECKSUM = 0x68, "bad EEPROM checksum";
        /// The interrupt can't be hooked.
        UNDI_ERROR_SETTING_ISR = 0x69, "cannot set the interrupt handler";
        /// Not now.
        UNDI_INVALID_STATE = 0x6a, "invalid UNDI state";
        /// The frame was not sent.
        UNDI_TRANSMIT_ERROR = 0x6b, "transmit error";
        /// Not so.
        UNDI_INVALID_PARAMETER = 0x6c, "invalid UNDI parameter";
        /// The menu is malformed.
        BSTRAP_PROMPT_MENU = 0x74, "bad or missing prompt and menu";
        /// The discovery address is malformed.
        BSTRAP_MCAST_ADDR = 0x76, "bad or missing multicast discovery address";
        /// The list of boot servers is malformed.
        BSTRAP_MISSING_LIST = 0x77, "bad or missing discovery server list";
        /// No boot server answered.
        BSTRAP_NO_RESPONSE = 0x78, "no boot server answered";
        /// The boot program does not fit.
        BSTRAP_FILE_TOO_BIG = 0x79, "boot file is too big";
        /// Someone pressed a key.
        BINL_CANCELED_BY_KEYSTROKE = 0xa0, "cancelled by keystroke";
        /// No PXE server.
        BINL_NO_PXE_SERVER = 0xa1, "no PXE server";
        /// Not from protected mode.
        NOT_AVAILABLE_IN_PMODE = 0xa2, "not available in protected mode";
        /// Not from real mode.
        NOT_AVAILABLE_IN_RMODE = 0xa3, "not available in real mode";
        /// The driver does not know this device.
        BUSD_DEVICE_NOT_SUPPORTED = 0xb0, "device not supported";
        /// The loader finds no base memory.
        LOADER_NO_FREE_BASE_MEMORY = 0xc0, "no free base memory";
        /// The loader finds no base code.
        LOADER_NO_BC_ROMID = 0xc1, "no base code ROM ID";
        /// Its base code is damaged.
        LOADER_BAD_BC_ROMID = 0xc2, "bad base code ROM ID";
        /// Its base code is damaged.
        LOADER_BAD_BC_RUNTIME_IMAGE = 0xc3, "bad base code image";
        /// The loader finds no UNDI.
        LOADER_NO_UNDI_ROMID = 0xc4, "no UNDI ROM ID";
        /// Its UNDI is damaged.
        LOADER_BAD_UNDI_ROMID = 0xc5, "bad UNDI ROM ID";
        /// Its UNDI is damaged.
        LOADER_BAD_UNDI_DRIVER_IMAGE = 0xc6, "bad UNDI driver image";
        /// The loader finds no `!PXE`.
        LOADER_NO_PXE_STRUCT = 0xc8, "no !PXE structure";
        /// The loader finds no `PXENV+`.
        LOADER_NO_PXENV_STRUCT = 0xc9, "no PXENV+ structure";
        /// `START_UNDI` failed in the loader.
        LOADER_UNDI_START = 0xca, "the UNDI does not start";
        /// `START_BASE` failed in the loader.
        LOADER_BC_START = 0xcb, "the base code does not start";
    }
}

/// What AX says after a call: 0 done, 1 failed, with the reason in the block's status.
///
/// A ROM that says anything else is taken as failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit(pub u16);

impl Exit {
    /// `PXENV_EXIT_SUCCESS`.
    pub const SUCCESS: Self = Self(0);
    /// `PXENV_EXIT_FAILURE`.
    pub const FAILURE: Self = Self(1);

    /// Whether the call was done.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 == 0
    }
}
