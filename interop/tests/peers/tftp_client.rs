//! `netboot get` and `netboot put` against the TFTP servers of others, over a good cable and a bad one.

use crate::tftp::{Get, SIZES, Server};
use interop::lan::Lan;
use interop::namespace::Namespace;
use interop::payload::Tree;
use interop::relay::{Faults, Relay};
use interop::runner::Case;
use interop::servers::{tftpd_hpa, url};
use interop::{Outcome, ensure, peers};
use std::time::Duration;

macro_rules! each_server {
    ($($what:literal, $heavy:literal, $run:ident;)+) => {
        &[$(
            Case { name: concat!("tftp client, tftpd-hpa: ", $what), peers: &[&peers::TFTPD_HPA], heavy: $heavy,
                run: || $run(Server::Hpa) },
            Case { name: concat!("tftp client, atftpd: ", $what), peers: &[&peers::ATFTPD], heavy: $heavy,
                run: || $run(Server::Atftpd) },
            Case { name: concat!("tftp client, dnsmasq: ", $what), peers: &[&peers::DNSMASQ], heavy: $heavy,
                run: || $run(Server::Dnsmasq) },
            Case { name: concat!("tftp client, our own server: ", $what), peers: &[], heavy: $heavy,
                run: || $run(Server::Ours) },
        )+
            UPLOAD,
        ]
    };
}

pub(crate) const CASES: &[Case] = each_server! {
    "64 MiB through 1 % loss, duplication and reordering", false, bad_cable;
    "files of awkward sizes, blocks and windows", false, awkward_sizes;
    "a file that is not there leaves none here", false, not_found;
    "64 MiB in blocks of 512, past block 65535", false, rollover;
};

const UPLOAD: Case =
    Case { name: "tftp client, tftpd-hpa: upload", peers: &[&peers::TFTPD_HPA], heavy: false, run: upload };

const MIB_64: usize = 64 << 20;

fn awkward_sizes(server: Server) -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    let client = lan.station("client", Some("10.77.0.3/24"))?;
    for size in SIZES {
        tree.add_random(&format!("file-{size}"), *size)?;
    }
    let server = server.start(&lan.server, "br0", &tree)?;
    let results = Tree::new()?;
    for options in [
        &[][..],
        &["--blksize", "512", "--windowsize", "1"],
        &["--blksize", "1024", "--windowsize", "4"],
        &["--blksize", "1468", "--windowsize", "64"],
        &["--blksize", "8", "--windowsize", "7"],
        &["--blksize", "8192", "--windowsize", "8"],
    ] {
        for size in SIZES.iter().filter(|size| **size <= 20_000 || !options.contains(&"8")) {
            let name = format!("file-{size}");
            Get { inside: &client, url: &url(&name), to: &results.join(&name), options }
                .run(Duration::from_secs(30))
                .and_then(|finished| finished.success().map(drop))
                .map_err(|error| format!("{size} bytes, {options:?}: {error}\n{}", server.log()))?;
            ensure!(results.digest(&name)? == tree.digest(&name)?, "{size} bytes, {options:?}: other bytes");
        }
    }
    Ok(())
}

fn not_found(server: Server) -> Outcome {
    let (lan, tree, results) = (Lan::new()?, Tree::new()?, Tree::new()?);
    let client = lan.station("client", Some("10.77.0.3/24"))?;
    let _server = server.start(&lan.server, "br0", &tree)?;
    let finished = Get { inside: &client, url: &url("nothing"), to: &results.join("nothing"), options: &[] }
        .run(Duration::from_secs(20))?;
    ensure!(finished.status.code() == Some(1), "{finished:?}");
    ensure!(finished.text().contains("PXE-E3B"), "{finished:?}");
    let left: Vec<_> = std::fs::read_dir(results.path())?.flatten().map(|entry| entry.path()).collect();
    ensure!(left.is_empty(), "left behind: {left:?}");
    Ok(())
}

fn rollover(server: Server) -> Outcome {
    let (lan, tree, results) = (Lan::new()?, Tree::new()?, Tree::new()?);
    let client = lan.station("client", Some("10.77.0.3/24"))?;
    let digest = tree.add_random("big", MIB_64)?;
    let server = server.start(&lan.server, "br0", &tree)?;
    Get { inside: &client, url: &url("big"), to: &results.join("big"), options: &["--blksize", "512"] }
        .run(Duration::from_secs(180))
        .and_then(|finished| finished.success().map(drop))
        .map_err(|error| format!("{error}\n{}", server.log()))?;
    ensure!(results.digest("big")? == digest, "other bytes");
    Ok(())
}

/// dnsmasq waits two seconds for whatever is lost, so it gets jumbo frames: the same share of fewer packets.
fn bad_cable(server: Server) -> Outcome {
    let (tree, results) = (Tree::new()?, Tree::new()?);
    let (there, here) = (Namespace::new("there")?, Namespace::new("here")?);
    let digest = tree.add_random("big", MIB_64)?;
    let faults =
        Faults { seed: 64, loss: 10, duplication: 10, reordering: 10, delay: Duration::from_micros(100) };
    let relay = Relay::between((&there, "10.77.0.1/24"), (&here, "10.77.0.3/24"), faults)?;
    let mut options: &[&str] = &[];
    if matches!(server, Server::Dnsmasq) {
        there.ip("link set eth0 mtu 9000\n")?;
        here.ip("link set eth0 mtu 9000\n")?;
        options = &["--blksize", "8900"];
    }
    let server = server.start(&there, "eth0", &tree)?;
    Get { inside: &here, url: &url("big"), to: &results.join("big"), options }
        .run(Duration::from_secs(600))
        .and_then(|finished| finished.success().map(drop))
        .map_err(|error| format!("{error}\n{:?}\n{}", relay.counts(), server.log()))?;
    ensure!(results.digest("big")? == digest, "other bytes");
    let counts = relay.counts();
    ensure!(counts.frames > 7_000, "{counts:?}");
    ensure!(counts.lost > 50 && counts.duplicated > 50 && counts.reordered > 50, "{counts:?}");
    Ok(())
}

fn upload() -> Outcome {
    let (lan, tree, from) = (Lan::new()?, Tree::new()?, Tree::new()?);
    let client = lan.station("client", Some("10.77.0.3/24"))?;
    let server = tftpd_hpa(&lan.server, &tree, true)?;
    for size in SIZES {
        let name = format!("file-{size}");
        let digest = from.add_random(&name, *size)?;
        crate::tftp::put(&client, &from.join(&name), &url(&name), Duration::from_secs(30))?
            .success()
            .map_err(|error| format!("{size} bytes: {error}\n{}", server.log()))?;
        ensure!(tree.digest(&name)? == digest, "{size} bytes: other bytes");
    }
    Ok(())
}
