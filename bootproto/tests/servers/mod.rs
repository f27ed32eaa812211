//! Our own DHCP and TFTP servers on one address, as a program would put them together.

use core::net::{Ipv4Addr, SocketAddr};
use std::collections::BTreeMap;
use std::rc::Rc;

use bootproto_core::{Instant, Machine, UdpPath};
use bootproto_dhcp::server::{self, Binding, Server};
use bootproto_tftp::server::{Config, Send, refuse};
use bootproto_tftp::wire::{ErrorCode, Request};
use bootproto_tftp::{Source, SourceError};
use testkit::world::{Peer, Reply};

/// Files by name; many transfers and many hosts read the same ones.
pub(crate) type Files = Rc<BTreeMap<String, Rc<[u8]>>>;

/// The host, with room for `N` clients.
pub(crate) struct Host<const N: usize> {
    address: Ipv4Addr,
    dhcp: Server<[Binding; N]>,
    files: Files,
    /// By the server's port.
    transfers: BTreeMap<u16, Send<File>>,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct File(Rc<[u8]>);

impl Source for File {
    fn len(&self) -> u64 {
        u64::try_from(self.0.len()).unwrap_or(u64::MAX)
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, SourceError> {
        (&*self.0).read_at(offset, into)
    }
}

impl<const N: usize> Host<N> {
    pub(crate) fn new(address: Ipv4Addr, config: server::Config, files: Files) -> Self {
        let dhcp = Server::new(config, [Binding::FREE; N]).unwrap();
        Self { address, dhcp, files, transfers: BTreeMap::new(), port: 40_000 }
    }

    fn request(&mut self, mut path: UdpPath, data: &[u8]) -> Option<Reply> {
        // Every request is a transfer of its own, one that came twice as well: the client tells the second to go.
        path.local = SocketAddr::new(self.address.into(), self.port);
        self.port = self.port.wrapping_add(1).max(40_000);
        let request = Request::parse(data).ok()?;
        let name = core::str::from_utf8(request.file).ok()?;
        if let Some(file) = self.files.get(name) {
            let config = Config::new(u64::from(self.port));
            let transfer = Send::new(config, path, &request, File(Rc::clone(file))).ok()?;
            self.transfers.insert(path.local.port(), transfer);
            return None;
        }
        let mut buffer = [0; 128];
        let sent = refuse(path, ErrorCode::NOT_FOUND, b"no such file", &mut buffer).unwrap();
        Some((sent.path, sent.bytes.to_vec()))
    }

    fn drain(&mut self, now: Instant) -> Vec<Reply> {
        let mut buffer = [0; 2048];
        let mut replies = Vec::new();
        while let Some(sent) = self.dhcp.poll_transmit(now, &mut buffer).unwrap() {
            let mut path = sent.path;
            path.local.set_ip(self.address.into());
            replies.push((path, sent.bytes.to_vec()));
        }
        for transfer in self.transfers.values_mut() {
            while let Some(sent) = transfer.poll_transmit(now, &mut buffer).unwrap() {
                replies.push((sent.path, sent.bytes.to_vec()));
            }
        }
        self.transfers.retain(|_, transfer| transfer.poll_timeout().is_some());
        replies
    }
}

impl<const N: usize> Peer for Host<N> {
    fn address(&self) -> Ipv4Addr {
        self.address
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
