//! The decoder, for the one set of properties that the packer uses: lc = 3, lp = 0, pb = 0. One table holds all
//! probabilities; the constants say where each kind begins.
//!
//! Damage is noted and decoding goes on, for every bit of output is checked by what follows it, and a check after each
//! step would double the code.

/// The bytes in front of the stream: properties, dictionary size, length.
pub const HEADER: usize = 13;

/// `(pb * 5 + lp) * 9 + lc`.
const PROPERTIES: u8 = 3;

const IS_MATCH: u32 = 0;
const IS_REP: u32 = IS_MATCH + 12;
const IS_REP_0: u32 = IS_REP + 12;
const IS_REP_1: u32 = IS_REP_0 + 12;
const IS_REP_2: u32 = IS_REP_1 + 12;
const IS_REP_0_LONG: u32 = IS_REP_2 + 12;
const SLOT: u32 = IS_REP_0_LONG + 12;
const DISTANCE: u32 = SLOT + 4 * 64;
const ALIGN: u32 = DISTANCE + 115;
const LENGTH: u32 = ALIGN + 16;
const REP_LENGTH: u32 = LENGTH + LENGTHS;
const LITERAL: u32 = REP_LENGTH + LENGTHS;

/// The probabilities of one kind of length: two choices, two tables of eight, one of 256.
const LENGTHS: u32 = 2 + 8 + 8 + 256;
/// Eight contexts for a literal: the upper three bits of the byte before it.
const TABLE: u32 = LITERAL + 8 * 0x300;

/// Decompresses `packed`, header and all, into `out`, which it fills. `None` if it is damaged, or of another length.
pub fn unpack(packed: &[u8], out: &mut [u8]) -> Option<()> {
    let (header, stream) = packed.split_first_chunk::<HEADER>()?;
    let [PROPERTIES, _, _, _, _, size @ ..] = header else { return None };
    // The first byte of the stream is always 0.
    let Some(([0, code @ ..], input)) = stream.split_first_chunk::<5>() else { return None };
    if u64::from_le_bytes(*size) != out.len() as u64 {
        return None;
    }
    let code = u32::from_be_bytes(*code);
    let bits = Bits { input, range: u32::MAX, code, damaged: false, table: [1024; TABLE as usize] };
    let mut decoder = Decoder { bits, out, at: 0, state: 0, recent: [0; 4] };
    while (decoder.at as usize) < decoder.out.len() {
        decoder.step();
    }
    // The encoder leaves nothing behind.
    let bits = &mut decoder.bits;
    bits.normalize();
    (bits.code == 0 && bits.input.is_empty() && !bits.damaged).then_some(())
}

struct Bits<'p> {
    input: &'p [u8],
    range: u32,
    code: u32,
    damaged: bool,
    table: [u16; TABLE as usize],
}

impl Bits<'_> {
    fn normalize(&mut self) {
        if self.range < 1 << 24 {
            let byte = self.input.split_off_first().copied();
            self.damaged |= byte.is_none();
            self.range <<= 8;
            self.code = self.code << 8 | u32::from(byte.unwrap_or(0));
        }
    }

    fn bit(&mut self, index: u32) -> u32 {
        self.normalize();
        let Some(probability) = self.table.get_mut(index as usize) else { return 0 };
        let bound = (self.range >> 11) * u32::from(*probability);
        if self.code < bound {
            self.range = bound;
            *probability += (2048 - *probability) >> 5;
            0
        } else {
            self.range -= bound;
            self.code -= bound;
            *probability -= *probability >> 5;
            1
        }
    }

    /// A number of `count` bits, the highest first.
    fn tree(&mut self, base: u32, count: u32) -> u32 {
        let mut number = 1;
        while number >> count == 0 {
            number = number << 1 | self.bit(base + number);
        }
        number - (1 << count)
    }

    /// A number of `count` bits, the lowest first.
    fn reversed(&mut self, base: u32, count: u32) -> u32 {
        let (mut node, mut number) = (1, 0);
        for place in 0..count {
            let bit = self.bit(base + node);
            node = node << 1 | bit;
            number |= bit << place;
        }
        number
    }

    /// A number of `count` bits that are as likely 0 as 1.
    fn direct(&mut self, count: u32) -> u32 {
        let mut number = 0;
        for _ in 0..count {
            self.normalize();
            self.range >>= 1;
            let bit = self.code >= self.range;
            if bit {
                self.code -= self.range;
            }
            number = number << 1 | u32::from(bit);
        }
        number
    }

    fn length(&mut self, base: u32) -> u32 {
        if self.bit(base) == 0 {
            2 + self.tree(base + 2, 3)
        } else if self.bit(base + 1) == 0 {
            10 + self.tree(base + 10, 3)
        } else {
            18 + self.tree(base + 18, 8)
        }
    }

    fn distance(&mut self, length: u32) -> u32 {
        let slot = self.tree(SLOT + (length - 2).min(3) * 64, 6);
        if slot < 4 {
            return slot;
        }
        let count = (slot >> 1) - 1;
        let distance = (2 | slot & 1) << count;
        if slot < 14 {
            distance + self.reversed(DISTANCE + distance - slot, count)
        } else {
            distance + (self.direct(count - 4) << 4) + self.reversed(ALIGN, 4)
        }
    }
}

struct Decoder<'p, 'o> {
    bits: Bits<'p>,
    out: &'o mut [u8],
    at: u32,
    /// What came last, in the specification's twelve states: below 7 it was a literal.
    state: u32,
    /// The four distances used last, less one.
    recent: [u32; 4],
}

impl Decoder<'_, '_> {
    /// One literal or one match.
    fn step(&mut self) {
        let (state, bits) = (self.state, &mut self.bits);
        if bits.bit(IS_MATCH + state) == 0 {
            return self.literal();
        }
        let (mut kind, mut length) = (8, 1);
        let [a, b, c, d] = self.recent;
        if bits.bit(IS_REP + state) == 0 {
            kind = 7;
            length = bits.length(LENGTH);
            self.recent = [bits.distance(length), a, b, c];
        } else if bits.bit(IS_REP_0 + state) == 0 {
            if bits.bit(IS_REP_0_LONG + state) == 0 {
                kind = 9;
            }
        } else if bits.bit(IS_REP_1 + state) == 0 {
            self.recent = [b, a, c, d];
        } else if bits.bit(IS_REP_2 + state) == 0 {
            self.recent = [c, a, b, d];
        } else {
            self.recent = [d, a, b, c];
        }
        if kind == 8 {
            length = bits.length(REP_LENGTH);
        }
        self.state = match (state < 7, kind) {
            (true, kind) => kind,
            (false, 7) => 10,
            (false, _) => 11,
        };
        for _ in 0..length {
            let byte = self.earlier();
            self.put(byte);
        }
    }

    fn literal(&mut self) {
        let before =
            self.at.checked_sub(1).and_then(|last| self.out.get(last as usize)).copied().unwrap_or(0);
        let base = LITERAL + 0x300 * u32::from(before >> 5);
        let mut symbol = 1;
        if self.state >= 7 {
            let mut matched = u32::from(self.earlier());
            while symbol < 0x100 {
                let expected = matched >> 7 & 1;
                matched <<= 1;
                let bit = self.bits.bit(base + ((1 + expected) << 8) + symbol);
                symbol = symbol << 1 | bit;
                if bit != expected {
                    break;
                }
            }
        }
        while symbol < 0x100 {
            symbol = symbol << 1 | self.bits.bit(base + symbol);
        }
        self.put(symbol as u8);
        self.state = match self.state {
            0..=3 => 0,
            4..=9 => self.state - 3,
            _ => self.state - 6,
        };
    }

    /// The byte that is repeated next.
    fn earlier(&mut self) -> u8 {
        let [distance, ..] = self.recent;
        let byte =
            self.at.checked_sub(distance).and_then(|at| self.out.get((at as usize).wrapping_sub(1))).copied();
        self.bits.damaged |= byte.is_none();
        byte.unwrap_or(0)
    }

    fn put(&mut self, byte: u8) {
        if let Some(place) = self.out.get_mut(self.at as usize) {
            *place = byte;
        } else {
            self.bits.damaged = true;
        }
        self.at += 1;
    }
}
