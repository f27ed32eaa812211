//! The loop around the boot client.

use core::ops::ControlFlow;
use std::net::Ipv4Addr;

use bootproto::client::{Client, Config, Event, FileKind, Texts};
use bootproto::linux::Region;
use bootproto::{Failure, Step};
use bootproto_core::Instant;
use bootproto_dhcp::client::{Lease, Offer, OfferKind};
use serde_json::json;

use super::{Ended, Files, Outcome, Report};
use crate::drive::{Clock, Network, Ports, Stop, drive_on};
use crate::error::printable;
use crate::{Error, Mistake, size};

/// A network that can take the machine's address into use.
pub trait Joined: Network {
    /// There is a lease: configure the stack.
    fn configure(&mut self, lease: &Lease);

    /// Whether somebody uses this address: `None` if that is not known yet, and will be told to the client later.
    fn probe(&mut self, now: Instant, address: Ipv4Addr) -> Option<bool>;
}

/// The operating system's stack has its own addresses, and needs none of ours.
impl Joined for Ports {
    fn configure(&mut self, _: &Lease) {}

    fn probe(&mut self, _: Instant, _: Ipv4Addr) -> Option<bool> {
        Some(false)
    }
}

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

/// Boots up to where the kernel would start. `report` hears of everything that happens.
///
/// # Errors
/// The boot client's failure, with the step in which it happened; `stop`.
pub fn boot<N: Joined>(
    config: Config,
    network: &mut N,
    clock: &Clock,
    stop: &Stop,
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
        report,
    };
    let ended = drive_on(&mut client, network, clock, stop, |client, network, event, now| {
        let mut next = run.take(client, network, event, now)?;
        // An answer may be followed by the next event at once.
        while let Some(event) = next {
            next = run.take(client, network, event, now)?;
        }
        ControlFlow::Continue(())
    })??;
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

struct Run<'r, 's> {
    texts: Texts<'s>,
    files: Files,
    size: Option<u64>,
    report: &'r mut dyn FnMut(Report),
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
            Event::ProbeAddress(address) => {
                if let Some(in_use) = network.probe(now, address) {
                    client.probe_result(now, in_use);
                }
            }
            Event::Configured => {
                if let Some(lease) = client.lease() {
                    network.configure(lease);
                }
                self.configured(client);
            }
            Event::NeedText | Event::ChoiceTimedOut => {
                return ControlFlow::Continue(Some(self.texts.answer(client, now)));
            }
            Event::Choose { default, .. } => {
                // Nobody sits in front of it.
                let event = client.choose(now, self.texts.configuration(), default.unwrap_or(0));
                return ControlFlow::Continue(Some(event));
            }
            Event::Verify { kind, .. } => {
                let bytes = self.files.last_mut(kind).map_or(&[][..], |file| &file.bytes);
                return ControlFlow::Continue(Some(client.verify_bytes(now, bytes)));
            }
            Event::DhcpMenu => return self.menu(client, now),
            Event::LocalBoot { disk } => return ControlFlow::Break(Ok(Ended::LocalBoot { disk })),
            Event::Ready => return ControlFlow::Break(Ok(Ended::Ready)),
            Event::Failed { failure, message } => {
                return ControlFlow::Break(Err(told(&failure, client, message)));
            }
            other => self.file_event(client, &other, now),
        }
        ControlFlow::Continue(None)
    }

    fn file_event(&mut self, client: &Client, event: &Event<'_>, now: Instant) {
        match *event {
            Event::Offered(offer) => self.offered(&offer),
            Event::Open { kind, size, address } => {
                self.files.open(client, kind, address, now);
                self.size = size;
            }
            Event::Data { kind, offset, bytes, .. } => {
                self.files.store(kind, offset, bytes);
                let Some(file) = self.files.last_mut(kind) else { return };
                let (name, bytes, size) = (file.name.clone(), file.bytes.len() as u64, self.size);
                (self.report)(Report::Progress { name, bytes, size });
            }
            Event::Received { kind, .. } => self.received(client, kind, now),
            Event::NotFound { kind } => {
                let name = printable(client.file_name());
                let text = format!("no {kind} {name}");
                self.line(client.step(), "not-found", text, json!({"kind": kind.to_string(), "path": name}));
            }
            Event::Retrying { kind, tries } => {
                (self.report)(Report::ProgressEnd);
                self.files.forget(kind);
                let text = format!("{kind} {} once more, after {tries} tries", printable(client.file_name()));
                self.line(client.step(), "retrying", text, json!({"kind": kind.to_string(), "tries": tries}));
            }
            Event::Verified { kind, .. } => {
                let Some(file) = self.files.last_mut(kind) else { return };
                file.verified = true;
                let (name, digest) = (file.name.clone(), file.digest());
                let text = format!("{kind} {name} is the one that the manifest names");
                self.line(Step::Verify, "verified", text, json!({"path": name, "sha256": digest}));
            }
            Event::Refused { server, message } => {
                let text = format!("{server} refuses the address: {}", printable(message));
                self.line(Step::Configure, "refused", text, json!({"server": server.to_string()}));
            }
            _ => {}
        }
    }

    fn offered(&mut self, offer: &Offer) {
        let (server, address) = (offer.server.to_string(), offer.address.to_string());
        let (kind, text) = match offer.kind {
            OfferKind::Proxy => ("proxy", format!("{server} offers what to boot")),
            OfferKind::Bootp => ("bootp", format!("{server} offers {address} by BOOTP")),
            _ => ("dhcp", format!("{server} offers {address}")),
        };
        let fields = json!({"kind": kind, "server": server, "address": address, "boot": offer.has_boot});
        self.line(Step::Configure, "offered", text, fields);
    }

    fn received(&mut self, client: &Client, kind: FileKind, now: Instant) {
        let step = client.step();
        (self.report)(Report::ProgressEnd);
        let Some(file) = self.files.received(client, kind, now) else { return };
        let (length, time) = (file.bytes.len() as u64, file.time);
        let mut text = format!(
            "{kind} {}: {} in {}, {}",
            file.name,
            size::human(length),
            size::time(time),
            size::rate(length, time)
        );
        if let Some(address) = file.address {
            text.push_str(&format!(", to lie at {address:#x}"));
        }
        let fields = file.json();
        self.line(step_of(kind, step), "received", text, fields);
    }

    fn configured(&mut self, client: &Client) {
        let Some(lease) = client.lease() else { return };
        let seconds = lease.duration.map(|time| time.as_secs());
        let text = match seconds {
            Some(seconds) => format!("address {} for {seconds} s", lease.address),
            None => format!("address {} for ever", lease.address),
        };
        let fields = json!({
            "address": lease.address.to_string(), "lease_seconds": seconds,
            "mask": lease.mask.map(|mask| mask.to_string()),
            "server": lease.server_id.map(|server| server.to_string()),
        });
        self.line(Step::Configure, "configured", text, fields);
    }

    /// Nobody sits in front of it: the menu's first line is taken.
    fn menu(&mut self, client: &mut Client, now: Instant) -> Next {
        let first = client.dhcp().menu().and_then(|mut menu| menu.items.next().map(|item| item.kind));
        if let Some(kind) = first {
            let text = format!("a menu of boot servers; type {kind}, its first line, is taken");
            self.line(Step::Configure, "menu", text, json!({"type": kind}));
            client.choose_server(now, kind);
        }
        ControlFlow::Continue(None)
    }

    fn line(&mut self, step: Step, event: &str, text: String, fields: serde_json::Value) {
        (self.report)(Report::line(step, event, text, fields));
    }
}

/// The client is in the next step already when a file of this one is complete.
fn step_of(kind: FileKind, now: Step) -> Step {
    match kind {
        FileKind::Nbp => Step::Load,
        FileKind::Configuration => Step::Choose,
        FileKind::Kernel | FileKind::Initrd(_) | FileKind::DeviceTree => Step::Fetch,
        _ => now,
    }
}

/// The client's failure as the line that a person reads.
fn told(failure: &Failure, client: &Client, message: &[u8]) -> Error {
    let mut what = failure.step.name().to_owned();
    if let Some(peer) = failure.peer {
        what.push_str(&format!(" with {peer}"));
    }
    let name = printable(client.file_name());
    if !name.is_empty() && failure.step > Step::Configure {
        what.push_str(&format!(" ({name})"));
    }
    let mut why = failure.cause.to_string();
    if !message.is_empty() {
        why.push_str(&format!("; it says \"{}\"", printable(message)));
    }
    if failure.tries > 1 {
        why.push_str(&format!(", after {} tries", failure.tries));
    }
    why.push_str(&format!(", last heard: {}", failure.last));
    Error::of_step(failure.step.name(), failure.entry(), what, why)
}
