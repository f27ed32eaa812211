//! The serial EEPROM with the card's GUID, on two open-drain lines that the driver moves bit by bit. It speaks the older
//! form of the two-wire protocol: one byte of address and direction after the start, no device number.

/// The EEPROM and where it is in a transfer.
#[derive(Debug)]
pub(super) struct Eeprom {
    content: [u8; 128],
    clock: bool,
    /// The data line as the driver lets it be, and as the EEPROM does.
    data: bool,
    drives: bool,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    /// The command byte comes in: bits so far.
    Command {
        bits: u8,
        value: u8,
    },
    /// Bytes go out from an address: bits so far.
    Read {
        bits: u8,
        address: u8,
    },
    /// Bytes come in, which are not kept.
    Write {
        bits: u8,
    },
}

impl Eeprom {
    /// With the table that the driver reads: version, checksum, length, GUID and how many, serial number, remark.
    pub(super) fn new(guid: [u8; 8]) -> Self {
        let mut content = [0; 128];
        const LENGTH: u8 = 82;
        content[0] = 2;
        content[2] = LENGTH;
        content[3..11].copy_from_slice(&guid);
        content[11] = 1;
        content[12..23].copy_from_slice(b"RIG00000001");
        content[46..65].copy_from_slice(b"Tested successfully");
        let sum = content[..usize::from(LENGTH)].iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        content[1] = !sum;
        Self { content, clock: true, data: true, drives: true, state: State::Idle }
    }

    /// Both lines as anybody sees them: clock, data.
    pub(super) fn lines(&self) -> (bool, bool) {
        (self.clock, self.data && self.drives)
    }

    /// The driver moves the lines.
    pub(super) fn drive(&mut self, clock: bool, data: bool) {
        match (self.clock, clock) {
            // Data that falls while the clock is high is a start, data that rises a stop.
            (true, true) if self.data && !data => {
                self.state = State::Command { bits: 0, value: 0 };
                self.drives = true;
            }
            (true, true) if !self.data && data => {
                self.state = State::Idle;
                self.drives = true;
            }
            (false, true) => self.rise(data),
            (true, false) => self.fall(),
            _ => {}
        }
        self.clock = clock;
        self.data = data;
    }

    /// The clock rises: a bit is taken.
    fn rise(&mut self, data: bool) {
        self.state = match self.state {
            State::Command { bits, value } if bits < 8 => {
                State::Command { bits: bits + 1, value: value << 1 | u8::from(data) }
            }
            State::Command { bits, value } => State::Command { bits: bits + 1, value },
            State::Read { bits, address } => State::Read { bits: bits + 1, address },
            State::Write { bits } => State::Write { bits: bits + 1 },
            State::Idle => State::Idle,
        };
    }

    /// The clock falls: the next bit is put on the line.
    fn fall(&mut self) {
        let bit = |address: u8, bits: u8| self.content[usize::from(address & 127)] >> (7 - bits) & 1 == 1;
        (self.state, self.drives) = match self.state {
            // The eighth bit is answered by an acknowledgement, low.
            State::Command { bits: 8, .. } => (self.state, false),
            State::Command { bits: 9, value } if value & 1 == 1 => {
                (State::Read { bits: 0, address: value >> 1 }, bit(value >> 1, 0))
            }
            State::Command { bits: 9, .. } => (State::Write { bits: 0 }, true),
            State::Write { bits: 8 } => (self.state, false),
            State::Write { bits: 9 } => (State::Write { bits: 0 }, true),
            State::Read { bits: bits @ 0..8, address } => (self.state, bit(address, bits)),
            State::Read { bits: 8, .. } => (self.state, true),
            State::Read { address, .. } => {
                let address = address.wrapping_add(1);
                (State::Read { bits: 0, address }, bit(address, 0))
            }
            State::Command { .. } | State::Write { .. } | State::Idle => (self.state, self.drives),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads as the driver does: a start, eight bits of command, then bytes, each acknowledged but for the last.
    fn read(eeprom: &mut Eeprom, address: u8, count: usize) -> Vec<u8> {
        eeprom.drive(true, true);
        eeprom.drive(true, false);
        let clock_in = |eeprom: &mut Eeprom, bit: bool| {
            eeprom.drive(false, bit);
            eeprom.drive(true, bit);
            let seen = eeprom.lines().1;
            eeprom.drive(false, bit);
            seen
        };
        let command = address << 1 | 1;
        (0..8).for_each(|bit| {
            clock_in(eeprom, command >> (7 - bit) & 1 == 1);
        });
        assert!(!clock_in(eeprom, true), "the command is acknowledged");
        let mut bytes = Vec::new();
        for left in (0..count).rev() {
            let byte = (0..8).fold(0, |byte, _| byte << 1 | u8::from(clock_in(eeprom, true)));
            bytes.push(byte);
            clock_in(eeprom, left == 0);
        }
        bytes
    }

    #[test]
    fn the_guid_comes_out_bit_by_bit() {
        let mut eeprom = Eeprom::new(*b"\x00\x11\x75\x00\x00\x7e\x5e\x01");
        assert_eq!(read(&mut eeprom, 3, 8), b"\x00\x11\x75\x00\x00\x7e\x5e\x01");
        let all = read(&mut eeprom, 0, 82);
        assert_eq!(all.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)), 0xff, "the driver's checksum");
    }
}
