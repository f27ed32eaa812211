//! The boot client over raw Ethernet frames, through smoltcp: frames that are right, harmed, or noise, and any time.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bootproto::client::{Client, Event, Texts};
use bootproto::net::{Stack, Storage};
use bootproto_core::{Instant, Machine, UdpPath};
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{IpAddress, IpProtocol, Ipv4Packet, Ipv4Repr, UdpPacket, UdpRepr};

use crate::Seed;
use crate::shared::boot::common::{self, CLIENT, SERVER};
use crate::shared::boot::conversation::TALK;
use crate::shared::boot::wire::Wire;

const OWN: [u8; 6] = [0x52, 0x54, 0, 1, 2, 3];
const OTHER: [u8; 6] = [2, 0, 0, 0, 0, 1];

/// One operation may cause so many frames: an answer, a probe, what waited for ARP, and the client's own.
const FRAMES_AT_ONCE: usize = 16;

/// So many operations, and no more: a run is short.
const OPS: usize = 200;

/// A program around client and stack.
struct Host<'s> {
    client: Client,
    stack: Stack<'s>,
    wire: Wire,
    texts: Texts<'s>,
    now: Instant,
    /// How many datagrams of the good boot have come.
    heard: usize,
}

impl Host<'_> {
    fn act(&mut self, mut event: Event<'_>) {
        // Every answer may be the next event; a boot has far fewer in a row.
        for _ in 0..32 {
            self.texts.take(&self.client, &event);
            event = match event {
                Event::Nothing => return,
                Event::Configured | Event::Renewed => {
                    if let Some(lease) = self.client.lease() {
                        let prefix = lease.mask.map_or(32, |mask| mask.to_bits().leading_ones());
                        let router = lease.routers().first().copied();
                        self.stack.configure(lease.address, u8::try_from(prefix).unwrap_or(32), router);
                    }
                    return;
                }
                Event::Expired => return self.stack.unconfigure(),
                Event::ProbeAddress(address) => {
                    assert!(self.stack.probe(address, self.now));
                    return;
                }
                Event::NeedText | Event::ChoiceTimedOut => self.texts.answer(&mut self.client, self.now),
                Event::Choose { .. } => self.client.choose(self.now, self.texts.configuration(), 0),
                Event::Verify { size, .. } => {
                    self.client.verify_bytes(self.now, &vec![0; usize::try_from(size.min(1 << 20)).unwrap_or(0)])
                }
                _ => return,
            };
        }
        panic!("events without an end");
    }

    /// Takes all frames that came, and sends all that is to be sent.
    fn pump(&mut self) {
        let mut datagrams = Vec::new();
        while self.stack.receive(&mut self.wire, self.now, |path, payload| datagrams.push((path, payload.to_vec()))) {}
        for (path, payload) in datagrams {
            let event = self.client.handle_datagram(self.now, path, &payload);
            // The event borrows the payload only.
            self.act(event);
        }
        if let Some(in_use) = self.stack.probe_result(self.now) {
            self.client.probe_result(self.now, in_use);
        }
        self.send();
        let frames = std::mem::take(&mut self.wire.outgoing);
        assert!(frames.len() <= FRAMES_AT_ONCE, "{} frames at once", frames.len());
        for frame in frames {
            assert!((14..=1514).contains(&frame.len()), "a frame of {} bytes", frame.len());
            assert_eq!(frame[6..12], OWN, "a frame from somebody else");
            assert!(matches!(frame[12..14], [8, 0] | [8, 6]), "{:x?}", &frame[12..14]);
        }
    }

    fn send(&mut self) {
        let mut buffer = vec![0xa5; Client::MAX_TRANSMIT];
        for _ in 0..=6 {
            let sent = self.client.poll_transmit(self.now, &mut buffer);
            let Some(datagram) = sent.unwrap_or_else(|error| panic!("{error}")) else { break };
            let _dropped = self.stack.send(datagram.path, datagram.bytes);
        }
        self.stack.transmit(&mut self.wire, self.now);
    }

    fn wait(&mut self) {
        let deadlines = self.client.poll_timeout().into_iter().chain(self.stack.poll_timeout(self.now));
        let Some(at) = deadlines.min() else { return };
        self.now = self.now.max(at);
        if let Some(event) = self.client.handle_timeout(self.now) {
            self.act(event);
        }
    }
}

/// A datagram in a frame from the server, to everybody while the client has no address.
fn frame(path: UdpPath, payload: &[u8]) -> Vec<u8> {
    let (SocketAddr::V4(local), SocketAddr::V4(remote)) = (path.local, path.remote) else { return Vec::new() };
    let to = if local.ip().is_unspecified() { CLIENT } else { *local.ip() };
    let checksums = ChecksumCapabilities::default();
    let udp = UdpRepr { src_port: remote.port(), dst_port: local.port() };
    let ip = Ipv4Repr {
        src_addr: *remote.ip(),
        dst_addr: to,
        next_header: IpProtocol::Udp,
        payload_len: udp.header_len() + payload.len(),
        hop_limit: 64,
    };
    let mut packet = vec![0; ip.buffer_len() + ip.payload_len];
    let mut view = Ipv4Packet::new_unchecked(&mut packet[..]);
    ip.emit(&mut view, &checksums);
    udp.emit(
        &mut UdpPacket::new_unchecked(view.payload_mut()),
        &IpAddress::Ipv4(*remote.ip()),
        &IpAddress::Ipv4(to),
        payload.len(),
        |place| place.copy_from_slice(payload),
        &checksums,
    );
    [&OWN[..], &OTHER, &[8, 0], &packet].concat()
}

/// ARP from one of the network's machines: a question or an answer, about the address that ends in `target`.
fn arp(kind: u8, sender: u8, target: u8) -> Vec<u8> {
    let [a, b, c, _] = SERVER.octets();
    let address = |last| Ipv4Addr::from_octets([a, b, c, last]).octets();
    [&OWN[..], &OTHER, &[8, 6, 0, 1, 8, 0, 6, 4, 0, 1 + kind % 2], &OTHER, &address(sender), &OWN, &address(target)].concat()
}

/// Each operation is a byte and what belongs to it.
pub fn run(data: &[u8]) {
    let (mut storage, mut configuration, mut manifest) = (Storage::default(), [0; 4096], [0; 1024]);
    let mut wire = Wire::default();
    let mut now = Instant::default();
    let client = Client::new(common::config(), now).unwrap_or_else(|error| panic!("{error}"));
    let stack = Stack::new(&mut wire, OWN, 1, now, &mut storage);
    let texts = Texts::new(&mut configuration, &mut manifest);
    let mut host = Host { client, stack, wire, texts, now, heard: 0 };
    host.pump();
    let mut rest = data;
    for _ in 0..OPS {
        let Some(([op, a, b, c], tail)) = rest.split_first_chunk() else { break };
        rest = tail;
        match op % 10 {
            0..=2 => {
                // As a driver does: so many datagrams of the good boot, and what is due between them.
                for _ in 0..=op / 16 {
                    host.hear(|_| {});
                }
            }
            3 => host.hear(|frame| {
                let at = usize::from(u16::from_be_bytes([*a, *b])) % frame.len().max(1);
                if let Some(byte) = frame.get_mut(at) {
                    *byte ^= *c;
                }
            }),
            4 => host.hear(|frame| frame.truncate(usize::from(u16::from_be_bytes([*a, *b])))),
            5 => {
                let (bytes, tail) = rest.split_at(rest.len().min(usize::from(*a) * 6));
                rest = tail;
                let to: &[u8] = if *b < 128 { &OWN } else { &[0xff; 6] };
                host.wire.incoming.push_back([to, &OTHER, &[8, [0, 6][usize::from(c & 1)]], bytes].concat());
            }
            6 => host.wire.incoming.push_back(arp(*a, *b, *c)),
            7 => host.wait(),
            8 => host.now = host.now.saturating_add(Duration::from_millis(u64::from(*a) * u64::from(*b))),
            _ => {
                now = Instant::from_micros(host.now.as_micros().saturating_sub(u64::from(*a) << (b % 24)));
                host.now = now;
            }
        }
        host.pump();
    }
}

impl Host<'_> {
    /// The next datagram of the good boot comes, harmed or not; before it what is due at once.
    fn hear(&mut self, harm: impl FnOnce(&mut Vec<u8>)) {
        let (datagrams, paths) = &*TALK;
        let due = |host: &Self| {
            host.client.poll_timeout().is_some_and(|at| at.saturating_since(host.now) < Duration::from_millis(1))
        };
        for _ in 0..4 {
            if due(self) {
                self.wait();
                self.pump();
            }
        }
        let Some(payload) = datagrams.get(self.heard) else { return };
        let mut frame = frame(paths[self.heard], payload);
        harm(&mut frame);
        self.heard += 1;
        self.wire.incoming.push_back(frame);
        self.pump();
        // Whoever asks for the client's neighbour gets an answer.
        self.wire.incoming.push_back(arp(1, SERVER.octets()[3], CLIENT.octets()[3]));
        self.pump();
    }
}

/// A good boot, whole and broken off, with frames cut and harmed, ARP questions, noise, and a clock that jumps.
pub fn seeds() -> Vec<Seed> {
    let good = [0xf0_u8, 0, 0, 0].repeat(12);
    let (lose, wait) = ([7_u8, 0, 0, 0].repeat(8), [8_u8, 255, 255, 0].repeat(3));
    let harmed: Vec<u8> = (0..40_u8).flat_map(|at| [3, 0, at, 0x41]).collect();
    let cut: Vec<u8> = (0..12_u8).flat_map(|at| [4, 0, 5 * at, 0]).collect();
    let arps = [6, 0, 1, 100, 6, 1, 100, 100, 6, 0, 254, 100, 6, 1, 1, 100];
    let noise = [&[5_u8, 10, 0, 0][..], &[0x45; 60], &[5, 6, 200, 1], &[6; 36]].concat();
    vec![
        Seed::new("good-boot", good.clone()),
        Seed::new("falls-silent", [good[..8].to_vec(), lose].concat()),
        Seed::new("harmed", [good[..4].to_vec(), harmed].concat()),
        Seed::new("cut", [cut, good[..8].to_vec()].concat()),
        Seed::new("arp", [&arps[..], &good[..8], &arps].concat()),
        Seed::new("noise-and-time", [noise, wait, vec![9, 200, 20, 0], good].concat()),
    ]
}
