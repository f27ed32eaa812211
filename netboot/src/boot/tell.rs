//! What is told of the events that need no answer.

use bootproto::Step;
use bootproto::client::{Client, Event, FileKind};
use bootproto_core::Instant;
use bootproto_dhcp::client::{Offer, OfferKind, Source};
use serde_json::json;

use super::Report;
use super::run::Run;
use crate::error::printable;
use crate::size;

impl Run<'_, '_> {
    /// Keeps what an event carries, and tells it.
    pub(super) fn file_event(&mut self, client: &Client, event: &Event<'_>, now: Instant) {
        match *event {
            Event::Offered(offer) => self.offered(offer),
            Event::Dialect(dialect) => {
                let text = format!("nobody answered; as {} now", dialect.name());
                self.line(Step::Configure, "dialect", text, json!({"dialect": dialect.name()}));
            }
            Event::Open { kind, size, address } => {
                if client.step() == Step::Load {
                    self.boot_found(client);
                }
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
            Event::Expired => {
                let text = "the lease is over; it starts anew".to_owned();
                self.line(Step::Configure, "expired", text, json!({}));
            }
            _ => {}
        }
    }

    fn offered(&mut self, offer: Offer) {
        let (server, address) = (offer.server.to_string(), offer.address.to_string());
        let (kind, text) = match offer.kind {
            OfferKind::Proxy => ("proxy", format!("{server} offers what to boot")),
            OfferKind::Bootp => ("bootp", format!("{server} offers {address} by BOOTP")),
            _ => ("dhcp", format!("{server} offers {address}")),
        };
        let fields = json!({"kind": kind, "server": server, "address": address, "boot": offer.has_boot});
        self.line(Step::Configure, "offered", text, fields);
    }

    /// The boot server and file, and which rule named the server.
    fn boot_found(&mut self, client: &Client) {
        let Some(boot) = client.dhcp().boot() else { return };
        let (file, server, rule) =
            (printable(&boot.file), boot.server.to_string(), boot.server_from.to_string());
        let mut text = format!("boot file {file} from {server}, named by {rule}");
        let name = printable(&boot.server_name);
        // Nothing but the name says where the file is: without it nobody understands why the transfer fails.
        if boot.server_from == Source::DhcpServer && !name.is_empty() {
            text.push_str(&format!("; the boot server's name is {name}, but there is no DNS to look it up"));
        }
        let fields = json!({"file": file, "server": server, "named_by": rule, "server_name": name});
        self.line(Step::Load, "boot", text, fields);
    }

    fn received(&mut self, client: &Client, kind: FileKind, now: Instant) {
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
        self.line(step_of(kind, client.step()), "received", text, fields);
    }

    pub(super) fn configured(&mut self, client: &Client) {
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
