//! The loop around the boot client, and the way there and back.

use crate::boot_client::{Act, Caller};
use crate::card::Card;
use crate::clock::Clock;
use crate::find::{self, Origin};
use crate::network::Network;
use crate::options::{Options, Way};
use crate::outcome::Ended;
use crate::tell::Tell;
use crate::trace::{self, Trace};
use crate::trouble::Trouble;
use crate::{base_code, chance, clock, identity, kernel, options};
use alloc::boxed::Box;
use alloc::vec;
use bootproto::Step;
use bootproto::client::{Client, Config, Load, Texts};
use bootproto::net::{Stack, Storage};
use bootproto::trace::{Direction, Packet};
use bootproto_core::text::Shown;
use bootproto_core::{Instant, Machine as _, Rng};
use bootproto_dhcp::{HardwareAddress, client as dhcp};
use core::time::Duration;

/// What we are, for option 93 (RFC 4578, IANA's registry).
const ARCH: u16 = if cfg!(target_arch = "aarch64") { 11 } else { 7 };
/// How many frames are taken before the clock's other work is looked at.
const BATCH: usize = 64;
/// How often a key is looked for: the console is slow.
const KEYS: Duration = Duration::from_millis(20);
/// A card that has heard nothing for so long, in the middle of a file, is started anew.
const SILENCE: Duration = Duration::from_secs(2);
/// How many blocks a server is asked to send for one acknowledgement, where nothing else is set: through the firmware an
/// acknowledgement costs as much as several blocks. A card that holds fewer has the window halved.
const WINDOW: u16 = 64;
/// The same through the firmware's PXE client, where what is lost costs seconds.
const SMALL_WINDOW: u16 = 16;
/// Room for each of the texts.
const TEXT: usize = 64 << 10;

/// Boots. It comes back if there is nothing to boot, or it failed.
pub(crate) fn boot() -> Ended {
    let clock = Clock::new();
    let mut tell = Tell::default();
    uefi::println!();
    let options = find::options();
    if let Some(word) = &options.unknown {
        let known = options::KNOWN;
        tell.say(
            Step::Select,
            format_args!("option \"{}\" is passed over: it is none of {known}", Shown(word)),
        );
    }
    let mut origin = match find::origin() {
        Ok(origin) => origin,
        Err(trouble) => return lost(&mut tell, Step::Select, trouble),
    };
    let opened = match open(&mut origin, &options, &clock, &mut tell) {
        Ok(opened) => opened,
        Err(trouble) => return lost(&mut tell, Step::Select, trouble),
    };
    let how = if origin.from_network { "the firmware loaded us over" } else { "we take" };
    let [a, b, c, d, e, f] = opened.address(&origin);
    let text = format_args!("{how} network card {a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}");
    tell.say(Step::Select, text);
    let is_frames = matches!(opened, Opened::Frames(_));
    let ended = over(opened, &origin, &options, clock, tell);
    if let Some(card) = origin.card.filter(|_| is_frames) {
        // The firmware's own stack takes the card back.
        let _ = uefi::boot::connect_controller(card, &[], None, true);
    }
    ended
}

/// Says what the firmware's side lacks, without packets to show, and gives a person time to read it.
fn lost(tell: &mut Tell, step: Step, trouble: Trouble) -> Ended {
    say(tell, step, trouble);
    clock::pause(trace::READING);
    Ended::Trouble(trouble)
}

/// The same with the packets that went before.
fn lost_after(packets: &Trace<'_>, clock: &Clock, tell: &mut Tell, step: Step, trouble: Trouble) -> Ended {
    say(tell, step, trouble);
    packets.conclude(clock);
    Ended::Trouble(trouble)
}

fn say(tell: &mut Tell, step: Step, trouble: Trouble) {
    use bootproto_core::Numbered as _;
    let advice = trouble.advice();
    let (code, pxe) = (advice.code, advice.pxe.unwrap_or("-"));
    tell.say(step, format_args!("failed: {code} ({pxe}) {trouble}. {}", advice.hint));
}

/// What datagrams go through, before there is a stack.
enum Opened {
    Frames(Card),
    BaseCode(base_code::Udp),
}

impl Opened {
    fn address(&self, origin: &Origin) -> [u8; 6] {
        match self {
            Self::Frames(card) => card.address(),
            Self::BaseCode(_) => origin.cached.as_ref().map_or([0; 6], find::Cached::hardware_address),
        }
    }

    fn close(self) {
        match self {
            Self::Frames(card) => card.close(),
            Self::BaseCode(udp) => udp.close(),
        }
    }
}

/// The card, or else the firmware's PXE client.
fn open(origin: &mut Origin, options: &Options, clock: &Clock, tell: &mut Tell) -> Result<Opened, Trouble> {
    let refused = match origin.card.filter(|_| options.way != Way::BaseCode) {
        Some(card) => match Card::open(card, clock) {
            Ok(card) => return Ok(Opened::Frames(card)),
            Err(trouble) => trouble,
        },
        None => Trouble::NoCard,
    };
    // Without a link, nobody gets an address.
    if options.way == Way::Frames || matches!(refused, Trouble::NoLink) || origin.base_code.is_none() {
        return Err(if options.way == Way::BaseCode { Trouble::NoBaseCode } else { refused });
    }
    let (udp, cached) = base_code::open(origin)?;
    origin.cached = Some(cached);
    let through = "it goes through the firmware's PXE client";
    if options.way == Way::Any {
        tell.say(Step::Select, format_args!("{refused}: {through}"));
    } else {
        tell.say(Step::Select, format_args!("udp=pxebc: {through}"));
    }
    Ok(Opened::BaseCode(udp))
}

/// A client that takes over what the firmware knows, or else one that asks for itself.
fn client(
    origin: &Origin,
    options: &Options,
    (hardware, window): ([u8; 6], u16),
    chance: &mut Rng,
    now: Instant,
) -> Option<(Client, bool)> {
    let mut dhcp = dhcp::Config::new(chance.next_u64(), HardwareAddress::ethernet(hardware))
        .with_arch(ARCH)
        .with_undi_version(3, 0);
    if let Some(uuid) = identity::uuid() {
        dhcp = dhcp.with_uuid(uuid);
    }
    let mut config = Config::new(chance.next_u64(), dhcp).with_load(Load::Skip);
    config = config.with_always_ask(options.entry.is_some());
    config = config.with_window_size(options.window.unwrap_or(window));
    let cached = origin.cached.as_ref().and_then(|cached| {
        let proxy = cached.proxy.as_ref().map(|packet| &packet[..]);
        let boot_server = cached.boot_server.as_ref().map(|packet| &packet[..]);
        Client::from_cached(config.clone(), now, &cached.ack[..], proxy, boot_server).ok()
    });
    match cached.filter(|client| client.dhcp().boot().is_some()) {
        Some(client) => Some((client, true)),
        None => Some((Client::new(config, now).ok()?, false)),
    }
}

/// A boot over this card.
fn over(opened: Opened, origin: &Origin, options: &Options, clock: Clock, mut tell: Tell) -> Ended {
    let hardware = opened.address(origin);
    let mut chance = chance::generator(&hardware);
    let window = if matches!(opened, Opened::Frames(_)) { WINDOW } else { SMALL_WINDOW };
    let Some((client, is_cached)) = client(origin, options, (hardware, window), &mut chance, clock.now())
    else {
        opened.close();
        return lost(&mut tell, Step::Configure, Trouble::BadSettings);
    };
    if is_cached {
        tell.say(Step::Configure, format_args!("the firmware's DHCP answers are taken over"));
    } else if let Opened::BaseCode(udp) = opened {
        // There is no way to ask for ourselves: the firmware has an address, and the port for the answers.
        udp.close();
        return lost(&mut tell, Step::Configure, Trouble::NoBootFile);
    }
    let mut storage = Box::<Storage<'_>>::default();
    let network = match opened {
        Opened::Frames(mut card) => {
            let stack = Stack::new(&mut card, hardware, chance.next_u64(), clock.now(), &mut storage);
            Network::Frames { card, stack }
        }
        Opened::BaseCode(udp) => Network::BaseCode(udp),
    };
    let (mut configuration, mut manifest) = (vec![0; TEXT], vec![0; TEXT]);
    let texts = Texts::new(&mut configuration, &mut manifest);
    let caller = Caller::new(texts, tell, options.entry.clone(), origin.from_network);
    let sent = vec![0; Client::MAX_TRANSMIT].into_boxed_slice();
    let client = Box::new(client);
    let mut packets = vec![0; trace::ROOM];
    let trace = Trace::new(&mut packets, options.trace);
    let mut drive = Drive { client, caller, network, trace, clock, sent, keys: clock.now(), heard: None };
    match drive.run() {
        Act::Ready => start(drive),
        act => {
            let now = drive.clock.now();
            drive.client.release(now);
            drive.flush();
            let mut tell = drive.caller.tell;
            drive.network.close();
            match act {
                Act::Failed(failure) => {
                    drive.trace.conclude(&clock);
                    Ended::Failed(failure)
                }
                Act::Trouble(trouble) => lost_after(&drive.trace, &clock, &mut tell, Step::Fetch, trouble),
                _ => {
                    tell.say(Step::Choose, format_args!("back to the firmware: it boots what comes next"));
                    Ended::LocalBoot
                }
            }
        }
    }
}

/// The handover. The card is silent before the kernel runs.
fn start(drive: Drive<'_>) -> Ended {
    let Drive { client, caller, network, trace, clock, .. } = drive;
    network.close();
    let mut tell = caller.tell;
    let mut line = vec![0; 4096];
    let line = client.command_line(caller.texts.configuration(), &mut line).unwrap_or_default();
    if !client.plan().is_some_and(|plan| plan.files().iter().any(|file| file.is_verified)) {
        tell.say(Step::Verify, format_args!("sizes are as announced; no SHA256SUMS names these files"));
    }
    let loaded = match kernel::load(caller.files, line) {
        Ok(loaded) => loaded,
        Err(trouble) => return lost_after(&trace, &clock, &mut tell, Step::Start, trouble),
    };
    tell.say(Step::Start, format_args!("the kernel starts: {}", Shown(line)));
    tell.say(Step::Root, format_args!("is the kernel's: its own lines follow"));
    let trouble = loaded.start();
    lost_after(&trace, &clock, &mut tell, Step::Start, trouble)
}

struct Drive<'s> {
    client: Box<Client>,
    caller: Caller<'s>,
    network: Network<'s>,
    trace: Trace<'s>,
    clock: Clock,
    sent: Box<[u8]>,
    keys: Instant,
    /// When a frame came last; `None` where the card was started anew since.
    heard: Option<Instant>,
}

impl Drive<'_> {
    /// Runs until the boot is over.
    fn run(&mut self) -> Act {
        let mut looked_again = false;
        loop {
            self.flush();
            self.network.transmit(self.clock.now());
            let mut came = false;
            for _ in 0..BATCH {
                if self.network.waits() && !self.may_wait() {
                    break;
                }
                let Some(act) = self.receive() else { break };
                came = true;
                if let Some(end) = self.follow(act) {
                    return end;
                }
            }
            // Something may have come in the meantime, and then nobody is silent. But once only: there is always
            // something on some networks.
            looked_again = came && !looked_again;
            if looked_again {
                continue;
            }
            let now = self.clock.now();
            self.mind_the_card(now);
            if self.client.poll_timeout().is_some_and(|at| at <= now)
                && let Some(event) = self.client.handle_timeout(now)
            {
                let act = self.caller.take(&mut self.client, event, now);
                if let Some(end) = self.follow(act) {
                    return end;
                }
            }
            if let Some(in_use) = self.network.probe_result(now) {
                self.client.probe_result(now, in_use);
            }
            if now >= self.keys {
                self.keys = now.saturating_add(KEYS);
                let act = self.caller.poll_key(&mut self.client, now);
                if let Some(end) = self.follow(act) {
                    return end;
                }
            }
        }
    }

    /// Once for each silence: a restart may cost the link some seconds.
    fn mind_the_card(&mut self, now: Instant) {
        let is_silent = self.heard.is_some_and(|heard| now.saturating_since(heard) >= SILENCE);
        if is_silent && self.client.file_kind().is_some() && self.network.restart() {
            self.heard = None;
            let (step, seconds) = (self.client.step(), SILENCE.as_secs());
            let text = format_args!("nothing has come for {seconds} s: the card is started anew");
            self.caller.tell.say(step, text);
        }
    }

    /// Whether nothing else is to be done than to wait for a datagram.
    fn may_wait(&self) -> bool {
        !self.caller.is_asking() && self.client.poll_timeout().is_none_or(|at| at > self.clock.now())
    }

    /// Takes one frame; `None` when there is none.
    fn receive(&mut self) -> Option<Act> {
        let now = self.clock.now();
        let (client, caller, trace) = (&mut self.client, &mut self.caller, &mut self.trace);
        let clock = &self.clock;
        let mut act = Act::Nothing;
        let came = self.network.receive(now, |path, payload| {
            trace.record(clock, &Packet::datagram(now, Direction::Received, path, payload));
            let event = client.handle_datagram(now, path, payload);
            act = caller.take(client, event, now);
        });
        if came {
            self.heard = Some(now);
        }
        came.then_some(act)
    }

    /// Does what is asked of the stack; answers what ends the boot.
    fn follow(&mut self, act: Act) -> Option<Act> {
        match act {
            Act::Nothing => {}
            Act::Configure => {
                let lease = self.client.lease()?;
                self.network.configure(lease);
                self.trace.set_address(lease.address);
            }
            Act::Unconfigure => self.network.unconfigure(),
            Act::Probe(address) => self.network.probe(address, self.clock.now()),
            Act::Ready | Act::LocalBoot | Act::Failed(_) | Act::Trouble(_) => {
                // The last acknowledgement, or the ERROR that tells the server, still waits.
                self.flush();
                return Some(act);
            }
        }
        self.flush();
        None
    }

    /// Sends all that the client has to say.
    fn flush(&mut self) {
        let now = self.clock.now();
        let mut any = false;
        while let Ok(Some(datagram)) = self.client.poll_transmit(now, &mut self.sent) {
            any = true;
            let packet = Packet::datagram(now, Direction::Sent, datagram.path, datagram.bytes);
            self.trace.record(&self.clock, &packet);
            if let Err(reason) = self.network.send(datagram.path, datagram.bytes) {
                self.caller.tell.say(self.client.step(), format_args!("not sent: {reason}"));
            }
        }
        if any {
            self.network.transmit(now);
        }
    }
}
