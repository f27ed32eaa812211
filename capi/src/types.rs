//! The types that all calls share.

use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use bootproto_core::{BufferTooSmall, Instant, Transmit, UdpPath};

use crate::misuse::{Misuse, Wrong};
use crate::raw::{Out, Place};

/// What a program was compiled for: given to every `init` function. It changes whenever a type or a function changes.
pub const BP_VERSION: u32 = 1;

/// A point in time: microseconds on any clock that never runs backwards.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct bp_instant(pub u64);

/// The answer of a `poll_timeout` function where time can't matter.
pub const BP_NEVER: u64 = u64::MAX;
/// A size that is not known.
pub const BP_UNKNOWN: u64 = u64::MAX;
/// An address in memory that was not given.
pub const BP_NOWHERE: u64 = u64::MAX;

/// A yes or a no; everything but 0 is a yes.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_flag(pub u8);

/// An IPv4 address in the order of the wire; 0.0.0.0 stands for none.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_ipv4 {
    /// Its bytes.
    pub octets: [u8; 4],
}

/// Where a datagram came from or goes to. Ports are plain numbers.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_path {
    /// Our address; 0.0.0.0 where it is not known, or there is none yet.
    pub local: bp_ipv4,
    /// The peer's; in what is to be sent it may be a broadcast or multicast address.
    pub remote: bp_ipv4,
    /// Our UDP port.
    pub local_port: u16,
    /// The peer's.
    pub remote_port: u16,
}

/// Bytes that are only read; NULL is right for none.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct bp_bytes {
    /// The first.
    pub bytes: *const u8,
    /// How many.
    pub length: usize,
}

/// Memory that is written to.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct bp_buffer {
    /// The first byte.
    pub bytes: *mut u8,
    /// How many.
    pub length: usize,
}

/// A datagram to send, in the caller's buffer; without bytes there is none.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_transmit {
    /// Where it goes, and from which port.
    pub path: bp_path,
    /// The payload.
    pub data: bp_bytes,
}

impl bp_bytes {
    /// None.
    pub const NONE: Self = Self { bytes: core::ptr::null(), length: 0 };

    /// Lends bytes to C.
    pub(crate) const fn lend(bytes: &[u8]) -> Self {
        if bytes.is_empty() { Self::NONE } else { Self { bytes: bytes.as_ptr(), length: bytes.len() } }
    }
}

impl Default for bp_bytes {
    fn default() -> Self {
        Self::NONE
    }
}

impl Default for bp_buffer {
    fn default() -> Self {
        Self { bytes: core::ptr::null_mut(), length: 0 }
    }
}

/// No.
pub const BP_NO: bp_flag = bp_flag(0);
/// Yes.
pub const BP_YES: bp_flag = bp_flag(1);

impl bp_flag {
    pub(crate) const fn is_set(self) -> bool {
        self.0 != 0
    }
}

impl From<bool> for bp_flag {
    fn from(is_set: bool) -> Self {
        if is_set { BP_YES } else { BP_NO }
    }
}

impl bp_ipv4 {
    /// The address, unless it stands for none.
    pub(crate) fn given(self) -> Option<Ipv4Addr> {
        Some(Ipv4Addr::from(self.octets)).filter(|address| !address.is_unspecified())
    }
}

impl From<Ipv4Addr> for bp_ipv4 {
    fn from(address: Ipv4Addr) -> Self {
        Self { octets: address.octets() }
    }
}

impl From<Option<Ipv4Addr>> for bp_ipv4 {
    fn from(address: Option<Ipv4Addr>) -> Self {
        address.map_or_else(Self::default, Self::from)
    }
}

impl From<bp_path> for UdpPath {
    fn from(path: bp_path) -> Self {
        let end = |address: bp_ipv4, port| SocketAddrV4::new(address.octets.into(), port);
        Self::v4(end(path.local, path.local_port), end(path.remote, path.remote_port))
    }
}

impl From<UdpPath> for bp_path {
    fn from(path: UdpPath) -> Self {
        Self {
            local: address(path.local),
            remote: address(path.remote),
            local_port: path.local.port(),
            remote_port: path.remote.port(),
        }
    }
}

/// The address of an end. Through this interface none is anything but IPv4.
pub(crate) fn address(end: SocketAddr) -> bp_ipv4 {
    match end {
        SocketAddr::V4(end) => (*end.ip()).into(),
        SocketAddr::V6(_) => bp_ipv4::default(),
    }
}

impl From<bp_instant> for Instant {
    fn from(now: bp_instant) -> Self {
        Self::from_micros(now.0)
    }
}

/// What `poll_timeout` answers.
pub(crate) fn deadline(at: Option<Instant>) -> bp_instant {
    bp_instant(at.map_or(BP_NEVER, Instant::as_micros))
}

/// What a `poll_transmit` function answers. A buffer that is too small changes nothing but the length in `to`.
pub(crate) fn transmit(
    sent: Result<Option<Transmit<'_, UdpPath>>, BufferTooSmall>,
    to: Place<bp_transmit>,
) -> Result<(), Wrong> {
    match sent {
        Ok(sent) => {
            to.put(sent.map_or_else(bp_transmit::default, |sent| bp_transmit {
                path: sent.path.into(),
                data: bp_bytes::lend(sent.bytes),
            }));
            Ok(())
        }
        Err(BufferTooSmall { needed }) => {
            let data = bp_bytes { bytes: core::ptr::null(), length: needed };
            to.put(bp_transmit { path: bp_path::default(), data });
            Err(Misuse::BufferTooSmall { needed }.into())
        }
    }
}

/// Copies `bytes` and tells their number. Where they don't fit, only the number is told.
pub(crate) fn copy_out(
    bytes: &[u8],
    mut to: Out<u8>,
    capacity: usize,
    length: &Out<usize>,
) -> Result<(), Wrong> {
    let length = length.place()?;
    let room = to.slice(capacity)?;
    let fits = bytes.len() <= room.len();
    if fits {
        bootproto_core::copy_into(room, bytes);
    }
    length.put(bytes.len());
    if fits { Ok(()) } else { Err(Misuse::BufferTooSmall { needed: bytes.len() }.into()) }
}
