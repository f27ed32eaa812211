//! Where the programs of others come from: Debian packages, installed or unpacked.
//!
//! Those that conflict with each other, or start daemons when installed, are unpacked under `target/peers` and run from
//! there. Nothing is fetched or installed unless the caller says so.

use crate::Outcome;
use crate::apt::Settings;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

/// Set where uid 0 is only that of a user namespace.
pub const NO_ROOT: &str = "INTEROP_NO_ROOT";

/// How a package gets here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// `apt-get install`, as root.
    Install,
    /// `apt-get download` and `dpkg -x` under `target/peers`; no root needed. With the libraries it needs.
    Unpack(&'static [&'static str]),
    /// The same for another architecture, by Debian's name; this machine's package lists hear nothing of it.
    UnpackFor(&'static str),
}

/// A program of someone else.
#[derive(Debug, PartialEq, Eq)]
pub struct Peer {
    /// What it's called in reports.
    pub name: &'static str,
    /// The Debian package.
    pub package: &'static str,
    /// How to get it.
    pub how: How,
    /// The file that must be there, from `/`.
    pub file: &'static str,
}

/// The folder for what is unpacked: `peers` in cargo's target folder.
#[must_use]
pub fn folder() -> PathBuf {
    target().join("peers")
}

/// Cargo's target folder.
#[must_use]
pub fn target() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    // .../target/PROFILE/deps/peers-HASH
    let found =
        program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists()).map(Path::to_path_buf);
    found.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"))
}

impl Peer {
    /// Where the program is, if it is here.
    #[must_use]
    pub fn find(&self) -> Option<PathBuf> {
        match self.how {
            How::Install => [Path::new("/"), Path::new("/usr")]
                .into_iter()
                .map(|root| root.join(self.file))
                .find(|path| path.exists()),
            How::Unpack(_) | How::UnpackFor(_) => {
                Some(self.unpacked().join(self.file)).filter(|path| path.exists())
            }
        }
    }

    /// Where the program is.
    ///
    /// # Errors
    /// It isn't here.
    pub fn path(&self) -> Outcome<PathBuf> {
        self.find().ok_or_else(|| self.needs().into())
    }

    /// The program as a command, with its libraries if they were unpacked.
    ///
    /// # Errors
    /// It isn't here.
    pub fn command(&self) -> Outcome<Command> {
        let mut command = Command::new(self.path()?);
        if let How::Unpack([_, ..]) = self.how {
            let root = self.unpacked();
            let libraries = ["lib", "usr/lib"].map(|folder| {
                root.join(folder).join(format!("{}-linux-gnu", std::env::consts::ARCH)).display().to_string()
            });
            command.env("LD_LIBRARY_PATH", libraries.join(":"));
        }
        Ok(command)
    }

    /// The folder it is unpacked in.
    #[must_use]
    pub fn unpacked(&self) -> PathBuf {
        match self.how {
            How::UnpackFor(architecture) => folder().join(format!("{}-for-{architecture}", self.package)),
            How::Install | How::Unpack(_) => folder().join(self.package),
        }
    }

    /// The sentence for the person who lacks it.
    #[must_use]
    pub fn needs(&self) -> String {
        format!("needs {}", self.package)
    }

    /// Name, package and version for the report.
    #[must_use]
    pub fn version(&self) -> String {
        let version = match self.how {
            How::Install => ask("dpkg-query", &["-W", "-f", "${Version}", self.package]),
            How::Unpack(_) | How::UnpackFor(_) => {
                std::fs::read_to_string(self.unpacked().join("VERSION")).ok()
            }
        };
        let version = version.unwrap_or_else(|| "of unknown version".into());
        format!("{} ({} {})", self.name, self.package, version.trim())
    }

    /// Makes sure that it is here; with `fetch`, gets it where it isn't.
    ///
    /// # Errors
    /// Why it didn't work.
    pub fn get(&self, fetch: bool) -> Outcome {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _guard = ONE_AT_A_TIME.lock().map_err(|_| "another package failed badly")?;
        if self.find().is_some() {
            return Ok(());
        }
        if !fetch {
            return Err(self.needs().into());
        }
        match self.how {
            How::Install if !is_root() => Err(self.needs().into()),
            How::Install => install(&[self.package]),
            How::Unpack(libraries) => {
                lists();
                let settings = Settings::default();
                // A list that is older than the archive names versions that are gone.
                self.unpack(&settings, libraries).or_else(|_| {
                    refresh();
                    self.unpack(&settings, libraries)
                })
            }
            How::UnpackFor(architecture) => {
                let settings = Settings::of(architecture)?;
                self.unpack(&settings, &[]).or_else(|_| {
                    settings.apt(&["update"], Path::new("/"))?;
                    self.unpack(&settings, &[])
                })
            }
        }
    }

    fn unpack(&self, settings: &Settings, libraries: &[&str]) -> Outcome {
        let debs = folder().join(settings.debs());
        std::fs::create_dir_all(&debs)?;
        let main = settings.concrete(self.package);
        // Unpacked aside and renamed at the end: an interrupted run leaves nothing half done under the final name.
        let aside = folder().join(format!("{}.{}", self.package, std::process::id()));
        for package in std::iter::once(main.as_str()).chain(libraries.iter().copied()) {
            settings.apt(&["download", package], &debs)?;
            let deb = newest(&debs, package)?;
            run(Command::new("dpkg").arg("-x").arg(&deb).arg(&aside))?;
            if package == main {
                let version = ask("dpkg-deb", &["-f", &deb.display().to_string(), "Version"]);
                std::fs::write(aside.join("VERSION"), version.unwrap_or_default())?;
            }
        }
        let _ = std::fs::remove_dir_all(self.unpacked());
        std::fs::rename(&aside, self.unpacked())?;
        Ok(())
    }
}

fn is_root() -> bool {
    rustix::process::getuid().is_root() && std::env::var_os(NO_ROOT).is_none()
}

/// Installs packages, as root.
///
/// # Errors
/// No right to it, or apt-get's own words.
pub(crate) fn install(packages: &[&str]) -> Outcome {
    if !is_root() {
        return Err(format!("needs {}", packages.join(" ")).into());
    }
    lists();
    let arguments = [&["install", "-y", "--no-install-recommends"], packages].concat();
    // A list that is older than the archive names versions that are gone.
    apt(&arguments, Path::new("/")).or_else(|_| {
        refresh();
        apt(&arguments, Path::new("/"))
    })
}

/// Package lists, where there are none (a fresh container).
fn lists() {
    let known = ask("apt-cache", &["policy", "dnsmasq-base"]).unwrap_or_default();
    if !known.contains("500 http") {
        refresh();
    }
}

/// Package lists anew, once in a run.
fn refresh() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        if is_root() {
            let _ = apt(&["update", "-q"], Path::new("/"));
        }
    });
}

fn apt(arguments: &[&str], folder: &Path) -> Outcome {
    Settings::default().apt(arguments, folder)
}

fn newest(folder: &Path, package: &str) -> Outcome<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.split('_').next() == Some(package)
        })
        .collect();
    found.sort_by_key(|path| path.metadata().and_then(|data| data.modified()).ok());
    found.pop().ok_or_else(|| format!("no {package} was downloaded").into())
}

pub(crate) fn run(command: &mut Command) -> Outcome {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(format!("{:?}: {}", command.get_program(), text.trim()).into())
}

pub(crate) fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
