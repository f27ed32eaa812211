//! Every check and test, one after another, and what came of them.

use crate::command::{Done, cargo, root, run as start, run_watched, shown};
use crate::{bare_metal, bench, errors, fuzz, panic_proof, readme, size, tidy, tools};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// What can be said about a run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Install and download nothing; tests whose peers are missing are listed at the end.
    #[arg(long)]
    no_install: bool,
    /// Leave out the slow tests with real machines: all cards, a gigabyte, losses, restarts.
    #[arg(long)]
    quick: bool,
    /// Run only the tests whose name contains this, and none of the other checks.
    filter: Option<String>,
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    failures: Vec<String>,
    could_not_run: Vec<String>,
}

/// The crates that firmware links.
pub(crate) const PROTOCOL: [&str; 14] = [
    "-p",
    "bootproto-core",
    "-p",
    "bootproto-dhcp",
    "-p",
    "bootproto-tftp",
    "-p",
    "bootproto",
    "-p",
    "bootproto-pxe-api",
    "-p",
    "bootproto-ib-verbs-lite",
    "-p",
    "bootproto-capi",
];

pub(crate) fn run(options: &Options) -> ExitCode {
    let mut tally = Tally::default();
    if options.filter.is_none() {
        checks(&mut tally, options);
    }
    let filter = options.filter.as_deref();
    tally.tests(cargo(&["test", "--no-fail-fast"]), filter);
    tally.tests(cargo(&["test", "--no-fail-fast", "--package", "xtask"]), filter);
    let mut quick = cargo(&["test", "--no-fail-fast", "--profile", "testrelease", "--lib", "--tests"]);
    quick.args(PROTOCOL);
    tally.tests(quick, filter);
    if options.filter.is_none() {
        fuzzing(&mut tally, options);
    }
    let report = interop(&mut tally, options);
    conclude(&tally, &report)
}

fn checks(tally: &mut Tally, options: &Options) {
    tally.check(&mut cargo(&["fmt", "--all", "--check"]));
    tally.check(&mut cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]));
    let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--document-private-items", "--quiet"]);
    tally.check(doc.env("RUSTDOCFLAGS", "-D warnings"));
    tally.chore("sizes of source files", size::files);
    for (name, check) in tidy::CHECKS {
        tally.chore(name, || check(!options.no_install));
    }
    tally.chore("docs/errors.md", || errors::run(true));
    tally.chore("the example in README.md", || readme::run(true));
    let mut format = cargo(&["fmt", "--all", "--check", "--manifest-path", "firmware/Cargo.toml"]);
    tally.check(&mut format);
    // Clippy looks at it as a program for this host: the code is the same.
    let mut lints = cargo(&["clippy", "--manifest-path", "firmware/Cargo.toml", "--quiet", "--target-dir"]);
    tally.check(lints.args(["target/firmware-host", "--", "-D", "warnings"]));
    let mut lints =
        cargo(&["clippy", "--manifest-path", "firmware/bios/Cargo.toml", "--quiet", "--target-dir"]);
    tally.check(lints.args(["target/firmware-host", "--", "-D", "warnings"]));
    for mut command in bench::checks() {
        tally.check(&mut command);
    }
    tally.chore("bootproto without an operating system", || bare_metal::run(!options.no_install));
    tally.chore("no reachable panic", || panic_proof::check(!options.no_install));
    tally.chore("the boot programs of firmware/", || size::firmware(!options.no_install));
}

/// Every fuzz target for a short while: what a change breaks at once shows here, the rest in a longer run.
fn fuzzing(tally: &mut Tally, options: &Options) {
    let is_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    if options.no_install && !is_ci && tools::FUZZ.find().is_none() {
        tally.could_not_run.push("fuzzing: cargo-fuzz is not installed".into());
        return;
    }
    let fuzzing = fuzz::Options::all(if is_ci { 60 } else { 10 }, options.no_install);
    tally.chore(&format!("fuzzing, {} s each", fuzzing.seconds), || fuzz::run(&fuzzing));
}

fn interop(tally: &mut Tally, options: &Options) -> serde_json::Value {
    let file: PathBuf = std::env::temp_dir().join(format!("interop-{}.json", std::process::id()));
    let mut peers = cargo(&["test", "-p", "interop", "--release", "--no-fail-fast", "--"]);
    peers.env("INTEROP_REPORT", &file);
    if !options.no_install {
        peers.env("INTEROP_INSTALL", "1");
    }
    if !options.quick {
        peers.arg("--include-ignored");
    }
    tally.tests(peers, options.filter.as_deref());
    let report = std::fs::read_to_string(&file).unwrap_or_default();
    let _ = std::fs::remove_file(&file);
    serde_json::from_str(&report).unwrap_or_default()
}

fn conclude(tally: &Tally, report: &serde_json::Value) -> ExitCode {
    let list = |key: &str| report[key].as_array().cloned().unwrap_or_default();
    println!("\nreal peers that took part:");
    list("peers").iter().filter_map(|peer| peer.as_str()).for_each(|peer| println!("    {peer}"));
    let could_not_run = list("could_not_run");
    if !could_not_run.is_empty() || !tally.could_not_run.is_empty() {
        println!("could not run:");
    }
    tally.could_not_run.iter().for_each(|what| println!("    {what}"));
    for entry in &could_not_run {
        let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        println!("    {}: {}", text("test"), text("why"));
    }
    if !tally.failures.is_empty() {
        println!("failed:");
        tally.failures.iter().for_each(|failure| println!("    {failure}"));
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Tally {
    fn check(&mut self, command: &mut Command) {
        self.chore(&shown(command), || start(command));
    }

    fn chore(&mut self, name: &str, chore: impl FnOnce() -> Done) {
        println!("\n== {name}");
        match chore() {
            Ok(()) => self.passed += 1,
            Err(error) => self.fail(error),
        }
    }

    fn fail(&mut self, what: String) {
        println!("{what}");
        self.failed += 1;
        self.failures.push(what);
    }

    /// Counts what `cargo test` says about each test program.
    fn tests(&mut self, mut command: Command, filter: Option<&str>) {
        if let Some(filter) = filter {
            if !command.get_args().any(|word| word == "--") {
                command.arg("--");
            }
            command.arg(filter);
        }
        println!("\n== {}", shown(&command));
        let before = self.failed;
        let done = run_watched(command.current_dir(root()), |line| self.line(line));
        // It may also fail without a failed test: something does not build, a test program crashes.
        if let Err(error) = done
            && self.failed == before
        {
            self.fail(error);
        }
    }

    fn line(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            let count = |word: &str| {
                let part = result.split([';', '.']).find_map(|part| part.trim().strip_suffix(word));
                part.and_then(|number| number.trim().parse::<usize>().ok()).unwrap_or(0)
            };
            self.passed += count("passed");
            self.failed += count("failed");
        } else if let Some(name) =
            line.strip_prefix("test ").and_then(|line| line.strip_suffix(" ... FAILED"))
        {
            self.failures.push(name.to_owned());
        }
    }
}
