//! TFTP calls (PXE 2.1 section 3.3).

use super::blocks;
use crate::SegmentOffset;
use crate::layout::layout;
use bootproto_core::copy_into;
use zerocopy::{big_endian, little_endian::U16, little_endian::U32};

layout! {
    /// `PXENV_TFTP_OPEN`.
    pub struct TftpOpen: 142 {
        /// Status.
        0 => status: U16,
        /// The server.
        2 => server: [u8; 4],
        /// The way to it, or 0.0.0.0. ROMs often ignore it.
        6 => gateway: [u8; 4],
        /// The file's name, NUL-terminated.
        10 => file_name: [u8; 128],
        /// The server's port.
        138 => port: big_endian::U16,
        /// In: the packet size to ask for. Out: the one granted.
        140 => packet_size: U16,
    }

    /// `PXENV_TFTP_CLOSE`.
    pub struct TftpClose: 2 {
        /// Status.
        0 => status: U16,
    }

    /// `PXENV_TFTP_READ`.
    pub struct TftpRead: 10 {
        /// Status.
        0 => status: U16,
        /// Out: which packet, from 1.
        2 => packet_number: U16,
        /// Out: how many bytes; fewer than the packet size is the end.
        4 => buffer_size: U16,
        /// In: where to put them; at least the granted packet size must fit.
        6 => buffer: SegmentOffset,
    }

    /// `PXENV_TFTP_READ_FILE`: a whole file to a physical address.
    pub struct TftpReadFile: 158 {
        /// Status.
        0 => status: U16,
        /// The file's name, NUL-terminated.
        2 => file_name: [u8; 128],
        /// In: how much room there is. Out: how large the file is.
        130 => buffer_size: U32,
        /// The physical address; above 1 MiB is allowed.
        134 => buffer: U32,
        /// The server.
        138 => server: [u8; 4],
        /// The way to it, or 0.0.0.0.
        142 => gateway: [u8; 4],
        /// The multicast group of MTFTP, or 0.0.0.0 for TFTP.
        146 => mcast: [u8; 4],
        /// MTFTP: the client's port.
        150 => client_port: big_endian::U16,
        /// The server's port.
        152 => server_port: big_endian::U16,
        /// MTFTP: how long to listen before asking, in seconds.
        154 => open_timeout: U16,
        /// MTFTP: how long to wait before asking again, in seconds.
        156 => reopen_delay: U16,
    }

    /// `PXENV_TFTP_READ_FILE_PMODE`: the same, called from protected mode.
    pub struct TftpReadFilePmode: 158 {
        /// Status.
        0 => status: U16,
        /// The file's name, NUL-terminated.
        2 => file_name: [u8; 128],
        /// In: how much room there is. Out: how large the file is.
        130 => buffer_size: U32,
        /// The physical address.
        134 => buffer: U32,
        /// The server.
        138 => server: [u8; 4],
        /// The way to it, or 0.0.0.0.
        142 => gateway: [u8; 4],
        /// The multicast group of MTFTP, or 0.0.0.0 for TFTP.
        146 => mcast: [u8; 4],
        /// MTFTP: the client's port.
        150 => client_port: big_endian::U16,
        /// The server's port.
        152 => server_port: big_endian::U16,
        /// MTFTP: how long to listen before asking, in seconds.
        154 => open_timeout: U16,
        /// MTFTP: how long to wait before asking again, in seconds.
        156 => reopen_delay: U16,
    }

    /// `PXENV_TFTP_GET_FSIZE`.
    pub struct TftpGetFsize: 142 {
        /// Status.
        0 => status: U16,
        /// The server.
        2 => server: [u8; 4],
        /// The way to it, or 0.0.0.0.
        6 => gateway: [u8; 4],
        /// The file's name, NUL-terminated.
        10 => file_name: [u8; 128],
        /// Out: how large the file is.
        138 => file_size: U32,
    }
}

blocks! {
    TftpOpen = TFTP_OPEN;
    TftpClose = TFTP_CLOSE;
    TftpRead = TFTP_READ;
    TftpReadFile = TFTP_READ_FILE;
    TftpReadFilePmode = TFTP_READ_FILE_PMODE;
    TftpGetFsize = TFTP_GET_FSIZE;
}

/// `name` as a block holds it: padded with NULs. `None` if it is empty, holds a NUL or has no room for one.
#[must_use]
pub fn file_name(name: &[u8]) -> Option<[u8; 128]> {
    let mut field = [0; 128];
    if name.is_empty() || name.len() >= field.len() || name.contains(&0) {
        return None;
    }
    copy_into(&mut field, name);
    Some(field)
}
