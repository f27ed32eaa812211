//! What the repository as a whole is held to, besides its tests: every feature builds alone, documents have no dead
//! links and no misspelt words, and what is linked has a licence that fits ours.

mod links;

use crate::command::{Done, root, run};
use crate::tools::{self, Tool};
use interop::packages::{How, Peer};
use std::process::Command;

/// Looks for words that are known to be misspelt.
const CODESPELL: Peer =
    Peer { name: "codespell", package: "codespell", how: How::Install, file: "usr/bin/codespell" };

/// A check: its name, and whether it needs something that may have to be installed.
pub(crate) type Check = (&'static str, fn(bool) -> Done);

/// All of them.
pub(crate) const CHECKS: [Check; 4] = [
    ("every feature alone", features),
    ("links between documents", |_| links::check()),
    ("spelling", spelling),
    ("licences and sources of what is linked", dependencies),
];

/// Runs them one after another, as far as the first that fails.
pub(crate) fn all(installs: bool) -> Done {
    CHECKS.iter().try_for_each(|(name, check)| {
        println!("== {name}");
        check(installs)
    })
}

/// A cargo subcommand that is a program of its own.
fn subcommand(tool: &Tool, installs: bool, words: &[&str]) -> Done<Command> {
    let mut command = Command::new(tool.get(installs)?);
    command.args(words).current_dir(root());
    Ok(command)
}

fn features(installs: bool) -> Done {
    let words = ["hack", "check", "--each-feature", "--lib", "--quiet"];
    let mut command = subcommand(&tools::HACK, installs, &words)?;
    for package in crate::test::PROTOCOL {
        command.arg(package);
    }
    // They exclude each other, or want a panic handler of whoever links: built by `cargo xtask bare-metal`.
    command.args(["--exclude-features", "freestanding"]);
    run(&mut command)
}

fn spelling(installs: bool) -> Done {
    let program = CODESPELL.get(installs).and_then(|()| CODESPELL.path());
    run(Command::new(program.map_err(|error| error.to_string())?).current_dir(root()))
}

fn dependencies(installs: bool) -> Done {
    // The advisories' database is not a package of a registry: `cargo deny check advisories` where it can be had.
    let words = ["--all-features", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"];
    run(&mut subcommand(&tools::DENY, installs, &words)?)
}
