//! The bodies of fuzz targets: any bytes in, no panic out, and what was read is written and read again the same.

use bootproto_core::Writer;

use crate::mad::{Gmp, MAD_LENGTH, SaMad, Smp};
use crate::packet::{Packet, RocePacket, Trailer};

/// Reads `bytes` as every kind of MAD.
pub fn mad(bytes: &[u8]) {
    let mut buf = [0; MAD_LENGTH];
    if let Ok(smp) = Smp::parse(bytes) {
        smp.write(&mut Writer::new(&mut buf));
        assert_eq!(Smp::parse(&buf), Ok(smp), "an SMP changes as it is written");
    }
    if let Ok(mad) = SaMad::parse(bytes) {
        mad.write(&mut Writer::new(&mut buf));
        assert_eq!(SaMad::parse(&buf), Ok(mad), "a MAD of the SA changes as it is written");
    }
    if let Ok(gmp) = Gmp::parse(bytes) {
        gmp.write(&mut Writer::new(&mut buf));
        assert_eq!(Gmp::parse(&buf), Ok(gmp), "a GMP changes as it is written");
    }
}

/// Reads `bytes` as a packet of a link with each trailer, and as one of RoCEv2.
pub fn packet(bytes: &[u8]) {
    for trailer in [Trailer::None, Trailer::Icrc, Trailer::Both] {
        let _ = Packet::check(bytes, trailer);
        if let Ok(packet) = Packet::parse(bytes, trailer) {
            assert!(packet.payload.len() <= bytes.len(), "a payload longer than its packet");
            let mut buf = [0; Packet::MAX_LENGTH];
            // Hardware may carry more than the 4096 bytes that we send.
            if let Ok(written) = packet.write(trailer, &mut buf) {
                assert_eq!(Packet::parse(written, trailer), Ok(packet), "a packet changes as it is written");
            }
        }
    }
    if let Ok(packet) = RocePacket::parse(bytes) {
        assert!(packet.payload.len() <= bytes.len(), "a payload longer than its packet");
    }
}
