//! Servers whose packets are harmed at random, and which say them twice or in another order: the boot ends, well or badly,
//! and no byte lies outside the memory that was given.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test")]

mod common;

use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto::Client;
use bootproto_core::{Instant, Rng, UdpPath};
use common::{Answer, Booter, Both, Driver, SERVER};
use proptest::prelude::*;
use testkit::world::{Ended, Link, Peer, Reply, World};

/// Both servers, and somebody on the way who harms one packet of so many.
struct Harmed {
    both: Both,
    rng: Rng,
    one_of: u64,
}

impl Harmed {
    fn harm(&mut self, replies: Vec<Reply>) -> Vec<Reply> {
        let mut out: Vec<Reply> = Vec::new();
        for (mut path, mut bytes) in replies {
            let before = out.last().cloned();
            if self.rng.below(self.one_of) == 0 && !bytes.is_empty() {
                let at = usize::try_from(self.rng.below(u64::try_from(bytes.len()).unwrap())).unwrap();
                // Mostly where the packet says what it is.
                let at = if self.rng.below(2) == 0 { at % 64.min(bytes.len()) } else { at };
                match self.rng.below(8) {
                    0 => bytes.truncate(at),
                    1 | 2 => bytes[at] ^= 1 << self.rng.below(8),
                    3 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][usize::try_from(self.rng.below(5)).unwrap()],
                    4 => path.local.set_port(40_000 + u16::try_from(self.rng.below(40)).unwrap()),
                    5 => bytes.extend_from_within(at..),
                    6 => out.push((path, bytes.clone())),
                    _ => out.extend(before),
                }
            }
            out.push((path, bytes));
        }
        out
    }
}

impl Peer for Harmed {
    fn address(&self) -> Ipv4Addr {
        SERVER
    }

    fn receive(&mut self, now: Instant, path: UdpPath, data: &[u8]) -> Vec<Reply> {
        let replies = self.both.receive(now, path, data);
        self.harm(replies)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.both.poll_timeout()
    }

    fn handle_timeout(&mut self, now: Instant) -> Vec<Reply> {
        let replies = self.both.handle_timeout(now);
        self.harm(replies)
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if std::env::var_os("PROPTEST_CASES").is_some() { ProptestConfig::default().cases } else { 24 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_boot_ends_inside_its_memory(seed: u64, one_of in 1_u64..60, direct: bool, list: bool) {
        let mut tftp = common::tftp_server().with_file("lab/more.cfg", "LABEL b\nKERNEL vmlinuz\nINITRD one.img\n");
        let text = format!("INCLUDE more.cfg\n{}", common::CONFIGURATION);
        tftp = tftp.with_file("lab/pxelinux.cfg/default", text);
        if direct {
            tftp = tftp.with_file("lab/pxelinux.0", common::bzimage(30_000));
        }
        if list {
            let sums = common::sums(&[("../vmlinuz", &common::bzimage(90_000)), ("../two.img", &common::pattern(1468 * 3, 6))]);
            tftp = tftp.with_file("lab/pxelinux.cfg/SHA256SUMS", sums);
        }
        let harmed = Harmed { both: Both { dhcp: common::dhcp_server(), tftp }, rng: Rng::new(seed), one_of };
        let client = Client::new(common::config(), Instant::default()).unwrap();
        let mut world = World::new(Booter(client), Link { mtu: 65_535, ..Link::perfect() }, seed)
            .with_address(common::CLIENT)
            .with_peer(harmed);
        let mut driver = Driver { answer: Answer::Choose(0), ..Driver::new() };
        // The driver asserts that bytes come only between their file's beginning and end, and only into the memory.
        let ended = world.run(Duration::from_secs(4 * 3600), |booter, now, event| driver.on(&mut booter.0, now, event));
        prop_assert!(matches!(ended, Ok(Ended::Terminal | Ended::Idle)), "{ended:?} {:#?}", driver.log);
        prop_assert!(world.machine.0.is_finished());
        if let Some(plan) = world.machine.0.plan() {
            let spans: Vec<(u64, u64)> =
                plan.files().iter().map(|file| (file.address.unwrap(), file.address.unwrap() + file.size)).collect();
            for (index, one) in spans.iter().enumerate() {
                prop_assert!(spans[index + 1..].iter().all(|other| one.1 <= other.0 || other.1 <= one.0), "{spans:x?}");
            }
            if list && !direct {
                let checked = |name: &str| driver.files.get(name) == Some(&common::tftp_server().files[name]);
                let two = plan.files().iter().any(|file| file.size == 1468 * 3 && file.is_verified);
                prop_assert!(!two || checked("lab/two.img"));
            }
        }
    }
}
