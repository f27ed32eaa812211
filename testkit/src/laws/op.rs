//! What a caller can do to a machine, and a decoder from bytes to a list of it.

use core::time::Duration;

use bootproto_core::Rng;

/// One thing that the program around a machine does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op<P> {
    /// A datagram arrives.
    Datagram {
        /// Where from, and on which of our ports.
        path: P,
        /// Its payload.
        bytes: Vec<u8>,
    },
    /// Time passes, and nothing is called.
    Advance(Duration),
    /// The caller's clock jumps back, and nothing is called.
    Back(Duration),
    /// Time passes up to the deadline, and `handle_timeout` is called. Without a deadline: as [`Op::Spurious`].
    Timeout,
    /// `handle_timeout` is called now, whatever the deadline.
    Spurious,
    /// One `poll_transmit` into a buffer of this many bytes.
    Poll(usize),
    /// `poll_transmit` until it answers `None`.
    Drain,
}

/// Every operation takes this many bytes, so that dropping one does not garble those after it.
const OP_BYTES: usize = 4;

/// Decodes any bytes to operations; the same bytes give the same operations.
///
/// `seeds` are real datagrams in the order of a real conversation, `paths` where they may come from, the right peer
/// first. The first byte says how many seeds are delivered unharmed, in order, with a drain after each, so that the
/// deep states are in reach, and whether all of it begins with a drain; every four bytes after it are one operation. Without seeds every datagram is garbage.
///
/// # Panics
/// When `paths` is empty.
pub fn ops_from_bytes<P: Copy>(data: &[u8], seeds: &[Vec<u8>], paths: &[P]) -> Vec<Op<P>> {
    assert!(!paths.is_empty(), "a datagram has to come from somewhere");
    let Some((&prefix, mut rest)) = data.split_first() else {
        return Vec::new();
    };
    // A caller need not poll before anything else happens.
    let mut ops = if prefix < 224 { vec![Op::Drain] } else { Vec::new() };
    for seed in seeds.iter().take(usize::from(prefix) % (seeds.len() + 1)) {
        ops.push(Op::Datagram { path: paths[0], bytes: seed.clone() });
        ops.push(Op::Drain);
    }
    while let Some((head, tail)) = rest.split_first_chunk::<OP_BYTES>() {
        rest = tail;
        ops.push(op(*head, &mut rest, seeds, paths));
    }
    ops
}

/// One operation; a literal datagram also takes its bytes from `rest`, a multiple of `OP_BYTES`.
fn op<P: Copy>([kind, a, b, c]: [u8; 4], rest: &mut &[u8], seeds: &[Vec<u8>], paths: &[P]) -> Op<P> {
    let path = paths[if c < 192 { 0 } else { usize::from(c) % paths.len() }];
    let number = u64::from(u16::from_be_bytes([b, c]));
    match kind % 16 {
        0..=2 => Op::Datagram { path, bytes: pick(seeds, a) },
        3..=6 => Op::Datagram { path, bytes: mutate(pick(seeds, a), &pick(seeds, b), [kind / 16, b, c]) },
        7 => {
            let (literal, tail) = rest.split_at(rest.len().min(usize::from(a % 32) * OP_BYTES));
            *rest = tail;
            Op::Datagram { path, bytes: literal.to_vec() }
        }
        8 => Op::Datagram { path, bytes: noise([a, b, c]) },
        9 => Op::Advance(Duration::from_micros(number << (a % 24))),
        10 => Op::Back(Duration::from_micros(number << (a % 24))),
        11 | 12 => Op::Timeout,
        13 => Op::Spurious,
        14 if a < 128 => Op::Poll(usize::from(a) * usize::from(b)),
        _ => Op::Drain,
    }
}

/// The seed that `index` means, or nothing when there are none.
fn pick(seeds: &[Vec<u8>], index: u8) -> Vec<u8> {
    seeds.get(usize::from(index) % seeds.len().max(1)).cloned().unwrap_or_default()
}

/// Harms a real datagram: cut, flipped bits, an extreme byte, spliced with another, or doubled.
pub(crate) fn mutate(mut bytes: Vec<u8>, other: &[u8], [how, b, c]: [u8; 3]) -> Vec<u8> {
    let at = usize::from(u16::from_be_bytes([b, c])) % (bytes.len() + 1);
    match how % 8 {
        0 | 1 => bytes.truncate(at),
        2 | 3 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << (c % 8);
            }
        }
        4 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = [0x00, 0x01, 0x7f, 0x80, 0xff][usize::from(b) % 5];
            }
        }
        5 => {
            bytes.truncate(at);
            bytes.extend_from_slice(other.get(at..).unwrap_or_default());
        }
        6 => bytes.extend_from_slice(&bytes.clone()),
        _ => bytes.insert(at, c),
    }
    bytes
}

/// Bytes that mean nothing, at most a long Ethernet frame of them.
pub(crate) fn noise([a, b, c]: [u8; 3]) -> Vec<u8> {
    let mut rng = Rng::new(u64::from(u32::from_be_bytes([0, a, b, c])));
    let length = if a < 200 { usize::from(b) } else { usize::from(u16::from_be_bytes([b % 8, c])) };
    (0..length).map(|_| rng.next_u32().to_be_bytes()[0]).collect()
}
