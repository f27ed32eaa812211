//! `netboot` without arguments and `netboot boot`: a whole boot over loopback, from DISCOVER to ready.

mod common;

use std::process::{Command, Stdio};

use common::{complaint, netboot};
use netboot::embedded::tree;
use serde_json::Value;

fn events(arguments: &[&str]) -> (Vec<Value>, Option<i32>) {
    let output = netboot(arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), output.status.code())
}

fn sha256sum(path: &std::path::Path) -> String {
    let output = Command::new("sha256sum").arg(path).stdin(Stdio::null()).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split_whitespace().next().unwrap().to_owned()
}

#[test]
fn without_arguments_the_sample_boots_and_the_eight_steps_are_told() {
    let output = netboot(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    for step in ["1 select", "2 configure", "3 load", "4 choose", "5 fetch", "6 verify", "7 start", "8 root"]
    {
        assert!(text.lines().any(|line| line.starts_with(step)), "{step} is missing:\n{text}");
    }
    assert!(text.contains("console=ttyS0") && text.contains("verified"), "{text}");
    assert!(output.stderr.is_empty());
}

#[test]
fn the_last_event_has_true_digests_and_addresses_that_do_not_overlap() {
    let saved = tempfile::tempdir().unwrap();
    let (events, code) = events(&["boot", "--json", "--save", saved.path().to_str().unwrap()]);
    assert_eq!(code, Some(0));
    let ready = events.last().unwrap();
    assert_eq!(ready["event"], "ready");
    let at: Vec<f64> = events.iter().map(|event| event["at"].as_f64().unwrap()).collect();
    assert!(at.is_sorted() && at[0] >= 0.0, "{at:?}");
    assert!(ready["command_line"].as_str().unwrap().contains("root=/dev/ram0"));
    let mut spans = Vec::new();
    for file in ready["files"].as_array().unwrap() {
        let path = file["path"].as_str().unwrap();
        let copy = saved.path().join(path.rsplit('/').next().unwrap());
        assert_eq!(copy.metadata().unwrap().len(), file["size"].as_u64().unwrap());
        assert_eq!(sha256sum(&copy), file["sha256"].as_str().unwrap(), "{path}");
        if let Some(address) = file["address"].as_u64() {
            assert_eq!(file["verified"], true, "{path}");
            spans.push((address, address + file["size"].as_u64().unwrap()));
        }
    }
    spans.sort_unstable();
    assert_eq!(spans.len(), 2);
    assert!(spans[0].1 <= spans[1].0 && spans[1].1 < 2 << 30);
}

/// The sample, changed by `change`, and what a boot from it ends with.
fn changed(change: impl Fn(&std::path::Path)) -> (Value, Option<i32>) {
    let root = tempfile::tempdir().unwrap();
    tree::write(root.path(), 1).unwrap();
    change(root.path());
    let root = root.path().to_str().unwrap();
    let (events, code) =
        events(&["boot", "--json", "--root", root, "--boot-file", "sample.nbp", "--path-prefix", "boot/"]);
    (events.last().unwrap().clone(), code)
}

#[test]
fn a_tree_of_ones_own_boots_and_what_is_wrong_with_it_is_told_with_its_step() {
    assert_eq!(changed(|_| {}).0["event"], "ready");
    let remove =
        |name: &'static str| move |root: &std::path::Path| std::fs::remove_file(root.join(name)).unwrap();
    for (step, (last, code)) in [
        ("load", changed(remove(tree::Names::NBP))),
        ("choose", changed(remove(tree::Names::CONFIG))),
        ("fetch", changed(remove(tree::Names::KERNEL))),
        ("fetch", changed(remove(tree::Names::INITRD))),
        (
            "verify",
            changed(|root| {
                let path = root.join(tree::Names::INITRD);
                let mut bytes = std::fs::read(&path).unwrap();
                bytes[1000] ^= 1;
                std::fs::write(path, bytes).unwrap();
            }),
        ),
        ("fetch", changed(|root| std::fs::write(root.join(tree::Names::KERNEL), b"no kernel").unwrap())),
    ] {
        assert_eq!(
            (&last["event"], &last["step"], code),
            (&"failed".into(), &step.into(), Some(1)),
            "{last}"
        );
        assert!(last["code"].as_str().unwrap().starts_with("BP"), "{last}");
    }
}

#[test]
fn a_failed_boot_is_told_in_one_line() {
    let root = tempfile::tempdir().unwrap();
    let (line, code) = complaint(&netboot(&["boot", "--root", root.path().to_str().unwrap()]));
    assert!(line.contains("load with 127.0.0.2") && line.contains("PXE-E3B"), "{line}");
    assert_eq!(code, Some(1));
    let (line, code) = complaint(&netboot(&["boot", "--root", "/nonesuch"]));
    assert!(line.contains("BP6306"), "{line}");
    assert_eq!(code, Some(2));
}

#[test]
fn a_table_for_a_narrow_terminal_has_no_longer_lines_than_it() {
    let output = netboot(&[]);
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, table) = text.split_once("\n\n").unwrap();
    let command_line = |line: &&str| !line.starts_with("command line");
    for line in table.lines().filter(command_line) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    for part in ["boot/sample-kernel, ", "verified", "entry point", "1468 x 16", "all of it took"] {
        assert!(table.contains(part), "{part} is missing:\n{table}");
    }
}

#[test]
fn whoever_asks_for_it_hears_of_every_datagram_that_begins_something() {
    let (events, code) = events(&["boot", "--json", "-v"]);
    assert_eq!(code, Some(0));
    let sent: Vec<_> = events.iter().filter(|event| event["event"] == "sent").collect();
    assert!(sent[0]["to"].as_str().unwrap().starts_with("255.255.255.255:"), "{}", sent[0]);
    assert!(events.iter().any(|event| event["event"] == "heard"));
    // Silent by default.
    let quiet = netboot(&["boot", "--json"]);
    assert!(!String::from_utf8(quiet.stdout).unwrap().contains("\"sent\""));
}

#[test]
fn a_place_that_cannot_be_written_is_told_before_the_boot() {
    let output = netboot(&["boot", "--save", "/nonesuch/place"]);
    let (line, code) = complaint(&output);
    assert!(line.contains("BP6310") && line.contains("--save"), "{line}");
    assert_eq!((code, output.stdout.len()), (Some(2), 0));
}

#[test]
fn a_label_is_taken_even_where_the_configuration_asks_nobody() {
    let (booted, code) = events(&["boot", "--json", "--label", "sample"]);
    assert_eq!((&booted.last().unwrap()["event"], code), (&"ready".into(), Some(0)));
    let (failed, code) = events(&["boot", "--json", "--label", "nonesuch"]);
    let last = failed.last().unwrap();
    assert_eq!(
        (&last["event"], &last["step"], code),
        (&"failed".into(), &"choose".into(), Some(2)),
        "{last}"
    );
    assert!(last["hint"].as_str().unwrap().contains("sample"), "{last}");
}

#[test]
fn a_client_that_says_to_be_something_else_is_told_that_there_is_nothing_to_boot() {
    // The server that says what to boot answers PXE clients alone.
    let (line, code) = complaint(&netboot(&["boot", "--vendor-class", "something else"]));
    assert!(line.contains("configure") && line.contains("PXE-E53") && code == Some(1), "{line}");
}

#[test]
fn a_result_that_nobody_could_read_is_no_success() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = common::program().args(["boot", "--json"]).stdout(full).output().unwrap();
    let (line, code) = complaint(&output);
    assert!(line.contains("BP6201") && code == Some(1), "{line}");
}
