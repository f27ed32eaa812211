//! Many boot clients in one process: what each takes, and whether more of them cost more each.

use super::micro::{benches, target};
use crate::command::{Done, run};
use std::fmt::Write as _;
use std::process::Command;

const COUNTS: [&str; 3] = ["1", "100", "10000"];

/// The table.
pub(super) fn table() -> Done<String> {
    run(&mut benches(&["build", "--release", "--bins"]))?;
    let mut table = String::from(
        "| boot clients at once | bytes of a client and its caller's texts | bytes of client, link and servers at the peak \
         | packets | packets a second | ns a packet |\n|---|---|---|---|---|---|\n",
    );
    for count in COUNTS {
        // Each in a process of its own: what one has left would count for the next.
        let output = Command::new(target().join("release/growth"))
            .arg(count)
            .output()
            .map_err(|error| format!("growth: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let words: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [_, client, peak, packets, seconds] = words[..] else {
            return Err(format!("growth {count}: {}", String::from_utf8_lossy(&output.stderr)));
        };
        let _ = writeln!(
            table,
            "| {count} | {client} | {peak} | {packets} | {:.0} | {:.0} |",
            packets / seconds,
            seconds * 1e9 / packets
        );
    }
    table.push('\n');
    Ok(table)
}
