//! The messages that a connection sends.

use bootproto_core::Writer;

use super::Client;
use super::client::Message;
use crate::mad::cm::{CLASS_VERSION, Drep, Dreq, Req, Rtu};
use crate::mad::{AttributeId, Gmp, Header, Method, MgmtClass};

impl Client {
    /// Writes `message`, 256 bytes.
    pub(super) fn write(&self, message: Message, writer: &mut Writer<'_>) {
        let (local, remote) = (self.local_comm_id, self.remote_comm_id());
        match message {
            Message::Req => {
                let mut data = [0; 232];
                let mut req = Writer::new(&mut data);
                self.req().write(&mut req);
                req.bytes(&self.config.private_data);
                Gmp::new(self.header(AttributeId::CM_REQ, self.tid), 0, &data).write(writer);
            }
            Message::Rtu => {
                let rtu = Rtu { local_comm_id: local, remote_comm_id: remote };
                Gmp::new(self.header(AttributeId::CM_RTU, self.tid), 0, &rtu.to_bytes()).write(writer);
            }
            Message::Dreq => {
                let remote_qpn = self.peer().map(|peer| peer.qpn).unwrap_or_default();
                let dreq = Dreq { local_comm_id: local, remote_comm_id: remote, remote_qpn };
                let tid = self.tid.wrapping_add(1);
                Gmp::new(self.header(AttributeId::CM_DREQ, tid), 0, &dreq.to_bytes()).write(writer);
            }
            Message::Drep { tid } => {
                let drep = Drep { local_comm_id: local, remote_comm_id: remote };
                Gmp::new(self.header(AttributeId::CM_DREP, tid), 0, &drep.to_bytes()).write(writer);
            }
        }
    }

    fn header(&self, attribute: AttributeId, tid: u64) -> Header {
        Header {
            class: MgmtClass::COM_MGT,
            class_version: CLASS_VERSION,
            method: Method::SEND,
            tid,
            attribute,
            ..Header::default()
        }
    }

    fn req(&self) -> Req {
        let (config, path) = (&self.config, &self.config.path);
        Req {
            local_comm_id: self.local_comm_id,
            service_id: config.service_id,
            local_ca_guid: config.ca_guid,
            local_qpn: config.qpn,
            remote_cm_response_timeout: config.response_timeout,
            starting_psn: self.starting_psn,
            local_cm_response_timeout: config.response_timeout,
            retry_count: config.retry_count,
            partition_key: path.p_key,
            path_mtu: path.mtu,
            rnr_retry_count: config.rnr_retry_count,
            max_cm_retries: config.tries.saturating_sub(1),
            primary_local_lid: path.slid,
            primary_remote_lid: path.dlid,
            primary_local_gid: path.sgid,
            primary_remote_gid: path.dgid,
            primary_flow_label: path.flow_label,
            primary_packet_rate: path.rate,
            primary_traffic_class: path.traffic_class,
            primary_hop_limit: path.hop_limit,
            primary_sl: path.sl,
            primary_subnet_local: path.hop_limit <= 1,
            primary_local_ack_timeout: self.ack_timeout_code(),
            ..Req::default()
        }
    }
}
