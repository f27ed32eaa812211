//! How `apt-get` is called: with this machine's settings, or for another architecture.
//!
//! For another one it has lists and states of its own under `target/peers`, made from this machine's sources: nothing of
//! it appears in this machine's package database, and no root is needed.

use crate::Outcome;
use crate::packages::{ask, folder, run};
use std::path::Path;
use std::process::Command;

/// What it is told.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// Debian's name of the other architecture.
    architecture: Option<&'static str>,
    options: Vec<String>,
}

impl Settings {
    /// Those for another architecture, with lists as the archive has them now, where there were none.
    ///
    /// # Errors
    /// No place for them.
    pub(crate) fn of(architecture: &'static str) -> Outcome<Self> {
        let place = folder().join(format!("apt-{architecture}"));
        for name in ["lists/partial", "archives/partial"] {
            std::fs::create_dir_all(place.join(name))?;
        }
        let status = place.join("status");
        if !status.exists() {
            std::fs::write(&status, "")?;
        }
        let place = place.display();
        let options = [
            format!("APT::Architecture={architecture}"),
            format!("APT::Architectures={architecture}"),
            format!("Dir::State={place}"),
            format!("Dir::State::status={place}/status"),
            format!("Dir::State::lists={place}/lists"),
            format!("Dir::Cache={place}"),
            // The user that root's apt-get becomes may not come here.
            "APT::Sandbox::User=root".to_owned(),
        ];
        let options = options.into_iter().flat_map(|option| ["-o".to_owned(), option]).collect();
        Ok(Self { architecture: Some(architecture), options })
    }

    /// The folder for packages, of those that have the same names.
    pub(crate) fn debs(&self) -> String {
        self.architecture.map_or_else(|| "debs".into(), |architecture| format!("debs-{architecture}"))
    }

    /// Calls it.
    ///
    /// # Errors
    /// Its own words.
    pub(crate) fn apt(&self, arguments: &[&str], inside: &Path) -> Outcome {
        let mut command = Command::new("apt-get");
        command.args(["-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]).args(&self.options);
        run(command.args(arguments).current_dir(inside).env("DEBIAN_FRONTEND", "noninteractive"))
    }

    /// Follows a package that only depends on the real one: `linux-image-cloud-amd64` and `linux-image-amd64`.
    pub(crate) fn concrete(&self, package: &str) -> String {
        let mut arguments: Vec<&str> = self.options.iter().map(String::as_str).collect();
        arguments.extend(["depends", "--no-recommends", "--no-suggests", package]);
        let depends = ask("apt-cache", &arguments).unwrap_or_default();
        let prefix = package.trim_end_matches("-amd64").trim_end_matches("-arm64").trim_end_matches("-cloud");
        depends
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Depends: "))
            .find(|name| package.starts_with("linux-image") && name.starts_with(prefix))
            .unwrap_or(package)
            .to_owned()
    }
}
