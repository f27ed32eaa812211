//! What the boot client's events mean here: files go to memory, lines to the console, questions to a person.

use crate::choice::{Choice, Pressed};
use crate::files::Files;
use crate::tell::Tell;
use crate::trouble::Trouble;
use alloc::format;
use alloc::vec::Vec;
use bootproto::client::{Client, Event, FileKind, Texts};
use bootproto::config::Menu;
use bootproto::{Failure, Step};
use bootproto_core::Instant;
use bootproto_core::text::Shown;
use core::net::Ipv4Addr;
use core::time::Duration;

/// What is to be done with the stack, or that the boot is over.
#[derive(Debug)]
pub(crate) enum Act {
    Nothing,
    /// There is a lease.
    Configure,
    /// It is gone.
    Unconfigure,
    /// Does anybody have this address?
    Probe(Ipv4Addr),
    Ready,
    LocalBoot,
    Failed(Failure),
    Trouble(Trouble),
}

/// Who answers a menu.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Entry,
    Server,
}

/// The caller's side of the boot client.
pub(crate) struct Caller<'s> {
    pub(crate) texts: Texts<'s>,
    pub(crate) files: Files,
    pub(crate) tell: Tell,
    /// The label of the entry that boots, where that is set from outside.
    entry: Option<Vec<u8>>,
    menu: Option<(Asked, Choice)>,
    from_network: bool,
    is_loaded: bool,
}

impl<'s> Caller<'s> {
    pub(crate) fn new(texts: Texts<'s>, tell: Tell, entry: Option<Vec<u8>>, from_network: bool) -> Self {
        Self { texts, files: Files::default(), tell, entry, menu: None, from_network, is_loaded: false }
    }

    /// Takes an event, and those that its answer leads to.
    pub(crate) fn take(&mut self, client: &mut Client, event: Event<'_>, now: Instant) -> Act {
        let mut event = event;
        loop {
            if client.file_kind().is_some() {
                self.loaded(client);
            }
            self.texts.take(client, &event);
            match self.answer(client, event, now) {
                Ok(Event::Nothing) => return Act::Nothing,
                Ok(next) => event = next,
                Err(act) => return act,
            }
        }
    }

    /// The event that the answer leads to, or what the stack has to do.
    fn answer(&mut self, client: &mut Client, event: Event<'_>, now: Instant) -> Result<Event<'static>, Act> {
        match event {
            Event::Open { kind, size, .. } => {
                self.menu = None;
                self.files.open(kind, size, client.head(), now).map_err(Act::Trouble)?;
            }
            Event::Data { kind, offset, bytes, .. } => {
                self.files.store(kind, offset, bytes).map_err(Act::Trouble)?;
            }
            Event::NeedText | Event::ChoiceTimedOut => {
                self.menu = None;
                return Ok(self.texts.answer(client, now));
            }
            Event::Verify { kind, .. } => {
                let bytes = self.files.find(kind).map(|file| file.bytes()).unwrap_or_default();
                return Ok(client.verify_bytes(now, bytes));
            }
            Event::Choose { .. } if self.entry.is_some() => return Ok(self.choose_entry(client, now)),
            Event::Choose { default, timeout } => self.ask_entry(default, timeout),
            Event::DhcpMenu => self.ask_server(client, now),
            Event::ProbeAddress(address) => return Err(Act::Probe(address)),
            Event::Configured => {
                self.configured(client);
                return Err(Act::Configure);
            }
            Event::Ready => return Err(Act::Ready),
            Event::LocalBoot { .. } => return Err(Act::LocalBoot),
            Event::Failed { failure, message } => {
                self.failed(client, &failure, message);
                return Err(Act::Failed(failure));
            }
            Event::Expired | Event::Refused { .. } => {
                self.tell.say(Step::Configure, format_args!("the address is gone; it starts anew"));
                return Err(Act::Unconfigure);
            }
            other => self.heard(client, &other, now),
        }
        Ok(Event::Nothing)
    }

    /// What needs no answer.
    fn heard(&mut self, client: &Client, event: &Event<'_>, now: Instant) {
        let (step, name) = (client.step(), Shown(client.file_name()));
        match *event {
            Event::Offered(offer) => {
                let (server, address) = (offer.server, offer.address);
                if address.is_unspecified() {
                    self.tell.say(Step::Configure, format_args!("{server} offers what to boot"));
                } else {
                    self.tell.say(Step::Configure, format_args!("{server} offers {address}"));
                }
            }
            Event::Received { kind, size } => self.received(client, kind, size, now),
            Event::NotFound { kind } => self.tell.say(step, format_args!("no {kind} {name}")),
            Event::Retrying { kind, tries } => {
                self.files.forget(kind);
                self.tell.say(step, format_args!("{kind} {name} once more, after {tries} tries"));
            }
            Event::Verified { kind, .. } => {
                let text = format_args!("{kind} is the one that the manifest names");
                self.tell.say(Step::Verify, text);
            }
            _ => {}
        }
    }

    fn received(&mut self, client: &Client, kind: FileKind, size: u64, now: Instant) {
        let step = match kind {
            FileKind::Configuration => Step::Choose,
            FileKind::Kernel | FileKind::Initrd(_) | FileKind::DeviceTree => Step::Fetch,
            _ => client.step(),
        };
        let name = Shown(client.file_name());
        let Some(file) = self.files.find(kind) else {
            return self.tell.say(step, format_args!("{kind} {name}: {size} bytes"));
        };
        let micros = now.as_micros().saturating_sub(file.begun.as_micros()).max(1);
        let kilobytes = size.saturating_mul(1000) / micros;
        let window = client.terms().map_or(1, |terms| terms.window_size);
        let millis = micros / 1000;
        let text =
            format_args!("{kind} {name}: {size} bytes in {millis} ms, {kilobytes} kB/s, window {window}");
        self.tell.say(step, text);
    }

    fn configured(&mut self, client: &Client) {
        let Some(lease) = client.lease() else { return };
        self.tell.say(Step::Configure, format_args!("address {}", lease.address));
    }

    /// Before the first file: whom we ask, and where we are.
    fn loaded(&mut self, client: &Client) {
        let Some(boot) = client.dhcp().boot().filter(|_| !self.is_loaded) else { return };
        self.is_loaded = true;
        let (server, from, file) = (boot.server, boot.server_from, Shown(&boot.file));
        self.tell.say(Step::Configure, format_args!("boot file {file} on {server}, named by {from}"));
        let by = if self.from_network {
            "the firmware fetched us from the network"
        } else {
            "the firmware read us from a disk"
        };
        self.tell.say(Step::Load, format_args!("{by}: nothing to fetch"));
    }

    fn failed(&mut self, client: &Client, failure: &Failure, message: &[u8]) {
        let name = Shown(client.file_name());
        let about = match client.file_name() {
            [] => format_args!(""),
            _ => format_args!("{name}: "),
        };
        let says = Shown(message);
        if message.is_empty() {
            self.tell.say(failure.step, format_args!("failed: {about}{failure}"));
        } else {
            self.tell.say(failure.step, format_args!("failed: {about}{failure} It says \"{says}\"."));
        }
    }

    /// The entry that is set; an index that no entry has leads to the failure that says so.
    fn choose_entry(&mut self, client: &mut Client, now: Instant) -> Event<'static> {
        let label = self.entry.take().unwrap_or_default();
        let text = self.texts.configuration();
        let index = Menu::parse(text).ok().and_then(|menu| {
            let found = menu.entries().find(|entry| entry.label.eq_ignore_ascii_case(&label));
            found.and_then(|entry| entry.index)
        });
        if let Some(index) = index {
            return client.choose(now, text, index);
        }
        self.tell.say(Step::Choose, format_args!("the configuration has no entry {}", Shown(&label)));
        client.choose(now, text, usize::MAX)
    }

    fn ask_entry(&mut self, default: Option<usize>, timeout: Option<Duration>) {
        let Ok(menu) = Menu::parse(self.texts.configuration()) else { return };
        let mut choice = Choice::new();
        let shown =
            |entry: &bootproto::config::Entry<'_>| entry.boots() && !entry.is_disabled && !entry.is_hidden;
        for entry in menu.entries().filter(shown) {
            let Some(index) = entry.index else { continue };
            let title: Vec<u8> = entry.title().collect();
            choice.add(index, entry.hot_key(), format!("{}", Shown(&title)), default == Some(index));
        }
        let title = format!("{}", Shown(menu.settings().title.unwrap_or(b"boot:")));
        self.tell.say(Step::Choose, format_args!("the configuration asks"));
        choice.show(&title, timeout.map(|timeout| timeout.as_secs()));
        self.menu = Some((Asked::Entry, choice));
    }

    fn ask_server(&mut self, client: &Client, now: Instant) {
        let Some(menu) = client.dhcp().menu() else { return };
        let mut choice = Choice::new();
        for (number, item) in menu.items.enumerate() {
            let text: Vec<u8> = item.text.bytes().collect();
            choice.add(usize::from(item.kind), None, format!("{}", Shown(&text)), number == 0);
        }
        let prompt: Vec<u8> = menu.prompt.map(|prompt| prompt.text.bytes().collect()).unwrap_or_default();
        let seconds = client.dhcp().menu_deadline().map(|until| until.saturating_since(now).as_secs());
        self.tell.say(Step::Configure, format_args!("the network offers boot servers"));
        choice.show(&format!("{}", Shown(&prompt)), seconds);
        self.menu = Some((Asked::Server, choice));
    }

    /// Whether a person is asked.
    pub(crate) const fn is_asking(&self) -> bool {
        self.menu.is_some()
    }

    /// Looks whether somebody has pressed a key in a menu.
    pub(crate) fn poll_key(&mut self, client: &mut Client, now: Instant) -> Act {
        let Some((asked, choice)) = &mut self.menu else { return Act::Nothing };
        let asked = *asked;
        match choice.poll() {
            Pressed::Nothing => Act::Nothing,
            Pressed::Someone => {
                client.hold_choice();
                Act::Nothing
            }
            Pressed::Away => Act::LocalBoot,
            Pressed::This(answer) => {
                self.menu = None;
                match asked {
                    Asked::Entry => {
                        let event = client.choose(now, self.texts.configuration(), answer);
                        self.take(client, event, now)
                    }
                    Asked::Server => {
                        client.choose_server(now, u16::try_from(answer).unwrap_or(0));
                        Act::Nothing
                    }
                }
            }
        }
    }
}
