//! A cable with faults: two TAP devices in two namespaces, and a thread between them that loses, delays, duplicates
//! and reorders frames by a seed. It stands in for netem, which not every kernel has.

use crate::lan::Lan;
use crate::namespace::Namespace;
use crate::{Outcome, tap};
use bootproto_core::Rng;
use rustix::event::{PollFd, PollFlags, poll};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What happens to frames, in each direction.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// Where chance starts.
    pub seed: u64,
    /// Frames lost in a thousand.
    pub loss: u32,
    /// Frames sent twice in a thousand.
    pub duplication: u32,
    /// Frames held back behind later ones, in a thousand.
    pub reordering: u32,
    /// How long every frame travels.
    pub delay: Duration,
}

/// What did happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Frames that came.
    pub frames: u64,
    /// Of these, lost.
    pub lost: u64,
    /// Of these, sent twice.
    pub duplicated: u64,
    /// Of these, held back.
    pub reordered: u64,
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    frames: AtomicU64,
    lost: AtomicU64,
    duplicated: AtomicU64,
    reordered: AtomicU64,
}

/// A running cable; dropping it unplugs both ends.
#[derive(Debug)]
pub struct Relay {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// Joins two namespaces by interfaces named `eth0`, with these addresses (`"10.78.0.1/24"`).
    ///
    /// # Errors
    /// As [`tap::open`].
    pub fn between(a: (&Namespace, &str), b: (&Namespace, &str), faults: Faults) -> Outcome<Self> {
        let mut ends = Vec::new();
        for (namespace, address) in [a, b] {
            ends.push(namespace.enter(|| tap::open("eth0"))?);
            namespace.ip(&format!(
                "addr add {address} brd + dev eth0\nlink set eth0 txqueuelen 4096\nlink set eth0 up\n"
            ))?;
        }
        Self::run(ends, faults)
    }

    /// Puts the cable between a LAN's bridge and a second bridge, where a TAP device named `tap` waits for a machine.
    ///
    /// # Errors
    /// As [`tap::open`].
    pub fn before(lan: &Lan, tap: &str, faults: Faults) -> Outcome<Self> {
        let mut ends = Vec::new();
        lan.server
            .ip("link add br1 type bridge forward_delay 0 stp_state 0 mcast_snooping 0\nlink set br1 up\n")?;
        for (name, bridge) in [("cable0", "br0"), ("cable1", "br1")] {
            ends.push(lan.server.enter(move || tap::open(name))?);
            lan.server.ip(&format!(
                "link set {name} txqueuelen 4096\nlink set {name} master {bridge}\nlink set {name} up\n"
            ))?;
        }
        lan.server
            .ip(&format!("tuntap add {tap} mode tap\nlink set {tap} master br1\nlink set {tap} up\n"))?;
        Self::run(ends, faults)
    }

    fn run(ends: Vec<File>, faults: Faults) -> Outcome<Self> {
        let shared = Arc::new(Shared::default());
        let seen = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("relay".into()).spawn(move || {
            Cable { ends, faults, chance: Rng::new(faults.seed), queue: BinaryHeap::new(), order: 0, seen }
                .run();
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            frames: read(&self.shared.frames),
            lost: read(&self.shared.lost),
            duplicated: read(&self.shared.duplicated),
            reordered: read(&self.shared.reordered),
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A frame under way: when it is due, its place among equals, the end it leaves by, its bytes.
type Travelling = Reverse<(Instant, u64, usize, Vec<u8>)>;

struct Cable {
    ends: Vec<File>,
    faults: Faults,
    chance: Rng,
    queue: BinaryHeap<Travelling>,
    order: u64,
    seen: Arc<Shared>,
}

/// Behind how much later traffic a frame is held back.
const HELD_BACK: Duration = Duration::from_micros(1500);

impl Cable {
    fn run(&mut self) {
        let mut buffer = vec![0; 65_536];
        while !self.seen.stop.load(Ordering::Relaxed) {
            self.deliver();
            let mut came = false;
            for end in 0..self.ends.len() {
                // A bounded burst, so that neither direction starves the other.
                for _ in 0..64 {
                    let Ok(length @ 1..) = (&self.ends[end]).read(&mut buffer) else { break };
                    came = true;
                    self.accept(1 - end, &buffer[..length]);
                }
            }
            if !came {
                self.wait();
            }
        }
    }

    fn accept(&mut self, to: usize, frame: &[u8]) {
        self.seen.frames.fetch_add(1, Ordering::Relaxed);
        if self.happens(self.faults.loss) {
            self.seen.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let mut due = Instant::now() + self.faults.delay;
        if self.happens(self.faults.reordering) {
            self.seen.reordered.fetch_add(1, Ordering::Relaxed);
            due += HELD_BACK;
        }
        if self.happens(self.faults.duplication) {
            self.seen.duplicated.fetch_add(1, Ordering::Relaxed);
            self.enqueue(due, to, frame);
        }
        self.enqueue(due, to, frame);
    }

    fn enqueue(&mut self, due: Instant, to: usize, frame: &[u8]) {
        self.order += 1;
        self.queue.push(Reverse((due, self.order, to, frame.to_vec())));
    }

    fn happens(&mut self, in_thousand: u32) -> bool {
        in_thousand > 0 && self.chance.below(1000) < in_thousand.into()
    }

    fn deliver(&mut self) {
        let now = Instant::now();
        while self.queue.peek().is_some_and(|Reverse((due, ..))| *due <= now) {
            if let Some(Reverse((_, _, to, frame))) = self.queue.pop() {
                // A full device drops the frame, as a full switch does.
                let _ = (&self.ends[to]).write(&frame);
            }
        }
    }

    fn wait(&self) {
        let longest = Duration::from_millis(50);
        let until = self
            .queue
            .peek()
            .map_or(longest, |Reverse((due, ..))| due.saturating_duration_since(Instant::now()).min(longest));
        let mut waiting: Vec<PollFd<'_>> =
            self.ends.iter().map(|end| PollFd::new(end, PollFlags::IN)).collect();
        let until = rustix::event::Timespec { tv_sec: 0, tv_nsec: i64::from(until.subsec_nanos()) };
        let _ = poll(&mut waiting, Some(&until));
    }
}
