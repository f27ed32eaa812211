//! A TFTP client, lock-step or windowed, that reads or writes one file.

use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use core::time::Duration;
use std::cell::RefCell;
use std::rc::Rc;

use bootproto_core::{Instant, UdpPath};

use super::tftp_bytes as tftp;
use crate::world::{Peer, Reply};

/// How a transfer ended: `None` while it is under way.
pub type Outcome = Option<Result<Vec<u8>, String>>;

/// A client on one address that transfers one file.
#[derive(Debug, Clone)]
pub struct TftpClient {
    /// When it repeats itself.
    pub interval: Duration,
    /// How often it repeats itself.
    pub tries: u32,
    /// The number of block 65536: 0 or 1.
    pub rollover: u16,
    /// The file once it is read, or an empty one once it is written; or what went wrong. A clone of this handle sees
    /// it after the client has moved into a world.
    pub outcome: Rc<RefCell<Outcome>>,
    path: UdpPath,
    /// The server's transfer port, once it is known.
    locked: bool,
    request: Vec<u8>,
    asked: tftp::Options,
    /// What is to be written.
    content: Option<Vec<u8>>,
    /// What has arrived, or what is to be sent.
    blocks: Vec<Vec<u8>>,
    block_size: usize,
    window: usize,
    confirmed: usize,
    unconfirmed: usize,
    due: Instant,
    tried: u32,
}

impl TftpClient {
    /// Reads `file` from `server`, from `local`, with `options` such as `("blksize", "1428")`.
    pub fn download(local: SocketAddrV4, server: SocketAddrV4, file: &str, options: &[(&str, &str)]) -> Self {
        Self::new(local, server, tftp::RRQ, file, options)
    }

    /// Writes `content` as `file`.
    pub fn upload(
        local: SocketAddrV4,
        server: SocketAddrV4,
        file: &str,
        content: impl Into<Vec<u8>>,
        options: &[(&str, &str)],
    ) -> Self {
        let content = Some(content.into());
        Self { content, ..Self::new(local, server, tftp::WRQ, file, options) }
    }

    /// The client with some of its fields changed.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn new(
        local: SocketAddrV4,
        server: SocketAddrV4,
        opcode: u16,
        file: &str,
        options: &[(&str, &str)],
    ) -> Self {
        let words = options.iter().flat_map(|(name, value)| [*name, *value]);
        Self {
            interval: Duration::from_secs(1),
            tries: 8,
            rollover: 0,
            outcome: Rc::default(),
            path: UdpPath::v4(local, server),
            locked: false,
            request: tftp::texts(opcode, [file, "octet"].into_iter().chain(words)),
            asked: options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            content: None,
            blocks: Vec::new(),
            block_size: 512,
            window: 1,
            confirmed: 0,
            unconfirmed: 0,
            due: Instant::default(),
            tried: 0,
        }
    }

    fn end(&self, outcome: Result<Vec<u8>, String>) {
        self.outcome.borrow_mut().get_or_insert(outcome);
    }

    fn say(&self, packets: Vec<Vec<u8>>) -> Vec<Reply> {
        packets.into_iter().map(|packet| (self.path, packet)).collect()
    }

    /// What the client has to say now, first or again.
    fn speak(&self) -> Vec<Reply> {
        if !self.locked {
            return self.say(vec![self.request.clone()]);
        }
        let number = |index: usize| tftp::wire_number(index, self.rollover);
        if self.content.is_none() {
            return self.say(vec![tftp::numbered(tftp::ACK, number(self.confirmed), &[])]);
        }
        let window = self.blocks.iter().enumerate().skip(self.confirmed).take(self.window);
        self.say(window.map(|(index, block)| tftp::numbered(tftp::DATA, number(index + 1), block)).collect())
    }

    /// The first answer: from where it came, and what it agrees to. False when it is no answer.
    fn open(&mut self, remote: SocketAddr, data: &[u8]) -> bool {
        match tftp::opcode(data) {
            Some(tftp::OACK) => {
                let options = tftp::options(&tftp::strings(data).unwrap_or_default());
                if let Some(name) = options.keys().find(|name| !self.asked.contains_key(*name)) {
                    self.end(Err(format!("OACK with {name}, which was not asked for")));
                    return false;
                }
                self.block_size = tftp::number(&options, "blksize").unwrap_or(512);
                self.window = tftp::number(&options, "windowsize").unwrap_or(1);
            }
            Some(tftp::DATA) if self.content.is_none() => {}
            Some(tftp::ACK) if self.content.is_some() => {}
            _ => return false,
        }
        if let Some(content) = &self.content {
            self.blocks = tftp::blocks(content, self.block_size);
        }
        self.path.remote = remote;
        self.locked = true;
        true
    }

    fn data(&mut self, number: u16, body: &[u8]) -> Vec<Reply> {
        if number != tftp::wire_number(self.confirmed + 1, self.rollover) {
            self.unconfirmed = 0;
            return self.speak();
        }
        if self.outcome.borrow().is_some() {
            return Vec::new();
        }
        self.blocks.push(body.to_vec());
        self.confirmed += 1;
        self.unconfirmed += 1;
        if body.len() < self.block_size {
            self.end(Ok(self.blocks.concat()));
        } else if self.unconfirmed < self.window {
            return Vec::new();
        }
        self.unconfirmed = 0;
        self.speak()
    }

    fn acknowledged(&mut self, number: u16) -> Vec<Reply> {
        let candidates = self.confirmed + 1..=(self.confirmed + self.window).min(self.blocks.len());
        let found = candidates.rev().find(|index| tftp::wire_number(*index, self.rollover) == number);
        let Some(confirmed) = found else {
            return Vec::new();
        };
        self.confirmed = confirmed;
        if confirmed == self.blocks.len() {
            self.end(Ok(Vec::new()));
            return Vec::new();
        }
        self.speak()
    }
}

impl Peer for TftpClient {
    fn address(&self) -> Ipv4Addr {
        match self.path.local {
            SocketAddr::V4(local) => *local.ip(),
            SocketAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
        }
    }

    fn listens(&self, port: u16) -> bool {
        port == self.path.local.port()
    }

    fn receive(&mut self, now: Instant, path: UdpPath, data: &[u8]) -> Vec<Reply> {
        let opcode = tftp::opcode(data);
        if self.locked && path.remote != self.path.remote {
            return vec![(path, tftp::error(5, "unknown transfer"))];
        }
        if opcode == Some(tftp::ERROR) {
            let (_, code, text) = tftp::split(data).unwrap_or_default();
            self.end(Err(format!("ERROR {code}: {}", String::from_utf8_lossy(text).trim_end_matches('\0'))));
            return Vec::new();
        }
        let opens = !self.locked;
        if opens && !self.open(path.remote, data) {
            return Vec::new();
        }
        (self.due, self.tried) = (now.saturating_add(self.interval), 0);
        match (opcode, tftp::split(data)) {
            (Some(tftp::OACK), _) if self.confirmed == 0 => self.speak(),
            (Some(tftp::ACK), Some((_, 0, _))) if opens => self.speak(),
            (Some(tftp::ACK), Some((_, number, _))) if self.content.is_some() => self.acknowledged(number),
            (Some(tftp::DATA), Some((_, number, body))) if self.content.is_none() => self.data(number, body),
            _ => Vec::new(),
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.outcome.borrow().is_none().then_some(self.due)
    }

    fn handle_timeout(&mut self, now: Instant) -> Vec<Reply> {
        self.tried += 1;
        if self.tried > self.tries {
            self.end(Err("no answer".into()));
            return Vec::new();
        }
        self.due = now.saturating_add(self.interval);
        self.unconfirmed = 0;
        self.speak()
    }
}
