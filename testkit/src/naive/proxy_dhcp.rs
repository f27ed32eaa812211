//! A ProxyDHCP server: it gives no addresses, only boot information, PXE 2.1 section 2.

use core::net::{Ipv4Addr, SocketAddr};
use std::cell::RefCell;
use std::rc::Rc;

use bootproto_core::{Instant, UdpPath};

use super::dhcp_bytes::{self as dhcp, Fields, Request};
use crate::world::{Peer, Reply};

/// A ProxyDHCP server that answers on port 67, on its boot server port, or both.
#[derive(Debug, Clone)]
pub struct ProxyDhcp {
    /// Its address and identifier (option 54).
    pub address: Ipv4Addr,
    /// Where it hears DISCOVER; `None` when it doesn't.
    pub port: Option<u16>,
    /// Where it hears REQUEST and INFORM; `None` when it doesn't.
    pub boot_port: Option<u16>,
    /// The port clients listen on for broadcasts.
    pub client_port: u16,
    /// `file` of its offer; empty makes the client ask on the boot server port.
    pub offered_file: Vec<u8>,
    /// `file` of its answer on the boot server port.
    pub file: Vec<u8>,
    /// `siaddr`.
    pub next_server: Option<Ipv4Addr>,
    /// More options, or other values for those it sets itself (53, 54, 60, 97).
    pub options: Vec<(u8, Vec<u8>)>,
    /// Codes of options that it leaves out even though it should not.
    pub leaves_out: Vec<u8>,
    /// Every request it understood, in order, with the port it came to.
    pub heard: Rc<RefCell<Vec<(u16, Request)>>>,
}

impl ProxyDhcp {
    /// A server at `address` that offers nothing but itself on port 67, and `file` on port 4011.
    pub fn new(address: Ipv4Addr, file: &str) -> Self {
        Self {
            address,
            port: Some(67),
            boot_port: Some(4011),
            client_port: 68,
            offered_file: Vec::new(),
            file: file.into(),
            next_server: Some(address),
            options: Vec::new(),
            leaves_out: Vec::new(),
            heard: Rc::default(),
        }
    }

    /// The server with some of its fields changed.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// One more option, as raw bytes.
    #[must_use]
    pub fn with_option(self, code: u8, value: impl Into<Vec<u8>>) -> Self {
        self.with(|server| dhcp::set(&mut server.options, code, value))
    }

    fn answer(&self, request: &Request, message_type: u8, file: &[u8]) -> Vec<u8> {
        let mut options =
            vec![(53, vec![message_type]), (54, self.address.octets().to_vec()), (60, b"PXEClient".to_vec())];
        options.extend(request.option(97).map(|uuid| (97, uuid.to_vec())));
        for (code, value) in &self.options {
            dhcp::set(&mut options, *code, value.clone());
        }
        options.retain(|(code, _)| !self.leaves_out.contains(code));
        let (siaddr, file) = (self.next_server, file.to_vec());
        dhcp::reply(request, &Fields { siaddr, file, options: Some(options), ..Fields::default() })
    }
}

impl Peer for ProxyDhcp {
    fn address(&self) -> Ipv4Addr {
        self.address
    }

    fn listens(&self, port: u16) -> bool {
        [self.port, self.boot_port].contains(&Some(port))
    }

    fn receive(&mut self, _: Instant, path: UdpPath, data: &[u8]) -> Vec<Reply> {
        let (port, Some(request)) = (path.local.port(), Request::parse(data)) else {
            return Vec::new();
        };
        self.heard.borrow_mut().push((port, request.clone()));
        if !request.option(60).is_some_and(|class| class.starts_with(b"PXEClient")) {
            return Vec::new();
        }
        let local = SocketAddr::new(self.address.into(), port);
        if Some(port) == self.boot_port && matches!(request.message_type(), dhcp::REQUEST | dhcp::INFORM) {
            // The answer goes back to where the request came from (PXE 2.1).
            let packet = self.answer(&request, dhcp::ACK, &self.file);
            return vec![(UdpPath { local, remote: path.remote }, packet)];
        }
        if Some(port) == self.port && request.message_type() == dhcp::DISCOVER {
            let packet = self.answer(&request, dhcp::OFFER, &self.offered_file);
            let remote = SocketAddr::new(Ipv4Addr::BROADCAST.into(), self.client_port);
            return vec![(UdpPath { local, remote }, packet)];
        }
        Vec::new()
    }
}
