//! Menus: the configuration's, and that of boot servers.

use alloc::string::String;
use alloc::vec::Vec;
use uefi::proto::console::text::{Key, ScanCode};

/// A menu that is shown.
#[derive(Debug)]
pub(crate) struct Choice {
    lines: Vec<Line>,
    at: usize,
}

#[derive(Debug)]
struct Line {
    /// What is answered.
    answer: usize,
    hot_key: Option<u8>,
    text: String,
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pressed {
    /// Nothing was pressed.
    Nothing,
    /// Somebody is there.
    Someone,
    /// This line.
    This(usize),
    /// Back to the firmware.
    Away,
}

impl Choice {
    /// No lines yet.
    pub(crate) const fn new() -> Self {
        Self { lines: Vec::new(), at: 0 }
    }

    /// One line more; `answer` comes back when it is chosen.
    pub(crate) fn add(&mut self, answer: usize, hot_key: Option<u8>, text: String, is_default: bool) {
        if is_default {
            self.at = self.lines.len();
        }
        self.lines.push(Line { answer, hot_key, text });
    }

    /// Shows all lines.
    pub(crate) fn show(&self, title: &str, seconds: Option<u64>) {
        uefi::println!("\n{:<12} {title}", "");
        for (number, line) in self.lines.iter().enumerate() {
            let mark = if number == self.at { '>' } else { ' ' };
            uefi::println!("{:<12} {mark} {} {}", "", number + 1, line.text);
        }
        let keys = "a number, or up, down and Enter; Esc leaves";
        match seconds {
            Some(seconds) => uefi::println!("{:<12} {keys}; > starts in {seconds} s\n", ""),
            None => uefi::println!("{:<12} {keys}\n", ""),
        }
    }

    /// Looks for a key.
    pub(crate) fn poll(&mut self) -> Pressed {
        let key = uefi::system::with_stdin(|input| input.read_key());
        match key {
            Ok(Some(Key::Printable(letter))) => self.letter(char::from(letter)),
            Ok(Some(Key::Special(ScanCode::UP))) => self.go(self.at.saturating_sub(1)),
            Ok(Some(Key::Special(ScanCode::DOWN))) => self.go(self.at + 1),
            Ok(Some(Key::Special(ScanCode::ESCAPE))) => Pressed::Away,
            Ok(Some(Key::Special(_))) => Pressed::Someone,
            Ok(None) | Err(_) => Pressed::Nothing,
        }
    }

    fn go(&mut self, to: usize) -> Pressed {
        if let Some(line) = self.lines.get(to) {
            self.at = to;
            uefi::println!("{:<12} > {} {}", "", to + 1, line.text);
        }
        Pressed::Someone
    }

    fn letter(&self, letter: char) -> Pressed {
        let line = match letter {
            '\r' | '\n' => self.lines.get(self.at),
            '1'..='9' => {
                let number = letter.to_digit(10).and_then(|digit| usize::try_from(digit).ok()).unwrap_or(0);
                self.lines.get(number.saturating_sub(1))
            }
            _ => self
                .lines
                .iter()
                .find(|line| line.hot_key.is_some_and(|key| char::from(key).eq_ignore_ascii_case(&letter))),
        };
        line.map_or(Pressed::Someone, |line| Pressed::This(line.answer))
    }
}
