//! The menu of a configuration, on the screen.

use crate::console::{Console, Shown};
use bootproto::config::Menu;
use bootproto_core::Instant;
use core::fmt::Write as _;
use core::time::Duration;

/// How often the keyboard is looked at: each time costs a call of the BIOS.
const INTERVAL: Duration = Duration::from_millis(20);

/// A menu that is shown.
#[derive(Debug)]
pub(crate) struct Prompt {
    default: Option<usize>,
    looked: Instant,
}

impl Prompt {
    /// Shows the entries; nothing if the text has none.
    pub(crate) fn show(
        mut console: Console,
        text: &[u8],
        default: Option<usize>,
        timeout: Option<Duration>,
        now: Instant,
    ) -> Option<Self> {
        let menu = Menu::parse(text).ok()?;
        for (entry, number) in menu.entries().zip(1..) {
            let mark = if default == Some(number - 1) { '*' } else { ' ' };
            let _ = writeln!(console, "  {mark}{number}  {}", Shown(entry.label));
        }
        let _ = write!(console, "choose: press a number, or Enter for the entry with the star");
        if let Some(timeout) = timeout {
            let _ = write!(console, "; it is taken in {} s", timeout.as_secs());
        }
        let _ = writeln!(console);
        Some(Self { default, looked: now })
    }

    /// A key, if one was pressed.
    pub(crate) fn key(&mut self, console: Console, now: Instant) -> Option<u8> {
        if now.saturating_since(self.looked) < INTERVAL {
            return None;
        }
        self.looked = now;
        console.key()
    }

    /// Which entry a key chooses.
    pub(crate) fn choice(&self, key: u8, text: &[u8]) -> Option<usize> {
        let count = Menu::parse(text).ok()?.entries().count();
        match key {
            b'\r' | b'\n' => self.default.or(Some(0)),
            b'1'..=b'9' => Some(usize::from(key - b'1')).filter(|index| *index < count),
            _ => None,
        }
    }
}
