//! `serve` against clients that nobody would wish for: raw requests, and none of our client's code.

mod common;

use std::net::UdpSocket;
use std::os::unix::fs::symlink;
use std::time::Duration;

use common::{Serve, eventually, pattern};

fn client() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket
}

fn request(serve: &Serve, opcode: u8, name: &[u8]) -> (UdpSocket, Vec<u8>) {
    let socket = client();
    let bytes = [&[0, opcode][..], name, b"\0octet\0"].concat();
    socket.send_to(&bytes, serve.tftp).unwrap();
    let mut buf = [0; 600];
    let (length, from) = socket.recv_from(&mut buf).unwrap();
    socket.connect(from).unwrap();
    (socket, buf[..length].to_vec())
}

/// The code of the ERROR that answers a request to read.
fn error(serve: &Serve, name: &[u8]) -> Option<u8> {
    match request(serve, 1, name).1.as_slice() {
        [0, 5, 0, code, ..] => Some(*code),
        _ => None,
    }
}

#[test]
fn no_name_leads_out_of_the_root() {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("root");
    std::fs::create_dir_all(root.join("boot")).unwrap();
    std::fs::write(root.join("boot/nbp"), b"nbp").unwrap();
    std::fs::write(outer.path().join("secret"), b"secret").unwrap();
    symlink("../secret", root.join("link")).unwrap();
    symlink(outer.path().join("secret"), root.join("absolute")).unwrap();
    symlink("..", root.join("up")).unwrap();
    let secret = outer.path().join("secret").to_str().unwrap().to_owned();

    let serve = Serve::start(&root, &[]);
    for name in [
        &b"../secret"[..],
        b"..\\secret",
        b"boot/../../secret",
        b"/../secret",
        b"link",
        b"absolute",
        b"up/secret",
        b"boot",
        b"/",
    ] {
        assert_eq!(error(&serve, name), Some(2), "{}", name.escape_ascii());
    }
    // An absolute name is one under the root, where there is no such file.
    assert_eq!(error(&serve, secret.as_bytes()), Some(1));
    assert_eq!(error(&serve, b"/etc/passwd"), Some(1));
    for name in [&b"boot/nbp"[..], b"/boot/nbp", b"\\boot\\nbp"] {
        assert_eq!(request(&serve, 1, name).1, b"\0\x03\0\x01nbp", "{}", name.escape_ascii());
    }
}

#[test]
fn transfers_beyond_the_bound_are_refused_and_a_vanished_client_gives_its_slot_back() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("file"), pattern(5_000)).unwrap();
    let mut serve = Serve::start(root.path(), &["--max-transfers", "2", "--give-up", "1"]);
    let first = request(&serve, 1, b"file");
    let second = request(&serve, 1, b"file");
    assert_eq!(error(&serve, b"file"), Some(0));
    let refused = serve.wait_for("refused");
    assert_eq!(refused["code"], "BP6204");
    // Both fall silent; each costs its slot until its time-out, and then a new client is served.
    serve.wait_for("failed");
    serve.wait_for("failed");
    assert_eq!(error(&serve, b"file"), None);
    drop((first, second));
}

#[test]
fn a_flood_from_one_machine_does_not_keep_another_from_its_file() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("file"), b"abc").unwrap();
    let mut serve = Serve::start(root.path(), &["--max-transfers", "4"]);
    let flood: Vec<_> = (0..4).map(|_| request(&serve, 1, b"file")).collect();
    assert_eq!(error(&serve, b"file"), Some(0));
    std::thread::sleep(Duration::from_millis(600));
    // The same machine gets no more than it has.
    assert_eq!(error(&serve, b"file"), Some(0));
    let other = UdpSocket::bind("127.0.0.2:0").unwrap();
    other.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    other.send_to(b"\0\x01file\0octet\0", serve.tftp).unwrap();
    let mut buf = [0; 600];
    let (length, _) = other.recv_from(&mut buf).unwrap();
    assert_eq!(&buf[..length], b"\0\x03\0\x01abc");
    assert_eq!(serve.wait_for("failed")["code"], "BP6204");
    drop(flood);
}

#[test]
fn the_same_request_again_takes_no_second_slot() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("file"), b"abc").unwrap();
    let mut serve = Serve::start(root.path(), &["--max-transfers", "1"]);
    let socket = client();
    for _ in 0..3 {
        socket.send_to(b"\0\x01file\0octet\0", serve.tftp).unwrap();
    }
    let mut buf = [0; 600];
    let (length, from) = socket.recv_from(&mut buf).unwrap();
    assert_eq!(&buf[..length], b"\0\x03\0\x01abc");
    socket.send_to(b"\0\x04\0\x01", from).unwrap();
    serve.wait_for("done");
    let (code, last) = serve.interrupt();
    assert_eq!((code, &last["done"], &last["refused"]), (Some(0), &1.into(), &0.into()));
}

#[test]
fn a_machine_that_was_restarted_is_served_again_from_the_same_port() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("file"), pattern(5_000)).unwrap();
    let mut serve = Serve::start(root.path(), &["--max-transfers", "1"]);
    let socket = client();
    let mut buf = [0; 600];
    let mut ask = || {
        socket.send_to(b"\0\x01file\0octet\0", serve.tftp).unwrap();
        socket.recv_from(&mut buf).unwrap().1
    };
    let first = ask();
    std::thread::sleep(Duration::from_millis(2_500));
    // What is sent again meanwhile comes from the first port still.
    let mut port = ask();
    for _ in 0..50 {
        if port != first {
            break;
        }
        port = ask();
    }
    assert_ne!(port, first);
    assert_eq!(serve.wait_for("failed")["code"], "BP6211");
}

#[test]
fn garbage_and_answers_get_no_answer_and_bad_requests_an_error() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("file"), b"abc").unwrap();
    let serve = Serve::start(root.path(), &[]);
    let socket = client();
    socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    for bytes in
        [&b""[..], b"\0", b"\0\x05\0\0x\0", b"\0\x03\0\x01abc", b"\0\x04\0\x01", b"GET / HTTP/1.0\r\n"]
    {
        socket.send_to(bytes, serve.tftp).unwrap();
    }
    assert!(socket.recv_from(&mut [0; 600]).is_err());
    for bytes in [&b"\0\x01"[..], b"\0\x01file", b"\0\x01file\0mail\0", b"\0\x01\0octet\0"] {
        socket.send_to(bytes, serve.tftp).unwrap();
        let mut buf = [0; 600];
        socket.recv_from(&mut buf).unwrap();
        assert_eq!(buf[..4], [0, 5, 0, 4], "{}", bytes.escape_ascii());
    }
    assert_eq!(error(&serve, b"none"), Some(1));
}

#[test]
fn a_client_that_breaks_off_an_upload_leaves_nothing() {
    let root = tempfile::tempdir().unwrap();
    let mut serve = Serve::start(root.path(), &["--allow-upload"]);
    let (socket, answer) = request(&serve, 2, b"new");
    assert_eq!(answer, b"\0\x04\0\0");
    socket.send(&[b"\0\x03\0\x01", &pattern(512)[..]].concat()).unwrap();
    assert_eq!(socket.recv(&mut [0; 600]).unwrap(), 4);
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 1);
    socket.send(b"\0\x05\0\0over\0").unwrap();
    let failed = serve.wait_for("failed");
    assert_eq!((&failed["file"], &failed["bytes"]), (&"new".into(), &512.into()));
    eventually("the unfinished file goes", || std::fs::read_dir(root.path()).unwrap().count() == 0);
}

#[test]
fn it_ends_with_a_signal_and_tells_what_it_did() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("file"), b"abc").unwrap();
    let serve = Serve::start(root.path(), &[]);
    let (socket, _) = request(&serve, 1, b"file");
    let (code, last) = serve.interrupt();
    assert_eq!((code, &last["failed"]), (Some(0), &1.into()));
    let mut buf = [0; 600];
    // The client is told, and need not wait.
    while buf[1] != 5 {
        socket.recv(&mut buf).unwrap();
    }
}
