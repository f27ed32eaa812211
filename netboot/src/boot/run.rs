//! The loop around the boot client.

use core::ops::ControlFlow;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use bootproto::client::{Client, Config, Event, Texts};
use bootproto::config::Menu;
use bootproto::linux::Region;
use bootproto::{Failure, Step};
use bootproto_core::Instant;
use bootproto_dhcp::wire::Value;
use serde_json::json;

use super::{Choice, Chooser, Diagnosis, Ended, Files, Joined, Outcome, Report};
use crate::drive::{Clock, Stop, drive_on};
use crate::error::printable;
use crate::{Error, Mistake};

/// The memory of an ordinary PC with so many bytes, as its firmware would describe it.
#[must_use]
pub fn memory(bytes: u64) -> [Region; 3] {
    let high = 0x10_0000;
    [
        Region { start: 0x1000, length: 0x9_e000, usable: true },
        Region { start: 0x9_f000, length: high - 0x9_f000, usable: false },
        Region { start: high, length: bytes.saturating_sub(high), usable: true },
    ]
}

/// Boots up to where the kernel would start. `chooser` answers menus, `report` hears of everything that happens.
///
/// # Errors
/// The boot client's failure, with the step in which it happened; `stop`.
pub fn boot<N: Joined>(
    config: Config,
    network: &mut N,
    clock: &Clock,
    stop: &Stop,
    chooser: &mut dyn Chooser,
    report: &mut dyn FnMut(Report),
) -> Result<Outcome, Error> {
    let begun = clock.now();
    let mut client = Client::new(config, begun)
        .map_err(|error| Error::mistake(Mistake::Argument, "the boot's settings").because(error))?;
    let (mut configuration, mut manifest) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    let mut run = Run {
        texts: Texts::new(&mut configuration, &mut manifest),
        files: Files::default(),
        size: None,
        chooser,
        report,
    };
    let ended = drive_on(&mut client, network, clock, stop, |client, network, event, now| {
        run.news(client.step(), network);
        let mut next = run.take(client, network, event, now)?;
        // An answer may be followed by the next event at once.
        while let Some(event) = next {
            next = run.take(client, network, event, now)?;
        }
        ControlFlow::Continue(())
    })
    .and_then(|ended| ended)
    .map_err(|error| error.or_in_step(client.step().name()))?;
    let mut line = vec![0; 4096];
    let command_line = match ended {
        Ended::Ready => client
            .command_line(run.texts.configuration(), &mut line)
            .map_or_else(|_| String::new(), printable),
        Ended::LocalBoot { .. } => String::new(),
    };
    let plan = client.plan();
    Ok(Outcome {
        ended,
        address: client.lease().map(|lease| lease.address),
        files: run.files.into_all(),
        command_line,
        command_line_address: plan.as_ref().and_then(|plan| plan.command_line).map(|span| span.start),
        run: plan.and_then(|plan| plan.run),
        time: clock.now().saturating_since(begun),
    })
}

/// What goes on with the client: its next event, the end, or nothing.
type Next = ControlFlow<Result<Ended, Error>, Option<Event<'static>>>;

pub(super) struct Run<'r, 's> {
    texts: Texts<'s>,
    pub(super) files: Files,
    pub(super) size: Option<u64>,
    chooser: &'r mut dyn Chooser,
    pub(super) report: &'r mut dyn FnMut(Report),
}

impl Run<'_, '_> {
    fn take<N: Joined>(
        &mut self,
        client: &mut Client,
        network: &mut N,
        event: Event<'_>,
        now: Instant,
    ) -> Next {
        self.texts.take(client, &event);
        match event {
            Event::Ignored(ignored) => {
                let (from, code) = (network.last_received().map(|(from, _)| from), ignored.code());
                let why = ignored.to_string();
                (self.report)(Report::Ignored { step: client.step(), from, code, why });
            }
            Event::ProbeAddress(address) => match network.is_in_use(address) {
                Ok(in_use) => self.probed(client, now, address, in_use),
                Err(error) => return ControlFlow::Break(Err(error)),
            },
            Event::Configured => {
                self.configured(client);
                if let Some(lease) = client.lease() {
                    network.configure(lease);
                }
                self.news(Step::Configure, network);
            }
            Event::NeedText | Event::ChoiceTimedOut => {
                return ControlFlow::Continue(Some(self.texts.answer(client, now)));
            }
            Event::Choose { default, timeout } => return self.choose(client, now, default, timeout),
            Event::Refused { .. } | Event::Expired => {
                network.unconfigure();
                self.file_event(client, &event, now);
            }
            Event::Verify { kind, .. } => {
                let bytes = self.files.last_mut(kind).map_or(&[][..], |file| &file.bytes);
                return ControlFlow::Continue(Some(client.verify_bytes(now, bytes)));
            }
            Event::DhcpMenu => return self.menu(client, now),
            Event::LocalBoot { disk } => return ControlFlow::Break(Ok(Ended::LocalBoot { disk })),
            Event::Ready => return ControlFlow::Break(Ok(Ended::Ready)),
            Event::Failed { failure, message } => {
                return ControlFlow::Break(Err(told(&failure, client, message, network)));
            }
            // Silence that has a reason of our own need not be waited for a second time.
            Event::Retrying { .. } if network.has_no_route() => {
                let peer = client.peer();
                let found = network.diagnose(peer.and_then(v4));
                if let Some(found) = found {
                    return ControlFlow::Break(Err(undelivered(client, peer, found)));
                }
                self.file_event(client, &event, now);
            }
            other => self.file_event(client, &other, now),
        }
        ControlFlow::Continue(None)
    }

    /// What happened below the protocols.
    fn news<N: Joined>(&mut self, step: Step, network: &mut N) {
        for news in network.news() {
            (self.report)(Report::news(step, news));
        }
    }

    fn probed(&mut self, client: &mut Client, now: Instant, address: Ipv4Addr, in_use: bool) {
        if in_use {
            let text = format!("somebody uses {address} already; it is declined");
            self.line(Step::Configure, "in-use", text, json!({"address": address.to_string()}));
        }
        client.probe_result(now, in_use);
    }

    /// A menu of the configuration.
    fn choose(
        &mut self,
        client: &mut Client,
        now: Instant,
        default: Option<usize>,
        timeout: Option<Duration>,
    ) -> Next {
        let text = self.texts.configuration();
        let Ok(menu) = Menu::parse(text) else {
            // The client knows better what is wrong with it.
            return ControlFlow::Continue(Some(client.choose(now, text, 0)));
        };
        let index = match self.chooser.entry(&menu, default, timeout) {
            Ok(Choice::This(index)) => index,
            Ok(Choice::Default) if timeout.is_some() => return ControlFlow::Continue(None),
            Ok(Choice::Default) => default.unwrap_or(0),
            Err(error) => return ControlFlow::Break(Err(error)),
        };
        let event = client.choose(now, text, index);
        if let Some(entry) = menu.entry(index) {
            let label = printable(entry.label);
            let text = format!("entry {label} is chosen");
            (self.report)(Report::line(Step::Choose, "chosen", text, json!({"label": label})));
        }
        ControlFlow::Continue(Some(event))
    }

    /// A menu of boot servers.
    fn menu(&mut self, client: &mut Client, now: Instant) -> Next {
        let Some(menu) = client.dhcp().menu() else { return ControlFlow::Continue(None) };
        let text = |value: Value<'_>| printable(&value.bytes().collect::<Vec<_>>());
        let lines: Vec<_> = menu.items.map(|item| (item.kind, text(item.text))).collect();
        let prompt = menu.prompt.map(|prompt| text(prompt.text)).unwrap_or_default();
        let until = client.dhcp().menu_deadline();
        let timeout = until.map(|until| until.saturating_since(now));
        let kind = match self.chooser.server(&prompt, &lines, timeout) {
            Ok(Choice::This(kind)) => u16::try_from(kind).ok(),
            Ok(Choice::Default) => lines.first().filter(|_| timeout.is_none()).map(|(kind, _)| *kind),
            Err(error) => return ControlFlow::Break(Err(error)),
        };
        let Some(kind) = kind else { return ControlFlow::Continue(None) };
        let line = lines.iter().find(|(found, _)| *found == kind).map(|(_, text)| text.as_str());
        let told = format!("boot server type {kind} is chosen: {}", line.unwrap_or_default());
        self.line(Step::Configure, "menu", told, json!({"type": kind}));
        client.choose_server(now, kind);
        ControlFlow::Continue(None)
    }

    pub(super) fn line(&mut self, step: Step, event: &str, text: String, fields: serde_json::Value) {
        (self.report)(Report::line(step, event, text, fields));
    }
}

/// What was tried: the step, with whom, and the file.
fn tried(step: Step, peer: Option<SocketAddr>, client: &Client) -> String {
    let mut what = step.name().to_owned();
    if let Some(peer) = peer {
        what.push_str(&format!(" with {peer}"));
    }
    let name = printable(client.file_name());
    if !name.is_empty() && step > Step::Configure {
        what.push_str(&format!(" ({name})"));
    }
    what
}

/// The network could not take what we had to say.
fn undelivered(client: &Client, peer: Option<SocketAddr>, found: Diagnosis) -> Error {
    let step = client.step();
    Error::of_step(step.name(), found.entry, tried(step, peer, client), found.text)
}

fn v4(peer: SocketAddr) -> Option<Ipv4Addr> {
    match peer.ip() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

/// The PXE codes of silence, whose reason may lie below the protocols.
const SILENCE: [&str; 5] = ["PXE-E32", "PXE-E35", "PXE-E51", "PXE-E55", "PXE-E78"];

/// The client's failure as the line that a person reads.
fn told<N: Joined>(failure: &Failure, client: &Client, message: &[u8], network: &mut N) -> Error {
    let what = tried(failure.step, failure.peer, client);
    let mut entry = failure.entry();
    let mut why = failure.cause.to_string();
    if !message.is_empty() {
        why.push_str(&format!("; it says \"{}\"", printable(message)));
    }
    if failure.tries > 1 {
        why.push_str(&format!(", after {} tries", failure.tries));
    }
    why.push_str(&format!(", last heard: {}", failure.last));
    if entry.pxe.is_some_and(|pxe| SILENCE.contains(&pxe))
        && let Some(found) = network.diagnose(failure.peer.and_then(v4))
    {
        why = format!("{}; {why}", found.text);
        entry = found.entry;
    }
    Error::of_step(failure.step.name(), entry, what, why)
}
