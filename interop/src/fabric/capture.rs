//! What the nodes and the switch say, as a file that Wireshark reads: pcap with ERF records of type InfiniBand, with both
//! checksums.

use super::wire::{Headers, framed};
use crate::Outcome;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The file.
#[derive(Debug)]
pub(super) struct Capture {
    file: BufWriter<File>,
}

/// pcap's link type for ERF.
const ERF: u32 = 197;
/// ERF's record type for InfiniBand.
const INFINIBAND: u8 = 21;

impl Capture {
    pub(super) fn create(path: &Path) -> Outcome<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(&0xa1b2_c3d4_u32.to_le_bytes())?;
        file.write_all(&[2, 0, 4, 0])?;
        for word in [0, 0, 0xffff, ERF] {
            file.write_all(&word.to_le_bytes())?;
        }
        Ok(Self { file })
    }

    /// Adds a packet that came in at a port, or that the switch sends there: the record's "capture interface" is the
    /// port less one.
    pub(super) fn write(&mut self, port: usize, packet: &[u8]) -> Outcome {
        let Some(headers) = Headers::of(packet) else { return Ok(()) };
        let frame = framed(packet, headers.grh);
        let time = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let stamp = (time.as_secs() << 32) | ((u64::from(time.subsec_nanos()) << 32) / 1_000_000_000);
        let length = u16::try_from(frame.len())?;
        let whole = u32::from(length) + 16;
        for word in [u32::try_from(time.as_secs())?, time.subsec_micros(), whole, whole] {
            self.file.write_all(&word.to_le_bytes())?;
        }
        self.file.write_all(&stamp.to_le_bytes())?;
        // The flag says that records differ in length.
        let interface = u8::try_from(port.saturating_sub(1) & 3)?;
        self.file.write_all(&[INFINIBAND, 4 | interface])?;
        self.file.write_all(&(length + 16).to_be_bytes())?;
        self.file.write_all(&[0, 0])?;
        self.file.write_all(&length.to_be_bytes())?;
        self.file.write_all(&frame)?;
        Ok(())
    }
}
