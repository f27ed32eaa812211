//! A station that is no kernel: UDP over IPv4 over Ethernet on a TAP device, with the ARP it takes; or over a TUN device
//! of type InfiniBand, where everything is broadcast. The DHCP machines
//! run on it as they would in firmware, before there is an address.

use crate::lan::{Lan, SERVER};
use crate::namespace::Namespace;
use crate::{Outcome, tap};
use bootproto_core::UdpPath;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

type Mac = [u8; 6];
const EVERYONE: Mac = [0xff; 6];
const IPV4: [u8; 2] = [8, 0];
const ARP: [u8; 2] = [8, 6];

/// A datagram that came.
#[derive(Debug, Clone)]
pub struct Received {
    /// Local end as addressed, remote end as it came.
    pub path: UdpPath,
    /// The payload.
    pub bytes: Vec<u8>,
}

/// The station.
#[derive(Debug)]
pub struct Station {
    wire: File,
    /// Its hardware address.
    pub mac: Mac,
    /// Its address; it answers ARP for it.
    pub address: Option<Ipv4Addr>,
    neighbours: HashMap<Ipv4Addr, Mac>,
    is_tunnel: bool,
}

impl Station {
    /// Plugs a station into the server's bridge.
    ///
    /// # Errors
    /// As [`tap::open`].
    pub fn plug(lan: &Lan, name: &'static str, mac: Mac) -> Outcome<Self> {
        let wire = lan.server.enter(move || tap::open(name))?;
        lan.server.ip(&format!("link set {name} master br0\nlink set {name} up\n"))?;
        Ok(Self { wire, mac, address: None, neighbours: HashMap::new(), is_tunnel: false })
    }

    /// Gives the namespace an InfiniBand interface with the server's address, whose other end this station is.
    ///
    /// # Errors
    /// As [`tap::open_infiniband`].
    pub fn tunnel(server: &Namespace, name: &'static str) -> Outcome<Self> {
        let wire = server.enter(move || tap::open_infiniband(name))?;
        server.ip(&format!(
            "link set {name} arp on multicast on mtu 2044\n\
             addr add {SERVER}/24 dev {name}\n\
             link set {name} up\n\
             route add 255.255.255.255 dev {name}\n"
        ))?;
        Ok(Self { wire, mac: [0; 6], address: None, neighbours: HashMap::new(), is_tunnel: true })
    }

    /// Sends a datagram.
    ///
    /// # Errors
    /// Nobody has the address, or the device fails.
    pub fn send(&mut self, path: UdpPath, payload: &[u8]) -> Outcome {
        let (IpAddr::V4(local), IpAddr::V4(remote)) = (path.local.ip(), path.remote.ip()) else {
            return Err("IPv4 only".into());
        };
        let local = if local.is_unspecified() { self.address.unwrap_or(local) } else { local };
        let to = self.resolve(remote)?;
        let ends =
            (SocketAddrV4::new(local, path.local.port()), SocketAddrV4::new(remote, path.remote.port()));
        self.transmit(to, IPV4, &packet(ends.0, ends.1, payload))
    }

    /// Waits for a datagram; `None` when the time is up.
    ///
    /// # Errors
    /// The device fails.
    pub fn receive(&mut self, limit: Duration) -> Outcome<Option<Received>> {
        let end = Instant::now() + limit;
        while let Some((kind, frame)) = self.frame(end)? {
            if kind == IPV4
                && let Some((from, received)) = datagram(&frame)
                && self.is_ours(received.path.local.ip())
            {
                if let IpAddr::V4(remote) = received.path.remote.ip() {
                    self.neighbours.insert(remote, from);
                }
                return Ok(Some(received));
            }
        }
        Ok(None)
    }

    /// Asks who has an address, as a client does before it takes one (RFC 5227): whether somebody answers.
    ///
    /// # Errors
    /// The device fails.
    pub fn probe(&mut self, address: Ipv4Addr) -> Outcome<bool> {
        self.neighbours.remove(&address);
        Ok(self.ask(Ipv4Addr::UNSPECIFIED, address, Duration::from_millis(400))?.is_some())
    }

    fn is_ours(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => {
                address.is_broadcast()
                    || address.octets()[3] == 255
                    || self.address.is_none_or(|own| own == address)
            }
            IpAddr::V6(_) => false,
        }
    }

    fn resolve(&mut self, address: Ipv4Addr) -> Outcome<Mac> {
        if self.is_tunnel || address.is_broadcast() || address.octets()[3] == 255 {
            return Ok(EVERYONE);
        }
        if address.is_multicast() {
            let [_, b, c, d] = address.octets();
            return Ok([1, 0, 0x5e, b & 0x7f, c, d]);
        }
        if let Some(mac) = self.neighbours.get(&address) {
            return Ok(*mac);
        }
        let own = self.address.unwrap_or(Ipv4Addr::UNSPECIFIED);
        let found = self.ask(own, address, Duration::from_secs(1))?;
        found.ok_or_else(|| format!("nobody has {address}").into())
    }

    fn ask(&mut self, own: Ipv4Addr, address: Ipv4Addr, limit: Duration) -> Outcome<Option<Mac>> {
        self.arp(1, EVERYONE, own, address)?;
        let end = Instant::now() + limit;
        while !self.neighbours.contains_key(&address) {
            if self.frame(end)?.is_none() {
                return Ok(None);
            }
        }
        Ok(self.neighbours.get(&address).copied())
    }

    /// The next frame for us: its type and all of it. ARP is dealt with on the way.
    fn frame(&mut self, end: Instant) -> Outcome<Option<([u8; 2], Vec<u8>)>> {
        let mut buffer = vec![0; 65_536];
        loop {
            match self.read(&mut buffer) {
                Ok(length @ 14..) if buffer[..6] == EVERYONE || buffer[..6] == self.mac => {
                    let kind = [buffer[12], buffer[13]];
                    if kind == ARP {
                        self.handle_arp(&buffer[..length])?;
                    }
                    return Ok(Some((kind, buffer[..length].to_vec())));
                }
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Ok(None);
                    }
                    let left = Timespec {
                        tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                        tv_nsec: left.subsec_nanos().into(),
                    };
                    poll(&mut [PollFd::new(&self.wire, PollFlags::IN)], Some(&left))?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn handle_arp(&mut self, frame: &[u8]) -> Outcome {
        let Some(arp) = frame.get(14..42) else { return Ok(()) };
        let mac: Mac = arp[8..14].try_into()?;
        let sender = Ipv4Addr::from(<[u8; 4]>::try_from(&arp[14..18])?);
        let target = Ipv4Addr::from(<[u8; 4]>::try_from(&arp[24..28])?);
        if !sender.is_unspecified() {
            self.neighbours.insert(sender, mac);
        }
        if arp[7] == 1 && Some(target) == self.address {
            self.arp(2, mac, target, sender)?;
        }
        Ok(())
    }

    fn arp(&mut self, operation: u8, to: Mac, sender: Ipv4Addr, target: Ipv4Addr) -> Outcome {
        let mut arp = vec![0, 1, 8, 0, 6, 4, 0, operation];
        arp.extend_from_slice(&self.mac);
        arp.extend_from_slice(&sender.octets());
        arp.extend_from_slice(&if to == EVERYONE { [0; 6] } else { to });
        arp.extend_from_slice(&target.octets());
        self.transmit(to, ARP, &arp)
    }

    /// A frame; what comes through the tunnel gets a header to look like one.
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if !self.is_tunnel {
            return self.wire.read(buffer);
        }
        let length = self.wire.read(&mut buffer[10..])?;
        buffer[..12].fill(0xff);
        Ok(length + 10)
    }

    fn transmit(&mut self, to: Mac, kind: [u8; 2], payload: &[u8]) -> Outcome {
        if self.is_tunnel {
            self.wire.write_all(&[&[0, 0], &kind, payload].concat())?;
            return Ok(());
        }
        let mut frame = [to.as_slice(), &self.mac, &kind, payload].concat();
        frame.resize(frame.len().max(60), 0);
        self.wire.write_all(&frame)?;
        Ok(())
    }
}

/// An IPv4 packet with a UDP datagram, without options (RFC 791, RFC 768).
fn packet(from: SocketAddrV4, to: SocketAddrV4, payload: &[u8]) -> Vec<u8> {
    let be = |value: usize| u16::try_from(value).expect("a datagram is below 64 KiB").to_be_bytes();
    let mut udp =
        [from.port().to_be_bytes(), to.port().to_be_bytes(), be(payload.len() + 8), [0; 2]].concat();
    udp.extend_from_slice(payload);
    let addresses = [from.ip().octets(), to.ip().octets()].concat();
    let pseudo = [addresses.as_slice(), &[0, 17], &be(udp.len()), &udp].concat();
    let check = match checksum(&pseudo) {
        0 => 0xffff,
        other => other,
    };
    udp[6..8].copy_from_slice(&check.to_be_bytes());
    let mut header = [&[0x45, 0][..], &be(udp.len() + 20), &[0, 0, 0, 0, 64, 17, 0, 0], &addresses].concat();
    let check = checksum(&header);
    header[10..12].copy_from_slice(&check.to_be_bytes());
    [header, udp].concat()
}

fn datagram(frame: &[u8]) -> Option<(Mac, Received)> {
    let from: Mac = frame.get(6..12)?.try_into().ok()?;
    let ip = frame.get(14..)?;
    let length = usize::from(u16::from_be_bytes([*ip.get(2)?, *ip.get(3)?]));
    let header = usize::from(ip.first()? & 15) * 4;
    // Fragments are not put together: nothing here sends any.
    if ip.get(9) != Some(&17) || u16::from_be_bytes([*ip.get(6)?, *ip.get(7)?]) & 0x3fff != 0 {
        return None;
    }
    let address = |at: usize| Some(Ipv4Addr::from(<[u8; 4]>::try_from(ip.get(at..at + 4)?).ok()?));
    let udp = ip.get(header..length)?;
    let port = |at: usize| Some(u16::from_be_bytes([*udp.get(at)?, *udp.get(at + 1)?]));
    let remote = SocketAddrV4::new(address(12)?, port(0)?);
    let local = SocketAddrV4::new(address(16)?, port(2)?);
    Some((from, Received { path: UdpPath::v4(local, remote), bytes: udp.get(8..)?.to_vec() }))
}

fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = 0;
    for pair in bytes.chunks(2) {
        sum += u32::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).expect("it was folded")
}
