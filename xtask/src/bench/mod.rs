//! Measurements, ours beside others' in the same run, and where their tables are kept.
//!
//! What belongs here: running what measures, and the tables. What does not: the work that is measured in one process
//! (`benches/micro`), sizes (`cargo xtask size`), and any assertion about time.

use crate::command::{Done, ask, cargo, root};
use clap::Subcommand;
use std::process::Command;

mod boot;
mod growth;
mod micro;
mod transfer;
mod uefi;

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: Option<What>,
    /// Put the tables into docs/performance.md, with the command and the date.
    #[arg(long, global = true)]
    write: bool,
}

#[derive(Subcommand)]
enum What {
    /// Reading an OFFER and writing a DISCOVER, beside other libraries.
    Dhcp,
    /// A download of 64 MiB from memory to memory, beside ttftp.
    Tftp,
    /// 1, 100 and 10,000 boot clients in one process.
    Growth,
    /// Whole transfers between our client and server and those of others.
    Transfer(transfer::Options),
    /// How fast a machine boots over its PXE ROM by our boot program and by those of others.
    Boot(boot::Options),
}

/// The file that keeps the tables.
const FILE: &str = "docs/performance.md";

/// Measures what was asked for, or everything.
pub(crate) fn run(options: &Options) -> Done {
    match &options.what {
        Some(What::Dhcp) => tell(options, "dhcp", &micro::dhcp()?),
        Some(What::Tftp) => tell(options, "tftp", &micro::tftp()?),
        Some(What::Growth) => tell(options, "growth", &growth::table()?),
        Some(What::Transfer(own)) => tell(options, "transfer", &transfer::table(own)?),
        Some(What::Boot(own)) => boot::run(own),
        None => {
            tell(options, "dhcp", &micro::dhcp()?)?;
            tell(options, "tftp", &micro::tftp()?)?;
            tell(options, "growth", &growth::table()?)?;
            tell(options, "transfer", &transfer::table(&transfer::Options::default())?)?;
            boot::run(&boot::Options::default())
        }
    }
}

/// What shows that the benches build and that what they measure answers right, each once and without a clock.
pub(crate) fn checks() -> [Command; 3] {
    let mut lints = micro::benches(&["clippy", "--all-targets"]);
    lints.args(["--", "-D", "warnings"]);
    let mut format = cargo(&["fmt", "--check", "--manifest-path"]);
    format.arg(root().join("benches/micro/Cargo.toml"));
    [format, lints, micro::benches(&["test", "--all-targets"])]
}

/// Prints a table, and keeps it where that was asked for.
fn tell(options: &Options, name: &str, table: &str) -> Done {
    println!("\n{table}");
    if !options.write {
        return Ok(());
    }
    let path = root().join(FILE);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{FILE}: {error}"))?;
    let (begin, end) = (format!("<!-- bench {name} -->\n"), format!("<!-- end of bench {name} -->"));
    let place = text.find(&begin).map(|at| at + begin.len());
    let (Some(from), Some(to)) = (place, text.find(&end)) else {
        return Err(format!("{FILE}: no {} ... {end}", begin.trim()));
    };
    let (before, after) = (text.get(..from).unwrap_or_default(), text.get(to..).unwrap_or_default());
    let date = ask("date", &["+%Y-%m-%d"]).unwrap_or_default();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?").to_owned();
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let head = format!(
        "`cargo xtask bench {name}`, on {}, {processors} processors, load {load} at the end:\n\n",
        date.trim()
    );
    std::fs::write(&path, format!("{before}{head}{table}{after}")).map_err(|error| format!("{FILE}: {error}"))
}
