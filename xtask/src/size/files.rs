//! Small rooms: how long source files are.

use crate::command::{Done, ask, root};

/// Over this many lines, a file should be thought about.
const SOFT: usize = 400;
/// Over this many, it must be divided.
const HARD: usize = 600;

/// Prints the table and fails where a file is too long.
pub(crate) fn run() -> Done {
    // A tree without git (a release archive) has nothing to check.
    let Some(list) = ask("git", &["ls-files", "--", "*.rs"]) else { return Ok(()) };
    let mut sizes: Vec<(usize, &str)> = list
        .lines()
        .filter_map(|name| Some((std::fs::read_to_string(root().join(name)).ok()?.lines().count(), name)))
        .collect();
    sizes.sort_unstable();
    let median = sizes.get(sizes.len() / 2).map_or(0, |(lines, _)| *lines);
    println!("{} source files, median {median} lines", sizes.len());
    for (lines, name) in sizes.iter().filter(|(lines, _)| *lines > SOFT) {
        println!("{lines:6} {name}");
    }
    let long: Vec<_> = sizes.iter().filter(|(lines, _)| *lines > HARD).map(|(_, name)| *name).collect();
    if long.is_empty() { Ok(()) } else { Err(format!("over {HARD} lines: {}", long.join(", "))) }
}
