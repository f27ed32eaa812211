//! What a person or a program sees of a boot.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;

use bootproto::Step;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::transfers::style;
use crate::boot::{Report, Trace, Way};

/// Lines and a progress bar on a terminal, or one object a line.
pub(super) struct Show {
    json: bool,
    verbose: bool,
    bar: Option<ProgressBar>,
    step: Option<Step>,
}

impl Show {
    pub(super) fn new(json: bool, verbose: bool) -> Self {
        Self { json, verbose, bar: None, step: None }
    }

    /// Whether a person reads along.
    pub(super) fn is_for_a_person(&self) -> bool {
        !self.json
    }

    pub(super) fn take(&mut self, report: Report) {
        match report {
            Report::Line { step, text, json } => {
                self.end();
                if self.json {
                    self.step = Some(step);
                    super::run::print(&json);
                } else {
                    self.say(step, &text);
                }
            }
            Report::Ignored { step, from, code, why } => {
                let text = format!("ignored: {why} ({code})");
                let json = json!({"event": "ignored", "code": code.to_string(), "why": why});
                self.detail(step, "from", from, text, json);
            }
            Report::Progress { name, bytes, size } => self.progress(&name, bytes, size),
            Report::ProgressEnd => self.end(),
        }
    }

    /// A step that is told rather than done.
    pub(super) fn step(&mut self, step: Step, text: &str) {
        if self.json {
            super::run::print(&serde_json::json!({"event": "step", "step": step.name(), "text": text}));
        } else {
            self.say(step, text);
        }
    }

    /// A datagram that came or went.
    pub(super) fn trace(&mut self, trace: Trace) {
        let (event, way) = match trace.way {
            Way::Sent => ("sent", "to"),
            Way::SentAgain => ("sent-again", "to"),
            Way::Received => ("heard", "from"),
        };
        let text = format!("{}: {}", event.replace('-', " "), trace.what);
        let step = self.step.unwrap_or(Step::Select);
        let fields = json!({"event": event, "bytes": trace.bytes, "what": trace.what});
        self.detail(step, way, Some(trace.peer), text, fields);
    }

    /// What only who asks for it wants to know.
    fn detail(&mut self, step: Step, way: &str, peer: Option<SocketAddr>, text: String, mut fields: Value) {
        if !self.verbose {
            return;
        }
        if self.json {
            fields["step"] = json!(step.name());
            fields[way] = json!(peer.map(|peer| peer.to_string()));
            return super::run::print(&fields);
        }
        let peer = peer.map(|peer| format!(" {way} {peer}")).unwrap_or_default();
        let text = format!("  {text}{peer}");
        match &self.bar {
            // The line goes above the bar.
            Some(bar) => bar.println(format!("{:<12} {text}", "")),
            None => {
                let _ = writeln!(std::io::stdout(), "{:<12} {text}", "");
            }
        }
    }

    fn say(&mut self, step: Step, text: &str) {
        let name = if self.step == Some(step) {
            String::new()
        } else {
            format!("{} {}", step.number(), step.name())
        };
        self.step = Some(step);
        // A reader that went away does not end the boot.
        let _ = writeln!(std::io::stdout(), "{name:<12} {text}");
    }

    fn progress(&mut self, name: &str, bytes: u64, size: Option<u64>) {
        if self.json || !std::io::stderr().is_terminal() {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = size.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
            bar.set_style(style(size.is_some()));
            bar.set_message(name.to_owned());
            bar
        });
        bar.set_position(bytes);
    }

    /// Nothing of the bar is left on the terminal.
    pub(super) fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
