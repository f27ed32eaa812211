//! One function as a program, by the linker.

use crate::command::Done;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// How the linker begins its lines about symbols that nobody has.
const UNDEFINED: &str = "undefined symbol: ";

/// Links `function` and what it needs out of `archive`; answers what is then still missing.
pub(super) fn undefined(
    linker: &Path,
    emulation: &str,
    archive: &Path,
    function: &str,
) -> Done<BTreeSet<String>> {
    let mut link = Command::new(linker);
    link.args(["-flavor", "gnu", "-m", emulation, "--gc-sections", "--strip-debug", "--error-limit=0"]);
    link.args(["--no-demangle", "--entry", function, "--undefined", function, "-o"]);
    let program = archive.with_extension("linked");
    let output = link.arg(&program).arg(archive).output();
    let output = output.map_err(|error| format!("{}: {error}", linker.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let missing: BTreeSet<String> = said
        .lines()
        .filter_map(|line| line.split_once(UNDEFINED))
        .map(|(_, name)| name.trim().to_owned())
        .collect();
    if output.status.success() || !missing.is_empty() {
        return Ok(missing);
    }
    Err(format!("{function} does not link:\n{said}"))
}
