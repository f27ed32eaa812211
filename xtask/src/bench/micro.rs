//! What a packet costs: the wall clock by criterion, and instructions by callgrind, which a busy machine does not blur.

use crate::command::{Done, cargo, root, run};
use interop::peers;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Bytes of the download that the wall clock measures.
const SIZE: f64 = 67_108_864.0;

/// How often callgrind has a message read or written, and how many packets taken in; twice as many cost more by these.
const TIMES: u64 = 4096;

/// A piece of work: its group and its name.
type Piece = (String, String);

/// Where it is built.
pub(super) fn target() -> PathBuf {
    root().join("target/micro")
}

/// Cargo over the package of the benches.
pub(super) fn benches(arguments: &[&str]) -> Command {
    let mut command = cargo(arguments);
    command.args(["--quiet", "--manifest-path"]).arg(root().join("benches/micro/Cargo.toml"));
    command.env("CARGO_TARGET_DIR", target());
    command
}

/// Reading and writing DHCP.
pub(super) fn dhcp() -> Done<String> {
    let (nanoseconds, instructions) =
        measure("dhcp", |group| group.ends_with("offer") || group.ends_with("discover"))?;
    let mut table = String::new();
    for (group, what) in
        [("read-offer", "an OFFER of 386 bytes read"), ("write-discover", "a DISCOVER written")]
    {
        let mut rows: Vec<_> = nanoseconds.iter().filter(|((found, _), _)| found == group).collect();
        rows.sort_by(|(_, one), (_, other)| one.total_cmp(other));
        let ours = rows.iter().find(|((_, name), _)| name == "bootproto-dhcp").map_or(f64::NAN, |row| *row.1);
        let _ = writeln!(table, "| {what} | ns | instructions | ours is faster by |\n|---|---|---|---|");
        for (piece, time) in rows {
            let count = instructions.get(piece).copied().unwrap_or(f64::NAN);
            let _ = writeln!(table, "| {} | {time:.1} | {count:.0} | {:.1} |", piece.1, time / ours);
        }
        table.push('\n');
    }
    Ok(table)
}

/// The engine of a download.
pub(super) fn tftp() -> Done<String> {
    let (nanoseconds, instructions) = measure("tftp", |group| group.starts_with("download"))?;
    let mut table = String::from(
        "| blksize | windowsize | | ns a packet, the copy included | ns above the bare copy | instructions above it |\n\
         |---|---|---|---|---|---|\n",
    );
    for block in [512, 1468, 8192] {
        for window in [1, 16, 64] {
            let group = format!("download-{block}x{window}");
            let packets = SIZE / f64::from(block);
            let piece = |name: &str| (group.clone(), name.to_owned());
            let copy = piece("bare copy");
            let bare = nanoseconds.get(&copy).copied().unwrap_or(f64::NAN) / packets;
            let bare_count = instructions.get(&copy).copied().unwrap_or(f64::NAN);
            for name in ["bootproto-tftp", "ttftp 0.2"] {
                let Some(time) = nanoseconds.get(&piece(name)) else { continue };
                let (each, count) =
                    (time / packets, instructions.get(&piece(name)).copied().unwrap_or(f64::NAN));
                let _ = writeln!(
                    table,
                    "| {block} | {window} | {name} | {each:.1} | {:.1} | {:.0} |",
                    each - bare,
                    count - bare_count
                );
            }
        }
    }
    table.push('\n');
    Ok(table)
}

/// Nanoseconds and instructions of each piece of one bench.
fn measure(bench: &str, wanted: impl Fn(&str) -> bool) -> Done<(BTreeMap<Piece, f64>, BTreeMap<Piece, f64>)> {
    peers::VALGRIND.get(true).map_err(|error| error.to_string())?;
    let results = target().join("criterion");
    // What an earlier run left would look like this one's.
    let _ = std::fs::remove_dir_all(&results);
    run(&mut benches(&["bench", "--bench", bench]))?;
    let nanoseconds = estimates(&results)?;
    run(&mut benches(&["build", "--release", "--bins"]))?;
    let mut instructions = BTreeMap::new();
    for name in count(&["list"])?.lines() {
        let Some((group, function)) = name.split_once('/').filter(|(group, _)| wanted(group)) else {
            continue;
        };
        let (once, twice) = (callgrind(name, TIMES)?, callgrind(name, 2 * TIMES)?);
        let each = (twice - once) as f64 / TIMES as f64;
        instructions.insert((group.to_owned(), function.to_owned()), each);
    }
    Ok((nanoseconds, instructions))
}

/// The medians that criterion has left, in nanoseconds.
fn estimates(folder: &Path) -> Done<BTreeMap<Piece, f64>> {
    let list = |folder: &Path| -> Done<Vec<PathBuf>> {
        let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect())
    };
    let mut found = BTreeMap::new();
    for group in list(folder)? {
        for function in list(&group)? {
            let read = |name: &str| -> Option<Value> {
                serde_json::from_str(&std::fs::read_to_string(function.join("new").join(name)).ok()?).ok()
            };
            let (Some(about), Some(estimates)) = (read("benchmark.json"), read("estimates.json")) else {
                continue;
            };
            let text = |key: &str| about[key].as_str().unwrap_or_default().to_owned();
            if let Some(median) = estimates["median"]["point_estimate"].as_f64() {
                found.insert((text("group_id"), text("function_id")), median);
            }
        }
    }
    if found.is_empty() {
        Err(format!("{}: criterion has left nothing", folder.display()))
    } else {
        Ok(found)
    }
}

fn program() -> PathBuf {
    target().join("release/count")
}

fn count(arguments: &[&str]) -> Done<String> {
    let output =
        Command::new(program()).args(arguments).output().map_err(|error| format!("count: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("count {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// How many instructions a piece of work takes, with everything around it.
fn callgrind(name: &str, times: u64) -> Done<u64> {
    let mut command = peers::VALGRIND.command().map_err(|error| error.to_string())?;
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program()).arg(name);
    let output = command.arg(times.to_string()).output().map_err(|error| format!("valgrind: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, rest)| rest.trim());
    let count = line.filter(|_| output.status.success()).and_then(|number| number.parse().ok());
    count.ok_or_else(|| format!("callgrind, {name}: {text}"))
}
