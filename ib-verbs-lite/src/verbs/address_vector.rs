//! Where a message goes.

use core::time::Duration;

use crate::{Gid, Lid, Mtu, Psn, QKey, Qpn, Rate, ServiceLevel};

/// The way and the queue pair of one datagram (IBTA 11.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AddressVector {
    /// The LID of the port, or of the multicast group.
    pub lid: Lid,
    /// The queue pair; [`Qpn::MULTICAST`] for a group.
    pub qpn: Qpn,
    /// The key of that queue pair. Without meaning for SMI.
    pub q_key: QKey,
    /// The service level.
    pub sl: ServiceLevel,
    /// Not faster than this; the code 0 means as fast as the port.
    pub rate: Rate,
    /// The low bits of our own LID, where the port has several.
    pub path_bits: u8,
    /// The partition that a GSI message is sent in, as an index into the port's table. Other queue pairs send in
    /// their own.
    pub p_key_index: u16,
    /// The global route; multicast needs one, and so does another subnet.
    pub grh: Option<GlobalRoute>,
}

/// What is in a GRH, from our side (IBTA 8.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GlobalRoute {
    /// The other end in a message to send; our own end or the group in a received one.
    pub destination: Gid,
    /// The sender. Drivers put in the port's own GID when they send, whatever is here.
    pub source: Gid,
    /// 20 bits.
    pub flow_label: u32,
    /// How many routers the packet may pass.
    pub hop_limit: u8,
    /// As in IPv6.
    pub traffic_class: u8,
}

/// The peer of a reliable connection, and how patient we are with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RcPath {
    /// The way to it and its queue pair; the Q_Key is without meaning.
    pub destination: AddressVector,
    /// The largest payload of a packet.
    pub mtu: Mtu,
    /// The number of our first packet.
    pub send_psn: Psn,
    /// The number of the peer's first packet.
    pub receive_psn: Psn,
    /// How long an acknowledgement may take.
    pub ack_timeout: Duration,
    /// How often a packet is sent again before the connection is given up, 0 to 7.
    pub retry_count: u8,
    /// How often a packet is sent again to a peer that has no buffer, 0 to 7, where 7 means for ever.
    pub rnr_retry_count: u8,
    /// What we ask the peer to wait when we have no buffer, as a code (IBTA 9.7.5.2.8).
    pub min_rnr_timer: u8,
}
