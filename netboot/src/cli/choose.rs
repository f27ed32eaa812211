//! Menus: what `--label` says, or what a person at a terminal types.

use std::io::{BufRead, IsTerminal, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use bootproto::config::Menu;

use crate::boot::{Choice, Chooser};
use crate::drive::{Stop, wait};
use crate::error::printable;
use crate::{Error, Mistake, Trouble};

/// Answers menus for the program.
pub(super) struct Asking<'a> {
    label: Option<&'a str>,
    /// Somebody sits at a terminal and sees what is asked.
    person: bool,
    stop: &'a Stop,
}

impl<'a> Asking<'a> {
    pub(super) fn new(label: Option<&'a str>, person: bool, stop: &'a Stop) -> Self {
        let person = person && std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        Self { label, person, stop }
    }
}

impl Chooser for Asking<'_> {
    fn entry(
        &mut self,
        menu: &Menu<'_>,
        default: Option<usize>,
        timeout: Option<Duration>,
    ) -> Result<Choice, Error> {
        let entries: Vec<_> = menu.entries().filter(|entry| entry.boots() && !entry.is_disabled).collect();
        if let Some(label) = self.label {
            return match menu.find(label.as_bytes()).and_then(|entry| entry.index) {
                Some(index) => Ok(Choice::This(index)),
                None => {
                    let labels: Vec<_> = entries.iter().map(|entry| printable(entry.label)).collect();
                    Err(Error::mistake(Mistake::Argument, format!("--label {label}"))
                        .because("the configuration has no such entry")
                        .with_hint(format!("it has {}", labels.join(", "))))
                }
            };
        }
        let lines: Vec<_> = entries
            .iter()
            .filter(|entry| !entry.is_hidden)
            .filter_map(|entry| Some((entry.index?, printable(&entry.title().collect::<Vec<_>>()))))
            .collect();
        self.ask(&lines, default, timeout)
    }

    fn server(
        &mut self,
        prompt: &str,
        lines: &[(u16, String)],
        timeout: Option<Duration>,
    ) -> Result<Choice, Error> {
        if self.person {
            let _ = writeln!(std::io::stdout(), "{:<12} {prompt}", "");
        }
        let lines: Vec<_> = lines.iter().map(|(kind, text)| (usize::from(*kind), text.clone())).collect();
        self.ask(&lines, lines.first().map(|(kind, _)| *kind), timeout)
    }
}

impl Asking<'_> {
    /// Shows the lines, numbered from 1, and waits for a number; an empty line, or none in time, is the default.
    fn ask(
        &self,
        lines: &[(usize, String)],
        default: Option<usize>,
        timeout: Option<Duration>,
    ) -> Result<Choice, Error> {
        if !self.person {
            return Ok(Choice::Default);
        }
        let mut out = std::io::stdout();
        for (number, (value, text)) in (1..).zip(lines) {
            let mark = if Some(*value) == default { "*" } else { " " };
            let _ = writeln!(out, "{:<11}{mark}{number:>3}  {text}", "");
        }
        loop {
            let within = timeout.map(|time| format!(" within {} s", time.as_secs())).unwrap_or_default();
            let _ = write!(out, "{:<12} which one{within}? ", "");
            let _ = out.flush();
            let stdin = std::io::stdin();
            let mut line = String::new();
            let typed = wait([stdin.as_fd(), self.stop.as_fd()].into_iter(), timeout)?;
            if self.stop.is_stopped() {
                let _ = writeln!(out);
                return Err(Error::failure(&Trouble::Interrupted, "the menu"));
            }
            if !typed || stdin.lock().read_line(&mut line).is_err() {
                let _ = writeln!(out);
                return Ok(Choice::Default);
            }
            if line.trim().is_empty() {
                return Ok(default.map_or(Choice::Default, Choice::This));
            }
            let chosen =
                line.trim().parse::<usize>().ok().and_then(|number| lines.get(number.checked_sub(1)?));
            if let Some((value, _)) = chosen {
                return Ok(Choice::This(*value));
            }
        }
    }
}
