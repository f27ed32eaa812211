//! The SMSC LAN9118 (and LAN9220, which differs in nothing that is used here) as a `smoltcp` device: an Ethernet controller
//! with FIFOs that the processor reads and writes itself. Names of registers and bits are those of its data sheet.

use crate::registers::Registers;
use crate::time::Clock;
use crate::trouble::Trouble;
use core::time::Duration;
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

const RX_DATA_FIFO: usize = 0x00;
const TX_DATA_FIFO: usize = 0x20;
const RX_STATUS_FIFO: usize = 0x40;
const BYTE_TEST: usize = 0x64;
const TX_CFG: usize = 0x70;
const HW_CFG: usize = 0x74;
const RX_FIFO_INF: usize = 0x7c;
const TX_FIFO_INF: usize = 0x80;
const PMT_CTRL: usize = 0x84;
const FREE_RUN: usize = 0x9c;
const MAC_CSR_CMD: usize = 0xa4;
const MAC_CSR_DATA: usize = 0xa8;
const E2P_CMD: usize = 0xb0;

/// BYTE_TEST always says this.
const BYTE_ORDER: u32 = 0x8765_4321;
/// HW_CFG: reset; a bit that must be one; 5 KiB for frames to send, which leaves [`RECEIVE_FIFO`].
const SRST: u32 = 1 << 0;
const MBO: u32 = 1 << 20;
const TX_FIF_SZ: u32 = 5 << 16;
/// PMT_CTRL.
const READY: u32 = 1 << 0;
/// E2P_CMD: the hardware address is on its way from the EEPROM.
const EPC_BSY: u32 = 1 << 31;
/// TX_CFG: send, and go on where nobody reads what became of the frames.
const TX_ON: u32 = 1 << 1;
const TXSAO: u32 = 1 << 2;
/// RX_STATUS_FIFO: the frame is broken.
const ES: u32 = 1 << 15;
/// TX command A: the whole frame is one segment.
const FIRST_SEGMENT: u32 = 1 << 13;
const LAST_SEGMENT: u32 = 1 << 12;

/// The MAC's own registers, behind MAC_CSR_CMD and MAC_CSR_DATA.
const CSR_BUSY: u32 = 1 << 31;
const R_NOT_W: u32 = 1 << 30;
const MAC_CR: u32 = 1;
const ADDRH: u32 = 2;
const ADDRL: u32 = 3;
const MII_ACC: u32 = 6;
const MII_DATA: u32 = 7;
/// MAC_CR.
const FDPX: u32 = 1 << 20;
const TXEN: u32 = 1 << 3;
const RXEN: u32 = 1 << 2;

/// The registers of the PHY inside, which has the address 1, behind MII_ACC and MII_DATA (IEEE 802.3 clause 22).
const PHY: u32 = 1 << 11;
const MII_WRITE: u32 = 1 << 1;
const MII_BUSY: u32 = 1 << 0;
const BASIC_CONTROL: u32 = 0;
const BASIC_STATUS: u32 = 1;
const ADVERTISEMENT: u32 = 4;
const PARTNER: u32 = 5;
/// BASIC_CONTROL: negotiate, anew.
const NEGOTIATE: u32 = 1 << 12 | 1 << 9;
/// BASIC_STATUS: it has negotiated, and there is a link.
const LINKED: u32 = 1 << 5 | 1 << 2;
/// ADVERTISEMENT and PARTNER, from best to worst: 100 full, 100 half, 10 full duplex.
const FULL_100: u32 = 1 << 8;
const HALF_100: u32 = 1 << 7;
const FULL_10: u32 = 1 << 6;

/// Bytes of received frames that it holds.
pub(crate) const RECEIVE_FIFO: u32 = 10_560;
/// The largest Ethernet frame, and the checksum behind a received one.
const FRAME: usize = 1514;
const CHECKSUM: usize = 4;
/// Room for both, in whole words.
const ROOM: usize = 1520;

/// How long it may take to get ready (the data sheet says a few milliseconds), and to negotiate.
const START: Duration = Duration::from_millis(100);
const LINK: Duration = Duration::from_secs(5);

/// The controller with a link.
#[derive(Debug)]
pub(crate) struct Lan9118 {
    registers: Registers,
    address: [u8; 6],
    received: [u8; ROOM],
    sent: [u8; ROOM],
}

impl Lan9118 {
    /// Resets the controller, and waits for a link.
    ///
    /// # Errors
    /// What is not there.
    pub(crate) fn open(registers: Registers, clock: &Clock) -> Result<Self, Trouble> {
        let found = registers.read(BYTE_TEST);
        if found != BYTE_ORDER {
            return Err(Trouble::NoController { found });
        }
        let wait = |register, mask, wanted| {
            let done = clock.wait_for(START, || registers.read(register) & mask == wanted);
            if done { Ok(()) } else { Err(Trouble::NotReady) }
        };
        wait(PMT_CTRL, READY, READY)?;
        registers.write(HW_CFG, SRST);
        wait(HW_CFG, SRST, 0)?;
        wait(PMT_CTRL, READY, READY)?;
        registers.write(HW_CFG, MBO | TX_FIF_SZ);
        wait(E2P_CMD, EPC_BSY, 0)?;
        let mut card = Self { registers, address: [0; 6], received: [0; ROOM], sent: [0; ROOM] };
        let [a, b, c, d] = card.mac(ADDRL)?.to_le_bytes();
        let [e, f, ..] = card.mac(ADDRH)?.to_le_bytes();
        card.address = [a, b, c, d, e, f];
        // Without an EEPROM it has the broadcast address.
        if a & 1 != 0 || card.address == [0; 6] {
            return Err(Trouble::NoAddress);
        }
        let duplex = card.negotiate(clock)?;
        card.set_mac(MAC_CR, TXEN | RXEN | duplex)?;
        registers.write(TX_CFG, TX_ON | TXSAO);
        Ok(card)
    }

    /// The hardware address, of the EEPROM.
    pub(crate) const fn address(&self) -> [u8; 6] {
        self.address
    }

    /// A counter of 25 MHz.
    pub(crate) fn ticks(&self) -> u32 {
        self.registers.read(FREE_RUN)
    }

    /// Waits for a link; answers how the MAC is to be set for it.
    fn negotiate(&self, clock: &Clock) -> Result<u32, Trouble> {
        self.set_phy(BASIC_CONTROL, NEGOTIATE)?;
        let is_linked = || self.phy(BASIC_STATUS).is_ok_and(|status| status & LINKED == LINKED);
        if !clock.wait_for(LINK, is_linked) {
            return Err(Trouble::NoLink);
        }
        let both = self.phy(ADVERTISEMENT)? & self.phy(PARTNER)?;
        let is_full = both & FULL_100 != 0 || both & HALF_100 == 0 && both & FULL_10 != 0;
        Ok(if is_full { FDPX } else { 0 })
    }

    fn phy(&self, register: u32) -> Result<u32, Trouble> {
        self.set_mac(MII_ACC, PHY | register << 6 | MII_BUSY)?;
        self.wait_for_phy()?;
        self.mac(MII_DATA)
    }

    fn set_phy(&self, register: u32, value: u32) -> Result<(), Trouble> {
        self.set_mac(MII_DATA, value)?;
        self.set_mac(MII_ACC, PHY | register << 6 | MII_WRITE | MII_BUSY)?;
        self.wait_for_phy()
    }

    fn wait_for_phy(&self) -> Result<(), Trouble> {
        bounded(|| self.mac(MII_ACC).is_ok_and(|state| state & MII_BUSY == 0))
    }

    fn mac(&self, register: u32) -> Result<u32, Trouble> {
        self.command_mac(R_NOT_W | register)?;
        Ok(self.registers.read(MAC_CSR_DATA))
    }

    fn set_mac(&self, register: u32, value: u32) -> Result<(), Trouble> {
        self.registers.write(MAC_CSR_DATA, value);
        self.command_mac(register)
    }

    fn command_mac(&self, command: u32) -> Result<(), Trouble> {
        self.registers.write(MAC_CSR_CMD, CSR_BUSY | command);
        bounded(|| self.registers.read(MAC_CSR_CMD) & CSR_BUSY == 0)
    }

    /// Whether the largest frame finds room to leave.
    fn may_send(&self) -> bool {
        self.registers.read(TX_FIFO_INF) & 0xffff >= 8 + FRAME as u32
    }

    /// Reads the next frame; answers its length if it is whole.
    fn read_frame(&mut self) -> Option<usize> {
        let status = self.registers.read(RX_STATUS_FIFO);
        let length = (status >> 16 & 0x3fff) as usize;
        let (places, _) = self.received.as_chunks_mut::<4>();
        // A frame that is broken or too long has to be read all the same.
        for index in 0..length.div_ceil(4) {
            let word = self.registers.read(RX_DATA_FIFO);
            if let Some(place) = places.get_mut(index) {
                *place = word.to_le_bytes();
            }
        }
        (status & ES == 0 && length <= FRAME + CHECKSUM).then(|| length.saturating_sub(CHECKSUM))
    }
}

/// Waits for what takes microseconds.
fn bounded(condition: impl Fn() -> bool) -> Result<(), Trouble> {
    if (0..10_000).any(|_| condition()) { Ok(()) } else { Err(Trouble::NotReady) }
}

/// A received frame.
pub(crate) struct Received<'a>(&'a [u8]);

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(self.0)
    }
}

/// The right to send one frame.
pub(crate) struct Sending<'a> {
    registers: Registers,
    place: &'a mut [u8; ROOM],
}

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        // Nothing larger than what `capabilities` allows is ever asked for.
        let length = length.min(FRAME);
        let result = write(&mut self.place[..length]);
        let send = |word| self.registers.write(TX_DATA_FIFO, word);
        send(FIRST_SEGMENT | LAST_SEGMENT | length as u32);
        send(length as u32);
        let (words, _) = self.place.as_chunks::<4>();
        words.iter().take(length.div_ceil(4)).for_each(|word| send(u32::from_le_bytes(*word)));
        result
    }
}

impl Device for Lan9118 {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Sending<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Received<'_>, Sending<'_>)> {
        if !self.may_send() {
            return None;
        }
        let waiting = self.registers.read(RX_FIFO_INF) >> 16 & 0xff;
        let length = (0..waiting).find_map(|_| self.read_frame())?;
        let sending = Sending { registers: self.registers, place: &mut self.sent };
        Some((Received(self.received.get(..length)?), sending))
    }

    fn transmit(&mut self, _: Instant) -> Option<Sending<'_>> {
        self.may_send().then_some(Sending { registers: self.registers, place: &mut self.sent })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.max_transmission_unit = FRAME;
        capabilities.medium = Medium::Ethernet;
        capabilities
    }
}
