//! What the TFTP tests share: the servers to choose from, and the program's commands.

use interop::namespace::Namespace;
use interop::payload::Tree;
use interop::process::{Finished, Program, run};
use interop::{Outcome, runner, servers};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Empty, one byte, around a block, exact multiples of every block size used, more than a window.
pub(crate) const SIZES: &[usize] = &[0, 1, 511, 512, 513, 1468, 2936, 8192, 20_000, 1_503_232];

/// Who serves.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Server {
    Hpa,
    Atftpd,
    Dnsmasq,
    Ours,
}

impl Server {
    /// Starts it over a tree, on an interface that has an address.
    pub(crate) fn start(self, inside: &Namespace, interface: &str, tree: &Tree) -> Outcome<Program> {
        match self {
            Self::Hpa => servers::tftpd_hpa(inside, tree, false),
            Self::Atftpd => servers::atftpd(inside, tree),
            Self::Dnsmasq => servers::dnsmasq_tftp(inside, interface, tree),
            Self::Ours => {
                let root = tree.path().display().to_string();
                servers::netboot(inside, interface, &["--root", &root])
            }
        }
    }
}

/// `netboot get`.
#[derive(Debug)]
pub(crate) struct Get<'a> {
    pub(crate) inside: &'a Namespace,
    pub(crate) url: &'a str,
    pub(crate) to: &'a Path,
    pub(crate) options: &'a [&'a str],
}

impl Get<'_> {
    pub(crate) fn run(&self, limit: Duration) -> Outcome<Finished> {
        let mut command = Command::new(runner::netboot()?);
        command.arg("get").arg(self.url).arg(self.to).args(self.options);
        run(self.inside, command, limit)
    }
}

/// `netboot put`.
pub(crate) fn put(inside: &Namespace, from: &Path, url: &str, limit: Duration) -> Outcome<Finished> {
    let mut command = Command::new(runner::netboot()?);
    command.arg("put").arg(from).arg(url);
    run(inside, command, limit)
}
