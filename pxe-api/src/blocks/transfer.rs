//! The two UNDI calls that move frames: `TRANSMIT` and `ISR` (PXE 2.1 section 4.2).

use super::blocks;
use crate::SegmentOffset;
use crate::layout::{layout, names};
use zerocopy::little_endian::U16;

names! {
    /// Which header a frame needs, or has.
    pub struct Protocol(u8) {
        /// In a transmit: the media header is there already.
        UNKNOWN = 0, "P_UNKNOWN";
        /// IPv4.
        IP = 1, "P_IP";
        /// ARP.
        ARP = 2, "P_ARP";
        /// Reverse ARP.
        RARP = 3, "P_RARP";
        /// In a receive: something else.
        OTHER = 4, "P_OTHER";
    }

    /// Whom a transmit goes to.
    pub struct XmitFlag(u8) {
        /// The address in `dest_addr`.
        DESTADDR = 0, "XMT_DESTADDR";
        /// Everyone.
        BROADCAST = 1, "XMT_BROADCAST";
    }

    /// Whom a received frame was sent to.
    pub struct PacketKind(u8) {
        /// Us, or anyone in promiscuous mode.
        DIRECTED = 0, "P_DIRECTED";
        /// Everyone.
        BROADCAST = 1, "P_BROADCAST";
        /// A group.
        MULTICAST = 2, "P_MULTICAST";
    }
}

/// What an ISR call asks, and what it answers: the same field, with other meanings each way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FuncFlag(pub u16);

impl FuncFlag {
    /// In: was that interrupt yours?
    pub const IN_START: Self = Self(1);
    /// In: begin to hand out what happened.
    pub const IN_PROCESS: Self = Self(2);
    /// In: what else?
    pub const IN_GET_NEXT: Self = Self(3);
    /// Out, to START: yes, and interrupts are off until DONE.
    pub const OUT_OURS: Self = Self(0);
    /// Out, to START: no.
    pub const OUT_NOT_OURS: Self = Self(1);
    /// Out: nothing more, interrupts are on again.
    pub const OUT_DONE: Self = Self(0);
    /// Out: a frame was sent.
    pub const OUT_TRANSMIT: Self = Self(2);
    /// Out: a frame, or a piece of one, came.
    pub const OUT_RECEIVE: Self = Self(3);
    /// Out: in the middle of it already.
    pub const OUT_BUSY: Self = Self(4);
}

/// How many further pieces a [`TransmitBuffer`] has room for.
pub const MAX_DATA_BLOCKS: usize = 8;

layout! {
    /// `PXENV_UNDI_TRANSMIT`.
    pub struct UndiTransmit: 20 {
        /// Status.
        0 => status: U16,
        /// [`Protocol`]: which media header to put before the frame.
        2 => protocol: u8,
        /// [`XmitFlag`].
        3 => xmit_flag: u8,
        /// Where the destination's hardware address is.
        4 => dest_addr: SegmentOffset,
        /// Where the [`TransmitBuffer`] is.
        8 => tbd: SegmentOffset,
        /// Zero.
        12 => reserved: [u8; 8],
    }

    /// `t_PXENV_UNDI_TBD`: where the bytes of a frame are.
    pub struct TransmitBuffer: 72 {
        /// The length of the first piece.
        0 => immed_length: U16,
        /// Where it is.
        2 => xmit: SegmentOffset,
        /// How many further pieces there are: at most 8, whatever this says.
        6 => data_block_count: U16,
        /// The further pieces.
        8 => data_blocks: [DataBlock; 8],
    }

    /// A further piece of a frame.
    #[derive(Default)]
    pub struct DataBlock: 8 {
        /// 1: the address is segment and offset. The specification allows nothing else.
        0 => pointer_type: u8,
        /// Zero.
        1 => reserved: u8,
        /// How many bytes.
        2 => length: U16,
        /// Where.
        4 => at: SegmentOffset,
    }

    /// `PXENV_UNDI_ISR`.
    pub struct UndiIsr: 16 {
        /// Status.
        0 => status: U16,
        /// [`FuncFlag`].
        2 => func_flag: U16,
        /// Out: how many bytes are in this piece.
        4 => buffer_length: U16,
        /// Out: how many bytes the whole frame has.
        6 => frame_length: U16,
        /// Out: how many of them are its media header.
        8 => frame_header_length: U16,
        /// Out: where the piece is, in the ROM's own memory.
        10 => frame: SegmentOffset,
        /// Out: [`Protocol`].
        14 => prot_type: u8,
        /// Out: [`PacketKind`].
        15 => pkt_type: u8,
    }
}

blocks! {
    UndiTransmit = UNDI_TRANSMIT;
    UndiIsr = UNDI_ISR;
}

impl TransmitBuffer {
    /// The further pieces that are really there: the count is clamped to the room the structure has.
    #[must_use]
    pub fn blocks(&self) -> &[DataBlock] {
        let count = usize::from(self.data_block_count.get()).min(MAX_DATA_BLOCKS);
        self.data_blocks.get(..count).unwrap_or(&self.data_blocks)
    }

    /// Checks what a caller of our own ROM hands in: the count, the types, that no piece wraps its segment, and that
    /// the frame has at most `limit` bytes. Answers how many it has.
    #[must_use]
    pub fn total_length(&self, limit: u16) -> Option<u16> {
        if usize::from(self.data_block_count.get()) > MAX_DATA_BLOCKS {
            return None;
        }
        self.xmit.range(self.immed_length.get())?;
        let mut total = self.immed_length.get();
        for block in self.blocks() {
            block.at.range(block.length.get())?;
            if block.pointer_type != 1 {
                return None;
            }
            total = total.checked_add(block.length.get())?;
        }
        (total <= limit).then_some(total)
    }
}

impl UndiIsr {
    /// A block that asks `flag`: constant, so that an interrupt handler can hold its own.
    #[must_use]
    pub const fn asking(flag: FuncFlag) -> Self {
        Self {
            status: U16::new(0),
            func_flag: U16::new(flag.0),
            buffer_length: U16::new(0),
            frame_length: U16::new(0),
            frame_header_length: U16::new(0),
            frame: SegmentOffset::NULL,
            prot_type: 0,
            pkt_type: 0,
        }
    }
}
