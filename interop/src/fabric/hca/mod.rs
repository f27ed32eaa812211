//! A card that does not exist: the QLogic InfiniPath QLE7140 ("6120"), as far as Linux's `ib_qib` drives it.
//!
//! The chip is simple: the driver writes whole packets into send buffers and finds received ones in memory; queue
//! pairs, retries and management are Linux's own software. So what passes between this card and the fabric is what
//! Linux's InfiniBand says, packet for packet. What belongs here: the chip. What does not: the fabric, which is
//! [`super::switch`].

mod config;
mod eeprom;
mod interrupt;
mod receive;
mod registers;
mod send;
mod serve;

use super::memory::Memory;
use crate::Outcome;
use config::Config;
use eeprom::Eeprom;
use interrupt::Interrupt;
use receive::Queue;
use registers::Registers;
use send::Buffers;
use socket2::Socket;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Instant;

pub(crate) use send::WINDOW;
pub(crate) use serve::serve;

/// What the link training has come to, as the chip's status register shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Down,
    Init,
    Armed,
    Active,
}

/// The sockets of a card: QEMU's two, and the fabric that its cable goes to.
#[derive(Debug)]
pub(crate) struct Sockets {
    /// The proxy device's.
    pub(crate) proxy: UnixStream,
    /// The test protocol's.
    pub(crate) qtest: UnixStream,
    /// The fabric's address.
    pub(crate) fabric: PathBuf,
}

/// The card.
#[derive(Debug)]
struct Card {
    config: Config,
    registers: Registers,
    eeprom: Eeprom,
    memory: Memory,
    interrupt: Interrupt,
    send: Buffers,
    queue: Queue,
    status: u64,
    errors: u64,
    link: Link,
    /// When a link that may come up is tried next.
    train: Option<Instant>,
    fabric: PathBuf,
    cable: Option<Socket>,
}

impl Card {
    fn new(guid: [u8; 8], qtest: UnixStream, fabric: PathBuf) -> Outcome<Self> {
        Ok(Self {
            config: Config::new(),
            registers: Registers::new(),
            eeprom: Eeprom::new(guid),
            memory: Memory::default(),
            interrupt: Interrupt::new(qtest)?,
            send: Buffers::default(),
            queue: Queue::default(),
            status: 0,
            errors: 0,
            link: Link::Down,
            train: None,
            fabric,
            cable: None,
        })
    }
}
