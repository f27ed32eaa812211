//! What a boot came to: the table for a person, the last event for a program.

use std::fmt;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::Fetched;
use super::files::save;
use crate::{Error, size};

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// Everything is in memory and checked.
    Ready,
    /// The configuration, or a menu, says to boot from the local disk.
    LocalBoot {
        /// The number after `LOCALBOOT`.
        disk: i32,
    },
}

/// A boot up to the start of the kernel.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome {
    /// How it ended.
    pub ended: Ended,
    /// The address that the machine got.
    pub address: Option<Ipv4Addr>,
    /// Every file that came, in order.
    pub files: Vec<Fetched>,
    /// The kernel's command line.
    pub command_line: String,
    /// Where the command line would lie.
    pub command_line_address: Option<u64>,
    /// Where the kernel would be entered.
    pub run: Option<u64>,
    /// How long all of it took.
    pub time: Duration,
}

impl Outcome {
    /// Writes every file into a directory, each whole or not at all.
    ///
    /// # Errors
    /// The directory can't be written into.
    pub fn save(&self, directory: &Path) -> Result<(), Error> {
        save(&self.files, directory)
    }

    /// The last event.
    #[must_use]
    pub fn json(&self) -> Value {
        let files: Vec<Value> = self.files.iter().map(Fetched::json).collect();
        let address = self.address.map(|address| address.to_string());
        match self.ended {
            Ended::LocalBoot { disk } => {
                json!({"event": "local-boot", "disk": disk, "address": address, "files": files})
            }
            Ended::Ready => json!({
                "event": "ready", "address": address, "files": files, "command_line": self.command_line,
                "command_line_address": self.command_line_address, "run": self.run,
                "seconds": self.time.as_secs_f64(),
            }),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head =
            ["file", "name", "from", "bytes", "time", "rate", "blksize x window", "address", "SHA-256"];
        let mut rows = vec![head.map(str::to_owned)];
        for file in &self.files {
            let terms = file.terms.map(|terms| format!("{} x {}", terms.block_size, terms.window_size));
            let digest: String = file.digest().chars().take(12).collect();
            rows.push([
                file.kind.to_string(),
                file.name.clone(),
                file.server.map(|server| server.to_string()).unwrap_or_default(),
                file.bytes.len().to_string(),
                size::time(file.time),
                size::rate(file.bytes.len() as u64, file.time),
                terms.unwrap_or_default(),
                file.address.map(|address| format!("{address:#x}")).unwrap_or_default(),
                if file.verified { format!("{digest}.. verified") } else { format!("{digest}..") },
            ]);
        }
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        for row in &rows {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            writeln!(f, "{}", cells.join("  ").trim_end())?;
        }
        if let Some(run) = self.run {
            writeln!(f, "entry point   {run:#x}")?;
        }
        if self.ended == Ended::Ready {
            let at = self.command_line_address.map(|at| format!(" at {at:#x}")).unwrap_or_default();
            writeln!(f, "command line{at}  {}", self.command_line)?;
        }
        write!(f, "all of it took {}", size::time(self.time))
    }
}
