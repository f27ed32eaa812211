//! The headers of an InfiniBand packet, as far as a switch and an HCA look at them, and its two checksums (IBTA volume 1,
//! 7.7 and 7.8). Written for the rig alone: what is tested has a codec of its own.

use crc::{Algorithm, CRC_32_ISO_HDLC, Crc};

/// A packet from its LRH to its padded payload, without the checksums.
pub type Packet = Vec<u8>;

/// The LID that means "whoever is at the other end".
pub const PERMISSIVE: u16 = 0xffff;

/// The first multicast LID.
pub const MULTICAST: u16 = 0xc000;

const VARIANT: Algorithm<u16> = Algorithm {
    width: 16,
    poly: 0x100b,
    init: 0xffff,
    refin: true,
    refout: true,
    xorout: 0xffff,
    check: 0,
    residue: 0,
};
static INVARIANT_CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);
static VARIANT_CRC: Crc<u16> = Crc::<u16>::new(&VARIANT);

/// What can be read of a packet whose length is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headers {
    /// The virtual lane; 15 is management's.
    pub lane: u8,
    /// Where it goes.
    pub dlid: u16,
    /// Where it comes from.
    pub slid: u16,
    /// Whether a GRH follows the LRH.
    pub grh: bool,
    /// Where the BTH begins.
    pub bth: usize,
    /// The BTH's operation.
    pub opcode: u8,
    /// The QP it is for.
    pub qpn: u32,
    /// Bytes of padding at the end of the payload.
    pub pad: usize,
}

impl Headers {
    /// Reads them; `None` where the packet is too short, its length is not what the LRH says, or it is raw.
    #[must_use]
    pub fn of(packet: &[u8]) -> Option<Self> {
        let lrh: [u8; 8] = packet.get(..8)?.try_into().ok()?;
        let grh = match lrh[1] & 3 {
            2 => false,
            3 => true,
            _ => return None,
        };
        let words = usize::from(u16::from_be_bytes([lrh[4], lrh[5]]) & 0x7ff);
        if words * 4 != packet.len() + 4 {
            return None;
        }
        let bth = if grh { 48 } else { 8 };
        let head: [u8; 12] = packet.get(bth..bth + 12)?.try_into().ok()?;
        Some(Self {
            lane: lrh[0] >> 4,
            dlid: u16::from_be_bytes([lrh[2], lrh[3]]),
            slid: u16::from_be_bytes([lrh[6], lrh[7]]),
            grh,
            bth,
            opcode: head[0],
            qpn: u32::from_be_bytes([0, head[5], head[6], head[7]]),
            pad: usize::from(head[1] >> 4 & 3),
        })
    }

    /// Where the payload begins: after the BTH and what the operation adds to it (IBTA volume 1, table 38).
    #[must_use]
    pub fn payload(&self) -> usize {
        let (service, operation) = (self.opcode >> 5, self.opcode & 0x1f);
        let datagram = if service == 3 { 8 } else { 0 };
        let reliable = match operation {
            _ if service != 0 => 0,
            6 | 10 | 11 => 16,
            13 | 15 | 16 | 17 => 4,
            _ => 0,
        };
        let immediate = if matches!(operation, 3 | 5 | 9 | 11) && service != 2 { 4 } else { 0 };
        self.bth + 12 + datagram + reliable + immediate
    }
}

/// The ICRC as it stands on the wire.
fn invariant_crc(packet: &[u8], grh: bool) -> [u8; 4] {
    let mut digest = INVARIANT_CRC.digest();
    let bth = if grh { 48 } else { 8 };
    if packet.len() < bth + 12 {
        return [0; 4];
    }
    let mut head = [0; 60];
    let head = &mut head[..bth + 12];
    head.copy_from_slice(&packet[..bth + 12]);
    // What changes on the way counts as ones.
    if grh {
        head[..8].fill(0xff);
        head[8] |= 0x0f;
        head[9..12].fill(0xff);
        head[15] = 0xff;
    } else {
        head[0] |= 0xf0;
    }
    head[bth + 4] = 0xff;
    digest.update(head);
    digest.update(&packet[bth + 12..]);
    digest.finalize().to_le_bytes()
}

/// The packet with both checksums, as it stands on the wire.
#[must_use]
pub fn framed(packet: &[u8], grh: bool) -> Vec<u8> {
    let mut frame = packet.to_vec();
    frame.extend_from_slice(&invariant_crc(packet, grh));
    let check = VARIANT_CRC.checksum(&frame);
    frame.extend_from_slice(&check.to_le_bytes());
    frame
}

/// An SMP of 256 bytes as a packet: UD, QP0 to QP0, lane 15 (IBTA volume 1, 13.5).
#[must_use]
pub fn smp(slid: u16, dlid: u16, mad: &[u8; 256]) -> Packet {
    datagram(0xf0, slid, dlid, (0, 0), 0, mad)
}

/// A GMP: UD from QP1, with the well-known Q_Key (IBTA volume 1, 13.5.3).
#[must_use]
pub fn gmp(slid: u16, dlid: u16, qpn: u32, mad: &[u8; 256]) -> Packet {
    datagram(0, slid, dlid, (qpn, 1), 0x8001_0000, mad)
}

fn datagram(lane: u8, slid: u16, dlid: u16, qpns: (u32, u32), q_key: u32, mad: &[u8; 256]) -> Packet {
    const WORDS: u16 = (8 + 12 + 8 + 256 + 4) / 4;
    let mut packet = Vec::with_capacity(284);
    packet.extend_from_slice(&[lane, 2]);
    for half in [dlid, WORDS, slid] {
        packet.extend_from_slice(&half.to_be_bytes());
    }
    // BTH: UD SEND Only, the default P_Key, PSN 0; DETH.
    packet.extend_from_slice(&[100, 0, 0xff, 0xff]);
    for word in [qpns.0, 0, q_key, qpns.1] {
        packet.extend_from_slice(&word.to_be_bytes());
    }
    packet.extend_from_slice(mad);
    packet
}

/// The MAD of a packet, if it has a whole one.
#[must_use]
pub fn mad(packet: &[u8], headers: &Headers) -> Option<[u8; 256]> {
    let at = headers.payload();
    packet.get(at..at + 256)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sample packet of the IBTA specification, with the ICRC that it gives.
    #[test]
    fn the_checksums_are_those_of_the_specifications_example() {
        let text = "7012375c000e17d20a2024870087b1b3000dec2a01710a1c015d400238f27a050000000e\
                    bb884d85fd5cfba4728bc0690ed40000";
        let packet: Vec<u8> = (0..text.len() / 2)
            .map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).expect("hexadecimal"))
            .collect();
        let headers = Headers::of(&packet).expect("its length is right");
        assert_eq!((headers.lane, headers.dlid, headers.slid), (7, 0x375c, 0x17d2));
        assert_eq!(framed(&packet, false)[packet.len()..], [0x96, 0x25, 0xb7, 0x5a, 0x45, 0xfa]);
    }
}
