//! Whole boots from our own DHCP server and our own TFTP server, over good and bad links.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::collections::BTreeMap;

use bootproto::Client;
use bootproto_core::{Instant, Machine, UdpPath};
use bootproto_dhcp::server::{self, Binding, Server};
use bootproto_tftp::server::{Config, Send, refuse};
use bootproto_tftp::wire::{ErrorCode, Request};
use common::{Booter, CLIENT, Driver, SERVER};
use testkit::world::{Link, Peer, Reply, World};

/// A host with both servers, as a program would put them together.
struct Host {
    dhcp: Server<[Binding; 8]>,
    files: BTreeMap<String, &'static [u8]>,
    /// By the server's port.
    transfers: BTreeMap<u16, Send<&'static [u8]>>,
    port: u16,
}

impl Host {
    fn new(config: server::Config) -> Self {
        let files = common::tftp_server().files;
        Self {
            dhcp: Server::new(config, [Binding::FREE; 8]).unwrap(),
            files: files.into_iter().map(|(name, bytes)| (name, &*bytes.leak())).collect(),
            transfers: BTreeMap::new(),
            port: 40_000,
        }
    }

    fn request(&mut self, mut path: UdpPath, data: &[u8]) -> Option<Reply> {
        // Every request is a transfer of its own, one that came twice as well: the client tells the second to go.
        path.local = SocketAddr::new(SERVER.into(), self.port);
        self.port = self.port.wrapping_add(1).max(40_000);
        let request = Request::parse(data).ok()?;
        let name = core::str::from_utf8(request.file).ok()?;
        if let Some(file) = self.files.get(name) {
            let transfer = Send::new(Config::new(u64::from(self.port)), path, &request, *file).ok()?;
            self.transfers.insert(path.local.port(), transfer);
            return None;
        }
        let mut buffer = [0; 128];
        let sent = refuse(path, ErrorCode::NOT_FOUND, b"no such file", &mut buffer).unwrap();
        Some((sent.path, sent.bytes.to_vec()))
    }

    fn drain(&mut self, now: Instant) -> Vec<Reply> {
        let mut buffer = vec![0; 2048];
        let mut replies = Vec::new();
        while let Some(sent) = self.dhcp.poll_transmit(now, &mut buffer).unwrap() {
            let mut path = sent.path;
            path.local.set_ip(SERVER.into());
            replies.push((path, sent.bytes.to_vec()));
        }
        for transfer in self.transfers.values_mut() {
            while let Some(sent) = transfer.poll_transmit(now, &mut buffer).unwrap() {
                replies.push((sent.path, sent.bytes.to_vec()));
            }
        }
        replies
    }
}

impl Peer for Host {
    fn address(&self) -> Ipv4Addr {
        SERVER
    }

    fn receive(&mut self, now: Instant, path: UdpPath, data: &[u8]) -> Vec<Reply> {
        let mut replies = Vec::new();
        match path.local.port() {
            67 | 4011 => {
                self.dhcp.handle_datagram(now, path, data);
            }
            69 => replies.extend(self.request(path, data)),
            port => {
                if let Some(transfer) = self.transfers.get_mut(&port) {
                    transfer.handle_datagram(now, path, data);
                }
            }
        }
        replies.extend(self.drain(now));
        replies
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let transfers = self.transfers.values().filter_map(Machine::poll_timeout);
        transfers.chain(self.dhcp.poll_timeout()).min()
    }

    fn handle_timeout(&mut self, now: Instant) -> Vec<Reply> {
        self.dhcp.handle_timeout(now);
        for transfer in self.transfers.values_mut() {
            transfer.handle_timeout(now);
        }
        self.drain(now)
    }
}

fn config() -> server::Config {
    server::Config::new(SERVER)
        .with_pool(CLIENT, CLIENT, Ipv4Addr::new(255, 255, 255, 0))
        .with_boot_file(None, b"lab/pxelinux.0")
}

#[test]
fn a_line_of_the_networks_menu_is_booted() {
    let menu = config()
        .with_service(server::Service::new(0x8001, b"Install", b"lab/nowhere"))
        .with_service(server::Service::new(0x8002, b"Lab", b"lab/pxelinux.0"))
        .with_prompt(10, b"Press F8");
    let (client, driver) = boot_answering(Link::perfect(), 1, menu, 0x8002);
    assert!(client.plan().is_some(), "{:#?}", driver.log);
    assert!(driver.logged("DhcpMenu") && driver.logged("line 0x8002"), "{:#?}", driver.log);
}

fn boot(link: Link, seed: u64, config: server::Config) -> (Client, Driver) {
    boot_answering(link, seed, config, 0)
}

fn boot_answering(link: Link, seed: u64, config: server::Config, service: u16) -> (Client, Driver) {
    let client = Client::new(common::config(), Instant::default()).unwrap();
    let mut world = World::new(Booter(client), link, seed).with_address(CLIENT).with_peer(Host::new(config));
    let mut driver = Driver { service, ..Driver::new() };
    world.run(Duration::from_secs(600), |booter, now, event| driver.on(&mut booter.0, now, event)).unwrap();
    (world.machine.0, driver)
}

#[test]
fn our_client_boots_from_our_servers() {
    let (client, driver) = boot(Link::perfect(), 1, config());
    assert!(client.plan().is_some(), "{:#?}", driver.log);
    assert_eq!(client.terms().map(|terms| terms.block_size), Some(1468));
}

#[test]
fn and_over_a_bad_link_too() {
    for seed in 0..5 {
        let (client, driver) = boot(Link::awful(), seed, config());
        assert!(client.plan().is_some(), "seed {seed}: {:#?}", driver.log);
        for (name, bytes) in &driver.files {
            assert_eq!(bytes, &common::tftp_server().files[name], "seed {seed}: {name}");
        }
    }
}

#[test]
fn the_mtu_that_dhcp_tells_sizes_the_blocks() {
    let (client, driver) = boot(Link { mtu: 1000, ..Link::perfect() }, 1, config().with_mtu(1000));
    assert!(client.plan().is_some(), "{:#?}", driver.log);
    assert_eq!(client.terms().map(|terms| terms.block_size), Some(968));
}
