//! The two checksums of a packet (IBTA 7.8).
//!
//! The invariant one covers what no switch and no router changes; what they may change counts as ones. The variant
//! one covers everything up to itself, from one link to the next.

use bootproto_core::Reader;

/// A checksum that shifts to the right, a byte at a time.
struct Crc {
    state: u32,
    table: &'static [u32; 256],
}

/// CRC-32 of IEEE 802.3.
static ICRC: [u32; 256] = table(0xedb8_8320);
/// x^16 + x^12 + x^3 + x + 1.
static VCRC: [u32; 256] = table(0xd008);

const fn table(polynomial: u32) -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte: u32 = 0;
    let mut rest = table.as_mut_slice();
    while let [place, tail @ ..] = rest {
        let mut value = byte;
        let mut bits: u32 = 0;
        while bits < 8 {
            value = if value & 1 == 0 { value >> 1 } else { (value >> 1) ^ polynomial };
            bits = bits.wrapping_add(1);
        }
        *place = value;
        byte = byte.wrapping_add(1);
        rest = tail;
    }
    table
}

impl Crc {
    fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let [.., low] = self.state.to_be_bytes();
            let step = self.table.get(usize::from(low ^ byte)).copied().unwrap_or(0);
            self.state = (self.state >> 8) ^ step;
        }
    }

    /// The next `length` bytes of `packet`, with the bits of `ones` set in the first.
    fn masked(&mut self, packet: &mut Reader<'_>, ones: u8, length: usize) {
        if let Ok([first, rest @ ..]) = packet.take(length) {
            self.update(&[first | ones]);
            self.update(rest);
        }
    }

    /// From the BTH to the end, of which only the reserved byte beside the destination counts as ones.
    fn transport(mut self, mut packet: Reader<'_>) -> [u8; 4] {
        self.masked(&mut packet, 0, 4);
        self.masked(&mut packet, 0xff, 1);
        self.update(packet.rest());
        (!self.state).to_le_bytes()
    }
}

/// The invariant checksum, as its four bytes on the wire, of a packet from the LRH to the last byte of padding.
#[must_use]
pub fn icrc(packet: &[u8], has_grh: bool) -> [u8; 4] {
    let mut crc = Crc { state: u32::MAX, table: &ICRC };
    let mut reader = Reader::new(packet);
    if has_grh {
        // A router replaces the whole LRH.
        crc.update(&[0xff; 8]);
        let _ = reader.take(8);
        crc.masked(&mut reader, 0x0f, 1);
        crc.update(&[0xff; 3]);
        let _ = reader.take(3);
        crc.masked(&mut reader, 0, 3);
        crc.masked(&mut reader, 0xff, 1);
        crc.masked(&mut reader, 0, 32);
    } else {
        crc.masked(&mut reader, 0xf0, 8);
    }
    crc.transport(reader)
}

/// The same of a RoCEv2 packet from the IP header on (IBTA annex A17.3.3); IPv4 without options.
#[must_use]
pub fn icrc_roce(packet: &[u8]) -> [u8; 4] {
    let mut crc = Crc { state: u32::MAX, table: &ICRC };
    let mut reader = Reader::new(packet);
    crc.update(&[0xff; 8]);
    if packet.first().is_some_and(|first| first >> 4 == 4) {
        crc.masked(&mut reader, 0, 1);
        // The type of service; then the time to live, the protocol and the checksum of the header.
        crc.masked(&mut reader, 0xff, 7);
        crc.masked(&mut reader, 0xff, 2);
        crc.masked(&mut reader, 0xff, 1);
        crc.masked(&mut reader, 0xff, 1);
        crc.masked(&mut reader, 0, 8);
    } else {
        crc.masked(&mut reader, 0x0f, 1);
        crc.update(&[0xff; 3]);
        let _ = reader.take(3);
        crc.masked(&mut reader, 0, 3);
        crc.masked(&mut reader, 0xff, 1);
        crc.masked(&mut reader, 0, 32);
    }
    crc.masked(&mut reader, 0, 6);
    crc.masked(&mut reader, 0xff, 1);
    crc.masked(&mut reader, 0xff, 1);
    crc.transport(reader)
}

/// The variant checksum, as its two bytes on the wire, of a packet from the LRH to the last byte of the ICRC.
#[must_use]
pub fn vcrc(packet: &[u8]) -> [u8; 2] {
    let mut crc = Crc { state: 0xffff, table: &VCRC };
    crc.update(packet);
    let [low, high, ..] = (!crc.state).to_le_bytes();
    [low, high]
}
