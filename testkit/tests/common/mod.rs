//! A DHCP client by hand, as a machine for the world to drive: DISCOVER, REQUEST, done. No wire crate is used.

use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;

use bootproto_core::{BufferTooSmall, HighWater, Instant, Machine, Transmit, UdpPath};
use testkit::laws::{Class, Subject};

/// When the client repeats itself, and how often it speaks.
const INTERVAL: Duration = Duration::from_secs(2);
const TRIES: u32 = 10;

/// The client's hardware address.
pub(crate) const CHADDR: [u8; 6] = [2, 0, 0, 0, 0, 7];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Ignored,
    Offered(Ipv4Addr),
    Bound(Ipv4Addr),
    Refused,
    TimedOut,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    clock: HighWater,
    /// Address and server, once there is an offer.
    offer: Option<(Ipv4Addr, Ipv4Addr)>,
    pending: bool,
    finished: bool,
    tries: u32,
    due: Instant,
    /// Bytes of padding, to be too long for a link.
    pub(crate) padding: usize,
}

impl Client {
    pub(crate) fn new() -> Self {
        let due = Instant::from_micros(0);
        Self {
            clock: HighWater::new(),
            offer: None,
            pending: true,
            finished: false,
            tries: 0,
            due,
            padding: 0,
        }
    }

    pub(crate) fn message(&self) -> Vec<u8> {
        let mut packet = vec![0; 236];
        packet[..8].clone_from_slice(&[1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef]);
        packet[10] = 0x80;
        packet[28..34].clone_from_slice(&CHADDR);
        packet.extend([99, 130, 83, 99, 53, 1, if self.offer.is_some() { 3 } else { 1 }]);
        packet.extend([60, 9]);
        packet.extend(b"PXEClient");
        if let Some((address, server)) = self.offer {
            packet.extend([[50, 4], [54, 4]].iter().zip([address, server]).flat_map(|(head, address)| {
                head.iter().copied().chain(address.octets()).collect::<Vec<u8>>()
            }));
        }
        packet.push(255);
        packet.resize(300 + self.padding, 0);
        packet
    }
}

impl Machine for Client {
    type Path = UdpPath;
    type Event<'d> = Event;
    const MAX_TRANSMIT: usize = 2000;

    fn handle_datagram(&mut self, now: Instant, path: UdpPath, data: &[u8]) -> Event {
        self.clock.advance(now);
        let for_us = data.len() >= 300 && data[0] == 2 && data[4..8] == [0xde, 0xad, 0xbe, 0xef];
        if self.finished || !for_us || path.local.port() != 68 || path.remote.port() != 67 {
            return Event::Ignored;
        }
        let yiaddr = Ipv4Addr::new(data[16], data[17], data[18], data[19]);
        match (data.get(240..243), self.offer, path.remote_v4()) {
            (Some([53, 1, 2]), None, Some(server)) if !yiaddr.is_unspecified() => {
                (self.offer, self.pending, self.tries) = (Some((yiaddr, server)), true, 0);
                Event::Offered(yiaddr)
            }
            (Some([53, 1, 5]), Some((address, _)), _) if address == yiaddr => {
                (self.finished, self.pending) = (true, false);
                Event::Bound(yiaddr)
            }
            (Some([53, 1, 6]), Some(_), _) => {
                (self.finished, self.pending) = (true, false);
                Event::Refused
            }
            _ => Event::Ignored,
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event> {
        let now = self.clock.advance(now);
        if self.finished || self.pending || now < self.due {
            return None;
        }
        if self.tries == TRIES {
            self.finished = true;
            return Some(Event::TimedOut);
        }
        self.pending = true;
        None
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, UdpPath>>, BufferTooSmall> {
        if !self.pending {
            return Ok(None);
        }
        let message = self.message();
        let needed = message.len();
        let bytes = buf.get_mut(..needed).ok_or(BufferTooSmall { needed })?;
        bytes.clone_from_slice(&message);
        self.pending = false;
        self.tries += 1;
        self.due = self.clock.advance(now).saturating_add(INTERVAL);
        let path = UdpPath::from_port(68, SocketAddrV4::new(Ipv4Addr::BROADCAST, 67));
        Ok(Some(Transmit { path, bytes }))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let deadline = if self.pending { Instant::from_micros(0) } else { self.due };
        (!self.finished).then_some(deadline)
    }
}

impl Subject for Client {
    fn class(event: &Event) -> Class {
        match event {
            Event::Ignored => Class::Ignored,
            Event::Offered(_) => Class::Other,
            Event::Bound(_) | Event::Refused | Event::TimedOut => Class::Terminal,
        }
    }

    fn parses(sent: &[u8]) -> bool {
        testkit::naive::Request::parse(sent).is_some_and(|request| request.message_type() != 0)
    }
}
