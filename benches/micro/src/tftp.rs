//! A download from memory to memory: our machine, ttftp, and the bare copy of the payload.

use bootproto_core::{Instant, Machine, UdpPath};
use bootproto_tftp::client::{Config, Download, Event};
use std::fmt;
use std::hint::black_box;
use ttftp::client::download::{self, BlockReceived};

/// What is asked of the server.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Bytes in a block.
    pub block: u16,
    /// Blocks in a window.
    pub window: u16,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.block, self.window)
    }
}

/// Every shape that is measured.
pub fn shapes() -> impl Iterator<Item = Shape> {
    [512, 1468, 8192].into_iter().flat_map(|block| [1, 16, 64].map(|window| Shape { block, window }))
}

/// Who takes the blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Our machine, with timers, windows and options.
    Ours,
    /// RFC 1350 alone: blocks of 512, no window, no timers.
    Ttftp,
    /// Nobody: the payload is copied, block by block.
    Copy,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ours, Self::Ttftp, Self::Copy];

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ours => "bootproto-tftp",
            Self::Ttftp => "ttftp 0.2",
            Self::Copy => "bare copy",
        }
    }

    /// Whether it can do this.
    #[must_use]
    pub const fn can(self, shape: Shape) -> bool {
        !matches!(self, Self::Ttftp) || shape.block == 512 && shape.window == 1
    }
}

/// A file, once as the datagrams of its blocks, and the memory it is to come into.
#[derive(Debug)]
pub struct Transfer {
    shape: Shape,
    size: usize,
    datagrams: Vec<u8>,
    memory: Vec<u8>,
}

const HEADER: usize = 4;

impl Transfer {
    /// A file of `size` bytes.
    #[must_use]
    pub fn new(shape: Shape, size: usize) -> Self {
        let block = usize::from(shape.block);
        let mut datagrams = Vec::with_capacity(size + (size / block + 1) * HEADER);
        for number in 1..=size / block + 1 {
            datagrams.extend([0, 3]);
            datagrams.extend((number as u16).to_be_bytes());
            let (from, to) = ((number - 1) * block, size.min(number * block));
            datagrams.extend((from..to).map(byte));
        }
        Self { shape, size, datagrams, memory: vec![0; size] }
    }

    /// How many datagrams bring it.
    #[must_use]
    pub fn packets(&self) -> usize {
        self.size / usize::from(self.shape.block) + 1
    }

    /// Takes the whole file in, and answers how many acknowledgements went out.
    ///
    /// # Panics
    /// The engine does not like a datagram.
    pub fn run(&mut self, engine: Engine) -> usize {
        match engine {
            Engine::Ours => self.ours(),
            Engine::Ttftp => self.ttftp(),
            Engine::Copy => self.copy(),
        }
    }

    /// Takes it in, and looks at every byte of what came and at the number of acknowledgements.
    ///
    /// # Panics
    /// Something is not as it was sent.
    pub fn check(&mut self, engine: Engine) {
        self.memory.fill(0xa5);
        let acknowledgements = self.run(engine);
        assert!(
            self.memory.iter().enumerate().all(|(at, found)| *found == byte(at)),
            "{engine:?}: other bytes"
        );
        let expected = match engine {
            Engine::Copy => 0,
            Engine::Ours | Engine::Ttftp => self.packets().div_ceil(usize::from(self.shape.window)),
        };
        assert_eq!(acknowledgements, expected, "{engine:?} {}", self.shape);
    }

    fn ours(&mut self) -> usize {
        let (server, from) = ("192.0.2.1:69".parse().unwrap(), "192.0.2.1:2000".parse().unwrap());
        let Shape { block, window } = self.shape;
        let config = Config::new(7, server, 49_153, b"image").expect("sound");
        let config =
            config.with_block_size(block).with_large_window_size(window).with_receive_buffer(u32::MAX);
        let mut client = Download::new(config).expect("sound");
        let path = black_box(UdpPath { local: "0.0.0.0:49153".parse().unwrap(), remote: from });
        let mut buffer = [0; Download::MAX_TRANSMIT];
        let mut now = 0;
        let at = |now: &mut u64| {
            *now += 1;
            Instant::from_micros(*now)
        };
        client.poll_transmit(at(&mut now), &mut buffer).expect("room").expect("a request");
        let grant = self.grant();
        let granted = client.handle_datagram(at(&mut now), path, &grant);
        assert!(matches!(granted, Event::Opened(_)), "{granted:?}");
        client.poll_transmit(at(&mut now), &mut buffer).expect("room").expect("ACK 0");
        let mut acknowledgements = 0;
        for datagram in self.datagrams.chunks(HEADER + usize::from(block)) {
            match client.handle_datagram(at(&mut now), path, datagram) {
                Event::Data { offset, bytes } => {
                    let offset = offset as usize;
                    self.memory[offset..offset + bytes.len()].copy_from_slice(bytes);
                }
                other => panic!("{other:?}"),
            }
            while let Some(transmit) = client.poll_transmit(at(&mut now), &mut buffer).expect("room") {
                black_box(transmit);
                acknowledgements += 1;
            }
        }
        assert!(client.is_complete() && client.received() == self.size as u64);
        acknowledgements
    }

    /// The OACK.
    fn grant(&self) -> Vec<u8> {
        let Shape { block, window } = self.shape;
        let mut options = vec![("tsize", self.size)];
        if block != 512 {
            options.push(("blksize", block.into()));
        }
        if window != 1 {
            options.push(("windowsize", window.into()));
        }
        let mut bytes = vec![0, 6];
        for (name, value) in options {
            bytes.extend(format!("{name}\0{value}\0").bytes());
        }
        bytes
    }

    fn ttftp(&mut self) -> usize {
        let mut sent = [0; ttftp::PACKET_SIZE];
        let (mut state, _) = download::new(&mut sent, c"image", ttftp::Mode::Octect).expect("a name");
        let (mut offset, mut acknowledgements) = (0, 0);
        for datagram in self.datagrams.chunks(HEADER + usize::from(self.shape.block)) {
            let (result, length) = state.process(datagram, &mut sent);
            let bytes: &[u8] = match result {
                Ok(BlockReceived::Intermediate(next, bytes)) => {
                    state = next;
                    bytes
                }
                Ok(BlockReceived::Final(bytes)) => bytes,
                other => panic!("{other:?}"),
            };
            self.memory[offset..offset + bytes.len()].copy_from_slice(bytes);
            offset += bytes.len();
            if let Some(length) = length {
                black_box(&sent[..length]);
                acknowledgements += 1;
            }
        }
        acknowledgements
    }

    fn copy(&mut self) -> usize {
        let mut offset = 0;
        for datagram in self.datagrams.chunks(HEADER + usize::from(self.shape.block)) {
            let bytes = &datagram[HEADER..];
            self.memory[offset..offset + bytes.len()].copy_from_slice(bytes);
            offset += bytes.len();
        }
        black_box(&self.memory);
        0
    }
}

/// A byte of the file, such that a block in the wrong place shows.
fn byte(at: usize) -> u8 {
    (at.wrapping_mul(0x9e37_79b1) >> 13) as u8
}
