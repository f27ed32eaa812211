//! iPXE's FILE calls: any URL that iPXE can fetch, through the PXE entry point.

use super::blocks;
use crate::SegmentOffset;
use crate::layout::layout;
use zerocopy::little_endian::{U16, U32};

/// What [`FileApiCheck::magic`] must hold in a request, and what a ROM with these calls answers in its place.
pub const FILE_API_MAGIC: (u32, u32) = (0x91d4_47b2, 0xe9c1_7b20);

layout! {
    /// `PXENV_FILE_OPEN`.
    pub struct FileOpen: 12 {
        /// Status.
        0 => status: U16,
        /// Out: the handle.
        2 => file_handle: U16,
        /// Where the URL is, NUL-terminated.
        4 => file_name: SegmentOffset,
        /// Zero.
        8 => reserved: U32,
    }

    /// `PXENV_FILE_CLOSE`.
    pub struct FileClose: 4 {
        /// Status.
        0 => status: U16,
        /// The handle.
        2 => file_handle: U16,
    }

    /// `PXENV_FILE_SELECT`.
    pub struct FileSelect: 6 {
        /// Status.
        0 => status: U16,
        /// The handle.
        2 => file_handle: U16,
        /// Out: bit 0, there is something to read.
        4 => ready: U16,
    }

    /// `PXENV_FILE_READ`.
    pub struct FileRead: 10 {
        /// Status.
        0 => status: U16,
        /// The handle.
        2 => file_handle: U16,
        /// In: how much room there is. Out: how many bytes came; 0 is the end.
        4 => buffer_size: U16,
        /// Where to put them.
        6 => buffer: SegmentOffset,
    }

    /// `PXENV_GET_FILE_SIZE`.
    pub struct GetFileSize: 8 {
        /// Status.
        0 => status: U16,
        /// The handle.
        2 => file_handle: U16,
        /// Out: the size in bytes.
        4 => file_size: U32,
    }

    /// `PXENV_FILE_EXEC`.
    pub struct FileExec: 6 {
        /// Status.
        0 => status: U16,
        /// Where the command is, NUL-terminated.
        2 => command: SegmentOffset,
    }

    /// `PXENV_FILE_API_CHECK`.
    pub struct FileApiCheck: 20 {
        /// Status.
        0 => status: U16,
        /// The size of this block.
        2 => size: U16,
        /// [`FILE_API_MAGIC`].
        4 => magic: U32,
        /// Out: whose implementation it is.
        8 => provider: U32,
        /// Out: which calls there are; bit n is opcode 0xe0 + n.
        12 => api_mask: U32,
        /// Out: zero.
        16 => flags: U32,
    }

    /// `PXENV_FILE_EXIT_HOOK`.
    pub struct FileExitHook: 6 {
        /// Status.
        0 => status: U16,
        /// What to jump to.
        2 => hook: SegmentOffset,
    }

    /// `PXENV_FILE_CMDLINE`.
    pub struct FileCmdline: 8 {
        /// Status.
        0 => status: U16,
        /// In: how much room there is. Out: how long the command line is.
        2 => buffer_size: U16,
        /// Where to put it.
        4 => buffer: SegmentOffset,
    }
}

blocks! {
    FileOpen = FILE_OPEN;
    FileClose = FILE_CLOSE;
    FileSelect = FILE_SELECT;
    FileRead = FILE_READ;
    GetFileSize = GET_FILE_SIZE;
    FileExec = FILE_EXEC;
    FileApiCheck = FILE_API_CHECK;
    FileExitHook = FILE_EXIT_HOOK;
    FileCmdline = FILE_CMDLINE;
}
