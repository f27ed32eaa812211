//! `serve --menu` as a PXE ROM sees it: datagrams made and read byte by byte.

mod common;

use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Stdio};
use std::time::Duration;

use common::{complaint, netboot, program};

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A DHCP server on loopback with this menu, and its ports for DHCP and for PXE.
fn serve(root: &std::path::Path, menu: &[&str]) -> (Server, [SocketAddr; 2]) {
    // Two ports that were free a moment ago.
    let sockets = [(); 3].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
    let [dhcp, pxe, tftp] = sockets.map(|socket| socket.local_addr().unwrap());
    let ports = [dhcp.port(), pxe.port(), tftp.port()].map(|port| port.to_string());
    let mut child = program()
        .args(["serve", "--listen", "127.0.0.1", "--pool", "127.0.0.10-127.0.0.20", "--root"])
        .arg(root)
        .args(["--dhcp-port", &ports[0], "--pxe-port", &ports[1], "--tftp-port", &ports[2]])
        .args(menu)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap());
    for _ in 0..3 {
        std::io::BufRead::read_line(&mut lines, &mut String::new()).unwrap();
    }
    // The rest of the log goes nowhere, but must not find its reader gone.
    std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
    (Server(child), [dhcp, pxe])
}

/// What a BIOS ROM sends; `options` come behind those that every one of its messages has.
fn message(options: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 236];
    bytes[..8].copy_from_slice(&[1, 1, 6, 0, 1, 2, 3, 4]);
    bytes[28..34].copy_from_slice(&[0x52, 0x54, 0, 1, 2, 3]);
    bytes.extend_from_slice(&[99, 130, 83, 99, 60, 32]);
    bytes.extend_from_slice(b"PXEClient:Arch:00000:UNDI:002001");
    bytes.extend_from_slice(&[93, 2, 0, 0, 94, 3, 1, 2, 1, 97, 17, 0]);
    bytes.extend_from_slice(&[7; 16]);
    bytes.extend_from_slice(options);
    bytes.push(255);
    bytes
}

fn ask(to: SocketAddr, options: &[u8]) -> Vec<u8> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket.send_to(&message(options), to).unwrap();
    let mut buf = [0; 1500];
    let (length, _) = socket.recv_from(&mut buf).unwrap();
    buf[..length].to_vec()
}

/// The value of an option, or of a sub-option.
fn option(mut bytes: &[u8], wanted: u8) -> Option<&[u8]> {
    while let [code, length, rest @ ..] = bytes {
        let (value, rest) = rest.split_at_checked(usize::from(*length))?;
        if *code == wanted {
            return Some(value);
        }
        bytes = rest;
    }
    None
}

#[test]
fn a_rom_sees_prompt_and_lines_and_gets_the_file_that_is_chosen() {
    let root = tempfile::tempdir().unwrap();
    let menu =
        ["--menu", "First=one.0", "--menu", "Second=two.0", "--menu", "x86-uefi:Other=other.efi", "--menu"];
    let menu = [&menu[..], &["Local disk=", "--prompt", "Press F8", "--prompt-timeout", "7"]].concat();
    let (_server, [dhcp, pxe]) = serve(root.path(), &menu);

    let offer = ask(dhcp, &[53, 1, 1]);
    let vendor = option(&offer[240..], 43).expect("option 43");
    // PXE 2.1 table 2-1: 10 is the prompt, 9 the menu: type, length of the text, text.
    assert_eq!(option(vendor, 10), Some(&b"\x07Press F8"[..]));
    let lines = b"\x80\x00\x05First\x80\x01\x06Second\x00\x00\x0aLocal disk";
    assert_eq!(option(vendor, 9), Some(&lines[..]));

    // The ROM asks the boot server for type 0x8001, layer 0 (option 43, sub-option 71).
    let answer = ask(pxe, &[53, 1, 3, 43, 7, 71, 4, 0x80, 1, 0, 0, 255]);
    let file = &answer[108..236];
    let in_option = option(&answer[240..], 67).unwrap_or_default();
    assert!(file.starts_with(b"two.0\0") || in_option.starts_with(b"two.0"), "{answer:?}");
    let vendor = option(&answer[240..], 43).expect("option 43");
    assert_eq!(option(vendor, 71), Some(&[0x80, 1, 0, 0][..]));
}

#[test]
fn a_menu_that_cannot_be_is_told() {
    let root = tempfile::tempdir().unwrap();
    let call = |more: &[&str]| {
        let fixed = ["serve", "--listen", "127.0.0.1", "--root", root.path().to_str().unwrap()];
        complaint(&netboot(&[&fixed[..], more].concat()))
    };
    let text = "a rather long line for a menu, with 48 bytes now";
    let lines: Vec<_> = (0..8).map(|number| format!("{text}={number}")).collect();
    let many: Vec<_> = lines.iter().flat_map(|line| ["--menu", line]).collect();
    let ports = ["--dhcp-port", "0", "--pxe-port", "0", "--tftp-port", "0"];
    for (arguments, expected) in [
        (&["--menu", "no file"][..], "TEXT=FILE"),
        (&["--prompt", "Press F8"], "--menu"),
        (&["--menu", "a=b", "--prompt-timeout", "256"], "256"),
        (&["--no-dhcp", "--menu", "a=b"], "--no-dhcp"),
        (&[&many[..], &ports[..]].concat(), "255 bytes"),
    ] {
        let (line, code) = call(arguments);
        assert!(line.contains(expected) && code == Some(2), "{line}");
    }
}
