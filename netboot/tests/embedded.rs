//! The embedded servers answer a client that gets its address from one and what to boot from the other.

use core::ops::ControlFlow;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::{Arc, Mutex};

use bootproto_dhcp::HardwareAddress;
use bootproto_dhcp::client::{Client, Config, Event};
use netboot::drive::{Clock, Ports, Stop, drive};
use netboot::embedded::{Server, tree};
use netboot::transfer::{Options, Sink, Url, get};
use netboot::{Error, Trouble};

const MAC: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];

/// The address, the boot server and the boot file that a client gets.
fn configure(server: &Server) -> Result<(Ipv4Addr, Ipv4Addr, Vec<u8>), Error> {
    let addresses = server.addresses();
    let mut ports = Ports::new(IpAddr::V4(Ipv4Addr::LOCALHOST)).broadcast_to(&addresses.broadcast());
    let clock = Clock::start();
    let config = Config::new(1, HardwareAddress::ethernet(MAC))
        .with_ports(6868, addresses.dhcp_port, addresses.pxe_port)
        .with_probe_address(false);
    let mut client = Client::new(config, clock.now()).expect("sound settings");
    let event = drive(&mut client, &mut ports, &clock, &Stop::new()?, |_, event, _| match event {
        Event::BootReady => ControlFlow::Break(Ok(())),
        Event::Failed(failure) => ControlFlow::Break(Err(failure)),

        _ => ControlFlow::Continue(()),
    })?;
    event.map_err(|failure| Error::failure(&failure, "configure"))?;
    let lease = client.lease().expect("a lease");
    let boot = client.boot().expect("what to boot");
    Ok((lease.address, boot.server, boot.file.to_vec()))
}

fn url(server: &Server, file: &str) -> Url {
    let addresses = server.addresses();
    Url { host: addresses.boot.to_string(), port: addresses.tftp_port, file: file.into() }
}

fn fetch(server: &Server, file: &str, to: &Path) -> Result<u64, Error> {
    let sink = Sink::create(to)?;
    get(&url(server, file), sink, &Options::default(), &Stop::new()?, &mut |_| {})
        .map(|outcome| outcome.bytes)
}

#[test]
fn a_client_gets_address_boot_file_and_every_file_of_the_tree() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("tree");
    std::fs::create_dir(&root).unwrap();
    tree::write(&root, 1).unwrap();
    let log = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&log);
    let server = Server::start(&root, None, Some(tree::Names::PREFIX), move |event| {
        seen.lock().unwrap().push(event.json())
    })
    .unwrap();

    let (address, boot, file) = configure(&server).unwrap();
    assert_eq!((boot, file.as_slice()), (server.addresses().boot, tree::Names::NBP.as_bytes()));
    assert_eq!(address.octets()[..3], [192, 0, 2]);
    // The same machine gets the same address again.
    assert_eq!(configure(&server).unwrap().0, address);

    for name in [
        tree::Names::NBP,
        tree::Names::CONFIG,
        tree::Names::KERNEL,
        tree::Names::INITRD,
        tree::Names::DIGESTS,
    ] {
        let local = directory.path().join("copy");
        let size = fetch(&server, name, &local).unwrap();
        assert_eq!(size, local.metadata().unwrap().len());
        assert!(std::fs::read(&local).unwrap() == std::fs::read(root.join(name)).unwrap(), "{name}");
    }
    let missing = fetch(&server, "none", &directory.path().join("none")).unwrap_err();
    assert_eq!(missing.pxe(), Some("PXE-E3B"));

    drop(server);
    let log = log.lock().unwrap();
    let count = |name: &str| log.iter().filter(|event| event["event"] == name).count();
    assert_eq!((count("dhcp-acknowledged"), count("done"), count("stopped")), (2, 5, 2));
    assert!(count("proxy-offered") >= 2);
}

#[test]
fn two_of_them_live_side_by_side_and_one_that_has_ended_is_gone() {
    let root = tempfile::tempdir().unwrap();
    let first = Server::start(root.path(), Some("a"), None, |_| {}).unwrap();
    let second = Server::start(root.path(), Some("b"), None, |_| {}).unwrap();
    assert_ne!(first.addresses(), second.addresses());
    assert_eq!(configure(&first).unwrap().2, b"a");
    assert_eq!(configure(&second).unwrap().2, b"b");
    let ended = first.addresses();
    drop(first);
    let socket = std::net::UdpSocket::bind((ended.dhcp, ended.dhcp_port));
    assert!(socket.is_ok(), "the port is free again");
}

#[test]
fn a_transfer_can_be_stopped_from_another_thread() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let stop = Stop::new().unwrap();
    let stopper = stop.stopper().unwrap();
    let url = Url { host: "127.0.0.1".into(), port: silent.local_addr().unwrap().port(), file: b"f".into() };
    let sink = Sink::create(&directory.path().join("f")).unwrap();
    let thread = std::thread::spawn(move || {
        silent.recv_from(&mut [0; 600]).unwrap();
        stopper.stop();
    });
    let error = get(&url, sink, &Options::default(), &stop, &mut |_| {}).unwrap_err();
    assert_eq!(error.code(), bootproto_core::Numbered::code(&Trouble::Interrupted));
    thread.join().unwrap();
}
