//! Which lines of the protocol crates their tests reach, as the compiler counts them.

use crate::command::{Done, ask, root};
use crate::tools;
use interop::packages::{How, Peer};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What reads the counters; its version is that of the compiler's own LLVM.
const LLVM: Peer =
    Peer { name: "LLVM", package: "llvm-22", how: How::Install, file: "usr/lib/llvm-22/bin/llvm-cov" };

/// Lines and regions: how many there are, how many were reached.
#[derive(Default)]
struct Count {
    lines: [u64; 2],
    regions: [u64; 2],
}

/// Prints a table with a row for each crate, and the files that the tests reach least.
pub(crate) fn run(installs: bool) -> Done {
    let mut command = Command::new(tools::LLVM_COV.get(installs)?);
    command
        .args(["llvm-cov", "test", "--lib", "--tests", "--json", "--summary-only"])
        .args(crate::test::PROTOCOL);
    if ask("rustup", &["component", "list", "--installed"]).is_none_or(|list| !list.contains("llvm-tools")) {
        let folder = debian(installs)?;
        command.env("LLVM_COV", folder.join("llvm-cov")).env("LLVM_PROFDATA", folder.join("llvm-profdata"));
    }
    let output = command.current_dir(root()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("cargo llvm-cov: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    // The tests write there too.
    let report = text.lines().find(|line| line.starts_with("{\"data\"")).unwrap_or_default();
    if !output.status.success() || report.is_empty() {
        return Err(format!("cargo llvm-cov: {}\n{text}", output.status));
    }
    table(&serde_json::from_str(report).map_err(|error| format!("cargo llvm-cov: {error}"))?);
    Ok(())
}

/// Debian's, where it has the version that this compiler needs.
fn debian(installs: bool) -> Done<PathBuf> {
    let compiler = ask("rustc", &["-vV"]).unwrap_or_default();
    let version = compiler.lines().find_map(|line| line.strip_prefix("LLVM version: ")).unwrap_or_default();
    if !version.starts_with("22.") {
        return Err(format!("this compiler's LLVM is {version}: rustup component add llvm-tools"));
    }
    LLVM.get(installs).and_then(|()| LLVM.path()).map_err(|error| error.to_string())?;
    Ok(PathBuf::from("/usr/lib/llvm-22/bin"))
}

fn table(report: &serde_json::Value) {
    let mut crates: BTreeMap<String, Count> = BTreeMap::new();
    let mut files = Vec::new();
    for file in report["data"][0]["files"].as_array().into_iter().flatten() {
        let path = PathBuf::from(file["filename"].as_str().unwrap_or_default());
        let Ok(path) = path.strip_prefix(root()) else { continue };
        let Some(name) = path.components().next() else { continue };
        if !path.components().any(|part| part.as_os_str() == "src") {
            continue;
        }
        let count = crates.entry(name.as_os_str().to_string_lossy().into_owned()).or_default();
        let summary = &file["summary"];
        let pair = |kind: &str| ["count", "covered"].map(|key| summary[kind][key].as_u64().unwrap_or(0));
        for (sum, more) in [(&mut count.lines, pair("lines")), (&mut count.regions, pair("regions"))] {
            sum[0] += more[0];
            sum[1] += more[1];
        }
        files.push((pair("lines")[0] - pair("lines")[1], path.display().to_string()));
    }
    println!("| crate | lines | reached | regions | reached |\n|---|---|---|---|---|");
    for (name, Count { lines, regions }) in &crates {
        let percent = |[all, reached]: &[u64; 2]| reached * 1000 / (*all).max(1);
        let shown = |count| format!("{}.{} %", percent(count) / 10, percent(count) % 10);
        println!("| {name} | {} | {} | {} | {} |", lines[0], shown(lines), regions[0], shown(regions));
    }
    files.sort_by(|a, b| b.cmp(a));
    println!("\nlines that no test reaches, by file:");
    files.iter().take(20).for_each(|(missed, path)| println!("{missed:6} {path}"));
}
