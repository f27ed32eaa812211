//! The adapters of `bootproto`, over others' implementations of the traits they are for, against the program's servers.

mod common;

use core::convert::Infallible;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::ops::ControlFlow;
use core::time::Duration;
use std::net::UdpSocket;

use bootproto::adapters::nal::Sockets;
use bootproto::adapters::{Buffers, DriveError, FetchError, Sleeping, drive, fetch};
use bootproto::client::{self, Client, Event, FileKind, Texts};
use bootproto_core::{Instant, Machine};
use bootproto_dhcp::{HardwareAddress, client as dhcp};
use bootproto_tftp::client::Config;
use bootproto_tftp::{Download, Failure};
use common::{Serve, pattern};
use embedded_nal::{UdpClientStack, UdpFullStack, nb};
use netboot::embedded::{self, tree};

/// The delay of an ordinary operating system.
struct Thread;

impl embedded_hal::delay::DelayNs for Thread {
    fn delay_ns(&mut self, ns: u32) {
        std::thread::sleep(Duration::from_nanos(ns.into()));
    }
}

type Fetched = Result<Vec<u8>, FetchError<std::io::Error, &'static str>>;

/// A whole file by `embedded-nal` and `DelayNs`; `room` bytes are taken.
fn get(config: Config, room: usize) -> Fetched {
    let mut network: Sockets<_, 1> = Sockets::new(std_embedded_nal::Stack);
    let (mut receive, mut transmit) = ([0; 1500], [0; Download::MAX_TRANSMIT]);
    let buffers = Buffers { receive: &mut receive, transmit: &mut transmit };
    let mut memory = vec![0; room];
    let size = fetch(&mut network, &mut Sleeping::new(Thread), buffers, config, |offset, bytes| {
        let start = usize::try_from(offset).expect("small");
        memory.get_mut(start..start + bytes.len()).ok_or("no room")?.copy_from_slice(bytes);
        Ok(())
    })?;
    network.close().map_err(DriveError::Network)?;
    memory.truncate(usize::try_from(size).expect("small"));
    Ok(memory)
}

fn config(server: SocketAddr, file: &[u8]) -> Config {
    // Ports that no other test of this file takes: each runs in a process with the others.
    static NEXT: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(0);
    let port = 20_000 + (std::process::id() % 20_000) as u16;
    let port = port + NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    Config::new(netboot::drive::seed(), server, port, file).expect("sound settings")
}

#[test]
fn embedded_nal_fetches_files_of_any_size() {
    let root = tempfile::tempdir().unwrap();
    for size in [0, 1, 1468, 1469, 300_000] {
        std::fs::write(root.path().join(format!("file-{size}")), pattern(size)).unwrap();
    }
    let serve = Serve::start(root.path(), &[]);
    for size in [0, 1, 1468, 1469, 300_000] {
        let name = format!("file-{size}");
        assert!(get(config(serve.tftp, name.as_bytes()), size).unwrap() == pattern(size), "{name}");
    }
}

#[test]
fn a_fetch_that_fails_says_why() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("large"), pattern(100_000)).unwrap();
    let mut serve = Serve::start(root.path(), &[]);
    let missing = get(config(serve.tftp, b"missing"), 0).unwrap_err();
    assert!(matches!(missing, FetchError::Failed(Failure::NotFound)), "{missing}");
    let no_room = get(config(serve.tftp, b"large"), 60_000).unwrap_err();
    assert!(matches!(no_room, FetchError::Store("no room")), "{no_room}");
    // The server was told, and waits for nobody.
    assert_eq!(serve.wait_for("failed")["file"], "large");
    let asks_too_much = get(config(serve.tftp, b"large").with_block_size(7), 0).unwrap_err();
    assert!(matches!(asks_too_much, FetchError::Config(_)), "{asks_too_much}");
}

#[test]
fn a_silent_server_ends_a_fetch_by_the_clock_that_sleeps() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (floor, ceiling) = (Duration::from_millis(5), Duration::from_millis(20));
    let config = config(silent.local_addr().unwrap(), b"file").with_timeouts(floor, ceiling, ceiling * 5);
    let failed = get(config, 0).unwrap_err();
    assert!(matches!(failed, FetchError::Failed(Failure::OpenTimedOut { .. })), "{failed}");
}

/// A stack on which what is broadcast reaches the embedded servers: loopback has no broadcast.
struct Loopback(std_embedded_nal::Stack, [IpAddr; 2]);

impl UdpClientStack for Loopback {
    type UdpSocket = <std_embedded_nal::Stack as UdpClientStack>::UdpSocket;
    type Error = std::io::Error;

    fn socket(&mut self) -> std::io::Result<Self::UdpSocket> {
        self.0.socket()
    }

    fn connect(&mut self, socket: &mut Self::UdpSocket, remote: SocketAddr) -> std::io::Result<()> {
        self.0.connect(socket, remote)
    }

    fn send(&mut self, socket: &mut Self::UdpSocket, buffer: &[u8]) -> nb::Result<(), Self::Error> {
        self.0.send(socket, buffer)
    }

    fn receive(
        &mut self,
        socket: &mut Self::UdpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<(usize, SocketAddr), Self::Error> {
        self.0.receive(socket, buffer)
    }

    fn close(&mut self, socket: Self::UdpSocket) -> std::io::Result<()> {
        self.0.close(socket)
    }
}

impl UdpFullStack for Loopback {
    fn bind(&mut self, socket: &mut Self::UdpSocket, port: u16) -> std::io::Result<()> {
        self.0.bind(socket, port)
    }

    fn send_to(
        &mut self,
        socket: &mut Self::UdpSocket,
        remote: SocketAddr,
        buffer: &[u8],
    ) -> nb::Result<(), Self::Error> {
        let targets =
            if remote.ip() == IpAddr::V4(Ipv4Addr::BROADCAST) { &self.1[..] } else { &[remote.ip()] };
        targets
            .iter()
            .try_for_each(|target| self.0.send_to(socket, SocketAddr::new(*target, remote.port()), buffer))
    }
}

/// A whole boot over `N` sockets: kernel and initrd as they arrived.
fn boot<const N: usize>(client_port: u16) -> [Vec<u8>; 2] {
    let root = tempfile::tempdir().unwrap();
    tree::write(root.path(), 1).unwrap();
    let server = embedded::Server::start(root.path(), None, Some(tree::Names::PREFIX), |_| {}).unwrap();
    let addresses = server.addresses();
    let dhcp = dhcp::Config::new(netboot::drive::seed(), HardwareAddress::ethernet([2, 0, 0, 0, 0, 1]))
        .with_ports(client_port, addresses.dhcp_port, addresses.pxe_port)
        .with_probe_address(false);
    let config = client::Config::new(netboot::drive::seed(), dhcp).with_transfer_port(addresses.tftp_port);
    let mut network: Sockets<_, N> = Sockets::new(Loopback(std_embedded_nal::Stack, addresses.broadcast()));
    let mut client = Client::new(config, Instant::from_micros(0)).unwrap();
    let (mut receive, mut transmit) = ([0; 1500], [0; Client::MAX_TRANSMIT]);
    let buffers = Buffers { receive: &mut receive, transmit: &mut transmit };
    let (mut configuration, mut manifest) = ([0; 4096], [0; 4096]);
    let mut texts = Texts::new(&mut configuration, &mut manifest);
    let mut files = [Vec::new(), Vec::new()];
    let begun = std::time::Instant::now();
    let mut clock = move || Instant::from_micros(begun.elapsed().as_micros() as u64);
    drive(&mut client, &mut network, &mut clock, buffers, |client, _, event, now| {
        let mut event = event;
        loop {
            texts.take(client, &event);
            event = match event {
                Event::Open { kind, .. } => {
                    if let Some(file) = kept(&mut files, kind) {
                        *file = client.head().to_vec();
                    }
                    return ControlFlow::Continue(());
                }
                Event::Data { kind, offset, bytes, .. } => {
                    if let Some(file) = kept(&mut files, kind) {
                        let end = offset as usize + bytes.len();
                        file.resize(file.len().max(end), 0);
                        file[offset as usize..end].copy_from_slice(bytes);
                    }
                    return ControlFlow::Continue(());
                }
                Event::NeedText | Event::ChoiceTimedOut => texts.answer(client, now),
                Event::Choose { .. } => client.choose(now, texts.configuration(), 0),
                Event::Verify { kind, .. } => {
                    client.verify_bytes(now, kept(&mut files, kind).expect("a file that is kept"))
                }
                Event::Ready => return ControlFlow::Break(Ok(())),
                Event::Failed { failure, .. } => return ControlFlow::Break(Err(failure)),
                _ => return ControlFlow::Continue(()),
            };
        }
    })
    .unwrap()
    .unwrap();
    assert!(client.plan().unwrap().files().iter().all(|file| file.is_verified));
    files.iter().zip([tree::Names::KERNEL, tree::Names::INITRD]).for_each(|(file, name)| {
        assert!(*file == std::fs::read(root.path().join(name)).unwrap(), "{name}");
    });
    files
}

fn kept(files: &mut [Vec<u8>; 2], kind: FileKind) -> Option<&mut Vec<u8>> {
    match kind {
        FileKind::Kernel => files.first_mut(),
        FileKind::Initrd(0) => files.last_mut(),
        _ => None,
    }
}

#[test]
fn embedded_nal_boots_with_as_many_sockets_as_it_likes_and_with_one() {
    let port = 41_000 + (std::process::id() % 10_000) as u16;
    boot::<3>(port);
    boot::<1>(port + 1);
}

#[test]
fn a_transmit_buffer_that_is_too_small_is_an_error_not_a_loop() {
    let mut network: Sockets<_, 1> = Sockets::new(std_embedded_nal::Stack);
    let buffers = Buffers { receive: &mut [0; 1500], transmit: &mut [0; 4] };
    let config = config("127.0.0.1:69".parse().unwrap(), b"file");
    let result =
        fetch(&mut network, &mut Sleeping::new(Thread), buffers, config, |_, _| Ok::<_, Infallible>(()));
    assert!(matches!(result, Err(FetchError::Drive(DriveError::Transmit(_)))), "{result:?}");
}
