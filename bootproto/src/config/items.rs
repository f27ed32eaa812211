//! The lines of a configuration, one after the other.

use crate::config::statement::{begins_with, parse, trim};
use crate::config::{Fault, Statement};
use core::ops::Range;

/// One line that says something; a block of `TEXT HELP` counts as one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item<'t> {
    /// The line's number, from 1.
    pub line: u32,
    /// Where it stands in the text, without its line end.
    pub range: Range<usize>,
    /// The line without the blanks around it.
    pub text: &'t [u8],
    /// What it says, or what is wrong with it.
    pub statement: Result<Statement<'t>, Fault>,
}

/// The items of a text, read as they are asked for. Empty lines and comments are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Items<'t> {
    text: &'t [u8],
    position: usize,
    line: u32,
}

struct Line<'t> {
    range: Range<usize>,
    text: &'t [u8],
}

impl<'t> Items<'t> {
    /// The items of `text`.
    #[must_use]
    pub const fn new(text: &'t [u8]) -> Self {
        Self { text, position: 0, line: 0 }
    }

    /// How far the text has been read: the start of the next line.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    fn next_line(&mut self) -> Option<Line<'t>> {
        let start = self.position;
        let rest = self.text.get(start..)?;
        if rest.is_empty() {
            return None;
        }
        let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        self.position = start.saturating_add(length).saturating_add(1).min(self.text.len());
        self.line = self.line.saturating_add(1);
        let whole = rest.get(..length).unwrap_or_default();
        let visible = whole.iter().position(|byte| *byte == b'\r').unwrap_or(length);
        let end = start.saturating_add(visible);
        let text = whole.get(..visible).unwrap_or_default();
        // Windows editors put a byte order mark first, and an included file brings it into the middle.
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        Some(Line { range: start..end, text: trim(text) })
    }

    /// Reads to the line `ENDTEXT`, or to the end.
    fn help(&mut self) -> Range<usize> {
        let start = self.position;
        while let Some(line) = self.next_line() {
            if begins_with(line.text, b"endtext") {
                return start..line.range.start;
            }
        }
        start..self.position
    }
}

impl<'t> Iterator for Items<'t> {
    type Item = Item<'t>;

    fn next(&mut self) -> Option<Item<'t>> {
        loop {
            let Line { mut range, text } = self.next_line()?;
            if text.is_empty() || text.starts_with(b"#") {
                continue;
            }
            let line = self.line;
            let statement = if begins_with(text, b"text") {
                let help = self.help();
                range.end = help.end.max(range.end);
                Ok(Statement::Help(self.text.get(help).unwrap_or_default()))
            } else {
                parse(text)
            };
            return Some(Item { line, range, text, statement });
        }
    }
}
