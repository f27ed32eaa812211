//! The fuzzing bodies over bytes that were kept (`tests/corpus/BODY/NAME`), over those bytes harmed, and over noise.
//!
//! The first files are made here out of recorded calls and known misbehaviours, so that a fuzzer begins with what a ROM
//! says: `WRITE_CORPUS=1 cargo test -p bootproto-pxe-api --test corpus` writes them anew. Bytes with which a fuzzer
//! finds a fault are added under a name that says what it was.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod common;

use bootproto_pxe_api::fuzzing;
use common::vector;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use testkit::laws::{garbage, mutated};

type Body = fn(&[u8]) -> usize;

const BODIES: [(&str, Body); 5] = [
    ("structures", fuzzing::structures),
    ("undi", fuzzing::undi),
    ("fetch", fuzzing::fetch),
    ("url", fuzzing::url),
    ("udp", fuzzing::udp),
];

fn folder(body: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus")).join(body)
}

fn kept(body: &str) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder(body)).unwrap_or_else(|error| panic!("{body}: {error}"));
    files
        .map(|file| {
            let path = file.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap())
        })
        .collect()
}

/// A file's name, how far its body gets with it, and its bytes.
type Seed = (&'static str, usize, Vec<u8>);

/// A recorded block as an answer.
fn recorded(name: &str) -> Vec<u8> {
    let mut block = vector(&format!("e1000-{name}"));
    block.truncate(158);
    let exit = if block[..2] == [0, 0] { 0 } else { 15 };
    [vec![exit, block.len() as u8], block].concat()
}

/// A call that failed, with all bytes of its block.
fn failed(length: u8, status: u8) -> Vec<u8> {
    [vec![15, length, status, 0], vec![0; usize::from(length) - 2]].concat()
}

/// A recorded block as an operation on the UNDI client.
fn call(name: &str) -> Vec<u8> {
    [vec![0], recorded(name)].concat()
}

/// What ISR answers: flag, length of the piece, length of the frame, at 9ccc:1360.
fn isr(flag: u16, piece: u16, frame: u16) -> Vec<u8> {
    let words = [0, flag, piece, frame, 14, 0x1360, 0x9ccc, 0];
    let block: Vec<u8> = words.iter().flat_map(|word: &u16| word.to_le_bytes()).collect();
    [vec![0, 0, block.len() as u8], block].concat()
}

const POLL: u8 = 11;
const INTERRUPT: u8 = 10;
const TRANSMIT: u8 = 12;
const CONTROL: u8 = 13;

/// Up to OPEN, as a boot program's calls were answered; `kind` says how it is received.
fn up(kind: u8) -> Vec<u8> {
    let names = [
        "get-cached-info-1",
        "get-cached-info-2",
        "get-cached-info-3",
        "get-information",
        "get-iface-info",
        "get-nic-type",
        "undi-close",
        "set-station-address",
        "undi-open",
    ];
    let calls: Vec<u8> = names.iter().flat_map(|name| call(name)).collect();
    [vec![kind, 32], calls].concat()
}

fn undi() -> Vec<Seed> {
    // Without START; with it; by interrupt.
    let (short, polled, interrupt) = (16, 0, 4);
    let frames =
        [up(short), vec![TRANSMIT], call("undi-transmit"), vec![POLL], call("isr-receive"), call("isr-done")];
    let pieces = [
        up(polled),
        vec![POLL],
        isr(0, 0, 0),
        isr(2, 0, 0),
        isr(3, 700, 1400),
        isr(3, 700, 1400),
        isr(0, 0, 0),
    ];
    let insane = [
        up(short),
        vec![POLL],
        isr(3, 0, 0),
        isr(3, 61, 60),
        isr(3, 9000, 9000),
        isr(3, 70, 100),
        isr(3, 70, 100),
        isr(3, 400, 1000),
        isr(0, 0, 0),
        vec![POLL],
        isr(5, 0, 0),
        vec![POLL],
        isr(4, 0, 0),
    ];
    let denied = [
        up(interrupt),
        vec![INTERRUPT],
        isr(3, 60, 60),
        isr(0, 0, 0),
        vec![14 | 15 << 4, POLL],
        isr(1, 0, 0),
        isr(3, 60, 60),
        isr(0, 0, 0),
    ];
    // Filter, groups, address, reset, group address, counters, and the end; the ROM refuses every second one.
    let mut asked = up(polled);
    for which in 0..8 {
        asked.extend([CONTROL | which << 4, 0, (which & 1) * 15, 2, which & 1, 0]);
    }
    let fail = |status| vec![0, 15, 2, status, 0];
    let later = vec![14 | 15 << 4, 14 | 15 << 4];
    let late = [
        vec![2, 8],
        vec![0, 0, 2, 0, 0, 0, 0, 2, 0, 0],
        fail(0x61),
        later.clone(),
        fail(0x61),
        later,
        fail(3),
    ];
    vec![
        ("e1000-boot", 7, frames.concat()),
        ("frame-in-pieces", 7, pieces.concat()),
        ("insane-lengths", 7, insane.concat()),
        ("interrupt-denied", 8, denied.concat()),
        ("asked-while-open", 7, asked),
        ("link-comes-late", 0, late.concat()),
    ]
}

fn fetch() -> Vec<Seed> {
    let packets = ["tftp-open", "tftp-read", "tftp-close"].map(recorded).concat();
    let size = recorded("tftp-get-fsize");
    // READ_FILE says how much came, at offset 130 of its block.
    let mut whole = vec![0; 158];
    whole[130] = 223;
    let whole = [vec![0, 158], whole].concat();
    vec![
        ("e1000-packets", 3, [vec![0], size.clone(), packets.clone()].concat()),
        ("whole", 2, [vec![1], size.clone(), whole.clone()].concat()),
        ("refused-then-packets", 3, [vec![2], size.clone(), failed(158, 3), packets].concat()),
        ("placed-once-sized", 2, [vec![3], size.clone(), whole.clone()].concat()),
        ("protected-mode-refused", 2, [vec![1 | 8], size, failed(158, 0xa2), whole].concat()),
        ("udp-is-open", 0, [vec![0], failed(142, 0x19), vec![0, 2, 0, 0], failed(142, 0x3b)].concat()),
    ]
}

fn url() -> Vec<Seed> {
    let check = vec![0, 20, 0, 0, 20, 0, 0x20, 0x7b, 0xc1, 0xe9, 0, 0, 0, 0, 0x7f, 1, 0, 0, 0, 0, 0, 0];
    let open = [check, vec![0, 12, 0, 0, 7, 0], vec![0; 8]].concat();
    let size = |size: u8| vec![0, 8, 0, 0, 7, 0, size, 0, 0, 0];
    let read = |length: u16| {
        let [low, high] = length.to_le_bytes();
        vec![0, 10, 0, 0, 7, 0, low, high, 0, 0, 0, 0x20]
    };
    let close = vec![0, 4, 0, 0, 7, 0];
    let wait = failed(10, 0x1b);
    let file = [open.clone(), size(100), read(60), wait, read(40), read(0), close.clone()].concat();
    vec![
        ("file", 5, file),
        ("no-such-calls", 0, failed(20, 2)),
        ("more-than-the-buffer", 1, [open, size(0), read(1456), read(1457), close].concat()),
    ]
}

fn udp() -> Vec<Seed> {
    let read = |length: u16| {
        let mut block = vec![0; 22];
        block[14..16].iter_mut().zip(length.to_le_bytes()).for_each(|(place, byte)| *place = byte);
        [vec![0, 22], block, vec![0]].concat()
    };
    let done = vec![0, 2, 0, 0, 2];
    vec![
        (
            "datagrams",
            1,
            [vec![1], vec![0, 6, 0, 0, 0, 0, 0, 0, 0], read(300), read(1501), done.clone(), done].concat(),
        ),
        ("open-already", 0, [vec![0], failed(6, 0x19), vec![0, 0, 2, 0, 0, 0], failed(6, 0x19)].concat()),
    ]
}

fn structures() -> Vec<Seed> {
    // The stack at the entry, with the far pointer to what follows behind the return address.
    let pxe = [vec![0; 4], vec![8, 0, 0, 0xc0], vector("e1000-bang-pxe")].concat();
    // The headers of real ROMs, as those of ROMs of 512 bytes.
    let small = |name, is_efi: bool| {
        let mut rom = vector(name);
        rom.resize(512, 0);
        let pcir = usize::from(rom[24]);
        rom[2] = 1;
        if is_efi {
            // Two bytes there.
            rom[3] = 0;
        }
        (rom[pcir + 16], rom[pcir + 17]) = (1, 0);
        rom
    };
    let one = [vec![14, 0, 0, 0, 0, 0x10, 1, 0, 1, 0, 100, 0, 0, 0, 0, 0x20], vec![0; 56]].concat();
    vec![
        ("bang-pxe", 1, pxe),
        ("pxenv", 1, [vec![0; 4], vector("e1000-pxenv")].concat()),
        ("base-code-id", 1, vector("bc-rom-id")),
        ("rom-headers", 1, small("rom-e1000-headers", false)),
        ("efi-rom-headers", 1, small("rom-efi-headers", true)),
        ("transmit-one-piece", 1, one),
        ("transmit-endless", 0, [vec![14, 0, 0, 0, 0, 0x10, 0xff, 0xff], vec![1; 64]].concat()),
    ]
}

fn recipe(body: &str) -> Vec<Seed> {
    match body {
        "structures" => structures(),
        "undi" => undi(),
        "fetch" => fetch(),
        "url" => url(),
        _ => udp(),
    }
}

#[test]
fn what_was_kept_is_fine_and_as_its_recipe_makes_it() {
    for (name, body) in BODIES {
        if std::env::var_os("WRITE_CORPUS").is_some() {
            std::fs::create_dir_all(folder(name)).unwrap();
            for (file, _, bytes) in recipe(name) {
                std::fs::write(folder(name).join(file), bytes).unwrap();
            }
        }
        let kept = kept(name);
        for (file, reaches, bytes) in recipe(name) {
            assert_eq!(kept.get(file), Some(&bytes), "{name}/{file}");
            assert_eq!(body(&bytes), reaches, "{name}/{file}");
        }
        for (file, bytes) in kept {
            // Cut anywhere it must be fine too.
            for length in 0..=bytes.len() {
                let result = std::panic::catch_unwind(|| body(&bytes[..length]));
                assert!(result.is_ok(), "{name}/{file}, {length} bytes of it");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(1000), ..ProptestConfig::default() })]

    #[test]
    fn harmed_bytes_are_fine(
        structures in mutated(kept("structures").into_values().collect()),
        undi in mutated(kept("undi").into_values().collect()),
        fetch in mutated(kept("fetch").into_values().collect()),
        url in mutated(kept("url").into_values().collect()),
        udp in mutated(kept("udp").into_values().collect()),
    ) {
        for ((_, body), bytes) in BODIES.iter().zip([structures, undi, fetch, url, udp]) {
            body(&bytes);
        }
    }

    #[test]
    fn noise_is_fine(bytes in garbage()) {
        for (_, body) in BODIES {
            body(&bytes);
        }
    }
}
