//! The decoder. One table holds all probabilities; the constants say where each kind begins.

/// The bytes in front of the stream: properties, dictionary size, length.
pub const HEADER: usize = 13;

const IS_MATCH: usize = 0;
const IS_REP: usize = IS_MATCH + 12 * 16;
const IS_REP_0: usize = IS_REP + 12;
const IS_REP_1: usize = IS_REP_0 + 12;
const IS_REP_2: usize = IS_REP_1 + 12;
const IS_REP_0_LONG: usize = IS_REP_2 + 12;
const SLOT: usize = IS_REP_0_LONG + 12 * 16;
const DISTANCE: usize = SLOT + 4 * 64;
const ALIGN: usize = DISTANCE + 115;
const LENGTH: usize = ALIGN + 16;
const REP_LENGTH: usize = LENGTH + LENGTHS;
const LITERAL: usize = REP_LENGTH + LENGTHS;

/// The probabilities of one kind of length: two choices, two tables of eight for each position, one of 256.
const LENGTHS: usize = 2 + 16 * 8 + 16 * 8 + 256;
/// At most eight contexts for a literal.
const TABLE: usize = LITERAL + 8 * 0x300;

/// Decompresses `packed`, header and all, into `out`, which it fills. `None` if it is damaged, or of another length.
pub fn unpack(packed: &[u8], out: &mut [u8]) -> Option<()> {
    let (header, stream) = packed.split_at_checked(HEADER)?;
    let properties = *header.first()?;
    let size = u64::from_le_bytes(header.get(5..)?.try_into().ok()?);
    let (context_bits, rest) = (properties % 9, properties / 9);
    let (low_bits, position_bits) = (rest % 5, rest / 5);
    // The first byte of the stream is always 0.
    let (first, stream) = stream.split_at_checked(5)?;
    let [0, code @ ..] = first.first_chunk::<5>()? else { return None };
    if context_bits + low_bits > 3 || position_bits > 4 || usize::try_from(size).ok()? != out.len() {
        return None;
    }
    let mut decoder = Decoder {
        bits: Bits { input: stream, range: u32::MAX, code: u32::from_be_bytes(*code), table: [1024; TABLE] },
        out,
        at: 0,
        context_bits: u32::from(context_bits),
        low_mask: (1 << low_bits) - 1,
        position_mask: (1 << position_bits) - 1,
        state: 0,
        recent: [0; 4],
    };
    while decoder.at < decoder.out.len() {
        decoder.step()?;
    }
    decoder.bits.is_at_end().then_some(())
}

struct Bits<'p> {
    input: &'p [u8],
    range: u32,
    code: u32,
    table: [u16; TABLE],
}

impl Bits<'_> {
    /// The encoder leaves nothing behind.
    fn is_at_end(&mut self) -> bool {
        self.normalize().is_some() && self.code == 0 && self.input.is_empty()
    }

    fn normalize(&mut self) -> Option<()> {
        if self.range < 1 << 24 {
            let (byte, rest) = self.input.split_first()?;
            self.input = rest;
            self.range <<= 8;
            self.code = self.code << 8 | u32::from(*byte);
        }
        Some(())
    }

    fn bit(&mut self, index: usize) -> Option<usize> {
        self.normalize()?;
        let probability = self.table.get_mut(index)?;
        let bound = (self.range >> 11) * u32::from(*probability);
        if self.code < bound {
            self.range = bound;
            *probability += (2048 - *probability) >> 5;
            Some(0)
        } else {
            self.range -= bound;
            self.code -= bound;
            *probability -= *probability >> 5;
            Some(1)
        }
    }

    /// A number of `count` bits, the highest first.
    fn tree(&mut self, base: usize, count: u32) -> Option<usize> {
        let mut number = 1;
        for _ in 0..count {
            number = number << 1 | self.bit(base + number)?;
        }
        Some(number - (1 << count))
    }

    /// A number of `count` bits, the lowest first.
    fn reversed(&mut self, base: usize, count: u32) -> Option<usize> {
        let (mut node, mut number) = (1, 0);
        for place in 0..count {
            let bit = self.bit(base + node)?;
            node = node << 1 | bit;
            number |= bit << place;
        }
        Some(number)
    }

    /// A number of `count` bits that are as likely 0 as 1.
    fn direct(&mut self, count: u32) -> Option<usize> {
        let mut number = 0;
        for _ in 0..count {
            self.normalize()?;
            self.range >>= 1;
            let bit = self.code >= self.range;
            if bit {
                self.code -= self.range;
            }
            number = number << 1 | usize::from(bit);
        }
        Some(number)
    }

    fn length(&mut self, base: usize, position: usize) -> Option<usize> {
        Some(if self.bit(base)? == 0 {
            self.tree(base + 2 + position * 8, 3)?
        } else if self.bit(base + 1)? == 0 {
            8 + self.tree(base + 130 + position * 8, 3)?
        } else {
            16 + self.tree(base + 258, 8)?
        })
    }
}

struct Decoder<'p, 'o> {
    bits: Bits<'p>,
    out: &'o mut [u8],
    at: usize,
    context_bits: u32,
    low_mask: usize,
    position_mask: usize,
    /// What came last, in the specification's twelve states: below 7 it was a literal.
    state: usize,
    /// The four distances used last, less one.
    recent: [usize; 4],
}

impl Decoder<'_, '_> {
    /// One literal or one match.
    fn step(&mut self) -> Option<()> {
        let position = self.at & self.position_mask;
        let (state, place) = (self.state, self.state * 16 + position);
        let after = |literal, other| if state < 7 { literal } else { other };
        if self.bits.bit(IS_MATCH + place)? == 0 {
            return self.literal();
        }
        if self.bits.bit(IS_REP + state)? == 0 {
            let length = self.bits.length(LENGTH, position)?;
            let distance = self.distance(length)?;
            let [a, b, c, _] = self.recent;
            self.recent = [distance, a, b, c];
            self.state = after(7, 10);
            return self.copy(length + 2);
        }
        if self.bits.bit(IS_REP_0 + state)? == 0 {
            if self.bits.bit(IS_REP_0_LONG + place)? == 0 {
                self.state = after(9, 11);
                return self.copy(1);
            }
        } else {
            let [a, b, c, d] = self.recent;
            self.recent = if self.bits.bit(IS_REP_1 + state)? == 0 {
                [b, a, c, d]
            } else if self.bits.bit(IS_REP_2 + state)? == 0 {
                [c, a, b, d]
            } else {
                [d, a, b, c]
            };
        }
        let length = self.bits.length(REP_LENGTH, position)?;
        self.state = after(8, 11);
        self.copy(length + 2)
    }

    fn literal(&mut self) -> Option<()> {
        let before = self.at.checked_sub(1).and_then(|last| self.out.get(last)).copied().unwrap_or(0);
        let context = (self.at & self.low_mask) << self.context_bits
            | usize::from(before).checked_shr(8 - self.context_bits).unwrap_or(0);
        let base = LITERAL + 0x300 * context;
        let mut symbol = 1;
        if self.state >= 7 {
            let mut matched = usize::from(*self.out.get(self.from()?)?);
            while symbol < 0x100 {
                let expected = matched >> 7 & 1;
                matched <<= 1;
                let bit = self.bits.bit(base + ((1 + expected) << 8) + symbol)?;
                symbol = symbol << 1 | bit;
                if bit != expected {
                    break;
                }
            }
        }
        while symbol < 0x100 {
            symbol = symbol << 1 | self.bits.bit(base + symbol)?;
        }
        *self.out.get_mut(self.at)? = symbol as u8;
        self.at += 1;
        self.state = match self.state {
            0..=3 => 0,
            4..=9 => self.state - 3,
            _ => self.state - 6,
        };
        Some(())
    }

    fn distance(&mut self, length: usize) -> Option<usize> {
        let slot = self.bits.tree(SLOT + length.min(3) * 64, 6)?;
        if slot < 4 {
            return Some(slot);
        }
        let count = (slot >> 1) as u32 - 1;
        let distance = (2 | slot & 1) << count;
        Some(
            distance
                + if slot < 14 {
                    self.bits.reversed(DISTANCE + distance - slot, count)?
                } else {
                    let high = self.bits.direct(count - 4)? << 4;
                    high + self.bits.reversed(ALIGN, 4)?
                },
        )
    }

    /// Where the next byte of a match comes from.
    fn from(&self) -> Option<usize> {
        let [distance, ..] = self.recent;
        self.at.checked_sub(distance)?.checked_sub(1)
    }

    fn copy(&mut self, length: usize) -> Option<()> {
        for _ in 0..length {
            *self.out.get_mut(self.at)? = *self.out.get(self.from()?)?;
            self.at += 1;
        }
        Some(())
    }
}
