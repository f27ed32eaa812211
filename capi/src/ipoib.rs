//! The frames of IP over InfiniBand (RFC 4391), for a driver that has queue pairs of its own.
//!
//! What belongs here: encapsulation, ARP and the groups' addresses, in C's terms. What does not: how they are laid out,
//! and the machine that finds neighbours and paths, which are `bootproto-ib-verbs-lite`'s.

use core::net::Ipv4Addr;

use bootproto_core::Writer;
use bootproto_ib_verbs_lite::ipoib::{Arp, LinkAddress, frame};
use bootproto_ib_verbs_lite::{Gid, PKey, Qpn};

use crate::misuse::{Misuse, Wrong, bp_result, call};
use crate::raw::{Out, apart, from_c};
use crate::types::{bp_bytes, bp_ipv4};

/// The length of the encapsulation header.
pub const BP_IPOIB_HEADER_BYTES: usize = 4;
/// The length of an ARP packet with its encapsulation header.
pub const BP_IPOIB_ARP_BYTES: usize = 60;
/// The `EtherType` of IPv4.
pub const BP_IPOIB_IPV4: u16 = 0x0800;
/// The `EtherType` of ARP.
pub const BP_IPOIB_ARP: u16 = 0x0806;
/// The operation of an ARP request.
pub const BP_IPOIB_REQUEST: u16 = 1;
/// The operation of an ARP reply.
pub const BP_IPOIB_REPLY: u16 = 2;

/// A link-layer address of IPoIB.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_ipoib_address {
    /// The queue pair that takes datagrams, 24 bits.
    pub qpn: u32,
    /// Which connected modes its owner offers; 0 for datagrams alone.
    pub flags: u8,
    /// 0.
    pub reserved: [u8; 3],
    /// The port's GID.
    pub gid: [u8; 16],
}

/// An ARP packet of hardware type 32.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_ipoib_arp {
    /// Who speaks.
    pub sender: bp_ipoib_address,
    /// Who is meant; without meaning in a request.
    pub target: bp_ipoib_address,
    /// The sender's address; 0.0.0.0 in a probe.
    pub sender_ip: bp_ipv4,
    /// The address in question.
    pub target_ip: bp_ipv4,
    /// `BP_IPOIB_REQUEST` or `BP_IPOIB_REPLY`.
    pub operation: u16,
    /// 0.
    pub reserved: u16,
}

impl From<LinkAddress> for bp_ipoib_address {
    fn from(address: LinkAddress) -> Self {
        Self { qpn: address.qpn.get(), flags: address.flags, reserved: [0; 3], gid: address.gid.0 }
    }
}

impl From<bp_ipoib_address> for LinkAddress {
    fn from(address: bp_ipoib_address) -> Self {
        Self { flags: address.flags, qpn: Qpn::new(address.qpn), gid: Gid(address.gid) }
    }
}

/// Takes a frame apart into its `EtherType` and its payload, which lies inside the frame.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_ipoib_frame_read(
    bytes: *const u8,
    length: usize,
    ether_type: *mut u16,
    payload: *mut bp_bytes,
) -> bp_result {
    from_c!(bytes: In, ether_type: Out, payload: Out);
    call(|| {
        apart(&[ether_type.span(1), payload.span(1)], &[bytes.span(length)])?;
        let (kind_place, payload_place) = (ether_type.place()?, payload.place()?);
        let (kind, payload) = read_frame(bytes.slice(length)?)?;
        kind_place.put(kind);
        payload_place.put(bp_bytes::lend(payload));
        Ok(())
    })
}

/// Writes the header that stands before a payload of this type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_ipoib_frame_write(
    ether_type: u16,
    buffer: *mut u8,
    capacity: usize,
) -> bp_result {
    from_c!(buffer: Out);
    call(|| write(buffer, capacity, |writer| frame::write_header(ether_type, writer)))
}

/// Reads the payload of a frame of type `BP_IPOIB_ARP`. What is wrong is a number from 101 on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_ipoib_arp_read(
    payload: *const u8,
    length: usize,
    arp: *mut bp_ipoib_arp,
) -> bp_result {
    from_c!(payload: In, arp: Out);
    call(|| {
        apart(&[arp.span(1)], &[payload.span(length)])?;
        let place = arp.place()?;
        let read = Arp::parse(payload.slice(length)?).map_err(|error| Wrong::from(error.kind))?;
        place.put(bp_ipoib_arp {
            sender: read.sender.into(),
            target: read.target.into(),
            sender_ip: read.sender_ip.into(),
            target_ip: read.target_ip.into(),
            operation: read.operation,
            reserved: 0,
        });
        Ok(())
    })
}

/// Writes a frame of type ARP, `BP_IPOIB_ARP_BYTES` long.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_ipoib_arp_write(
    arp: *const bp_ipoib_arp,
    buffer: *mut u8,
    capacity: usize,
) -> bp_result {
    from_c!(arp: In, buffer: Out);
    call(|| {
        apart(&[buffer.span(capacity)], &[arp.span(1)])?;
        let arp = *arp.get()?;
        if !matches!(arp.operation, Arp::REQUEST | Arp::REPLY) {
            return Err(Misuse::BadValue.into());
        }
        let packet = Arp {
            operation: arp.operation,
            sender: arp.sender.into(),
            sender_ip: Ipv4Addr::from(arp.sender_ip.octets),
            target: arp.target.into(),
            target_ip: Ipv4Addr::from(arp.target_ip.octets),
        };
        write(buffer, capacity, |writer| {
            frame::write_header(frame::ARP, writer);
            packet.write(writer);
        })
    })
}

/// The GID, 16 bytes, of the group that IPoIB has for an IPv4 group or for 255.255.255.255. `scope` is 2 for a subnet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_ipoib_group(
    scope: u8,
    p_key: u16,
    group: *const bp_ipv4,
    gid: *mut u8,
    capacity: usize,
) -> bp_result {
    from_c!(group: In, gid: Out);
    call(|| {
        apart(&[gid.span(capacity)], &[group.span(1)])?;
        let found = Gid::ipoib_v4(scope, PKey(p_key), Ipv4Addr::from(group.get()?.octets));
        write(gid, capacity, |writer| writer.bytes(&found.0))
    })
}

fn read_frame(bytes: &[u8]) -> Result<(u16, &[u8]), Wrong> {
    frame::parse(bytes).map_err(|error| Wrong::from(error.kind))
}

/// Writes into a buffer of the caller's if it is large enough for all of it, and nothing otherwise.
fn write(mut to: Out<u8>, capacity: usize, write: impl FnOnce(&mut Writer<'_>)) -> Result<(), Wrong> {
    let mut whole = [0; BP_IPOIB_ARP_BYTES];
    let mut writer = Writer::new(&mut whole);
    write(&mut writer);
    let Ok(bytes) = writer.finish() else { return Err(Misuse::BadValue.into()) };
    let room = to.slice(capacity)?;
    if room.len() < bytes.len() {
        return Err(Misuse::BufferTooSmall { needed: bytes.len() }.into());
    }
    bootproto_core::copy_into(room, bytes);
    Ok(())
}
