//! A whole boot as the laws want it: its datagrams, their paths, and the script that leads to its end.
//!
//! What belongs here: what `laws.rs` and the fuzz target `boot_client` begin with. What does not: checks.
#![allow(dead_code, reason = "each user takes its part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;
use std::sync::LazyLock;

use bootproto::Client;
use bootproto::client::Config;
use bootproto_core::{Instant, Machine, UdpPath};
use testkit::laws::{Op, Subject};

use super::common::{self, Booter, CLIENT, SERVER};

pub(crate) fn booter(config: Config) -> Booter {
    Booter(Client::new(config, Instant::default()).unwrap())
}

pub(crate) static TALK: LazyLock<(Vec<Vec<u8>>, Vec<UdpPath>)> = LazyLock::new(conversation);
pub(crate) static WHOLE: LazyLock<Vec<Op<UdpPath>>> = LazyLock::new(|| whole_boot().0);

/// The datagrams of a whole boot, in order, and the paths they came by.
pub(crate) fn conversation() -> (Vec<Vec<u8>>, Vec<UdpPath>) {
    let run = common::boot(common::config(), common::dhcp_server(), common::tftp_server());
    assert!(run.is_ready());
    let paths = run.received.iter().map(|(path, _)| *path).collect();
    (run.received.into_iter().map(|(_, bytes)| bytes).collect(), paths)
}

/// The script of a whole boot, and where it leads. Time passes only where something is due at once: a client that
/// waits between the datagrams asks for less, and the conversation goes another way.
pub(crate) fn whole_boot() -> (Vec<Op<UdpPath>>, Booter) {
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

/// The first datagrams of a boot, and paths: the right one first, some of the other right ones, a stranger's.
pub(crate) fn beginning() -> (Vec<Vec<u8>>, Vec<UdpPath>) {
    let (seeds, mut paths) = TALK.clone();
    let (seeds, first) = (seeds[..seeds.len().min(40)].to_vec(), paths[0]);
    paths.dedup();
    paths.truncate(12);
    let stranger =
        UdpPath::v4(SocketAddrV4::new(CLIENT, 68), SocketAddrV4::new(Ipv4Addr::new(6, 6, 6, 6), 67));
    let late = UdpPath::v4(SocketAddrV4::new(CLIENT, 50_000), SocketAddrV4::new(SERVER, 69));
    let mut all = vec![first];
    all.extend(paths);
    all.extend([stranger, late]);
    (seeds, all)
}
