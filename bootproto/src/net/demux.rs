//! Which received frames are UDP datagrams for us.

use core::net::{Ipv4Addr, SocketAddrV4};

use bootproto_core::UdpPath;
use smoltcp::wire::{
    EthernetAddress, EthernetFrame, EthernetProtocol, IpAddress, IpProtocol, Ipv4Packet, UdpPacket,
};

/// A UDP datagram inside a frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Datagram<'f> {
    /// Local end: its destination; remote end: its source.
    pub(super) path: UdpPath,
    /// The address it was sent to.
    pub(super) destination: Ipv4Addr,
    /// What UDP carries.
    pub(super) payload: &'f [u8],
}

/// The UDP datagram in an Ethernet frame; `None` for anything else, broken ones included.
///
/// A checksum that the device has verified already, or that a virtual device never filled in, is not looked at
/// (`verify` is false). Fragments are not put together: no machine here sends a request that needs it.
pub(super) fn in_frame(frame: &[u8], own: EthernetAddress, verify: bool) -> Option<Datagram<'_>> {
    let ethernet = EthernetFrame::new_checked(frame).ok()?;
    let to = ethernet.dst_addr();
    if ethernet.ethertype() != EthernetProtocol::Ipv4 || (to.is_unicast() && to != own) {
        return None;
    }
    in_packet(ethernet.payload(), verify)
}

/// The UDP datagram in an IP packet, under the same rules.
pub(super) fn in_packet(packet: &[u8], verify: bool) -> Option<Datagram<'_>> {
    let ip = Ipv4Packet::new_checked(packet).ok()?;
    let whole = !ip.more_frags() && ip.frag_offset() == 0;
    if ip.version() != 4 || ip.next_header() != IpProtocol::Udp || !whole || !ip.verify_checksum() {
        return None;
    }
    let udp = UdpPacket::new_checked(ip.payload()).ok()?;
    let (source, destination) = (ip.src_addr(), ip.dst_addr());
    if verify && !udp.verify_checksum(&IpAddress::Ipv4(source), &IpAddress::Ipv4(destination)) {
        return None;
    }
    let local = SocketAddrV4::new(destination, udp.dst_port());
    let remote = SocketAddrV4::new(source, udp.src_port());
    Some(Datagram { path: UdpPath::v4(local, remote), destination, payload: udp.payload() })
}
