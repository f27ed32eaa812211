//! Programs that cargo installs: those on the PATH, or else of a fixed version under `target/tools`.

use crate::command::{Done, cargo, root, run};
use std::path::PathBuf;

/// A package of crates.io with a program.
pub(crate) struct Tool {
    /// Package and program.
    name: &'static str,
    version: &'static str,
}

/// Builds a crate once for every feature.
pub(crate) const HACK: Tool = Tool { name: "cargo-hack", version: "0.6.46" };
/// Looks at licences and sources of what is linked.
pub(crate) const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };
/// Builds and runs fuzz targets.
pub(crate) const FUZZ: Tool = Tool { name: "cargo-fuzz", version: "0.13.2" };
/// Says which lines the tests reach.
pub(crate) const LLVM_COV: Tool = Tool { name: "cargo-llvm-cov", version: "0.9.1" };

impl Tool {
    /// Where it is, if it is here.
    pub(crate) fn find(&self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .chain([folder().join("bin")])
            .map(|folder| folder.join(self.name))
            .find(|file| file.is_file())
    }

    /// Where it is; with `installs`, gets it.
    pub(crate) fn get(&self, installs: bool) -> Done<PathBuf> {
        if let Some(found) = self.find() {
            return Ok(found);
        }
        if !installs {
            return Err(format!("{0} is missing: cargo install --locked {0}@{1}", self.name, self.version));
        }
        let package = format!("{}@{}", self.name, self.version);
        run(cargo(&["install", "--locked", "--quiet", &package, "--root"]).arg(folder()))?;
        Ok(folder().join("bin").join(self.name))
    }
}

fn folder() -> PathBuf {
    root().join("target/tools")
}
