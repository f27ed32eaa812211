//! The last packets, in memory that the caller gives.
//!
//! Records lie one behind the other, each whole, with no gap but behind the last one before the end of the storage.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use bootproto_core::num::u16_from_usize_saturating as short;
use bootproto_core::{Instant, Reader, UdpPath, Writer, copy_into};

use super::{Direction, Layer, Packet, write_text};

/// The longest head of a record: lengths, time, kind, and an IPv6 path.
const HEAD: usize = 13 + 36;

/// A record's kind.
const SENT: u8 = 1;
const V4: u8 = 2;
const V6: u8 = 4;

/// How much of a block of a file is kept: who looks at a trace wants to know which block it was.
const DATA: usize = 36;

/// The last packets; a new one takes the place of the oldest ones.
#[derive(Debug)]
pub struct Ring<'s> {
    storage: &'s mut [u8],
    snap: usize,
    address: Ipv4Addr,
    /// Where the oldest record begins, and where the next one goes.
    oldest: usize,
    next: usize,
    /// Where the upper records end, while the next one goes below the oldest.
    end: Option<usize>,
    count: usize,
    evicted: u32,
}

impl<'s> Ring<'s> {
    /// An empty ring. A record takes up to 49 bytes besides those of the packet: 16 KiB hold the DHCP exchange and
    /// some hundred packets of TFTP.
    #[must_use]
    pub const fn new(storage: &'s mut [u8]) -> Self {
        let address = Ipv4Addr::UNSPECIFIED;
        Self { storage, snap: 640, address, oldest: 0, next: 0, end: None, count: 0, evicted: 0 }
    }

    /// Keeps at most `bytes` of a packet; 640 if nothing is said, which holds a whole DHCP packet. Of a TFTP DATA
    /// only the beginning is kept in any case.
    #[must_use]
    pub const fn with_snap(self, bytes: u16) -> Self {
        Self { snap: bootproto_core::num::usize_from_u16(bytes), ..self }
    }

    /// Our own address, once there is one: it is recorded where a datagram's local end is unspecified, for otherwise
    /// a capture would not show that question and answer belong together.
    pub const fn set_address(&mut self, address: Ipv4Addr) {
        self.address = address;
    }

    /// How many packets there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many had to go.
    #[must_use]
    pub const fn evicted(&self) -> u32 {
        self.evicted
    }

    /// Keeps a packet, or its beginning. A storage that can't hold the head of a record keeps nothing.
    pub fn record(&mut self, packet: &Packet<'_>) {
        let mut head = [0; HEAD];
        let mut writer = Writer::new(&mut head);
        writer.zeros(2);
        writer.u16(short(packet.length));
        writer.u64(packet.at.as_micros());
        let sent = if packet.direction == Direction::Sent { SENT } else { 0 };
        let mut kept = self.snap;
        match packet.layer {
            Layer::Datagram(path) => {
                writer.u8(sent | if path.remote.is_ipv4() { V4 } else { V6 });
                end(&mut writer, path.local, self.address, path.remote.is_ipv4());
                end(&mut writer, path.remote, Ipv4Addr::UNSPECIFIED, path.remote.is_ipv4());
                if let [0, 3, ..] = packet.bytes {
                    kept = kept.min(DATA);
                }
            }
            Layer::Frame => writer.u8(sent),
        }
        let Some(room) = self.storage.len().checked_sub(writer.position()) else { return };
        let bytes = packet.cut(kept.min(room)).bytes;
        writer.patch(0, &short(bytes.len()).to_be_bytes());
        let Ok(head) = writer.finish() else { return };
        let at = self.make_room(head.len().saturating_add(bytes.len()));
        let place = self.storage.get_mut(at..).unwrap_or_default();
        let length = copy_into(place, head);
        copy_into(place.get_mut(length..).unwrap_or_default(), bytes);
    }

    /// Where a record of that size goes; it fits the storage.
    fn make_room(&mut self, size: usize) -> usize {
        loop {
            if self.count == 0 {
                (self.oldest, self.next, self.end) = (0, 0, None);
            }
            let limit = if self.end.is_some() { self.oldest } else { self.storage.len() };
            if size <= limit.saturating_sub(self.next) || self.count == 0 {
                let at = self.next;
                self.next = at.saturating_add(size);
                self.count = self.count.saturating_add(1);
                return at;
            }
            if self.end.is_none() {
                self.end = Some(self.next);
                self.next = 0;
                continue;
            }
            self.oldest = self.iter().after().unwrap_or(0);
            if self.oldest == 0 {
                self.end = None;
            }
            self.count = self.count.saturating_sub(1);
            self.evicted = self.evicted.saturating_add(1);
        }
    }

    /// The packets, oldest first.
    #[must_use]
    pub const fn iter(&self) -> Iter<'_> {
        Iter { storage: self.storage, at: self.oldest, end: self.end, left: self.count }
    }

    /// Writes a capture file of all packets as text, for a serial line; see [`write_text`].
    ///
    /// # Errors
    /// What `out` answers.
    pub fn write_text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        write_text(self.iter(), out)
    }
}

impl<'r> IntoIterator for &'r Ring<'_> {
    type Item = Packet<'r>;
    type IntoIter = Iter<'r>;

    fn into_iter(self) -> Iter<'r> {
        self.iter()
    }
}

/// One end of a path, in as many bytes as both have.
fn end(writer: &mut Writer<'_>, end: SocketAddr, own: Ipv4Addr, is_v4: bool) {
    match end.ip() {
        IpAddr::V4(address) if is_v4 => {
            writer.bytes(&(if address.is_unspecified() { own } else { address }).octets());
        }
        IpAddr::V4(address) => writer.bytes(&address.to_ipv6_mapped().octets()),
        IpAddr::V6(_) if is_v4 => writer.bytes(&own.octets()),
        IpAddr::V6(address) => writer.bytes(&address.octets()),
    }
    writer.u16(end.port());
}

/// The packets of a [`Ring`], oldest first.
#[derive(Debug, Clone)]
pub struct Iter<'r> {
    storage: &'r [u8],
    at: usize,
    end: Option<usize>,
    left: usize,
}

impl<'r> Iter<'r> {
    /// The next one, and where the one behind it begins.
    fn read(&self) -> Option<(Packet<'r>, usize)> {
        let mut reader = Reader::new(self.storage.get(self.at..)?);
        let kept = usize::from(reader.u16().ok()?);
        let length = usize::from(reader.u16().ok()?);
        let at = Instant::from_micros(reader.u64().ok()?);
        let kind = reader.u8().ok()?;
        let direction = if kind & SENT == 0 { Direction::Received } else { Direction::Sent };
        let layer = match kind & (V4 | V6) {
            V4 => Layer::Datagram(UdpPath { local: v4(&mut reader)?, remote: v4(&mut reader)? }),
            V6 => Layer::Datagram(UdpPath { local: v6(&mut reader)?, remote: v6(&mut reader)? }),
            _ => Layer::Frame,
        };
        let bytes = reader.take(kept).ok()?;
        let behind = self.at.saturating_add(reader.position());
        let behind = if self.end.is_some_and(|end| behind >= end) { 0 } else { behind };
        Some((Packet { at, direction, layer, length, bytes }, behind))
    }

    /// Where the second one begins.
    fn after(&self) -> Option<usize> {
        self.read().map(|(_, behind)| behind)
    }
}

fn v4(reader: &mut Reader<'_>) -> Option<SocketAddr> {
    Some((reader.array::<4>().ok()?, reader.u16().ok()?).into())
}

fn v6(reader: &mut Reader<'_>) -> Option<SocketAddr> {
    Some((reader.array::<16>().ok()?, reader.u16().ok()?).into())
}

impl<'r> Iterator for Iter<'r> {
    type Item = Packet<'r>;

    fn next(&mut self) -> Option<Packet<'r>> {
        self.left = self.left.checked_sub(1)?;
        let (packet, behind) = self.read()?;
        self.at = behind;
        Some(packet)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}
