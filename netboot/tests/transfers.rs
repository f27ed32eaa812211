//! `get` and `put` against `serve`.

mod common;

use std::io::Write;
use std::process::Stdio;

use common::{Serve, complaint, netboot, pattern, program, signal};

fn path(directory: &tempfile::TempDir, name: &str) -> String {
    directory.path().join(name).to_str().unwrap().to_owned()
}

#[test]
fn files_of_every_awkward_size_arrive_whole() {
    let root = tempfile::tempdir().unwrap();
    let here = tempfile::tempdir().unwrap();
    let serve = Serve::start(root.path(), &[]);
    for size in [0, 1, 511, 512, 513, 1468, 1468 * 16, 1468 * 16 + 1, 3_000_000] {
        std::fs::write(root.path().join("file"), pattern(size)).unwrap();
        for options in [
            &[][..],
            &["--windowsize", "1"],
            &["--blksize", "512", "--windowsize", "1"],
            &["--blksize", "8192", "--windowsize", "64"],
        ] {
            let local = path(&here, "copy");
            let url = serve.url("file");
            let mut arguments = vec!["get", &url, &local];
            arguments.extend(options);
            let output = netboot(&arguments);
            assert!(
                output.status.success(),
                "{size} {options:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            assert!(std::fs::read(&local).unwrap() == pattern(size), "{size} {options:?}");
        }
    }
}

#[test]
fn more_blocks_than_the_number_on_the_wire_can_count() {
    let root = tempfile::tempdir().unwrap();
    let serve = Serve::start(root.path(), &[]);
    std::fs::write(root.path().join("file"), pattern(70_000 * 64 + 5)).unwrap();
    let local = path(&root, "copy");
    let output = netboot(&["get", &serve.url("file"), &local, "--blksize", "64", "--windowsize", "32"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(std::fs::read(&local).unwrap() == pattern(70_000 * 64 + 5));
}

#[test]
fn a_directory_takes_the_files_own_name_and_standard_output_the_bytes() {
    let root = tempfile::tempdir().unwrap();
    let here = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("boot")).unwrap();
    std::fs::write(root.path().join("boot/nbp"), pattern(5000)).unwrap();
    let serve = Serve::start(root.path(), &[]);
    assert!(netboot(&["get", &serve.url("boot/nbp"), here.path().to_str().unwrap()]).status.success());
    assert_eq!(std::fs::read(here.path().join("nbp")).unwrap(), pattern(5000));
    let output = netboot(&["get", &serve.url("boot/nbp"), "-"]);
    assert_eq!(output.stdout, pattern(5000));
}

#[test]
fn a_transfer_that_fails_leaves_nothing_and_keeps_what_was_there() {
    let root = tempfile::tempdir().unwrap();
    let here = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("large"), pattern(100_000)).unwrap();
    let serve = Serve::start(root.path(), &[]);
    let local = path(&here, "kept");
    std::fs::write(&local, b"old").unwrap();
    let (line, code) = complaint(&netboot(&["get", &serve.url("none"), &local]));
    assert!(line.contains("PXE-E3B") && code == Some(1), "{line}");
    let (line, code) = complaint(&netboot(&["get", &serve.url("large"), &local, "--limit", "10K"]));
    assert!(line.contains("PXE-E79") && code == Some(1), "{line}");
    let (line, code) = complaint(&netboot(&["get", &serve.url("../x"), &local]));
    assert!(line.contains("PXE-E3C") && code == Some(1), "{line}");
    assert_eq!(std::fs::read(&local).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(here.path()).unwrap().count(), 1);
}

#[test]
fn a_silent_server_is_given_up_after_the_time_out() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let here = tempfile::tempdir().unwrap();
    let url = format!("tftp://{}/f", silent.local_addr().unwrap());
    let begin = std::time::Instant::now();
    let (line, code) = complaint(&netboot(&["get", &url, &path(&here, "f"), "--timeout", "1"]));
    assert!(line.contains("PXE-E32") && code == Some(1), "{line}");
    assert!(begin.elapsed() < std::time::Duration::from_secs(5));
    assert_eq!(std::fs::read_dir(here.path()).unwrap().count(), 0);
}

#[test]
fn an_interrupted_transfer_leaves_nothing() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    silent.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
    let here = tempfile::tempdir().unwrap();
    let url = format!("tftp://{}/f", silent.local_addr().unwrap());
    let child = program().args(["get", &url, &path(&here, "f")]).stderr(Stdio::piped()).spawn().unwrap();
    silent.recv_from(&mut [0; 600]).unwrap();
    assert_eq!(std::fs::read_dir(here.path()).unwrap().count(), 1);
    signal(child.id(), "INT");
    let (line, code) = complaint(&child.wait_with_output().unwrap());
    assert!(line.contains("BP6202") && code == Some(1), "{line}");
    assert_eq!(std::fs::read_dir(here.path()).unwrap().count(), 0);
}

#[test]
fn uploads_need_leave_and_replace_nothing_without_more_of_it() {
    let root = tempfile::tempdir().unwrap();
    let here = tempfile::tempdir().unwrap();
    let local = path(&here, "dump");
    std::fs::write(&local, pattern(123_456)).unwrap();

    let serve = Serve::start(root.path(), &[]);
    let (line, code) = complaint(&netboot(&["put", &local, &serve.url("dump")]));
    assert!(line.contains("PXE-E3C") && code == Some(1), "{line}");
    drop(serve);

    let mut serve = Serve::start(root.path(), &["--allow-upload", "--max-upload", "200K"]);
    assert!(netboot(&["put", &local, &serve.url("")]).status.success());
    assert!(std::fs::read(root.path().join("dump")).unwrap() == pattern(123_456));
    assert_eq!(serve.wait_for("done")["bytes"], 123_456);
    assert_eq!(complaint(&netboot(&["put", &local, &serve.url("dump")])).1, Some(1));
    std::fs::write(&local, pattern(300_000)).unwrap();
    assert_eq!(complaint(&netboot(&["put", &local, &serve.url("larger")])).1, Some(1));
    assert_eq!(complaint(&netboot(&["put", &local, &serve.url("../up")])).1, Some(1));
    drop(serve);
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 1);

    let serve = Serve::start(root.path(), &["--allow-upload", "--overwrite"]);
    assert!(netboot(&["put", &local, &serve.url("dump")]).status.success());
    assert!(std::fs::read(root.path().join("dump")).unwrap() == pattern(300_000));
}

#[test]
fn standard_input_can_be_stored() {
    let root = tempfile::tempdir().unwrap();
    let serve = Serve::start(root.path(), &["--allow-upload"]);
    let mut child = program()
        .args(["put", "-", &serve.url("log")])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"line\n").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(std::fs::read(root.path().join("log")).unwrap(), b"line\n");
}

#[test]
fn events_are_objects_one_a_line() {
    let root = tempfile::tempdir().unwrap();
    let here = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("file"), pattern(5_000)).unwrap();
    let serve = Serve::start(root.path(), &[]);
    let output = netboot(&["get", &serve.url("file"), &path(&here, "copy"), "--json", "--windowsize", "4"]);
    let lines: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["event"], "opened");
    assert_eq!(lines[0]["size"], 5_000);
    let last = lines.last().unwrap();
    assert_eq!((&last["event"], &last["bytes"]), (&"done".into(), &5_000.into()));
    assert_eq!((&last["blksize"], &last["windowsize"]), (&1468.into(), &4.into()));
}

#[test]
fn a_text_survives_netascii_both_ways() {
    let root = tempfile::tempdir().unwrap();
    let here = tempfile::tempdir().unwrap();
    let serve = Serve::start(root.path(), &["--allow-upload"]);
    let text = b"one\ntwo\r\n\rthree\n".repeat(2_000);
    std::fs::write(here.path().join("text"), &text).unwrap();
    let put = netboot(&["put", &path(&here, "text"), &serve.url("stored"), "--netascii"]);
    assert!(put.status.success(), "{}", String::from_utf8_lossy(&put.stderr));
    assert!(std::fs::read(root.path().join("stored")).unwrap() == text);
    let get = netboot(&["get", &serve.url("stored"), &path(&here, "back"), "--netascii"]);
    assert!(get.status.success(), "{}", String::from_utf8_lossy(&get.stderr));
    assert!(std::fs::read(here.path().join("back")).unwrap() == text);
    let piped = netboot(&["get", &serve.url("stored"), "-", "--netascii"]);
    assert_eq!(piped.stdout, text);
}

#[test]
fn a_server_that_sends_more_than_the_limit_or_breaks_off_leaves_nothing() {
    let here = tempfile::tempdir().unwrap();
    let server = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let url = format!("tftp://{}/f", server.local_addr().unwrap());
    // It announces nothing, and goes on for ever; the second time it says why it stops, with an escape sequence.
    let thread = std::thread::spawn(move || {
        let mut buf = [0; 600];
        loop {
            let (length, client) = server.recv_from(&mut buf).unwrap();
            let block = match buf[1] {
                1 if buf[..length].windows(4).any(|part| part == b"stop") => {
                    server.send_to(b"\0\x05\0\x03\x1b[2Jfull\n\0", client).unwrap();
                    return;
                }
                1 => 1,
                4 => u16::from_be_bytes([buf[2], buf[3]]).wrapping_add(1),
                _ => continue,
            };
            let [high, low] = block.to_be_bytes();
            server.send_to(&[&[0, 3, high, low][..], &[7; 512]].concat(), client).unwrap();
        }
    });
    let (line, code) = complaint(&netboot(&["get", &url, &path(&here, "f"), "--limit", "100K"]));
    assert!(line.contains("PXE-E79") && code == Some(1), "{line}");
    let (line, code) = complaint(&netboot(&["get", &format!("{url}-stop"), &path(&here, "f")]));
    assert!(line.contains("?[2Jfull") && !line.contains('\x1b') && code == Some(1), "{line}");
    assert_eq!(std::fs::read_dir(here.path()).unwrap().count(), 0);
    thread.join().unwrap();
}
