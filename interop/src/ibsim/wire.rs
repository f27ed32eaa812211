//! The datagrams between a program under `umad2sim` and its simulator.
//!
//! Control messages are in the host's byte order, packets are in a mixture. Both were found by running ibsim 0.10.

use crate::Outcome;

/// Bytes of a control message.
pub const CONTROL_BYTES: usize = 80;

/// Bytes of a packet.
pub const PACKET_BYTES: usize = 288;

const MAGIC: u32 = 0xdead_beef;

/// What a control message asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind(pub u32);

impl Kind {
    /// The answer to what can't be done.
    pub const ERROR: Self = Self(0);
    /// A client takes a port.
    pub const CONNECT: Self = Self(1);
    /// It gives it back.
    pub const DISCONNECT: Self = Self(2);
    /// LID and state.
    pub const GET_PORT: Self = Self(3);
    /// Vendor, device and revision.
    pub const GET_VENDOR: Self = Self(4);
    /// The GID.
    pub const GET_GID: Self = Self(5);
    /// The node's GUID.
    pub const GET_GUID: Self = Self(6);
    /// NodeInfo as on the wire.
    pub const GET_NODEINFO: Self = Self(7);
    /// PortInfo as on the wire.
    pub const GET_PORTINFO: Self = Self(8);
    /// Whether a subnet manager lives here.
    pub const SET_ISSM: Self = Self(9);
    /// The first block of the P_Key table.
    pub const GET_PKEYS: Self = Self(10);
}

/// A control message; the answer has the same shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// The number that the simulator gave to the client.
    pub client: u32,
    /// What it is about.
    pub kind: Kind,
    /// How many bytes of the data count.
    pub length: u32,
    /// The data.
    pub data: [u8; 64],
}

impl Control {
    /// A message with these data, cut at 64 bytes.
    #[must_use]
    pub fn new(client: u32, kind: Kind, bytes: &[u8]) -> Self {
        let mut data = [0; 64];
        let length = bytes.len().min(64);
        data[..length].copy_from_slice(&bytes[..length]);
        Self { client, kind, length: length as u32, data }
    }

    /// The bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; CONTROL_BYTES] {
        let mut bytes = [0; CONTROL_BYTES];
        for (at, word) in [MAGIC, self.client, self.kind.0, self.length].into_iter().enumerate() {
            bytes[at * 4..at * 4 + 4].copy_from_slice(&word.to_ne_bytes());
        }
        bytes[16..].copy_from_slice(&self.data);
        bytes
    }

    /// The message in these bytes.
    ///
    /// # Errors
    /// They are none.
    pub fn parse(bytes: &[u8]) -> Outcome<Self> {
        let word = |at: usize| Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let data = bytes.get(16..CONTROL_BYTES).and_then(|data| data.try_into().ok());
        match (word(0), word(4), word(8), word(12), data) {
            (Some(MAGIC), Some(client), Some(kind), Some(length), Some(data)) => {
                Ok(Self { client, kind: Kind(kind), length, data })
            }
            _ => Err(format!("not a control message of ibsim: {bytes:02x?}").into()),
        }
    }

    /// The 32-bit number at `at` of the data.
    #[must_use]
    pub fn word(&self, at: usize) -> u32 {
        self.data.get(at..at + 4).map_or(0, |word| u32::from_ne_bytes([word[0], word[1], word[2], word[3]]))
    }

    /// The text from `at` of the data to its NUL.
    #[must_use]
    pub fn text(&self, at: usize) -> String {
        let bytes = self.data.get(at..).unwrap_or_default();
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    }
}

/// A MAD on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// The destination's LID.
    pub dlid: u16,
    /// The source's LID; 0 lets the simulator fill it in.
    pub slid: u16,
    /// The destination's queue pair: 0 or 1.
    pub dqp: u32,
    /// The source's queue pair.
    pub sqp: u32,
    /// 0, or 110 where it comes back as lost.
    pub status: u32,
    /// The MAD.
    pub mad: [u8; 256],
}

/// The status of a packet that comes back to its sender because nobody was there.
pub const LOST: u32 = 110;

impl Packet {
    /// The bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; PACKET_BYTES] {
        let mut bytes = [0; PACKET_BYTES];
        bytes[0..2].copy_from_slice(&self.dlid.to_be_bytes());
        bytes[4..6].copy_from_slice(&self.slid.to_be_bytes());
        for (at, word) in [self.dqp, self.sqp, self.status].into_iter().enumerate() {
            bytes[8 + at * 4..12 + at * 4].copy_from_slice(&word.to_be_bytes());
        }
        bytes[24..32].copy_from_slice(&256_u64.to_be_bytes());
        bytes[32..].copy_from_slice(&self.mad);
        bytes
    }

    /// The packet in these bytes. What lies beyond its length is whatever the sender's memory held: it is zeroed, as a
    /// real MAD is padded.
    ///
    /// # Errors
    /// They are none.
    pub fn parse(bytes: &[u8]) -> Outcome<Self> {
        if bytes.len() != PACKET_BYTES {
            return Err(format!("{} bytes are no packet of ibsim", bytes.len()).into());
        }
        let word = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let mut mad = [0; 256];
        let length = (word(28) as usize).min(256);
        mad[..length].copy_from_slice(&bytes[32..32 + length]);
        Ok(Self {
            dlid: u16::from_be_bytes([bytes[0], bytes[1]]),
            slid: u16::from_be_bytes([bytes[4], bytes[5]]),
            dqp: word(8),
            sqp: word(12),
            status: word(16),
            mad,
        })
    }
}
