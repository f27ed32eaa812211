//! `boot --fabric` where the fabric is wrong: what it says, with which number. Where it is right, `interop` boots over it.
#![cfg(target_os = "linux")]

mod common;

use common::{complaint, program};
use socket2::{Domain, SockAddr, Socket, Type};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

/// A socket that takes one cable.
fn listen(folder: &Path) -> (Socket, PathBuf) {
    let path = folder.join("fabric");
    let socket = Socket::new(Domain::UNIX, Type::SEQPACKET, None).unwrap();
    socket.bind(&SockAddr::unix(&path).unwrap()).unwrap();
    socket.listen(1).unwrap();
    (socket, path)
}

fn boot(path: &Path, more: &[&str]) -> Output {
    let mut command = program();
    command.args(["boot", "--timeout", "1", "--fabric"]).arg(path).args(more);
    command.stdin(Stdio::null()).output().unwrap()
}

#[test]
fn no_fabric_is_the_callers_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let (line, code) = complaint(&boot(&folder.path().join("nonesuch"), &[]));
    assert!(line.contains("(BP6312)") && line.contains("nonesuch"), "{line}");
    assert_eq!(code, Some(2));
    // Another kind of socket.
    let stream = folder.path().join("stream");
    let _listener = std::os::unix::net::UnixListener::bind(&stream).unwrap();
    let (line, code) = complaint(&boot(&stream, &[]));
    assert!(line.contains("(BP6312)") && code == Some(2), "{line}");
}

#[test]
fn a_fabric_without_a_subnet_manager_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let (_socket, path) = listen(folder.path());
    let output = boot(&path, &[]);
    let (line, code) = complaint(&output);
    assert!(line.contains("no subnet manager has made the port active (BP6216)"), "{line}");
    assert!(line.contains("opensm"), "{line}");
    assert_eq!(code, Some(1));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("2 configure  the link is Initializing"), "{told}");
    // The same for a program: the failure knows its step.
    let output = boot(&path, &["--json"]);
    let last = String::from_utf8(output.stdout).unwrap();
    let last: serde_json::Value = serde_json::from_str(last.lines().last().unwrap()).unwrap();
    assert_eq!((&last["step"], &last["code"]), (&"configure".into(), &"BP6216".into()));
}

#[test]
fn a_cable_that_is_pulled_is_no_link() {
    let folder = tempfile::tempdir().unwrap();
    let (socket, path) = listen(folder.path());
    let other_end = std::thread::spawn(move || drop(socket.accept().unwrap()));
    let (line, code) = complaint(&boot(&path, &[]));
    other_end.join().unwrap();
    assert!(line.contains("there is no link (BP6212, PXE-E61)"), "{line}");
    assert_eq!(code, Some(1));
}

#[test]
fn what_no_port_and_no_partition_can_be_is_refused() {
    let path = Path::new("/nonesuch");
    for (more, part) in [
        (["--guid", "0"], "write it like 00:02:c9:03:00:4e:5a:11"),
        (["--guid", "00:00:00:00:00:00:00:00"], "no port has the GUID 0"),
        (["--p-key", "0x8000"], "no partition"),
        (["--p-key", "x"], "0x8001"),
        (["--dialect", "edk2"], "rfc4390, ipxe, mellanox, hardware, grub"),
        (["--interface", "lo"], "--fabric"),
    ] {
        let (line, code) = complaint(&boot(path, &more));
        assert!(line.contains("(BP6301)") && line.contains(part), "{more:?}: {line}");
        assert_eq!(code, Some(2));
    }
}
