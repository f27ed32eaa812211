//! Attributes that are tables: GUIDs, partitions, service levels and lanes.

use bootproto_core::{ParseError, Reader, Writer};

use crate::{Guid, PKey};

macro_rules! table {
    ($(#[$meta:meta])* $name:ident([$element:ty; $count:literal]), $length:literal, $read:expr, $write:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name(pub [$element; $count]);

        impl $name {
            /// Its length on the wire, in bytes.
            pub const LENGTH: usize = $length;

            /// Reads it from the start of `bytes`.
            ///
            /// # Errors
            /// Fewer than [`LENGTH`](Self::LENGTH) bytes.
            pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
                let bytes = Reader::new(bytes).take(Self::LENGTH)?;
                let mut table = Self::default();
                let read: fn(&[u8]) -> $element = $read;
                for (place, bytes) in table.0.iter_mut().zip(bytes.chunks_exact($length / $count)) {
                    *place = read(bytes);
                }
                Ok(table)
            }

            /// Writes it.
            pub fn write(&self, writer: &mut Writer<'_>) {
                let write: fn(&mut Writer<'_>, $element) = $write;
                self.0.iter().for_each(|element| write(writer, *element));
            }

            /// Its bytes.
            #[must_use]
            pub fn to_bytes(&self) -> [u8; $length] {
                let mut bytes = [0; $length];
                self.write(&mut Writer::new(&mut bytes));
                bytes
            }
        }
    };
}

table! {
    /// One block of a port's GUIDs (IBTA 14.2.5.5); the modifier has the block.
    GuidInfo([Guid; 8]), 64,
    |bytes| crate::layout::get(bytes, 0, 0, 64),
    |writer, guid| writer.u64(guid.0)
}

table! {
    /// One block of a port's partitions (IBTA 14.2.5.7); the modifier's low 16 bits have the block.
    PKeyTable([PKey; 32]), 64,
    |bytes| crate::layout::get(bytes, 0, 0, 16),
    |writer, key| writer.u16(key.0)
}

/// One place of an arbitration table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VlWeight {
    /// The lane, 0 to 14.
    pub vl: u8,
    /// How many units of 64 bytes it may send in turn; 0 skips the place.
    pub weight: u8,
}

table! {
    /// One block of an arbitration table (IBTA 14.2.5.9); the modifier says which.
    VlArbitration([VlWeight; 32]), 64,
    |bytes| VlWeight { vl: crate::layout::get(bytes, 0, 4, 4), weight: crate::layout::get(bytes, 1, 0, 8) },
    |writer, place| writer.bytes(&[place.vl & 0x0f, place.weight])
}

/// Which lane each service level uses (IBTA 14.2.5.8); lane 15 discards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SlToVl(pub [u8; 16]);

impl SlToVl {
    /// Its length on the wire, in bytes.
    pub const LENGTH: usize = 8;

    /// Reads it from the start of `bytes`.
    ///
    /// # Errors
    /// Fewer than 8 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let bytes: [u8; 8] = Reader::new(bytes).array()?;
        let mut lanes = [0; 16];
        for (pair, byte) in lanes.chunks_exact_mut(2).zip(bytes) {
            if let [high, low] = pair {
                (*high, *low) = (byte >> 4, byte & 0x0f);
            }
        }
        Ok(Self(lanes))
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 8] {
        let mut bytes = [0; 8];
        for (byte, pair) in bytes.iter_mut().zip(self.0.chunks_exact(2)) {
            if let [high, low] = pair {
                *byte = (high << 4) | (low & 0x0f);
            }
        }
        bytes
    }

    /// Writes it.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.bytes(&self.to_bytes());
    }
}
