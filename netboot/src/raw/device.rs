//! A Linux packet socket as a `smoltcp` device.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::sys::socket::{AddressFamily, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrLike};
use nix::sys::socket::{bind, recv, send, setsockopt, socket, sockopt};
use smoltcp::phy::{Checksum, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

use crate::{Error, Mistake, link};

/// How many bytes of frames may wait. Each takes about 2 KiB of the kernel's bookkeeping.
const RECEIVE_BUFFER: usize = 8 << 20;

/// Ethernet header.
const HEADER: usize = 14;

/// All frames of one interface, those for foreign hardware addresses included (promiscuous while it is open).
#[derive(Debug)]
pub struct Device {
    socket: OwnedFd,
    mtu: usize,
    frame: Vec<u8>,
}

impl Device {
    /// Opens `interface`.
    ///
    /// # Errors
    /// There is no such interface, it is down, or there is no right to it (`CAP_NET_RAW`).
    pub fn open(interface: &str) -> Result<Self, Error> {
        let what = || format!("raw frames on {interface}");
        let index = nix::net::if_::if_nametoindex(interface)
            .map_err(|_| Error::mistake(Mistake::NoInterface, format!("interface {interface}")))?;
        let socket = socket(
            AddressFamily::Packet,
            SockType::Raw,
            SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC,
            SockProtocol::EthAll,
        )
        .map_err(|error| match error {
            nix::Error::EPERM | nix::Error::EACCES => Error::mistake(Mistake::NoRight, what())
                .with_hint("run as root, or give the program CAP_NET_RAW"),
            other => Error::network(what(), &other.into()),
        })?;
        let mtu = prepare(&socket, interface, index).map_err(|error| match error.raw_os_error() {
            Some(libc::ENETDOWN) => Error::mistake(Mistake::InterfaceDown, format!("interface {interface}")),
            _ => Error::network(what(), &error),
        })?;
        Ok(Self { socket, mtu, frame: vec![0; mtu + HEADER + 4] })
    }

    /// The interface's MTU: bytes of IP in a frame.
    #[must_use]
    pub fn mtu(&self) -> usize {
        self.mtu
    }

    /// How many bytes of frames may wait in the kernel.
    #[must_use]
    pub fn receive_buffer(&self) -> usize {
        // Linux reports twice what is meant for payload, and charges a frame with its bookkeeping.
        nix::sys::socket::getsockopt(&self.socket, sockopt::RcvBuf).map_or(0, |bytes| bytes / 2)
    }
}

/// Binds the socket to the interface, asks for all its frames but our own, and answers its MTU.
fn prepare(socket: &OwnedFd, interface: &str, index: u32) -> io::Result<usize> {
    let address = libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as libc::sa_family_t,
        sll_protocol: (libc::ETH_P_ALL as u16).to_be(),
        sll_ifindex: index as libc::c_int,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    // SAFETY: the pointer is to a whole, initialised sockaddr_ll, and the length is its size.
    let address = unsafe {
        LinkAddr::from_raw((&raw const address).cast(), Some(size_of::<libc::sockaddr_ll>() as u32))
    };
    bind(socket.as_raw_fd(), &address.ok_or(io::ErrorKind::InvalidInput)?)?;
    let member = libc::packet_mreq {
        mr_ifindex: index as libc::c_int,
        mr_type: libc::PACKET_MR_PROMISC as libc::c_ushort,
        mr_alen: 0,
        mr_address: [0; 8],
    };
    option(socket, libc::PACKET_ADD_MEMBERSHIP, &member)?;
    // Older kernels than 4.20 lack it; our own frames then come back, and are passed over as a stranger's.
    let _ = option(socket, libc::PACKET_IGNORE_OUTGOING, &1_i32);
    // With the right to it the limit of net.core.rmem_max does not hold.
    if setsockopt(socket, sockopt::RcvBufForce, &RECEIVE_BUFFER).is_err() {
        let _ = setsockopt(socket, sockopt::RcvBuf, &RECEIVE_BUFFER);
    }
    link::mtu(interface)
}

fn option<T>(socket: &OwnedFd, name: libc::c_int, value: &T) -> io::Result<()> {
    // SAFETY: the descriptor is open, and the pointer and length describe a whole, initialised value.
    let result = unsafe {
        let value = std::ptr::from_ref(value).cast();
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_PACKET, name, value, size_of::<T>() as libc::socklen_t)
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl smoltcp::phy::Device for Device {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Sending<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Received<'_>, Sending<'_>)> {
        let length = recv(self.socket.as_raw_fd(), &mut self.frame, MsgFlags::MSG_TRUNC).ok()?;
        // A frame larger than the MTU was put together by an offload of the host: its peer would not have sent it.
        let frame = self.frame.get(..length).unwrap_or_default();
        Some((Received(frame), Sending { socket: self.socket.as_fd() }))
    }

    fn transmit(&mut self, _: Instant) -> Option<Sending<'_>> {
        Some(Sending { socket: self.socket.as_fd() })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = self.mtu + HEADER;
        // Frames from this very host leave the checksum to hardware that a virtual interface does not have.
        capabilities.checksum.udp = Checksum::Tx;
        capabilities
    }
}

/// A received frame.
#[derive(Debug)]
pub struct Received<'a>(&'a [u8]);

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

/// Room for a frame to send.
#[derive(Debug)]
pub struct Sending<'a> {
    socket: BorrowedFd<'a>,
}

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        let mut frame = vec![0; length];
        let result = f(&mut frame);
        // A full queue drops the frame, as a wire may; what was to be said is said again.
        let _ = send(self.socket.as_raw_fd(), &frame, MsgFlags::empty());
        result
    }
}
