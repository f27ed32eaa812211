//! The ring keeps the last packets, whatever they are and however small its storage is.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::wildcard_enum_match_arm,
    reason = "a test"
)]

use bootproto::trace::{Direction, Layer, Packet, Ring};
use bootproto_core::{Instant, UdpPath};
use core::net::SocketAddr;
use proptest::prelude::*;

/// The most that a record needs besides the packet's bytes.
const HEAD: usize = 49;

#[derive(Debug, Clone)]
struct Owned {
    at: u64,
    sent: bool,
    layer: Option<(SocketAddr, SocketAddr)>,
    bytes: Vec<u8>,
}

impl Owned {
    fn packet(&self) -> Packet<'_> {
        let (at, direction) =
            (Instant::from_micros(self.at), if self.sent { Direction::Sent } else { Direction::Received });
        match self.layer {
            Some((local, remote)) => Packet::datagram(at, direction, UdpPath { local, remote }, &self.bytes),
            None => Packet::frame(at, direction, &self.bytes),
        }
    }
}

fn owned() -> impl Strategy<Value = Owned> {
    let v4 = any::<([u8; 4], u16, [u8; 4], u16)>()
        .prop_map(|(a, b, c, d)| Some((SocketAddr::from((a, b)), SocketAddr::from((c, d)))));
    let v6 = any::<([u8; 16], u16, [u8; 16], u16)>()
        .prop_map(|(a, b, c, d)| Some((SocketAddr::from((a, b)), SocketAddr::from((c, d)))));
    let layer = prop_oneof![3 => v4, 1 => v6, 2 => Just(None)];
    // Not a TFTP DATA, of which less is kept.
    let bytes = proptest::collection::vec(1_u8.., 0..200);
    (any::<u64>(), any::<bool>(), layer, bytes).prop_map(|(at, sent, layer, bytes)| Owned {
        at,
        sent,
        layer,
        bytes,
    })
}

proptest! {
    #[test]
    fn what_is_kept_is_the_last_that_was_recorded(
        packets in proptest::collection::vec(owned(), 0..60),
        size in 0_usize..2000,
        snap in 0_u16..250,
    ) {
        let mut storage = vec![0xa5; size];
        let mut ring = Ring::new(&mut storage).with_snap(snap);
        for (count, packet) in packets.iter().enumerate() {
            ring.record(&packet.packet());
            if size >= HEAD {
                prop_assert_eq!(ring.len() + ring.evicted() as usize, count + 1);
            }
            prop_assert_eq!(ring.iter().count(), ring.len());
        }
        let mut used = 0;
        let kept: Vec<_> = ring.iter().collect();
        for (kept, packet) in kept.iter().rev().zip(packets.iter().rev()) {
            // A smaller storage holds some kinds of packets and not others.
            if size < HEAD {
                break;
            }
            let whole = packet.packet();
            if size >= HEAD + 200 {
                prop_assert_eq!(kept.bytes.len(), whole.bytes.len().min(snap.into()));
            }
            prop_assert_eq!(whole.cut(kept.bytes.len()), *kept);
            used += HEAD + kept.bytes.len();
        }
        if size >= HEAD && !packets.is_empty() {
            prop_assert!(!ring.is_empty());
        }
        // A storage in which nothing else can lie is not given away: what is missing would not have fitted.
        if ring.evicted() > 0 && size >= HEAD {
            prop_assert!(used + 2 * (HEAD + usize::from(snap).min(200)) >= size);
        }
        // Whatever was kept can be printed and written.
        let mut text = String::new();
        ring.write_text(&mut text).unwrap();
        let lines: Vec<_> = ring.iter().map(|packet| packet.to_string()).collect();
        prop_assert!(lines.iter().all(|line| line.is_ascii() && !line.contains('\n')));
    }

    #[test]
    fn any_bytes_have_a_line(packet in owned(), bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let line = Owned { bytes, ..packet }.packet().to_string();
        prop_assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{}", line);
    }
}

#[test]
fn of_a_block_of_a_file_only_the_beginning_is_kept() {
    let mut storage = [0; 4096];
    let mut ring = Ring::new(&mut storage);
    let mut block = [0; 1472];
    (block[1], block[3]) = (3, 9);
    let path = UdpPath::from_port(2070, "10.0.0.1:1069".parse().unwrap());
    ring.record(&Packet::datagram(Instant::default(), Direction::Received, path, &block));
    let kept = ring.iter().next().unwrap();
    assert_eq!((kept.bytes.len(), kept.length, kept.is_cut()), (36, 1472, true));
    assert_eq!(kept.to_string(), "   0.000000 < 10.0.0.1:1069 TFTP DATA 9, 1468 bytes");
}

#[test]
fn our_address_stands_where_the_local_end_has_none() {
    let mut storage = [0; 256];
    let mut ring = Ring::new(&mut storage);
    let path = UdpPath::from_port(2070, "10.0.0.1:69".parse().unwrap());
    let local = |ring: &Ring<'_>| match ring.iter().last().unwrap().layer {
        Layer::Datagram(path) => path.local.to_string(),
        layer => panic!("{layer:?}"),
    };
    ring.record(&Packet::datagram(Instant::default(), Direction::Sent, path, b"one"));
    assert_eq!(local(&ring), "0.0.0.0:2070");
    ring.set_address([10, 0, 0, 100].into());
    ring.record(&Packet::datagram(Instant::default(), Direction::Sent, path, b"two"));
    assert_eq!(local(&ring), "10.0.0.100:2070");
}
