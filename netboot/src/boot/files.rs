//! The files of a boot, each in memory of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use bootproto::client::{Client, FileKind};
use bootproto::transfer::{Statistics, Terms};
use bootproto_core::Instant;
use serde_json::{Value, json};

use crate::embedded::tree::sha256;
use crate::error::printable;
use crate::transfer::Sink;
use crate::{Error, size};

/// One file, whole or on its way.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Fetched {
    /// What it is for.
    pub kind: FileKind,
    /// Its name, as the server was asked.
    pub name: String,
    /// The server, with the port from which it answered.
    pub server: Option<SocketAddr>,
    /// Where it would lie in the machine's memory.
    pub address: Option<u64>,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether the manifest names it, and it is the one that is named.
    pub verified: bool,
    /// How long it took.
    pub time: Duration,
    /// What was negotiated.
    pub terms: Option<Terms>,
    /// What the transfer cost.
    pub statistics: Statistics,
    begun: Instant,
}

impl Fetched {
    /// The SHA-256, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> String {
        sha256(&self.bytes)
    }

    /// The file as an object for a program.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "kind": self.kind.to_string(), "path": self.name, "size": self.bytes.len(), "sha256": self.digest(),
            "address": self.address, "verified": self.verified, "server": self.server.map(|server| server.to_string()),
            "seconds": self.time.as_secs_f64(),
            "bytes_per_second": size::per_second(self.bytes.len() as u64, self.time),
            "blksize": self.terms.map(|terms| terms.block_size),
            "windowsize": self.terms.map(|terms| terms.window_size),
            "retransmissions": self.statistics.retransmissions,
        })
    }
}

/// All files so far, in the order in which they came.
#[derive(Debug, Default)]
pub struct Files(Vec<Fetched>);

impl Files {
    /// The files.
    #[must_use]
    pub fn all(&self) -> &[Fetched] {
        &self.0
    }

    pub(super) fn into_all(self) -> Vec<Fetched> {
        self.0
    }

    /// A file begins, perhaps once more; the bytes that came before its place was known are its first.
    pub(super) fn open(&mut self, client: &Client, kind: FileKind, address: Option<u64>, now: Instant) {
        self.forget(kind);
        self.0.push(Fetched {
            kind,
            name: printable(client.file_name()),
            server: None,
            address,
            bytes: client.head().to_vec(),
            verified: false,
            time: Duration::ZERO,
            terms: None,
            statistics: Statistics::default(),
            begun: now,
        });
    }

    /// The last file of this kind is not kept, unless it is whole: a configuration may come in several.
    pub(super) fn forget(&mut self, kind: FileKind) {
        if self.0.last().is_some_and(|last| last.kind == kind && last.time == Duration::ZERO) {
            self.0.pop();
        }
    }

    /// Puts bytes where they belong. What the server announced sizes nothing: memory grows with what comes.
    pub(super) fn store(&mut self, kind: FileKind, offset: u64, bytes: &[u8]) {
        let Some(file) = self.last_mut(kind) else { return };
        let Ok(start) = usize::try_from(offset) else { return };
        let end = start.saturating_add(bytes.len());
        if file.bytes.len() < end {
            file.bytes.resize(end, 0);
        }
        file.bytes[start..end].copy_from_slice(bytes);
    }

    pub(super) fn received(&mut self, client: &Client, kind: FileKind, now: Instant) -> Option<&Fetched> {
        let file = self.last_mut(kind)?;
        // Never zero, which marks a file that is on its way.
        file.time = now.saturating_since(file.begun).max(Duration::from_micros(1));
        file.server = client.peer();
        file.terms = client.terms();
        file.statistics = client.statistics();
        Some(file)
    }

    pub(super) fn last_mut(&mut self, kind: FileKind) -> Option<&mut Fetched> {
        self.0.iter_mut().rev().find(|file| file.kind == kind)
    }

    /// Writes every file into a directory, each whole or not at all.
    ///
    /// # Errors
    /// The directory can't be written into.
    pub fn save(&self, directory: &Path) -> Result<(), Error> {
        save(&self.0, directory)
    }
}

pub(super) fn save(files: &[Fetched], directory: &Path) -> Result<(), Error> {
    let mut saved: Vec<(String, &Fetched)> = Vec::new();
    for file in files {
        let name = local_name(&file.name);
        if saved.iter().any(|(_, other)| other.name == file.name && other.bytes == file.bytes) {
            continue;
        }
        // Files of the same name from several directories do not replace each other.
        let names = std::iter::once(name.clone()).chain((2_u32..).map(|number| format!("{name}-{number}")));
        let free = |name: &String| !saved.iter().any(|(taken, _)| taken == name);
        let name = names.into_iter().find(free).unwrap_or(name);
        let path = directory.join(&name);
        saved.push((name, file));
        let mut sink = Sink::create(&path)?;
        sink.write_at(0, &file.bytes)
            .map_err(|error| Error::local_file(path.display().to_string(), &error))?;
        sink.finish()?;
    }
    Ok(())
}

/// The most bytes that a saved file's name has; file systems have 255.
const LONGEST: usize = 200;

/// What a file of the network is called here. The server's names may hold anything: only the last part is taken, never
/// one that leads elsewhere, and none that a shell would read or `ls` would hide.
fn local_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible = last.trim_start_matches(['.', '-']);
    let mut local = String::new();
    for c in visible.chars() {
        if local.len() + c.len_utf8() > LONGEST {
            break;
        }
        local.push(c);
    }
    if local.is_empty() { "file".to_owned() } else { local }
}

#[cfg(test)]
mod tests {
    use super::local_name;

    #[test]
    fn a_name_from_the_network_is_a_plain_file_here() {
        for (name, local) in [
            ("boot/vmlinuz", "vmlinuz"),
            ("C:\\boot\\nbp", "nbp"),
            ("../../etc/passwd", "passwd"),
            (".bashrc", "bashrc"),
            ("x/..", "file"),
            ("", "file"),
            ("-rf", "rf"),
        ] {
            assert_eq!(local_name(name), local, "{name}");
        }
        assert!(local_name(&"\u{fffd}".repeat(255)).len() <= 200);
    }
}
