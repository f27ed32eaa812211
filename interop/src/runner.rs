//! Runs the tests, each with its list of peers, and reports who took part.
//!
//! A test whose peers aren't here is reported as "could not run"; where `CI` is set it fails instead. The environment:
//! `INTEROP_INSTALL=1` allows fetching and installing packages, `NETBOOT` names the program under test (it is built
//! otherwise), `INTEROP_REPORT` names a file for the report as JSON.

use crate::packages::{self, Peer};
use crate::{Outcome, payload};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::collections::BTreeSet;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// One test.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Its name, a sentence.
    pub name: &'static str,
    /// Whom it takes.
    pub peers: &'static [&'static Peer],
    /// Whether it wants the machine for itself: those run one after another.
    pub heavy: bool,
    /// What it does.
    pub run: fn() -> Outcome,
}

#[derive(Debug, Default)]
struct Report {
    peers: BTreeSet<String>,
    could_not_run: Vec<(String, String)>,
    times: Vec<(Duration, &'static str)>,
}

/// The program under test.
///
/// # Errors
/// It doesn't build.
pub fn netboot() -> Outcome<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        if let Some(path) = std::env::var_os("NETBOOT") {
            return Ok(path.into());
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--release", "--package", "netboot", "--target-dir"])
            .arg(packages::target())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .map_err(|error| format!("cargo: {error}"))?;
        if !built.success() {
            return Err("netboot does not build".into());
        }
        Ok(packages::target().join("release/netboot"))
    });
    built.clone().map_err(Into::into)
}

/// The test program's `main`.
///
/// The slow ones are what the harness calls ignored: `--include-ignored` runs them too, `--ignored` nothing else.
#[must_use]
pub fn main(cases: &[Case], slow: &[Case]) -> ExitCode {
    let mut arguments = Arguments::from_args();
    let why_not = become_root().err().map(|error| error.to_string());
    // Most of them wait for time-outs of others: more of them than processors.
    arguments.test_threads = arguments.test_threads.or(Some(4));
    remove_leftovers();
    the_ip_program();
    let report = Arc::new(Mutex::new(Report::default()));
    let trials = |cases: &[Case], slow: bool| -> Vec<Trial> {
        let one = |case: &Case| trial(*case, why_not.clone(), Arc::clone(&report)).with_ignored_flag(slow);
        cases.iter().map(one).collect()
    };
    let trials = trials(cases, false).into_iter().chain(trials(slow, true)).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list {
        conclude(&report.lock().expect("no test holds it"), &conclusion);
    }
    payload::clean();
    conclusion.exit_code()
}

fn trial(case: Case, why_not: Option<String>, report: Arc<Mutex<Report>>) -> Trial {
    Trial::ignorable_test(case.name, move || {
        let missing = why_not.clone().map_or_else(|| missing(&case), Some);
        if let Some(why) = missing {
            let mut report = report.lock().expect("no test holds it");
            report.could_not_run.push((case.name.to_owned(), why.clone()));
            if std::env::var_os("CI").is_some() {
                return Err(Failed::from(format!("could not run: {why}")));
            }
            return Ok(Completion::ignored_with(format!("could not run: {why}")));
        }
        {
            let mut report = report.lock().expect("no test holds it");
            report.peers.extend(case.peers.iter().map(|peer| peer.version()));
        }
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _alone = case.heavy.then(|| ONE_AT_A_TIME.lock().unwrap_or_else(|held| held.into_inner()));
        let began = Instant::now();
        let outcome = (case.run)();
        report.lock().expect("no test holds it").times.push((began.elapsed(), case.name));
        outcome.map(|()| Completion::Completed).map_err(|error| Failed::from(error.to_string()))
    })
}

fn missing(case: &Case) -> Option<String> {
    let fetch = std::env::var_os("INTEROP_INSTALL").is_some();
    let reasons: Vec<String> =
        case.peers.iter().filter_map(|peer| Some(peer.get(fetch).err()?.to_string())).collect();
    (!reasons.is_empty()).then(|| reasons.join(", "))
}

/// Goes on as it is where namespaces can be made; as root of a user namespace otherwise.
///
/// # Errors
/// Neither works.
pub fn become_root() -> Outcome {
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let may =
        Command::new("unshare").args(["--map-root-user", "--net", "true"]).stderr(Stdio::null()).status();
    if !may.is_ok_and(|status| status.success()) {
        return Err("needs root, or user namespaces".into());
    }
    let mut command = Command::new("unshare");
    command
        .args(["--map-root-user", "--mount"])
        .arg(std::env::current_exe()?)
        .args(std::env::args_os().skip(1));
    command.env(packages::NO_ROOT, "1");
    Err(command.exec().into())
}

/// The namespaces' links are made with iproute2, which every Debian but the smallest has.
fn the_ip_program() {
    let here =
        ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip"].iter().any(|path| Path::new(path).exists());
    if !here
        && std::env::var_os("INTEROP_INSTALL").is_some()
        && let Err(error) = packages::install(&["iproute2"])
    {
        eprintln!("{error}");
    }
}

/// Removes what an earlier run left that was killed.
fn remove_leftovers() {
    let Ok(entries) = std::fs::read_dir(packages::folder().join("work")) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.rsplit('.').next().unwrap_or_default();
        let lives = Path::new("/proc").join(owner).exists();
        if owner.bytes().all(|byte| byte.is_ascii_digit()) && !lives {
            let _ = std::fs::remove_file(entry.path()).or_else(|_| std::fs::remove_dir_all(entry.path()));
        }
    }
}

fn conclude(report: &Report, conclusion: &libtest_mimic::Conclusion) {
    let mut times = report.times.clone();
    times.sort_unstable_by_key(|(time, _)| std::cmp::Reverse(*time));
    println!("the longest:");
    for (time, name) in times.iter().take(8) {
        println!("    {:5.1} s  {name}", time.as_secs_f32());
    }
    println!("peers that took part:");
    report.peers.iter().for_each(|peer| println!("    {peer}"));
    for (name, why) in &report.could_not_run {
        println!("could not run: {name}: {why}");
    }
    let Some(path) = std::env::var_os("INTEROP_REPORT") else { return };
    let could_not_run: Vec<_> = report
        .could_not_run
        .iter()
        .map(|(name, why)| serde_json::json!({ "test": name, "why": why }))
        .collect();
    let report = serde_json::json!({
        "peers": report.peers,
        "could_not_run": could_not_run,
        "passed": conclusion.num_passed,
        "failed": conclusion.num_failed,
    });
    if let Err(error) = std::fs::write(&path, report.to_string()) {
        eprintln!("{}: {error}", path.display());
    }
}
