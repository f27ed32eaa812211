//! The messages of communication management (IBTA 12.6 and 12.11): what is in [`Gmp::data`](super::Gmp::data).
//!
//! What belongs here: the fixed part of each message. The private data of an application follows it up to the end of
//! the MAD: `LENGTH..232`. What does not: an order of messages, which the CM machine knows.

use crate::address::newtype_field;
use crate::layout::layout;
use crate::{Gid, Guid, Lid, Mtu, PKey, Psn, QKey, Qpn, Rate, ServiceLevel};

use core::fmt;

/// The class's version.
pub const CLASS_VERSION: u8 = 2;

layout! {
    /// Request for a connection (12.6.5). The alternate path is always empty.
    pub struct Req[140] {
        /// The requester's name for the connection.
        local_comm_id: u32 = [0, 0, 32],
        /// The service that is asked for.
        service_id: u64 = [8, 0, 64],
        /// The requester's HCA.
        local_ca_guid: Guid = [16, 0, 64],
        /// For unreliable services.
        local_q_key: QKey = [28, 0, 32],
        /// The requester's queue pair.
        local_qpn: Qpn = [32, 0, 24],
        /// How many RDMA reads the requester serves at a time.
        responder_resources: u8 = [35, 0, 8],
        /// For reliable datagrams.
        local_eecn: u32 = [36, 0, 24],
        /// How many RDMA reads the requester starts at a time.
        initiator_depth: u8 = [39, 0, 8],
        /// For reliable datagrams.
        remote_eecn: u32 = [40, 0, 24],
        /// How long the responder may take, as a code: 4.096 us times a power of two.
        remote_cm_response_timeout: u8 = [43, 0, 5],
        /// 0 for RC, 1 for UC.
        transport_service_type: u8 = [43, 5, 2],
        /// Whether the requester's queue pair gives credits.
        end_to_end_flow_control: bool = [43, 7, 1],
        /// The number that the responder's first packet shall have (12.7.31).
        starting_psn: Psn = [44, 0, 24],
        /// How long the requester takes to answer, as a code likewise.
        local_cm_response_timeout: u8 = [47, 0, 5],
        /// How often a packet is sent again.
        retry_count: u8 = [47, 5, 3],
        /// The partition of both ends.
        partition_key: PKey = [48, 0, 16],
        /// The largest payload of a packet.
        path_mtu: Mtu = [50, 0, 4],
        /// For reliable datagrams.
        rdc_exists: bool = [50, 4, 1],
        /// How often a packet is sent again to an end without a buffer; 7 for ever.
        rnr_retry_count: u8 = [50, 5, 3],
        /// How often a message of the CM is sent again.
        max_cm_retries: u8 = [51, 0, 4],
        /// Whether the requester's queue pair takes its buffers from a shared queue.
        srq: bool = [51, 4, 1],
        /// The requester's LID.
        primary_local_lid: Lid = [52, 0, 16],
        /// The responder's.
        primary_remote_lid: Lid = [54, 0, 16],
        /// The requester's port.
        primary_local_gid: Gid = [56, 0, 128],
        /// The responder's.
        primary_remote_gid: Gid = [72, 0, 128],
        /// For the GRH.
        primary_flow_label: u32 = [88, 0, 20],
        /// Not faster than this.
        primary_packet_rate: Rate = [91, 2, 6],
        /// For the GRH.
        primary_traffic_class: u8 = [92, 0, 8],
        /// For the GRH.
        primary_hop_limit: u8 = [93, 0, 8],
        /// The service level.
        primary_sl: ServiceLevel = [94, 0, 4],
        /// Whether both ends are on one subnet.
        primary_subnet_local: bool = [94, 4, 1],
        /// How long an acknowledgement may take, as a code.
        primary_local_ack_timeout: u8 = [95, 0, 5],
    }
}

layout! {
    /// Message receipt acknowledgement: wait, the answer takes a while (12.6.6).
    pub struct Mra[10] {
        /// The sender's name for the connection.
        local_comm_id: u32 = [0, 0, 32],
        /// The receiver's.
        remote_comm_id: u32 = [4, 0, 32],
        /// 0 a REQ is acknowledged, 1 a REP, 2 a LAP.
        message_mraed: u8 = [8, 0, 2],
        /// How long the answer will take, as a code.
        service_timeout: u8 = [9, 0, 5],
    }
}

layout! {
    /// Reject (12.6.7). Between its fixed part and the private data are 72 bytes of additional information.
    pub struct Rej[12] {
        /// The sender's name for the connection; 0 if it gave none.
        local_comm_id: u32 = [0, 0, 32],
        /// The receiver's; 0 if it is not known.
        remote_comm_id: u32 = [4, 0, 32],
        /// 0 a REQ is rejected, 1 a REP, 2 another message, 3 no message.
        message_rejected: u8 = [8, 0, 2],
        /// How many bytes of additional information there are.
        reject_info_length: u8 = [9, 0, 7],
        /// Why.
        reason: RejectReason = [10, 0, 16],
    }
}

layout! {
    /// Reply: the connection is granted (12.6.8).
    pub struct Rep[36] {
        /// The responder's name for the connection.
        local_comm_id: u32 = [0, 0, 32],
        /// The requester's.
        remote_comm_id: u32 = [4, 0, 32],
        /// For unreliable services.
        local_q_key: QKey = [8, 0, 32],
        /// The responder's queue pair.
        local_qpn: Qpn = [12, 0, 24],
        /// For reliable datagrams.
        local_eecn: u32 = [16, 0, 24],
        /// The number that the requester's first packet shall have (12.7.31).
        starting_psn: Psn = [20, 0, 24],
        /// How many RDMA reads the responder serves at a time.
        responder_resources: u8 = [24, 0, 8],
        /// How many it starts at a time.
        initiator_depth: u8 = [25, 0, 8],
        /// How long the responder delays an acknowledgement, as a code.
        target_ack_delay: u8 = [26, 0, 5],
        /// Whether the alternate path is accepted.
        failover_accepted: u8 = [26, 5, 2],
        /// Whether the responder's queue pair gives credits.
        end_to_end_flow_control: bool = [26, 7, 1],
        /// How often a packet is sent again to an end without a buffer; 7 for ever.
        rnr_retry_count: u8 = [27, 0, 3],
        /// Whether the responder's queue pair takes its buffers from a shared queue.
        srq: bool = [27, 3, 1],
        /// The responder's HCA.
        local_ca_guid: Guid = [28, 0, 64],
    }
}

layout! {
    /// Ready to use (12.6.9).
    pub struct Rtu[8] {
        /// The sender's name for the connection.
        local_comm_id: u32 = [0, 0, 32],
        /// The receiver's.
        remote_comm_id: u32 = [4, 0, 32],
    }
}

layout! {
    /// Request for disconnection (12.6.10).
    pub struct Dreq[12] {
        /// The sender's name for the connection.
        local_comm_id: u32 = [0, 0, 32],
        /// The receiver's.
        remote_comm_id: u32 = [4, 0, 32],
        /// The receiver's queue pair.
        remote_qpn: Qpn = [8, 0, 24],
    }
}

layout! {
    /// Reply to it (12.6.11).
    pub struct Drep[8] {
        /// The sender's name for the connection.
        local_comm_id: u32 = [0, 0, 32],
        /// The receiver's.
        remote_comm_id: u32 = [4, 0, 32],
    }
}

layout! {
    /// Request for the queue pair of an unreliable service (12.11.1).
    pub struct SidrReq[16] {
        /// The requester's name for the request.
        request_id: u32 = [0, 0, 32],
        /// The partition of both ends.
        partition_key: PKey = [4, 0, 16],
        /// The service.
        service_id: u64 = [8, 0, 64],
    }
}

layout! {
    /// Reply to it (12.11.2). Between its fixed part and the private data are 72 bytes of additional information.
    pub struct SidrRep[24] {
        /// The requester's name for the request.
        request_id: u32 = [0, 0, 32],
        /// 0 if the queue pair is there; 1 not supported, 2 rejected, 3 no queue pair, 4 redirected.
        status: u8 = [4, 0, 8],
        /// How many bytes of additional information there are.
        additional_info_length: u8 = [5, 0, 8],
        /// The queue pair.
        qpn: Qpn = [8, 0, 24],
        /// The service.
        service_id: u64 = [12, 0, 64],
        /// The queue pair's key.
        q_key: QKey = [20, 0, 32],
    }
}

/// Where the private data of a [`Rej`] starts.
pub const REJ_PRIVATE_DATA: usize = 84;

/// Why a connection is rejected (12.6.7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RejectReason(pub u16);

newtype_field!(RejectReason(u16));

impl RejectReason {
    /// No queue pair is free.
    pub const NO_QP: Self = Self(1);
    /// The answer did not come in time.
    pub const TIMEOUT: Self = Self(4);
    /// Nobody offers this service.
    pub const INVALID_SERVICE_ID: Self = Self(8);
    /// An old connection has the same queue pair.
    pub const STALE_CONNECTION: Self = Self(10);
    /// The application does not want it.
    pub const CONSUMER: Self = Self(28);
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.0 {
            1 => "no queue pair",
            3 => "no resources",
            4 => "timeout",
            5 => "unsupported request",
            6 => "invalid communication ID",
            8 => "invalid service ID",
            9 => "invalid transport service type",
            10 => "stale connection",
            12 => "invalid primary GID",
            13 => "invalid primary LID",
            14 => "invalid primary service level",
            15 => "invalid primary traffic class",
            17 => "invalid primary packet rate",
            24 => "port and CM redirection",
            25 => "port redirection",
            26 => "invalid path MTU",
            27 => "insufficient responder resources",
            28 => "consumer reject",
            29 => "RNR retry count reject",
            32 => "invalid class version",
            _ => return write!(f, "reason {}", self.0),
        };
        write!(f, "{text} ({})", self.0)
    }
}
