//! What was measured when somebody last looked, and why it changed: `benches/size/baseline.txt`.

use crate::command::{Done, root};
use std::collections::BTreeMap;

const BASELINE: &str = "benches/size/baseline.txt";

/// What a reason begins with.
const REASON: &str = "# because: ";

/// One program's figures, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// `.text` and constants.
    pub(super) code: u64,
    /// The machine as a value; 0 where it is not ours.
    pub(super) state: u64,
    /// The deepest stack below the loop that drives it; 0 where it is not ours.
    pub(super) stack: u64,
}

/// Writes down what was measured if there is a reason to; else fails where one of ours has grown by over 2 %.
pub(super) fn judge(compiler: &str, measured: &BTreeMap<String, Sizes>, update: Option<&str>) -> Done {
    let path = root().join(BASELINE);
    let before = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let Some(reason) = update else { return compare(&before, compiler, measured) };
    if reason.trim().is_empty() {
        return Err("--update wants the reason, for whoever reads the file".to_owned());
    }
    let rows =
        measured.iter().map(|(name, now)| format!("{name} {} {} {}\n", now.code, now.state, now.stack));
    let head = format!("# {compiler}: .text + constants, state, stack, in bytes\n{REASON}{reason}\n");
    std::fs::write(&path, head + &rows.collect::<String>())
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// Another compiler makes other code: then there is nothing to compare.
fn compare(text: &str, compiler: &str, measured: &BTreeMap<String, Sizes>) -> Done {
    if !text.starts_with(&format!("# {compiler}:")) {
        println!("{BASELINE} is another compiler's; nothing is compared");
        return Ok(());
    }
    if !text.lines().any(|line| line.strip_prefix(REASON).is_some_and(|reason| !reason.trim().is_empty())) {
        return Err(format!("{BASELINE} says no reason: `--update REASON` writes it"));
    }
    let mut faults = Vec::new();
    let mut known = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        let numbers: Vec<u64> = words.filter_map(|word| word.parse().ok()).collect();
        let [code, state, stack] = numbers[..] else { return Err(format!("{BASELINE}: {line}")) };
        known.insert(name, Sizes { code, state, stack });
    }
    for (name, now) in measured {
        let Some(before) = known.remove(name.as_str()) else {
            faults.push(format!("{name} is not in {BASELINE}: `--update REASON`"));
            continue;
        };
        for (what, now, before) in [
            ("bytes of code", now.code, before.code),
            ("bytes of state", now.state, before.state),
            ("bytes of stack", now.stack, before.stack),
        ] {
            if now * 50 > before * 51 {
                faults.push(format!(
                    "{name}: {now} {what}, {before} in {BASELINE}; `--update REASON` if it has to be"
                ));
            }
        }
    }
    faults.extend(known.keys().map(|name| format!("{BASELINE}: {name} is not measured")));
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::{Sizes, compare};
    use std::collections::BTreeMap;

    const TEXT: &str = "# rustc 1: x\n# because: it is a test\ntftp 1000 500 100\n";

    fn after(code: u64, state: u64, stack: u64) -> Result<(), String> {
        compare(TEXT, "rustc 1", &BTreeMap::from([("tftp".to_owned(), Sizes { code, state, stack })]))
    }

    #[test]
    fn two_per_cent_are_allowed_and_no_byte_more() {
        assert_eq!(after(1020, 510, 102), Ok(()));
        assert!(after(1021, 500, 100).unwrap_err().starts_with("tftp: 1021 bytes of code, 1000 in"));
        assert!(after(1000, 511, 100).unwrap_err().contains("511 bytes of state"));
        assert!(after(1000, 500, 103).unwrap_err().contains("103 bytes of stack"));
        assert_eq!(after(10, 5, 1), Ok(()));
    }

    #[test]
    fn what_has_no_reason_or_no_row_is_told() {
        let one = BTreeMap::from([("tftp".to_owned(), Sizes { code: 1, state: 1, stack: 1 })]);
        let without = TEXT.replace("it is a test", "");
        assert!(compare(&without, "rustc 1", &one).unwrap_err().contains("no reason"));
        let more = format!("{TEXT}dhcp 1 1 1\n");
        assert!(compare(&more, "rustc 1", &one).unwrap_err().contains("dhcp is not measured"));
        assert!(compare("# rustc 1: x\n# because: y\n", "rustc 1", &one).unwrap_err().contains("not in"));
        assert_eq!(compare(TEXT, "rustc 2", &one), Ok(()));
    }
}
