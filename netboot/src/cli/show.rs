//! What a person or a program sees of a boot.

use std::io::{IsTerminal, Write};

use bootproto::Step;
use indicatif::ProgressBar;

use super::transfers::style;
use crate::boot::Report;

/// Lines and a progress bar on a terminal, or one object a line.
pub(super) struct Show {
    json: bool,
    bar: Option<ProgressBar>,
    step: Option<Step>,
}

impl Show {
    pub(super) fn new(json: bool) -> Self {
        Self { json, bar: None, step: None }
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
                    super::run::print(&json);
                } else {
                    self.say(step, &text);
                }
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
