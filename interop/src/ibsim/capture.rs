//! What passed on a [`Fabric`](super::Fabric), as a file that Wireshark reads: pcap with ERF records of type InfiniBand.
//!
//! A simulator carries MADs without their packet: the headers here are made from the LIDs and queue pairs beside them,
//! by the project's own packet codec.

use super::wire::Packet;
use crate::Outcome;
use bootproto_ib_verbs_lite::packet::{self, Bth, Deth, Lrh, Opcode, Trailer, Transport};
use bootproto_ib_verbs_lite::{Lid, PKey, QKey, Qpn};
use std::io::Write as _;
use std::path::Path;

/// pcap's link type for ERF.
const ERF: u32 = 197;
/// ERF's record type for InfiniBand.
const INFINIBAND: u8 = 21;

/// Writes these packets to a file.
///
/// # Errors
/// No place for it.
pub fn write<'p>(path: &Path, packets: impl IntoIterator<Item = &'p Packet>) -> Outcome {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    file.write_all(&0xa1b2_c3d4_u32.to_le_bytes())?;
    file.write_all(&[2, 0, 4, 0])?;
    for word in [0, 0, 0xffff, ERF] {
        file.write_all(&word.to_le_bytes())?;
    }
    for (packet, at) in packets.into_iter().zip(0_u32..) {
        let frame = framed(packet)?;
        let length = u16::try_from(frame.len())?;
        let whole = u32::from(length) + 16;
        for word in [0, at, whole, whole] {
            file.write_all(&word.to_le_bytes())?;
        }
        file.write_all(&u64::from(at).to_le_bytes())?;
        file.write_all(&[INFINIBAND, 4])?;
        file.write_all(&(length + 16).to_be_bytes())?;
        file.write_all(&[0, 0])?;
        file.write_all(&length.to_be_bytes())?;
        file.write_all(&frame)?;
    }
    Ok(file.flush()?)
}

fn framed(packet: &Packet) -> Outcome<Vec<u8>> {
    let is_smp = packet.dqp == 0;
    let lrh = Lrh {
        vl: if is_smp { 15 } else { 0 },
        dlid: Lid(packet.dlid),
        slid: Lid(packet.slid),
        ..Lrh::default()
    };
    let bth = Bth {
        opcode: Opcode::UD_SEND_ONLY,
        p_key: PKey::DEFAULT,
        destination_qp: Qpn::new(packet.dqp),
        ..Bth::default()
    };
    let q_key = if is_smp { QKey(0) } else { QKey::GSI };
    let deth = Some(Deth { q_key, source_qp: Qpn::new(packet.sqp) });
    let transport = Transport { bth, deth, ..Transport::default() };
    let whole = packet::Packet { lrh, grh: None, transport, payload: &packet.mad };
    let mut buffer = [0; 512];
    Ok(whole.write(Trailer::Both, &mut buffer)?.to_vec())
}
