//! A TFTP server with manners to choose.

use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bootproto_core::{Instant, UdpPath};

use super::tftp_bytes as tftp;
use crate::world::{Peer, Reply};

/// What the server does with the options of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionManners {
    /// Confirms those it knows.
    Honour,
    /// Answers as a server of 1992: with DATA or ACK.
    Ignore,
    /// Answers every request that has options with ERROR 8.
    Refuse,
    /// Confirms these alone, whatever was asked.
    Only(Vec<String>),
    /// Sends these words as its OACK, whatever was asked, and then goes by the request.
    Say(Vec<(String, String)>),
}

/// A TFTP server on one address.
#[derive(Debug, Clone)]
pub struct TftpServer {
    /// Its address.
    pub address: Ipv4Addr,
    /// The port requests go to.
    pub port: u16,
    /// What can be read.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What was written, once it is whole. A clone of this handle sees it after the server has moved into a world.
    pub written: Rc<RefCell<BTreeMap<String, Vec<u8>>>>,
    /// What it does with options.
    pub options: OptionManners,
    /// Whether it answers from the port that requests go to, against RFC 1350.
    pub same_port: bool,
    /// The number of block 65536: 0 or 1.
    pub rollover: u16,
    /// After how many blocks it falls silent.
    pub stop_after: Option<usize>,
    /// When it repeats itself.
    pub interval: Duration,
    /// How often it repeats itself.
    pub tries: u32,
    transfers: BTreeMap<SocketAddr, Transfer>,
    next_port: u16,
}

/// One transfer; the map's key is the client's end.
#[derive(Debug, Clone)]
struct Transfer {
    path: UdpPath,
    /// `None` while a file is being read, its name while it is being written.
    writing: Option<String>,
    /// All blocks of a file that is read; those that have arrived of one that is written.
    blocks: Vec<Vec<u8>>,
    block_size: usize,
    window: usize,
    /// Confirmed blocks; for a write, those since which no ACK was sent are `unconfirmed`.
    confirmed: usize,
    unconfirmed: usize,
    /// The OACK, until it is answered.
    oack: Option<Vec<u8>>,
    finished: bool,
    due: Instant,
    tries: u32,
}

impl TftpServer {
    /// A well-behaved server at `address`, port 69.
    pub fn new(address: Ipv4Addr) -> Self {
        Self {
            address,
            port: 69,
            files: BTreeMap::new(),
            written: Rc::default(),
            options: OptionManners::Honour,
            same_port: false,
            rollover: 0,
            stop_after: None,
            interval: Duration::from_secs(1),
            tries: 8,
            transfers: BTreeMap::new(),
            next_port: 40_000,
        }
    }

    /// The server with some of its fields changed.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// One more file.
    #[must_use]
    pub fn with_file(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(name.to_owned(), content.into());
        self
    }

    fn request(&mut self, now: Instant, path: UdpPath, data: &[u8], opcode: u16) -> Vec<Reply> {
        let from_port = if self.same_port { self.port } else { self.next_port };
        let own = UdpPath { local: SocketAddr::new(self.address.into(), from_port), ..path };
        // A refusal takes a port of its own as well.
        self.next_port += 1;
        let words = tftp::strings(data).unwrap_or_default();
        let [name, mode, rest @ ..] = words.as_slice() else {
            return vec![(own, tftp::error(4, "malformed request"))];
        };
        if !mode.eq_ignore_ascii_case("octet") {
            return vec![(own, tftp::error(0, "octet mode only"))];
        }
        let asked = tftp::options(rest);
        if self.options == OptionManners::Refuse && !asked.is_empty() {
            return vec![(own, tftp::error(8, "no options here"))];
        }
        let file = self.files.get(name);
        if opcode == tftp::RRQ && file.is_none() {
            return vec![(own, tftp::error(1, "file not found"))];
        }
        let length = (opcode == tftp::RRQ).then(|| file.map_or(0, Vec::len));
        let agreed = self.agree(&asked, length);
        let block_size = tftp::number(&agreed, "blksize").unwrap_or(512);
        let transfer = Transfer {
            path: own,
            writing: (opcode == tftp::WRQ).then(|| name.clone()),
            blocks: file
                .filter(|_| length.is_some())
                .map(|file| tftp::blocks(file, block_size))
                .unwrap_or_default(),
            block_size,
            window: tftp::number(&agreed, "windowsize").unwrap_or(1),
            confirmed: 0,
            unconfirmed: 0,
            oack: self.oack(&agreed),
            finished: false,
            due: now.saturating_add(self.interval),
            tries: 0,
        };
        let replies = self.speak(&transfer);
        self.transfers.insert(path.remote, transfer);
        replies
    }

    /// What the server agrees to; a request to read has the file's length.
    fn agree(&self, asked: &tftp::Options, length: Option<usize>) -> tftp::Options {
        let mut agreed = tftp::Options::new();
        for (name, value) in asked {
            let number: usize = value.parse().unwrap_or(0);
            let known = match name.as_str() {
                "blksize" if number >= 8 => number.min(65_464),
                "windowsize" if number >= 1 => number.min(64),
                "timeout" if (1..=255).contains(&number) => number,
                "tsize" => length.unwrap_or(number),
                _ => continue,
            };
            agreed.insert(name.clone(), known.to_string());
        }
        match &self.options {
            OptionManners::Ignore => agreed.clear(),
            OptionManners::Only(names) => agreed.retain(|name, _| names.contains(name)),
            _ => {}
        }
        agreed
    }

    fn oack(&self, agreed: &tftp::Options) -> Option<Vec<u8>> {
        let words: Vec<&str> = match &self.options {
            OptionManners::Say(words) => words.iter().flat_map(|(name, value)| [&**name, &**value]).collect(),
            _ => agreed.iter().flat_map(|(name, value)| [&**name, &**value]).collect(),
        };
        (!words.is_empty()).then(|| tftp::texts(tftp::OACK, words))
    }

    /// What a transfer has to say now, first or again.
    fn speak(&self, transfer: &Transfer) -> Vec<Reply> {
        if self.stop_after.is_some_and(|blocks| transfer.confirmed >= blocks) {
            return Vec::new();
        }
        let number = |index: usize| tftp::wire_number(index, self.rollover);
        let packets = match (&transfer.oack, &transfer.writing) {
            (Some(oack), _) => vec![oack.clone()],
            (None, Some(_)) => vec![tftp::numbered(tftp::ACK, number(transfer.confirmed), &[])],
            (None, None) => {
                let window =
                    transfer.blocks.iter().enumerate().skip(transfer.confirmed).take(transfer.window);
                window.map(|(index, block)| tftp::numbered(tftp::DATA, number(index + 1), block)).collect()
            }
        };
        packets.into_iter().map(|packet| (transfer.path, packet)).collect()
    }

    /// A datagram of a transfer that is under way.
    fn advance(&self, now: Instant, transfer: &mut Transfer, data: &[u8]) -> Vec<Reply> {
        let Some((opcode, number, body)) = tftp::split(data) else {
            return Vec::new();
        };
        match (opcode, &transfer.writing) {
            (tftp::ERROR, _) => {
                transfer.finished = true;
                return Vec::new();
            }
            (tftp::ACK, None) => {
                let candidates =
                    transfer.confirmed..=(transfer.confirmed + transfer.window).min(transfer.blocks.len());
                let was_oack = transfer.oack.is_some();
                let confirmed = if was_oack {
                    (number == 0).then_some(0)
                } else {
                    candidates.rev().find(|index| tftp::wire_number(*index, self.rollover) == number)
                };
                // An ACK that confirms nothing new is not answered: the sorcerer's apprentice (RFC 1123, 4.2.3.1).
                let Some(confirmed) = confirmed.filter(|index| was_oack || *index > transfer.confirmed)
                else {
                    return Vec::new();
                };
                (transfer.oack, transfer.confirmed) = (None, confirmed);
                transfer.finished = confirmed == transfer.blocks.len();
            }
            (tftp::DATA, Some(name)) => {
                if number != tftp::wire_number(transfer.confirmed + 1, self.rollover) || transfer.finished {
                    transfer.unconfirmed = 0;
                    return self.speak(transfer);
                }
                transfer.oack = None;
                transfer.blocks.push(body.to_vec());
                transfer.confirmed += 1;
                transfer.unconfirmed += 1;
                if body.len() < transfer.block_size {
                    transfer.finished = true;
                    self.written.borrow_mut().insert(name.clone(), transfer.blocks.concat());
                } else if transfer.unconfirmed < transfer.window {
                    transfer.due = now.saturating_add(self.interval);
                    return Vec::new();
                }
                transfer.unconfirmed = 0;
            }
            _ => return Vec::new(),
        }
        (transfer.due, transfer.tries) = (now.saturating_add(self.interval), 0);
        self.speak(transfer)
    }
}

impl Peer for TftpServer {
    fn address(&self) -> Ipv4Addr {
        self.address
    }

    fn listens(&self, port: u16) -> bool {
        port == self.port || self.transfers.values().any(|transfer| transfer.path.local.port() == port)
    }

    fn receive(&mut self, now: Instant, path: UdpPath, data: &[u8]) -> Vec<Reply> {
        let opcode = tftp::opcode(data).unwrap_or(0);
        if path.local.port() == self.port && matches!(opcode, tftp::RRQ | tftp::WRQ) {
            // A request that is repeated gets the same answer from the same port.
            if let Some(transfer) = self.transfers.get(&path.remote).filter(|transfer| !transfer.finished) {
                return self.speak(transfer);
            }
            return self.request(now, path, data, opcode);
        }
        let same_port = |transfer: &Transfer| transfer.path.local.port() == path.local.port();
        if !self.transfers.get(&path.remote).is_some_and(same_port) {
            return vec![(path, tftp::error(5, "unknown transfer"))];
        }
        // Taken out while it is worked on: it needs the server beside itself.
        let Some(mut transfer) = self.transfers.remove(&path.remote) else {
            return Vec::new();
        };
        let replies = self.advance(now, &mut transfer, data);
        self.transfers.insert(path.remote, transfer);
        replies
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let waiting =
            self.transfers.values().filter(|transfer| !transfer.finished && transfer.tries < self.tries);
        waiting.map(|transfer| transfer.due).min()
    }

    fn handle_timeout(&mut self, now: Instant) -> Vec<Reply> {
        let mut replies = Vec::new();
        let mut transfers = core::mem::take(&mut self.transfers);
        for transfer in transfers.values_mut() {
            if !transfer.finished && transfer.due <= now && transfer.tries < self.tries {
                transfer.tries += 1;
                transfer.due = now.saturating_add(self.interval);
                replies.extend(self.speak(transfer));
            }
        }
        self.transfers = transfers;
        replies
    }
}
