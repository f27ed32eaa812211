//! The loop around the boot client, and the way there and back.

use crate::boot_client::{Act, Caller};
use crate::card::Card;
use crate::clock::Clock;
use crate::find::{self, Origin};
use crate::outcome::Ended;
use crate::tell::{Shown, Tell};
use crate::trouble::Trouble;
use crate::{chance, identity, kernel};
use alloc::boxed::Box;
use alloc::vec;
use bootproto::Step;
use bootproto::client::{Client, Config, Load, Texts};
use bootproto::net::{Stack, Storage};
use bootproto_core::{Instant, Machine as _, Rng};
use bootproto_dhcp::{HardwareAddress, client as dhcp};
use core::time::Duration;

/// What we are, for option 93 (RFC 4578, IANA's registry).
const ARCH: u16 = if cfg!(target_arch = "aarch64") { 11 } else { 7 };
/// How many frames are taken before the clock's other work is looked at.
const BATCH: usize = 64;
/// How often a key is looked for: the console is slow.
const KEYS: Duration = Duration::from_millis(20);
/// Room for each of the texts.
const TEXT: usize = 64 << 10;

/// Boots. It comes back if there is nothing to boot, or it failed.
pub(crate) fn boot() -> Ended {
    let clock = Clock::new();
    let mut tell = Tell::default();
    uefi::println!();
    let origin = match find::origin() {
        Ok(origin) => origin,
        Err(trouble) => return lost(&mut tell, Step::Select, trouble),
    };
    let card = match Card::open(origin.card, &clock) {
        Ok(card) => card,
        Err(trouble) => return lost(&mut tell, Step::Select, trouble),
    };
    let how = if origin.from_network { "the firmware loaded us over" } else { "we take" };
    let [a, b, c, d, e, f] = card.address();
    let text = format_args!("{how} network card {a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}");
    tell.say(Step::Select, text);
    let ended = over(card, &origin, clock, tell);
    // The firmware's own stack takes the card back.
    let _ = uefi::boot::connect_controller(origin.card, &[], None, true);
    ended
}

fn lost(tell: &mut Tell, step: Step, trouble: Trouble) -> Ended {
    use bootproto_core::Numbered as _;
    let entry = trouble.entry();
    let (code, pxe) = (entry.code, entry.pxe.unwrap_or("-"));
    tell.say(step, format_args!("failed: {code} ({pxe}) {trouble}. {}", entry.hint));
    Ended::Trouble(trouble)
}

/// A client that takes over what the firmware knows, or else one that asks for itself.
fn client(origin: &Origin, hardware: [u8; 6], chance: &mut Rng, now: Instant) -> Option<(Client, bool)> {
    let mut dhcp = dhcp::Config::new(chance.next_u64(), HardwareAddress::ethernet(hardware))
        .with_arch(ARCH)
        .with_undi_version(3, 0);
    if let Some(uuid) = identity::uuid() {
        dhcp = dhcp.with_uuid(uuid);
    }
    let config = Config::new(chance.next_u64(), dhcp).with_load(Load::Skip);
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
fn over(mut card: Card, origin: &Origin, clock: Clock, mut tell: Tell) -> Ended {
    let hardware = card.address();
    let mut chance = chance::generator(&hardware);
    let Some((client, is_cached)) = client(origin, hardware, &mut chance, clock.now()) else {
        card.close();
        return lost(&mut tell, Step::Configure, Trouble::BadSettings);
    };
    if is_cached {
        tell.say(Step::Configure, format_args!("the firmware's DHCP answers are taken over"));
    }
    let mut storage = Box::<Storage<'_>>::default();
    let stack = Stack::new(&mut card, hardware, chance.next_u64(), clock.now(), &mut storage);
    let (mut configuration, mut manifest) = (vec![0; TEXT], vec![0; TEXT]);
    let caller = Caller::new(Texts::new(&mut configuration, &mut manifest), tell, origin.from_network);
    let sent = vec![0; Client::MAX_TRANSMIT].into_boxed_slice();
    let client = Box::new(client);
    let mut drive = Drive { client, caller, stack, card, clock, sent, keys: clock.now() };
    match drive.run() {
        Act::Ready => start(drive),
        act => {
            let now = drive.clock.now();
            drive.client.release(now);
            drive.flush();
            let mut tell = drive.caller.tell;
            drive.card.close();
            match act {
                Act::Failed(failure) => Ended::Failed(failure),
                Act::Trouble(trouble) => lost(&mut tell, Step::Fetch, trouble),
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
    let Drive { client, caller, card, .. } = drive;
    card.close();
    let mut tell = caller.tell;
    let mut line = vec![0; 4096];
    let line = client.command_line(caller.texts.configuration(), &mut line).unwrap_or_default();
    if !client.plan().is_some_and(|plan| plan.files().iter().any(|file| file.is_verified)) {
        tell.say(Step::Verify, format_args!("sizes are as announced; no SHA256SUMS names these files"));
    }
    let loaded = match kernel::load(caller.files, line) {
        Ok(loaded) => loaded,
        Err(trouble) => return lost(&mut tell, Step::Start, trouble),
    };
    tell.say(Step::Start, format_args!("the kernel starts: {}", Shown(line)));
    tell.say(Step::Root, format_args!("is the kernel's: its own lines follow"));
    let trouble = loaded.start();
    lost(&mut tell, Step::Start, trouble)
}

struct Drive<'s> {
    client: Box<Client>,
    caller: Caller<'s>,
    stack: Stack<'s>,
    card: Card,
    clock: Clock,
    sent: Box<[u8]>,
    keys: Instant,
}

impl Drive<'_> {
    /// Runs until the boot is over.
    fn run(&mut self) -> Act {
        loop {
            self.flush();
            self.stack.transmit(&mut self.card, self.clock.now());
            for _ in 0..BATCH {
                let Some(act) = self.receive() else { break };
                if let Some(end) = self.follow(act) {
                    return end;
                }
            }
            let now = self.clock.now();
            if self.client.poll_timeout().is_some_and(|at| at <= now)
                && let Some(event) = self.client.handle_timeout(now)
            {
                let act = self.caller.take(&mut self.client, event, now);
                if let Some(end) = self.follow(act) {
                    return end;
                }
            }
            if let Some(in_use) = self.stack.probe_result(now) {
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

    /// Takes one frame; `None` when there is none.
    fn receive(&mut self) -> Option<Act> {
        let now = self.clock.now();
        let (client, caller) = (&mut self.client, &mut self.caller);
        let mut act = Act::Nothing;
        let came = self.stack.receive(&mut self.card, now, |path, payload| {
            let event = client.handle_datagram(now, path, payload);
            act = caller.take(client, event, now);
        });
        came.then_some(act)
    }

    /// Does what is asked of the stack; answers what ends the boot.
    fn follow(&mut self, act: Act) -> Option<Act> {
        match act {
            Act::Nothing => {}
            Act::Configure => {
                let lease = self.client.lease()?;
                let mask = lease.mask.map_or(32, |mask| u32::from(mask).leading_ones());
                let router = lease.routers().first().copied();
                self.stack.configure(lease.address, u8::try_from(mask).unwrap_or(32), router);
            }
            Act::Unconfigure => self.stack.unconfigure(),
            Act::Probe(address) => self.stack.probe(address, self.clock.now()),
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
            if let Err(reason) = self.stack.send(datagram.path, datagram.bytes) {
                self.caller.tell.say(self.client.step(), format_args!("not sent: {reason}"));
            }
        }
        if any {
            self.stack.transmit(&mut self.card, now);
        }
    }
}
