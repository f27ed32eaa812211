//! A DHCP server for one subnet, which is also what a BOOTP server is.

use core::net::{Ipv4Addr, SocketAddr};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bootproto_core::{Instant, UdpPath};

use super::dhcp_bytes::{self as dhcp, Fields, Request};
use crate::world::{Peer, Reply};

/// A DHCP server. Without a special wish it answers DISCOVER, REQUEST and INFORM as RFC 2131, table 3 and 4.3 say.
#[derive(Debug, Clone)]
pub struct DhcpServer {
    /// Its address and identifier (option 54).
    pub address: Ipv4Addr,
    /// The port it listens on and answers from.
    pub port: u16,
    /// The port clients listen on.
    pub client_port: u16,
    /// The first address to lease; the next client gets the next one.
    pub first: Ipv4Addr,
    /// Option 51, in seconds; `None` leaves it out.
    pub lease: Option<u32>,
    /// `siaddr`.
    pub next_server: Option<Ipv4Addr>,
    /// `sname`.
    pub sname: Vec<u8>,
    /// `file`.
    pub file: Vec<u8>,
    /// More options, or other values for those it sets itself (53, 54, 51, 1).
    pub options: Vec<(u8, Vec<u8>)>,
    /// Codes of options that it leaves out even though it should not.
    pub leaves_out: Vec<u8>,
    /// How many REQUESTs it refuses with a NAK before it agrees.
    pub refuse: u32,
    /// Message types that it doesn't answer.
    pub deaf_to: Vec<u8>,
    /// Whether it is a BOOTP server: replies have no options, and one reply is all.
    pub bootp: bool,
    /// Every request it understood, in order. A clone of this handle sees it after the server has moved into a world.
    pub heard: Rc<RefCell<Vec<Request>>>,
    leases: BTreeMap<Vec<u8>, Ipv4Addr>,
    declined: Vec<Ipv4Addr>,
}

impl DhcpServer {
    /// A server at `address`, ports 67 and 68, that leases addresses from `first` on for an hour.
    pub fn new(address: Ipv4Addr, first: Ipv4Addr) -> Self {
        Self {
            address,
            port: 67,
            client_port: 68,
            first,
            lease: Some(3600),
            next_server: None,
            sname: Vec::new(),
            file: Vec::new(),
            options: Vec::new(),
            leaves_out: Vec::new(),
            refuse: 0,
            deaf_to: Vec::new(),
            bootp: false,
            heard: Rc::default(),
            leases: BTreeMap::new(),
            declined: Vec::new(),
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

    /// The address of a client, the same one every time.
    fn lease_for(&mut self, client: Vec<u8>) -> Ipv4Addr {
        if let Some(address) = self.leases.get(&client) {
            return *address;
        }
        let mut address = self.first;
        while self.declined.contains(&address) || self.leases.values().any(|other| *other == address) {
            address = Ipv4Addr::from(u32::from(address) + 1);
        }
        self.leases.insert(client, address);
        address
    }

    fn answer(&mut self, request: &Request) -> Option<Vec<u8>> {
        let client = request.client();
        if self.bootp {
            let yiaddr = Some(self.lease_for(client));
            return Some(dhcp::reply(request, &Fields { yiaddr, options: None, ..self.fields() }));
        }
        if self.deaf_to.contains(&request.message_type()) {
            return None;
        }
        match request.message_type() {
            dhcp::DISCOVER => {
                let yiaddr = self.lease_for(client);
                Some(self.agree(request, dhcp::OFFER, Some(yiaddr)))
            }
            dhcp::REQUEST => self.requested(request, client),
            dhcp::INFORM => Some(self.agree(request, dhcp::ACK, None)),
            dhcp::DECLINE => {
                self.declined.extend(self.leases.remove(&client));
                None
            }
            dhcp::RELEASE => {
                self.leases.remove(&client);
                None
            }
            _ => None,
        }
    }

    /// A REQUEST: for another server it withdraws our offer, for an address we don't lease it is refused.
    fn requested(&mut self, request: &Request, client: Vec<u8>) -> Option<Vec<u8>> {
        if request.address(54).is_some_and(|server| server != self.address) {
            self.leases.remove(&client);
            return None;
        }
        let wanted = request.address(50).unwrap_or_else(|| request.ciaddr());
        let ours = self.leases.get(&client).copied();
        if self.refuse > 0 || ours != Some(wanted) {
            self.refuse = self.refuse.saturating_sub(1);
            let options = vec![(53, vec![dhcp::NAK]), (54, self.address.octets().to_vec())];
            return Some(dhcp::reply(request, &Fields { options: Some(options), ..Fields::default() }));
        }
        Some(self.agree(request, dhcp::ACK, ours))
    }

    fn fields(&self) -> Fields {
        let (sname, file) = (self.sname.clone(), self.file.clone());
        Fields { siaddr: self.next_server, sname, file, ..Fields::default() }
    }

    fn agree(&self, request: &Request, message_type: u8, yiaddr: Option<Ipv4Addr>) -> Vec<u8> {
        let mut options = vec![(53, vec![message_type]), (54, self.address.octets().to_vec())];
        if let Some(lease) = self.lease.filter(|_| yiaddr.is_some()) {
            options.push((51, lease.to_be_bytes().to_vec()));
        }
        options.push((1, vec![255, 255, 255, 0]));
        for (code, value) in &self.options {
            dhcp::set(&mut options, *code, value.clone());
        }
        options.retain(|(code, _)| !self.leaves_out.contains(code));
        dhcp::reply(request, &Fields { yiaddr, options: Some(options), ..self.fields() })
    }

    /// Where a reply goes (RFC 2131, 4.1): a client with an address gets it there, another one by broadcast if it
    /// wishes or is refused, else at the address it is being given.
    fn destination(&self, request: &Request, packet: &[u8]) -> Ipv4Addr {
        let yiaddr = Ipv4Addr::new(packet[16], packet[17], packet[18], packet[19]);
        let refused = packet.get(240..243) == Some(&[53, 1, dhcp::NAK]);
        match request.ciaddr() {
            _ if refused => Ipv4Addr::BROADCAST,
            ciaddr if !ciaddr.is_unspecified() => ciaddr,
            _ if request.wants_broadcast() || yiaddr.is_unspecified() => Ipv4Addr::BROADCAST,
            _ => yiaddr,
        }
    }
}

impl Peer for DhcpServer {
    fn address(&self) -> Ipv4Addr {
        self.address
    }

    fn listens(&self, port: u16) -> bool {
        port == self.port
    }

    fn receive(&mut self, _: Instant, _: UdpPath, data: &[u8]) -> Vec<Reply> {
        let Some(request) = Request::parse(data) else {
            return Vec::new();
        };
        self.heard.borrow_mut().push(request.clone());
        let Some(packet) = self.answer(&request) else {
            return Vec::new();
        };
        let remote = SocketAddr::new(self.destination(&request, &packet).into(), self.client_port);
        vec![(UdpPath { local: SocketAddr::new(self.address.into(), self.port), remote }, packet)]
    }
}
