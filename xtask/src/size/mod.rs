//! Sizes: of source files, of the boot programs, and of each machine alone beside its peers.
//!
//! What belongs here: measuring, limits, and what was measured before. What does not: building the boot programs, which
//! `interop` does for its tests, and the programs that are measured (`benches/size`).

use crate::command::Done;

mod baseline;
mod files;
mod firmware;
mod machines;
mod stack;

pub(crate) use files::run as files;
pub(crate) use firmware::run as firmware;

/// What can be said about a measurement.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Install nothing.
    #[arg(long)]
    no_install: bool,
    /// Write down what the machines have now, and why that is more, or less, than before.
    #[arg(long, value_name = "REASON")]
    update: Option<String>,
    /// The machines on all processors; only the first one's sizes are compared.
    #[arg(long)]
    all_targets: bool,
}

/// Prints all tables; fails where something is over its limit, or more than 2 % over what was written down.
pub(crate) fn run(options: &Options) -> Done {
    let install = !options.no_install;
    let parts =
        [files(), firmware(install), machines::run(install, options.all_targets, options.update.as_deref())];
    let failures: Vec<_> = parts.into_iter().filter_map(Result::err).collect();
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}
