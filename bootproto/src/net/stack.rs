//! A `smoltcp` interface with one queue of outgoing datagrams, and incoming ones straight from the frame.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use bootproto_core::{Instant, UdpPath, copy_into};
use bootproto_dhcp::client::Lease;
use smoltcp::iface::{Interface, SocketHandle, SocketSet, SocketStorage};
use smoltcp::phy::{ChecksumCapabilities, Device, DeviceCapabilities, RxToken, TxToken};
use smoltcp::socket::raw;
use smoltcp::time;
use smoltcp::wire::{
    EthernetAddress, HardwareAddress, IpAddress, IpCidr, IpProtocol, IpVersion, Ipv4Cidr, Ipv4Packet,
    Ipv4Repr, UdpPacket, UdpRepr,
};

use super::demux;
use super::probe::{AddressProbe, FRAME};

/// How many datagrams may wait for ARP or for the device. A boot client has two at most; the rest is for IGMP.
const QUEUE: usize = 8;

/// Bytes for the datagrams that wait: requests are small, a DHCP message is the largest.
const QUEUE_BYTES: usize = 4096;

/// IPv4 header without options, and UDP header.
const HEADERS: usize = 28;

/// Memory that a [`Stack`] borrows, about 5 KiB; make it where it lives as long as the stack.
pub struct Storage<'s> {
    sockets: [SocketStorage<'s>; 1],
    metadata: [raw::PacketMetadata; QUEUE],
    bytes: [u8; QUEUE_BYTES],
}

impl fmt::Debug for Storage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Storage")
    }
}

impl Default for Storage<'_> {
    fn default() -> Self {
        Self {
            sockets: [SocketStorage::EMPTY],
            metadata: [raw::PacketMetadata::EMPTY; QUEUE],
            bytes: [0; QUEUE_BYTES],
        }
    }
}

bootproto_core::numbered! {
    /// Why a datagram could not be sent. Whatever made it will make it again.
    pub enum SendError {
        /// The queue of datagrams that wait for ARP or for the device is full.
        QueueFull = 3150, "the queue of outgoing datagrams is full", "Is the link up? Nothing is leaving this machine.";
        /// The destination is neither on our network nor behind a router that we know.
        NoRoute { /// Where it was to go.
            to: Ipv4Addr } = 3151, "there is no route to {to}", "The server is on another network: DHCP must give a router (option 3) and a netmask (option 1).";
        /// The destination is IPv6, which this stack does not speak.
        NotIpv4 = 3152, "the destination is not an IPv4 address", "Use IPv4 addresses.";
    }
}

/// IPv4 and UDP for one interface, with Ethernet and ARP where its medium is Ethernet.
pub struct Stack<'s> {
    interface: Interface,
    sockets: SocketSet<'s>,
    outgoing: SocketHandle,
    /// Ours on Ethernet; `None` over a link that takes IP packets.
    own: Option<EthernetAddress>,
    address: Option<Ipv4Cidr>,
    router: Option<Ipv4Addr>,
    probe: Option<AddressProbe>,
}

impl fmt::Debug for Stack<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.own {
            Some(own) => write!(f, "Stack({own}, {:?})", self.address),
            None => write!(f, "Stack({:?})", self.address),
        }
    }
}

impl<'s> Stack<'s> {
    /// A stack without an address on `device`, whose medium must be Ethernet; `own` must be a unicast address.
    pub fn new<D: Device + ?Sized>(
        device: &mut D,
        own: [u8; 6],
        seed: u64,
        now: Instant,
        storage: &'s mut Storage<'s>,
    ) -> Self {
        let own = EthernetAddress(own);
        Self::on(device, HardwareAddress::Ethernet(own), Some(own), seed, now, storage)
    }

    /// A stack without an address on a `device` whose medium is IP: one that takes and gives whole IP packets, such as
    /// IPoIB. It finds neighbours, routers and groups itself, and probes addresses itself; tell it the address too.
    #[cfg(feature = "smoltcp")]
    pub fn ip<D: Device + ?Sized>(
        device: &mut D,
        seed: u64,
        now: Instant,
        storage: &'s mut Storage<'s>,
    ) -> Self {
        Self::on(device, HardwareAddress::Ip, None, seed, now, storage)
    }

    fn on<D: Device + ?Sized>(
        device: &mut D,
        hardware: HardwareAddress,
        own: Option<EthernetAddress>,
        seed: u64,
        now: Instant,
        storage: &'s mut Storage<'s>,
    ) -> Self {
        let mut config = smoltcp::iface::Config::new(hardware);
        config.random_seed = seed;
        let interface = Interface::new(config, device, clock(now));
        let mut sockets = SocketSet::new(&mut storage.sockets[..]);
        let outgoing = sockets.add(raw::Socket::new(
            Some(IpVersion::Ipv4),
            Some(IpProtocol::Udp),
            raw::PacketBuffer::new(&mut [][..], &mut [][..]),
            raw::PacketBuffer::new(&mut storage.metadata[..], &mut storage.bytes[..]),
        ));
        Self { interface, sockets, outgoing, own, address: None, router: None, probe: None }
    }

    /// Takes a lease's address into use: call this when the boot client says `Configured` or `Renewed`. Without a mask the
    /// network is this machine alone, behind the router if there is one.
    pub fn configure_from(&mut self, lease: &Lease) {
        let prefix = lease.mask.map_or(32, |mask| mask.to_bits().leading_ones());
        self.configure(lease.address, u8::try_from(prefix).unwrap_or(32), lease.routers().first().copied());
    }

    /// Takes an address into use.
    pub fn configure(&mut self, address: Ipv4Addr, prefix_length: u8, router: Option<Ipv4Addr>) {
        let cidr = Ipv4Cidr::new(address, prefix_length.min(32));
        self.address = Some(cidr);
        self.router = router;
        self.interface.update_ip_addrs(|addresses| {
            addresses.clear();
            // One address was taken out before one goes in, so there is room.
            let _ = addresses.push(IpCidr::Ipv4(cidr));
        });
        let routes = self.interface.routes_mut();
        routes.remove_default_ipv4_route();
        if let Some(router) = router {
            // The table was emptied of the default route just now, so there is room.
            let _ = routes.add_default_ipv4_route(router);
        }
    }

    /// Gives the address up: the lease has ended.
    pub fn unconfigure(&mut self) {
        self.address = None;
        self.router = None;
        self.interface.update_ip_addrs(|addresses| addresses.clear());
        self.interface.routes_mut().remove_default_ipv4_route();
    }

    /// Joins a multicast group (IGMP), for RFC 2090 transfers and PXE boot-server discovery.
    #[cfg(feature = "smoltcp")]
    pub fn join(&mut self, group: Ipv4Addr) -> bool {
        self.interface.join_multicast_group(group).is_ok()
    }

    /// Starts to probe for `address`; [`probe_result`](Self::probe_result) has the answer a little later. `false`, and
    /// nothing starts, where the medium is IP: ARP is the device's business there.
    pub const fn probe(&mut self, address: Ipv4Addr, now: Instant) -> bool {
        let Some(own) = self.own else { return false };
        self.probe = Some(AddressProbe::new(address, own, now));
        true
    }

    /// The verdict of the probe under way, once: `Some(true)` if somebody has the address.
    pub fn probe_result(&mut self, now: Instant) -> Option<bool> {
        let verdict = self.probe.as_ref()?.in_use(now)?;
        self.probe = None;
        Some(verdict)
    }

    /// Queues a datagram.
    ///
    /// # Errors
    /// [`SendError`] says why it was dropped; to drop it is safe, for every machine sends again.
    pub fn send(&mut self, path: UdpPath, payload: &[u8]) -> Result<(), SendError> {
        let (SocketAddr::V4(remote), IpAddr::V4(local)) = (path.remote, path.local.ip()) else {
            return Err(SendError::NotIpv4);
        };
        let to = *remote.ip();
        if !self.has_route(to) {
            return Err(SendError::NoRoute { to });
        }
        let from = if local.is_unspecified() {
            self.address.map_or(Ipv4Addr::UNSPECIFIED, |cidr| cidr.address())
        } else {
            local
        };
        let udp = UdpRepr { src_port: path.local.port(), dst_port: remote.port() };
        let ip = Ipv4Repr {
            src_addr: from,
            dst_addr: to,
            next_header: IpProtocol::Udp,
            payload_len: payload.len().saturating_add(udp.header_len()),
            hop_limit: 64,
        };
        let socket = self.sockets.get_mut::<raw::Socket<'_>>(self.outgoing);
        let Ok(packet) = socket.send(payload.len().saturating_add(HEADERS)) else {
            return Err(SendError::QueueFull);
        };
        let mut packet = Ipv4Packet::new_unchecked(packet);
        ip.emit(&mut packet, &ChecksumCapabilities::default());
        udp.emit(
            &mut UdpPacket::new_unchecked(packet.payload_mut()),
            &IpAddress::Ipv4(from),
            &IpAddress::Ipv4(to),
            payload.len(),
            |place| {
                copy_into(place, payload);
            },
            &ChecksumCapabilities::default(),
        );
        Ok(())
    }

    fn has_route(&self, to: Ipv4Addr) -> bool {
        let near = self.address.is_some_and(|cidr| cidr.contains_addr(&to));
        to.is_broadcast() || to.is_multicast() || near || self.router.is_some()
    }

    /// Takes one frame from the device, and hands it to `deliver` if it holds a UDP datagram for us. False when
    /// the device has none.
    pub fn receive<D: Device + ?Sized>(
        &mut self,
        device: &mut D,
        now: Instant,
        deliver: impl FnOnce(UdpPath, &[u8]),
    ) -> bool {
        let capabilities = device.capabilities();
        let verify = capabilities.checksum.udp.rx();
        let Some((received, transmit)) = device.receive(clock(now)) else {
            return false;
        };
        received.consume(|frame| {
            let datagram = match self.own {
                Some(own) => demux::in_frame(frame, own, verify),
                None => demux::in_packet(frame, verify),
            };
            if let Some(datagram) = datagram {
                if self.is_for_us(datagram.destination) {
                    deliver(datagram.path, datagram.payload);
                }
                return;
            }
            if let Some(probe) = &mut self.probe {
                probe.observe(frame);
            }
            let mut one = OneFrame { frame: Some(frame), transmit: Some(transmit), capabilities };
            self.interface.poll_ingress_single(clock(now), &mut one, &mut self.sockets);
        });
        true
    }

    fn is_for_us(&self, to: Ipv4Addr) -> bool {
        let Some(cidr) = self.address else {
            return true;
        };
        to == cidr.address() || to.is_broadcast() || cidr.broadcast() == Some(to) || self.is_group(to)
    }

    #[cfg(feature = "smoltcp")]
    fn is_group(&self, to: Ipv4Addr) -> bool {
        self.interface.has_multicast_group(to)
    }

    #[cfg(not(feature = "smoltcp"))]
    #[expect(clippy::unused_self, reason = "without groups there is nothing to look up")]
    const fn is_group(&self, _: Ipv4Addr) -> bool {
        false
    }

    /// Sends what waits, as far as the device takes it, and probes that are due.
    pub fn transmit<D: Device + ?Sized>(&mut self, device: &mut D, now: Instant) {
        if let Some(probe) = &mut self.probe
            && probe.due(now)
            && let Some(token) = device.transmit(clock(now))
        {
            token.consume(FRAME, |frame| probe.request(frame));
        }
        for _ in 0..QUEUE {
            let before = self.waiting();
            self.interface.poll_egress(clock(now), device, &mut self.sockets);
            if self.waiting() == before {
                break;
            }
        }
    }

    fn waiting(&self) -> usize {
        self.sockets.get::<raw::Socket<'_>>(self.outgoing).send_queue()
    }

    /// When [`transmit`](Self::transmit) wants to be called again, even if nothing arrives.
    pub fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        let stack = self
            .interface
            .poll_at(clock(now), &self.sockets)
            .map(|at| Instant::from_micros(u64::try_from(at.total_micros()).unwrap_or(0)).max(now));
        let probe = self.probe.as_ref().map(AddressProbe::deadline);
        match (stack, probe) {
            (Some(stack), Some(probe)) => Some(stack.min(probe)),
            (stack, probe) => stack.or(probe),
        }
    }
}

fn clock(now: Instant) -> time::Instant {
    time::Instant::from_micros(i64::try_from(now.as_micros()).unwrap_or(i64::MAX))
}

/// A device that holds a single received frame, and the transmit token that came with it for the answer.
struct OneFrame<'f, T> {
    frame: Option<&'f [u8]>,
    transmit: Option<T>,
    capabilities: DeviceCapabilities,
}

struct Frame<'f>(&'f [u8]);

impl RxToken for Frame<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

impl<'f, T: TxToken> Device for OneFrame<'f, T> {
    type RxToken<'a>
        = Frame<'f>
    where
        Self: 'a;
    type TxToken<'a>
        = T
    where
        Self: 'a;

    fn receive(&mut self, _: time::Instant) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        Some((Frame(self.frame.take()?), self.transmit.take()?))
    }

    fn transmit(&mut self, _: time::Instant) -> Option<Self::TxToken<'_>> {
        None
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.capabilities.clone()
    }
}
