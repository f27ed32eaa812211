//! Building and running the fuzz targets of `fuzz/`, and what came of them.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use crate::command::{Done, ask, root, run as start};
use crate::tools;

/// So many targets run at once, where there are as many processors.
const AT_ONCE: usize = 2;

/// An input that takes longer than so many seconds counts as a hang; the machine may be a slow and busy one.
const HANG: &str = "-timeout=60";

/// What can be said about a run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// So long each target runs.
    #[arg(long, default_value_t = 10)]
    pub(crate) seconds: u64,
    /// Run only this target, such as `dhcp_client`.
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<String>,
    /// Install nothing: cargo-fuzz must be there.
    #[arg(long)]
    pub(crate) no_install: bool,
    /// Add to the corpus of the repository what reaches something new, as few inputs as possible.
    #[arg(long)]
    keep: bool,
}

impl Options {
    /// All targets, for so many seconds.
    pub(crate) const fn all(seconds: u64, no_install: bool) -> Self {
        Self { seconds, only: None, no_install, keep: false }
    }
}

/// What came of one target.
struct Outcome {
    name: String,
    executions: String,
    edges: String,
    features: String,
    new: usize,
    crash: Option<Crash>,
}

/// An input that a target does not stand, or whatever else ended it early.
struct Crash {
    input: Option<PathBuf>,
    log: PathBuf,
}

/// Where things lie.
fn place(folder: &str, name: &str) -> PathBuf {
    root().join(folder).join(name)
}

pub(crate) fn run(options: &Options) -> Done {
    let names = targets(options.only.as_deref())?;
    let tool = tools::FUZZ.get(!options.no_install)?;
    let triple = triple()?;
    build(&tool, options.only.as_deref(), &triple)?;
    let programs = root().join("target/fuzz").join(triple).join("release");
    let queue = Mutex::new(names.into_iter().collect::<VecDeque<_>>());
    let outcomes = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(AT_ONCE);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(name) = queue.lock().ok().and_then(|mut queue| queue.pop_front()) {
                    let outcome = fuzz(&name, &programs, options);
                    if let Ok(mut outcomes) = outcomes.lock() {
                        outcomes.push(outcome);
                    }
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().map_err(|error| error.to_string())?;
    let outcomes = outcomes.into_iter().collect::<Done<Vec<_>>>()?;
    conclude(outcomes, options.seconds)
}

/// The targets by name.
fn targets(only: Option<&str>) -> Done<Vec<String>> {
    let mut names: Vec<String> = files(&root().join("fuzz/fuzz_targets"))
        .iter()
        .filter_map(|file| Some(file.file_name()?.to_str()?.strip_suffix(".rs")?.to_owned()))
        .collect();
    names.sort();
    match only {
        None => Ok(names),
        Some(only) if names.iter().any(|name| name == only) => Ok(vec![only.to_owned()]),
        Some(only) => Err(format!("--only {only}: there is no such target; there are {}", names.join(", "))),
    }
}

/// The target for which it is built, this machine's own; sanitizers want to be told.
fn triple() -> Done<String> {
    let about = ask("rustc", &["-vV"]).unwrap_or_default();
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc -vV does not say what machine this is".into())
}

/// Whether the compiler brings the address sanitizer; a distribution's may not.
fn has_sanitizer(triple: &str) -> bool {
    let place = ask("rustc", &["--print", "target-libdir", "--target", triple]).unwrap_or_default();
    files(Path::new(place.trim())).iter().any(|file| file.to_string_lossy().ends_with("_rt.asan.a"))
}

fn build(tool: &Path, only: Option<&str>, triple: &str) -> Done {
    let mut build = Command::new(tool);
    build.current_dir(root()).arg("build").args(only);
    build.args(["--target", triple, "--target-dir"]).arg(root().join("target/fuzz"));
    build.args(["--sanitizer", if has_sanitizer(triple) { "address" } else { "none" }]);
    // The flags that count edges are unstable ones. So any compiler that builds the project does, a nightly one too.
    build.env("RUSTC_BOOTSTRAP", "1");
    start(&mut build)
}

/// Runs one target for its time. What it finds goes to `target/fuzz/corpus`, where the next run begins.
fn fuzz(name: &str, programs: &Path, options: &Options) -> Done<Outcome> {
    let found = place("target/fuzz/corpus", name);
    let kept = place("fuzz/corpus", name);
    let artifacts = place("fuzz/artifacts", name);
    let log = place("target/fuzz/logs", &format!("{name}.log"));
    for folder in [&found, &artifacts, &root().join("target/fuzz/logs")] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let before = files(&found).len();
    let mut fuzzer = program(&programs.join(name));
    fuzzer.args([&found, &kept]).args([HANG, "-print_final_stats=1", "-rss_limit_mb=2048"]);
    fuzzer.arg(format!("-max_total_time={}", options.seconds));
    fuzzer.arg(format!("-artifact_prefix={}/", artifacts.display()));
    let dictionary = place("fuzz/dictionaries", &format!("{name}.dict"));
    if dictionary.exists() {
        fuzzer.arg(format!("-dict={}", dictionary.display()));
    }
    let output = fs::File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let status = fuzzer.stderr(output).status().map_err(|error| format!("{name}: {error}"))?;
    let text = fs::read(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let text = String::from_utf8_lossy(&text);
    let crash = (!status.success()).then(|| {
        let input = text.lines().find_map(|line| line.split_once("Test unit written to "));
        Crash { input: input.map(|(_, path)| PathBuf::from(path.trim())), log: log.clone() }
    });
    if crash.is_none() && options.keep {
        keep(&programs.join(name), &found, &kept)?;
    }
    let executions = text.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    println!("{name}: {}", if crash.is_some() { "CRASH" } else { "done" });
    Ok(Outcome {
        name: name.to_owned(),
        executions: executions.unwrap_or("?").trim().to_owned(),
        edges: last(&text, "cov: "),
        features: last(&text, "ft: "),
        new: files(&found).len().saturating_sub(before),
        crash,
    })
}

fn program(fuzzer: &Path) -> Command {
    let mut program = Command::new(fuzzer);
    // The texts of a conversation are leaked once, on purpose.
    program.current_dir(root()).env("ASAN_OPTIONS", "detect_leaks=0").stdout(Stdio::null());
    program
}

/// Adds to `kept` the smallest inputs of `found` that together reach all that is reached.
fn keep(fuzzer: &Path, found: &Path, kept: &Path) -> Done {
    let mut merge = program(fuzzer);
    merge.args(["-set_cover_merge=1", HANG]).args([kept, found]).stderr(Stdio::null());
    start(&mut merge)
}

/// The number behind the last `key` in libFuzzer's own lines, such as `#65536 pulse cov: 1234`.
fn last(log: &str, key: &str) -> String {
    let mut own = log.lines().rev().filter(|line| line.starts_with('#'));
    let found = own.find_map(|line| line.split_once(key));
    let number = found.and_then(|(_, rest)| rest.split_whitespace().next());
    number.unwrap_or("?").to_owned()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect());
    entries.unwrap_or_default()
}

fn conclude(mut outcomes: Vec<Outcome>, seconds: u64) -> Done {
    outcomes.sort_by(|one, other| one.name.cmp(&other.name));
    println!("\n{seconds} s each\n");
    println!("| target | executions | edges | features | new inputs |\n|---|---:|---:|---:|---:|");
    for Outcome { name, executions, edges, features, new, .. } in &outcomes {
        println!("| `{name}` | {executions} | {edges} | {features} | {new} |");
    }
    println!();
    let mut failed = Vec::new();
    for outcome in &outcomes {
        let (name, Some(crash)) = (&outcome.name, &outcome.crash) else { continue };
        println!("{name} failed; its log is {}", crash.log.display());
        if let Some(input) = &crash.input {
            println!("    the input: {}", input.display());
            println!(
                "    again:     cargo run -p fuzz-bodies --example replay -- {name} {}",
                input.display()
            );
        }
        failed.push(name.as_str());
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("fuzz targets failed: {}", failed.join(", "))) }
}
