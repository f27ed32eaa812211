//! The proof that the protocol crates need neither an operating system nor an allocator.

use crate::command::{Done, ask, cargo, run as start};
use std::path::Path;
use std::process::Command;

/// A processor without an operating system.
const TARGET: &str = "thumbv7m-none-eabi";
/// Debian's compiler whose library source is packaged with it.
const DEBIAN: [&str; 2] = ["rustc-web", "rust-web-src"];

/// Builds `bootproto` for it; with `install`, gets what is missing.
pub(crate) fn run(install: bool) -> Done {
    let mut build = cargo(&["build", "--package", "bootproto", "--no-default-features", "--target", TARGET]);
    if !has_target() {
        if !has_debian() && install {
            install_debian();
        }
        if !has_debian() {
            return Err(format!(
                "needs the target: rustup target add {TARGET}, or on Debian: apt-get install {}",
                DEBIAN.join(" ")
            ));
        }
        // The library is built from source, and only `core`: there is no allocator to fall back on.
        build.arg("-Zbuild-std=core").env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
        build.env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTC_WRAPPER");
        // Two compilers must not share one folder.
        build.args(["--target-dir", "target/bare-metal"]);
    }
    start(&mut build)
}

fn has_target() -> bool {
    ask("rustup", &["target", "list", "--installed"])
        .is_some_and(|list| list.lines().any(|line| line == TARGET))
}

fn has_debian() -> bool {
    Path::new("/usr/bin/rustc").exists()
        && ask("/usr/bin/rustc", &["--print", "sysroot"]).is_some_and(|root| {
            Path::new(root.trim()).join("lib/rustlib/src/rust/library/core/src/lib.rs").exists()
        })
}

fn install_debian() {
    let mut install = Command::new("apt-get");
    install.args(["-q", "install", "-y", "--no-install-recommends"]).args(DEBIAN);
    if let Err(error) = start(install.env("DEBIAN_FRONTEND", "noninteractive")) {
        eprintln!("{error}");
    }
}
