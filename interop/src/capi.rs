//! The library for C as a user installs it: header, static library, files for pkg-config and CMake.

use crate::{Outcome, packages};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// For programs with an operating system.
    Hosted,
    /// For those without: no standard library, a panic handler of its own.
    Freestanding,
}

impl Flavour {
    /// What a program links beside it: what `rustc --print native-static-libs` says, as far as C does not anyway.
    const fn system_libraries(self) -> &'static str {
        match self {
            Self::Hosted => "-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc",
            Self::Freestanding => "",
        }
    }

    const fn folder(self) -> &'static str {
        match self {
            Self::Hosted => "capi",
            Self::Freestanding => "capi-freestanding",
        }
    }
}

/// What `cargo rustc` is told for the library without an operating system: what `cargo xtask panic-proof` proves is what
/// a user gets. All crates are compiled as one (`lto`), or calls between them would keep what can't happen in them.
pub const FREESTANDING: [&str; 16] = [
    "--release",
    "--locked",
    "--package",
    "bootproto-capi",
    "--lib",
    "--crate-type",
    "staticlib",
    "--no-default-features",
    "--features",
    "freestanding,frames",
    "--config",
    "profile.release.panic=\"abort\"",
    "--config",
    "profile.release.lto=\"fat\"",
    "--config",
    "profile.release.codegen-units=1",
];

/// The crate's folder.
#[must_use]
pub fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../capi")
}

/// Builds the library for this machine and puts all that a C program wants under `prefix`.
///
/// # Errors
/// It does not build, or can't be written.
pub fn install(flavour: Flavour, prefix: &Path) -> Outcome {
    let folder = packages::target().join(flavour.folder());
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    match flavour {
        Flavour::Hosted => build.args(["build", "--release", "--locked", "--package", "bootproto-capi"]),
        Flavour::Freestanding => build.arg("rustc").args(FREESTANDING),
    };
    build.arg("--target-dir").arg(&folder);
    if !build.current_dir(source()).status()?.success() {
        return Err("bootproto-capi does not build".into());
    }
    let place = |from: &Path, to: &str| -> Outcome {
        let to = prefix.join(to);
        std::fs::create_dir_all(to.parent().unwrap_or(prefix))?;
        std::fs::copy(from, &to).map_err(|error| format!("{}: {error}", to.display()))?;
        Ok(())
    };
    place(&folder.join("release/libbootproto_capi.a"), "lib/libbootproto_capi.a")?;
    place(&source().join("include/bootproto.h"), "include/bootproto.h")?;
    for (from, to) in [
        ("bootproto.pc.in", "lib/pkgconfig/bootproto.pc"),
        ("bootproto-config.cmake.in", "lib/cmake/bootproto/bootproto-config.cmake"),
    ] {
        let to = prefix.join(to);
        std::fs::create_dir_all(to.parent().unwrap_or(prefix))?;
        let text = std::fs::read_to_string(source().join("package").join(from))?;
        let text = text.replace("@VERSION@", env!("CARGO_PKG_VERSION"));
        std::fs::write(to, text.replace("@SYSTEM@", flavour.system_libraries()))?;
    }
    Ok(())
}
