//! Which received frames are UDP datagrams for us.

use core::net::{Ipv4Addr, SocketAddrV4};

use bootproto_core::{UdpPath, copy_into};
use smoltcp::wire::{EthernetAddress, EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Packet, UdpPacket};

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
    if verify && !is_sound(udp.checksum(), ip.payload().get(..usize::from(udp.len()))?, source, destination) {
        return None;
    }
    let local = SocketAddrV4::new(destination, udp.dst_port());
    let remote = SocketAddrV4::new(source, udp.src_port());
    Some(Datagram { path: UdpPath::v4(local, remote), destination, payload: udp.payload() })
}

/// Whether the UDP checksum fits (RFC 768); 0 says that there is none. This reads every byte of every packet, so it takes
/// eight at a time.
fn is_sound(checksum: u16, datagram: &[u8], source: Ipv4Addr, destination: Ipv4Addr) -> bool {
    let pseudo = [source.to_bits(), destination.to_bits(), 17, u32::try_from(datagram.len()).unwrap_or(0)];
    let head: u64 = pseudo.iter().map(|word| u64::from(*word)).fold(0, u64::saturating_add);
    let (words, rest) = datagram.as_chunks::<8>();
    let mut last = [0; 8];
    copy_into(&mut last, rest);
    let add = |sum: u64, word: u64| {
        let (sum, carried) = sum.overflowing_add(word);
        sum.wrapping_add(u64::from(carried))
    };
    let sum = words.iter().chain([&last]).fold(0, |sum, word| add(sum, u64::from_ne_bytes(*word)));
    // A sum of ones' complement may be taken in any order of bytes, and then be turned (RFC 1071).
    let sum = add(u64::from_be_bytes(sum.to_ne_bytes()), head);
    let [a, b, c, d, e, f, g, h] = sum.to_be_bytes();
    let fold = [[a, b], [c, d], [e, f], [g, h]].map(|pair| u32::from(u16::from_be_bytes(pair)));
    let fold = fold.iter().fold(0_u32, |sum, word| sum.saturating_add(*word));
    checksum == 0 || fold.checked_rem(0xffff) == Some(0)
}
