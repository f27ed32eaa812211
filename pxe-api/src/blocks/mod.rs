//! The parameter block of every PXE call (PXE 2.1 chapters 3 and 4), field for field, and iPXE's FILE extension.
//!
//! What belongs here: bytes with names and the opcode they belong to. What does not: when to make a call, or what
//! to think of its answer. Field names are the specification's in Rust's spelling; addresses of the Internet are in
//! network order wherever the specification has them so, everything else is little-endian.

mod file;
mod preboot;
mod tftp;
mod transfer;
mod udp;
mod undi;

pub use file::{
    FILE_API_MAGIC, FileApiCheck, FileClose, FileCmdline, FileExec, FileExitHook, FileOpen, FileRead,
    FileSelect, GetFileSize,
};
pub use preboot::{
    BootPlayer, GetCachedInfo, PacketType, RestartTftp, StartBase, StartUndi, StopBase, StopUndi, UndiLoader,
    UnloadStack,
};
pub use tftp::{TftpClose, TftpGetFsize, TftpOpen, TftpRead, TftpReadFile, TftpReadFilePmode, file_name};
pub use transfer::{
    DataBlock, FuncFlag, MAX_DATA_BLOCKS, PacketKind, Protocol, TransmitBuffer, UndiIsr, UndiTransmit,
    XmitFlag,
};
pub use udp::{UdpClose, UdpOpen, UdpRead, UdpWrite};
pub use undi::{
    McastAddresses, PacketFilter, PciNic, PnpNic, ServiceFlags, UndiCleanup, UndiClearStatistics, UndiClose,
    UndiForceInterrupt, UndiGetIfaceInfo, UndiGetInformation, UndiGetMcastAddress, UndiGetNicType,
    UndiGetState, UndiGetStatistics, UndiInitialize, UndiInitiateDiags, UndiOpen, UndiResetAdapter,
    UndiSetMcastAddress, UndiSetPacketFilter, UndiSetStationAddress, UndiShutdown, UndiStartup,
};

use crate::layout::Layout;
use crate::opcode::{Opcode, Status};

/// A parameter block: a layout that belongs to an opcode and starts with a status.
pub trait Block: Layout {
    /// The call it belongs to.
    const OPCODE: Opcode;

    /// What the ROM wrote into the first two bytes.
    fn status(&self) -> Status;
}

/// Says which opcode each block belongs to.
macro_rules! blocks {
    ($( $name:ident = $opcode:ident; )+) => {
        $(
            impl $crate::blocks::Block for $name {
                const OPCODE: $crate::opcode::Opcode = $crate::opcode::Opcode::$opcode;

                fn status(&self) -> $crate::opcode::Status {
                    $crate::opcode::Status(self.status.get())
                }
            }
        )+
    };
}
pub(crate) use blocks;

/// A hardware address as PXE holds it: at the start of 16 bytes, the rest zero.
pub type MacAddress = [u8; 16];

/// The largest parameter block, [`TftpReadFile`].
pub const LARGEST_BLOCK: usize = size_of::<TftpReadFile>();
