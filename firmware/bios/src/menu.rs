//! The menu of a configuration, on the screen and on the serial line: lines of text, and one line that changes.

use crate::console::{Console, Key};
use bootproto::config::{Entry, Menu};
use bootproto_core::Instant;
use bootproto_core::text::Shown;
use core::fmt::Write as _;
use core::time::Duration;

/// How often the keyboard is looked at: each time costs a call of the BIOS.
pub(crate) const INTERVAL: Duration = Duration::from_millis(20);
/// The longest label that can be typed.
const TYPED: usize = 48;

/// A menu that is shown.
#[derive(Debug)]
pub(crate) struct Prompt {
    /// The entry that Enter takes.
    selected: usize,
    until: Option<Instant>,
    told: u64,
    typed: [u8; TYPED],
    length: usize,
    looked: Instant,
}

/// What a person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing yet.
    None,
    /// This entry.
    Entry(usize),
    /// None of them: the ROM shall go on.
    Leave,
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
        if let Some(title) = menu.settings().title {
            let _ = writeln!(console, "\n  {}", Shown(title));
        }
        for (entry, number) in menu.entries().zip(1..).filter(|(entry, _)| !entry.is_hidden) {
            let _ = match entry.boots() {
                true => write!(console, "  {number:2}  {}", Shown(entry.label)),
                false => write!(console, "   -  {}", Shown(entry.label)),
            };
            if entry.menu_label.is_some() {
                let _ = write!(console, "  ");
                entry.title().for_each(|byte| {
                    let _ = write!(console, "{}", Shown(&[byte]));
                });
            }
            let _ = match entry.hot_key() {
                Some(key) => writeln!(console, " ({})", Shown(&[key])),
                None => writeln!(console),
            };
        }
        let _ = writeln!(
            console,
            "choose: up and down or a letter in brackets, then Enter; a number; or type a label"
        );
        let selected = default.or_else(|| bootable(&menu).next().map(|(index, _)| index))?;
        let until = timeout.map(|timeout| now.saturating_add(timeout));
        let prompt = Self { selected, until, told: u64::MAX, typed: [0; TYPED], length: 0, looked: now };
        prompt.line(console, &menu, now);
        Some(prompt)
    }

    /// Looks for a key, and shows how much time is left.
    pub(crate) fn ask(&mut self, console: Console, text: &[u8], now: Instant) -> Option<Answer> {
        if now.saturating_since(self.looked) < INTERVAL {
            return None;
        }
        self.looked = now;
        let menu = Menu::parse(text).ok()?;
        let Some(key) = console.key() else {
            let left = self.left(now);
            if left != self.told && self.until.is_some() {
                self.told = left;
                self.line(console, &menu, now);
            }
            return None;
        };
        self.until = None;
        let answer = self.press(key, &menu);
        if answer == Answer::None {
            self.line(console, &menu, now);
        } else {
            let mut console = console;
            let _ = writeln!(console);
        }
        Some(answer)
    }

    fn press(&mut self, key: Key, menu: &Menu<'_>) -> Answer {
        match key {
            Key::Up => self.turn(bootable(menu).take_while(|(index, _)| *index < self.selected).last()),
            Key::Down => self.turn(bootable(menu).find(|(index, _)| *index > self.selected)),
            Key::Escape => return Answer::Leave,
            Key::Byte(b'\r' | b'\n') if self.length == 0 => return Answer::Entry(self.selected),
            Key::Byte(b'\r' | b'\n') => {
                let found = named(menu, self.word());
                self.length = 0;
                return found.map_or(Answer::None, Answer::Entry);
            }
            Key::Byte(8 | 0x7f) => self.length = self.length.saturating_sub(1),
            Key::Byte(byte) if byte.is_ascii_graphic() => return self.letter(byte, menu),
            Key::Byte(_) => {}
        }
        Answer::None
    }

    fn turn(&mut self, to: Option<(usize, Entry<'_>)>) {
        if let Some((index, _)) = to {
            self.selected = index;
        }
    }

    /// A number chooses at once and a hot key turns to its entry, unless a label begins so.
    fn letter(&mut self, byte: u8, menu: &Menu<'_>) -> Answer {
        let begins = bootable(menu).any(|(_, entry)| entry.label.first() == Some(&byte));
        if self.length == 0 && !begins {
            if let (b'1'..=b'9', Some(index)) = (byte, named(menu, &[byte])) {
                return Answer::Entry(index);
            }
            let key = byte.to_ascii_lowercase();
            if let Some((index, _)) = bootable(menu).find(|(_, entry)| entry.hot_key() == Some(key)) {
                self.selected = index;
                return Answer::None;
            }
        }
        if let Some(place) = self.typed.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
        Answer::None
    }

    fn word(&self) -> &[u8] {
        self.typed.get(..self.length).unwrap_or_default()
    }

    fn left(&self, now: Instant) -> u64 {
        self.until.map_or(0, |until| until.saturating_since(now).as_secs() + 1)
    }

    /// The line that changes; what stood there before is overwritten.
    fn line(&self, mut console: Console, menu: &Menu<'_>, now: Instant) {
        let label = menu.entry(self.selected).map_or(&b""[..], |entry| entry.label);
        let label = label.get(..label.len().min(TYPED)).unwrap_or_default();
        let _ = write!(console, "\rboot [{}]", Shown(label));
        if self.until.is_some() {
            let _ = write!(console, " in {} s", self.left(now));
        }
        let _ = write!(console, ": {}    \x08\x08\x08\x08", Shown(self.word()));
    }
}

/// The entries that can be chosen, with their indices.
fn bootable<'t>(menu: &Menu<'t>) -> impl Iterator<Item = (usize, Entry<'t>)> {
    menu.entries().enumerate().filter(|(_, entry)| entry.boots() && !entry.is_hidden)
}

/// The entry of this label, or of this number; also one that is hidden.
fn named(menu: &Menu<'_>, word: &[u8]) -> Option<usize> {
    let label = menu.find(word).filter(Entry::boots).and_then(|entry| entry.index);
    let number = || {
        let digits = word.iter().try_fold(0_usize, |number, byte| {
            byte.is_ascii_digit().then(|| number.saturating_mul(10) + usize::from(byte - b'0'))
        });
        digits
            .and_then(|number| number.checked_sub(1))
            .filter(|index| menu.entry(*index).is_some_and(|e| e.boots()))
    };
    label.or_else(number)
}
