//! Mistakes in the call: one line with what and what to do, exit code 2.

mod common;

use common::{complaint, netboot};
use std::net::UdpSocket;

#[test]
fn a_wrong_argument_is_told_in_one_line() {
    for (arguments, part) in [
        (&["serv"][..], "did you mean serve?"),
        (&["serve", "--interface", "lo"], "--root"),
        (&["serve", "--root", "."], "--interface"),
        (&["serve", "--root", ".", "--interface", "lo", "--pool", "1.2.3.4"], "FIRST-LAST"),
        (&["serve", "--root", ".", "--interface", "lo", "--host", "x=1.2.3.4"], "MAC"),
        (&["serve", "--root", ".", "--interface", "lo", "--boot-file", "pdp11=x"], "no architecture"),
        (&["serve", "--root", ".", "--interface", "lo", "--max-transfers", "0"], "max-transfers"),
        (&["get"], "URL"),
        (&["get", "http://h/f"], "only tftp:// is supported"),
        (&["get", "tftp://127.0.0.1/"], "names no file"),
        (&["get", "tftp://127.0.0.1/f", "--blksize", "7"], "blksize"),
        (&["get", "tftp://127.0.0.1/f", "--windowsize", "0"], "windowsize"),
        (&["get", "tftp://127.0.0.1/f", "--limit", "much"], "not a size"),
        (&["get", "tftp://127.0.0.1/f", "-", "--json"], "can't be both"),
        (&["get", "tftp://nonesuch.invalid/f"], "nonesuch.invalid"),
        (&["put", "/nonesuch", "tftp://127.0.0.1/f"], "/nonesuch"),
        (&["completions", "cmd"], "possible values"),
    ] {
        let (line, code) = complaint(&netboot(arguments));
        assert!(line.starts_with("netboot: ") && line.contains("(BP63"), "{line}");
        assert!(line.contains(part), "{arguments:?}: {line}");
        assert_eq!(code, Some(2), "{line}");
    }
}

#[test]
fn a_server_that_can_not_be_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().to_str().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, b"x").unwrap();
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let listen = ["--listen", "127.0.0.1", "--no-dhcp", "--tftp-port"];
    for (arguments, number) in [
        (["--root", root].iter().chain(&["--interface", "nonesuch0"]).copied().collect::<Vec<_>>(), "BP6302"),
        (["--root", file.to_str().unwrap()].iter().chain(&listen).chain(&["0"]).copied().collect(), "BP6306"),
        (["--root", "/nonesuch"].iter().chain(&listen).chain(&["0"]).copied().collect(), "BP6306"),
        (["--root", root].iter().chain(&listen).chain(&[port.as_str()]).copied().collect(), "BP6307"),
        (["--root", root, "--listen", "192.0.2.77", "--no-dhcp"].to_vec(), "BP6308"),
        (["--root", root, "--listen", "0.0.0.0", "--no-dhcp"].to_vec(), "BP6301"),
    ] {
        let all: Vec<&str> = std::iter::once("serve").chain(arguments).collect();
        let (line, code) = complaint(&netboot(&all));
        assert!(line.contains(number), "{all:?}: {line}");
        assert_eq!(code, Some(2));
    }
}

#[test]
fn with_json_the_last_line_says_it_too() {
    let output = netboot(&["--json", "get", "ftp://h/f"]);
    let last = String::from_utf8(output.stdout).unwrap();
    let value: serde_json::Value = serde_json::from_str(last.lines().last().unwrap()).unwrap();
    assert_eq!((&value["event"], &value["code"]), (&"failed".into(), &"BP6301".into()));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn help_completions_and_manual_are_there() {
    for arguments in [&["--help"][..], &["serve", "--help"], &["get", "--help"], &["put", "--help"]] {
        let output = netboot(arguments);
        assert!(output.status.success());
        assert!(String::from_utf8(output.stdout).unwrap().contains("Examples:"), "{arguments:?}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = netboot(&["completions", shell]);
        assert!(output.status.success());
        assert!(String::from_utf8(output.stdout).unwrap().contains("windowsize"), "{shell}");
    }
    let page = netboot(&["man"]);
    assert!(page.status.success() && page.stdout.windows(4).any(|part| part == b".TH "));
    let directory = tempfile::tempdir().unwrap();
    assert!(netboot(&["man", directory.path().to_str().unwrap()]).status.success());
    for name in ["netboot.1", "netboot-serve.1", "netboot-get.1", "netboot-put.1"] {
        assert!(directory.path().join(name).metadata().unwrap().len() > 200, "{name}");
    }
    assert_eq!(complaint(&netboot(&["man", "/nonesuch"])).1, Some(2));
}

/// What firmware would have printed: two packets, as the line of a capture.
fn serial_log() -> String {
    use bootproto::trace::{Direction, Packet, write_text};
    let path = bootproto_core::UdpPath::v4("10.0.0.2:2070".parse().unwrap(), "10.0.0.1:69".parse().unwrap());
    let at = bootproto_core::Instant::from_millis;
    let mut text = String::from("Booting from ROM..\r\n");
    write_text(
        [
            Packet::datagram(at(1), Direction::Sent, path, b"\0\x01vmlinuz\0octet\0"),
            Packet::datagram(at(2), Direction::Received, path, b"\0\x05\0\x01no such file\0"),
        ],
        &mut text,
    )
    .unwrap();
    text
}

#[test]
fn a_capture_comes_out_of_a_serial_log() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("serial.log");
    std::fs::write(&log, serial_log()).unwrap();
    let output = netboot(&["trace", log.to_str().unwrap()]);
    let (line, code) = complaint(&output);
    assert!(line.contains("serial.log, line 2: 2 packets") && code == Some(0), "{line}");
    let file = std::fs::read(directory.path().join("serial.pcapng")).unwrap();
    assert_eq!(file[..4], [0x0a, 0x0d, 0x0d, 0x0a]);
    // The same on standard output.
    assert_eq!(netboot(&["trace", log.to_str().unwrap(), "-"]).stdout, file);
    let damaged = serial_log().replace("no such", "").replace("Cg0NC", "Cg0N");
    std::fs::write(&log, damaged).unwrap();
    for (arguments, part, exit) in [
        (&["trace", log.to_str().unwrap()][..], "BP6215", 1),
        (&["trace", "/nonesuch"], "BP6309", 2),
        (&["trace", "-"], "name it after", 2),
        (&["trace", log.to_str().unwrap(), "-", "--json"], "can't be both", 2),
    ] {
        let (line, code) = complaint(&netboot(arguments));
        assert!(line.contains(part) && code == Some(exit), "{arguments:?}: {line}");
    }
    std::fs::write(&log, serial_log()).unwrap();
    let (line, _) = complaint(&netboot(&["trace", log.to_str().unwrap(), "--number", "2"]));
    assert!(line.contains("--number 2: the log has 1"), "{line}");
}
