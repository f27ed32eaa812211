//! A frame to send: where its pieces are, and which header it needs.

use super::config::padded;
use super::failure::ConfigError;
use crate::SegmentOffset;
use crate::blocks::{
    DataBlock, MAX_DATA_BLOCKS, MacAddress, Protocol, TransmitBuffer, UndiTransmit, XmitFlag,
};
use crate::layout::Layout;
use bootproto_core::num;
use zerocopy::IntoBytes;
use zerocopy::little_endian::U16;

/// The shortest Ethernet frame without its checksum: pad to this with zeros, for not every ROM does.
pub const MINIMUM_FRAME: u16 = 60;

/// The length of an Ethernet header.
const ETHERNET_HEADER: u16 = 14;

/// A frame in base memory, in up to 9 pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    protocol: Protocol,
    flag: XmitFlag,
    destination: MacAddress,
    /// How many bytes at the start of the first piece are a header that the ROM can make itself.
    header: u16,
    first: (SegmentOffset, u16),
    more: [DataBlock; MAX_DATA_BLOCKS],
    count: u16,
}

impl Frame {
    /// A whole Ethernet frame at `at`, whose bytes are `bytes`: at least the header must be in them, the rest can
    /// follow in further pieces.
    ///
    /// # Errors
    /// [`ConfigError::FrameTooShort`] for less than a header, [`ConfigError::PieceWraps`] if it wraps its segment.
    pub fn ethernet(at: SegmentOffset, bytes: &[u8]) -> Result<Self, ConfigError> {
        let [d0, d1, d2, d3, d4, d5, _, _, _, _, _, _, kind_high, kind_low, ..] = *bytes else {
            return Err(ConfigError::FrameTooShort);
        };
        let destination = [d0, d1, d2, d3, d4, d5];
        let protocol = match u16::from_be_bytes([kind_high, kind_low]) {
            0x0800 => Protocol::IP,
            0x0806 => Protocol::ARP,
            0x8035 => Protocol::RARP,
            _ => Protocol::UNKNOWN,
        };
        let flag = if destination == [0xff; 6] { XmitFlag::BROADCAST } else { XmitFlag::DESTADDR };
        let length = u16::try_from(bytes.len()).map_err(|_| ConfigError::PieceWraps)?;
        let header = if protocol == Protocol::UNKNOWN { 0 } else { ETHERNET_HEADER };
        Self::build(protocol, flag, &destination, header, (at, length))
    }

    /// A frame of any link whose media header is there already.
    ///
    /// # Errors
    /// [`ConfigError::FrameTooShort`] if it is empty, [`ConfigError::PieceWraps`] if it wraps its segment,
    /// [`ConfigError::AddressTooLong`] if the address has more than 16 bytes.
    pub fn whole(
        destination: &[u8],
        broadcast: bool,
        at: SegmentOffset,
        length: u16,
    ) -> Result<Self, ConfigError> {
        let flag = if broadcast { XmitFlag::BROADCAST } else { XmitFlag::DESTADDR };
        Self::build(Protocol::UNKNOWN, flag, destination, 0, (at, length))
    }

    /// A packet of any link, before which the ROM puts its own header.
    ///
    /// # Errors
    /// As [`whole`](Self::whole).
    pub fn packet(
        protocol: Protocol,
        destination: &[u8],
        broadcast: bool,
        at: SegmentOffset,
        length: u16,
    ) -> Result<Self, ConfigError> {
        let flag = if broadcast { XmitFlag::BROADCAST } else { XmitFlag::DESTADDR };
        Self::build(protocol, flag, destination, 0, (at, length))
    }

    fn build(
        protocol: Protocol,
        flag: XmitFlag,
        destination: &[u8],
        header: u16,
        first: (SegmentOffset, u16),
    ) -> Result<Self, ConfigError> {
        if first.1 == 0 {
            return Err(ConfigError::FrameTooShort);
        }
        first.0.range(first.1).ok_or(ConfigError::PieceWraps)?;
        let destination = padded(destination)?;
        Ok(Self { protocol, flag, destination, header, first, more: [DataBlock::default(); 8], count: 0 })
    }

    /// Adds a further piece of `length` bytes at `at`.
    ///
    /// # Errors
    /// [`ConfigError::TooManyPieces`] after the ninth, [`ConfigError::PieceWraps`] if it wraps its segment or the
    /// frame has more than 65535 bytes then.
    pub fn with_piece(mut self, at: SegmentOffset, length: u16) -> Result<Self, ConfigError> {
        at.range(length).ok_or(ConfigError::PieceWraps)?;
        self.length().checked_add(length).ok_or(ConfigError::PieceWraps)?;
        let place = self.more.get_mut(usize::from(self.count)).ok_or(ConfigError::TooManyPieces)?;
        *place = DataBlock { pointer_type: 1, reserved: 0, length: U16::new(length), at };
        self.count = self.count.saturating_add(1);
        Ok(self)
    }

    /// How many bytes it has, header included.
    #[must_use]
    pub fn length(&self) -> u16 {
        self.more.iter().fold(self.first.1, |sum, block| sum.saturating_add(block.length.get()))
    }

    /// The block, and what lies behind it in the area at `area`: descriptor and destination address.
    pub(super) fn encode(&self, area: SegmentOffset, whole: bool) -> (UndiTransmit, [u8; BEHIND]) {
        let strip = if whole { 0 } else { self.header };
        let mut block = UndiTransmit::zeroed();
        let mut buffer = TransmitBuffer::zeroed();
        block.protocol = if whole && self.header > 0 { Protocol::UNKNOWN.0 } else { self.protocol.0 };
        block.xmit_flag = self.flag.0;
        block.tbd = behind(area, UndiTransmit::SIZE);
        block.dest_addr = behind(area, UndiTransmit::SIZE.saturating_add(TransmitBuffer::SIZE));
        buffer.immed_length.set(self.first.1.saturating_sub(strip));
        buffer.xmit = self.first.0.checked_add(strip).unwrap_or(self.first.0);
        buffer.data_block_count.set(self.count);
        buffer.data_blocks = self.more;
        let mut rest = [0; BEHIND];
        let (descriptor, address) = rest.split_at_mut_checked(TransmitBuffer::SIZE).unwrap_or_default();
        bootproto_core::copy_into(descriptor, buffer.as_bytes());
        bootproto_core::copy_into(address, &self.destination);
        (block, rest)
    }
}

/// What lies behind a transmit block.
const BEHIND: usize = TransmitBuffer::SIZE + size_of::<MacAddress>();

/// `area` and `bytes`; the area was checked not to wrap.
fn behind(area: SegmentOffset, bytes: usize) -> SegmentOffset {
    area.checked_add(num::u16_from_usize_saturating(bytes)).unwrap_or(area)
}
