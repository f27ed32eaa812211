//! The table at the end, as wide as there is room.

use std::fmt::{self, Write};

use super::{Ended, Fetched, Outcome};
use crate::size;

/// How wide a terminal is at least.
const NARROW: usize = 80;

/// Where the second column begins, as in the lines of the steps.
const INDENT: usize = 15;

impl Outcome {
    /// The table for a person, in lines of at most `width` columns where names let it: one line a file if that fits,
    /// two if not.
    #[must_use]
    pub fn table(&self, width: usize) -> String {
        let wide = if self.files.is_empty() { String::new() } else { wide(&rows(&self.files)) };
        let fits = wide.lines().all(|line| line.chars().count() <= width);
        let mut text = if fits { wide } else { narrow(&self.files) };
        // Writing into a string does not fail.
        let _ = self.foot(&mut text);
        text
    }

    fn foot(&self, text: &mut String) -> fmt::Result {
        if let Some(run) = self.run {
            writeln!(text, "{:<INDENT$}{run:#x}", "entry point")?;
        }
        if self.ended == Ended::Ready {
            let at = self.command_line_address.map(|at| format!("at {at:#x}: ")).unwrap_or_default();
            writeln!(text, "{:<INDENT$}{at}{}", "command line", self.command_line)?;
        }
        match self.ended {
            Ended::LocalBoot { disk: ..0 } => writeln!(text, "{:<INDENT$}the local disk", "boot from")?,
            Ended::LocalBoot { disk } => writeln!(text, "{:<INDENT$}disk {disk}", "boot from")?,
            Ended::Ready => {}
        }
        write!(text, "{:<INDENT$}{}", "all of it took", size::time(self.time))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table(NARROW))
    }
}

type Row = [String; 9];

fn rows(files: &[Fetched]) -> Vec<Row> {
    let head = ["file", "name", "from", "bytes", "time", "rate", "blksize x window", "address", "SHA-256"];
    let cells = |file: &Fetched| {
        let terms = file.terms.map(|terms| format!("{} x {}", terms.block_size, terms.window_size));
        [
            file.kind.to_string(),
            file.name.clone(),
            file.server.map(|server| server.to_string()).unwrap_or_default(),
            file.bytes.len().to_string(),
            size::time(file.time),
            size::rate(file.bytes.len() as u64, file.time),
            terms.unwrap_or_default(),
            file.address.map(|address| format!("{address:#x}")).unwrap_or_default(),
            digest(file) + if file.verified { " verified" } else { "" },
        ]
    };
    std::iter::once(head.map(str::to_owned)).chain(files.iter().map(cells)).collect()
}

/// One line a file.
fn wide(rows: &[Row]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..9).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Two lines a file: what it is, and how it came.
fn narrow(files: &[Fetched]) -> String {
    let mut text = String::new();
    for file in files {
        let mut facts = vec![file.name.clone(), format!("{} bytes", file.bytes.len())];
        facts.extend(file.address.map(|address| format!("at {address:#x}")));
        facts.extend(file.verified.then(|| "verified".to_owned()));
        let mut way: Vec<String> =
            file.server.map(|server| format!("from {}", server.ip())).into_iter().collect();
        way.push(size::time(file.time));
        way.push(size::rate(file.bytes.len() as u64, file.time));
        way.extend(file.terms.map(|terms| format!("{} x {}", terms.block_size, terms.window_size)));
        way.push(digest(file));
        let kind = file.kind.to_string();
        text.push_str(&format!("{kind:<INDENT$}{}\n{:<INDENT$}{}\n", facts.join(", "), "", way.join(", ")));
    }
    text
}

/// Enough of the digest to compare by eye.
fn digest(file: &Fetched) -> String {
    file.digest().chars().take(8).chain("..".chars()).collect()
}
