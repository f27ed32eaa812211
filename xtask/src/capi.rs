//! `cargo xtask capi`: the library for C under a prefix.

use crate::command::Done;
use interop::capi::{Flavour, install};
use std::path::PathBuf;

/// What can be said about it.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where `include/` and `lib/` go.
    #[arg(long)]
    prefix: PathBuf,
    /// For a program without an operating system: no standard library, and a panic handler of the library's own.
    #[arg(long)]
    freestanding: bool,
}

pub(crate) fn run(options: &Options) -> Done {
    let flavour = if options.freestanding { Flavour::Freestanding } else { Flavour::Hosted };
    install(flavour, &options.prefix).map_err(|error| error.to_string())?;
    let pkg_config = options.prefix.join("lib/pkgconfig");
    println!("PKG_CONFIG_PATH={} pkg-config --cflags --libs bootproto", pkg_config.display());
    Ok(())
}
