//! The loop around the boot client: frames in, frames out, files to where they belong.

use crate::clock::Clock;
use crate::console::{Console, Key};
use crate::map::{Map, TEXTS};
use crate::memory::{clear, store, stored, taken};
use crate::menu::{Answer, INTERVAL, Prompt};
use crate::shortcut::{Wanted, Ways};
use crate::undi::{Packets, Undi};
use crate::watch::Watch;
use bootproto::Step;
use bootproto::client::{Caps, Client, Config, Event, FileKind, Load, Texts};
use bootproto::net::{Stack, Storage};
use bootproto::trace::{Direction, Packet};
use bootproto_core::text::Shown;
use bootproto_core::{Instant, Machine as _, UdpPath};
use bootproto_dhcp::{HardwareAddress, client as dhcp};
use core::fmt::Write as _;
use core::net::SocketAddr;

/// So many frames are taken before clock and keys have their turn: a network that never rests must not stop the time.
const FRAMES: usize = 64;

/// How the boot ends.
pub(crate) enum Ended {
    /// The kernel and all it needs are in memory.
    Ready,
    /// The next boot device, please.
    LocalBoot,
    /// It was told why.
    Failed,
}

/// A boot under way.
pub(crate) struct Run<'s> {
    pub(crate) client: Client,
    pub(crate) texts: Texts<'s>,
    console: Console,
    clock: Clock,
    prompt: Option<Prompt>,
    begun: Instant,
    ended: Option<Ended>,
    configure: bool,
    unconfigure: bool,
    probe: Option<core::net::Ipv4Addr>,
    ways: Ways,
    watch: Watch,
    looked: Instant,
    /// The file that just began may come by the ROM: where to, and how many bytes.
    shortcut: Option<(u64, u64)>,
    by_rom: bool,
    is_ipxe: bool,
    /// Where another boot program lies until it takes our place.
    pub(crate) program: u64,
}

/// Why there can be no boot client; it is the caller's mistake, so it is ours.
type Mistake = bootproto::client::ConfigError;

impl Run<'_> {
    /// A boot that goes on where the ROM's ended, or with a DHCP of its own if the ROM's can't be had. The card: its
    /// address, and whether it can't take several datagrams at once.
    pub(crate) fn new(
        (mac, is_lockstep): ([u8; 6], bool),
        packets: &Packets,
        map: &Map,
        own: u64,
        mut console: Console,
        clock: Clock,
    ) -> Result<Self, Mistake> {
        let now = clock.now();
        let seed = seed(mac);
        let (places, count) = map.places();
        // Made twice where it has to be: that is less code than a copy of it.
        let config = || {
            let dhcp =
                dhcp::Config::new(seed, HardwareAddress::ethernet(mac)).with_arch(0).with_undi_version(2, 1);
            let config = Config::new(seed.rotate_left(32), dhcp);
            let config = if is_lockstep { config.with_window_size(1) } else { config };
            config
                .with_load(Load::Skip)
                .with_chaining(true)
                .with_caps(Caps { nbp: map.program_room(), ..Caps::DEFAULT })
                .with_memory(places.get(..count).unwrap_or_default())
        };
        let cached = packets.answers();
        let taken_over =
            cached.and_then(|(ack, reply)| Client::from_cached(config(), now, ack, None, reply).ok());
        let client = match taken_over {
            Some(client) => client,
            None => {
                let _ = writeln!(console, "configure: the ROM keeps no DHCP answer; asking anew");
                Client::new(config(), now)?
            }
        };
        // SAFETY: the map keeps this memory for us, and each place is taken here and once.
        let [configuration, manifest, ring] =
            TEXTS.map(|(at, length)| unsafe { taken(own.saturating_add(at), length) });
        Ok(Self {
            client,
            texts: Texts::new(configuration, manifest),
            console,
            clock,
            prompt: None,
            begun: now,
            ended: None,
            configure: false,
            unconfigure: false,
            probe: None,
            ways: Ways::default(),
            watch: Watch::new(ring),
            looked: now,
            shortcut: None,
            by_rom: false,
            is_ipxe: false,
            program: own,
        })
    }

    /// Boots up to where the kernel would start.
    pub(crate) fn drive(&mut self, undi: &mut Undi, mac: [u8; 6]) -> Ended {
        let mut storage = Storage::default();
        let mut stack = Stack::new(undi, mac, seed(mac), self.clock.now(), &mut storage);
        let mut buffer = [0; Client::MAX_TRANSMIT];
        self.is_ipxe = undi.is_ipxe();
        loop {
            self.send(undi, &mut stack, &mut buffer);
            for _ in 0..FRAMES {
                let now = self.clock.now();
                let came = stack.receive(undi, now, |path, payload| self.datagram(now, path, payload));
                if let Some((address, size)) = self.shortcut.take() {
                    self.by_rom(undi, &mut stack, &mut buffer, address, size);
                }
                if !came || self.ended.is_some() {
                    break;
                }
                self.send(undi, &mut stack, &mut buffer);
            }
            let now = self.clock.now();
            if self.client.poll_timeout().is_some_and(|at| at <= now) {
                let event = self.client.handle_timeout(now).unwrap_or(Event::Nothing);
                self.act_all(event, now);
            }
            if let Some(in_use) = stack.probe_result(now) {
                self.client.probe_result(now, in_use);
            }
            self.ask();
            if let Some(ended) = self.ended.take() {
                self.send(undi, &mut stack, &mut buffer);
                return ended;
            }
        }
    }

    /// Tells the stack what it has to know, and sends what is to be said.
    fn send(&mut self, undi: &mut Undi, stack: &mut Stack<'_>, buffer: &mut [u8]) {
        if core::mem::take(&mut self.unconfigure) {
            stack.unconfigure();
        }
        if core::mem::take(&mut self.configure)
            && let Some(lease) = self.client.lease()
        {
            self.watch.set_address(lease.address);
            stack.configure_from(lease);
        }
        let now = self.clock.now();
        if let Some(address) = self.probe.take() {
            stack.probe(address, now);
        }
        while let Ok(Some(datagram)) = self.client.poll_transmit(now, buffer) {
            let packet = Packet::datagram(now, Direction::Sent, datagram.path, datagram.bytes);
            self.watch.see(self.console, self.clock, &packet);
            if let Err(reason) = stack.send(datagram.path, datagram.bytes) {
                let _ = writeln!(self.console, "{}: {reason}", self.client.step());
            }
        }
        stack.transmit(undi, now);
    }

    /// Lets the ROM fetch the present file, if that is faster; else the client begins it anew.
    fn by_rom(&mut self, undi: &mut Undi, stack: &mut Stack<'_>, buffer: &mut [u8], address: u64, size: u64) {
        let Some(SocketAddr::V4(server)) = self.client.peer() else { return };
        let (Ok(address), Ok(size)) = (u32::try_from(address), u32::try_from(size)) else { return };
        if !self.client.fetch_elsewhere() {
            return;
        }
        self.send(undi, stack, buffer);
        undi.lend();
        let file = Wanted { server: *server.ip(), name: self.client.file_name(), address, size };
        let came = self.ways.fetch(undi, self.clock, file);
        let taken = undi.take_back();
        let now = self.clock.now();
        if let Err(failure) = taken {
            let _ = writeln!(self.console, "fetch: {failure}");
            self.ended = Some(Ended::Failed);
            return;
        }
        self.by_rom = came.is_some();
        let event = self.client.fetched(now, came);
        self.act_all(event, now);
    }

    fn datagram(&mut self, now: Instant, path: UdpPath, payload: &[u8]) {
        let packet = Packet::datagram(now, Direction::Received, path, payload);
        self.watch.see(self.console, self.clock, &packet);
        // The bytes that most datagrams carry are stored here, for their event borrows them.
        let event = self.client.handle_datagram(now, path, payload);
        self.act_all(event, now);
    }

    fn act_all(&mut self, event: Event<'_>, now: Instant) {
        let mut next = self.act(event, now);
        while !matches!(next, Event::Nothing) {
            next = self.act(next, now);
        }
    }

    fn act(&mut self, event: Event<'_>, now: Instant) -> Event<'static> {
        self.texts.take(&self.client, &event);
        match event {
            Event::Data { address: Some(address), offset, bytes, .. } => {
                // SAFETY: the client's layout gave this place away for this file, from memory that is free.
                unsafe { store(address.saturating_add(offset), bytes) };
            }
            Event::Data { kind: FileKind::Nbp, offset, bytes, .. } => {
                // SAFETY: the map keeps this place for a boot program, and the client's cap is its size.
                unsafe { store(self.program + offset, bytes) };
            }
            Event::ProbeAddress(address) => self.probe = Some(address),
            Event::Configured => {
                self.configure = true;
                self.tell_lease();
            }
            Event::Expired | Event::Refused { .. } => self.unconfigure = true,
            Event::Open { kind, address, size } => self.open(kind, address, size, now),
            Event::Received { kind, size } => self.received(kind, size, now),
            Event::NotFound { kind } => {
                let name = Shown(self.client.file_name());
                let _ = writeln!(self.console, "{}: no {kind} {name}", self.client.step());
            }
            Event::Retrying { kind, tries } => {
                let name = Shown(self.client.file_name());
                let _ = writeln!(
                    self.console,
                    "{}: {kind} {name} once more, after {tries} tries",
                    self.client.step()
                );
            }
            Event::ChoiceTimedOut => {
                self.prompt = None;
                let _ = writeln!(self.console);
                return self.texts.answer(&mut self.client, now);
            }
            Event::NeedText => return self.texts.answer(&mut self.client, now),
            Event::Choose { default, timeout } => {
                self.prompt = Prompt::show(self.console, self.texts.configuration(), default, timeout, now);
                if self.prompt.is_none() {
                    return self.client.choose(now, self.texts.configuration(), default.unwrap_or(0));
                }
            }
            Event::Verify { kind, address, size } => {
                let Some(address) = address.or((kind == FileKind::Nbp).then_some(self.program)) else {
                    return Event::Nothing;
                };
                // SAFETY: the whole file was stored there, and nothing writes into it now.
                return self.client.verify_bytes(now, unsafe { stored(address, size) });
            }
            Event::Verified { kind, .. } => {
                let _ = writeln!(self.console, "verify: {kind} is the one that the manifest names");
            }
            Event::LocalBoot { .. } => self.ended = Some(Ended::LocalBoot),
            Event::Ready => self.ended = Some(Ended::Ready),
            Event::Failed { failure, message } => {
                let _ = write!(self.console, "{failure}");
                let name = Shown(self.client.file_name());
                if failure.step > Step::Configure && !name.0.is_empty() {
                    let _ = write!(self.console, " The file: {name}.");
                }
                if !message.is_empty() {
                    let _ = write!(self.console, " The server says: {}", Shown(message));
                }
                let _ = writeln!(self.console);
                self.ended = Some(Ended::Failed);
            }
            _ => {}
        }
        Event::Nothing
    }

    fn tell_lease(&mut self) {
        let Some(lease) = self.client.lease() else { return };
        let _ = write!(self.console, "configure: address {}", lease.address);
        if let Some(boot) = self.client.dhcp().boot() {
            let server = boot.server;
            let _ = write!(self.console, ", boot server {server} by {}", boot.server_from);
            let _ = write!(self.console, "\nload: {} from {server} is running", Shown(&boot.file));
        }
        let _ = writeln!(self.console);
    }

    fn open(&mut self, kind: FileKind, address: Option<u64>, size: Option<u64>, now: Instant) {
        self.begun = now;
        self.by_rom = false;
        let Some(address) = address.or((kind == FileKind::Nbp).then_some(self.program)) else { return };
        let name = Shown(self.client.file_name());
        let _ = writeln!(self.console, "{}: {kind} {name} to {address:#x}", self.client.step());
        // SAFETY: as for the data. The gap lies between files that were placed one behind the other.
        unsafe {
            if let Some(pad) = self.client.pad() {
                clear(pad.start, pad.length());
            }
            store(address, self.client.head());
        }
        self.shortcut = size
            .filter(|size| kind.is_placed() && self.is_ipxe && self.ways.may_help(*size, self.client.terms()))
            .map(|size| (address, size));
    }

    fn received(&mut self, kind: FileKind, size: u64, now: Instant) {
        let time = now.as_micros().saturating_sub(self.begun.as_micros()).max(1);
        let rate = size.saturating_mul(10) / time;
        let name = Shown(self.client.file_name());
        let step = if kind.is_placed() || kind == FileKind::Nbp { "fetch" } else { "choose" };
        let _ = write!(self.console, "{step}: {kind} {name}, {size} bytes in {} ms", time / 1000);
        let _ = write!(self.console, ", {}.{} MB/s", rate / 10, rate % 10);
        if self.by_rom {
            let _ = write!(self.console, ", by the ROM's TFTP");
        } else if let Some(terms) = self.client.terms() {
            let _ = write!(self.console, ", blksize {} windowsize {}", terms.block_size, terms.window_size);
        }
        let statistics = self.client.statistics();
        let again = if self.by_rom { 0 } else { statistics.retransmissions };
        if kind.is_placed() && !self.by_rom {
            self.ways.learn(size, time, &statistics);
        }
        if again > 0 {
            let _ = write!(self.console, ", {again} retransmissions");
        }
        let _ = writeln!(self.console);
    }

    /// Looks whether somebody chose, or wants to see more.
    fn ask(&mut self) {
        let now = self.clock.now();
        let Some(prompt) = &mut self.prompt else {
            if now.saturating_since(self.looked) >= INTERVAL {
                self.looked = now;
                if let Some(Key::Byte(b'v' | b'V')) = self.console.key() {
                    self.watch.toggle(self.console);
                }
            }
            return;
        };
        let Some(answer) = prompt.ask(self.console, self.texts.configuration(), now) else { return };
        self.client.hold_choice();
        match answer {
            Answer::None => return,
            Answer::Leave => self.ended = Some(Ended::LocalBoot),
            Answer::Entry(index) => {
                let event = self.client.choose(now, self.texts.configuration(), index);
                self.act_all(event, now);
            }
        }
        self.prompt = None;
    }

    /// After a failure: the last packets, if somebody wants them.
    pub(crate) fn offer(&self) {
        self.watch.offer(self.console, self.clock);
    }
}

/// Different at every boot and on every machine: the processor's clock and the hardware address.
fn seed(mac: [u8; 6]) -> u64 {
    let [a, b, c, d, e, f] = mac;
    crate::port::ticks() ^ u64::from_be_bytes([a, b, c, d, e, f, 0, 0])
}
