//! The program as a person runs it: on loopback, without root, on ports that the system chooses.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "every test file takes what it needs")]

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Runs the program to its end.
pub fn netboot(arguments: &[&str]) -> Output {
    program().args(arguments).stdin(Stdio::null()).output().expect("the program runs")
}

pub fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_netboot"))
}

/// The one line on standard error, and the exit code.
pub fn complaint(output: &Output) -> (String, Option<i32>) {
    let text = String::from_utf8(output.stderr.clone()).expect("text");
    assert_eq!(text.lines().count(), 1, "one line: {text}");
    (text.trim_end().to_owned(), output.status.code())
}

/// `netboot serve` that ends with the test.
pub struct Serve {
    child: Child,
    lines: BufReader<ChildStdout>,
    pub tftp: SocketAddr,
}

impl Serve {
    /// Serves `root` over TFTP alone, with more arguments.
    pub fn start(root: &Path, more: &[&str]) -> Self {
        let mut child = program()
            .args(["serve", "--json", "--listen", "127.0.0.1", "--no-dhcp", "--tftp-port", "0", "--root"])
            .arg(root)
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut lines = BufReader::new(child.stdout.take().expect("piped"));
        let first = event(&mut lines);
        assert_eq!(first["event"], "listening");
        let tftp = first["address"].as_str().expect("an address").parse().expect("an address");
        Self { child, lines, tftp }
    }

    pub fn url(&self, file: &str) -> String {
        format!("tftp://{}/{file}", self.tftp)
    }

    /// The next event of that kind.
    pub fn wait_for(&mut self, kind: &str) -> Value {
        loop {
            let event = event(&mut self.lines);
            if event["event"] == kind {
                return event;
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as Ctrl-C does, and answers its exit code and the last event.
    pub fn interrupt(mut self) -> (Option<i32>, Value) {
        signal(self.child.id(), "INT");
        let last = self.wait_for("stopped");
        (self.child.wait().expect("it ends").code(), last)
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(process.to_string()).status().expect("kill");
    assert!(sent.success());
}

fn event(lines: &mut BufReader<ChildStdout>) -> Value {
    let mut line = String::new();
    assert!(lines.read_line(&mut line).expect("readable") > 0, "the program ended early");
    serde_json::from_str(&line).expect("one JSON object a line")
}

/// Bytes that no other offset has.
pub fn pattern(length: usize) -> Vec<u8> {
    (0..length as u32).flat_map(|index| index.wrapping_mul(0x9e37_79b9).to_le_bytes()).take(length).collect()
}

/// Waits until `done` holds.
pub fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
