//! The twelve laws over the whole boot.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm, reason = "a test")]

mod common;

use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;
use std::sync::LazyLock;

use bootproto::Client;
use bootproto::client::Config;
use bootproto_core::{Instant, Machine, UdpPath};
use common::{Booter, CLIENT, SERVER};
use proptest::prelude::*;
use testkit::laws::{Op, Subject, check, check_silent_peer, scripts};

fn booter(config: Config) -> Booter {
    Booter(Client::new(config, Instant::default()).unwrap())
}

static TALK: LazyLock<(Vec<Vec<u8>>, Vec<UdpPath>)> = LazyLock::new(conversation);
static WHOLE: LazyLock<Vec<Op<UdpPath>>> = LazyLock::new(|| whole_boot().0);

/// The datagrams of a whole boot, in order, and the paths they came by.
fn conversation() -> (Vec<Vec<u8>>, Vec<UdpPath>) {
    let run = common::boot(common::config(), common::dhcp_server(), common::tftp_server());
    assert!(run.is_ready());
    let paths = run.received.iter().map(|(path, _)| *path).collect();
    (run.received.into_iter().map(|(_, bytes)| bytes).collect(), paths)
}

/// The script of a whole boot, and where it leads. Time passes only where something is due at once: a client that
/// waits between the datagrams asks for less, and the conversation goes another way.
fn whole_boot() -> (Vec<Op<UdpPath>>, Booter) {
    let (mut machine, mut now) = (booter(common::config()), Instant::default());
    let (mut script, mut buffer) = (Vec::new(), vec![0; Booter::MAX_TRANSMIT]);
    let (seeds, paths) = TALK.clone();
    let mut datagrams = paths.into_iter().zip(seeds);
    loop {
        script.push(Op::Drain);
        while machine.poll_transmit(now, &mut buffer).unwrap().is_some() {}
        let due = machine.poll_timeout().filter(|at| at.saturating_since(now) < Duration::from_millis(1));
        if let Some(at) = due {
            script.push(Op::Timeout);
            now = at.max(now);
            if let Some(event) = machine.handle_timeout(now) {
                machine.react(now, &event);
            }
        } else if let Some((path, bytes)) = datagrams.next() {
            let event = machine.handle_datagram(now, path, &bytes);
            machine.react(now, &event);
            script.push(Op::Datagram { path, bytes });
        } else {
            return (script, machine);
        }
    }
}

#[test]
fn the_laws_hold_along_a_whole_boot() {
    let (script, end) = whole_boot();
    assert!(end.0.plan().is_some(), "the script leads to the end, or it proves little");
    check(booter(common::config()), &script).unwrap();
}

#[test]
fn a_silent_network_ends_the_boot() {
    let waited = check_silent_peer(booter(common::config()), Duration::from_secs(600)).unwrap();
    assert!(waited >= Duration::from_secs(50), "{waited:?}");
}

/// Few for every day, since each is a whole boot; `PROPTEST_CASES` asks for more.
fn cases() -> u32 {
    if std::env::var_os("PROPTEST_CASES").is_some() { ProptestConfig::default().cases } else { 20 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn the_laws_hold_when_a_whole_boot_is_cut_off_and_harmed(
        cut in 0_usize..400,
        harm in {
            let (seeds, paths) = TALK.clone();
            scripts(seeds, paths.into_iter().rev().take(200).collect(), 30)
        },
    ) {
        let mut script: Vec<_> = WHOLE.iter().take(cut).cloned().collect();
        script.extend(harm);
        prop_assert_eq!(check(booter(common::config()), &script), Ok(()));
    }

    #[test]
    fn the_laws_hold_whatever_comes(script in {
        let (seeds, mut paths) = TALK.clone();
        let (seeds, first) = (seeds[..seeds.len().min(40)].to_vec(), paths[0]);
        paths.dedup();
        paths.truncate(12);
        let stranger = UdpPath::v4(SocketAddrV4::new(CLIENT, 68), SocketAddrV4::new(Ipv4Addr::new(6, 6, 6, 6), 67));
        let late = UdpPath::v4(SocketAddrV4::new(CLIENT, 50_000), SocketAddrV4::new(SERVER, 69));
        let mut all = vec![first];
        all.extend(paths);
        all.extend([stranger, late]);
        scripts(seeds, all, 60)
    }) {
        prop_assert_eq!(check(booter(common::config()), &script), Ok(()));
    }
}
