//! What a boot came to: the table for a person, the last event for a program.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::Fetched;
use super::files::save;
use crate::Error;

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
