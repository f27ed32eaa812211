//! Datagrams through the firmware's own PXE client: `EFI_PXE_BASE_CODE_PROTOCOL`, UdpRead and UdpWrite (UEFI 2.10 section
//! 24.3), for cards that the firmware does not let go of.
//!
//! UdpRead waits until something comes; EDK2 gives up after three seconds. So a lost packet costs up to three seconds
//! here, and nothing is read while a person is asked.

use crate::find::{Cached, Origin, cached, look};
use crate::trouble::Trouble;
use alloc::boxed::Box;
use bootproto_core::UdpPath;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use uefi::Status;
use uefi::boot::ScopedProtocol;
use uefi::proto::network::pxe::{BaseCode, UdpOpFlags};

/// Room for a datagram; none that we ask for is larger.
const ROOM: usize = 2048;

/// The firmware's PXE client with an address.
pub(crate) struct Udp {
    base_code: ScopedProtocol<BaseCode>,
    /// Whether it was we who had started it.
    is_ours: bool,
    address: IpAddr,
    router: Option<IpAddr>,
    received: Box<[u8; ROOM]>,
}

/// Opens it; where it has no address yet, the firmware asks for one.
pub(crate) fn open(origin: &Origin) -> Result<(Udp, Cached), Trouble> {
    let refused = |error: uefi::Error| Trouble::BaseCodeRefused { status: error.status().0 };
    let handle = origin.base_code.ok_or(Trouble::NoBaseCode)?;
    let mut base_code = look::<BaseCode>(handle).ok_or(Trouble::NoBaseCode)?;
    let mut is_ours = false;
    if base_code.mode().started() && base_code.mode().using_ipv6() {
        base_code.stop().map_err(refused)?;
    }
    if !base_code.mode().started() {
        base_code.start(false).map_err(refused)?;
        is_ours = true;
    }
    if !base_code.mode().dhcp_ack_received()
        && let Err(error) = base_code.dhcp(false)
    {
        if is_ours {
            let _ = base_code.stop();
        }
        return Err(refused(error));
    }
    let cached = cached(&base_code).ok_or(Trouble::NoBaseCode)?;
    let address = base_code.mode().station_ip();
    let udp = Udp { base_code, is_ours, address, router: None, received: Box::new([0; ROOM]) };
    Ok((udp, cached))
}

impl Udp {
    /// Takes the router that DHCP has named into use.
    pub(crate) fn configure(&mut self, router: Option<Ipv4Addr>) {
        self.router = router.map(IpAddr::V4);
    }

    /// Sends a datagram.
    pub(crate) fn send(&mut self, path: UdpPath, payload: &[u8]) -> Result<(), Status> {
        let mut port = path.local.port();
        let (to, to_port) = (path.remote.ip(), path.remote.port());
        let (router, flags) = (self.router.as_ref(), UdpOpFlags::MAY_FRAGMENT);
        let sent = self.base_code.udp_write(
            flags,
            &to,
            to_port,
            router,
            Some(&self.address),
            Some(&mut port),
            None,
            payload,
        );
        sent.map_err(|error| error.status())
    }

    /// Waits for a datagram; false where none came.
    pub(crate) fn receive(&mut self, deliver: impl FnOnce(UdpPath, &[u8])) -> bool {
        let any = UdpOpFlags::ANY_SRC_IP | UdpOpFlags::ANY_SRC_PORT | UdpOpFlags::ANY_DEST_PORT;
        let (mut from, mut from_port, mut port) = (IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0, 0);
        let length = self.base_code.udp_read(
            any,
            None,
            Some(&mut port),
            Some(&mut from),
            Some(&mut from_port),
            None,
            &mut self.received[..],
        );
        let Some(datagram) = length.ok().and_then(|length| self.received.get(..length)) else { return false };
        let path =
            UdpPath { local: SocketAddr::new(self.address, port), remote: SocketAddr::new(from, from_port) };
        deliver(path, datagram);
        true
    }

    /// Leaves it as it was found.
    pub(crate) fn close(mut self) {
        if self.is_ours {
            let _ = self.base_code.stop();
        }
    }
}
