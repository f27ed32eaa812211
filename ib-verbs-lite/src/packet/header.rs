//! The headers, one by one.

use core::fmt;

use crate::address::newtype_field;
use crate::layout::layout;
use crate::{Gid, Lid, PKey, Psn, QKey, Qpn, ServiceLevel};

/// What follows the LRH (IBTA 7.7.5, `LNH`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct NextHeader(pub u8);

impl NextHeader {
    /// Raw, with an `EtherType`.
    pub const RAW: Self = Self(0);
    /// Raw, with an IPv6 header.
    pub const IPV6: Self = Self(1);
    /// A BTH.
    pub const BTH: Self = Self(2);
    /// A GRH, and then a BTH.
    pub const GRH: Self = Self(3);
}

newtype_field!(NextHeader(u8), Opcode(u8));

layout! {
    /// The local route header (IBTA 7.7).
    pub struct Lrh[8] {
        /// The virtual lane; 15 for subnet management.
        vl: u8 = [0, 0, 4],
        /// The version, 0.
        version: u8 = [0, 4, 4],
        /// The service level.
        sl: ServiceLevel = [1, 0, 4],
        /// What follows.
        next_header: NextHeader = [1, 6, 2],
        /// The receiver.
        dlid: Lid = [2, 0, 16],
        /// From the first byte of this header to the last of the ICRC, in units of 4 bytes; 11 bits.
        length: u16 = [4, 5, 11],
        /// The sender.
        slid: Lid = [6, 0, 16],
    }
}

layout! {
    /// The global route header (IBTA 8.3): that of IPv6.
    pub struct Grh[40] {
        /// The version, 6.
        version: u8 = [0, 0, 4],
        /// As in IPv6.
        traffic_class: u8 = [0, 4, 8],
        /// 20 bits.
        flow_label: u32 = [1, 4, 20],
        /// From the first byte after this header to the last of the ICRC, in bytes.
        payload_length: u16 = [4, 0, 16],
        /// What follows: 0x1b for a BTH.
        next_header: u8 = [6, 0, 8],
        /// How many routers the packet may pass.
        hop_limit: u8 = [7, 0, 8],
        /// The sender.
        sgid: Gid = [8, 0, 128],
        /// The receiver.
        dgid: Gid = [24, 0, 128],
    }
}

impl Grh {
    /// `next_header` of a packet with a BTH.
    pub const IBA: u8 = 0x1b;
}

layout! {
    /// The base transport header (IBTA 9.2).
    pub struct Bth[12] {
        /// What the packet is, and which headers follow.
        opcode: Opcode = [0, 0, 8],
        /// Whether the receiver should notice the message at once.
        solicited_event: bool = [1, 0, 1],
        /// The state of path migration.
        migration: bool = [1, 1, 1],
        /// How many bytes of padding are at the payload's end, 0 to 3.
        pad_count: u8 = [1, 2, 2],
        /// The version, 0.
        transport_version: u8 = [1, 4, 4],
        /// The partition.
        p_key: PKey = [2, 0, 16],
        /// The receiver.
        destination_qp: Qpn = [5, 0, 24],
        /// Whether the receiver must acknowledge.
        acknowledge_request: bool = [8, 0, 1],
        /// The packet's number.
        psn: Psn = [9, 0, 24],
    }
}

layout! {
    /// The datagram extended transport header (IBTA 9.3.2).
    pub struct Deth[8] {
        /// The receiver's key.
        q_key: QKey = [0, 0, 32],
        /// The sender.
        source_qp: Qpn = [5, 0, 24],
    }
}

layout! {
    /// The RDMA extended transport header (IBTA 9.3.3).
    pub struct Reth[16] {
        /// Where in the receiver's memory.
        virtual_address: u64 = [0, 0, 64],
        /// The key of that memory.
        r_key: u32 = [8, 0, 32],
        /// How many bytes.
        dma_length: u32 = [12, 0, 32],
    }
}

layout! {
    /// The acknowledge extended transport header (IBTA 9.3.5).
    pub struct Aeth[4] {
        /// ACK with credits, RNR NAK with a timer, or NAK with a reason.
        syndrome: u8 = [0, 0, 8],
        /// How many messages the responder has completed, 24 bits.
        msn: u32 = [1, 0, 24],
    }
}

impl Aeth {
    /// Syndrome: an acknowledgement without a limit of credits.
    pub const ACK: u8 = 0x1f;
    /// Syndrome: no receive buffer; the low five bits say how long to wait.
    pub const RNR_NAK: u8 = 0x20;
    /// Syndrome: a packet was lost.
    pub const NAK_SEQUENCE: u8 = 0x60;
    /// Syndrome: the request is invalid.
    pub const NAK_INVALID_REQUEST: u8 = 0x61;
    /// Syndrome: the request is not allowed.
    pub const NAK_REMOTE_ACCESS: u8 = 0x62;
    /// Syndrome: the responder could not do it.
    pub const NAK_REMOTE_OPERATION: u8 = 0x63;
}

/// What a packet is (IBTA 9.2.1): the upper three bits say the service, the others the operation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Opcode(pub u8);

impl Opcode {
    /// RC: the first packet of a message of several.
    pub const RC_SEND_FIRST: Self = Self(0x00);
    /// RC: one between.
    pub const RC_SEND_MIDDLE: Self = Self(0x01);
    /// RC: the last.
    pub const RC_SEND_LAST: Self = Self(0x02);
    /// RC: the last, with immediate data.
    pub const RC_SEND_LAST_IMMEDIATE: Self = Self(0x03);
    /// RC: a message of one packet.
    pub const RC_SEND_ONLY: Self = Self(0x04);
    /// RC: a message of one packet, with immediate data.
    pub const RC_SEND_ONLY_IMMEDIATE: Self = Self(0x05);
    /// RC: an RDMA write of one packet.
    pub const RC_RDMA_WRITE_ONLY: Self = Self(0x0a);
    /// RC: a request for an RDMA read.
    pub const RC_RDMA_READ_REQUEST: Self = Self(0x0c);
    /// RC: an acknowledgement.
    pub const RC_ACKNOWLEDGE: Self = Self(0x11);
    /// UD: a message.
    pub const UD_SEND_ONLY: Self = Self(0x64);
    /// UD: a message with immediate data.
    pub const UD_SEND_ONLY_IMMEDIATE: Self = Self(0x65);
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::RC_SEND_FIRST => "RC SEND First",
            Self::RC_SEND_MIDDLE => "RC SEND Middle",
            Self::RC_SEND_LAST => "RC SEND Last",
            Self::RC_SEND_LAST_IMMEDIATE => "RC SEND Last with Immediate",
            Self::RC_SEND_ONLY => "RC SEND Only",
            Self::RC_SEND_ONLY_IMMEDIATE => "RC SEND Only with Immediate",
            Self::RC_RDMA_WRITE_ONLY => "RC RDMA WRITE Only",
            Self::RC_RDMA_READ_REQUEST => "RC RDMA READ Request",
            Self::RC_ACKNOWLEDGE => "RC Acknowledge",
            Self::UD_SEND_ONLY => "UD SEND Only",
            Self::UD_SEND_ONLY_IMMEDIATE => "UD SEND Only with Immediate",
            Self(other) => return write!(f, "opcode 0x{other:02x}"),
        })
    }
}

impl fmt::Debug for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
