//! The example in `README.md`, which is the one that the documentation of `bootproto` runs.

use crate::command::{Done, root};

const FILE: &str = "README.md";
const SOURCE: &str = "bootproto/src/lib.rs";
const BEGIN: &str =
    "<!-- The driver loop, by `cargo xtask readme` from bootproto/src/lib.rs, where the tests run it. -->\n";
const END: &str = "<!-- End of the driver loop. -->\n";

/// Writes the example into the file, or with `check` says whether it is there as it runs.
pub(crate) fn run(check: bool) -> Done {
    let path = root().join(FILE);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{FILE}: {error}"))?;
    let (before, rest) = text.split_once(BEGIN).ok_or_else(|| format!("{FILE}: no place for the example"))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| format!("{FILE}: the example has no end"))?;
    let wanted = format!("{before}{BEGIN}```rust\n{}```\n{END}{after}", example()?);
    match (wanted == text, check) {
        (true, _) => Ok(()),
        (false, true) => Err(format!("{FILE}: the example is not the one that runs: cargo xtask readme")),
        (false, false) => std::fs::write(&path, wanted).map_err(|error| format!("{FILE}: {error}")),
    }
}

/// The visible lines of the first example in the crate's documentation.
fn example() -> Done<String> {
    let source =
        std::fs::read_to_string(root().join(SOURCE)).map_err(|error| format!("{SOURCE}: {error}"))?;
    let lines: Vec<&str> = source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .skip_while(|line| *line != "```")
        .skip(1)
        .take_while(|line| *line != "```")
        .filter(|line| *line != "#" && !line.starts_with("# "))
        .collect();
    if lines.is_empty() { Err(format!("{SOURCE}: no example")) } else { Ok(lines.join("\n") + "\n") }
}
